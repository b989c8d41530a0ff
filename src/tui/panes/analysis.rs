//! The crash as a whole.

use super::{ImagePane, Lead, PaneSpec, Steady, as_anywhere, as_it_is, at_the_top, choice, nothing};

pub(super) const SPEC: PaneSpec = PaneSpec {
    name: "explorer.pane.analysis",
    short: "explorer.pane.analysis",
    choices: &[choice("!analyze", "!analyze"), choice(".bugcheck", ".bugcheck")],
    image: Some(ImagePane { name: "explorer.pane.image", line: "vertarget; !lmi {}" }),
    takes: nothing,
    fit: as_it_is,
    choose: as_anywhere,
    lead: Lead::Name,
    lands: at_the_top,
    folded: false,
    anchored: false,
    steady: Steady::All,
    wrap: true,
    skip: Some("banner"),
    gutter: 0,
    guide: None,
    hints: "explorer.hints.analysis",
};
