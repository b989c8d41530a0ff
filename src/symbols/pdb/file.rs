//! One open PDB: its streams, and what was made of them so far.

use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::container::Identity;
use super::inline_index::{self, Inlined};
use super::known_types::KnownTypes;
use super::publics;
use super::recent::Recent;
use super::sorted_publics::SortedPublics;
use super::streams::Streams;
use crate::symbols::error::SymbolError;
use crate::symbols::index::NameIndex;
use crate::symbols::types::TypeId;
use crate::util::cancel::{Cancelled, SharedStop, stopped};
use crate::util::files::open_found;

/// A PDB.
pub struct PdbFile {
    streams: Streams,
    cache: Option<PathBuf>,
    pub(super) known: KnownTypes,
    names: OnceLock<Result<NameIndex, String>>,
    /// Held by whoever makes the table of names: others wait for it.
    making_names: Mutex<()>,
    /// Whether nobody wants any more what is being read.
    stop: SharedStop,
    /// Whether the cache's table is made anew.
    renews_cache: bool,
    publics: OnceLock<Option<SortedPublics>>,
    inlined: OnceLock<Inlined>,
    recent: Recent,
}

impl std::fmt::Debug for PdbFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PdbFile({}, {})", self.path().display(), self.identity())
    }
}

impl PdbFile {
    /// Opens the PDB at `path`. Its table of names is kept in the folder `cache`, if one is given.
    pub fn open(path: &Path, cache: Option<&Path>) -> Result<PdbFile, SymbolError> {
        let io = |source| SymbolError::Io { path: path.to_owned(), action: "read", source };
        Ok(PdbFile::of(Streams::open(Box::new(open_found(path).map_err(io)?), path)?, cache))
    }

    /// Opens a PDB that is already in memory; `path` is only what messages call it.
    pub fn from_bytes(bytes: Vec<u8>, path: &Path, cache: Option<&Path>) -> Result<PdbFile, SymbolError> {
        Ok(PdbFile::of(Streams::open(Box::new(Cursor::new(bytes)), path)?, cache))
    }

    fn of(streams: Streams, cache: Option<&Path>) -> PdbFile {
        PdbFile {
            streams,
            cache: cache.map(Path::to_owned),
            known: KnownTypes::default(),
            names: OnceLock::new(),
            making_names: Mutex::new(()),
            stop: Arc::new(|| false),
            renews_cache: false,
            publics: OnceLock::new(),
            inlined: OnceLock::new(),
            recent: Recent::default(),
        }
    }

    /// The same PDB, whose names are read no further once `stop` says so; who asks later has them read then.
    pub fn until(self, stop: SharedStop) -> PdbFile {
        PdbFile { stop, ..self }
    }

    /// The same PDB, whose table of names in the cache is made anew.
    pub fn renewing_cache(self, renews_cache: bool) -> PdbFile {
        PdbFile { renews_cache, ..self }
    }

    pub(crate) fn streams(&self) -> &Streams {
        &self.streams
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        self.streams.path()
    }

    /// The GUID and age of the module that this PDB belongs to.
    pub fn identity(&self) -> &Identity {
        self.streams.identity()
    }

    /// Refuses a PDB of another build, naming both.
    pub fn check(&self, wanted: &Identity) -> Result<(), SymbolError> {
        if self.identity() == wanted {
            return Ok(());
        }
        Err(SymbolError::Mismatch {
            path: self.path().to_owned(),
            wanted: wanted.to_string(),
            found: self.identity().to_string(),
        })
    }

    /// Whether it has procedures with their variables and lines, not only public names and types.
    pub fn is_private(&self) -> bool {
        self.streams.has_private()
    }

    pub(crate) fn kind_words(&self) -> &'static str {
        match self.is_private() {
            true => "private PDB",
            false => "public PDB",
        }
    }

    /// Whether nobody wants any more what is being read.
    pub(crate) fn is_stopped(&self) -> bool {
        (self.stop)()
    }

    pub(crate) fn recent(&self) -> &Recent {
        &self.recent
    }

    /// What was inlined where, read when it is first asked for; `None` where that was stopped: the next question reads again.
    pub(crate) fn inlined(&self) -> Option<&Inlined> {
        match self.inlined.get() {
            Some(known) => Some(known),
            None => {
                let read = inline_index::read(&self.streams, &*self.stop)?;
                Some(self.inlined.get_or_init(|| read))
            }
        }
    }

    /// The type that a name was made for with `typedef`.
    ///
    /// # Errors
    /// The names cannot be read, or that was stopped.
    pub(crate) fn type_definition(&self, name: &str) -> Result<Option<TypeId>, SymbolError> {
        Ok(self.name_index()?.typedef(name))
    }

    /// Names that answer for a record's address: all names where they have been read or must be, and otherwise a few.
    pub(crate) fn names_near(&self, rva: u32) -> Option<&NameIndex> {
        if let Some(Ok(all)) = self.names.get() {
            return Some(all);
        }
        let publics = self.publics.get_or_init(|| SortedPublics::new(&self.streams));
        publics.as_ref().and_then(|publics| publics.near(rva)).or_else(|| self.name_index().ok())
    }

    /// All names, from the cache's table or read now. Their addresses are those of the records, which are the image's but
    /// where it was rearranged.
    pub fn name_index(&self) -> Result<&NameIndex, SymbolError> {
        let names = match self.names.get() {
            Some(names) => names,
            None => self.make_names()?,
        };
        names.as_ref().map_err(|reason| SymbolError::Pdb {
            path: self.path().to_owned(),
            reason: format!("its symbol records cannot be read: {reason}"),
        })
    }

    /// What was stopped is not remembered: the next question reads again.
    fn make_names(&self) -> Result<&Result<NameIndex, String>, SymbolError> {
        let _making = self.making_names.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(made) = self.names.get() {
            return Ok(made);
        }
        let names = self.load_names();
        if names.is_err() && (self.stop)() {
            return Err(SymbolError::Io { path: self.path().to_owned(), action: "read", source: stopped() });
        }
        Ok(self.names.get_or_init(|| names))
    }

    fn load_names(&self) -> Result<NameIndex, String> {
        let stop = &*self.stop;
        // GUID and age say what a PDB claims to be; a forged one, or the private one beside the public, claims the same.
        let place = self.cache.as_ref().and_then(|folder| {
            let key = self.streams.input().hash(stop).ok()?;
            let [a, b, c, d, ..] = key;
            let tag = u32::from_be_bytes([a, b, c, d]);
            Some((folder.join(format!("{}-{tag:08x}.names", self.identity().key())), key))
        });
        let kept = place.as_ref().filter(|_| !self.renews_cache);
        if let Some(index) = kept.and_then(|(path, key)| NameIndex::load(path, key, stop)) {
            return Ok(index);
        }
        if stop() {
            return Err(stopped().to_string());
        }
        // What is remembered is read before.
        let _ = self.streams.address_map();
        let build = || publics::build(&self.streams, stop);
        let index = self.streams.input().stoppable(&self.stop, build).map_err(|e| e.to_string())?;
        let index = index.map_err(|Cancelled| stopped().to_string())?;
        if let Some((path, key)) = &place {
            // A cache that cannot be written costs time at the next start and nothing else.
            let _ = index.save(path, key, stop);
        }
        Ok(index)
    }
}
