//! All processes, a row each. Choosing one shows it in the console, with its threads and their stacks.

use super::{Choice, Lead, PaneSpec, Steady, as_it_is, at_the_top, choice, nothing};
use crate::output::Action;
use crate::util::hex;

/// A process is shown as a block.
fn chosen(action: &Action) -> Option<String> {
    let Action::Process(address) = action else { return None };
    Some(format!("!process {} 7", hex::tick(*address)))
}

pub(super) const SPEC: PaneSpec = PaneSpec {
    name: "explorer.pane.processes",
    short: "explorer.short.processes",
    choices: &[
        Choice { command: "!tl", switch: Some("-t"), columns: 0, line: "!tl -t", whole: true },
        // A triage dump holds the processes that ran, and hardly any of their threads to count.
        choice("!tl", "!tl"),
    ],
    image: None,
    takes: nothing,
    fit: as_it_is,
    choose: chosen,
    lead: Lead::Process,
    lands: at_the_top,
    folded: false,
    anchored: false,
    steady: Steady::All,
    wrap: false,
    skip: None,
    gutter: 1,
    guide: None,
    hints: "explorer.hints.processes",
};
