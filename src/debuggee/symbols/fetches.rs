//! Files of modules that are fetched from servers, several at a time, while the debugger goes on.

use crate::search::Finder;
use crate::search::Search;
use crate::search::locate::{Wanted, locate_all};
use crate::search::observer::{Event, Observer};
use crate::symbols::module::FileId;
use crate::symbols::pdb::PdbFile;
use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How often one who waits looks whether he still should.
const POLL: Duration = Duration::from_millis(30);
/// Threads at most, whatever the limits say.
const MAX_WORKERS: usize = 16;

/// What is told of fetching.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// Something happened in a search; and how many modules are not settled.
    Search(Event, usize),
    /// A module's files are here, or could not be had.
    Settled {
        /// The module.
        module: String,
        /// How many modules are not settled.
        left: usize,
    },
}

/// Who is told. Called on the fetching threads.
pub type Listener = Arc<dyn Fn(News) + Send + Sync>;

/// A module whose files are wanted.
pub(super) struct Wish {
    /// The module's base, which tells modules apart.
    pub(super) base: u64,
    /// What is wanted.
    pub(super) wanted: Wanted,
    /// Where it is looked for.
    pub(super) finder: Arc<Finder>,
    /// Where the indexes of PDBs are kept.
    pub(super) index_cache: Option<PathBuf>,
}

/// The fetches of one session.
#[derive(Clone, Default)]
pub struct Fetches {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    queue: VecDeque<(Wish, Arc<AtomicBool>)>,
    modules: HashMap<u64, Progress>,
    workers: usize,
    listener: Option<Listener>,
    stopped: bool,
}

enum Progress {
    /// Waits or runs; the flag ends it.
    Pending(Arc<AtomicBool>),
    /// What was found.
    Settled(Vec<Search>),
}

impl State {
    fn left(&self) -> usize {
        self.modules.values().filter(|progress| matches!(progress, Progress::Pending(_))).count()
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing is left half done by a panic while the lock is held: entries are inserted whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, news: impl FnOnce(usize) -> News) {
        let (listener, left) = {
            let state = self.state();
            (state.listener.clone(), state.left())
        };
        if let Some(listener) = listener {
            listener(news(left));
        }
    }
}

impl Fetches {
    /// Sets who is told.
    pub fn set_listener(&self, listener: Listener) {
        self.shared.state().listener = Some(listener);
    }

    /// Tells those whom other fetches tell.
    pub fn share_listener(&self, of: &Fetches) {
        let listener = of.shared.state().listener.clone();
        self.shared.state().listener = listener;
    }

    /// How many modules are not settled.
    pub fn left(&self) -> usize {
        self.shared.state().left()
    }

    /// Ends every fetch, and begins none for those who do not wait until [`Fetches::resume`]; what was found stays.
    pub fn stop(&self) {
        let mut state = self.shared.state();
        state.stopped = true;
        drop_pending(&mut state);
        drop(state);
        self.shared.changed.notify_all();
    }

    /// Whether [`Fetches::stop`] was called and still holds.
    pub(super) fn is_stopped(&self) -> bool {
        self.shared.state().stopped
    }

    /// Takes [`Fetches::stop`] back.
    pub(super) fn resume(&self) {
        self.shared.state().stopped = false;
    }

    /// Ends the fetch for one module, or all of them, and forgets what was found.
    pub(super) fn forget(&self, base: Option<u64>) {
        let mut state = self.shared.state();
        match base {
            Some(base) => {
                if let Some(Progress::Pending(stop)) = state.modules.remove(&base) {
                    stop.store(true, Ordering::Relaxed);
                }
                state.queue.retain(|(request, _)| request.base != base);
            }
            None => {
                drop_pending(&mut state);
                state.modules.clear();
            }
        }
        drop(state);
        self.shared.changed.notify_all();
    }

    /// Whether a module's files are being fetched, or were.
    pub(super) fn knows(&self, base: u64) -> bool {
        self.shared.state().modules.contains_key(&base)
    }

    /// Whether a module's files are being fetched.
    pub(super) fn is_pending(&self, base: u64) -> bool {
        matches!(self.shared.state().modules.get(&base), Some(Progress::Pending(_)))
    }

    /// What was found of a file for a module; `None` if it was not searched for (yet).
    pub(super) fn found(&self, base: u64, id: &FileId) -> Option<Search> {
        match self.shared.state().modules.get(&base) {
            Some(Progress::Settled(searches)) => searches.iter().find(|search| search.id == *id).cloned(),
            _ => None,
        }
    }

    /// Begins to fetch a module's files, unless that was begun before.
    pub(super) fn begin(&self, request: Wish) {
        let mut state = self.shared.state();
        if state.modules.contains_key(&request.base) {
            return;
        }
        let stop = Arc::new(AtomicBool::new(false));
        state.modules.insert(request.base, Progress::Pending(stop.clone()));
        let most = request.finder.options().limits.parallel.clamp(1, MAX_WORKERS);
        let base = request.base;
        state.queue.push_back((request, stop));
        if state.workers >= most {
            return;
        }
        let shared = Arc::clone(&self.shared);
        let spawned = thread::Builder::new().name("symbols".to_owned()).spawn(move || work(&shared));
        match spawned {
            Ok(_) => state.workers += 1,
            // With other threads at work the request waits for one of them.
            Err(_) if state.workers > 0 => {}
            Err(_) => {
                state.queue.retain(|(request, _)| request.base != base);
                state.modules.insert(base, Progress::Settled(Vec::new()));
            }
        }
    }

    /// Waits until a module's files are settled, or are no longer fetched, or the observer cancels.
    pub(super) fn wait(&self, base: u64, observer: &dyn Observer) {
        let mut state = self.shared.state();
        while matches!(state.modules.get(&base), Some(Progress::Pending(_))) && !observer.is_cancelled() {
            let waited = self.shared.changed.wait_timeout(state, POLL);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

fn drop_pending(state: &mut State) {
    state.queue.clear();
    state.modules.retain(|_, progress| match progress {
        Progress::Pending(stop) => {
            stop.store(true, Ordering::Relaxed);
            false
        }
        Progress::Settled(_) => true,
    });
}

/// Takes requests until none is left.
fn work(shared: &Arc<Shared>) {
    loop {
        let next = {
            let mut state = shared.state();
            let next = state.queue.pop_front();
            if next.is_none() {
                state.workers = state.workers.saturating_sub(1);
            }
            next
        };
        let Some((request, stop)) = next else { return };
        let watch = Watch { shared, stop: &stop };
        // A defect in a reader must not leave others waiting for ever.
        let searches = catch_unwind(AssertUnwindSafe(|| fetch(&request, &watch))).unwrap_or_default();
        {
            let mut state = shared.state();
            if stop.load(Ordering::Relaxed) {
                continue;
            }
            state.modules.insert(request.base, Progress::Settled(searches));
        }
        shared.changed.notify_all();
        shared.tell(|left| News::Settled { module: request.wanted.module.clone(), left });
    }
}

fn fetch(request: &Wish, watch: &Watch<'_>) -> Vec<Search> {
    let images = request.wanted.image.is_some();
    let located = locate_all(&request.finder, std::slice::from_ref(&request.wanted), images, watch);
    let searches: Vec<Search> =
        located.into_iter().flat_map(|located| [located.image, located.pdb]).flatten().collect();
    for search in &searches {
        // A private PDB answers from its table of all names only: made here, nobody waits for it later. What is wrong
        // with the file is said when it is opened for use.
        if let (FileId::Pdb(_), Some(found)) = (&search.id, &search.found)
            && let Ok(pdb) = PdbFile::open(&found.path, request.index_cache.as_deref())
            && pdb.is_private()
        {
            let stop = Arc::clone(watch.stop);
            let _ = pdb.until(Arc::new(move || stop.load(Ordering::Relaxed))).name_index();
        }
    }
    searches
}

/// Watches the searches of one request.
struct Watch<'a> {
    shared: &'a Shared,
    stop: &'a Arc<AtomicBool>,
}

impl Observer for Watch<'_> {
    fn event(&self, event: Event) {
        if !self.is_cancelled() {
            self.shared.tell(|left| News::Search(event, left));
        }
    }

    fn is_cancelled(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}
