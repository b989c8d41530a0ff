//! What is known of symbol tables that were looked into: kept in a file, so that the one that is wanted is found among
//! hundreds without unpacking them all again.
//!
//! An entry says only where a few names stand. It decides which table is read, and nothing else: the table that is read is
//! held against the dump once more, so an entry that is wrong costs time, not truth.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use super::IsfNames;
use crate::symbols::index::{Builder, NewSymbol};
use crate::symbols::source::SymbolSource;
use crate::symbols::symbol::SymbolKind;
use crate::util::disk::AsFile as _;
use crate::util::temporary::{self, STALE, TemporaryFile};

/// Changes with the form of the file and with what is asked of tables.
const VERSION: u32 = 1;
/// A larger file is not ours. An entry takes some 700 bytes.
const MAX_FILE: u64 = 16 << 20;
/// So many entries are kept.
const MAX_ENTRIES: usize = 8192;

/// Which version of a file an entry is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Stamp {
    length: u64,
    /// When the file was changed last, in nanoseconds since 1970.
    changed: u64,
}

impl Stamp {
    fn of(path: &Path) -> Option<Stamp> {
        let metadata = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
        let changed = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        Some(Stamp { length: metadata.len(), changed: u64::try_from(changed.as_nanos()).ok()? })
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    stamp: Stamp,
    /// The wanted names that the table has, and where they stand.
    names: BTreeMap<String, u32>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Contents {
    version: u32,
    /// Which names were asked for.
    wanted: Vec<String>,
    tables: BTreeMap<String, Entry>,
}

/// Where some names stand in each table.
#[derive(Debug)]
pub struct Catalog {
    place: Option<PathBuf>,
    contents: Contents,
    changed: bool,
}

impl Catalog {
    /// The catalog kept at `place` for these names: empty where there is none, where it is damaged or asked for others.
    pub fn load(place: Option<PathBuf>, wanted: &[&str]) -> Catalog {
        let read = |place: &Path| {
            let mut text = Vec::new();
            let file = crate::util::files::open_plain(place).ok()?;
            file.take(MAX_FILE).read_to_end(&mut text).ok()?;
            serde_json::from_slice::<Contents>(&text).ok()
        };
        let known = place.as_deref().and_then(read);
        let empty = Catalog::new(place, wanted);
        match known.filter(|known| known.version == VERSION && known.wanted == empty.contents.wanted) {
            Some(contents) => Catalog { contents, ..empty },
            None => empty,
        }
    }

    /// One that knows nothing yet and will be kept at `place`.
    pub fn new(place: Option<PathBuf>, wanted: &[&str]) -> Catalog {
        let wanted = wanted.iter().map(|name| (*name).to_owned()).collect();
        Catalog {
            place,
            contents: Contents { version: VERSION, wanted, tables: BTreeMap::new() },
            changed: false,
        }
    }

    /// The wanted names of the table at `path`, if it was looked into and has not changed since.
    pub fn get(&self, path: &Path) -> Option<IsfNames> {
        let entry = self.contents.tables.get(&key(path)?)?;
        if Stamp::of(path)? != entry.stamp {
            return None;
        }
        let mut builder = Builder::default();
        for (name, &rva) in &entry.names {
            builder.add(&NewSymbol {
                name,
                decorated: None,
                rva,
                size: 0,
                kind: SymbolKind::PublicCode,
                ty: 0,
                place: None,
            });
        }
        Some(IsfNames(builder.finish()))
    }

    /// Remembers what the table at `path` says of the wanted names. It was looked at `since` then, so that a table that
    /// was exchanged meanwhile is not taken for the one that was read.
    pub fn add(&mut self, path: &Path, since: Option<TableStamp>, names: &IsfNames) {
        let (Some(key), Some(TableStamp(stamp))) = (key(path), since) else {
            return;
        };
        if Stamp::of(path).as_ref() != Some(&stamp) || self.contents.tables.len() >= MAX_ENTRIES {
            return;
        }
        let place = |name: &String| {
            let found = names.by_name(name).into_iter().find(|symbol| symbol.name == *name)?;
            Some((name.clone(), found.rva))
        };
        let names = self.contents.wanted.iter().filter_map(place).collect();
        self.contents.tables.insert(key, Entry { stamp, names });
        self.changed = true;
    }

    /// Keeps what was added. That it cannot be kept is no failure: the next run looks again.
    pub fn save(&mut self) {
        let Some(place) = self.place.as_deref().filter(|_| self.changed) else {
            return;
        };
        self.changed = false;
        let write = || {
            let folder = place.parent().unwrap_or(Path::new("."));
            std::fs::create_dir_all(folder)?;
            temporary::sweep(folder, STALE);
            let mut file = TemporaryFile::new_in(folder)?;
            serde_json::to_writer(std::io::BufWriter::new(file.as_file_mut()), &self.contents)?;
            file.keep_as(place)
        };
        let _: std::io::Result<()> = write();
    }
}

/// Which version of a table is about to be read.
#[derive(Debug, Clone)]
pub struct TableStamp(Stamp);

impl TableStamp {
    /// Of the file as it is now.
    pub fn of(path: &Path) -> Option<TableStamp> {
        Stamp::of(path).map(TableStamp)
    }
}

/// How the file is called in the catalog; a name that is no text has no entry.
fn key(path: &Path) -> Option<String> {
    std::path::absolute(path).ok()?.into_os_string().into_string().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::symbols::isf::Isf;

    const WANTED: &[&str] = &["PsIdle", "PsAbsent"];

    fn table(at: u32) -> String {
        format!(r#"{{"symbols": {{"PsIdle": {{"address": {at}}}, "Other": {{"address": 1}}}}}}"#)
    }

    fn place_of(names: &IsfNames, name: &str) -> Option<u32> {
        names.by_name(name).first().map(|symbol| symbol.rva)
    }

    #[test]
    fn a_table_is_known_until_it_changes() {
        let folder = tempfile::tempdir().unwrap();
        let (place, path) = (folder.path().join("kept/tables"), folder.path().join("a.json"));
        std::fs::write(&path, table(0x4000)).unwrap();
        let mut catalog = Catalog::load(Some(place.clone()), WANTED);
        assert!(catalog.get(&path).is_none());
        let names = Isf::open_names(&path, &|| false).unwrap();
        catalog.add(&path, TableStamp::of(&path), &names);
        catalog.save();
        let known = Catalog::load(Some(place.clone()), WANTED).get(&path).expect("it was kept");
        assert_eq!(place_of(&known, "PsIdle"), Some(0x4000));
        assert_eq!(place_of(&known, "PsAbsent"), None);
        // Names that nobody asked for are not kept.
        assert_eq!(place_of(&known, "Other"), None);
        assert!(Catalog::load(Some(place.clone()), &["Other"]).get(&path).is_none());
        std::fs::write(&path, table(0x12345)).unwrap();
        assert!(Catalog::load(Some(place.clone()), WANTED).get(&path).is_none());
        // What was exchanged while it was read is not remembered.
        let before = TableStamp::of(&path);
        std::fs::write(&path, table(7)).unwrap();
        catalog.add(&path, before, &names);
        assert!(catalog.get(&path).is_none());
        std::fs::write(&place, b"{\"version\":1,").unwrap();
        assert!(Catalog::load(Some(place), WANTED).get(&path).is_none());
    }
}
