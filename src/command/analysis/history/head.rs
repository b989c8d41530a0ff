//! The logs, what of them could not be read, and where the dump's crash stands in them.

use super::Shown;
use crate::analysis::Own;
use crate::command::{CommandError, Context};
use crate::output::{Cell, Field, Line, Record, Role};
use crate::util::filetime::{sortable, sortable_in_zone};
use crate::words::{Message, text};

/// Shows them.
///
/// # Errors
/// The command was stopped.
pub(super) fn show(shown: &Shown<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let settings = &context.session.settings;
    let language = settings.language;
    let history = shown.history;
    let (first, last) = history.span().unwrap_or_default();
    let between = language.pick(", ", "、");
    let computers = history.computers().map(|name| Cell::new(name).role(Role::Value));
    let record = Record::new("history")
        .label(text("history.logs", language))
        .cell("events", Cell::new(history.total()).role(Role::Value))
        .text(text("history.events_of", language))
        .list("computers", between, computers);
    let shown_first = sortable(first, &settings.zone).unwrap_or_default();
    // The zone is told once, for all the times below.
    let shown_last = sortable_in_zone(last, &settings.zone).unwrap_or_default();
    let record = match history.span() {
        Some(_) => record
            .text(language.pick(", ", "，"))
            .cell("first", Cell::new(Field::Time(first)).shown(shown_first))
            .text(text("history.to", language))
            .cell("last", Cell::new(Field::Time(last)).shown(shown_last)),
        None => record,
    };
    let damage = damage(shown);
    let own = own(shown);
    let own = own.in_language(language).into_owned();
    let crashes = shown.crashes;
    let counted = Record::new("crashes")
        .label(text("history.crashes", language))
        .cell("restarts", Cell::new(crashes.restarts.len() as u64).role(Role::Value))
        .text(text("history.with_check", language))
        .cell("bug_checks", Cell::new(crashes.checks().count() as u64).role(Role::Value));
    let this = Record::new("own_crash").label(text("history.own", language)).cell("own", Cell::new(own));
    context.out.emit(record)?;
    for what in damage {
        let words = what.in_language(language).into_owned();
        context.out.emit(Line::new().role(Role::Warning, words))?;
    }
    context.out.emit(counted)?;
    context.out.emit(this)
}

/// What of the logs was not read.
fn damage(shown: &Shown<'_>) -> Vec<Message> {
    let mut found = Vec::new();
    for (path, reading) in shown.history.readings() {
        let say = |key: &'static str, count: u64| {
            Message::new(key).with("log", path.display()).with("count", count).with("chunks", reading.chunks)
        };
        let told = [
            (reading.damaged_header, "history.damaged_header", 1),
            (reading.is_cut, "history.cut", 1),
            (reading.damaged_chunks > 0, "history.damaged_chunks", reading.damaged_chunks),
            (reading.damaged_records > 0, "history.damaged_records", reading.damaged_records),
        ];
        found.extend(told.iter().filter(|(is, ..)| *is).map(|(_, key, count)| say(key, *count)));
    }
    let left_out = shown.history.left_out();
    found.extend((left_out > 0).then(|| Message::new("history.left_out").with("count", left_out)));
    found
}

fn own(shown: &Shown<'_>) -> Message {
    match shown.crashes.own {
        Own::Restart(_) => Message::new("history.own_recorded"),
        Own::NotRecorded => Message::new("history.own_not_recorded"),
        Own::Outside => Message::new("history.own_outside"),
        Own::NoTime => Message::new("history.own_no_time"),
    }
}
