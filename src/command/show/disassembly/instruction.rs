//! One instruction as text, and where control goes after it.

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
