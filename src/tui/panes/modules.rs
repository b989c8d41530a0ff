//! The loaded modules.

use super::{PaneSpec, choice};

pub(super) const SPEC: PaneSpec = PaneSpec {
    name: "Modules",
    choices: &[choice("lm", "lm")],
    takes: &["lm"],
    wrap: false,
    skip: None,
    hints: "Enter details  Backspace back  / find  Tab pane  : command  ? keys",
};
