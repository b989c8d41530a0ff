//! Searches for symbols, which may take long: told on the last line, stopped by Esc.

use super::engine::Reply;
use crate::output::{Role, Span};
use crate::session::CancelToken;
use crate::symbols::observer::{Event, Observer};
use crossbeam_channel::Sender;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Watches the searches of one request.
pub(super) struct Watch {
    id: u64,
    cancel: CancelToken,
    outbox: Sender<Reply>,
    told: Mutex<Option<Instant>>,
}

/// Downloads report many times a second.
const PAUSE: Duration = Duration::from_millis(250);

impl Watch {
    /// A watch for the request of this number.
    pub(super) fn new(id: u64, cancel: CancelToken, outbox: Sender<Reply>) -> Watch {
        Watch { id, cancel, outbox, told: Mutex::new(None) }
    }

    fn is_time(&self) -> bool {
        let Ok(mut told) = self.told.lock() else {
            return false;
        };
        let now = Instant::now();
        let due = told.is_none_or(|told| now.saturating_duration_since(told) >= PAUSE);
        if due {
            *told = Some(now);
        }
        due
    }
}

impl Observer for Watch {
    fn event(&self, event: Event) {
        let text = match event {
            Event::Started { url, .. } => format!("fetching {url}"),
            Event::Progress { name, done, total } if self.is_time() => progress(&name, done, total),
            _ => return,
        };
        // Names come from dumps.
        let text = Span::new(Role::Text, text).text().to_owned();
        // A screen that is busy can do without.
        let _ = self.outbox.try_send(Reply::Progress { id: self.id, text });
    }

    fn is_cancelled(&self) -> bool {
        self.cancel.is_cancelled()
    }
}

/// `ntkrnlmp.pdb 3.1 of 12.0 MB`
fn progress(name: &str, done: u64, total: Option<u64>) -> String {
    let tenths = |bytes: u64| format!("{}.{}", bytes / 1_000_000, bytes / 100_000 % 10);
    match total {
        Some(total) => format!("{name} {} of {} MB", tenths(done), tenths(total)),
        None => format!("{name} {} MB", tenths(done)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossbeam_channel::unbounded;

    #[test]
    fn downloads_are_told_but_not_all_the_time() {
        let (outbox, inbox) = unbounded();
        let root = CancelToken::default();
        let watch = Watch::new(7, root.begin(), outbox);
        for done in [3_100_000, 3_200_000] {
            let total = Some(12_000_000);
            watch.event(Event::Progress { name: "ntkrnlmp.pdb".into(), done, total });
        }
        let told: Vec<String> = inbox.try_iter().map(|reply| format!("{reply:?}")).collect();
        assert_eq!(told, [r#"Progress { id: 7, text: "ntkrnlmp.pdb 3.1 of 12.0 MB" }"#]);
        assert!(!watch.is_cancelled());
        root.cancel();
        assert!(watch.is_cancelled());
    }
}
