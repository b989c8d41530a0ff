//! What a walk through the page tables found.

use super::error::{Level, ReadError};
use super::pte::Pte;

/// One step of a walk through the page tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Its level.
    pub level: Level,
    /// Physical address of the entry.
    pub address: u64,
    /// The entry.
    pub value: Pte,
}

/// How a virtual address translates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Translation {
    /// The virtual address.
    pub address: u64,
    /// The physical address.
    pub physical: u64,
    /// Size of the page in bytes.
    pub page_size: u64,
    /// The entries, from the root down.
    pub entries: Vec<Entry>,
    /// Whether an entry on the way is in transition: the processor would fault, the contents are still there.
    pub transition: bool,
    /// The prototype PTE (virtual address, value) that stands in for the last entry.
    pub prototype: Option<(u64, Pte)>,
}

impl Translation {
    /// Whether every level allows writing.
    pub fn writable(&self) -> bool {
        self.entries.iter().all(|entry| entry.value.writable())
    }

    /// Whether every level allows execution.
    pub fn executable(&self) -> bool {
        !self.entries.iter().any(|entry| entry.value.no_execute())
    }

    /// Whether every level allows user mode.
    pub fn user(&self) -> bool {
        self.entries.iter().all(|entry| entry.value.user())
    }
}

/// A walk that ended early.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WalkError {
    /// Why.
    pub error: ReadError,
    /// The entries that could be read, from the root down.
    pub entries: Vec<Entry>,
}

impl std::fmt::Display for WalkError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for WalkError {}
