use super::*;
use crate::memory::{ReadError, Reason};

/// Sixteen bytes at 0xfffff803_11a8b160.
struct Little([u8; 16]);

const BASE: u64 = 0xfffff803_11a8b160;

impl Memory for Little {
    fn window(&self, address: u64) -> Result<&[u8], ReadError> {
        address
            .checked_sub(BASE)
            .and_then(|offset| self.0.get(usize::try_from(offset).ok()?..))
            .filter(|bytes| !bytes.is_empty())
            .ok_or_else(|| ReadError::new(address, Reason::NotInTriage))
    }
}

fn registers(set: &[(&str, u64)]) -> debuggee::RegisterContext {
    let size = debuggee::RegisterContext::size_of(Machine::Amd64).expect("known");
    let mut context = debuggee::RegisterContext::new(Machine::Amd64, &vec![0; size]).expect("enough bytes");
    for (name, value) in set {
        assert!(context.set(name, *value));
    }
    context
}

fn shown(code: &[u8], set: &[(&str, u64)]) -> Option<String> {
    shown_with_gs(code, set, None)
}

fn shown_with_gs(code: &[u8], set: &[(&str, u64)], gs: Option<u64>) -> Option<String> {
    let memory = Little(*b"\x1e\0\0\0\0\0\0\0\x08\0\xbf\x0b\x03\xf8\xff\xff");
    let instruction = x64::instruction(code, 0xfffff803_0bbfdb50, 64).expect("an instruction");
    let symbol = |address| (address == 0xfffff803_0bbf0008).then(|| "nt+0x3f0008".to_owned());
    let registers = registers(set);
    note(&instruction, &Seen { registers: &registers, lost: &[], gs, fault: None }, &memory, &symbol)
}

/// Notes of the reference transcripts.
#[test]
fn notes_as_the_debugger_writes_them() {
    let code = [0x48, 0x89, 0x4c, 0x24, 0x08];
    assert_eq!(
        shown(&code, &[("rsp", BASE - 8), ("ss", 0x18)]).as_deref(),
        Some("ss:0018:fffff803`11a8b160=000000000000001e")
    );
    assert_eq!(shown(&code, &[("rsp", BASE - 8)]).as_deref(), Some("ss:fffff803`11a8b160=000000000000001e"));
    assert_eq!(
        shown(&[0x8a, 0x91, 0x0b, 1, 0, 0], &[("rcx", 0x4000_0000), ("ds", 0x2b)]).as_deref(),
        Some("ds:002b:00000000`4000010b=??")
    );
    assert_eq!(
        shown(&[0x33, 0x00], &[("rax", 0x41414141_41414139), ("ds", 0x2b)]).as_deref(),
        Some("ds:002b:41414141`41414139=????????")
    );
}

#[test]
fn calls_name_where_they_go_and_lea_reads_nothing() {
    assert_eq!(
        shown(&[0xff, 0x10], &[("rax", BASE + 8)]).as_deref(),
        Some("ds:fffff803`11a8b168={nt+0x3f0008 (fffff803`0bbf0008)}")
    );
    assert_eq!(shown(&[0x48, 0x8d, 0x4c, 0x24, 0x20], &[("rsp", BASE)]), None);
    assert_eq!(shown(&[0x33, 0xd2], &[]), None);
    let current_thread = [0x65, 0x48, 0x8b, 0x04, 0x25, 0x88, 1, 0, 0];
    assert_eq!(
        shown(&current_thread, &[("gs", 0x2b)]).as_deref(),
        Some("gs:002b:00000000`00000188=????????????????")
    );
    assert_eq!(
        shown_with_gs(&current_thread, &[("gs", 0x2b)], Some(BASE - 0x188)).as_deref(),
        Some("gs:002b:00000000`00000188=000000000000001e")
    );
}

/// Every way in which x64 code can name memory: code, registers, and the address worked out by hand. Zero stands for
/// forms whose address is no single one.
#[test]
fn every_addressing_form() {
    let set =
        [("rax", 0x1000), ("rbx", 0x2_0000_3000), ("rcx", 3), ("rsi", 0x1_0000_5000), ("rdi", 0x1_0000_7000)];
    let forms: &[(&str, &[u8], &str)] = &[
        ("[rax]", &[0x8b, 0x00], "ds:00000000`00001000"),
        ("[rax+10h]", &[0x8b, 0x40, 0x10], "ds:00000000`00001010"),
        ("[rax-8]", &[0x8b, 0x40, 0xf8], "ds:00000000`00000ff8"),
        ("[rax+12345678h]", &[0x8b, 0x80, 0x78, 0x56, 0x34, 0x12], "ds:00000000`12346678"),
        ("[rbx+rcx*8]", &[0x8b, 0x04, 0xcb], "ds:00000002`00003018"),
        ("[rbx+rcx*4-10h]", &[0x8b, 0x44, 0x8b, 0xf0], "ds:00000002`00002ffc"),
        ("[rcx*8+100h]", &[0x8b, 0x04, 0xcd, 0, 1, 0, 0], "ds:00000000`00000118"),
        ("[ebx]", &[0x67, 0x8b, 0x03], "ds:00000000`00003000"),
        ("[100h]", &[0x8b, 0x04, 0x25, 0, 1, 0, 0], "ds:00000000`00000100"),
        ("[rip+10h]", &[0x8b, 0x05, 0x10, 0, 0, 0], "ds:fffff803`0bbfdb66"),
        ("[eip+10h]", &[0x67, 0x8b, 0x05, 0x10, 0, 0, 0], "ds:00000000`0bbfdb67"),
        ("[moffs64]", &[0xa1, 8, 7, 6, 5, 4, 3, 2, 1], "ds:01020304`05060708"),
        ("es:[rax]", &[0x26, 0x8b, 0x00], "es:00000000`00001000"),
        ("lodsd", &[0xad], "ds:00000001`00005000"),
        ("lodsd, 32-bit address", &[0x67, 0xad], "ds:00000000`00005000"),
        ("stosd", &[0xab], "es:00000001`00007000"),
        ("stosd, 32-bit address", &[0x67, 0xab], "es:00000000`00007000"),
        ("maskmovdqu", &[0x66, 0x0f, 0xf7, 0xc1], "ds:00000001`00007000"),
        ("maskmovdqu, 32-bit address", &[0x67, 0x66, 0x0f, 0xf7, 0xc1], "ds:00000000`00007000"),
        ("xlat", &[0xd7], "ds:00000002`00003000"),
    ];
    let mut kinds = std::collections::HashSet::new();
    for (name, code, expected) in forms {
        let note = shown(code, &set).unwrap_or_else(|| panic!("{name}: no note"));
        assert_eq!(note.split('=').next(), Some(*expected), "{name}");
        let instruction = x64::instruction(code, 0x1000, 64).expect("an instruction");
        kinds.extend((0..instruction.op_count()).map(|operand| instruction.op_kind(operand)));
    }
    // The kinds left over have 16-bit addresses, which x64 code cannot have.
    let impossible = [OpKind::MemorySegSI, OpKind::MemorySegDI, OpKind::MemoryESDI];
    for kind in OpKind::values().filter(|kind| is_memory(*kind) && !impossible.contains(kind)) {
        assert!(kinds.contains(&kind), "{kind:?} is not covered");
    }
}

/// What is noted when some registers are not known and the processor reported `fault`.
fn partly(code: &[u8], set: &[(&str, u64)], lost: &[&str], fault: Option<u64>) -> String {
    let memory = Little([0x11; 16]);
    let instruction = x64::instruction(code, 0xfffff803_0bbfdb50, 64).expect("an instruction");
    let (registers, lost) = (registers(set), lost.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
    let seen = Seen { registers: &registers, lost: &lost, gs: None, fault };
    note(&instruction, &seen, &memory, &|_| None).expect("a note")
}

/// Addresses worked out by hand.
#[test]
fn unknown_registers_are_solved_or_named() {
    let load = [0x48, 0x8b, 0x1e];
    let fault = Some(0xfffffa5b_d73d3148);
    assert_eq!(
        partly(&load, &[], &["rbx", "rsi"], fault),
        "ds:fffffa5b`d73d3148=???????????????? (rsi solved from the fault address)"
    );
    assert_eq!(partly(&load, &[], &["rsi"], None), "(rsi not saved)");
    // At the start of a page the operand may have begun in the one before.
    assert_eq!(partly(&load, &[], &["rsi"], Some(0xfffffa5b_d73d3000)), "(rsi not saved)");
    // mov eax,[rbx+rsi*8-10h]: 0x1000 + 8 * 0x20 - 0x10, and nothing times eight reaches an odd address.
    let scaled = [0x8b, 0x44, 0xf3, 0xf0];
    let rbx = [("rbx", 0x1000)];
    assert_eq!(
        partly(&scaled, &rbx, &["rsi"], Some(0x10f0)),
        "ds:00000000`000010f0=???????? (rsi solved from the fault address)"
    );
    assert_eq!(partly(&scaled, &rbx, &["rsi"], Some(0x10f1)), "(rsi not saved)");
    assert_eq!(partly(&scaled, &[], &["rbx", "rsi"], Some(0x10f0)), "(rbx, rsi not saved)");
    // Of esi only the lower half counts: it leads to no address above 4 GB.
    let narrow = [0x67, 0x8b, 0x06];
    assert_eq!(partly(&narrow, &[], &["rsi"], fault), "(rsi not saved)");
    assert_eq!(
        partly(&[0x65, 0x48, 0x8b, 0x06], &[], &["rsi"], fault),
        "(rsi not saved)",
        "gs has a base of its own"
    );
    // What is read here is not what could not be accessed.
    let read = [("rsi", BASE)];
    assert_eq!(
        partly(&load, &read, &[], fault),
        "ds:fffff803`11a8b160=1111111111111111 (the processor reported fffffa5b`d73d3148)"
    );
    assert_eq!(partly(&load, &read, &[], Some(BASE + 4)), "ds:fffff803`11a8b160=1111111111111111");
}

#[test]
fn branches() {
    let branch = |code: &[u8], set: &[(&str, u64)]| {
        taken(&x64::instruction(code, 0x1000, 64).expect("a branch"), &registers(set))
    };
    assert_eq!(branch(&[0x74, 0], &[("zf", 1)]), Some(true));
    assert_eq!(branch(&[0x75, 0], &[("zf", 1)]), Some(false));
    assert_eq!(branch(&[0x7c, 0], &[("sf", 1)]), Some(true));
    assert_eq!(branch(&[0x7f, 0], &[("sf", 1), ("of", 1)]), Some(true));
    assert_eq!(branch(&[0xe3, 0], &[]), Some(true));
}
