//! What the commands that were typed or followed said.

use super::{PaneSpec, as_it_is, nothing};

pub(super) const SPEC: PaneSpec = PaneSpec {
    name: "Command",
    choices: &[],
    image: None,
    takes: nothing,
    fit: as_it_is,
    anchored: false,
    wrap: false,
    skip: None,
    gutter: 0,
    hints: "Enter follow  Backspace back  / find  Y copy all  Tab pane  : command  F1 keys",
};
