//! The loaded modules.

use super::{PaneSpec, as_it_is, choice};
use crate::output::Action;

pub(super) const SPEC: PaneSpec = PaneSpec {
    name: "Modules",
    choices: &[choice("lm", "lm")],
    image: None,
    takes: |action| matches!(action, Action::Module(_)),
    fit: as_it_is,
    anchored: false,
    wrap: false,
    skip: None,
    gutter: 0,
    hints: "Enter details  Backspace back  / find  Tab pane  : command  F1 keys",
};
