//! What opening tells while it takes long.

/// How far a long step of opening has come.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// What is done, as `unpacking`.
    pub step: &'static str,
    /// Bytes done.
    pub done: u64,
    /// Bytes in all, if known.
    pub total: Option<u64>,
}
