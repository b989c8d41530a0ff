//! Registers and processors.

pub mod cxr;
pub mod ecxr;
pub mod processor;
pub mod r;
pub mod r_typed;
pub mod rm;
pub mod trap;

use super::{Args, CommandError, Context};
use crate::output::Line;

/// The address of registers that were saved; without one, or with 0, the processor's own are current again.
fn record_address(args: &Args<'_>, context: &mut Context<'_>) -> Result<Option<u64>, CommandError> {
    let typed = context.evaluate_any(args.text)?.filter(|&address| address != 0);
    if typed.is_none() {
        context.session.reset_context();
        context.out.emit(Line::of("Resetting default scope"))?;
    }
    Ok(typed)
}
