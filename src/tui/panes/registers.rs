//! The registers of the current context.

use super::{PaneSpec, choice};

pub(super) const SPEC: PaneSpec = PaneSpec {
    name: "Regs",
    choices: &[choice("r", "r")],
    takes: &["r"],
    wrap: false,
    skip: None,
    hints: "Enter memory there  Left/Right register  Tab pane  : command  ? keys",
};
