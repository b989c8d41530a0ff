//! `!running`: what each processor runs.

use crate::command::line::Out;
use crate::command::{Args, CommandError, CommandSpec, Context, Group, Needs, Switch, Switches};
use crate::debuggee::Lack;
use crate::kernel::{LockState, Processor, Thread};
use crate::output::{Action, Cell, Column, Field, Line, Record, Role, Table};
use std::collections::BTreeMap;

/// `!running`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!running"],
    group: Group::Kernel,
    switches: Switches::letters(&[
        Switch::flag("-i", "processors that have nothing to do, too"),
        Switch::flag("-t", "the stack of each"),
    ])
    .anywhere(),
    summary: "Shows the thread that each processor runs, and the one that is next",
    help: "Processors that have nothing to do are left out. The dots stand \
           for a processor's sixteen queued spin locks: `.` not in use, `O` owned, `W` waited for, `?` not known.\n\n\
           kd> !running -it\n\
           \n\
           System Processors:  (0000000000000003)\n\
           \u{20} Idle Processors:  (0000000000000002)\n\
           \n\
           \u{20}      Prcbs             Current         (pri) Next            (pri) Idle\n\
           \u{20} 0    fffff8075d200180  ffffa4058c00d050 (13)                       ffffa4058c00a050  ................",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    if let Some(word) = args.words().next() {
        return Err(args.unknown(word));
    }
    let (idle, stacks) = (args.has("-i"), args.has("-t"));
    let rows = rows(context);
    context.out.blank()?;
    masks(&rows, &mut context.out)?;
    if !rows.is_empty() && rows.iter().all(|row| row.idle == Some(true)) {
        context.out.emit(Line::of("All processors idle."))?;
    }
    context.out.blank()?;
    let table = table();
    let unknown: Vec<&Row> = rows.iter().filter(|row| row.lack.is_some()).collect();
    context.within(table, |context| {
        for row in rows.iter().filter(|row| row.lack.is_none() && (idle || row.idle != Some(true))) {
            context.out.emit(row.record.clone())?;
            if stacks {
                context.out.blank()?;
                stack(row.number, context)?;
                context.out.blank()?;
            }
        }
        Ok(())
    })?;
    if let Some(why) = unknown.first().and_then(|row| row.lack.as_ref()) {
        let text = format!("{} of {} processors are not known: {why}", unknown.len(), rows.len());
        context.out.emit(Line::new().role(Role::Warning, text))?;
    }
    Ok(())
}

/// The processors of each group and those that have nothing to do: a bit for each.
fn masks(rows: &[Row], out: &mut Out<'_>) -> Result<(), CommandError> {
    let mut groups: BTreeMap<u64, (u64, u64)> = BTreeMap::new();
    for row in rows {
        let (all, idle) = groups.entry(row.group).or_default();
        *all |= row.member;
        *idle |= if row.idle == Some(true) { row.member } else { 0 };
    }
    // A processor of which nothing is known does not count as busy.
    let known = if rows.iter().any(|row| row.idle.is_none()) { " as far as known" } else { "" };
    let several = groups.len() > 1;
    groups.into_iter().try_for_each(|(group, (all, idle))| {
        let group = if several { format!(" of group {group}") } else { String::new() };
        out.emit(Line::of(format!("System Processors{group}:  ({all:016x})")))?;
        out.emit(Line::of(format!("  Idle Processors{group}:  ({idle:016x}){known}")))
    })
}

/// The stack of a processor. Registers that are not known are a fact of that processor: the others follow.
fn stack(number: u32, context: &mut Context<'_>) -> Result<(), CommandError> {
    match context.run_line(&format!("{number}kn")) {
        Err(CommandError::NoRegisters(why)) => {
            context.out.emit(Line::new().role(Role::Unreadable, why.to_string()))
        }
        outcome => outcome,
    }
}

/// The table's columns.
fn table() -> Table {
    let columns = [
        Column::right("number", "", 3),
        Column::left("prcb", "Prcbs", 16).after(4).yields(3),
        Column::left("current", "Current", 16).after(2),
        Column::left("current_priority", "", 4),
        Column::left("next", "Next", 16).yields(2),
        Column::left("next_priority", "", 4).yields(2),
        Column::left("idle", "Idle", 16).yields(4),
        Column::left("locks", "", 16).after(2).yields(5),
    ];
    let heading = "       Prcbs             Current         (pri) Next            (pri) Idle";
    Table::new("processor", &columns).headed(Line::new().role(Role::Heading, heading))
}

struct Row {
    number: u32,
    /// Its group, and its bit in the masks of that. Where its KPRCB is not known, processors are numbered on from group to
    /// group.
    group: u64,
    member: u64,
    /// Whether it has nothing to do, where known.
    idle: Option<bool>,
    /// Why nothing is known of it.
    lack: Option<Lack>,
    record: Record,
}

fn rows(context: &Context<'_>) -> Vec<Row> {
    let scope = context.session.scope();
    let table = table();
    Processor::all(&scope)
        .map(|(number, processor)| {
            let place = processor.clone().and_then(|known| Ok((known.group()?, known.set_member()?)));
            let (group, member) = place.unwrap_or((u64::from(number) / 64, 1 << (number % 64)));
            let (idle, lack, record) = match processor {
                Ok(processor) => (processor.is_idle().ok(), None, row(&table, &processor)),
                Err(lack) => (None, Some(lack), Record::new("processor")),
            };
            Row { number, group, member, idle, lack, record }
        })
        .collect()
}

fn row(table: &Table, processor: &Processor<'_>) -> Record {
    let thread = |thread: &Result<Thread<'_>, Lack>| {
        let address = thread.as_ref().map(|thread| Field::Address(thread.address()));
        Cell::new(address.map_err(Clone::clone)).digits(16).follow(Action::Thread)
    };
    let priority = |thread: &Result<Thread<'_>, Lack>| {
        let level = thread.clone().and_then(|thread| thread.priority());
        let text = level.as_ref().map_or(String::new(), |level| format!("({level:>2})"));
        Cell::new(level).shown(text).mark("(??)").role(Role::Text)
    };
    let (current, next) = (processor.current_thread(), processor.next_thread());
    let locks = processor.queued_locks();
    let locks = locks.map(|locks| {
        locks.into_iter().map(|lock| lock.map_or('?', |lock| letter(lock.state))).collect::<String>()
    });
    table.row([
        Cell::new(processor.number()).role(Role::Text).link(Action::Processor(processor.number())),
        Cell::new(Field::Hex(processor.object().address())).digits(16).role(Role::Text),
        thread(&current),
        priority(&current),
        thread(&next),
        priority(&next),
        thread(&processor.idle_thread()),
        Cell::new(locks).mark("?".repeat(16)).role(Role::Value),
    ])
}

fn letter(state: LockState) -> char {
    match state {
        LockState::Free => '.',
        LockState::Waiting => 'W',
        LockState::Owned => 'O',
    }
}
