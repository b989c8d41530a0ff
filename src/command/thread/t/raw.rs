//! The words on a thread's stack that may be return addresses.

use crate::command::CommandError;
use crate::command::line::Out;
use crate::kernel::{Thread, stack};
use crate::memory::Memory;
use crate::output::{Action, Cell, Field, Record, Role};

/// A kernel stack is a few dozen kilobytes; the largest is 0x18000 bytes without those of callouts.
const MOST_BYTES: u64 = 0x10_0000;

/// Says the words of the kernel stack that point behind the start of a function.
///
/// # Errors
/// As [`Out::emit`]; where the stack lies is not known.
pub(super) fn raw(thread: &Thread<'_>, out: &mut Out<'_>) -> Result<(), CommandError> {
    let space = stack::space(thread);
    let (low, high) = (thread.kernel_stack()?, thread.stack_base()?);
    let high = high.min(low.saturating_add(MOST_BYTES));
    let mut at = low & !7;
    while at < high {
        out.check()?;
        if let Ok(value) = space.memory().u64(at)
            && let Some(named) = space.name_address(value)
            && named.symbol.is_some()
            && named.offset != 0
        {
            let symbol = Cell::new(named.text()).role(Role::Symbol).link(Action::Code(value));
            out.emit(
                Record::new("word")
                    .cell("at", Cell::new(Field::Address(at)).digits(16).follow(Action::Pointers))
                    .text(" ")
                    .cell("value", Cell::new(Field::Address(value)).digits(16).link(Action::Code(value)))
                    .text(" ")
                    .cell("symbol", symbol),
            )?;
        }
        at += 8;
    }
    Ok(())
}
