//! What an instruction's memory operand holds, and whether its branch is taken: the note after the instruction in
//! register displays.

use super::decode::MAX_LENGTH;
use super::x64;
use crate::analysis::fault_address;
use crate::command::Context;
use crate::debuggee;
use crate::dump::Machine;
use crate::memory::Memory;
use crate::session::Session;
use crate::util::hex;
use iced_x86::{ConditionCode, FlowControl, Instruction, Mnemonic, OpKind, Register};

/// The note on the instruction at `address` with these registers, of which those in `lost` are not known:
/// `ss:0018:fffff803`11a8b160=000000000000001e`, `[br=1]`, `(rsi not saved)`. `None` where there is nothing to note. The
/// selector is left out where the registers have none, as in a trap frame. ARM64 instructions have no note.
pub fn operand_note(
    context: &Context<'_>,
    registers: &debuggee::RegisterContext,
    lost: &[String],
    address: u64,
) -> Option<String> {
    if registers.machine() != Machine::Amd64 {
        return None;
    }
    let memory = context.session.target.memory();
    let mut bytes = [0u8; MAX_LENGTH];
    let (read, _) = memory.read_partial(address, &mut bytes);
    let instruction = x64::instruction(bytes.get(..read)?, address, 64)?;
    if instruction.is_invalid() {
        return None;
    }
    if instruction.flow_control() == FlowControl::ConditionalBranch {
        if lost.iter().any(|name| name == "efl" || name == "rcx" && instruction.is_jcx_short()) {
            return None;
        }
        let taken = taken(&instruction, registers)?;
        return Some(format!("[br={}]", u8::from(taken)));
    }
    let symbol = |address| context.symbol_text(address);
    let session = &context.session;
    let seen = Seen {
        registers,
        lost,
        gs: kernel_gs(session, registers),
        fault: fault_address(&session.target, address, session.focus.trap_frame),
    };
    note(&instruction, &seen, memory, &symbol)
}

/// What is known at the instruction.
struct Seen<'r> {
    registers: &'r debuggee::RegisterContext,
    /// Those of `registers` whose values are not this instruction's.
    lost: &'r [String],
    /// The base of gs.
    gs: Option<u64>,
    /// The address that the processor could not access.
    fault: Option<u64>,
}

/// The base of gs, which is not in a CONTEXT: known for a processor's own registers in kernel code. Those that were
/// found elsewhere may be another processor's.
fn kernel_gs(session: &Session, registers: &debuggee::RegisterContext) -> Option<u64> {
    let focus = &session.focus;
    let own = focus.context.is_none() && focus.frame.is_none() && focus.thread.is_none();
    let own = own && session.context().is_ok_and(|context| context.ip() == registers.ip());
    let kernel = registers.get("cs").is_some_and(|cs| cs != 0 && cs & 3 == 0);
    session.processor().filter(|_| own && kernel)?.kernel_gs()
}

fn note(
    instruction: &Instruction,
    seen: &Seen<'_>,
    memory: &dyn Memory,
    symbol: &dyn Fn(u64) -> Option<String>,
) -> Option<String> {
    // They name an address and do not read it.
    if matches!(instruction.mnemonic(), Mnemonic::Lea | Mnemonic::Nop | Mnemonic::Invlpg) {
        return None;
    }
    let operand = (0..instruction.op_count()).find(|&operand| is_memory(instruction.op_kind(operand)))?;
    let segment = segment(instruction, operand);
    let size = instruction.memory_size().size();
    let lost = lost_of(instruction, operand, seen.lost);
    let solved = solved(instruction, operand, &lost, seen);
    if solved.is_none() && !lost.is_empty() {
        return Some(format!("({} not saved)", lost.join(", ")));
    }
    let address = match solved {
        Some(address) => address,
        None => effective_address(instruction, operand, |name| seen.registers.get(name))?,
    };
    let name = format!("{segment:?}").to_lowercase();
    let selector = match seen.registers.get(&name) {
        Some(selector) if selector != 0 => format!("{selector:04x}:"),
        _ => String::new(),
    };
    let base = match segment {
        // Kernel code has no use for it, and the TEB that it may point at is not known.
        Register::FS => None,
        Register::GS => seen.gs,
        _ => Some(0),
    };
    let value = base.and_then(|base| bytes(memory, base.wrapping_add(address), size));
    let is_readable = value.is_some();
    let text = match value {
        None => "??".repeat(size),
        Some(value) => match pointed(instruction, &value).and_then(|to| Some((to, symbol(to)?))) {
            Some((to, symbol)) => format!("{{{symbol} ({})}}", hex::tick(to)),
            None => value.iter().rev().map(|byte| format!("{byte:02x}")).collect(),
        },
    };
    let elsewhere = seen.fault.filter(|fault| is_readable && fault.wrapping_sub(address) >= size as u64);
    let remark = match (lost.first(), elsewhere) {
        (Some(register), _) => format!(" ({register} solved from the fault address)"),
        (None, Some(fault)) => format!(" (the processor reported {})", hex::tick(fault)),
        (None, None) => String::new(),
    };
    Some(format!("{name}:{selector}{}={text}{remark}", hex::tick(address)))
}

/// The registers that the operand's address is made of and that are not known.
fn lost_of(instruction: &Instruction, operand: u32, lost: &[String]) -> Vec<String> {
    let mut used = Vec::new();
    let _ = effective_address(instruction, operand, |name| {
        let full = full(name);
        if lost.contains(&full) && !used.contains(&full) {
            used.push(full);
        }
        Some(0)
    });
    used
}

/// The operand's address where it is the one that the processor could not access: if one register of it is not known,
/// there is but one value of that which leads there.
fn solved(instruction: &Instruction, operand: u32, lost: &[String], seen: &Seen<'_>) -> Option<u64> {
    let ([unknown], Some(fault)) = (lost, seen.fault) else {
        return None;
    };
    // At the start of a page it may be the second page of an operand that begins before.
    let of_second_page = fault & 0xfff == 0 && instruction.memory_size().size() > 1;
    if of_second_page || matches!(segment(instruction, operand), Register::FS | Register::GS) {
        return None;
    }
    let with = |value: u64| {
        effective_address(instruction, operand, |name| match full(name) == *unknown {
            true => Some(value),
            false => seen.registers.get(name),
        })
    };
    let (start, factor) = (with(0)?, with(1)?.wrapping_sub(with(0)?));
    let value = fault.wrapping_sub(start).cast_signed().checked_div(factor.cast_signed())?;
    (with(value.cast_unsigned())? == fault).then_some(fault)
}

/// The whole register: `rsi` of `esi`.
fn full(name: &str) -> String {
    let whole = Register::values().find(|register| format!("{register:?}").eq_ignore_ascii_case(name));
    whole.map_or_else(|| name.to_owned(), |it| format!("{:?}", it.full_register()).to_lowercase())
}

/// Where an indirect call or jump goes.
fn pointed(instruction: &Instruction, value: &[u8]) -> Option<u64> {
    let indirect =
        matches!(instruction.flow_control(), FlowControl::IndirectCall | FlowControl::IndirectBranch);
    let bytes: [u8; 8] = value.try_into().ok()?;
    indirect.then(|| u64::from_le_bytes(bytes))
}

fn bytes(memory: &dyn Memory, address: u64, size: usize) -> Option<Vec<u8>> {
    let mut value = vec![0u8; size];
    memory.read(address, &mut value).ok()?;
    Some(value)
}

fn is_memory(kind: OpKind) -> bool {
    matches!(
        kind,
        OpKind::Memory
            | OpKind::MemorySegSI
            | OpKind::MemorySegESI
            | OpKind::MemorySegRSI
            | OpKind::MemorySegDI
            | OpKind::MemorySegEDI
            | OpKind::MemorySegRDI
            | OpKind::MemoryESDI
            | OpKind::MemoryESEDI
            | OpKind::MemoryESRDI
    )
}

fn segment(instruction: &Instruction, operand: u32) -> Register {
    match instruction.op_kind(operand) {
        OpKind::MemoryESDI | OpKind::MemoryESEDI | OpKind::MemoryESRDI => Register::ES,
        _ => instruction.memory_segment(),
    }
}

fn effective_address(
    instruction: &Instruction,
    operand: u32,
    mut register: impl FnMut(&str) -> Option<u64>,
) -> Option<u64> {
    instruction.virtual_address(operand, 0, |named, _, _| {
        if named.is_segment_register() {
            return Some(0);
        }
        register(&format!("{named:?}").to_lowercase())
    })
}

/// Whether a conditional branch is taken with these flags.
fn taken(instruction: &Instruction, registers: &debuggee::RegisterContext) -> Option<bool> {
    let flag = |name| registers.get(name).map(|bit| bit == 1);
    let (carry, zero, sign) = (flag("cf")?, flag("zf")?, flag("sf")?);
    let (overflow, parity) = (flag("of")?, flag("pf")?);
    let count = registers.get("rcx")?;
    Some(match instruction.condition_code() {
        ConditionCode::o => overflow,
        ConditionCode::no => !overflow,
        ConditionCode::b => carry,
        ConditionCode::ae => !carry,
        ConditionCode::e => zero,
        ConditionCode::ne => !zero,
        ConditionCode::be => carry || zero,
        ConditionCode::a => !carry && !zero,
        ConditionCode::s => sign,
        ConditionCode::ns => !sign,
        ConditionCode::p => parity,
        ConditionCode::np => !parity,
        ConditionCode::l => sign != overflow,
        ConditionCode::ge => sign == overflow,
        ConditionCode::le => zero || sign != overflow,
        ConditionCode::g => !zero && sign == overflow,
        ConditionCode::None => match instruction.mnemonic() {
            Mnemonic::Jrcxz => count == 0,
            Mnemonic::Jecxz => count & 0xffff_ffff == 0,
            _ => return None,
        },
    })
}

#[cfg(test)]
mod tests {
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
        let mut context =
            debuggee::RegisterContext::new(Machine::Amd64, &vec![0; size]).expect("enough bytes");
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
        assert_eq!(
            shown(&code, &[("rsp", BASE - 8)]).as_deref(),
            Some("ss:fffff803`11a8b160=000000000000001e")
        );
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
        let set = [
            ("rax", 0x1000),
            ("rbx", 0x2_0000_3000),
            ("rcx", 3),
            ("rsi", 0x1_0000_5000),
            ("rdi", 0x1_0000_7000),
        ];
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
        let (registers, lost) =
            (registers(set), lost.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
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
}
