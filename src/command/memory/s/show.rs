//! How a hit is shown.

use super::bare;
use super::search::{Search, Sought};
use crate::command::memory::form::form;
use crate::command::memory::rows::{Bytes, record};
use crate::command::{CommandError, Context};
use crate::memory::Memory;
use crate::output::{Action, Cell, Field, Record};

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
        let cell = Cell::new(Field::Address(address)).shown(bare(address)).follow(Action::Memory);
        return context.out.emit(Record::new("hit").cell("address", cell));
    }
    let letters = match search.kind {
        Sought::Values { letters, .. } => letters,
        Sought::Strings { .. } => "b",
    };
    let Some(form) = form(letters) else {
        return Ok(());
    };
    context.out.emit(record(form, address, &Bytes::at(memory, address, ROW)))
}
