//! The instructions where the current context stands.

use super::{PaneSpec, choice};

pub(super) const SPEC: PaneSpec = PaneSpec {
    name: "Code",
    choices: &[choice("u", "u @$ip L40"), choice("ln", "ln @$ip")],
    takes: &["u", "ub", "uf"],
    wrap: false,
    skip: None,
    hints: "Enter follow  Backspace back  Tab pane  : command  / find  ? keys",
};
