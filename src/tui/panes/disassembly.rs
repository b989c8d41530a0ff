//! The instructions where the current context stands.

use super::{ImagePane, Lead, PaneSpec, Steady, as_anywhere, at_the_top, choice, wide};
use crate::output::Action;
use crate::util::hex;

/// From here on targets have their address beside their name.
const WITH_ADDRESSES: u16 = 110;
/// From here on bytes stay whatever the operands are: only what is longer is broken.
const WITH_BYTES: u16 = 72;

/// More instructions than the command's own eight.
fn fitted(action: &Action, width: u16) -> Option<String> {
    let Action::Code(address) = action else { return None };
    let form = match width {
        WITH_ADDRESSES.. => "",
        WITH_BYTES.. => "--names ",
        _ => "--narrow ",
    };
    Some(format!("u {form}{} L40", hex::tick(*address)))
}

pub(super) const SPEC: PaneSpec = PaneSpec {
    name: "explorer.pane.code",
    short: "explorer.pane.code",
    choices: &[
        wide(WITH_ADDRESSES, "u", "u --around @$ip L40"),
        wide(WITH_BYTES, "u", "u --around --names @$ip L40"),
        choice("u", "u --around --narrow @$ip L40"),
    ],
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
