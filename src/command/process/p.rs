//! `!p` of MEX: a process in one row, its command line, its memory.

use super::processes::{self, Which, is_called, listed};
use crate::command::line::Out;
use crate::command::show::missing::Missing;
use crate::command::show::process_cells::{named, pages, size, size_if_any};
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::debuggee::{Lack, Scope};
use crate::kernel::Process;
use crate::output::{Action, Cell, Column, Field, Line, Record, Role, Table};
use crate::symbols::wildcard::Wildcard;
use crate::util::filetime::{Zone, american};

/// `!p`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!p"],
    group: Group::Kernel,
    arguments: &[Argument::new("[PROCESS]", Expects::Expression)],
    summary: "Shows a process in a row: ids, creation, user, counts; its command line and memory",
    help: "PROCESS is an EPROCESS address, an id or a name; several of a name are a row each. Command line and modules stand \
           in the process's own memory. The user is the account of the logon, where the kernel keeps it, else the name \
           that every Windows gives the SID, else the SID.\n\n\
           kd> !mex.p ffffa389b2f09080\n\
           Name      Address                  Ses PID         Parent      PEB              Create Time                Mods Handle Thrd User Name\n\
           ========= ======================== === =========== =========== ================ ========================== ==== ====== ==== =========\n\
           lsass.exe ffffa389b2f09080 (E|K|O)   0 38c (0n908) 2d4 (0n724) 0000005b6c0e6000 08/13/2023 04:19:06.206 AM   88      0    8 WORKGROUP\\PC$",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

const COLUMNS: [Column; 11] = [
    Column::left("name", "Name", 0),
    Column::left("address", "Address", 0),
    Column::right("session_id", "Ses", 0),
    Column::left("process_id", "PID", 0),
    Column::left("parent_process_id", "Parent", 0),
    Column::left("peb", "PEB", 0),
    Column::left("create_time", "Create Time", 0),
    Column::right("modules", "Mods", 0),
    Column::right("handles", "Handle", 0),
    Column::right("threads", "Thrd", 0),
    Column::left("user", "User Name", 0),
];

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let which = Which::read((!args.text.is_empty()).then_some(args.text), context)?;
    let zone = context.session.settings.zone.clone();
    let scope = context.session.scope();
    let found = find(&which, &scope, &mut context.out)?;
    let rows: Vec<Vec<Cell>> = found.iter().map(|process| row(process, &zone)).collect();
    let table = Table::new("process", &COLUMNS).fitted(&rows).ruled();
    let mut missing = Missing::default();
    let out = &mut context.out;
    out.within(table.clone(), |out| {
        rows.into_iter().try_for_each(|cells| {
            let row = table.row(cells);
            missing.note(&row);
            out.emit(row)
        })
    })?;
    match found.as_slice() {
        [process] => details(process, &mut missing, out)?,
        several => {
            out.blank()?;
            let count = Cell::new(several.len() as u64);
            out.emit(Record::new("count").label("Count: ").cell("shown", count))?;
        }
    }
    missing.say(out)
}

/// The processes that were asked for.
fn find<'s>(
    which: &Which,
    scope: &'s Scope<'s>,
    out: &mut Out<'_>,
) -> Result<Vec<Process<'s>>, CommandError> {
    let fits = |process: &Process<'_>| match which {
        Which::Id(id) => process.id() == Ok(*id),
        Which::Named(name) => is_called(process, &Wildcard::new(name)),
        Which::All | Which::At(_) => true,
    };
    if let Which::At(address) = which {
        return processes::process_argument(scope, Some(*address)).map(|process| vec![process]);
    }
    let mut found = Vec::new();
    for process in listed(scope)? {
        match process {
            Ok(process) if fits(&process) => found.push(process),
            Ok(_) => {}
            Err(Lack::Stopped) => return Err(CommandError::Cancelled),
            Err(why) => out.warn(Some(format!("not all processes are known: {why}")))?,
        }
    }
    match (found.is_empty(), which) {
        (true, Which::Named(name)) => Err(CommandError::Missing(format!("no process is called {name}"))),
        (true, Which::Id(id)) => Err(CommandError::Missing(format!("no process has the id {id:x}"))),
        _ => Ok(found),
    }
}

fn row(process: &Process<'_>, zone: &Zone) -> Vec<Cell> {
    let own = process.address();
    let both = |id: Result<u64, Lack>| {
        let shown = id.as_ref().map_or(String::new(), |id| format!("{id:x} (0n{id})"));
        Cell::new(id.map(Field::Hex)).shown(shown)
    };
    let created = process.create_time();
    let shown = created.as_ref().ok().and_then(|created| american(*created, zone)).unwrap_or_default();
    let address = Cell::new(Field::Address(own)).shown(format!("{own:016x} (E|K|O)"));
    let modules = match process.peb() {
        Ok(0) => Ok(0),
        _ => process.ask_peb(|peb| peb.modules()?.try_fold(0u64, |count, module| module.map(|_| count + 1))),
    };
    vec![
        named(process, process.name()),
        address.link(Action::Process(own)),
        Cell::new(process.session_id()).absent("none").mark("?"),
        both(process.id()),
        both(process.parent_id()),
        Cell::new(process.peb().map(Field::Address)).digits(16).follow(|_| Action::Peb(own)),
        Cell::new(created.map(Field::Time)).shown(shown).role(Role::Value),
        Cell::new(modules).mark("?"),
        Cell::new(process.handle_count()).mark("?"),
        Cell::new(process.active_threads()).mark("?"),
        user(process),
    ]
}

fn user(process: &Process<'_>) -> Cell {
    let token = match process.token() {
        Ok(token) => token,
        Err(why) => return Cell::new(Field::from(why)),
    };
    let name = token.account().or_else(|_| {
        let sid = token.user()?;
        Ok(sid.name().map_or_else(|| sid.to_string(), |(_, name)| name))
    });
    Cell::new(name).role(Role::Text).link(Action::Token(token.address()))
}

/// What is said of one process alone.
fn details(process: &Process<'_>, missing: &mut Missing, out: &mut Out<'_>) -> Result<(), CommandError> {
    let own = process.address();
    let mut say = |record: Record, out: &mut Out<'_>| {
        missing.note(&record);
        out.emit(record)
    };
    out.blank()?;
    let text = |title: &str, key: &'static str, value: Result<String, Lack>| {
        Record::new("process_text").label(title).cell(key, Cell::new(value).role(Role::Text))
    };
    if process.peb() != Ok(0) {
        say(text("Command Line: ", "command_line", process.command_line()), out)?;
    }
    match process.image_file() {
        Err(Lack::Null { .. }) => {}
        path => say(text("Image Path:   ", "image_path", path), out)?,
    }
    if process.peb() != Ok(0) {
        out.blank()?;
    }
    out.emit(Line::new().role(Role::Label, "Memory Details:"))?;
    out.blank()?;
    say(memory(process), out)?;
    out.blank()?;
    let place = format!("{own:016x}");
    out.emit(
        Line::of("Show: ").link(Role::Value, format!("!peb /p {place}"), Action::Peb(own)).text("    ").link(
            Role::Value,
            format!("!vad /p {place}"),
            Action::AddressSpace(own),
        ),
    )?;
    out.blank()?;
    out.emit(
        Line::of("Show Threads: ")
            .link(Role::Value, "Unique Stacks", Action::UniqueStacks(own))
            .text("    ")
            .link(Role::Value, format!("!mex.listthreads (!lt) {place}"), Action::ThreadList(own))
            .text("    ")
            .link(Role::Value, format!("!process {place} 7"), Action::ProcessThreads(own)),
    )
}

/// The sizes under their titles; paged pool only where there is any.
fn memory(process: &Process<'_>) -> Record {
    struct Size {
        title: &'static str,
        key: &'static str,
        at_right: bool,
        cell: Cell,
    }
    let size_of = |title, key, at_right, cell| Size { title, key, at_right, cell };
    let mut sizes = vec![
        size_of("VM", "virtual_size", false, size(process.virtual_size())),
        size_of("Peak", "peak_virtual_size", false, size(process.peak_virtual_size())),
        size_of("Commit Size", "commit", true, pages(process.commit_charge())),
    ];
    if process.paged_pool() != Ok(0) {
        sizes.push(size_of("PP Quota", "paged_pool", false, size_if_any(process.paged_pool())));
    }
    sizes.push(size_of("NPP Quota", "nonpaged_pool", true, size(process.nonpaged_pool())));
    let widths: Vec<usize> = sizes.iter().map(|size| size.title.len().max(size.cell.columns())).collect();
    let mut record = Record::new("process_memory").text("   ");
    for (size, width) in sizes.iter().zip(&widths) {
        record = record.text(" ").show(Cell::new(size.title).role(Role::Label).left(*width));
    }
    record = record.line("   ");
    for width in &widths {
        record = record.text(" ").label("=".repeat(*width));
    }
    record = record.line("   ");
    for (size, width) in sizes.into_iter().zip(widths) {
        let cell = if size.at_right { size.cell.right(width) } else { size.cell.left(width) };
        record = record.text(" ").cell(size.key, cell);
    }
    record
}
