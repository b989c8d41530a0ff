//! How a hit is shown.

use super::bare;
use super::search::{Search, Sought};
use crate::command::memory::form::form;
use crate::command::memory::rows::{bytes_at, record};
use crate::command::{CommandError, Context};
use crate::memory::Memory;
use crate::output::{Action, Field, Line, Record, Role};

/// Bytes of a hit's row.
const ROW: usize = 16;

/// Says where a hit is and what stands there.
///
/// # Errors
/// As [`Out::emit`](crate::command::line::Out::emit).
pub fn hit(
    search: &Search,
    address: u64,
    memory: &dyn Memory,
    context: &mut Context<'_>,
) -> Result<(), CommandError> {
    if search.addresses_only {
        let line = Line::new().link(Role::Address, bare(address), Action::Memory(address));
        return context.out.emit(Record::new("hit").field("address", Field::Hex(address)).line(line));
    }
    let letters = match search.kind {
        Sought::Values { letters, .. } => letters,
        Sought::Strings { .. } => "b",
    };
    let Some(form) = form(letters) else {
        return Ok(());
    };
    context.out.emit(record(form, address, &bytes_at(memory, address, ROW)))
}
