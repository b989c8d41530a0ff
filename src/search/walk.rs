//! One search for one file: the elements of a path in order, each with a note of what came of it.

use std::fmt;
use std::path::{Path, PathBuf};

use super::cabinet;
use super::cache::{self, Pending, StoreError};
use super::finder::Finder;
use super::identity::{Identity, IdentityError};
use super::observer::{Event, Observer};
use super::outcome::{Attempt, Found, Outcome, Search};
use super::path::{Element, Store};
use super::server::address::without_login;
use super::server::ask;
use super::store::{self, Candidate};
use super::zip_store;
use crate::symbols::module::FileId;
use crate::symbols::name;
use crate::util::cancel::Stoppable;

/// How far a search goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Through the whole path.
    Everything,
    /// Up to the first server that would be asked: what stands behind it in the path must not come before it.
    BeforeServers,
}

/// One search in progress.
struct Walk<'a> {
    finder: &'a Finder,
    id: &'a FileId,
    observer: &'a dyn Observer,
    reach: Reach,
    attempts: Vec<Attempt>,
    second_best: Option<Found>,
    /// Where downloads go: the last `cache*` on the way, or the default.
    cache: PathBuf,
    /// Whether the search ended before a server.
    stopped: bool,
}

/// Searches for one file, and says whether the search ended before a server.
pub(super) fn search(finder: &Finder, id: &FileId, reach: Reach, observer: &dyn Observer) -> (Search, bool) {
    let mut walk = Walk {
        finder,
        id,
        observer,
        reach,
        attempts: Vec::new(),
        second_best: None,
        cache: finder.options().default_cache.clone(),
        stopped: false,
    };
    let found = match name::check(id.name()) {
        Ok(()) => walk.along_the_path(),
        Err(error) => {
            walk.note(id.name(), Outcome::Failed(format!("not searched: {error}")));
            None
        }
    };
    let found = found.or(walk.second_best);
    let cancelled = found.is_none() && observer.is_cancelled();
    (Search { id: id.clone(), found, attempts: walk.attempts, cancelled }, walk.stopped)
}

impl Walk<'_> {
    fn note(&mut self, place: impl fmt::Display, outcome: Outcome) {
        let place = place.to_string();
        let (name, outcome_text) = (self.id.name().to_owned(), outcome.to_string());
        self.observer.event(Event::Tried { name, place: place.clone(), outcome: outcome_text });
        self.attempts.push(Attempt { place, outcome });
    }

    fn along_the_path(&mut self) -> Option<Found> {
        let (beside, images) = match self.id {
            FileId::Image(_) => (None, self.finder.image_path().elements()),
            FileId::Pdb(_) => (self.finder.options().beside.as_deref(), [].as_slice()),
        };
        if let Some(found) = beside.and_then(|folder| self.folder(folder, true)) {
            return Some(found);
        }
        for element in images.iter().chain(self.finder.symbol_path().elements()) {
            if self.stopped || self.observer.is_cancelled() {
                return None;
            }
            let found = match element {
                Element::Folder(dir) => self.folder(dir, true),
                Element::Cache(dir) => {
                    self.cache = dir.clone().unwrap_or_else(|| self.finder.options().default_cache.clone());
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
            if loose { store::loose(self.finder.folders(), dir, self.id) } else { Vec::new() };
        candidates.extend(store::in_store(self.finder.folders(), dir, self.id));
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
                let store = match self.cached_or_store(&self.cache.clone(), true) {
                    Ok(found) => return Some(found),
                    Err(store) => store,
                };
                let expanded = self.expand(&path, &store);
                self.entered(path.display().to_string(), expanded)
            }
            Candidate::Message { pointer, text } => {
                self.note(pointer.display(), Outcome::Failed(text));
                None
            }
        }
    }

    fn keep_second_best(&mut self, path: PathBuf, mismatch: String) {
        let same_kind = matches!(
            (Identity::of_file(&path), self.id),
            (Ok(Identity::Pdb { .. }), FileId::Pdb(_)) | (Ok(Identity::Image { .. }), FileId::Image(_))
        );
        if self.finder.options().allow_mismatch && same_kind && self.second_best.is_none() {
            self.second_best = Some(Found { path, origin: None, mismatch: Some(mismatch) });
        }
    }

    fn expand(&self, packed: &Path, store: &Path) -> Result<PathBuf, StoreError> {
        let limits = &self.finder.options().limits;
        let cancelled = || self.observer.is_cancelled();
        let io = |source| StoreError::Io { place: packed.to_owned(), source };
        let mut pending = match Pending::begin(store, self.id, limits.total, &cancelled)? {
            Ok(pending) => pending,
            Err(path) => return Ok(path),
        };
        let file = crate::util::files::open_plain(packed).map_err(io)?;
        cabinet::expand(file, &mut Stoppable::new(pending.file(), &cancelled), limits.size)
            .map_err(|error| StoreError::Content(IdentityError::Damaged(error.to_string())))?;
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
        let candidates = store::in_store(self.finder.folders(), cache, self.id);
        let path = candidates.into_iter().find_map(|candidate| match candidate {
            Candidate::File(path) => cache::verified(&path, self.id).is_ok().then_some(path),
            _ => None,
        })?;
        self.note(path.display(), Outcome::Found);
        Some(Found { path, origin: None, mismatch: None })
    }

    /// The file where an earlier run has put it, or the store to put it into: `wanted`, or the user's cache if that
    /// cannot be written to.
    fn cached_or_store(&mut self, wanted: &Path, make: bool) -> Result<Found, PathBuf> {
        if let Some(found) = self.cached(wanted) {
            return Ok(found);
        }
        let own = self.finder.options().default_cache.clone();
        if wanted == own {
            return Err(own);
        }
        let Err(error) = cache::writable(wanted, make) else {
            return Err(wanted.to_owned());
        };
        if make {
            let text = format!("cannot be written to ({error}); {} is used", own.display());
            self.note(wanted.display(), Outcome::Failed(text));
        }
        self.cached(&own).ok_or(own)
    }

    fn zip(&mut self, archive: &Path) -> Option<Found> {
        let store = match self.cached_or_store(&self.cache.clone(), true) {
            Ok(found) => return Some(found),
            Err(store) => store,
        };
        let limit = self.finder.options().limits.size;
        let observer = self.observer;
        let result = zip_store::find(archive, self.id, &store, limit, &|| observer.is_cancelled());
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
        let default = &self.finder.options().default_cache;
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
        let limit = self.finder.options().limits.size;
        let observer = self.observer;
        let copied = crate::util::files::open_plain(&found.path)
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
        let asks = self.finder.options().network && self.reach == Reach::Everything;
        let store = match self.cached_or_store(cache, asks) {
            Ok(found) => return Some(found),
            Err(store) => store,
        };
        if !self.finder.options().network {
            let place = without_login(url);
            self.note(place, Outcome::Skipped("not asked: use of the network is off".to_owned()));
            return None;
        }
        if self.reach == Reach::BeforeServers {
            self.stopped = true;
            return None;
        }
        let asked =
            ask::fetch(self.finder.http(), url, self.id, &store, self.finder.trusted(), self.observer);
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
