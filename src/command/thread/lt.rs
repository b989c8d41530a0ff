//! `!lt`: threads of a process or of all, a row each.

use super::trep;
use crate::command::line::Out;
use crate::command::process::processes::Which;
use crate::command::show::blocker::blocker_name;
use crate::command::show::grid::Grid;
use crate::command::show::missing::not_all;
use crate::command::show::thread_cells::{self, IDENTITY, STATE, ThreadCells};
use crate::command::show::walking::{Walking, walk_told};
use crate::command::{
    Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs, Switch, Switches, Takes,
};
use crate::debuggee::{Lack, Scope};
use crate::kernel::{
    Dispatcher, DispatcherKind, Irp, Process, Thread, ThreadState, WaitReason, WalkedThread, known_threads,
    known_threads_of,
};
use crate::output::{Cell, Column, Role};
use crate::unwind::Stack;

/// `!lt`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!lt", "!listthreads"],
    group: Group::Kernel,
    switches: Switches::words(&[
        Switch::flag("-a", "the threads of all processes"),
        Switch::flag("-all", "the same"),
        Switch::with("-pid", Takes::Value, "ID", "those of the process of this id"),
        Switch::with("-s", Takes::Name, "STATES", "those in one of these states: running,ready,waiting ..."),
        Switch::with("-state", Takes::Name, "STATES", "the same"),
        Switch::with("-wr", Takes::Name, "REASONS", "those that wait for one of these reasons"),
        Switch::flag("-b", "those that wait for a lock that another thread holds"),
        Switch::flag("-bk", "the same"),
        Switch::with("-m", Takes::Name, "MODULE", "those with this module on their stack"),
        Switch::flag("-irp", "those with requests that have not ended"),
        Switch::flag("-wf", "the function that each waits in, too"),
        Switch::flag("-r", "how many threads are in which state instead"),
        Switch::flag("-report", "the same"),
        Switch::ignored("-v"),
        Switch::ignored("-z"),
    ])
    .anywhere(),
    arguments: &[Argument::new("[PROCESS]", Expects::Expression)],
    summary: "Lists threads with their state, for how long, and why they wait",
    help: "Without a process the current one's threads are listed. PROCESS is an address, an id or the name of an image. \
           Several states or reasons are joined by commas. Time is how long a thread has been in its state. A thread \
           is blocked (-b) if it waits for a resource, push lock, mutex, fast mutex or rundown. -m and -wf walk the \
           stacks. What filters left out is told at the end.\n\n\
           kd> !lt -a -wr WrResource\n\
           Process PID Thread             Id State     Time Reason\n\
           ======= === ================ ==== ======= ====== ==========\n\
           System    4 ffffdf821f4b8040 3304 Waiting 3s.218 WrResource\n\n\
           Thread Count: 1",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

/// Which threads are listed.
struct Filter {
    states: Vec<String>,
    reasons: Vec<String>,
    blocked: bool,
    module: Option<String>,
    requests: bool,
}

/// States as they may be typed; the last is of Windows' own list of what a scheduler may do, and no thread stays in it.
const STATES: [&str; 10] = [
    "initialized",
    "ready",
    "running",
    "standby",
    "terminated",
    "waiting",
    "transition",
    "deferredready",
    "waitingforprocessinswap",
    "rescheduled",
];

/// Reasons for which a thread waits for what another thread holds.
const LOCKS: [&str; 6] =
    ["WrResource", "WrPushLock", "WrMutex", "WrFastMutex", "WrGuardedMutex", "WrRundown"];

impl Filter {
    fn of(args: &Args<'_>) -> Result<Filter, CommandError> {
        let words = |names: &[&str]| -> Vec<String> {
            let texts = names.iter().filter_map(|name| args.text_of(name));
            texts.flat_map(|text| text.split(',')).map(str::to_ascii_lowercase).collect()
        };
        let states = words(&["-s", "-state"]);
        if let Some(other) = states.iter().find(|state| !STATES.contains(&state.as_str())) {
            let text = format!("no thread is ever '{other}'; states are {}", STATES.join(", "));
            return Err(CommandError::Argument(text));
        }
        Ok(Filter {
            states,
            reasons: words(&["-wr"]),
            blocked: args.has("-b") || args.has("-bk"),
            module: args.text_of("-m").map(str::to_owned),
            requests: args.has("-irp"),
        })
    }

    /// What it asks for, as it was typed.
    fn text(&self) -> String {
        let mut parts = Vec::new();
        if !self.states.is_empty() {
            parts.push(format!("-state {}", self.states.join(",")));
        }
        if !self.reasons.is_empty() {
            parts.push(format!("-wr {}", self.reasons.join(",")));
        }
        parts.extend(self.blocked.then(|| "-b".to_owned()));
        parts.extend(self.module.as_ref().map(|module| format!("-m {module}")));
        parts.extend(self.requests.then(|| "-irp".to_owned()));
        parts.join(" ")
    }

    /// Whether what is told without the stack fits.
    fn takes(&self, thread: &Thread<'_>) -> bool {
        let state = thread.state();
        let waits = state == Ok(ThreadState::WAITING);
        let reason = thread.wait_reason().map(|reason| reason.to_string());
        let one_of =
            |known: &[String], value: &str| known.iter().any(|known| value.eq_ignore_ascii_case(known));
        if !self.states.is_empty()
            && !state.as_ref().is_ok_and(|state| one_of(&self.states, &state.to_string()))
        {
            return false;
        }
        if !self.reasons.is_empty() && !reason.is_ok_and(|reason| one_of(&self.reasons, &reason)) {
            return false;
        }
        if self.blocked && !(waits && is_blocked(thread)) {
            return false;
        }
        !self.requests || Irp::of_thread(thread).is_ok_and(|mut irps| irps.next().is_some())
    }
}

/// Whether a waiting thread waits for what another thread holds.
fn is_blocked(thread: &Thread<'_>) -> bool {
    let locks = |reason: WaitReason| LOCKS.contains(&reason.to_string().as_str());
    if thread.wait_reason().is_ok_and(locks) {
        return true;
    }
    let mutant = |object: Result<Dispatcher<'_>, Lack>| {
        object.and_then(|object| object.kind()).is_ok_and(|kind| kind == DispatcherKind::Mutant)
    };
    Dispatcher::waited_for(thread).is_ok_and(|objects| objects.into_iter().any(mutant))
}

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let filter = Filter::of(args)?;
    let mut words = args.words();
    let typed = words.next();
    if let Some(more) = words.next() {
        return Err(CommandError::Syntax(more.to_owned()));
    }
    let all = args.has("-a") || args.has("-all");
    let process = match (all, args.number("-pid")) {
        (true, _) => None,
        (_, Some(id)) => Some(Which::Id(id)),
        _ => Some(Which::read(typed, context)?),
    };
    let scope = context.session.scope();
    let threads: Vec<Result<Thread<'_>, Lack>> = match &process {
        None | Some(Which::All) => known_threads(&scope)?.collect(),
        Some(process) => of_process(process.one(&scope)?)?,
    };
    if args.has("-r") || args.has("-report") {
        return trep::report(threads, &mut context.out);
    }
    let count = threads.iter().filter(|thread| thread.is_ok()).count();
    let (rows, lacks) = chosen(threads, &filter, args.has("-wf"), &mut context.out)?;
    let clock = thread_cells::clock(&scope);
    let mut columns = Vec::from(IDENTITY);
    columns.extend(STATE);
    columns.extend(args.has("-wf").then(|| Column::left("wait_function", "Wait Function", 13)));
    columns.extend(filter.requests.then(|| Column::right("irps", "IRPs", 4)));
    let mut grid = Grid::new("thread", &columns);
    for (thread, function) in rows {
        context.out.check()?;
        let cells = ThreadCells::of(&thread, &clock);
        let mut row = Vec::from(cells.identity());
        row.extend(cells.state());
        row.extend(args.has("-wf").then(|| Cell::new(function).mark("?").role(Role::Symbol)));
        row.extend(filter.requests.then(|| {
            let irps = Irp::of_thread(&thread);
            Cell::new(irps.map(|irps| irps.filter(Result::is_ok).count() as u64)).mark("?").role(Role::Value)
        }));
        grid.add(row);
    }
    grid.say_filtered("Thread", count, &filter.text(), &mut context.out)?;
    context.out.warn(not_all(&lacks))
}

/// The threads of a process.
fn of_process<'s>(process: Process<'s>) -> Result<Vec<Result<Thread<'s>, Lack>>, CommandError> {
    Ok(known_threads_of(&process)?.collect())
}

/// A thread that is listed, and the function that it waits in where that was asked for.
type Chosen<'s> = (Thread<'s>, Result<Option<String>, Lack>);

/// The threads that a filter lets through.
fn chosen<'s>(
    threads: Vec<Result<Thread<'s>, Lack>>,
    filter: &Filter,
    functions: bool,
    out: &mut Out<'_>,
) -> Result<(Vec<Chosen<'s>>, Vec<String>), CommandError> {
    let mut lacks = Vec::new();
    let mut taken = Vec::new();
    for thread in threads {
        out.check()?;
        match thread {
            Ok(thread) if filter.takes(&thread) => taken.push(thread),
            Ok(_) => {}
            Err(Lack::Stopped) => return Err(CommandError::Cancelled),
            Err(why) => lacks.push(why.to_string()),
        }
    }
    if !functions && filter.module.is_none() {
        return Ok((taken.into_iter().map(|thread| (thread, Ok(None))).collect(), lacks));
    }
    let mut rows = Vec::new();
    let mut walking = Walking::of(taken.len());
    walk_told(taken.into_iter().map(Ok), &mut walking, out, &mut lacks, |walked, _| {
        let WalkedThread { thread, space, stack } = walked;
        let has = |stack: &Stack| filter.module.as_ref().is_none_or(|name| has_module(stack, &space, name));
        if stack.as_ref().is_ok_and(has) || stack.is_err() && filter.module.is_none() {
            let function = stack.map(|stack| blocker_name(&stack, &space).filter(|_| functions));
            rows.push((thread, function));
        }
        Ok(())
    })?;
    Ok((rows, lacks))
}

/// Whether a module of that name has a frame on a stack.
pub(super) fn has_module(stack: &Stack, space: &Scope<'_>, name: &str) -> bool {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    stack
        .frames
        .iter()
        .filter_map(|frame| space.modules().at(frame.ip))
        .any(|module| module.name.eq_ignore_ascii_case(stem) || module.image_name.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::{Field, Line, Table};
    use crate::util::elapsed;

    /// Rows of a public transcript of `!lt`, made of their values.
    #[test]
    fn rows_stand_in_the_columns_of_a_real_transcript() {
        let rows = [
            (0xffff_a389_b3cd_b080u64, 0xf34u64, "Waiting", 652_531u64, "UserRequest"),
            (0xffff_a389_b412_0080, 0x12b0, "Waiting", 265, "UserRequest"),
            (0xffff_a389_b411_a080, 0x12c8, "Running", 15, "UserRequest"),
            (0xffff_a389_b40f_5080, 0x1314, "Waiting", 1_548_875, "WrQueue"),
        ];
        let hex = |value| Cell::new(Field::Hex(value));
        let cells: Vec<Vec<Cell>> = rows
            .map(|(thread, id, state, millis, reason)| {
                let time = Cell::new(millis).shown(elapsed::short(millis * 10_000));
                vec![
                    "Sysmon.exe".into(),
                    hex(0xf30),
                    hex(thread).digits(16),
                    hex(id),
                    state.into(),
                    time,
                    reason.into(),
                ]
            })
            .into();
        let columns: Vec<Column> = IDENTITY.into_iter().chain(STATE).collect();
        let table = Table::new("thread", &columns).fitted(&cells).ruled();
        let mut lines: Vec<String> = table.heading.iter().map(Line::plain).collect();
        lines.extend(cells.into_iter().map(|row| table.row(row).lines[0].plain()));
        assert_eq!(
            lines,
            [
                "Process    PID Thread             Id State         Time Reason",
                "========== === ================ ==== ======= ========== ===========",
                "Sysmon.exe f30 ffffa389b3cdb080  f34 Waiting 10m:52.531 UserRequest",
                "Sysmon.exe f30 ffffa389b4120080 12b0 Waiting      265ms UserRequest",
                "Sysmon.exe f30 ffffa389b411a080 12c8 Running       15ms UserRequest",
                "Sysmon.exe f30 ffffa389b40f5080 1314 Waiting 25m:48.875 WrQueue",
            ]
        );
    }
}
