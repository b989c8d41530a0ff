//! Carrying symbols to a computer without internet: a list of files, and fetching what a list names.
//!
//! The format is that of the Windows debugger's `symchk /om` and `/im`: `name,key,1` a line, so either program can do
//! the fetching.

use std::io;
use std::path::{Path, PathBuf};

use super::cache::{self, StoreError};
use super::finder::{Finder, FinderOptions};
use super::locate::{Located, Wanted, locate_all};
use super::observer::Observer;
use super::outcome::{Attempt, Outcome};
use super::path::SearchPath;
use crate::symbols::module::{FileId, ImageId, PdbId};
use crate::symbols::name;
use thiserror::Error;

/// The most files that a manifest may name.
const MAX_FILES: usize = 100_000;

/// A list of files to fetch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manifest {
    /// The files, each once.
    pub files: Vec<FileId>,
    /// Lines or names that cannot be used, each with its reason.
    pub problems: Vec<String>,
}

impl Manifest {
    /// What these modules need: the PDB where its identity is known, and the image, from which a fetching computer
    /// learns the PDB where it is not. `located` says what is already here and is left out.
    pub fn for_modules(located: &[Located]) -> Manifest {
        let mut manifest = Manifest::default();
        for module in located {
            let pdb_here = module.pdb.as_ref().is_some_and(|search| search.found.is_some());
            let image_here = module.image.as_ref().is_some_and(|search| search.found.is_some());
            let pdb = module.pdb_id().filter(|_| !pdb_here).cloned().map(FileId::from);
            let image = module.wanted.image.clone().filter(|_| !image_here).map(FileId::from);
            for id in [pdb, image].into_iter().flatten() {
                manifest.push(id, &module.wanted.module);
            }
            if module.wanted.image.is_none() && module.pdb_id().is_none() {
                let reason = "the dump tells neither its time stamp nor its PDB";
                manifest.problems.push(format!("{}: {reason}", module.wanted.module));
            }
        }
        manifest
    }

    fn push(&mut self, id: FileId, origin: &str) {
        if let Err(error) = name::check(id.name()) {
            self.problems.push(format!("{origin}: {error}"));
        } else if !self.files.contains(&id) {
            self.files.push(id);
        }
    }

    /// Reads a manifest. Lines that cannot be used become problems.
    pub fn parse(text: &str) -> Manifest {
        let mut manifest = Manifest::default();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim().trim_start_matches('\u{feff}');
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let origin = format!("line {}", index + 1);
            if manifest.files.len() == MAX_FILES {
                manifest.problems.push(format!("{origin}: only the first {MAX_FILES} files are used"));
                break;
            }
            match parse_line(line) {
                Some(id) => manifest.push(id, &origin),
                None => manifest.problems.push(format!("{origin}: expected NAME,KEY,1")),
            }
        }
        manifest
    }

    /// The manifest's text.
    pub fn text(&self) -> String {
        let line = |id: &FileId| format!("{},{},1\n", id.name(), id.key());
        self.files.iter().map(line).collect()
    }
}

/// `name,key` or `name,key,flag`. A PDB's key is a GUID and an age, an image's is 8 digits of time stamp and a size.
fn parse_line(line: &str) -> Option<FileId> {
    let is_flag = |text: &str| text.len() == 1 && text.bytes().all(|b| b.is_ascii_digit());
    let line = match line.rsplit_once(',') {
        Some((rest, flag)) if is_flag(flag.trim()) && rest.contains(',') => rest,
        _ => line,
    };
    let (name, key) = line.rsplit_once(',')?;
    parse_key(name.trim(), key.trim())
}

/// The identity that a store key stands for.
pub fn parse_key(name: &str, key: &str) -> Option<FileId> {
    if !key.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let number = |text: &str| u32::from_str_radix(text, 16).ok();
    match key.len() {
        33..=40 => {
            let (guid, age) = key.split_at_checked(32)?;
            let (guid, age) = (guid.parse().ok()?, number(age)?);
            Some(PdbId { name: name.to_owned(), guid, age }.into())
        }
        9..=16 => {
            let (stamp, size) = key.split_at_checked(8)?;
            let (time_date_stamp, size_of_image) = (number(stamp)?, number(size)?);
            Some(ImageId { name: name.to_owned(), time_date_stamp, size_of_image }.into())
        }
        _ => None,
    }
}

/// Why a file of a manifest is not in the folder.
#[derive(Debug, Error)]
pub enum NotFetched {
    /// The user stopped the search.
    #[error("cancelled")]
    Cancelled,
    /// There was no place to look at.
    #[error("the symbol path is empty")]
    NoPath,
    /// No place had it; the last one's reason, for servers stand at a path's end, and theirs is the one that counts.
    #[error("{place}: {outcome}")]
    NotFound {
        /// The last place.
        place: String,
        /// What came of it.
        outcome: Outcome,
    },
    /// It was found and cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It was found and the folder did not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What came of one file of a manifest.
#[derive(Debug)]
pub struct Fetched {
    /// The file.
    pub id: FileId,
    /// Its path in the folder, or why it is not there.
    pub result: Result<PathBuf, NotFetched>,
    /// What was tried.
    pub attempts: Vec<Attempt>,
}

/// Fetches the files of a manifest along `path` into the store `folder`. For images also the PDBs that they name,
/// since a dump often does not tell those.
pub fn fetch(
    manifest: &Manifest,
    folder: &Path,
    path: &SearchPath,
    options: &FinderOptions,
    observer: &dyn Observer,
) -> Vec<Fetched> {
    // The folder stands before everything else as the cache into which the servers deliver.
    let place = folder.display();
    let full = SearchPath::parse(&format!("cache*{place};{}", path.text()));
    let options = FinderOptions { default_cache: folder.to_owned(), ..options.clone() };
    let limit = options.limits.size;
    let finder = Finder::new(full, SearchPath::default(), options);
    let wanted: Vec<Wanted> = manifest.files.iter().map(wanted).collect();
    let mut fetched: Vec<Fetched> = Vec::new();
    for located in locate_all(&finder, &wanted, true, observer) {
        for search in [located.image, located.pdb].into_iter().flatten() {
            if fetched.iter().any(|other| other.id == search.id) {
                continue;
            }
            let result = match &search.found {
                Some(found) if found.path.starts_with(folder) => Ok(found.path.clone()),
                // Found in a local store of the path: what is to be carried must be in the folder.
                Some(found) => crate::util::files::open_plain(&found.path)
                    .map_err(NotFetched::from)
                    .and_then(|mut file| {
                        let cancelled = || observer.is_cancelled();
                        Ok(cache::insert(folder, &search.id, &mut file, limit, &cancelled)?)
                    }),
                None => Err(reason(&search.attempts, search.cancelled)),
            };
            fetched.push(Fetched { id: search.id, result, attempts: search.attempts });
        }
    }
    fetched
}

fn wanted(id: &FileId) -> Wanted {
    let module = id.name().to_owned();
    match id.clone() {
        FileId::Pdb(pdb) => Wanted { module, image: None, pdb: Some(pdb) },
        FileId::Image(image) => Wanted { module, image: Some(image), pdb: None },
    }
}

fn reason(attempts: &[Attempt], cancelled: bool) -> NotFetched {
    match attempts.last() {
        _ if cancelled => NotFetched::Cancelled,
        Some(attempt) => {
            NotFetched::NotFound { place: attempt.place.clone(), outcome: attempt.outcome.clone() }
        }
        None => NotFetched::NoPath,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manifests_read_back() {
        let text = "ntkrnlmp.pdb,5278AFF86C341677D7D7835C85B7B8441,1\nAcxHdAudio.sys,829423388000,1\na,b.sys,8294233880001,1\n";
        let manifest = Manifest::parse(text);
        assert_eq!(manifest.problems, [] as [String; 0]);
        assert_eq!(manifest.text(), text);
        assert!(matches!(&manifest.files[0], FileId::Pdb(id) if id.age == 1));
        assert!(matches!(&manifest.files[1], FileId::Image(id) if id.size_of_image == 0x8000));
        assert_eq!(manifest.files[2].name(), "a,b.sys");
    }

    #[test]
    fn nonsense_becomes_problems() {
        let manifest = Manifest::parse(
            "# list\n\n..,829423388000,1\nx.sys\nx.sys,12,1\nx.pdb,zz78AFF86C341677D7D7835C85B7B8441,1\n../x,829423388000\nok.sys,829423388000\nok.sys,829423388000,1",
        );
        assert_eq!(manifest.files.len(), 1);
        assert_eq!(manifest.problems.len(), 5, "{:?}", manifest.problems);
    }
}
