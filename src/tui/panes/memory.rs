//! Memory at the stack pointer, or where a link led.

use super::{PaneSpec, choice, wide};

pub(super) const SPEC: PaneSpec = PaneSpec {
    name: "Memory",
    choices: &[
        wide(84, "db", "db @$csp L200"),
        wide(72, "dc", "dc @$csp L80"),
        choice("dp", "dp @$csp L40"),
    ],
    takes: &[
        "d", "db", "dc", "dd", "df", "dD", "dp", "dq", "du", "da", "dw", "dW", "dyb", "dyd", "dps", "dds",
        "dqs", "dpp", "dpa", "dpu", "dl", "ds", "dS",
    ],
    wrap: false,
    skip: None,
    hints: "Enter follow  Backspace back  Tab pane  : command  / find  ? keys",
};
