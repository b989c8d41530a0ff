//! The rows: what changed before the series, the time line, the counts.

use super::Shown;
use crate::analysis::{Entry, Kind, Own};
use crate::command::{CommandError, Context};
use crate::output::{Cell, Column, Field, Line, Record, Role, Table};
use crate::session::Settings;
use crate::util::filetime::sortable;
use crate::words::{Message, text};

/// Rows of the time line without -v: what matters most and what is nearest.
const MOST_ROWS: usize = 300;
/// Changes that are listed.
const MOST_CHANGES: usize = 40;

fn table(kind: &'static str) -> Table {
    let columns = [
        Column::left("mark", "", 1),
        Column::left("time", "", 19),
        Column::left("kind", "", 10),
        Column::left("text", "", 0),
    ];
    Table::new(kind, &columns).bare()
}

fn heading(words: impl AsRef<str>) -> Line {
    Line::new().role(Role::Heading, words)
}

/// A row: mark, time, kind, words; as data also everything that the event states.
fn row(table: &Table, entry: &Entry, is_own: bool, settings: &Settings) -> Record {
    let language = settings.language;
    let bad = matches!(entry.kind, Kind::BugCheck | Kind::Restart | Kind::Hardware | Kind::NoDump);
    let record = table.row([
        Cell::new(is_own).shown(if is_own { ">" } else { "" }).role(Role::Warning),
        time(entry.time, settings),
        Cell::new(entry.kind.word()).shown(text(entry.kind.key(), language)).role(Role::Label),
        Cell::new(entry.words().in_language(language).into_owned()).role(if bad {
            Role::Warning
        } else {
            Role::Text
        }),
    ]);
    let values = entry.values.iter().map(|(name, value)| ((*name).into(), Field::from(value.as_str())));
    record
        .field("provider", entry.provider.as_str())
        .field("id", entry.id)
        .field("record", entry.record)
        .field("code", entry.check.map(|check| Field::Hex(check.code.into())))
        .field("says", Field::Object(values.collect()))
}

fn time(at: u64, settings: &Settings) -> Cell {
    Cell::new(Field::Time(at)).shown(sortable(at, &settings.zone).unwrap_or_default())
}

/// What was installed before the crashes began.
///
/// # Errors
/// The command was stopped.
pub(super) fn changes(shown: &Shown<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let Some(first) = shown.crashes.first_of_series() else { return Ok(()) };
    let settings = &context.session.settings;
    let language = settings.language;
    let since = sortable(first.time, &settings.zone).unwrap_or_default();
    let changes = shown.crashes.changes(shown.entries);
    let changes: Vec<&Entry> =
        changes.into_iter().filter(|entry| shown.is_verbose || !entry.is_daily()).collect();
    let key = if changes.is_empty() { "history.no_changes" } else { "history.changes" };
    let title = Message::new(key).with("time", since).in_language(language).into_owned();
    let more = changes.len().saturating_sub(MOST_CHANGES);
    let table = table("change").headed(heading(title));
    let rows: Vec<Record> =
        changes.iter().take(MOST_CHANGES).map(|entry| row(&table, entry, false, settings)).collect();
    let more = (more > 0)
        .then(|| Message::new("history.more").with("count", more).in_language(language).into_owned());
    context.out.blank()?;
    context.within(table, |context| {
        rows.into_iter().try_for_each(|row| context.out.emit(row))?;
        more.map_or(Ok(()), |more| context.out.emit(Line::new().role(Role::Dim, more)))
    })
}

/// Everything that matters, in the order of time, with the dump's crash in its place.
///
/// # Errors
/// The command was stopped.
pub(super) fn time_line(shown: &Shown<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let settings = &context.session.settings;
    let language = settings.language;
    let own = match shown.crashes.own {
        Own::Restart(own) => shown.crashes.restarts.get(own).map(|own| own.entries.as_slice()),
        _ => None,
    };
    let own = own.unwrap_or_default();
    let table = table("entry").headed(heading(text("history.time_line", language)));
    let mut rows: Vec<(u64, bool, Record)> = Vec::new();
    for (place, entry) in shown.entries.iter().enumerate() {
        if shown.is_verbose || !entry.is_daily() {
            rows.push((
                entry.time,
                entry.kind.is_change(),
                row(&table, entry, own.contains(&place), settings),
            ));
        }
    }
    if let Some(crashed) = shown.crashed {
        let told = shown.own.told().into_iter();
        let words = told.fold(Message::new("history.this"), |words, (name, value)| words.with(name, value));
        let record = table.row([
            Cell::new(true).shown(">").role(Role::Warning),
            time(crashed, settings),
            Cell::new("this_dump").shown(text("history.kind.this", language)).role(Role::Label),
            Cell::new(words.in_language(language).into_owned()).role(Role::Warning),
        ]);
        let place = rows.partition_point(|(time, ..)| *time <= crashed);
        rows.insert(place, (crashed, false, record));
    }
    let more = if shown.is_verbose { 0 } else { rows.len().saturating_sub(MOST_ROWS) };
    // What was installed long ago makes way first, then whatever is oldest.
    let mut leave = more;
    for only_changes in [true, false] {
        rows.retain(|(_, is_change, _)| {
            let leaves = leave > 0 && (*is_change || !only_changes);
            leave -= usize::from(leaves);
            !leaves
        });
    }
    let more = (more > 0)
        .then(|| Message::new("history.more").with("count", more).in_language(language).into_owned());
    let nothing = rows.is_empty().then(|| text("history.nothing", language));
    context.out.blank()?;
    context.within(table, |context| {
        more.map_or(Ok(()), |more| context.out.emit(Line::new().role(Role::Dim, more)))?;
        nothing.map_or(Ok(()), |nothing| context.out.emit(Line::new().role(Role::Dim, nothing)))?;
        rows.into_iter().try_for_each(|(_, _, row)| context.out.emit(row))
    })
}

/// How many events there are of each provider and number; without -v of those that matter.
///
/// # Errors
/// The command was stopped.
pub(super) fn counts(shown: &Shown<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let language = context.session.settings.language;
    let history = shown.history;
    let columns =
        [Column::right("count", "", 7), Column::right("id", "", 6), Column::left("provider", "", 0)];
    let table = Table::new("count", &columns).headed(heading(text("history.counts", language)));
    let wanted =
        history.counts().filter(|(provider, id, _)| shown.is_verbose || history.matters(provider, *id));
    let rows: Vec<(u64, Record)> = wanted
        .map(|(provider, id, count)| {
            (count, table.row([Cell::new(count), Cell::new(id), Cell::new(provider)]))
        })
        .collect();
    let counted: u64 = rows.iter().map(|(count, _)| count).sum();
    let others = history.total().saturating_sub(counted);
    let others = (others > 0)
        .then(|| Message::new("history.others").with("count", others).in_language(language).into_owned());
    context.out.blank()?;
    context.within(table, |context| {
        rows.into_iter().try_for_each(|(_, row)| context.out.emit(row))?;
        others.map_or(Ok(()), |others| context.out.emit(Line::new().role(Role::Dim, others)))
    })
}
