//! What had to be looked for in the dump's content, because nothing names it: it is looked for once.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// What is looked for, and the number that tells apart how: the size or place in a layout that the search goes by.
type Sought = (&'static str, u64);

/// What searches found: an address and a number that belongs to it. `None` is kept too: a dump's content does not change.
#[derive(Debug, Default)]
pub struct Searched(Mutex<HashMap<Sought, Option<(u64, u64)>>>);

impl Searched {
    /// What was found before, else what `search` finds. A search that fails, or was stopped, is made again.
    ///
    /// # Errors
    /// As `search`.
    pub fn once<E>(
        &self,
        what: &'static str,
        by: u64,
        search: impl FnOnce() -> Result<Option<(u64, u64)>, E>,
    ) -> Result<Option<(u64, u64)>, E> {
        let kept = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = kept().get(&(what, by)) {
            return Ok(*found);
        }
        // Not while the lock is held: a search may lead to another.
        let found = search()?;
        kept().insert((what, by), found);
        Ok(found)
    }

    /// Everything is looked for again: memory that was missing is there now.
    pub(super) fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_is_made_once_unless_it_failed() {
        let searched = Searched::default();
        assert_eq!(searched.once("heap", 8, || Err("stopped")), Err("stopped"));
        assert_eq!(searched.once("heap", 8, || Ok::<_, &str>(Some((1, 2)))), Ok(Some((1, 2))));
        assert_eq!(searched.once("heap", 8, || Err("again")), Ok(Some((1, 2))));
        assert_eq!(searched.once("heap", 16, || Ok::<_, &str>(None)), Ok(None));
        assert_eq!(searched.once("heap", 16, || Err("again")), Ok(None));
        searched.forget();
        assert_eq!(searched.once("heap", 8, || Err("again")), Err("again"));
    }
}
