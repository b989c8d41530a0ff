//! The processors and what each one ran.

use super::{ImagePane, Lead, PaneSpec, Steady, as_anywhere, as_it_is, at_the_top, choice, nothing};

pub(super) const SPEC: PaneSpec = PaneSpec {
    name: "explorer.pane.processors",
    short: "explorer.pane.processors",
    choices: &[choice("!running", "!running -i"), choice("~", "~")],
    image: Some(ImagePane { name: "explorer.pane.sections", line: "!dh -s {}" }),
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
    gutter: 1,
    guide: None,
    hints: "explorer.hints.processors",
};
