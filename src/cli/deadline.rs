//! `--timeout`: a line of commands may take so long, and no longer.

use crate::debuggee::Fetches;
use crate::session::Session;
use crate::util::cancel::CancelToken;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Stops what takes too long.
pub(super) struct Deadline {
    limit: Option<Duration>,
    set: Sender<Option<Instant>>,
    passed: Arc<AtomicBool>,
}

impl Deadline {
    /// Without a limit nothing is stopped.
    pub(super) fn new(limit: Option<Duration>, session: &Session) -> Deadline {
        let (set, times) = unbounded();
        let passed = Arc::new(AtomicBool::new(false));
        if limit.is_some() {
            let (told, cancel) = (Arc::clone(&passed), session.cancel.clone());
            let fetches = session.target.symbols().fetches().clone();
            let watch = move || watch(&times, &told, &cancel, &fetches);
            // Without the thread nothing is stopped: there is no other way to run on.
            let _ = thread::Builder::new().name("deadline".to_owned()).spawn(watch);
        }
        Deadline { limit, set, passed }
    }

    /// Runs something; whether it was stopped.
    pub(super) fn around<T>(&self, run: impl FnOnce() -> T) -> (T, Option<Duration>) {
        let Some(limit) = self.limit else { return (run(), None) };
        self.passed.store(false, Ordering::Relaxed);
        // The thread ends with the program alone.
        let _ = self.set.send(Instant::now().checked_add(limit));
        let result = run();
        let _ = self.set.send(None);
        (result, self.passed.load(Ordering::Relaxed).then_some(limit))
    }
}

fn watch(times: &Receiver<Option<Instant>>, passed: &AtomicBool, cancel: &CancelToken, fetches: &Fetches) {
    let mut until = None;
    loop {
        let next = match until {
            None => times.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(time) => times.recv_deadline(time),
        };
        until = match next {
            Ok(time) => time,
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => {
                passed.store(true, Ordering::Relaxed);
                cancel.cancel();
                fetches.stop();
                None
            }
        };
    }
}
