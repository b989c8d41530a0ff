//! `!di`: one block for the ticket.

mod machine;
mod symbol_state;

use crate::command::system::{cn, time, vertarget};
use crate::command::{Args, CommandError, CommandSpec, Context, Group, Needs, Switch, Switches};
use crate::dump::{DumpFile, DumpKind};
use crate::output::{Cell, Field, Line, Record, Role};

/// `!di`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!di", "!dumpinfo"],
    group: Group::Analysis,
    switches: Switches::letters(&[Switch::flag(
        "-v",
        "loads the symbols of all modules first, so that they are counted as what they are",
    )]),
    summary: "Shows what a ticket needs: computer, Windows, times, machine, bug check, file, symbols",
    help: "What the dump does not hold is unknown: the maker of the machine stands in its tagged data, the computer's name \
           in the memory of its processes. Symbols that nothing needed yet are deferred; -v loads them.\n\n\
           kd> !di\n\
           Computer Name:  Not Found\n\
           Windows 10 Kernel Version 19041 MP (2 procs) Free x64\n\
           Product: WinNt, suite: TerminalServer SingleUserTS\n\
           Edition build lab: 19041.928.amd64fre.vb_release.210401-1200\n\
           Kernel base = 0xfffff807`61400000 PsLoadedModuleList = 0xfffff807`614053c8\n\
           Debug session time: Tue May 18 19:16:37.245 2021 (UTC + 0:00)\n\
           System Uptime: 0 days 0:30:15.474\n\
           SystemManufacturer = unknown\n\
           SystemProductName = unknown\n\
           Processor: GenuineIntel Family 6 Model 158 Stepping 10\n\
           Bugcheck: 1E (FFFFFFFF80000003, FFFFF807650610FB, 0, 0)\n\
           KernelMode Full Memory Dump Path: wifi.dmp\n\n\
           Physical memory: 11.6 MB\n\
           Symbols: 6 modules: 1 private pdb symbols, 5 deferred\n\
           Kernel types: private PDB",
    needs: Needs::Dump,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    args.none()?;
    if args.has("-v") {
        symbol_state::load(context)?;
    }
    block(context)?;
    context.out.blank()?;
    let records = symbol_state::records(context)?;
    records.into_iter().try_for_each(|record| context.out.emit(record))
}

/// The block, which `!crash` shows as well.
///
/// # Errors
/// As [`Context::lack`]; where no dump is open.
pub(super) fn block(context: &mut Context<'_>) -> Result<(), CommandError> {
    let session = &*context.session;
    let dump = session.target.dump()?;
    let records = [
        cn::record(context)?,
        vertarget::version(&session.target, dump.header()),
        time::times(dump.header(), &session.settings.zone),
        machine::record(&session.target, &session.scope()),
        bug_check(dump),
        file(dump),
    ];
    records.into_iter().try_for_each(|record| context.out.emit(record))
}

/// Code and arguments as they are read aloud: without zeros before them.
fn bug_check(dump: &DumpFile) -> Record {
    let header = dump.header();
    let upper = |value: u64| format!("{value:X}");
    let code = u64::from(header.bug_check_code);
    let arguments = header
        .bug_check_parameters
        .map(|argument| Cell::new(Field::Address(argument)).shown(upper(argument)));
    Record::new("bugcheck")
        .label("Bugcheck: ")
        .cell("code", Cell::new(Field::Hex(code)).shown(upper(code)))
        .text(" (")
        .list("arguments", ", ", arguments)
        .text(")")
}

fn file(dump: &DumpFile) -> Record {
    let label = match dump.kind() {
        DumpKind::Full | DumpKind::BitmapFull | DumpKind::DebuggerComplete => {
            "KernelMode Full Memory Dump Path: "
        }
        _ => "KernelMode Dump Path: ",
    };
    Record::new("file").line(Line::new().label(label)).cell("path", Cell::new(dump.title()).role(Role::Value))
}
