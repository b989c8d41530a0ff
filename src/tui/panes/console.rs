//! What the commands that were typed or followed said.

use super::{PaneSpec, as_it_is, nothing};

pub(super) const SPEC: PaneSpec = PaneSpec {
    name: "explorer.pane.command",
    choices: &[],
    image: None,
    takes: nothing,
    fit: as_it_is,
    anchored: false,
    wrap: false,
    skip: None,
    gutter: 0,
    hints: "explorer.hints.command",
};
