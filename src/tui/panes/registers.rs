//! The registers of the current context.

use super::{ImagePane, PaneSpec, as_it_is, choice, nothing};

pub(super) const SPEC: PaneSpec = PaneSpec {
    name: "Regs",
    choices: &[choice("r", "r")],
    image: Some(ImagePane { name: "Header", line: "!dh -f {}" }),
    takes: nothing,
    fit: as_it_is,
    anchored: false,
    wrap: false,
    skip: None,
    hints: "Enter memory there  Left/Right register  Tab pane  : command  F1 keys",
};
