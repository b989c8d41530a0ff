//! What the commands that were typed or followed said.

use super::PaneSpec;

pub(super) const SPEC: PaneSpec = PaneSpec {
    name: "Command",
    choices: &[],
    takes: &[],
    wrap: false,
    skip: None,
    hints: "Enter follow  Backspace back  / find  Y copy all  Tab pane  : command  ? keys",
};
