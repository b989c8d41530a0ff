//! What Backspace takes back.

/// A step that Backspace undoes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    /// The pane in which the link was.
    pub(super) from: usize,
    /// The pane that got a new page.
    pub(super) pushed: Option<usize>,
}
