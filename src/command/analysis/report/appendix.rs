//! The appendix: what was typed in the session, and what was said to it.

use super::SPEC;
use crate::output::Document;
use crate::output::Line;
use crate::output::paper::{Part, Said};
use crate::session::{Entry, Session};
use crate::words::{Message, text};

/// The part; nothing stands in it where nothing was typed.
pub fn part(session: &Session) -> Part {
    let language = session.settings.language;
    let part = Part::new("commands", text("report.commands", language));
    let part = match session.journal.dropped() {
        0 => part,
        count => {
            let words =
                Message::new("report.dropped").with("count", count).in_language(language).into_owned();
            part.prose("dropped", words)
        }
    };
    session.journal.entries().filter(|entry| !is_report(entry)).fold(part, |part, entry| {
        let blocks = entry.said.lines().map(|line| Line::of(line).into()).collect();
        let left_out = |count: usize| {
            let count = count + entry.left_out;
            Message::new("report.left_out").with("count", count).in_language(language).into_owned()
        };
        part.said(Some(Said::of(&entry.typed, Document { blocks }, None, left_out)))
    })
}

/// A report does not quote reports.
fn is_report(entry: &Entry) -> bool {
    entry.typed.split(char::is_whitespace).next().is_some_and(|word| SPEC.names.contains(&word))
}
