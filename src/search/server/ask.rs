//! Asking one symbol server for one file: by a thread of its own, so that cancelling does not wait for the network.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{RecvTimeoutError, bounded};

use super::address::{host_of, without_login};
use super::download::Http;
use super::inquiry::{Asked, GRACE, Inquiry, Message};
use super::pointer::Trusted;
use crate::search::Outcome;
use crate::search::observer::{Event, Observer};
use crate::symbols::module::FileId;

/// How often a waiting search looks whether the user has cancelled.
const POLL: Duration = Duration::from_millis(40);

/// Asks the server at `base` for `id` and puts it into the store at `cache`.
pub(crate) fn fetch(
    http: &Arc<Http>,
    base: &str,
    id: &FileId,
    cache: &Path,
    trusted: Trusted,
    observer: &dyn Observer,
) -> Asked {
    let shown = without_login(base);
    if !cfg!(feature = "download") {
        return vec![(shown, Err(Outcome::Skipped(super::NO_DOWNLOAD.to_owned())))];
    }
    if let Some((reason, true)) = http.remembered(base) {
        return vec![(shown, Err(Outcome::Skipped(reason)))];
    }
    let abandon = Arc::new(AtomicBool::new(false));
    let (sender, receiver) = bounded(64);
    let inquiry = Inquiry {
        http: http.clone(),
        base: base.to_owned(),
        id: id.clone(),
        cache: cache.to_owned(),
        abandon: abandon.clone(),
        trusted,
        sender,
    };
    let spawned = std::thread::Builder::new().name("symbol download".to_owned()).spawn(move || inquiry.run());
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
        Some((_, Ok(path))) if started => {
            let size = path.metadata().map_or(0, |metadata| metadata.len());
            observer.event(Event::Completed { name, size });
        }
        Some((_, Err(outcome))) if started => {
            observer.event(Event::Failed { name, reason: outcome.to_string() });
        }
        _ => {}
    }
}
