//! What an instruction's memory operand holds, and whether its branch is taken: the note after the instruction in
//! register displays.

use super::decode::MAX_LENGTH;
use super::x64;
use crate::command::Context;
use crate::debuggee;
use crate::dump::Machine;
use crate::memory::Memory;
use crate::session::Session;
use crate::util::hex;
use iced_x86::{ConditionCode, FlowControl, Instruction, Mnemonic, OpKind, Register};

/// The note on the instruction at `address` with these registers: `ss:0018:fffff803`11a8b160=000000000000001e`,
/// `[br=1]`. `None` where there is nothing to note. The selector is left out where the registers have none, as in a
/// trap frame. ARM64 instructions have no note.
pub fn operand_note(context: &Context<'_>, registers: &debuggee::Context, address: u64) -> Option<String> {
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
        let taken = taken(&instruction, registers)?;
        return Some(format!("[br={}]", u8::from(taken)));
    }
    let symbol = |address| context.symbol_text(address);
    note(&instruction, registers, memory, kernel_gs(context.session, registers), &symbol)
}

/// The base of gs, which is not in a CONTEXT: known for a processor's own registers in kernel code. Those that were
/// found elsewhere may be another processor's.
fn kernel_gs(session: &Session, registers: &debuggee::Context) -> Option<u64> {
    let focus = &session.focus;
    let own = focus.context.is_none() && focus.frame.is_none() && focus.thread.is_none();
    let own = own && session.context().is_ok_and(|context| context.ip() == registers.ip());
    let kernel = registers.get("cs").is_some_and(|cs| cs != 0 && cs & 3 == 0);
    session.processor().filter(|_| own && kernel)?.kernel_gs()
}

fn note(
    instruction: &Instruction,
    registers: &debuggee::Context,
    memory: &dyn Memory,
    gs: Option<u64>,
    symbol: &dyn Fn(u64) -> Option<String>,
) -> Option<String> {
    // They name an address and do not read it.
    if matches!(instruction.mnemonic(), Mnemonic::Lea | Mnemonic::Nop | Mnemonic::Invlpg) {
        return None;
    }
    let operand = (0..instruction.op_count()).find(|&operand| is_memory(instruction.op_kind(operand)))?;
    let address = effective_address(instruction, operand, registers)?;
    let segment = segment(instruction, operand);
    let name = format!("{segment:?}").to_lowercase();
    let selector = match registers.get(&name) {
        Some(selector) if selector != 0 => format!("{selector:04x}:"),
        _ => String::new(),
    };
    let size = instruction.memory_size().size();
    let base = match segment {
        // Kernel code has no use for it, and the TEB that it may point at is not known.
        Register::FS => None,
        Register::GS => gs,
        _ => Some(0),
    };
    let value = base.and_then(|base| bytes(memory, base.wrapping_add(address), size));
    let text = match value {
        None => "??".repeat(size),
        Some(value) => match pointed(instruction, &value).and_then(|to| Some((to, symbol(to)?))) {
            Some((to, symbol)) => format!("{{{symbol} ({})}}", hex::tick(to)),
            None => value.iter().rev().map(|byte| format!("{byte:02x}")).collect(),
        },
    };
    Some(format!("{name}:{selector}{}={text}", hex::tick(address)))
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

fn effective_address(instruction: &Instruction, operand: u32, registers: &debuggee::Context) -> Option<u64> {
    instruction.virtual_address(operand, 0, |register, _, _| {
        if register.is_segment_register() {
            return Some(0);
        }
        registers.get(&format!("{register:?}").to_lowercase())
    })
}

/// Whether a conditional branch is taken with these flags.
fn taken(instruction: &Instruction, registers: &debuggee::Context) -> Option<bool> {
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

    fn registers(set: &[(&str, u64)]) -> debuggee::Context {
        let size = debuggee::Context::size_of(Machine::Amd64).expect("known");
        let mut context = debuggee::Context::new(Machine::Amd64, &vec![0; size]).expect("enough bytes");
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
        note(&instruction, &registers(set), &memory, gs, &symbol)
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
