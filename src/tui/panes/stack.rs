//! The call stack; until it is unwound, the words on the stack with the symbols that they point into.

use super::{PaneSpec, choice};

pub(super) const SPEC: PaneSpec = PaneSpec {
    name: "Stack",
    choices: &[
        choice("k", "kn"),
        choice("dps", "dps @rsp L60"),
        choice("r", "r rsp"),
    ],
    takes: &["k", "kb", "kc", "kd", "kn", "kp", "kv"],
    wrap: false,
    skip: None,
    hints: "Enter follow  Left/Right link  z zoom  Tab pane  : command  / find  ? keys",
};
