//! Names and types of the loaded modules, each module's loaded when something visible first needs them.

mod candidates;
mod exports;
mod fetches;
mod layout_check;
mod layout_correction;
mod load;
mod lookup;
mod module_symbols;
mod types;

pub use fetches::{Fetches, Listener, News};
pub use layout_check::{LayoutCheck, Outcome as CheckOutcome};
pub use lookup::NamedAddress;
pub(super) use lookup::named;
pub use module_symbols::{ModuleSymbols, SymbolStatus};
pub use types::FoundType;

use super::Module;
use super::modules::ModuleKey;
use crate::search::finder::{Finder, FinderOptions};
use crate::search::observer::{Observer, Silent};
use crate::search::path::SearchPath;
use crate::util::cancel::SharedStop;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Who watches, whoever else holds the lock.
fn watcher(observer: &Mutex<Arc<dyn Observer + Send + Sync>>) -> Arc<dyn Observer + Send + Sync> {
    Arc::clone(&observer.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Where symbols are looked for, and what has been loaded so far.
pub struct SymbolTable {
    state: Mutex<State>,
    fetches: Fetches,
    /// Who watches searches and reading now; what is open asks it too.
    observer: Arc<Mutex<Arc<dyn Observer + Send + Sync>>>,
}

struct State {
    finder: Arc<Finder>,
    loaded: HashMap<ModuleKey, Arc<ModuleSymbols>>,
    /// What is known while the rest is being fetched.
    preliminary: HashMap<ModuleKey, Arc<ModuleSymbols>>,
    /// Whether what has to be fetched is waited for.
    waiting: bool,
    /// Whether tables in the cache are made anew.
    renewing: bool,
    /// Grows whenever something is forgotten.
    generation: u64,
    /// Whether loads are told.
    noisy: bool,
    /// What is to be told.
    log: Vec<String>,
}

/// The most lines of the log that wait to be told.
const MAX_LOG: usize = 10_000;

impl Default for SymbolTable {
    fn default() -> SymbolTable {
        SymbolTable::new(SearchPath::default(), SearchPath::default(), FinderOptions::default())
    }
}

impl SymbolTable {
    /// A table that looks along these paths.
    pub fn new(symbols: SearchPath, images: SearchPath, options: FinderOptions) -> SymbolTable {
        let finder = Arc::new(Finder::new(symbols, images, options));
        let state = State {
            finder,
            loaded: HashMap::new(),
            preliminary: HashMap::new(),
            waiting: true,
            renewing: false,
            generation: 0,
            noisy: false,
            log: Vec::new(),
        };
        let observer: Arc<dyn Observer + Send + Sync> = Arc::new(Silent);
        let observer = Arc::new(Mutex::new(observer));
        SymbolTable { state: Mutex::new(state), fetches: Fetches::default(), observer }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere while the lock was held leaves nothing half done: entries are inserted whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where indexes of PDBs are kept.
    pub fn index_cache(&self) -> Option<PathBuf> {
        Some(self.state().finder.options().default_cache.join("index"))
    }

    /// What is being fetched.
    pub fn fetches(&self) -> &Fetches {
        &self.fetches
    }

    /// Whether what has to be fetched is waited for.
    pub fn is_waiting(&self) -> bool {
        self.state().waiting
    }

    /// Waits for what has to be fetched from now on, or goes on without: then addresses have no names until their
    /// modules are settled.
    pub fn set_waiting(&self, waiting: bool) {
        self.state().waiting = waiting;
    }

    /// The finder in use.
    pub fn finder(&self) -> Arc<Finder> {
        Arc::clone(&self.state().finder)
    }

    /// Who watches searches.
    pub fn observer(&self) -> Arc<dyn Observer + Send + Sync> {
        watcher(&self.observer)
    }

    /// Whether whoever watches wants reading to end: asked by what outlives a search.
    pub(super) fn stop(&self) -> SharedStop {
        let observer = Arc::clone(&self.observer);
        Arc::new(move || watcher(&observer).is_cancelled())
    }

    /// Sets who watches searches and can cancel them.
    pub fn set_observer(&self, observer: Arc<dyn Observer + Send + Sync>) {
        *self.observer.lock().unwrap_or_else(PoisonError::into_inner) = observer;
    }

    /// Looks along other paths from now on, or with other options; what was loaded is forgotten.
    pub fn set_finder(&self, finder: Finder) {
        let mut state = self.state();
        state.finder = Arc::new(finder);
        state.generation += 1;
        state.loaded.clear();
        state.preliminary.clear();
        self.fetches.resume();
        self.fetches.forget(None);
    }

    /// Whether a PDB of another identity is taken from now on; what was loaded stays.
    pub fn allow_mismatch(&self, allow: bool) {
        let mut state = self.state();
        if state.finder.options().allow_mismatch == allow {
            return;
        }
        state.finder = Arc::new(state.finder.allowing_mismatch(allow));
    }

    /// Whether what is loaded from now on has the tables in the user's cache made anew (`.reload /f`).
    pub fn renew_cache(&self, renew: bool) {
        self.state().renewing = renew;
    }

    pub(super) fn is_renewing_cache(&self) -> bool {
        self.state().renewing
    }

    /// Forgets what was loaded for one module, or for all, and may fetch again for those who do not wait.
    pub fn unload(&self, module: Option<&Module>) {
        self.fetches.resume();
        self.forget(module);
    }

    /// Forgets what was loaded for one module, or for all.
    pub(super) fn forget(&self, module: Option<&Module>) {
        let mut state = self.state();
        state.generation += 1;
        match module {
            Some(module) => {
                state.loaded.remove(&module.identity());
                state.preliminary.remove(&module.identity());
            }
            None => {
                state.loaded.clear();
                state.preliminary.clear();
            }
        }
        self.fetches.forget(module.map(|module| module.base));
    }

    /// What is known of a module while the rest is being fetched, for those who do not wait.
    fn preliminary(&self, module: &Module) -> Option<Arc<ModuleSymbols>> {
        let state = self.state();
        let known = state.preliminary.get(&module.identity()).filter(|_| !state.waiting)?;
        let settled = self.fetches.knows(module.base) && !self.fetches.is_pending(module.base);
        (!settled).then(|| Arc::clone(known))
    }

    fn insert_preliminary(&self, module: &Module, symbols: Arc<ModuleSymbols>) {
        self.state().preliminary.insert(module.identity(), symbols);
    }

    /// Grows whenever symbols are forgotten, so that what was shown of them is known to be out of date.
    pub fn generation(&self) -> u64 {
        self.state().generation
    }

    /// What has been loaded for a module; `None` while nothing needed it.
    pub fn loaded(&self, module: &Module) -> Option<Arc<ModuleSymbols>> {
        self.state().loaded.get(&module.identity()).cloned()
    }

    /// Takes what was loaded for a module.
    fn insert(&self, module: &Module, symbols: Arc<ModuleSymbols>) {
        let mut state = self.state();
        if state.noisy {
            let tried = symbols.notes.iter().map(|note| format!("SYMSRV:  {note}"));
            let file = symbols.file.as_ref().map(|file| format!("         {}", file.display()));
            let status = symbols.status.name();
            let taken = format!("DBGHELP: {} - {status}", module.name);
            let room = MAX_LOG.saturating_sub(state.log.len());
            let lines: Vec<String> = tried.chain([taken]).chain(file).take(room).collect();
            state.log.extend(lines);
        }
        state.loaded.insert(module.identity(), symbols);
        state.preliminary.remove(&module.identity());
    }

    /// What is known of a module now: what was loaded, or what there is while the rest is being fetched.
    pub fn at_hand(&self, module: &Module) -> Option<Arc<ModuleSymbols>> {
        let state = self.state();
        let key = module.identity();
        state.loaded.get(&key).or_else(|| state.preliminary.get(&key)).cloned()
    }

    /// Whether loads are told.
    pub fn is_noisy(&self) -> bool {
        self.state().noisy
    }

    /// Tells loads from now on, or no longer.
    pub fn set_noisy(&self, noisy: bool) {
        self.state().noisy = noisy;
    }

    /// Takes what is to be told of loads since the last time.
    pub fn take_log(&self) -> Vec<String> {
        std::mem::take(&mut self.state().log)
    }

    /// The status of a module's symbols as `lm` shows it.
    pub fn status(&self, module: &Module) -> SymbolStatus {
        self.loaded(module).map_or(SymbolStatus::Deferred, |symbols| symbols.status)
    }
}
