//! Stopping work that has become unwanted.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The work was stopped by the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cancelled;

/// A generation counter shared between the engine and whoever may stop it: work remembers the generation in which it
/// began and ends when that is over. Testing it costs one load.
#[derive(Debug, Clone, Default)]
pub struct CancelToken {
    generation: Arc<AtomicU64>,
    started: u64,
}

impl CancelToken {
    /// A token for work that begins now.
    pub fn begin(&self) -> CancelToken {
        CancelToken {
            generation: Arc::clone(&self.generation),
            started: self.generation.load(Ordering::Relaxed),
        }
    }

    /// Stops all work begun so far.
    pub fn cancel(&self) {
        self.generation.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether the work that this token was made for should stop.
    pub fn is_cancelled(&self) -> bool {
        self.generation.load(Ordering::Relaxed) != self.started
    }

    /// `Err` when the work should stop.
    ///
    /// # Errors
    /// [`Cancelled`].
    pub fn check(&self) -> Result<(), Cancelled> {
        if self.is_cancelled() { Err(Cancelled) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cancelling_ends_what_began_before_and_nothing_after() {
        let root = CancelToken::default();
        let first = root.begin();
        assert!(!first.is_cancelled());
        root.cancel();
        assert!(first.is_cancelled());
        assert!(!root.begin().is_cancelled());
    }
}
