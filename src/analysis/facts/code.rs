//! Instructions: decoded where they stand, with what their operands refer to.

use crate::debuggee::Target;
use crate::memory::Memory;
use crate::symbols::pe::FunctionLookup;
use crate::unwind::{Registers, is_nonvolatile};
use crate::util::bits::extend;
use iced_x86::{
    Decoder, DecoderOptions, FlowControl, Formatter, Instruction, InstructionInfoFactory, MasmFormatter,
    Mnemonic, OpAccess, OpKind, Register,
};

/// The longest instruction.
pub const LONGEST: usize = 15;
/// The longest function that is looked through, in bytes.
const LONGEST_FUNCTION: u64 = 0x4000;

/// The instruction at an address; `None` where its bytes are not known or are none.
pub fn at(target: &Target, address: u64) -> Option<Instruction> {
    let mut bytes = [0u8; LONGEST];
    let (read, _) = target.memory().read_partial(address, &mut bytes);
    decode(bytes.get(..read)?, address).filter(|instruction| !instruction.is_invalid())
}

/// The instruction that bytes begin with.
pub fn decode(bytes: &[u8], address: u64) -> Option<Instruction> {
    let mut decoder = Decoder::try_with_ip(64, bytes, address, DecoderOptions::NONE).ok()?;
    decoder.can_decode().then(|| decoder.decode())
}

/// The instructions of the function, or of the part of it, that holds an address.
pub fn function(target: &Target, ip: u64) -> Option<Vec<Instruction>> {
    let module = target.modules().at(ip)?;
    let image = target.image(module).ok()?;
    let rva = u32::try_from(ip.checked_sub(module.base)?).ok()?;
    let FunctionLookup::Found(found) = image.functions()?.lookup(image.bytes(), rva) else { return None };
    let length = u64::from(found.end.checked_sub(found.begin)?);
    let begin = module.base.wrapping_add(u64::from(found.begin));
    let mut bytes = vec![0u8; usize::try_from(length).ok().filter(|_| length <= LONGEST_FUNCTION)?];
    target.memory().read(begin, &mut bytes).ok()?;
    Some(steps(&bytes, begin))
}

/// The instructions that bytes at an address are, up to the first that is none: tables among the code end what is known.
pub fn steps(bytes: &[u8], begin: u64) -> Vec<Instruction> {
    let mut instructions = Vec::new();
    let mut at = 0usize;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let step = decode(rest, begin.wrapping_add(at as u64)).filter(|step| !step.is_invalid());
        let Some(step) = step else { break };
        at += step.len();
        instructions.push(step);
    }
    instructions
}

/// Whether an instruction may change a register. A function that is called may change the volatile ones.
pub fn changes(instruction: &Instruction, register: Register) -> bool {
    let is_call = matches!(instruction.flow_control(), FlowControl::Call | FlowControl::IndirectCall);
    let number = u8::try_from(register.number()).unwrap_or(0);
    if is_call && !is_nonvolatile(number) {
        return true;
    }
    let mut factory = InstructionInfoFactory::new();
    factory.info(instruction).used_registers().iter().any(|used| {
        used.register().full_register() == register.full_register()
            && !matches!(used.access(), OpAccess::Read | OpAccess::CondRead)
    })
}

/// An instruction as text.
pub fn text(instruction: &Instruction) -> String {
    let mut formatter = MasmFormatter::new();
    formatter.options_mut().set_space_after_operand_separator(false);
    let mut text = String::new();
    formatter.format(instruction, &mut text);
    text
}

/// A place in memory that an instruction accesses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operand {
    /// `[rdx+68h]`
    pub text: String,
    /// The registers that make it, with their values where they are known.
    pub registers: Vec<(String, Option<u64>)>,
    /// The address; `None` where a register is not known.
    pub address: Option<u64>,
    /// What the address is but for the one register that is not known, and that register.
    pub missing: Option<(String, u64)>,
    /// Bytes.
    pub size: u64,
    /// Whether it is written, and not only read.
    pub is_write: bool,
}

/// The number of a register in the order of encoding.
fn number(register: Register) -> Option<u8> {
    let full = register.full_register();
    full.is_gpr64().then(|| u8::try_from(full.number()).ok()).flatten()
}

/// How far behind its operand an instruction accesses memory: `bt [rax],ecx` and its like take the operand for the beginning
/// of a string of bits (Intel SDM volume 2, BT). `None` where the number of the bit is not known.
fn way_to_bit(instruction: &Instruction, registers: &Registers, size: u64) -> Option<u64> {
    let is_test =
        matches!(instruction.mnemonic(), Mnemonic::Bt | Mnemonic::Bts | Mnemonic::Btr | Mnemonic::Btc);
    if !is_test || instruction.op1_kind() != OpKind::Register {
        return Some(0);
    }
    let bit = registers.general(number(instruction.op1_register())?).known()?;
    let bit = extend(bit, u32::try_from(size).ok()? * 8);
    Some(bit.div_euclid(i64::try_from(size * 8).ok()?).cast_unsigned().wrapping_mul(size))
}

/// Whether an address is made of it as it stands, if of it at all: no half of a register, no vector.
fn is_whole(register: Register) -> bool {
    register.is_gpr64() || matches!(register, Register::None | Register::RIP)
}

/// The memory that an instruction accesses, as far as one operand tells; `None` for one that accesses none, or more than
/// that: stack instructions, calls, string instructions, those that use a segment's base or half a register, and those
/// whose operand has no size (xsave).
pub fn operand(instruction: &Instruction, registers: &Registers) -> Option<Operand> {
    let is_plain = !instruction.is_stack_instruction()
        && !instruction.is_string_instruction()
        && !instruction.is_vsib()
        && !matches!(instruction.mnemonic(), Mnemonic::Lea | Mnemonic::Nop | Mnemonic::Invlpg);
    let mut factory = InstructionInfoFactory::new();
    let info = factory.info(instruction);
    let [memory] = info.used_memory() else { return None };
    if !is_plain
        || memory.access() == OpAccess::NoMemAccess
        || memory.memory_size().size() == 0
        || !is_whole(memory.base())
        || !is_whole(memory.index())
        || matches!(memory.segment(), Register::FS | Register::GS)
    {
        return None;
    }
    let mut known = Vec::new();
    let size = memory.memory_size().size() as u64;
    let mut sum = memory.displacement().wrapping_add(way_to_bit(instruction, registers, size)?);
    let mut missing = Vec::new();
    for (register, scale) in [(memory.base(), 1u64), (memory.index(), u64::from(memory.scale()))] {
        // The displacement of an operand relative to rip is the address already.
        let Some(number) = number(register) else { continue };
        let value = registers.general(number).known();
        let name = format!("{:?}", register.full_register()).to_lowercase();
        match value {
            Some(value) => sum = sum.wrapping_add(value.wrapping_mul(scale)),
            None => missing.push((name.clone(), scale)),
        }
        known.push((name, value));
    }
    let whole = text(instruction);
    let shown =
        whole.find('[').and_then(|from| whole.get(from..=whole.rfind(']')?)).unwrap_or(&whole).to_owned();
    let missing_one = match missing.as_slice() {
        [(name, 1)] => Some((name.clone(), sum)),
        _ => None,
    };
    Some(Operand {
        text: shown,
        registers: known,
        address: missing.is_empty().then_some(sum),
        missing: missing_one,
        size,
        is_write: matches!(
            memory.access(),
            OpAccess::Write | OpAccess::CondWrite | OpAccess::ReadWrite | OpAccess::ReadCondWrite
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unwind::Origin;

    const RAX: u64 = 0xffff_8000_1234_5000;
    const RCX: u64 = 0x20;

    /// The operand of one instruction while rax and rcx are known and nothing else is.
    fn of(bytes: &[u8]) -> Option<Operand> {
        let mut registers = Registers::default();
        registers.set_general(0, RAX, Origin::Context);
        registers.set_general(1, RCX, Origin::Context);
        operand(&decode(bytes, 0xffff_f800_0000_1000).expect("an instruction"), &registers)
    }

    #[test]
    fn an_operand_is_computed_of_what_is_known() {
        // mov r9,[rax-18h]
        let found = of(&[0x4c, 0x8b, 0x48, 0xe8]).expect("an operand");
        assert_eq!((found.address, found.size, found.is_write), (Some(RAX - 0x18), 8, false));
        // mov [rax+rcx*4+8],dl
        let found = of(&[0x88, 0x54, 0x88, 0x08]).expect("an operand");
        assert_eq!((found.address, found.size, found.is_write), (Some(RAX + RCX * 4 + 8), 1, true));
        // mov eax,[rbx+10h]
        let found = of(&[0x8b, 0x43, 0x10]).expect("an operand");
        assert_eq!((found.address, found.missing), (None, Some(("rbx".to_owned(), 0x10))));
        // mov rax,[rip+10h]
        let found = of(&[0x48, 0x8b, 0x05, 0x10, 0, 0, 0]).expect("an operand");
        assert_eq!(found.address, Some(0xffff_f800_0000_1017));
        // lock cmpxchg16b [rcx]
        let found = of(&[0xf0, 0x48, 0x0f, 0xc7, 0x09]).expect("an operand");
        assert_eq!((found.address, found.size), (Some(RCX), 16));
    }

    #[test]
    fn a_bit_is_where_its_number_leads() {
        // bt [rax],ecx
        let found = of(&[0x0f, 0xa3, 0x08]).expect("an operand");
        assert_eq!((found.address, found.size), (Some(RAX + 4), 4));
        // bt [rcx],rax: the number of the bit has a sign
        let back = RAX.cast_signed().div_euclid(64).cast_unsigned().wrapping_mul(8);
        assert_eq!(of(&[0x48, 0x0f, 0xa3, 0x01]).expect("an operand").address, Some(RCX.wrapping_add(back)));
        // bt dword ptr [rax],5
        assert_eq!(of(&[0x0f, 0xba, 0x20, 0x05]).expect("an operand").address, Some(RAX));
        // bt [rax],rbx: who knows
        assert_eq!(of(&[0x48, 0x0f, 0xa3, 0x18]), None);
    }

    #[test]
    fn what_one_operand_does_not_tell_is_left_out() {
        let cases: [(&str, &[u8]); 9] = [
            ("push [rax]", &[0xff, 0x30]),
            ("call [rax]", &[0xff, 0x10]),
            ("ret", &[0xc3]),
            ("rep movsb", &[0xf3, 0xa4]),
            ("lea rax,[rcx]", &[0x48, 0x8d, 0x01]),
            ("mov rax,gs:[188h]", &[0x65, 0x48, 0x8b, 0x04, 0x25, 0x88, 0x01, 0, 0]),
            ("mov edx,[eax]", &[0x67, 0x8b, 0x10]),
            ("xlat", &[0xd7]),
            ("xsave [rax]", &[0x0f, 0xae, 0x20]),
        ];
        for (name, bytes) in cases {
            assert_eq!(of(bytes), None, "{name}");
        }
    }
}
