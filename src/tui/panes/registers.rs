//! The registers of the current context.

use super::{Choice, ImagePane, Lead, PaneSpec, Steady, as_anywhere, as_it_is, at_the_top, nothing};

pub(super) const SPEC: PaneSpec = PaneSpec {
    name: "explorer.pane.registers",
    short: "explorer.pane.registers",
    choices: &[Choice { command: "r", switch: Some("--known"), columns: 0, line: "r --known", whole: false }],
    image: Some(ImagePane { name: "explorer.pane.header", line: "!dh -f {}" }),
    takes: nothing,
    fit: as_it_is,
    choose: as_anywhere,
    lead: Lead::Name,
    lands: at_the_top,
    folded: false,
    anchored: false,
    steady: Steady::Nothing,
    wrap: false,
    skip: None,
    gutter: 0,
    guide: None,
    hints: "explorer.hints.registers",
};
