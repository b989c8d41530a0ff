//! What the commands that were typed or followed said.

use super::{Lead, PaneSpec, Steady, as_anywhere, as_it_is, at_the_top, nothing};

pub(super) const SPEC: PaneSpec = PaneSpec {
    name: "explorer.pane.command",
    short: "explorer.short.command",
    choices: &[],
    image: None,
    takes: nothing,
    fit: as_it_is,
    choose: as_anywhere,
    lead: Lead::Name,
    lands: at_the_top,
    folded: false,
    anchored: false,
    steady: Steady::Nothing,
    wrap: false,
    skip: None,
    gutter: 0,
    guide: None,
    hints: "explorer.hints.command",
};
