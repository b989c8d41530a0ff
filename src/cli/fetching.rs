//! Downloads of symbols, on standard error.

use super::complain;
use crate::session::Session;
use crate::symbols::observer::{Event, Observer};
use crate::target::News;
use std::sync::Arc;

/// Writes a line when a download begins and one when it ends.
pub(super) struct Downloads;

impl Observer for Downloads {
    fn event(&self, event: Event) {
        let text = match event {
            Event::Started { url, .. } => format!("fetching {url}"),
            Event::Completed { name, size } => format!("fetched {name}, {size} bytes"),
            Event::Failed { name, reason } => format!("{name}: {reason}"),
            Event::Asked { .. } | Event::Progress { .. } | Event::Cancelled { .. } | Event::Tried { .. } => {
                return;
            }
        };
        complain(&format!("dumpscope: {text}"));
    }
}

/// Tells of what commands make the debugger fetch.
pub(super) fn tell(session: &Session) {
    let listener = |news| match news {
        News::Search(event, _) => Downloads.event(event),
        News::Settled { .. } => {}
    };
    session.target.symbols().fetches().set_listener(Arc::new(listener));
}
