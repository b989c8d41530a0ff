//! What the code commands have in common: the line that names the code below it, and rows of places in an image.

use crate::command::show::code_name::code_text;
use crate::command::{CommandError, Context};
use crate::output::{Action, Cell, Field, Line, Record, Role};
use crate::util::hex;

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
pub fn label(text: &str, address: u64) -> Record {
    let name = Cell::new(text).role(Role::Symbol).link(Action::Code(address));
    Record::new("code_label").field("address", Field::Address(address)).cell("name", name).text(":")
}

/// `BeginAddress      = 00000000`00001000`: where something is in its image. In JSON it is where it is in memory.
pub fn entry_row(record: Record, key: &'static str, label: &str, address: u64, rva: u32) -> Record {
    let value = Cell::new(Field::Address(address)).shown(hex::tick(rva.into())).role(Role::Value);
    record.line(Line::new().label(label).label(" = ")).cell(key, value)
}
