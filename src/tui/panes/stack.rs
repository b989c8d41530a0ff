//! The call stack: with addresses where there is room for them, else only the call sites.

use super::{ImagePane, Lead, PaneSpec, Steady, as_anywhere, as_it_is, at_the_top, choice, nothing, wide};

pub(super) const SPEC: PaneSpec = PaneSpec {
    name: "explorer.pane.stack",
    short: "explorer.pane.stack",
    choices: &[wide(76, "k", "kn --fold"), wide(44, "k", "kLn --fold --narrow"), choice("k", "kcn --fold")],
    image: Some(ImagePane { name: "explorer.pane.names", line: "x {}!*" }),
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
    hints: "explorer.hints.stack",
};
