//! The loaded modules.

use super::{Lead, PaneSpec, Steady, as_anywhere, as_it_is, at_the_top, choice};
use crate::output::Action;

pub(super) const SPEC: PaneSpec = PaneSpec {
    name: "explorer.pane.modules",
    short: "explorer.short.modules",
    choices: &[choice("lm", "lm")],
    image: None,
    takes: |action| matches!(action, Action::Module(_)),
    fit: as_it_is,
    choose: as_anywhere,
    lead: Lead::Name,
    lands: at_the_top,
    folded: false,
    anchored: false,
    steady: Steady::Nothing,
    wrap: false,
    skip: None,
    gutter: 1,
    guide: None,
    hints: "explorer.hints.modules",
};
