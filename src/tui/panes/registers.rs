//! The registers of the current context.

use super::{Choice, ImagePane, PaneSpec, as_it_is, nothing};

pub(super) const SPEC: PaneSpec = PaneSpec {
    name: "explorer.pane.registers",
    choices: &[Choice { command: "r", switch: Some("--known"), columns: 0, line: "r --known" }],
    image: Some(ImagePane { name: "explorer.pane.header", line: "!dh -f {}" }),
    takes: nothing,
    fit: as_it_is,
    anchored: false,
    wrap: false,
    skip: None,
    gutter: 0,
    hints: "explorer.hints.registers",
};
