//! The instructions where the current context stands.

use super::{ImagePane, Lead, PaneSpec, Steady, as_anywhere, at_the_top, choice};
use crate::output::Action;
use crate::util::hex;

/// More instructions than the command's own eight.
fn fitted(action: &Action, _width: u16) -> Option<String> {
    let Action::Code(address) = action else { return None };
    Some(format!("u {} L40", hex::tick(*address)))
}

pub(super) const SPEC: PaneSpec = PaneSpec {
    name: "explorer.pane.code",
    short: "explorer.pane.code",
    choices: &[choice("u", "u --around @$ip L40")],
    // There it is the entry point, and nothing led to it.
    image: Some(ImagePane { name: "explorer.pane.code", line: "u @$ip L40" }),
    takes: |action| matches!(action, Action::Code(_)),
    fit: fitted,
    choose: as_anywhere,
    lead: Lead::Name,
    lands: at_the_top,
    folded: false,
    anchored: true,
    steady: Steady::Nothing,
    wrap: false,
    skip: None,
    gutter: 1,
    guide: None,
    hints: "explorer.hints.code",
};
