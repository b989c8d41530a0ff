//! `!timer`: the timers that are set, by processor.

mod rows;
mod trees;

use crate::command::line::Out;
use crate::command::show::processor::{Found, found, typed, unknown};
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::debuggee::Scope;
use crate::kernel::{TimerKey, TimerTable};
use crate::output::{Cell, Line, Record, Role};
use rows::{Counts, Moment, View, now, show};
use trees::trees;

/// `!timer`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!timer"],
    group: Group::Kernel,
    arguments: &[Argument::new("[PROCESSOR]", Expects::Expression)],
    summary: "Shows the timers that are set: when they are due, and which DPC or thread waits for them",
    help: "Each processor keeps its timers in lists by due time, whose numbers stand at the left; Windows 10 2004 and later \
           have two rows of lists. P marks a timer that is set again each time. Due times are interrupt time, low and \
           high half, then the time of day.\n\n\
           Windows keeps the pointer to a timer's DPC encoded. Without symbols for the two variables it takes, what they do \
           is found from timers whose DPCs lie beside them, and a line says so. Windows 10 and later have timers of another \
           kind (KTIMER2) in trees for the whole computer: they are shown where type information knows them.\n\n\
           kd> !timer\n\
           Dump system timers\n\
           \n\
           Interrupt time: 61876995 000003df [ 4/ 5/2010 18:58:09.189]\n\
           \n\
           PROCESSOR 0 (nt!_KTIMER_TABLE fffff80001bfd080)\n\
           List Timer             Interrupt Low/High Fire Time                  DPC/thread\n\
           \u{20} 5 fffffa8003099810   627684ac 000003df [ 4/ 5/2010 18:58:10.756]  NDIS!ndisMTimerObjectDpc (DPC @ fffffa8003099850)\n\
           \u{20}16 fffffa8006096c20   6c1613a6 000003df [ 4/ 5/2010 18:58:26.901]  thread fffffa8006096b60",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let number = typed(args, context)?;
    let scope = context.session.scope();
    let processors = found(&scope, number);
    let clock = Moment::of(&scope);
    let out = &mut context.out;
    out.emit(Line::new().role(Role::Heading, "Dump system timers"))?;
    out.blank()?;
    let (target, zone) = (&context.session.target, &context.session.settings.zone);
    let (key, source) = key(&scope, &processors, out)?;
    let view = View { target, zone, clock: clock.as_ref().ok(), key };
    out.emit(now(&clock, &view))?;
    source.map_or(Ok(()), |source| out.emit(source))?;
    let mut counts = Counts::default();
    for (number, processor) in &processors {
        let Ok(processor) = processor else { continue };
        match TimerTable::of(processor) {
            Ok(table) => show(*number, &table, &view, &mut counts, out)?,
            Err(why) => {
                out.blank()?;
                let text = format!("PROCESSOR {number}: timers are not known: {why}");
                out.emit(
                    Record::new("timer_table")
                        .field("processor", *number)
                        .field("address", why)
                        .role(Role::Unreadable, text),
                )?;
            }
        }
    }
    if number.is_none() {
        trees(&scope, &view, out)?;
    }
    out.blank()?;
    out.emit(
        Record::new("timer_count")
            .text("Total Timers: ")
            .cell("timers", Cell::new(counts.timers).role(Role::Text))
            .text(", Maximum List: ")
            .cell("longest_list", Cell::new(counts.longest).role(Role::Text)),
    )?;
    if let Some(why) = counts.lost {
        let lists = if counts.broken == 1 { "list breaks" } else { "lists break" };
        let text = format!("{} {lists} off at a timer that cannot be read: {why}", counts.broken);
        out.emit(Record::new("broken_lists").field("count", counts.broken).role(Role::Warning, text))?;
    }
    unknown(&processors, out)
}

/// The key of the pointers to DPCs, and what is to be said about it.
fn key(
    scope: &Scope<'_>,
    processors: &[Found<'_>],
    out: &Out<'_>,
) -> Result<(Option<TimerKey>, Option<Record>), CommandError> {
    let why = match TimerKey::of_variables(scope) {
        Ok(key) => return Ok((Some(key), None)),
        Err(why) => why,
    };
    let mut timers = Vec::new();
    for table in processors.iter().filter_map(|(_, found)| TimerTable::of(found.as_ref().ok()?).ok()) {
        for list in (0..table.rows()).flat_map(|row| table.lists(row)).filter_map(|(_, list)| list.ok()) {
            out.check()?;
            if matches!(list.is_empty(), Ok(true) | Err(_)) {
                continue;
            }
            timers.extend(list.timers().into_iter().flatten().flatten());
        }
    }
    // Where no timer can be read there is nothing to decode.
    if timers.iter().all(|timer| matches!(timer.stored_dpc(), Ok(0) | Err(_))) {
        return Ok((None, None));
    }
    let record = Record::new("timer_key").field("variables", why.clone());
    Ok(match TimerKey::of_timers(&timers) {
        Some((key, count)) => {
            let text = format!(
                "Pointers to DPCs were decoded by way of {count} timers with DPCs beside them: {why}"
            );
            (Some(key), Some(record.field("timers", count as u64).role(Role::Warning, text)))
        }
        None => {
            let text = format!("Pointers to DPCs cannot be decoded: {why}");
            (None, Some(record.role(Role::Warning, text)))
        }
    })
}
