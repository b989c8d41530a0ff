//! `!analyze -hang`: whether the machine hangs, and on what.

use super::verdict::{self, Judged};
use crate::analysis::{hang, hang_verdict};
use crate::command::{CommandError, Context};
use crate::debuggee::Lack;
use crate::output::{Branch, Cell, Record, Role};
use crate::words::text;

/// What shows the rest, each under its title.
const PARTS: [(&str, &str); 4] = [
    ("analyze.hang.waits", "!waitchain"),
    ("analyze.hang.ready", "!ready"),
    ("analyze.hang.processors", "!running"),
    ("analyze.hang.dpcs", "!dpcs"),
];

/// Shows the conclusion, and what it was drawn from.
///
/// # Errors
/// The command was stopped.
pub fn show(context: &mut Context<'_>) -> Result<(), CommandError> {
    let found = hang(&context.session.scope());
    let facts = found.map_err(|why| match why {
        Lack::Stopped => CommandError::Cancelled,
        why => CommandError::Missing(why.to_string()),
    })?;
    let judged = Judged { saved: None, verdict: hang_verdict(&facts), facts };
    verdict::show(&judged, context)?;
    let language = context.session.settings.language;
    for (title, command) in PARTS {
        context.out.blank()?;
        let head = Record::new("part")
            .role(Role::Heading, text(title, language))
            .text(" (")
            .cell("command", Cell::new(command).role(Role::Dim))
            .text(")");
        context.within(Branch::new(head), |context| match context.run_line(command) {
            // What one of them lacks hides none of the others.
            Err(error) => context.tell(error),
            Ok(()) => Ok(()),
        })?;
    }
    Ok(())
}
