//! The crash as a whole.

use super::{Choice, ImagePane, PaneSpec, as_it_is, choice, nothing};

pub(super) const SPEC: PaneSpec = PaneSpec {
    name: "explorer.pane.analysis",
    choices: &[
        Choice { command: "!analyze", switch: Some("-v"), columns: 0, line: "!analyze -v" },
        choice("!analyze", "!analyze"),
        choice(".bugcheck", ".bugcheck"),
    ],
    image: Some(ImagePane { name: "explorer.pane.image", line: "vertarget; !lmi {}" }),
    takes: nothing,
    fit: as_it_is,
    anchored: false,
    wrap: true,
    skip: Some("banner"),
    gutter: 0,
    hints: "explorer.hints.analysis",
};
