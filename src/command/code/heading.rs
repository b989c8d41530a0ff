//! What the code commands have in common: the line that names the code below it, and an instruction's record.

use crate::command::show::code_name::code_text;
use crate::command::show::disassembly::{Instruction, line};
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
    /// As [`Out::emit`](crate::command::line::Out::emit).
    pub fn over(&mut self, address: u64, context: &mut Context<'_>) -> Result<(), CommandError> {
        let Some(text) = code_text(address, context) else {
            return Ok(());
        };
        let name = bare(&text);
        if self.last.as_ref() == Some(&name) {
            return Ok(());
        }
        self.last = Some(name);
        context.out.emit(label(&text, address))
    }
}

/// A name without distances, which change from instruction to instruction: `drv!Inner [inlined in drv!Outer]`.
fn bare(text: &str) -> String {
    let without = |part: &str| part.split("+0x").next().unwrap_or_default().to_owned();
    match text.split_once(" [inlined in ") {
        Some((inner, outer)) => format!("{} in {}", without(inner), without(outer)),
        None => text.split('+').next().unwrap_or_default().to_owned(),
    }
}

/// `nt+0x3fdb50:`
pub fn label(text: &str, address: u64) -> Line {
    Line::new().link(Role::Symbol, text, Action::Code(address)).text(":")
}

/// The instruction's line with its facts.
pub fn record(instruction: &Instruction) -> Record {
    facts(instruction).line(line(instruction))
}

/// The same with a remark behind it.
pub fn noted(instruction: &Instruction, note: &str) -> Record {
    facts(instruction).field("note", note).line(line(instruction).text(format!("  {note}")))
}

fn facts(instruction: &Instruction) -> Record {
    Record::new("instruction")
        .field("address", Field::Hex(instruction.address))
        .field("bytes", instruction.bytes_text.as_str())
        .field("mnemonic", instruction.mnemonic.as_str())
        .field("operands", instruction.operands.plain())
}
