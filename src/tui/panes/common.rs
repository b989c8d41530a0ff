//! What the dumps that are open together say of their machine.

use super::{Lead, PaneSpec, Steady, as_anywhere, as_it_is, at_the_top, choice, nothing};

pub(super) const SPEC: PaneSpec = PaneSpec {
    name: "explorer.pane.common",
    short: "explorer.pane.common",
    choices: &[choice("!common", "!common")],
    image: None,
    takes: nothing,
    fit: as_it_is,
    choose: as_anywhere,
    lead: Lead::Name,
    lands: at_the_top,
    folded: false,
    anchored: false,
    steady: Steady::All,
    wrap: true,
    skip: None,
    gutter: 0,
    guide: None,
    hints: "explorer.hints.common",
};
