//! Where the system does not let a mapped file become shorter (Windows), there is nothing to watch.

/// Watches nothing.
pub(super) struct Watch;

impl Watch {
    /// Watches nothing.
    pub(super) fn new(_start: *const u8, _len: usize) -> Watch {
        Watch
    }

    /// The file is whole.
    pub(super) fn lost_at(&self) -> Option<usize> {
        None
    }

    /// Cannot happen.
    pub(super) fn lose(&self, _offset: usize) {}
}

/// Here a fault is the system's affair.
pub fn before_death(_act: fn()) {}
