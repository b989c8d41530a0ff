//! Instructions: decoded where they stand, with what their operands refer to.

use crate::debuggee::Target;
use crate::memory::Memory;
use crate::unwind::Registers;
use iced_x86::{
    Decoder, DecoderOptions, Formatter, Instruction, MasmFormatter, Mnemonic, OpAccess, Register,
};

/// The longest instruction.
pub const LONGEST: usize = 15;

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

/// The memory that an instruction accesses, as far as one operand tells; `None` for one that accesses none, or more than
/// that: stack instructions, calls, string instructions, and those that use a segment's base.
pub fn operand(instruction: &Instruction, registers: &Registers) -> Option<Operand> {
    let is_plain = !instruction.is_stack_instruction()
        && !instruction.is_string_instruction()
        && !instruction.is_vsib()
        && !matches!(instruction.mnemonic(), Mnemonic::Lea | Mnemonic::Nop | Mnemonic::Invlpg);
    let mut factory = iced_x86::InstructionInfoFactory::new();
    let info = factory.info(instruction);
    let [memory] = info.used_memory() else { return None };
    if !is_plain
        || memory.access() == OpAccess::NoMemAccess
        || matches!(memory.segment(), Register::FS | Register::GS)
    {
        return None;
    }
    let mut known = Vec::new();
    let mut sum = memory.displacement();
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
        size: memory.memory_size().size().max(1) as u64,
        is_write: matches!(
            memory.access(),
            OpAccess::Write | OpAccess::CondWrite | OpAccess::ReadWrite | OpAccess::ReadCondWrite
        ),
    })
}
