//! Fetching of symbols, which may take long: told on the last line.

use super::message::{Fetching, Reply};
use crate::debuggee::{Listener, News};
use crate::output::{Role, Span};
use crate::search::observer::Event;
use crate::words::Message;
use crossbeam_channel::Sender;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Downloads report many times a second.
const PAUSE: Duration = Duration::from_millis(250);

/// Tells the screen what is being fetched and what has arrived.
pub(super) fn listener(outbox: Sender<Reply>) -> Listener {
    let told = Mutex::new(None);
    Arc::new(move |news| match news {
        // The screen has to know; it is gone only if the program ends.
        News::Settled { left, .. } => {
            let _ = outbox.send(Reply::Settled { left });
        }
        News::Search(event, left) => {
            if let Some(fetching) = fetching(&event, left, &told) {
                // A screen that is busy can do without.
                let _ = outbox.try_send(Reply::Fetching(fetching));
            }
        }
    })
}

fn fetching(event: &Event, left: usize, told: &Mutex<Option<Instant>>) -> Option<Fetching> {
    let what = match event {
        Event::Asked { name, server } => {
            let server = server.split_once("://").map_or(server.as_str(), |(_, host)| host);
            Message::new("explorer.status.asking").with("server", clean(server)).with("name", clean(name))
        }
        Event::Progress { name, done, total } if is_time(told) => progress(name, *done, *total),
        _ => return None,
    };
    Some(Fetching { what, more: left.saturating_sub(1) })
}

/// Names come from dumps.
fn clean(name: &str) -> String {
    Span::new(Role::Text, name).text().to_owned()
}

fn is_time(told: &Mutex<Option<Instant>>) -> bool {
    let Ok(mut told) = told.lock() else {
        return false;
    };
    let now = Instant::now();
    let due = told.is_none_or(|told| now.saturating_duration_since(told) >= PAUSE);
    if due {
        *told = Some(now);
    }
    due
}

/// `fetching ntkrnlmp.pdb 3.1 of 12.0 MB`
fn progress(name: &str, done: u64, total: Option<u64>) -> Message {
    let tenths = |bytes: u64| format!("{}.{}", bytes / 1_000_000, bytes / 100_000 % 10);
    let message = match total {
        Some(total) => Message::new("explorer.status.fetching_of").with("total", tenths(total)),
        None => Message::new("explorer.status.fetching"),
    };
    message.with("name", clean(name)).with("done", tenths(done))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;
    use crossbeam_channel::unbounded;

    #[test]
    fn downloads_are_told_but_not_all_the_time() {
        let (outbox, inbox) = unbounded();
        let listener = listener(outbox);
        let name = || "ntkrnlmp.pdb".to_owned();
        listener(News::Search(Event::Asked { name: name(), server: "https://a".into() }, 3));
        for done in [3_100_000, 3_200_000] {
            listener(News::Search(Event::Progress { name: name(), done, total: Some(12_000_000) }, 1));
        }
        listener(News::Settled { module: "nt".into(), left: 0 });
        let worded = |reply| match reply {
            Reply::Fetching(fetching) => fetching.in_language(Language::English),
            other => format!("{other:?}"),
        };
        let told: Vec<String> = inbox.try_iter().map(worded).collect();
        let expected = [
            "asking a for ntkrnlmp.pdb, 2 more",
            "fetching ntkrnlmp.pdb 3.1 of 12.0 MB",
            "Settled { left: 0 }",
        ];
        assert_eq!(told, expected);
    }
}
