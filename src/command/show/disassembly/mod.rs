//! One instruction as the debugger writes it: address, bytes, mnemonic, operands; and what its memory operand holds.
//!
//! Shared by the commands that disassemble and by those that show registers.

mod arm64;
mod backward;
mod decode;
mod instruction;
mod operand;
mod x64;
mod x64_text;

pub use backward::before;
pub use decode::decode;
pub use instruction::{Flow, Instruction};
pub use operand::operand_note;

use crate::command::Context;
use crate::output::{Action, Line, Role};
use crate::util::hex;

/// Columns of the instruction's bytes.
const BYTES: usize = 16;

/// The line of the instruction at `address`; `??` and `???` stand for one that cannot be read or is none.
pub fn instruction_line(context: &Context<'_>, address: u64) -> Line {
    match decode(context, address) {
        Some(instruction) => line(&instruction),
        None => unreadable(address),
    }
}

/// The line of a decoded instruction.
pub fn line(instruction: &Instruction) -> Line {
    let line = Line::new()
        .link(Role::Address, hex::tick(instruction.address), Action::Code(instruction.address))
        .text(" ")
        .role(Role::Dim, &instruction.bytes_text);
    let padding =
        if instruction.fixed_length { 1 } else { BYTES.saturating_sub(instruction.bytes_text.len()).max(1) };
    let line = line.text(" ".repeat(padding)).role(Role::Mnemonic, &instruction.mnemonic);
    if instruction.operands.is_empty() {
        return line;
    }
    let width = if instruction.fixed_length { 12 } else { 8 };
    let padding = width.max(instruction.mnemonic.len() + 1) - instruction.mnemonic.len();
    line.text(" ".repeat(padding)).append(instruction.operands.clone())
}

fn unreadable(address: u64) -> Line {
    Line::new()
        .link(Role::Address, hex::tick(address), Action::Code(address))
        .text(" ")
        .role(Role::Unreadable, format!("{:<BYTES$}", "??"))
        .role(Role::Unreadable, "???")
}
