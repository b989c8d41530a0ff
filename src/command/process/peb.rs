//! `!peb`: what a process knows of itself: its modules, how it was started, its environment.

use super::processes::process_argument;
use crate::command::line::Out;
use crate::command::show::missing::Missing;
use crate::command::{
    Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs, Switch, Switches, Takes,
};
use crate::debuggee::{Lack, Object, Scope};
use crate::kernel::{LoadedModule, Peb};
use crate::output::{Cell, Column, Field, Line, Record, Role, Table};
use crate::util::filetime::{Zone, date_unix};

/// `!peb`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!peb"],
    group: Group::Kernel,
    switches: Switches::letters(&[Switch::with(
        "/p",
        Takes::Value,
        "PROCESS",
        "the PEB of another process, by its EPROCESS",
    )]),
    arguments: &[Argument::new("[ADDRESS]", Expects::Expression)],
    summary: "Shows a process's PEB: modules, command line, directories, environment",
    help: "Without ADDRESS that of the current process. It lies in the process's own memory, which kernel and triage dumps \
           mostly lack: then the reason is said.\n\n\
           kd> !peb\n\
           PEB at 000000c554400000\n    \
           InheritedAddressSpace:    No\n    \
           ImageBaseAddress:         00007ff62a410000",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

/// What stands where a text cannot be read.
const NOT_READABLE: &str = "< Name not readable >";

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let address = context.evaluate_any(args.text)?;
    let zone = context.session.settings.zone.clone();
    let current = context.session.process();
    let process = args.number("/p").or(current);
    let scope = context.session.scope();
    let out = &mut context.out;
    if let (Some(address), None) = (address, args.number("/p")) {
        return show(&Peb::at(&scope, address)?, &zone, out);
    }
    let process = process_argument(&scope, process)?;
    let address = match address {
        Some(address) => address,
        None => process.peb()?,
    };
    if address == 0 {
        let name = process.name().unwrap_or_default();
        return out.emit(Line::of(format!("{name} has no PEB: it runs in the kernel alone")));
    }
    // What is looked at already may be more than the page tables of a damaged dump allow.
    let own: Option<Scope<'_>> = match scope.process() == Some(process.address()) {
        true => None,
        false => Some(scope.of_process(process.address())?),
    };
    show(&Peb::at(own.as_ref().unwrap_or(&scope), address)?, &zone, out)
}

fn show(peb: &Peb<'_>, zone: &Zone, out: &mut Out<'_>) -> Result<(), CommandError> {
    let mut missing = Missing::default();
    // Of a PEB whose page is not there nothing is known but where it is.
    if let (Err(why), Err(_)) = (peb.number("Ldr"), peb.number("BeingDebugged")) {
        out.emit(place(peb).field("why", why.clone()))?;
        missing.add(&why.to_string());
        return missing.say(out);
    }
    let head = head(peb);
    missing.note(&head);
    out.emit(head)?;
    modules(peb, zone, out)?;
    let tail = tail(peb);
    missing.note(&tail);
    out.emit(tail)?;
    match peb.environment() {
        Ok(variables) => variables.into_iter().try_for_each(|text| {
            let (name, value) = text.split_once('=').unwrap_or((&text, ""));
            let record = Record::new("variable").field("name", name).field("value", value);
            out.emit(record.text("        ").text(&text))
        })?,
        Err(Lack::Stopped) => return Err(CommandError::Cancelled),
        Err(why) => {
            out.emit(Line::of("       Unable to read Environment string."))?;
            missing.add(&why.to_string());
        }
    }
    missing.say(out)
}

/// Begins a line with a label; values stand at a column.
fn label(record: Record, text: &str, column: usize) -> Record {
    record.line("    ").text(text).pad_to(column)
}

fn yes_no(value: Result<u64, Lack>) -> Cell {
    let shown = if value.as_ref().is_ok_and(|value| *value != 0) { "Yes" } else { "No" };
    Cell::new(value.map(|value| value != 0)).shown(shown)
}

fn pointer(value: Result<u64, Lack>) -> Cell {
    Cell::new(value.map(Field::Address)).digits(16)
}

fn place(peb: &Peb<'_>) -> Record {
    let address = Cell::new(Field::Address(peb.address())).digits(16);
    Record::new("peb").text("PEB at ").cell("address", address)
}

fn head(peb: &Peb<'_>) -> Record {
    const VALUES: usize = 30;
    let mut record = Record::new("peb")
        .text("PEB at ")
        .cell("address", Cell::new(Field::Address(peb.address())).digits(16));
    for (member, key) in [
        ("InheritedAddressSpace", "inherited_address_space"),
        ("ReadImageFileExecOptions", "read_image_file_exec_options"),
        ("BeingDebugged", "being_debugged"),
    ] {
        record = label(record, &format!("{member}:"), VALUES).cell(key, yes_no(peb.number(member)));
    }
    record = label(record, "ImageBaseAddress:", VALUES)
        .cell("image_base", pointer(peb.number("ImageBaseAddress")));
    for (member, key) in [("NtGlobalFlag", "global_flag"), ("NtGlobalFlag2", "global_flag2")] {
        // The second came with Windows 10.
        match peb.number(member) {
            Err(Lack::NoMember { .. }) => {}
            value => {
                record =
                    label(record, &format!("{member}:"), VALUES).cell(key, Cell::new(value.map(Field::Hex)))
            }
        }
    }
    record = label(record, "Ldr", VALUES).cell("loader", pointer(peb.number("Ldr")));
    let loader = peb.loader();
    let member = |path: &str| loader.clone().and_then(|loader| loader.field(path)?.u64());
    record = label(record, "Ldr.Initialized:", VALUES).cell("initialized", yes_no(member("Initialized")));
    for (list, key) in [
        ("InInitializationOrderModuleList", "in_initialization_order"),
        ("InLoadOrderModuleList", "in_load_order"),
        ("InMemoryOrderModuleList", "in_memory_order"),
    ] {
        record = label(record, &format!("Ldr.{list}:"), 41)
            .cell(key, pointer(member(&format!("{list}.Flink"))))
            .text(" . ")
            .show(pointer(member(&format!("{list}.Blink"))));
    }
    record
}

const COLUMNS: [Column; 4] = [
    Column::right("base", "", 24),
    Column::left("time_stamp", "", 8),
    Column::left("date", "", 20),
    Column::left("path", "", 0),
];
const HEADING: &str = "                    Base TimeStamp                     Module";

fn modules(peb: &Peb<'_>, zone: &Zone, out: &mut Out<'_>) -> Result<(), CommandError> {
    let table = Table::new("loaded_module", &COLUMNS).headed(Line::new().role(Role::Label, HEADING));
    let row = table.clone();
    out.within(table, |out| out.rows(peb.modules(), |module| row.row(cells(&module, zone))))
}

fn cells(module: &LoadedModule<'_>, zone: &Zone) -> [Cell; 4] {
    let base = module.base().map(Field::Address);
    let stamp = module.time_stamp();
    let date = stamp
        .clone()
        .map(|stamp| u32::try_from(stamp).ok().and_then(|stamp| date_unix(stamp, zone)).unwrap_or_default());
    [
        Cell::new(base).digits(1),
        Cell::new(stamp.map(Field::Hex)).digits(8),
        Cell::new(date).mark("").role(Role::Text),
        Cell::new(module.path()).mark(NOT_READABLE).role(Role::Text),
    ]
}

fn tail(peb: &Peb<'_>) -> Record {
    const VALUES: usize = 23;
    let mut record = Record::new("peb_parameters");
    for (member, key) in [
        ("SubSystemData", "sub_system_data"),
        ("ProcessHeap", "process_heap"),
        ("ProcessParameters", "process_parameters"),
    ] {
        record = label(record, &format!("{member}:"), VALUES).cell(key, pointer(peb.number(member)));
    }
    let parameters = peb.parameters();
    let text = |path: &str| {
        let member = |parameters: Object<'_>| parameters.field(path)?.text();
        Cell::new(parameters.clone().and_then(member)).mark(NOT_READABLE).role(Role::Text)
    };
    for (path, title, key, column) in [
        ("CurrentDirectory.DosPath", "CurrentDirectory:", "current_directory", VALUES),
        ("WindowTitle", "WindowTitle:", "window_title", 18),
        ("ImagePathName", "ImageFile:", "image_file", 18),
        ("CommandLine", "CommandLine:", "command_line", 18),
        ("DllPath", "DllPath:", "dll_path", 18),
    ] {
        record = label(record, title, column).text("'").cell(key, text(path)).text("'");
    }
    let environment = parameters.and_then(|parameters| parameters.field("Environment")?.u64());
    label(record, "Environment:", 18).cell("environment", pointer(environment))
}
