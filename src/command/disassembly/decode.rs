//! From memory to an instruction, for either machine.

use super::{arm64, x64};
use crate::command::Context;
use crate::dump::Machine;
use crate::memory::Memory;
use crate::output::Line;

/// Where control goes after an instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// To the next instruction.
    Next,
    /// To a known place, always.
    Jump(u64),
    /// To a known place or the next instruction.
    Branch(u64),
    /// To a place in memory or a register: unknown.
    Indirect,
    /// To a known function and back.
    Call(u64),
    /// To an unknown function and back.
    IndirectCall,
    /// Back to the caller, or nowhere.
    End,
}

/// An instruction as text.
#[derive(Debug, Clone)]
pub struct Instruction {
    /// Where it lies.
    pub address: u64,
    /// Its bytes' count.
    pub length: u64,
    /// Its bytes in hexadecimal: in memory order for x64, as one word for ARM64.
    pub bytes_text: String,
    /// Its name, with prefixes.
    pub mnemonic: String,
    /// Its operands.
    pub operands: Line,
    /// Where control goes.
    pub flow: Flow,
    /// Whether the machine's instructions all have one length, which changes the columns.
    pub fixed_length: bool,
}

/// The longest x64 instruction.
pub const MAX_LENGTH: usize = 15;

/// The instruction at `address`; `None` where memory cannot be read. Bytes that are no instruction decode to `???`.
pub fn decode(context: &Context<'_>, address: u64) -> Option<Instruction> {
    let target = &context.session.target;
    let mut bytes = [0u8; MAX_LENGTH];
    let (read, _) = target.memory().read_partial(address, &mut bytes);
    let bytes = bytes.get(..read).filter(|bytes| !bytes.is_empty())?;
    let symbol = |address| context.symbol_text(address);
    match target.header().machine {
        Machine::Arm64 => arm64::decode(bytes, address, &symbol),
        Machine::I386 => x64::decode(bytes, address, 32, &symbol),
        _ => x64::decode(bytes, address, 64, &symbol),
    }
}
