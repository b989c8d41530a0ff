//! What the code commands have in common: the line that names the code below it, and rows of places in an image.

use crate::command::show::code_name::code_name;
use crate::command::{CommandError, Context};
use crate::output::{Action, Cell, Field, Line, Record, Role};
use crate::util::hex;

/// Where `u` goes on when it is given no address.
pub const NEXT: &str = "u";

/// The functions whose names were put above code last.
#[derive(Default)]
pub struct Headings {
    last: Vec<String>,
}

impl Headings {
    /// Says `nt+0x3fdb50:` where the instruction at `address` begins to belong to another function than the one
    /// before it.
    ///
    /// # Errors
    /// As [`Out::emit`](crate::command::line::Out::emit).
    pub fn over(&mut self, address: u64, context: &mut Context<'_>) -> Result<(), CommandError> {
        let Some(name) = code_name(address, context).filter(|name| name.functions != self.last) else {
            return Ok(());
        };
        self.last = name.functions;
        context.out.emit(label(&name.text, address))
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
