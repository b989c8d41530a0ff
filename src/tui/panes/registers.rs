//! The registers of the current context.

use super::{Choice, ImagePane, PaneSpec, as_it_is, nothing};

pub(super) const SPEC: PaneSpec = PaneSpec {
    name: "Regs",
    choices: &[Choice { command: "r", usage: "--known", columns: 0, line: "r --known" }],
    image: Some(ImagePane { name: "Header", line: "!dh -f {}" }),
    takes: nothing,
    fit: as_it_is,
    anchored: false,
    wrap: false,
    skip: None,
    gutter: 0,
    hints: "Enter memory there  Left/Right register  Tab pane  : command  F1 keys",
};
