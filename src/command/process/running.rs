//! `!running`: what each processor runs.

use crate::command::{Args, CommandError, CommandSpec, Context, Group, Needs, Switch, Switches};
use crate::debuggee::{Lack, Scope};
use crate::kernel::{LockState, Processor, Thread};
use crate::output::{Action, Field, Line, Record, Role};

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
           kd> !running -it",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    if let Some(word) = args.words().next() {
        return Err(args.unknown(word));
    }
    let (idle, stacks) = (args.has("-i"), args.has("-t"));
    let rows = rows(context);
    let mask = |wanted: fn(&Row) -> bool| {
        let numbers = rows.iter().filter(|row| wanted(row)).map(|row| row.number);
        numbers.fold(0u64, |mask, number| mask | 1u64.checked_shl(number).unwrap_or(0))
    };
    context.blank()?;
    context.emit(Line::of(format!("System Processors:  ({:016x})", mask(|_| true))))?;
    // A processor of which nothing is known does not count as busy.
    let known = if rows.iter().any(|row| row.idle.is_none()) { " as far as known" } else { "" };
    let idle_ones = mask(|row| row.idle == Some(true));
    context.emit(Line::of(format!("  Idle Processors:  ({idle_ones:016x}){known}")))?;
    if !rows.is_empty() && rows.iter().all(|row| row.idle == Some(true)) {
        context.emit(Line::of("All processors idle."))?;
    }
    context.blank()?;
    let heading = "       Prcbs             Current         (pri) Next            (pri) Idle";
    context.emit(Line::new().role(Role::Heading, heading))?;
    let unknown: Vec<&Row> = rows.iter().filter(|row| row.lack.is_some()).collect();
    for row in rows.iter().filter(|row| row.lack.is_none() && (idle || row.idle != Some(true))) {
        context.emit(row.record.clone())?;
        if stacks {
            context.blank()?;
            context.run_line(&format!("{}kn", row.number))?;
            context.blank()?;
        }
    }
    if let Some(why) = unknown.first().and_then(|row| row.lack.as_ref()) {
        let text = format!("{} of {} processors are not known: {why}", unknown.len(), rows.len());
        context.emit(Line::new().role(Role::Warning, text))?;
    }
    Ok(())
}

struct Row {
    number: u32,
    /// Whether it has nothing to do, where known.
    idle: Option<bool>,
    /// Why nothing is known of it.
    lack: Option<Lack>,
    record: Record,
}

fn rows(context: &Context<'_>) -> Vec<Row> {
    let scope = Scope::new(&context.session.target, &context.session.cancel);
    Processor::all(&scope)
        .map(|(number, processor)| match processor {
            Ok(processor) => {
                Row { number, idle: processor.is_idle().ok(), lack: None, record: row(&processor) }
            }
            Err(lack) => Row { number, idle: None, lack: Some(lack), record: Record::new("processor") },
        })
        .collect()
}

fn row(processor: &Processor<'_>) -> Record {
    let mut record = Record::new("processor")
        .field("number", u64::from(processor.number()))
        .field("prcb", Field::Hex(processor.object().address()));
    let mut line = Line::of(format!("{:>3}    {:016x}", processor.number(), processor.object().address()));
    for (name, priority, thread, shows_priority) in [
        ("current", "current_priority", processor.current_thread(), true),
        ("next", "next_priority", processor.next_thread(), true),
        ("idle", "", processor.idle_thread(), false),
    ] {
        line = line.text(if name == "current" { "  " } else { " " });
        let level = thread.as_ref().ok().and_then(|thread| thread.priority().ok());
        line = cell(line, &thread, shows_priority, level);
        record = record.field(name, thread.ok().map(|thread| Field::Hex(thread.address())));
        if shows_priority {
            record = record.field(priority, level);
        }
    }
    let locks = processor.queued_locks();
    let shown: String = match &locks {
        Ok(states) => states.iter().map(|state| letter(*state)).collect(),
        Err(_) => "?".repeat(16),
    };
    record.field("locks", locks.is_ok().then(|| shown.clone())).line(line.text("  ").value(shown))
}

/// A thread with its priority; blanks where there is none.
fn cell(line: Line, thread: &Result<Thread<'_>, Lack>, with_priority: bool, level: Option<u64>) -> Line {
    let line = match thread {
        Ok(thread) => {
            let address = thread.address();
            line.link(Role::Address, format!("{address:016x}"), Action::Thread(address))
        }
        Err(Lack::Null { .. }) => line.text(" ".repeat(16)),
        Err(_) => line.role(Role::Unreadable, "?".repeat(16)),
    };
    match (with_priority, level, thread) {
        (false, ..) => line,
        (true, Some(level), _) => line.text(format!(" ({level:>2})")),
        (true, None, Err(Lack::Null { .. })) => line.text("     "),
        (true, None, _) => line.role(Role::Unreadable, " (??)"),
    }
}

fn letter(state: LockState) -> char {
    match state {
        LockState::Free => '.',
        LockState::Waiting => 'W',
        LockState::Owned => 'O',
    }
}
