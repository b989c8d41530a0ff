//! Asking one symbol server for one file, in the forms and layouts in which it may have it.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{RecvTimeoutError, Sender, bounded};

use super::address::{escape, host_of, without_login};
use super::cabinet;
use super::cache::{Pending, StoreError};
use super::download::{FetchError, Http};
use super::module::FileId;
use super::name;
use super::observer::{Event, Observer};
use super::search::Outcome;

/// How often a waiting search looks whether the user has cancelled.
const POLL: Duration = Duration::from_millis(40);
/// How long past its time limit a download may take to notice, before it is left to itself.
const GRACE: Duration = Duration::from_secs(2);
/// The shortest time between two progress events.
const PROGRESS: Duration = Duration::from_millis(100);

/// What came of each address asked: the file in the cache, or why not.
pub(crate) type Asked = Vec<(String, Result<PathBuf, Outcome>)>;

/// The forms of a file on a server, in the order in which they are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Plain,
    Compressed,
    Pointer,
}

/// What the working thread reports.
enum Message {
    Started(String),
    Progress(u64, Option<u64>),
    Done(Asked),
}

/// Asks the server at `base` for `id` and puts it into the store at `cache`. The work is done by a thread of its own,
/// so that cancelling does not wait for the network.
pub(crate) fn fetch(
    http: &Arc<Http>,
    base: &str,
    id: &FileId,
    cache: &Path,
    observer: &dyn Observer,
) -> Asked {
    let shown = without_login(base);
    if let Some((reason, true)) = http.remembered(base) {
        return vec![(shown, Err(Outcome::Skipped(reason)))];
    }
    let abandon = Arc::new(AtomicBool::new(false));
    let (sender, receiver) = bounded(64);
    let worker = Worker {
        http: http.clone(),
        base: base.to_owned(),
        id: id.clone(),
        cache: cache.to_owned(),
        abandon: abandon.clone(),
        sender,
    };
    let spawned = std::thread::Builder::new().name("symbol download".to_owned()).spawn(move || worker.run());
    if let Err(error) = spawned {
        return vec![(shown, Err(Outcome::Failed(format!("cannot start a thread: {error}"))))];
    }
    let name = id.name().to_owned();
    observer.event(Event::Asked { name: name.clone(), server: host_of(&shown).to_owned() });
    // One file may take a few requests (forms), each with its own time limit; the sum is bounded here.
    let deadline = Instant::now() + http.limits().total + GRACE;
    let mut started = false;
    loop {
        match receiver.recv_timeout(POLL) {
            Ok(Message::Started(url)) => {
                started = true;
                observer.event(Event::Started { name: name.clone(), url });
            }
            Ok(Message::Progress(done, total)) => {
                observer.event(Event::Progress { name: name.clone(), done, total });
            }
            Ok(Message::Done(asked)) => {
                report(&asked, started, name, observer);
                return asked;
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                return vec![(shown, Err(Outcome::Failed("the download ended unexpectedly".to_owned())))];
            }
        }
        if observer.is_cancelled() {
            abandon.store(true, Ordering::Relaxed);
            observer.event(Event::Cancelled { name });
            return vec![(shown, Err(Outcome::Skipped("cancelled".to_owned())))];
        }
        if Instant::now() > deadline {
            abandon.store(true, Ordering::Relaxed);
            let reason = format!("over the time limit of {} s", http.limits().total.as_secs());
            observer.event(Event::Failed { name, reason: reason.clone() });
            return vec![(shown, Err(Outcome::Failed(reason)))];
        }
    }
}

fn report(asked: &Asked, started: bool, name: String, observer: &dyn Observer) {
    match asked.last() {
        Some((_, Ok(path))) => {
            let size = path.metadata().map_or(0, |metadata| metadata.len());
            observer.event(Event::Completed { name, size });
        }
        Some((_, Err(outcome))) if started => {
            observer.event(Event::Failed { name, reason: outcome.to_string() });
        }
        _ => {}
    }
}

struct Worker {
    http: Arc<Http>,
    base: String,
    id: FileId,
    cache: PathBuf,
    abandon: Arc<AtomicBool>,
    sender: Sender<Message>,
}

impl Worker {
    fn run(self) {
        let asked = self.ask();
        // The receiver is gone if the search was cancelled.
        let _ = self
            .sender
            .try_send(Message::Done(asked))
            .or_else(|error| self.sender.send_timeout(error.into_inner(), GRACE));
    }

    fn ask(&self) -> Asked {
        let shown = without_login(&self.base);
        let cancelled = || self.abandon.load(Ordering::Relaxed);
        let patience = self.http.limits().total;
        let pending = match Pending::begin(&self.cache, &self.id, patience, &cancelled) {
            Ok(Ok(pending)) => pending,
            Ok(Err(path)) => return vec![(shown, Ok(path))],
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
                Ok(true) => {
                    let Some(done) = pending.take() else { break };
                    match done.commit() {
                        Ok(path) => {
                            asked.push((place, Ok(path)));
                            return asked;
                        }
                        Err(StoreError::Mismatch(error)) => {
                            self.http.remember(&url, &FetchError::Answer(error.to_string()));
                            asked.push((place, Err(Outcome::Mismatch(error.to_string()))));
                        }
                        Err(error) => {
                            self.http.remember(&url, &FetchError::Answer(error.to_string()));
                            asked.push((place, Err(Outcome::Failed(error.to_string()))));
                        }
                    }
                    // The server has the file and it is wrong; its other forms would be no better.
                    return asked;
                }
                Ok(false) => asked.push((place, Err(Outcome::Failed(pointer_text(current.file()))))),
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

    /// Fetches one form into `pending`. False if what came is a pointer, which is only shown.
    fn get(&self, url: &str, form: Form, pending: &mut Pending) -> Result<bool, FetchError> {
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
        match form {
            Form::Plain | Form::Pointer => {
                self.http.get(url, pending.file(), &self.abandon, &mut progress)?;
                Ok(form == Form::Plain)
            }
            Form::Compressed => {
                let mut packed = pending.scratch()?;
                self.http.get(url, &mut packed, &self.abandon, &mut progress)?;
                let out = pending.file();
                out.set_len(0)?;
                out.seek(SeekFrom::Start(0))?;
                cabinet::expand(packed, out, self.http.limits().size)
                    .map_err(|error| FetchError::Answer(format!("cannot expand: {error}")))?;
                Ok(true)
            }
        }
    }

    fn addresses(&self, two_tier: bool) -> Vec<(Form, String)> {
        let name = self.id.name();
        let mut names = vec![name.to_owned()];
        let lower = name.to_lowercase();
        if lower != name {
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

    fn address(&self, tier: Option<&str>, name: &str, file: &str) -> String {
        let tier = tier.map(|tier| format!("{}/", escape(tier))).unwrap_or_default();
        format!("{}/{tier}{}/{}/{}", self.base, escape(name), escape(&self.id.key()), escape(file))
    }

    /// Asks once for `index2.txt`; that it is missing is remembered with the other misses. Microsoft's own server has
    /// one tier. An error means that the server is out of order.
    fn is_two_tier(&self) -> Result<bool, FetchError> {
        let url = format!("{}/index2.txt", self.base);
        if self.base.eq_ignore_ascii_case(super::path::MICROSOFT) || self.http.remembered(&url).is_some() {
            return Ok(false);
        }
        let mut out = tempfile::tempfile()?;
        match self.http.get(&url, &mut out, &self.abandon, &mut |_, _| {}) {
            Ok(_) => Ok(true),
            Err(FetchError::Missing(_) | FetchError::Answer(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

fn file_of(url: &str) -> &str {
    url.rsplit('/').next().unwrap_or(url)
}

/// `file.ptr` of a server names another path. A server must not choose files of this computer or its network, so the
/// path is only shown.
fn pointer_text(file: &mut File) -> String {
    let mut text = Vec::new();
    let read = file.seek(SeekFrom::Start(0)).and_then(|_| file.take(512).read_to_end(&mut text));
    let text = String::from_utf8_lossy(&text);
    match (read, text.trim().strip_prefix("MSG:")) {
        (Err(error), _) => format!("its file.ptr cannot be read: {error}"),
        (_, Some(message)) => format!("the server says: {}", message.trim()),
        (_, None) => format!(
            "the server only points to `{}`, which is not followed: add that folder to the symbol path if you trust it",
            text.trim().trim_start_matches("PATH:")
        ),
    }
}
