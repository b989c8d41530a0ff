//! Downloads of symbols, on standard error.

use super::complain;
use crate::debuggee::News;
use crate::output::sanitize;
use crate::search::observer::{Event, Observer};
use crate::session::Session;
use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often progress is written.
const PACE: Duration = Duration::from_millis(250);

/// Writes a line when a download begins and one when it ends; on a terminal also how far it is.
#[derive(Default)]
pub(super) struct Downloads {
    /// When progress was written last, and whether it stands on the terminal's last line.
    last: Mutex<Option<Instant>>,
    standing: AtomicBool,
}

impl Downloads {
    fn line(&self, text: &str) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if self.standing.swap(false, Ordering::Relaxed) {
            let _ = write!(io::stderr(), "\r{:78}\r", "");
        }
        complain(&format!("dumpscope: {text}"));
        *last = Some(Instant::now());
    }

    fn progress(&self, name: &str, done: u64, total: Option<u64>) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if !io::stderr().is_terminal() || last.is_some_and(|last| last.elapsed() < PACE) {
            return;
        }
        *last = Some(Instant::now());
        self.standing.store(true, Ordering::Relaxed);
        let tenths = |bytes: u64| format!("{}.{}", bytes / 1_000_000, bytes / 100_000 % 10);
        let of = total.map_or(String::new(), |total| format!(" of {}", tenths(total)));
        let text = sanitize(&format!("{name}  {}{of} MB", tenths(done))).chars().take(76).collect::<String>();
        let _ = write!(io::stderr(), "\r{text:78}\r");
    }
}

impl Observer for Downloads {
    fn event(&self, event: Event) {
        match event {
            Event::Started { url, .. } => self.line(&format!("fetching {url}")),
            Event::Completed { name, size } => self.line(&format!("fetched {name}, {size} bytes")),
            Event::Failed { name, reason } => self.line(&format!("{name}: {reason}")),
            Event::Progress { name, done, total } => self.progress(&name, done, total),
            Event::Asked { .. } | Event::Cancelled { .. } | Event::Tried { .. } => {}
        }
    }
}

/// Tells of what commands make the debugger fetch.
pub(super) fn tell(session: &Session) {
    let downloads = Downloads::default();
    let listener = move |news| match news {
        News::Search(event, _) => downloads.event(event),
        News::Settled { .. } => {}
    };
    session.target.symbols().fetches().set_listener(Arc::new(listener));
}
