//! `!tl` of MEX: all processes, a row each.

mod order;
mod states;

use self::order::{Key, as_tree};
use super::processes::listed;
use crate::command::line::Out;
use crate::command::show::missing::Missing;
use crate::command::show::process_cells::{self, named, pages, size, size_if_any, time};
use crate::command::{
    Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs, Switch, Switches, Takes,
};
use crate::debuggee::{Lack, Scope};
use crate::kernel::{Clock, Process, Processor};
use crate::output::{Action, Cell, Column, Field, Line, Record, Role, Table};

/// `!tl`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!tl"],
    group: Group::Kernel,
    switches: Switches::words(&[
        Switch::flag("-t", "how many threads run, are ready, are blocked ..."),
        Switch::flag("-mem", "sizes: address space, commit, pool"),
        Switch::flag("-cpu", "how long each ran"),
        Switch::flag("-cl", "command lines"),
        Switch::flag("-z", "zombies: those that have ended and are still referenced"),
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
    help: "NAME filters as -n does. Processes come in the order of their creation; -sort sorts upwards, so that the most \
           stands last, with a column of what is sorted by. Columns of -t: Rn running, Ry ready, Bk blocked by a mutex, a \
           push lock or a rundown, Lc waiting for the answer of a server thread, IO for pages to be read or written, Er \
           for an ERESOURCE. MEX's columns !! and Awe Size are left out: what they count is told nowhere. Times are those \
           of all threads, living and ended. Zombies, which have ended and have no threads, are counted; -z lists them \
           instead. A process whose memory can be seen is told apart by its service (svchost.exe(Schedule)); *32 runs \
           32-bit code.\n\n\
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
    let (zombies, living): (Vec<_>, Vec<_>) = gather(&scope, out)?.into_iter().partition(Row::is_zombie);
    let (mut rows, mut left_out) = if args.has("-z") { (zombies, Vec::new()) } else { (living, zombies) };
    let all = rows.len();
    if let Some(filter) = &filter {
        let has = |row: &Row<'_>| row.name.as_ref().is_ok_and(|name| name.to_lowercase().contains(filter));
        rows.retain(has);
        left_out.retain(has);
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
    if !left_out.is_empty() {
        out.emit(not_displayed(left_out.len()))?;
    }
    missing.say(out)
}

/// How many zombies there are, and the way to them.
fn not_displayed(zombies: usize) -> Record {
    let way = Line::of(" [").link(Role::Value, "zombie report", Action::Run("!tl -z")).text("]");
    Record::new("zombies")
        .role(Role::Warning, "Warning! Zombie process(es) detected (not displayed). Count: ")
        .cell("zombies", zombies as u64)
        .spans(way)
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

impl Row<'_> {
    /// Whether the process has ended, has no threads and is still referenced by somebody.
    fn is_zombie(&self) -> bool {
        self.process.has_exited() == Ok(true) && self.process.active_threads() == Ok(0)
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

fn columns(args: &Args<'_>, sort: Option<Key>) -> Vec<Column> {
    let mut columns = vec![
        Column::left("process_id", "PID", 0),
        Column::left("address", "Address", 0),
        Column::left("name", "Name", 0),
    ];
    columns.extend(sort.and_then(Key::column).map(|(column, _)| column));
    if args.has("-t") {
        columns.extend(states::columns());
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
        cells.extend(states::cells(process));
    }
    if args.has("-mem") {
        let shared = process.shared_commit().map(|pages| pages.saturating_mul(4096));
        cells.extend([
            size(process.virtual_size()),
            size(process.peak_virtual_size()),
            size_if_any(shared),
            pages(process.commit_charge()),
            size_if_any(process.paged_pool()),
            size_if_any(process.nonpaged_pool()),
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

/// How wide the ids are in both bases.
fn id_widths(rows: &[Row<'_>]) -> [usize; 2] {
    let mut widths = [0, 0];
    for id in rows.iter().filter_map(|row| row.process.id().ok()) {
        widths[0] = widths[0].max(format!("{id:#x}").len());
        widths[1] = widths[1].max(format!("0n{id}").len());
    }
    widths
}
