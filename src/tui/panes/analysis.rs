//! The crash as a whole.

use super::{Choice, ImagePane, PaneSpec, as_it_is, choice, nothing};

pub(super) const SPEC: PaneSpec = PaneSpec {
    name: "Analysis",
    choices: &[
        Choice { command: "!analyze", usage: "-v", columns: 0, line: "!analyze -v" },
        choice("!analyze", "!analyze"),
        choice(".bugcheck", ".bugcheck"),
    ],
    image: Some(ImagePane { name: "Image", line: "vertarget; !lmi {}" }),
    takes: nothing,
    fit: as_it_is,
    anchored: false,
    wrap: true,
    skip: Some("*"),
    gutter: 0,
    hints: "Enter follow  Left/Right link  Tab pane  : command  / find  F1 keys",
};
