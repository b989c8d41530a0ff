//! `!wdfkd.wdflogdump`: the log that the driver framework kept of a driver.

use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::dump::tags::LogRecord;
use crate::output::{Cell, Field, Record, Role};
use crate::util::bounded::u32_at;
use crate::util::filetime::{self, Zone};
use crate::util::pieces::pieces;

/// `!wdfkd.wdflogdump`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!wdfkd.wdflogdump", "!wdflogdump"],
    group: Group::Dump,
    arguments: &[Argument::new("[DRIVER", Expects::Text), Argument::new("[FLAGS]]", Expects::Expression)],
    summary: "Shows the log that the driver framework (KMDF) kept of a driver, where the dump holds it",
    help: "The framework adds the log of one driver to a triage dump: the one that it holds responsible, or that is on the \
           stack. Each row has the number of the record, its time where the framework notes it, the file of messages (GUID.tmf) and which of its messages it is, \
           and what the message is filled with. The words stand in those files, not in the dump. Without DRIVER all logs \
           are shown. What is known is shown whatever FLAGS ask for.\n\n\
           kd> !wdflogdump HDAudBus",
    needs: Needs::Dump,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let dump = context.session.target.dump()?.clone();
    let logs = dump.tagged().driver_logs();
    if logs.is_empty() {
        let text = "the dump holds no log of the driver framework: it adds one to triage dumps, under wdf01000!WdfDumpGuid";
        return Err(CommandError::Missing(text.to_owned()));
    }
    let mut words = args.words();
    let asked = words.next().unwrap_or_default().trim_end_matches(".sys");
    words.try_for_each(|flags| context.evaluate(flags).map(drop))?;
    let wanted: Vec<_> =
        logs.iter().filter(|log| asked.is_empty() || log.driver.eq_ignore_ascii_case(asked)).collect();
    if wanted.is_empty() {
        let names: Vec<&str> = logs.iter().map(|log| log.driver.as_str()).collect();
        return Err(CommandError::Missing(format!(
            "no log of '{asked}' is in the dump; it holds {}",
            names.join(", ")
        )));
    }
    let zone = context.session.settings.zone.clone();
    for log in wanted {
        let records = log.records();
        context.out.emit(
            Record::new("driver_log")
                .label("Log of ")
                .cell("driver", Cell::new(log.driver.as_str()).role(Role::Module))
                .text(": ")
                .cell("records", records.len() as u64)
                .text(" records, the oldest first"),
        )?;
        for record in records {
            context.out.emit(row(&record, &zone))?;
        }
    }
    Ok(())
}

/// Words of four bytes that are shown.
const WORDS: usize = 10;

fn row(record: &LogRecord<'_>, zone: &Zone) -> Record {
    let when = Cell::new(record.time.map(Field::Time));
    let when = match record.time.and_then(|time| filetime::slashes(time, zone)) {
        Some(text) => when.shown(text),
        None => when,
    };
    let line = Record::new("log_record")
        .cell("sequence", Cell::new(u64::from(record.sequence)).right(6))
        .text("  ")
        .cell("time", when)
        .text(if record.time.is_some() { "  " } else { "" })
        .cell("messages", Cell::new(record.messages.to_string()).role(Role::Dim))
        .text(" ")
        .cell("message", Cell::new(u64::from(record.message)).right(5))
        .text("  ");
    let words = record.data.len().div_ceil(4);
    let values = (0..words.min(WORDS)).filter_map(|index| u32_at(record.data, index * 4));
    let cells = values.map(|value| Cell::new(Field::Hex(value.into())).digits(8));
    let line = line.list("data", " ", cells).text(if words > WORDS { " ..." } else { "" });
    let texts = pieces(record.data, 6, 256);
    match texts.is_empty() {
        true => line.field("texts", texts),
        false => {
            let shown = texts.join(" | ");
            line.text("  ").cell("texts", Cell::new(texts).shown(shown).role(Role::Text))
        }
    }
}
