//! The processors and what each one ran.

use super::{PaneSpec, choice};

pub(super) const SPEC: PaneSpec = PaneSpec {
    name: "CPUs",
    choices: &[choice("!running", "!running -i"), choice("~", "~")],
    takes: &["!running"],
    wrap: false,
    skip: None,
    hints: "Enter make current  Tab pane  : command  / find  ? keys",
};
