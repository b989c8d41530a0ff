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
pub use decode::{decode, decode_as};
pub use instruction::{Flow, Instruction};
pub use operand::operand_note;

use crate::command::Context;
use crate::output::{Action, Cell, Field, Line, Record, Role};
use crate::util::hex;

/// Columns of the instruction's bytes.
const BYTES: usize = 16;

/// The line of the instruction at `address`; `??` and `???` stand for one that cannot be read or is none.
pub fn instruction_line(context: &Context<'_>, address: u64) -> Line {
    match decode(context, address) {
        Some(instruction) => record(&instruction).lines.into_iter().next().unwrap_or_default(),
        None => unreadable(address),
    }
}

/// In a pane that has no room for an instruction the bytes of all go.
const YIELDING: &[(&str, u8)] = &[("bytes", 1)];
/// Nothing goes, a fact without a name is none: the one that has no room is broken, as is what stands among them.
const UNYIELDING: &[(&str, u8)] = &[("", 1)];

/// How much of an instruction its line shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shown {
    /// All of it, as the debugger does.
    #[default]
    Whole,
    /// Of a target that has a name only the name.
    Names,
    /// The same; its bytes give way to operands.
    Narrow,
}

/// A decoded instruction with its line.
pub fn record(instruction: &Instruction) -> Record {
    record_as(instruction, Shown::Whole)
}

/// An instruction that was decoded to show so much, with its line.
pub fn record_as(instruction: &Instruction, shown: Shown) -> Record {
    let address = Cell::new(Field::Address(instruction.address)).link(Action::Code(instruction.address));
    let padding =
        if instruction.fixed_length { 1 } else { BYTES.saturating_sub(instruction.bytes_text.len()).max(1) };
    let record = Record::new("instruction")
        .yielding(if shown == Shown::Narrow { YIELDING } else { UNYIELDING })
        .cell("address", address)
        .text(" ")
        .cell("bytes", Cell::new(instruction.bytes_text.as_str()).role(Role::Dim))
        .text(" ".repeat(padding))
        .cell("mnemonic", Cell::new(instruction.mnemonic.as_str()).role(Role::Mnemonic));
    if instruction.operands.is_empty() {
        return record.field("operands", "");
    }
    let width = if instruction.fixed_length { 12 } else { 8 };
    let padding = width.max(instruction.mnemonic.len() + 1) - instruction.mnemonic.len();
    record.text(" ".repeat(padding)).phrase("operands", instruction.operands.clone())
}

fn unreadable(address: u64) -> Line {
    Line::new()
        .link(Role::Address, hex::tick(address), Action::Code(address))
        .text(" ")
        .role(Role::Unreadable, format!("{:<BYTES$}", "??"))
        .role(Role::Unreadable, "???")
}
