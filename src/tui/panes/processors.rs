//! The processors and what each one ran.

use super::{ImagePane, PaneSpec, as_it_is, choice, nothing};

pub(super) const SPEC: PaneSpec = PaneSpec {
    name: "CPUs",
    choices: &[choice("!running", "!running -i"), choice("~", "~")],
    image: Some(ImagePane { name: "Sections", line: "!dh -s {}" }),
    takes: nothing,
    fit: as_it_is,
    anchored: false,
    wrap: false,
    skip: None,
    gutter: 0,
    hints: "Enter make current  Tab pane  : command  / find  F1 keys",
};
