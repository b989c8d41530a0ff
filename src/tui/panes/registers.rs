//! The registers of the current context.

use super::{PaneSpec, as_it_is, choice};

pub(super) const SPEC: PaneSpec = PaneSpec {
    name: "Regs",
    choices: &[choice("r", "r")],
    takes: &["r"],
    fit: as_it_is,
    anchored: false,
    wrap: false,
    skip: None,
    hints: "Enter memory there  Left/Right register  Tab pane  : command  ? keys",
};
