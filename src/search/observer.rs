//! Who watches a search: progress of downloads, the search log, and cancelling.

use crate::util::cancel::CancelToken;

/// Something that happened during a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A server is asked for a file.
    Asked {
        /// File name.
        name: String,
        /// The server, without a login.
        server: String,
    },
    /// A download began.
    Started {
        /// File name.
        name: String,
        /// Full address.
        url: String,
    },
    /// A download goes on.
    Progress {
        /// File name.
        name: String,
        /// Bytes so far.
        done: u64,
        /// Bytes in all, where the server said so.
        total: Option<u64>,
    },
    /// A download is in the cache.
    Completed {
        /// File name.
        name: String,
        /// Bytes.
        size: u64,
    },
    /// A download failed.
    Failed {
        /// File name.
        name: String,
        /// Why.
        reason: String,
    },
    /// A download was cancelled.
    Cancelled {
        /// File name.
        name: String,
    },
    /// A place was tried (`!sym noisy`).
    Tried {
        /// File name.
        name: String,
        /// Path or address.
        place: String,
        /// What came of it.
        outcome: String,
    },
}

/// Watches a search. Events may come from several threads.
pub trait Observer: Sync {
    /// Something happened.
    fn event(&self, _event: Event) {}

    /// True once the user wants the search to end. Asked many times a second.
    fn is_cancelled(&self) -> bool {
        false
    }
}

/// Watches nothing and never cancels.
pub struct Silent;

impl Observer for Silent {}

/// Ends what waits for symbols together with the work that wants them.
impl Observer for CancelToken {
    fn is_cancelled(&self) -> bool {
        CancelToken::is_cancelled(self)
    }
}
