//! `!tl` of MEX: all processes, a row each.

use super::processes::listed;
use crate::command::line::Out;
use crate::command::show::missing::Missing;
use crate::command::show::process_cells::{self, named, pages, size, size_if_any, time};
use crate::command::{
    Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs, Switch, Switches, Takes,
};
use crate::debuggee::{Lack, Scope};
use crate::kernel::{Clock, Irp, Process, Processor, Thread, ThreadState};
use crate::output::{Cell, Column, Field, Record, Role, Table};
use std::collections::{HashMap, HashSet};

/// `!tl`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!tl"],
    group: Group::Kernel,
    switches: Switches::words(&[
        Switch::flag("-t", "how many threads run, are ready, are blocked ..."),
        Switch::flag("-mem", "sizes: address space, commit, pool"),
        Switch::flag("-cpu", "how long each ran"),
        Switch::flag("-cl", "command lines"),
        Switch::flag("-tree", "each under the process that created it"),
        Switch::with(
            "-sort",
            Takes::Name,
            "COLUMN",
            "by pid, name, created, session, thread, handle, vm, commit, cpu",
        ),
        Switch::with("-n", Takes::Name, "NAME", "only those with this text in their name"),
    ])
    .anywhere(),
    arguments: &[Argument::new("[NAME]", Expects::Text)],
    summary: "Lists processes, with the states of their threads, sizes, times or command lines",
    help: "NAME filters as -n does. Processes come in the order of their creation; -sort pid, name, created and session sort \
           upwards, the others downwards, with a column of what is sorted by. Columns of -t: Rn running, Ry ready, Bk \
           blocked by a lock of the kernel's (resource, push lock, mutex, fast mutex, rundown), Lc waiting for a lock of \
           user code (critical section, SRW lock), IO with requests that have not ended. MEX's columns !! and \
           Er are left out: what they count is told nowhere. Times are those of all threads, \
           living and ended. A process whose memory can be seen is told apart by its service (svchost.exe(Schedule)); *32 \
           runs 32-bit code.\n\n\
           kd> !mex.tl lsass\n\
           PID         Address          Name\n\
           =========== ================ =========\n\
           0x390 0n912 ffffa604f683b180 lsass.exe\n\
           =========== ================ =========\n\
           PID         Address          Name",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

/// A process with what its row needs.
struct Row<'s> {
    process: Process<'s>,
    name: Result<String, Lack>,
    /// How deep it stands in the tree.
    depth: usize,
}

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let sort = args.text_of("-sort").map(Key::named).transpose()?;
    let filter = args.text_of("-n").or_else(|| args.words().next()).map(str::to_lowercase);
    let scope = context.session.scope();
    let out = &mut context.out;
    let mut rows = gather(&scope, out)?;
    let all = rows.len();
    if let Some(filter) = &filter {
        let has = |row: &Row<'_>| row.name.as_ref().is_ok_and(|name| name.to_lowercase().contains(filter));
        rows.retain(has);
    }
    let clock = Clock::of(&scope);
    if args.has("-tree") {
        rows = as_tree(rows);
    } else if let Some(key) = sort {
        key.sort(&mut rows, &clock);
    }
    let columns = columns(args, sort);
    let widths = id_widths(&rows);
    let mut cells = Vec::new();
    for row in &rows {
        scope.check()?;
        cells.push(row_cells(row, args, sort, &clock, widths));
    }
    let table = Table::new("process", &columns).fitted(&cells).ruled();
    let mut missing = Missing::default();
    out.within(table.clone(), |out| {
        cells.into_iter().try_for_each(|cells| {
            let row = table.row(cells);
            missing.note(&row);
            out.emit(row)
        })
    })?;
    if !rows.is_empty() {
        table.heading.iter().rev().try_for_each(|line| out.emit(line.clone()))?;
    }
    out.blank()?;
    out.emit(count(rows.len(), all, filter.as_deref()))?;
    missing.say(out)
}

fn count(shown: usize, all: usize, filter: Option<&str>) -> Record {
    let record = Record::new("count").label("Count: ").cell("shown", shown as u64);
    match filter {
        Some(filter) => record
            .text(" of ")
            .cell("all", all as u64)
            .text(", filtered by ")
            .cell("filter", Cell::new(filter).role(Role::Text)),
        None => record.field("all", all as u64),
    }
}

/// All processes, the idle one first, which is in no list.
fn gather<'s>(scope: &'s Scope<'s>, out: &mut Out<'_>) -> Result<Vec<Row<'s>>, CommandError> {
    let mut rows = Vec::new();
    let add = |rows: &mut Vec<Row<'s>>, process: Process<'s>| {
        let name = process_cells::name(&process);
        rows.push(Row { process, name, depth: 0 });
    };
    let idle = Processor::all(scope).find_map(|(_, processor)| {
        let process = processor.ok()?.idle_thread().ok()?.process().ok()?;
        let process = Process::at(scope, process).ok()?;
        // What cannot be read, or is another process, is not the idle one.
        (process.id() == Ok(0)).then_some(process)
    });
    let known = idle.as_ref().map(Process::address);
    idle.into_iter().for_each(|process| add(&mut rows, process));
    for process in listed(scope)? {
        match process {
            Ok(process) if Some(process.address()) == known => {}
            Ok(process) => add(&mut rows, process),
            Err(Lack::Stopped) => return Err(CommandError::Cancelled),
            Err(why) => out.warn(Some(format!("not all processes are known: {why}")))?,
        }
    }
    Ok(rows)
}

/// What rows are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Id,
    Name,
    Created,
    Session,
    Threads,
    Handles,
    VirtualSize,
    Commit,
    Cpu,
}

/// How a value is shown.
type Shown = fn(Result<u64, Lack>) -> Cell;

impl Key {
    fn named(word: &str) -> Result<Key, CommandError> {
        Ok(match word.to_ascii_lowercase().as_str() {
            "pid" | "id" => Key::Id,
            "name" => Key::Name,
            "created" | "time" => Key::Created,
            "session" | "ses" => Key::Session,
            "thread" | "threads" | "thd" => Key::Threads,
            "handle" | "handles" => Key::Handles,
            "vm" => Key::VirtualSize,
            "commit" | "mem" => Key::Commit,
            "cpu" => Key::Cpu,
            _ => {
                let known = "pid, name, created, session, thread, handle, vm, commit, cpu";
                return Err(CommandError::Argument(format!("-sort {word}: it sorts by {known}")));
            }
        })
    }

    fn value(self, process: &Process<'_>, clock: &Result<Clock<'_>, Lack>) -> Result<u64, Lack> {
        match self {
            Key::Id | Key::Name => process.id(),
            Key::Created => process.create_time(),
            Key::Session => process.session_id().map(|id| id.map_or(0, |id| id + 1)),
            Key::Threads => process.active_threads(),
            Key::Handles => process.handle_count(),
            Key::VirtualSize => process.virtual_size(),
            Key::Commit => process.commit_charge(),
            Key::Cpu => {
                let [user, kernel] = process_cells::times(process, clock);
                Ok(user?.saturating_add(kernel?))
            }
        }
    }

    /// What is not known comes last.
    fn sort(self, rows: &mut [Row<'_>], clock: &Result<Clock<'_>, Lack>) {
        match self {
            Key::Name => rows.sort_by_cached_key(|row| row.name.clone().unwrap_or_default().to_lowercase()),
            Key::Id | Key::Created | Key::Session => {
                rows.sort_by_cached_key(|row| self.value(&row.process, clock).unwrap_or(u64::MAX));
            }
            _ => rows.sort_by_cached_key(|row| {
                std::cmp::Reverse(self.value(&row.process, clock).map_or(-1, i128::from))
            }),
        }
    }

    /// The column that it adds.
    fn column(self) -> Option<(Column, Shown)> {
        let plain: Shown = |value| Cell::new(value).mark("?");
        Some(match self {
            Key::Id | Key::Name => return None,
            Key::Created => (Column::left("create_time", "Create Time", 0), |time| {
                Cell::new(time.map(Field::Time)).mark("?")
            }),
            Key::Session => (Column::right("session_id", "Ses", 0), |id| match id {
                Ok(0) => Cell::new(Field::Null),
                id => Cell::new(id.map(|id| id - 1)).mark("?"),
            }),
            Key::Threads => (Column::right("threads", "Thd", 0), plain),
            Key::Handles => (Column::right("handles", "Handle", 0), plain),
            Key::VirtualSize => (Column::right("virtual_size", "VM", 0), size),
            Key::Commit => (Column::right("commit", "Commit Size", 0), pages),
            Key::Cpu => (Column::right("total_time", "Total", 0), time),
        })
    }
}

/// Each process after the one that created it. A creator that has ended, or whose id went to a younger process, is none.
fn as_tree(rows: Vec<Row<'_>>) -> Vec<Row<'_>> {
    let by_id: HashMap<u64, usize> =
        rows.iter().enumerate().filter_map(|(at, row)| Some((row.process.id().ok()?, at))).collect();
    let parent = |row: &Row<'_>, own: usize| {
        let at = *by_id.get(&row.process.parent_id().ok()?)?;
        let creator = rows.get(at)?;
        let older = creator.process.create_time().ok()? <= row.process.create_time().ok()?;
        (at != own && older).then_some(at)
    };
    let parents: Vec<Option<usize>> = rows.iter().enumerate().map(|(at, row)| parent(row, at)).collect();
    let mut children: HashMap<Option<usize>, Vec<usize>> = HashMap::new();
    for (at, parent) in parents.iter().enumerate() {
        children.entry(*parent).or_default().push(at);
    }
    // Damaged ids may make a ring of creators: whoever no root leads to comes last.
    let mut order: Vec<(usize, usize)> = Vec::new();
    let mut seen = HashSet::new();
    let mut visit = |start: usize, order: &mut Vec<(usize, usize)>| {
        let mut stack = vec![(start, 0)];
        while let Some((at, depth)) = stack.pop() {
            if seen.insert(at) {
                order.push((at, depth));
                let below = children.get(&Some(at)).into_iter().flatten().rev();
                stack.extend(below.map(|child| (*child, depth + 1)));
            }
        }
    };
    children.get(&None).into_iter().flatten().for_each(|root| visit(*root, &mut order));
    (0..rows.len()).for_each(|at| visit(at, &mut order));
    let mut rows: Vec<Option<Row<'_>>> = rows.into_iter().map(Some).collect();
    let place =
        |(at, depth): (usize, usize)| rows.get_mut(at).and_then(Option::take).map(|row| Row { depth, ..row });
    order.into_iter().filter_map(place).collect()
}

fn columns(args: &Args<'_>, sort: Option<Key>) -> Vec<Column> {
    let mut columns = vec![
        Column::left("process_id", "PID", 0),
        Column::left("address", "Address", 0),
        Column::left("name", "Name", 0),
    ];
    columns.extend(sort.and_then(Key::column).map(|(column, _)| column));
    if args.has("-t") {
        let counts = [("running", "Rn"), ("ready", "Ry"), ("blocked", "Bk"), ("lock", "Lc"), ("io", "IO")];
        columns.extend(counts.map(|(key, title)| Column::right(key, title, 2).yields(1)));
    }
    if args.has("-mem") {
        let sizes = [
            ("virtual_size", "VM"),
            ("peak_virtual_size", "Peak"),
            ("shared_commit", "Shared"),
            ("commit_charge", "Commit Size"),
            ("paged_pool", "PP Quota"),
            ("nonpaged_pool", "NPP Quota"),
        ];
        columns.extend(sizes.map(|(key, title)| Column::right(key, title, 0).yields(1)));
    }
    if args.has("-cpu") {
        let times = [("user_time", "User"), ("kernel_time", "Kernel"), ("cpu_time", "Total")];
        columns.extend(times.map(|(key, title)| Column::right(key, title, 0).yields(1)));
    }
    if args.has("-cl") {
        columns.push(Column::left("command_line", "Command Line", 0));
    }
    columns
}

fn row_cells<'s>(
    row: &Row<'s>,
    args: &Args<'_>,
    sort: Option<Key>,
    clock: &Result<Clock<'s>, Lack>,
    widths: [usize; 2],
) -> Vec<Cell> {
    let process = &row.process;
    let indented = row.name.clone().map(|name| format!("{}{name}", "  ".repeat(row.depth.min(32))));
    let mut cells =
        vec![process_cells::id(process, widths), process_cells::address(process), named(process, indented)];
    cells.extend(sort.and_then(|key| Some((key.column()?.1)(key.value(process, clock)))));
    if args.has("-t") {
        cells.extend(thread_counts(process));
    }
    if args.has("-mem") {
        let shared = process.shared_commit().map(|pages| pages.saturating_mul(4096));
        cells.extend([
            size(process.virtual_size()),
            size(process.peak_virtual_size()),
            size_if_any(shared),
            pages(process.commit_charge()),
            size_if_any(process.paged_pool()),
            size(process.nonpaged_pool()),
        ]);
    }
    if args.has("-cpu") {
        let [user, kernel] = process_cells::times(process, clock);
        let total = user.clone().and_then(|user| Ok(user.saturating_add(kernel.clone()?)));
        cells.extend([time(user), time(kernel), time(total)]);
    }
    if args.has("-cl") {
        let line = match process.peb() {
            Ok(0) => Cell::new(Field::Null),
            _ => Cell::new(process.command_line()).role(Role::Text),
        };
        cells.push(line);
    }
    cells
}

/// Wait reasons of those who wait for a lock of the kernel's, and for one of user code's.
const BLOCKED: [&str; 6] =
    ["WrResource", "WrPushLock", "WrMutex", "WrFastMutex", "WrGuardedMutex", "WrRundown"];
const LOCKED: [&str; 2] = ["WrAlertByThreadId", "WrKeyedEvent"];

/// How many of its threads run, are ready, are blocked, wait for a lock, have requests; a dot for none.
fn thread_counts(process: &Process<'_>) -> [Cell; 5] {
    let counted = count_threads(process);
    std::array::from_fn(|at| {
        let count = counted.as_ref().map(|counts| counts.get(at).copied().unwrap_or(0));
        let shown = match count {
            Ok(0) => ".".to_owned(),
            Ok(count) => count.to_string(),
            Err(_) => String::new(),
        };
        Cell::new(count.map_err(Clone::clone)).shown(shown).mark("?")
    })
}

/// Whether a processor has nothing to do.
fn idles(processor: &Result<Processor<'_>, Lack>) -> bool {
    processor.as_ref().is_ok_and(|processor| match (processor.current_thread(), processor.idle_thread()) {
        (Ok(current), Ok(idle)) => current.address() == idle.address(),
        _ => false,
    })
}

fn count_threads(process: &Process<'_>) -> Result<[u64; 5], Lack> {
    let [mut running, mut ready, mut blocked, mut locked, mut requests] = [0u64; 5];
    // Threads of the Idle process are in no list: those that have a processor now are told.
    if process.id() == Ok(0) {
        running =
            Processor::all(process.object().scope()).filter(|(_, processor)| idles(processor)).count() as u64;
    }
    for thread in Thread::of_process(process)? {
        let thread = thread?;
        match thread.state()? {
            ThreadState::RUNNING => running += 1,
            state if state.is_ready() => ready += 1,
            ThreadState::WAITING => {
                let reason = thread.wait_reason()?.to_string();
                blocked += u64::from(BLOCKED.contains(&reason.as_str()));
                locked += u64::from(LOCKED.contains(&reason.as_str()));
            }
            _ => {}
        }
        // A thread with any request at all; a list that cannot be followed begins with one.
        requests += u64::from(Irp::of_thread(&thread)?.next().is_some());
    }
    Ok([running, ready, blocked, locked, requests])
}

/// How wide the ids are in both bases.
fn id_widths(rows: &[Row<'_>]) -> [usize; 2] {
    let mut widths = [0, 0];
    for id in rows.iter().filter_map(|row| row.process.id().ok()) {
        widths[0] = widths[0].max(format!("{id:#x}").len());
        widths[1] = widths[1].max(format!("0n{id}").len());
    }
    widths
}
