//! All threads, a row each. Choosing one moves the stack, the frame, the registers and the locals to it.

use super::{Choice, Lead, PaneSpec, Steady, as_it_is, at_the_top, choice, nothing};
use crate::output::Action;
use crate::util::hex;

/// A thread is made current; what else stands in its row is shown as anywhere.
fn chosen(action: &Action) -> Option<String> {
    let Action::Thread(address) = action else { return None };
    Some(format!(".thread {}", hex::tick(*address)))
}

pub(super) const SPEC: PaneSpec = PaneSpec {
    name: "explorer.pane.threads",
    short: "explorer.short.threads",
    choices: &[
        Choice { command: "!lt", switch: Some("-a"), columns: 0, line: "!lt -a", whole: true },
        // A triage dump holds the threads that ran and no lists of the others.
        choice("!mex.running", "!mex.running"),
        choice("!running", "!running -i"),
    ],
    image: None,
    takes: nothing,
    fit: as_it_is,
    choose: chosen,
    lead: Lead::Thread,
    lands: at_the_top,
    folded: false,
    anchored: false,
    steady: Steady::All,
    wrap: false,
    skip: None,
    gutter: 1,
    guide: None,
    hints: "explorer.hints.threads",
};
