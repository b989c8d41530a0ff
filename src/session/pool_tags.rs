//! Who uses which pool tag: the built-in list, and the user's `pooltag.txt`.

use crate::kernel::pool::TagOwners;
use crate::search::path::SearchPath;
use crate::util::files::open_input;
use std::path::{Path, PathBuf};

/// What the file is called, beside symbols.
const NAME: &str = "pooltag.txt";

/// The lists, read once, and what of them could not be read.
#[derive(Debug, Default)]
pub struct PoolTags {
    /// Who uses which tag.
    pub owners: TagOwners,
    /// The user's list, if one was read.
    pub file: Option<PathBuf>,
    /// Why the file that was named could not be read.
    pub warning: Option<String>,
}

impl PoolTags {
    /// The lists of tags: the file that was named, or the first `pooltag.txt` in a folder of the symbol path, before the
    /// built-in one.
    pub(super) fn find(named: Option<&Path>, symbols: &SearchPath) -> PoolTags {
        let mut tags = PoolTags { owners: TagOwners::built_in(), ..PoolTags::default() };
        let mut beside = symbols.folders().map(|folder| folder.join(NAME));
        match named {
            Some(named) => tags.read(named, true),
            None => {
                if let Some(found) = beside.find(|path| path.is_file()) {
                    tags.read(&found, false);
                }
            }
        }
        tags
    }

    fn read(&mut self, path: &Path, is_named: bool) {
        match open_input(path).and_then(|file| self.owners.add_file(file)) {
            Ok(_) => self.file = Some(path.to_owned()),
            Err(why) if is_named => {
                self.warning =
                    Some(format!("the list of pool tags {} cannot be read: {why}", path.display()));
            }
            Err(_) => {}
        }
    }
}
