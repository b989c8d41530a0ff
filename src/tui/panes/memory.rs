//! Memory at the stack pointer, or where a link led.

use super::{PaneSpec, choice};

pub(super) const SPEC: PaneSpec = PaneSpec {
    name: "Memory",
    choices: &[choice("db", "db @$csp L200"), choice("?", "? @$csp")],
    narrow: &[choice("dp", "dp @$csp L40"), choice("dq", "dq @$csp L40")],
    takes: &[
        "d", "db", "dc", "dd", "df", "dD", "dp", "dq", "du", "da", "dw", "dW", "dyb", "dyd", "dps", "dds",
        "dqs", "dpp", "dpa", "dpu", "dl", "ds", "dS",
    ],
    wrap: false,
    skip: None,
    hints: "Enter follow  Backspace back  Tab pane  : command  / find  ? keys",
};
