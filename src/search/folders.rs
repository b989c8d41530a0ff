//! Folders of stores, listed once for many searches: names in a dump differ in case from those on disk, and a store
//! holds tens of thousands of entries.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The most entries of one folder that are listed.
const MAX_ENTRIES: usize = 1 << 18;
/// The most folders whose lists are kept.
const MAX_FOLDERS: usize = 4096;
/// How long a list is believed. Exact names are always looked for on disk.
const FRESH: Duration = Duration::from_secs(5);

/// Entries by their lower-case names.
type Entries = Arc<HashMap<String, OsString>>;

/// The lists of folders that were looked into a moment ago.
#[derive(Debug, Default)]
pub struct Folders {
    lists: Mutex<HashMap<PathBuf, (Instant, Entries)>>,
}

impl Folders {
    /// `folder/name`, or where the file system tells case apart an entry that differs in case only.
    pub fn resolve(&self, folder: &Path, name: &str) -> Option<PathBuf> {
        let exact = folder.join(name);
        if exact.exists() {
            return Some(exact);
        }
        if cfg!(windows) {
            return None;
        }
        let entry = self.entries(folder).get(&name.to_lowercase())?.clone();
        Some(folder.join(entry))
    }

    fn entries(&self, folder: &Path) -> Entries {
        let mut lists = self.lists.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, entries)) = lists.get(folder)
            && at.elapsed() < FRESH
        {
            return Arc::clone(entries);
        }
        // Listed under the lock: of several threads that want one list, one makes it.
        let entries = Arc::new(list(folder));
        if lists.len() >= MAX_FOLDERS {
            lists.clear();
        }
        lists.insert(folder.to_owned(), (Instant::now(), Arc::clone(&entries)));
        entries
    }
}

fn list(folder: &Path) -> HashMap<String, OsString> {
    let Ok(entries) = fs::read_dir(folder) else {
        return HashMap::new();
    };
    let mut names: Vec<OsString> =
        entries.take(MAX_ENTRIES).flatten().map(|entry| entry.file_name()).collect();
    // Of names that differ in case only, the first in order is taken each time.
    names.sort_by(|a, b| b.cmp(a));
    names.into_iter().filter_map(|name| Some((name.to_str()?.to_lowercase(), name))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_is_ignored_and_new_files_are_seen() {
        let root = tempfile::tempdir().unwrap();
        let folders = Folders::default();
        assert_eq!(folders.resolve(root.path(), "a.pdb"), None);
        fs::write(root.path().join("a.pdb"), "").unwrap();
        assert_eq!(folders.resolve(root.path(), "a.pdb"), Some(root.path().join("a.pdb")));
        let later = Folders::default();
        assert_eq!(later.resolve(root.path(), "A.PDB"), Some(root.path().join("a.pdb")));
        assert_eq!(later.resolve(&root.path().join("none"), "A.PDB"), None);
    }
}
