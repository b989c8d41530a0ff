//! Downloads on standard error.

use crate::output::Role;
use crate::output::Span;
use crate::symbols::observer::{Event, Observer};

/// Writes one line for each download, and with `noisy` one for each place tried.
pub(super) struct Progress {
    /// Show every place that is tried.
    pub(super) noisy: bool,
}

impl Observer for Progress {
    fn event(&self, event: Event) {
        let text = match event {
            Event::Started { url, .. } => format!("fetching {url}"),
            Event::Completed { name, size } => format!("fetched {name}, {size} bytes"),
            Event::Failed { name, reason } => format!("{name}: {reason}"),
            Event::Tried { name, place, outcome } if self.noisy => format!("{name}: {place}: {outcome}"),
            Event::Progress { .. } | Event::Cancelled { .. } | Event::Tried { .. } => return,
        };
        // Names come from dumps and reasons from servers.
        eprintln!("dumpscope: {}", Span::new(Role::Text, text).text());
    }
}
