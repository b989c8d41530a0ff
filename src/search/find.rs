//! Searching: one file or many at a time.

use crate::util::order::Order;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::finder::Finder;
use super::observer::Observer;
use super::outcome::Search;
use super::walk::{self, Reach};
use crate::symbols::module::FileId;

impl Finder {
    /// Searches for one file. Blocks until it is found, every place was tried, or the observer cancels.
    pub fn find(&self, id: &FileId, observer: &dyn Observer) -> Search {
        walk::search(self, id, Reach::Everything, observer).0
    }

    /// Searches for one file as far as no server has to be asked; `None` where the answer is up to a server.
    pub fn find_here(&self, id: &FileId, observer: &dyn Observer) -> Option<Search> {
        let (search, stopped) = walk::search(self, id, Reach::BeforeServers, observer);
        (!stopped).then_some(search)
    }

    /// Searches for many files, several at a time. Results are in the order of `ids`.
    pub fn find_all(&self, ids: &[FileId], observer: &dyn Observer) -> Vec<Search> {
        let next = AtomicUsize::new(0);
        let workers = self.options().limits.parallel.clamp(1, 16).min(ids.len());
        let worker = || {
            let mut done = Vec::new();
            while let Some((index, id)) = {
                let index = next.fetch_add(1, Ordering::Relaxed);
                ids.get(index).map(|id| (index, id))
            } {
                done.push((index, self.find(id, observer)));
            }
            done
        };
        let mut results: Vec<(usize, Search)> = std::thread::scope(|scope| {
            let handles: Vec<_> = (0..workers).map(|_| scope.spawn(worker)).collect();
            handles.into_iter().flat_map(|handle| handle.join().unwrap_or_default()).collect()
        });
        results.order_by_key(|(index, _)| *index);
        results.into_iter().map(|(_, search)| search).collect()
    }
}
