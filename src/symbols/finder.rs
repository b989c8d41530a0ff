//! Finding the file for a module: every place of the path in order, with a record of what was tried.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::cache::{self, Pending, StoreError};
use super::download::{Http, Limits};
use super::folders::Folders;
use super::identity::Identity;
use super::module::FileId;
use super::observer::{Event, Observer};
use super::path::{Element, SearchPath, Store};
use super::store::{self, Candidate};
use super::{cabinet, name, server, zip_store};

/// What came of trying one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The file is here.
    Found,
    /// It is not here; with a few words on what was looked for.
    NotFound(String),
    /// A file of this name is here, but is another version.
    Mismatch(String),
    /// The place or the file cannot be used.
    Failed(String),
    /// The place was not tried.
    Skipped(String),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Found => f.write_str("found"),
            Outcome::NotFound(detail) => write!(f, "not found ({detail})"),
            Outcome::Mismatch(detail) => write!(f, "mismatch: {detail}"),
            Outcome::Failed(reason) | Outcome::Skipped(reason) => f.write_str(reason),
        }
    }
}

/// One place that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Path or address, without logins.
    pub place: String,
    /// What came of it.
    pub outcome: Outcome,
}

/// A file that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The local file.
    pub path: PathBuf,
    /// Where it came from, if it was fetched or expanded into the cache just now.
    pub origin: Option<String>,
    /// What is wrong with it, where mismatches are allowed and this is one.
    pub mismatch: Option<String>,
}

/// The result of a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// What was wanted.
    pub id: FileId,
    /// The file, if any.
    pub found: Option<Found>,
    /// Every place that was tried, in order.
    pub attempts: Vec<Attempt>,
    /// True if the user cancelled, so that places were left out.
    pub cancelled: bool,
}

/// How searches are made.
#[derive(Debug, Clone)]
pub struct Options {
    /// The user's cache: what `cache*` and `srv*` mean, and where downloads go that have no other place.
    pub default_cache: PathBuf,
    /// False keeps all searches local.
    pub network: bool,
    /// Takes a loose file of another version if there is no right one, and says so.
    pub allow_mismatch: bool,
    /// Limits of downloads and expanded files.
    pub limits: Limits,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            default_cache: default_cache(),
            network: true,
            allow_mismatch: false,
            limits: Limits::default(),
        }
    }
}

/// `symbols` in the user's cache directory.
pub fn default_cache() -> PathBuf {
    match directories::ProjectDirs::from("", "", "dumpscope") {
        Some(dirs) => dirs.cache_dir().join("symbols"),
        None => std::env::temp_dir().join("dumpscope-symbols"),
    }
}

/// Finds PDBs along the symbol path and images along the image path and then the symbol path.
#[derive(Debug)]
pub struct Finder {
    symbols: SearchPath,
    images: SearchPath,
    options: Options,
    http: Arc<Http>,
    folders: Folders,
}

impl Finder {
    /// A finder for these paths.
    pub fn new(symbols: SearchPath, images: SearchPath, options: Options) -> Finder {
        let http = Arc::new(Http::new(options.limits.clone()));
        Finder { symbols, images, options, http, folders: Folders::default() }
    }

    /// The symbol path.
    pub fn symbol_path(&self) -> &SearchPath {
        &self.symbols
    }

    /// The image path.
    pub fn image_path(&self) -> &SearchPath {
        &self.images
    }

    /// The options.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// The HTTP client, with its warnings and its memory of failures.
    pub fn http(&self) -> &Arc<Http> {
        &self.http
    }

    /// Changes the symbol path; what failed before may be asked again.
    pub fn set_symbol_path(&mut self, path: SearchPath) {
        self.symbols = path;
        self.http.forget();
    }

    /// Changes the image path.
    pub fn set_image_path(&mut self, path: SearchPath) {
        self.images = path;
        self.http.forget();
    }

    /// Allows or forbids loose files of another version (`.symopt`, `.reload /i`).
    pub fn set_allow_mismatch(&mut self, allow: bool) {
        self.options.allow_mismatch = allow;
    }

    /// Searches for one file. Blocks until it is found, every place was tried, or the observer cancels.
    pub fn find(&self, id: &FileId, observer: &dyn Observer) -> Search {
        let mut run = Run {
            finder: self,
            id,
            observer,
            attempts: Vec::new(),
            second_best: None,
            cache: self.options.default_cache.clone(),
        };
        let found = match name::check(id.name()) {
            Ok(()) => run.search(),
            Err(error) => {
                run.note(id.name(), Outcome::Failed(format!("not searched: {error}")));
                None
            }
        };
        let found = found.or(run.second_best);
        let cancelled = found.is_none() && observer.is_cancelled();
        Search { id: id.clone(), found, attempts: run.attempts, cancelled }
    }

    /// All PDBs of this file name that are here, whatever their version: loose ones and those of local stores on the
    /// symbol path, caches included. For modules whose debug record the dump lacks, where the caller has another way
    /// to tell the right one. Asks no server and looks into no archive.
    pub fn local_pdbs(&self, file_name: &str) -> Vec<(PathBuf, Identity)> {
        let mut paths = Vec::new();
        if name::check(file_name).is_err() {
            return Vec::new();
        }
        for element in self.symbols.elements() {
            let default = &self.options.default_cache;
            match element {
                Element::Folder(dir) => store::all_versions(&self.folders, dir, file_name, true, &mut paths),
                Element::Cache(dir) => {
                    store::all_versions(
                        &self.folders,
                        dir.as_ref().unwrap_or(default),
                        file_name,
                        false,
                        &mut paths,
                    );
                }
                Element::Server(stores) => {
                    for store in stores {
                        match store {
                            Store::Folder(dir) => {
                                store::all_versions(&self.folders, dir, file_name, false, &mut paths)
                            }
                            Store::Default => {
                                store::all_versions(&self.folders, default, file_name, false, &mut paths)
                            }
                            Store::Http(_) => {}
                        }
                    }
                }
                Element::Isf(_) => {}
            }
        }
        let identified = paths.into_iter().filter_map(|path| Some((Identity::of_file(&path).ok()?, path)));
        let pdbs = identified.filter(|(identity, _)| matches!(identity, Identity::Pdb { .. }));
        pdbs.map(|(identity, path)| (path, identity)).collect()
    }

    /// Searches for many files, several at a time. Results are in the order of `ids`.
    pub fn find_all(&self, ids: &[FileId], observer: &dyn Observer) -> Vec<Search> {
        let next = AtomicUsize::new(0);
        let workers = self.options.limits.parallel.clamp(1, 16).min(ids.len());
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
        results.sort_by_key(|(index, _)| *index);
        results.into_iter().map(|(_, search)| search).collect()
    }
}

/// One search in progress.
struct Run<'a> {
    finder: &'a Finder,
    id: &'a FileId,
    observer: &'a dyn Observer,
    attempts: Vec<Attempt>,
    second_best: Option<Found>,
    /// Where downloads go: the last `cache*` on the way, or the default.
    cache: PathBuf,
}

impl Run<'_> {
    fn note(&mut self, place: impl fmt::Display, outcome: Outcome) {
        let place = place.to_string();
        let (name, outcome_text) = (self.id.name().to_owned(), outcome.to_string());
        self.observer.event(Event::Tried { name, place: place.clone(), outcome: outcome_text });
        self.attempts.push(Attempt { place, outcome });
    }

    fn search(&mut self) -> Option<Found> {
        let images = match self.id {
            FileId::Image(_) => self.finder.images.elements(),
            FileId::Pdb(_) => &[],
        };
        for element in images.iter().chain(self.finder.symbols.elements()) {
            if self.observer.is_cancelled() {
                return None;
            }
            let found = match element {
                Element::Folder(dir) => self.folder(dir, true),
                Element::Cache(dir) => {
                    self.cache = dir.clone().unwrap_or_else(|| self.finder.options.default_cache.clone());
                    let cache = self.cache.clone();
                    self.folder(&cache, false)
                }
                Element::Server(stores) => self.chain(stores),
                Element::Isf(_) => None,
            };
            if found.is_some() {
                return found;
            }
        }
        None
    }

    fn folder(&mut self, dir: &Path, loose: bool) -> Option<Found> {
        if zip_store::is_zip(dir) {
            return self.zip(dir);
        }
        if !dir.is_dir() {
            // A cache that was never used does not exist yet, which is no mistake of the user.
            let outcome = match loose {
                true => Outcome::Failed("no such folder".to_owned()),
                false => Outcome::NotFound("the store is empty".to_owned()),
            };
            self.note(dir.display(), outcome);
            return None;
        }
        let mut candidates =
            if loose { store::loose(&self.finder.folders, dir, self.id) } else { Vec::new() };
        candidates.extend(store::in_store(&self.finder.folders, dir, self.id));
        if candidates.is_empty() {
            let key = format!("{}/{}", self.id.name(), self.id.key());
            let looked = match loose {
                true => format!("no {}, no {key}", self.id.name()),
                false => format!("no {key}"),
            };
            self.note(dir.display(), Outcome::NotFound(looked));
            return None;
        }
        candidates.into_iter().find_map(|candidate| self.candidate(candidate))
    }

    fn candidate(&mut self, candidate: Candidate) -> Option<Found> {
        match candidate {
            Candidate::File(path) => match cache::verified(&path, self.id) {
                Ok(()) => {
                    self.note(path.display(), Outcome::Found);
                    Some(Found { path, origin: None, mismatch: None })
                }
                Err(StoreError::Mismatch(mismatch)) => {
                    self.note(path.display(), Outcome::Mismatch(mismatch.to_string()));
                    self.keep_second_best(path, mismatch.to_string());
                    None
                }
                Err(error) => {
                    self.note(path.display(), Outcome::Failed(error.to_string()));
                    None
                }
            },
            Candidate::Compressed(path) => {
                if let Some(found) = self.cached(&self.cache.clone()) {
                    return Some(found);
                }
                let expanded = self.expand(&path);
                self.entered(path.display().to_string(), expanded)
            }
            Candidate::Message { pointer, text } => {
                self.note(pointer.display(), Outcome::Failed(format!("the store says: {text}")));
                None
            }
        }
    }

    fn keep_second_best(&mut self, path: PathBuf, mismatch: String) {
        let same_kind = matches!(
            (Identity::of_file(&path), self.id),
            (Ok(Identity::Pdb { .. }), FileId::Pdb(_)) | (Ok(Identity::Image { .. }), FileId::Image(_))
        );
        if self.finder.options.allow_mismatch && same_kind && self.second_best.is_none() {
            self.second_best = Some(Found { path, origin: None, mismatch: Some(mismatch) });
        }
    }

    fn expand(&self, packed: &Path) -> Result<PathBuf, StoreError> {
        let limits = &self.finder.options.limits;
        let cancelled = || self.observer.is_cancelled();
        let io = |source| StoreError::Io { place: packed.to_owned(), source };
        let mut pending = match Pending::begin(&self.cache, self.id, limits.total, &cancelled)? {
            Ok(pending) => pending,
            Err(path) => return Ok(path),
        };
        let file = std::fs::File::open(packed).map_err(io)?;
        cabinet::expand(file, pending.file(), limits.size).map_err(|error| {
            StoreError::Content(super::identity::IdentityError::Damaged(error.to_string()))
        })?;
        pending.commit()
    }

    /// Notes what came of putting the file from `place` into the cache.
    fn entered(&mut self, place: String, result: Result<PathBuf, StoreError>) -> Option<Found> {
        match result {
            Ok(path) => {
                self.note(&place, Outcome::Found);
                Some(Found { path, origin: Some(place), mismatch: None })
            }
            Err(StoreError::Mismatch(mismatch)) => {
                self.note(place, Outcome::Mismatch(mismatch.to_string()));
                None
            }
            Err(error) => {
                self.note(place, Outcome::Failed(error.to_string()));
                None
            }
        }
    }

    /// The file in a cache, where an earlier run may have put it.
    fn cached(&mut self, cache: &Path) -> Option<Found> {
        let candidates = store::in_store(&self.finder.folders, cache, self.id);
        let path = candidates.into_iter().find_map(|candidate| match candidate {
            Candidate::File(path) => cache::verified(&path, self.id).is_ok().then_some(path),
            _ => None,
        })?;
        self.note(path.display(), Outcome::Found);
        Some(Found { path, origin: None, mismatch: None })
    }

    fn zip(&mut self, archive: &Path) -> Option<Found> {
        if let Some(found) = self.cached(&self.cache.clone()) {
            return Some(found);
        }
        let limit = self.finder.options.limits.size;
        let observer = self.observer;
        let result = zip_store::find(archive, self.id, &self.cache, limit, &|| observer.is_cancelled());
        let place = archive.display().to_string();
        match result {
            Ok(Some(path)) => self.entered(place, Ok(path)),
            Ok(None) => {
                let key = format!("no {}/{} in the archive", self.id.name(), self.id.key());
                self.note(place, Outcome::NotFound(key));
                None
            }
            Err(zip_store::ZipError::Store(error)) => self.entered(place, Err(error)),
            Err(error) => {
                self.note(place, Outcome::Failed(error.to_string()));
                None
            }
        }
    }

    /// `srv*A*B*C`: looks in each store in turn; what a later one has is copied to the first.
    fn chain(&mut self, stores: &[Store]) -> Option<Found> {
        let default = &self.finder.options.default_cache;
        let first = match stores.first() {
            Some(Store::Folder(dir)) => Some(dir.clone()),
            Some(Store::Default) => Some(default.clone()),
            _ => None,
        };
        let is_chain = stores.len() > 1;
        for (index, store) in stores.iter().enumerate() {
            if self.observer.is_cancelled() {
                return None;
            }
            let found = match store {
                Store::Folder(dir) => self.folder(dir, false),
                Store::Default => self.folder(default, false),
                Store::Http(url) => {
                    let cache = first.clone().unwrap_or_else(|| self.cache.clone());
                    return self.server(url, &cache);
                }
            };
            let Some(found) = found else { continue };
            return match &first {
                Some(first) if is_chain && index > 0 && found.origin.is_none() => {
                    Some(self.copy(found, first))
                }
                _ => Some(found),
            };
        }
        None
    }

    /// Copies a found file to the first store of its chain; if that fails the file is used where it is.
    fn copy(&mut self, found: Found, to: &Path) -> Found {
        let limit = self.finder.options.limits.size;
        let observer = self.observer;
        let copied = std::fs::File::open(&found.path)
            .map_err(|source| StoreError::Io { place: found.path.clone(), source })
            .and_then(|mut file| cache::insert(to, self.id, &mut file, limit, &|| observer.is_cancelled()));
        match copied {
            Ok(path) => Found { origin: Some(found.path.display().to_string()), path, mismatch: None },
            Err(error) => {
                self.note(to.display(), Outcome::Failed(format!("not copied here: {error}")));
                found
            }
        }
    }

    fn server(&mut self, url: &str, cache: &Path) -> Option<Found> {
        // With no cache before it, the server's store was not yet looked at.
        if let Some(found) = self.cached(cache) {
            return Some(found);
        }
        if !self.finder.options.network {
            let place = super::download::without_login(url);
            self.note(place, Outcome::Skipped("not asked: use of the network is off".to_owned()));
            return None;
        }
        let asked = server::fetch(&self.finder.http, url, self.id, cache, self.observer);
        let mut found = None;
        for (place, result) in asked {
            match result {
                Ok(path) => {
                    self.note(&place, Outcome::Found);
                    found = Some(Found { path, origin: Some(place), mismatch: None });
                }
                Err(outcome) => self.note(place, outcome),
            }
        }
        found
    }
}
