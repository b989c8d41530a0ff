//! What a symbol server is asked for one file: the forms and layouts in which it may have it.

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::Sender;

use super::address::{escape, without_login};
use super::destination::Destination;
use super::download::{FetchError, Http};
use super::pointer::{NotFollowed, Pointer, Trusted};
use crate::search::Outcome;
use crate::search::cabinet;
use crate::search::cache::{Pending, StoreError};
use crate::symbols::module::FileId;
use crate::symbols::name;
use crate::util::cancel::Stoppable;

/// How long past its time limit a download may take to notice, before it is left to itself.
pub(super) const GRACE: Duration = Duration::from_secs(2);
/// The shortest time between two progress events.
const PROGRESS: Duration = Duration::from_millis(100);

/// The longest `file.ptr` and `index2.txt`.
const MAX_TEXT: u64 = 4096;

/// What came of each address asked: the file in the cache, or why not.
pub(super) type Asked = Vec<(String, Result<PathBuf, Outcome>)>;

/// The forms of a file on a server, in the order in which they are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Plain,
    Compressed,
    Pointer,
}

/// What an address gave.
enum Got {
    /// The file, and where it came from if that is another place.
    File(Option<String>),
    /// Nothing, and why.
    Nothing(String),
}

/// What the working thread reports.
pub(super) enum Message {
    Started(String),
    Progress(u64, Option<u64>),
    Done(Asked),
}

/// One file asked of one server.
pub(super) struct Inquiry {
    pub(super) http: Arc<Http>,
    pub(super) base: String,
    pub(super) id: FileId,
    pub(super) cache: PathBuf,
    pub(super) abandon: Arc<AtomicBool>,
    /// What its `file.ptr` may point to.
    pub(super) trusted: Trusted,
    pub(super) sender: Sender<Message>,
}

impl Inquiry {
    /// Asks, and reports.
    pub(super) fn run(self) {
        let asked = self.ask();
        // The receiver is gone if the search was cancelled.
        let _ = self
            .sender
            .try_send(Message::Done(asked))
            .or_else(|error| self.sender.send_timeout(error.into_inner(), GRACE));
    }

    fn ask(&self) -> Asked {
        let shown = without_login(&self.base);
        let cancelled = || self.is_abandoned();
        let patience = self.http.limits().total;
        let pending = match Pending::begin(&self.cache, &self.id, patience, &cancelled) {
            Ok(Ok(pending)) => pending,
            // Another program has fetched it in the meantime.
            Ok(Err(path)) => return vec![(path.display().to_string(), Ok(path))],
            Err(error) => return vec![(shown, Err(Outcome::Failed(error.to_string())))],
        };
        let started = Instant::now();
        let mut asked = Asked::new();
        let mut missing: Vec<String> = Vec::new();
        let mut pending = Some(pending);
        let two_tier = match self.is_two_tier() {
            Ok(two_tier) => two_tier,
            Err(error) => return vec![(shown, Err(Outcome::Failed(error.to_string())))],
        };
        for (form, url) in self.addresses(two_tier) {
            // Other addresses share the time of one file.
            if cancelled() || started.elapsed() > patience {
                break;
            }
            let place = without_login(&url);
            if let Some((reason, host)) = self.http.remembered(&url) {
                match host {
                    true => {
                        asked.push((place, Err(Outcome::Skipped(reason))));
                        break;
                    }
                    false => missing.push(format!("{}: {reason}", file_of(&url))),
                }
                continue;
            }
            let Some(current) = pending.as_mut() else { break };
            match self.get(&url, form, current) {
                Ok(Got::File(from)) => {
                    let Some(done) = pending.take() else { break };
                    let result = match done.commit() {
                        Ok(path) => Ok(path),
                        Err(StoreError::Mismatch(error)) => Err(Outcome::Mismatch(error.to_string())),
                        Err(error) => Err(Outcome::Failed(error.to_string())),
                    };
                    if let Err(outcome) = &result {
                        self.http.remember(&url, &FetchError::Answer(outcome.to_string()));
                    }
                    asked.push((from.unwrap_or(place), result));
                    // The server has the file; if it is wrong, its other forms would be no better.
                    return asked;
                }
                Ok(Got::Nothing(why)) => asked.push((place, Err(Outcome::Failed(why)))),
                Err(FetchError::Missing(status)) => missing.push(format!("{}: {status}", file_of(&url))),
                Err(error) => {
                    asked.push((place, Err(Outcome::Failed(error.to_string()))));
                    if matches!(error, FetchError::Host(_) | FetchError::Cancelled | FetchError::Local(_)) {
                        break;
                    }
                }
            }
        }
        if !missing.is_empty() {
            let place = without_login(&self.address(None, self.id.name(), self.id.name()));
            asked.insert(0, (place, Err(Outcome::NotFound(missing.join(", ")))));
        }
        asked
    }

    /// Fetches one form into `pending`.
    fn get(&self, url: &str, form: Form, pending: &mut Pending) -> Result<Got, FetchError> {
        match form {
            Form::Plain => self.download(url, pending.file())?,
            Form::Compressed => self.download_packed(url, pending)?,
            Form::Pointer => {
                let text = self.http.get_text(url, MAX_TEXT, &self.abandon)?;
                return Ok(self.follow(&Pointer::parse(&text), pending));
            }
        }
        Ok(Got::File(None))
    }

    fn download(&self, url: &str, out: &mut dyn Destination) -> Result<(), FetchError> {
        let shown = without_login(url);
        let mut started = false;
        let mut last = Instant::now();
        let mut progress = |done: u64, total: Option<u64>| {
            if !started {
                started = true;
                let _ = self.sender.try_send(Message::Started(shown.clone()));
            }
            // Progress that the receiver has no room for is dropped.
            if last.elapsed() >= PROGRESS {
                last = Instant::now();
                let _ = self.sender.try_send(Message::Progress(done, total));
            }
        };
        self.http.get(url, out, &self.abandon, &mut progress).map(|_| ())
    }

    fn download_packed(&self, url: &str, pending: &mut Pending) -> Result<(), FetchError> {
        let mut packed = pending.scratch()?;
        self.download(url, &mut packed)?;
        self.expand(packed.into_inner(), pending)
    }

    fn expand(&self, packed: File, pending: &mut Pending) -> Result<(), FetchError> {
        let out = pending.file();
        out.go_on_after(0)?;
        let cancelled = || self.is_abandoned();
        cabinet::expand(packed, &mut Stoppable::new(out, &cancelled), self.http.limits().size)
            .map(|_| ())
            .map_err(|error| match error.kind() {
                io::ErrorKind::StorageFull => FetchError::Local(error),
                _ => FetchError::Answer(format!("cannot expand: {error}")),
            })
    }

    /// Gets what a pointer of the server leads to, if it may lead there.
    fn follow(&self, pointer: &Pointer, pending: &mut Pending) -> Got {
        let (place, result) = match pointer {
            Pointer::Message(text) => return Got::Nothing(format!("the server says: {text}")),
            Pointer::Url(url) => {
                let fetched = self.trusted.check_url(url, &self.base).and_then(|()| {
                    match pointer.is_compressed() {
                        true => self.download_packed(url, pending),
                        false => self.download(url, pending.file()),
                    }
                    .map_err(|error| NotFollowed::Failed(error.to_string()))
                });
                (without_login(url), fetched)
            }
            Pointer::Path(path) => (path.clone(), self.copy(path, pointer.is_compressed(), pending)),
        };
        match result {
            Ok(()) => Got::File(Some(place)),
            Err(why) => Got::Nothing(format!("its file.ptr leads to `{place}`, which is not used: {why}")),
        }
    }

    fn copy(&self, path: &str, compressed: bool, pending: &mut Pending) -> Result<(), NotFollowed> {
        let mut file = self.trusted.open(path)?;
        if compressed {
            return self.expand(file, pending).map_err(|error| NotFollowed::Failed(error.to_string()));
        }
        let out = pending.file();
        out.go_on_after(0).map_err(|error| NotFollowed::Failed(error.to_string()))?;
        let cancelled = || self.is_abandoned();
        let mut out = Stoppable::new(out, &cancelled);
        cabinet::copy_limited(&mut file, &mut out, self.http.limits().size)
            .map(|_| ())
            .map_err(|error| NotFollowed::Failed(error.to_string()))
    }

    fn is_abandoned(&self) -> bool {
        self.abandon.load(Ordering::Relaxed)
    }

    fn addresses(&self, two_tier: bool) -> Vec<(Form, String)> {
        let name = self.id.name();
        let mut names = vec![name.to_owned()];
        let lower = name.to_lowercase();
        // Microsoft's own server does not tell case apart.
        if lower != name && !self.is_microsoft() {
            names.push(lower);
        }
        let prefix: String = name.chars().take(2).collect();
        let mut tiers = vec![None];
        if two_tier {
            tiers.insert(0, Some(prefix.to_lowercase()));
        }
        let mut addresses = Vec::new();
        for tier in &tiers {
            for name in &names {
                let tier = tier.as_deref();
                addresses.push((Form::Plain, self.address(tier, name, name)));
                if let Some(compressed) = name::compressed(name) {
                    addresses.push((Form::Compressed, self.address(tier, name, &compressed)));
                }
                addresses.push((Form::Pointer, self.address(tier, name, "file.ptr")));
            }
        }
        addresses
    }

    fn is_microsoft(&self) -> bool {
        self.base.eq_ignore_ascii_case(crate::search::path::MICROSOFT)
    }

    fn address(&self, tier: Option<&str>, name: &str, file: &str) -> String {
        let tier = tier.map(|tier| format!("{}/", escape(tier))).unwrap_or_default();
        format!("{}/{tier}{}/{}/{}", self.base, escape(name), escape(&self.id.key()), escape(file))
    }

    /// Whether the server's store has two tiers, as `index2.txt` tells; asked once a server. Microsoft's own has one.
    /// An error means that the server is out of order.
    fn is_two_tier(&self) -> Result<bool, FetchError> {
        if self.is_microsoft() {
            return Ok(false);
        }
        self.http.once_for(&self.base, || {
            match self.http.get_text(&format!("{}/index2.txt", self.base), MAX_TEXT, &self.abandon) {
                Ok(_) => Ok(true),
                Err(FetchError::Missing(_) | FetchError::Answer(_)) => Ok(false),
                Err(error) => Err(error),
            }
        })
    }
}

fn file_of(url: &str) -> &str {
    url.rsplit('/').next().unwrap_or(url)
}
