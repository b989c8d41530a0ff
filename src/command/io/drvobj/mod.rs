//! `!drvobj`: a driver object.

mod owner;

use crate::command::io::devstack;
use crate::command::line::Out;
use crate::command::show::device::leading;
use crate::command::show::missing::Missing;
use crate::command::show::processor::{code, name};
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::debuggee::{Lack, Scope};
use crate::kernel::irp_function::major_name;
use crate::kernel::{DriverObject, io_flags};
use crate::output::{Action, Cell, Field, Line, Record, Role};
use owner::Owner;

/// `!drvobj`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!drvobj"],
    group: Group::Kernel,
    arguments: &[
        Argument::new("NAME | ADDRESS", Expects::Expression),
        Argument::new("[FLAGS]", Expects::Expression),
    ],
    summary: "Shows a driver object: devices, dispatch routines and who owns them, device stacks",
    help: "The driver is given by its address, its path (\\Driver\\disk) or its name. FLAGS is a sum of 1 (extensions and \
           devices; shown without flags), 2 (entry points, dispatch routines, fast I/O routines) and 4 (the stack of each \
           device). A dispatch routine that lies neither in the driver's image nor in the kernel is told apart: one in \
           a port, class or framework driver is how such drivers are built; any other one is marked, for it is a \
           hook or something that the driver lets another one do. In a triage dump, drivers are found by name among the \
           structures that the file holds.\n\n\
           kd> !drvobj parport 2\n\
           Driver object (fffffa80048d9e70) is for:\n \
           \\Driver\\Parport\n\
           DriverEntry:   fffff880065ea070  parport!GsDriverEntry\n\
           DriverStartIo: 00000000  \n\
           DriverUnload:  fffff880065e131c  parport!PptUnload\n\
           AddDevice:     fffff880065d2008  parport!P5AddDevice\n\n\
           Dispatch routines:\n\
           [00] IRP_MJ_CREATE                      fffff880065d49d0  parport!PptDispatchCreateOpen",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

/// Bits of FLAGS.
const DEVICES: u64 = 1;
const ROUTINES: u64 = 2;
const STACKS: u64 = 4;
/// Devices in a line.
const DEVICES_IN_LINE: usize = 4;

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let mut words = args.words();
    let (Some(asked), flags) = (words.next(), words.next()) else {
        return Err(CommandError::Syntax("!drvobj".to_owned()));
    };
    if let Some(more) = words.next() {
        return Err(CommandError::Syntax(more.to_owned()));
    }
    let flags = flags.map(|flags| context.evaluate(flags)).transpose()?.unwrap_or(DEVICES);
    // A driver's name may be a module's, too, whose value is where its image begins.
    let typed = if asked.starts_with('\\') { None } else { context.evaluate(asked).ok() };
    let scope = context.session.scope();
    let driver = match typed.map(|at| DriverObject::at(&scope, at)) {
        Some(driver) if driver.as_ref().is_ok_and(|driver| driver.is_driver().unwrap_or(false)) => driver?,
        _ => match DriverObject::named(&scope, asked) {
            Ok(driver) => driver,
            Err(Lack::Stopped) => return Err(CommandError::Cancelled),
            Err(why) => return Err(not_found(asked, typed, &why)),
        },
    };
    show(&scope, &driver, flags, &mut context.out)
}

fn not_found(asked: &str, typed: Option<u64>, why: &Lack) -> CommandError {
    let address = typed.map_or(String::new(), |at| format!(", and no driver object lies at {at:016x}"));
    CommandError::Missing(format!("no driver object of the name '{asked}' was found ({why}){address}"))
}

/// A driver object.
fn show<'s>(
    scope: &'s Scope<'s>,
    driver: &DriverObject<'s>,
    flags: u64,
    out: &mut Out<'_>,
) -> Result<(), CommandError> {
    let mut missing = Missing::default();
    let record = heading(driver);
    missing.note(&record);
    out.emit(record)?;
    if flags & DEVICES != 0 {
        extensions(driver, out)?;
        devices(driver, out)?;
    }
    if flags & ROUTINES != 0 {
        routines(scope, driver, &mut missing, out)?;
    }
    if flags & STACKS != 0 {
        out.blank()?;
        out.emit(Line::new().label("Device Object stacks:"))?;
        let devices = driver.devices()?;
        for device in devices {
            out.blank()?;
            match device {
                Ok(device) => match devstack::show(scope, device, out) {
                    Err(CommandError::Missing(why)) => out.emit(Line::new().role(Role::Warning, why))?,
                    outcome => outcome?,
                },
                Err(why) => out.lacking(why)?,
            }
        }
    }
    missing.say(out)
}

fn heading(driver: &DriverObject<'_>) -> Record {
    let at = driver.address();
    let flags = driver.number("Flags");
    let names: Vec<&str> =
        flags.as_ref().map_or(Vec::new(), |&flags| io_flags::names_of(flags, io_flags::DRIVER).collect());
    let module = driver.number("DriverStart").ok().and_then(|start| {
        driver.object().scope().target().modules().at(start).map(|module| module.name.clone())
    });
    let name = Cell::new(driver.name()).role(Role::Module);
    let name = match &module {
        Some(module) => name.link(Action::Module(module.as_str().into())),
        None => name,
    };
    Record::new("driver")
        .text("Driver object (")
        .cell(
            "address",
            Cell::new(Field::Address(at)).digits(16).link(Action::object("nt!_DRIVER_OBJECT", at)),
        )
        .text(") is for:")
        .line(" ")
        .cell("name", name)
        .field("module", module)
        .field("flags", flags.map(Field::Hex))
        .field("flag_names", names)
        .field("start", driver.number("DriverStart").map(Field::Address))
        .field("size", driver.number("DriverSize").map(Field::Hex))
}

/// `(fffff8050a9eb290 ffffb60758413180)  `
fn extensions(driver: &DriverObject<'_>, out: &mut Out<'_>) -> Result<(), CommandError> {
    out.emit(Line::new().label("Driver Extension List: (id , addr)"))?;
    match driver.client_extensions() {
        Ok(extensions) if extensions.is_empty() => out.blank(),
        Ok(extensions) => extensions.into_iter().try_for_each(|(id, at)| {
            out.emit(
                Record::new("driver_extension")
                    .text("(")
                    .cell("id", code(Ok(id)))
                    .text(" ")
                    .cell("address", leading(Ok(at), Action::Memory))
                    .text(")  "),
            )
        }),
        Err(Lack::Stopped) => Err(CommandError::Cancelled),
        Err(why) => out.emit(Line::new().role(Role::Dim, format!("Not known: {why}"))),
    }
}

fn devices(driver: &DriverObject<'_>, out: &mut Out<'_>) -> Result<(), CommandError> {
    out.emit(Line::new().label("Device Object list:"))?;
    let (mut found, mut broken) = (Vec::new(), None);
    match driver.devices() {
        Ok(devices) => {
            for device in devices {
                out.check()?;
                match device {
                    Ok(device) => found.push(device),
                    Err(Lack::Stopped) => return Err(CommandError::Cancelled),
                    Err(why) => broken = Some(why),
                }
            }
        }
        Err(why) => broken = Some(why),
    }
    for line in found.chunks(DEVICES_IN_LINE) {
        let cells = line.iter().map(|&at| Cell::new(Field::Address(at)).digits(16).link(Action::Device(at)));
        out.emit(Record::new("devices").list("devices", "  ", cells))?;
    }
    out.warn(broken.map(|why| format!("not all devices are known: {why}")))
}

fn routines<'s>(
    scope: &'s Scope<'s>,
    driver: &DriverObject<'s>,
    missing: &mut Missing,
    out: &mut Out<'_>,
) -> Result<(), CommandError> {
    let entry = |label: &str, key: &'static str, routine: Result<u64, Lack>| {
        let named = name(scope.target(), &routine);
        let record = Record::new("driver_routine").label(format!("{label:<15}"));
        record
            .field("kind", key)
            .cell("address", leading(routine, Action::Code))
            .text("  ")
            .cell("name", named)
    };
    for record in [
        entry("DriverEntry:", "DriverEntry", driver.number("DriverInit")),
        entry("DriverStartIo:", "DriverStartIo", driver.number("DriverStartIo")),
        entry("DriverUnload:", "DriverUnload", driver.number("DriverUnload")),
        entry("AddDevice:", "AddDevice", driver.add_device()),
    ] {
        missing.note(&record);
        out.emit(record)?;
    }
    out.blank()?;
    out.emit(Line::new().label("Dispatch routines:"))?;
    let own = owner::Own::of(scope, driver);
    let mut strangers = Vec::new();
    for (major, routine) in driver.dispatch() {
        let owner = routine.as_ref().ok().map(|&at| own.owner(at));
        let label = major_name(major).unwrap_or_default();
        let record = Record::new("dispatch_routine")
            .text(format!("[{major:02x}] {label:<35}"))
            .field("major", Field::Hex(major))
            .field("function", label.as_str());
        let record = routine_cells(record, scope, routine, owner.as_ref());
        if let Some(Owner::Stranger(whose)) = owner {
            strangers.push(format!("{label} ({whose})"));
        }
        missing.note(&record);
        out.emit(record)?;
    }
    fast_io(scope, driver, &own, &mut strangers, out)?;
    if !strangers.is_empty() {
        out.blank()?;
        let text = format!(
            "{} of the routines lie neither in the driver's image nor in the kernel, nor in a port, class or framework \
             driver: {}. A hook, or the driver lets another one do it: lmvm tells whose they are.",
            strangers.len(),
            strangers.join(", ")
        );
        out.emit(Record::new("strangers").role(Role::Warning, text).field("routines", strangers))?;
    }
    Ok(())
}

/// The address of a routine, its name, and whose it is where it is not the driver's own.
fn routine_cells(
    record: Record,
    scope: &Scope<'_>,
    routine: Result<u64, Lack>,
    owner: Option<&Owner>,
) -> Record {
    let named = name(scope.target(), &routine);
    let record = record.cell("address", leading(routine, Action::Code)).text("  ").cell("name", named);
    let record = record.field("owner", owner.map(Owner::word));
    match owner {
        Some(Owner::Library(text)) => record.text("  ").role(Role::Dim, format!("({text})")),
        Some(Owner::Stranger(whose)) => {
            record.text("  ").role(Role::Warning, format!("<- not in the driver's image: {whose}"))
        }
        _ => record,
    }
}

fn fast_io(
    scope: &Scope<'_>,
    driver: &DriverObject<'_>,
    own: &owner::Own<'_>,
    strangers: &mut Vec<String>,
    out: &mut Out<'_>,
) -> Result<(), CommandError> {
    let routines = match driver.fast_io() {
        Ok(routines) => routines,
        Err(Lack::Null { .. }) => return Ok(()),
        Err(why) => {
            out.blank()?;
            return out.emit(Line::new().role(Role::Dim, format!("Fast I/O routines are not known: {why}")));
        }
    };
    out.blank()?;
    out.emit(Line::new().label("Fast I/O routines:"))?;
    for (label, routine) in routines.into_iter().filter(|(_, routine)| *routine != 0) {
        let owner = own.owner(routine);
        let record = Record::new("fast_io_routine").text(format!("{label:<40}")).field("function", label);
        let record = routine_cells(record, scope, Ok(routine), Some(&owner));
        if let Owner::Stranger(whose) = owner {
            strangers.push(format!("{label} ({whose})"));
        }
        out.emit(record)?;
    }
    Ok(())
}
