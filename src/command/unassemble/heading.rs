//! What the code commands have in common: the line that names the code below it, and an instruction's record.

use crate::command::disassembly::{Instruction, line};
use crate::command::{CommandError, Context};
use crate::output::{Action, Field, Line, Record, Role};

/// Where `u` goes on when it is given no address.
pub const NEXT: &str = "u";

/// The last name that was put above code.
#[derive(Default)]
pub struct Headings {
    last: Option<String>,
}

impl Headings {
    /// Says `nt+0x3fdb50:` where the instruction at `address` begins to belong to another function than the one
    /// before it.
    ///
    /// # Errors
    /// As [`Context::emit`].
    pub fn over(&mut self, address: u64, context: &mut Context<'_>) -> Result<(), CommandError> {
        let Some(text) = context.symbol_text(address) else {
            return Ok(());
        };
        let name = text.split('+').next().unwrap_or_default().to_owned();
        if self.last.as_ref() == Some(&name) {
            return Ok(());
        }
        self.last = Some(name);
        context.emit(label(&text, address))
    }
}

/// `nt+0x3fdb50:`
pub fn label(text: &str, address: u64) -> Line {
    Line::new().link(Role::Symbol, text, Action::Code(address)).text(":")
}

/// The instruction's line with its facts.
pub fn record(instruction: &Instruction) -> Record {
    Record::new("instruction")
        .field("address", Field::Hex(instruction.address))
        .field("bytes", instruction.bytes_text.as_str())
        .field("mnemonic", instruction.mnemonic.as_str())
        .field("operands", instruction.operands.plain())
        .line(line(instruction))
}
