//! The page of the pool that an address lies in: one that was chosen, else one that the crash or the frame names.

use super::{Lead, PaneSpec, Steady, as_anywhere, choice};
use crate::output::Action;
use crate::util::hex;

/// All of the page; a followed link shows a block alone elsewhere.
fn fitted(action: &Action, _width: u16) -> Option<String> {
    let Action::Pool(address) = action else { return None };
    Some(format!("!pool {}", hex::tick(*address)))
}

/// What stands before a block's content.
const HEADER: u64 = 0x10;

/// The rows of blocks lead to their content.
fn lands(page: &Action, line: &Action) -> bool {
    matches!((page, line), (Action::Pool(at), Action::Memory(data)) if *data <= at.saturating_add(HEADER))
}

pub(super) const SPEC: PaneSpec = PaneSpec {
    name: "explorer.pane.pool",
    short: "explorer.pane.pool",
    choices: &[choice("!pool", "!pool")],
    image: None,
    takes: |action| matches!(action, Action::Pool(_)),
    fit: fitted,
    choose: as_anywhere,
    lead: Lead::Name,
    lands,
    folded: false,
    anchored: true,
    steady: Steady::Links,
    wrap: false,
    skip: None,
    gutter: 0,
    guide: None,
    hints: "explorer.hints.pool",
};
