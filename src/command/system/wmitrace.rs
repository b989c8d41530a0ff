//! `!wmitrace.strdump` and `!wmitrace.logdump`: what drivers and Windows traced before the crash.

use crate::command::{
    Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs, Switch, Switches, Takes,
};
use crate::dump::tags::{TraceEvent, TraceSession};
use crate::output::{Action, Cell, Column, Field, Line, Record, Role, Table};
use crate::util::filetime::{self, Zone};
use crate::util::order::Order;
use crate::util::pieces::pieces;

/// `!wmitrace.strdump`
pub const SESSIONS: CommandSpec = CommandSpec {
    names: &["!wmitrace.strdump", "!wmitrace.loggers"],
    group: Group::Dump,
    summary: "Lists the event tracing sessions whose last events are in the dump",
    help: "The kernel adds the last events of some sessions to a dump: those of Windows (EventLog-System) and those that \
           drivers keep for their own log. The name of a session leads to its events.\n\n\
           kd> !wmitrace.strdump\n\
           Id Session                                     Events Last event\n\
           0d IntelRST                                       842 Sun Jan  5 21:28:20.859 2025 (UTC + 0:00)",
    needs: Needs::Dump,
    ..CommandSpec::runs(sessions)
};

/// `!wmitrace.logdump`
pub const EVENTS: CommandSpec = CommandSpec {
    names: &["!wmitrace.logdump"],
    group: Group::Dump,
    switches: Switches::letters(&[Switch::with("-n", Takes::Value, "N", "only the last N events")])
        .anywhere(),
    arguments: &[Argument::new("SESSION", Expects::Text)],
    summary: "Shows what an event tracing session holds: the log that a driver kept, oldest first",
    help: "SESSION is a name or a number of !wmitrace.strdump. Each row has the time, how many seconds before the crash that \
           was, process and thread, who traced it with the number of the event, and the texts that came with it. The words \
           of an event stand in its provider's manifest, those of a driver's message in the driver's symbols, not in the \
           dump: what is shown is what they are filled with. Times of a session that counts by another clock are \
           not known.\n\n\
           kd> !wmitrace.logdump -n 2 IntelRST",
    needs: Needs::Dump,
    ..CommandSpec::runs(events)
};

/// What a dump without such data is told.
const NONE: &str = "the dump holds no events of tracing sessions: the kernel adds them to triage dumps, under \
                    nt!EtwSecondaryDumpDataGuid";

/// The header's time may be a little earlier than the last events: an hour, in 100 ns.
const LATEST: u64 = 3600 * 10_000_000;

/// A session's events, the oldest first: sessions have buffers for each processor, which lie one behind the other.
fn sorted<'a>(
    session: &TraceSession<'a>,
    context: &Context<'_>,
) -> Result<Vec<TraceEvent<'a>>, CommandError> {
    // What is stamped long after the crash only looks like an event.
    let crashed = context.session.target.header()?.system_time;
    let last = crashed.map_or(u64::MAX, |crashed| crashed.saturating_add(LATEST));
    let mut events = Vec::new();
    for event in session.events() {
        context.out.check()?;
        if session.time(event.stamp).is_none_or(|time| (session.started..=last).contains(&time)) {
            events.push(event);
        }
    }
    events.order_by_key(|event| event.stamp);
    Ok(events)
}

fn sessions(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    args.none()?;
    let dump = context.session.target.dump()?.clone();
    let found = dump.tagged().trace_sessions().ok_or_else(|| CommandError::Missing(NONE.to_owned()))?;
    let zone = context.session.settings.zone.clone();
    let columns = [
        Column::right("id", "Id", 2),
        Column::left("name", "Session", 43),
        Column::right("events", "Events", 6),
        Column::left("last", "Last event", 10),
    ];
    let table = Table::new("trace_session", &columns);
    context.within(table.clone(), |context| {
        for session in &found.sessions {
            let events = sorted(session, context)?;
            let last = events.last().and_then(|event| session.time(event.stamp));
            context.out.emit(table.row([
                Cell::new(Field::Hex(session.id.into())).digits(2),
                Cell::new(session.name.as_str()).role(Role::Value).link(Action::TraceSession(session.id)),
                Cell::new(events.len() as u64),
                moment(last, &zone),
            ]))?;
        }
        Ok(())
    })
}

/// A FILETIME, where it is known.
fn moment(time: Option<u64>, zone: &Zone) -> Cell {
    let shown = time.and_then(|time| filetime::session_time(time, zone));
    let cell = Cell::new(time.map(Field::Time));
    match shown {
        Some(text) => cell.shown(text),
        None => cell,
    }
}

fn events(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let asked = args.words().collect::<Vec<_>>().join(" ");
    if asked.is_empty() {
        return Err(CommandError::Syntax(args.name.to_owned()));
    }
    let dump = context.session.target.dump()?.clone();
    let found = dump.tagged().trace_sessions().ok_or_else(|| CommandError::Missing(NONE.to_owned()))?;
    let by_name = found.sessions.iter().find(|session| session.name.eq_ignore_ascii_case(&asked));
    let number = || u32::from_str_radix(asked.trim_start_matches("0x"), 16).ok();
    let session = by_name.or_else(|| {
        let number = number()?;
        found.sessions.iter().find(|session| session.id == number)
    });
    let session = session.ok_or_else(|| {
        let names: Vec<&str> = found.sessions.iter().map(|session| session.name.as_str()).collect();
        CommandError::Missing(format!("no session '{asked}' is in the dump; it holds {}", names.join(", ")))
    })?;
    let zone = context.session.settings.zone.clone();
    let crashed = context.session.target.header()?.system_time;
    let all = sorted(session, context)?;
    let most = args.number("-n").and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX);
    let skipped = all.len().saturating_sub(most);
    context.out.emit(
        Record::new("trace_session")
            .label("Session ")
            .cell("name", session.name.as_str())
            .text(format!(": {} events", all.len()))
            .field("events", all.len() as u64)
            .field("id", Field::Hex(session.id.into()))
            .label("; started ")
            .cell("started", moment(Some(session.started), &zone)),
    )?;
    for event in all.into_iter().skip(skipped) {
        let time = session.time(event.stamp);
        context.out.emit(row(&event, time, crashed, &zone))?;
    }
    Ok(())
}

/// The fewest and the most letters of a text that is shown.
const TEXT: (usize, usize) = (4, 1024);
/// Bytes that are shown of data without text.
const BYTES: usize = 16;

fn row(event: &TraceEvent<'_>, time: Option<u64>, crashed: Option<u64>, zone: &Zone) -> Record {
    let when = Cell::new(time.map(Field::Time)).absent("?");
    let when = match time.and_then(|time| filetime::slashes(time, zone)) {
        Some(text) => when.shown(text),
        None => when,
    };
    // Seconds before the crash; an event may have come after the time that the header states.
    let before = time.zip(crashed).map(|(time, crashed)| (i128::from(crashed) - i128::from(time)) / 10_000);
    let seconds = before.map(|milliseconds| {
        let sign = if milliseconds < 0 { '+' } else { '-' };
        format!("{sign}{}.{:03}", milliseconds.abs() / 1000, milliseconds.abs() % 1000)
    });
    let record = Record::new("trace_event")
        .cell("time", when.left(24))
        .text(" ")
        .cell("seconds", Cell::new(seconds).absent("?").right(10))
        .text(" ");
    let record = match event.client {
        Some((thread, process)) => record
            .cell("process", Cell::new(Field::Hex(process.into())).right(5))
            .text(".")
            .cell("thread", Cell::new(Field::Hex(thread.into())).left(5)),
        None => record.text(" ".repeat(11)),
    };
    let record = record
        .text(" ")
        .cell("provider", Cell::new(event.provider.to_string()).role(Role::Dim))
        .text(" ")
        .cell("event", Cell::new(u64::from(event.id)).right(5))
        .field("message", event.is_message);
    let mut texts = pieces(event.data, TEXT.0, TEXT.1);
    // A driver often puts the same words in front of its message.
    texts.dedup();
    if texts.is_empty() {
        let bytes: Vec<String> = event.data.iter().take(BYTES).map(|byte| format!("{byte:02x}")).collect();
        let more = if event.data.len() > BYTES { " ..." } else { "" };
        let shown = Cell::new(bytes.join(" ")).role(Role::Dim);
        return record.text("  ").cell("data", shown).text(more).field("texts", texts);
    }
    let line = texts.iter().enumerate().fold(Line::new(), |line, (index, text)| {
        let line = if index == 0 { line } else { line.role(Role::Dim, " | ") };
        line.text(text)
    });
    record.text("  ").cell("texts", Cell::new(texts).spans(line))
}
