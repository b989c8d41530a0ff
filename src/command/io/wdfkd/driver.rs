//! `!wdfldr`, `!wdfdriverinfo`: the drivers of the driver framework, and one of them with its devices.

use super::{handle, state, untold};
use crate::command::line::Out;
use crate::command::show::device::leading;
use crate::command::show::maker;
use crate::command::show::missing::Missing;
use crate::command::{
    Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs, Switch, Switches,
};
use crate::debuggee::{Lack, Scope};
use crate::kernel::DeviceObject;
use crate::kernel::wdf::{WdfDevice, WdfDriver};
use crate::output::{Action, Branch, Cell, Column, Field, Line, Record, Role, Table};

/// `!wdfkd.wdfldr`
pub const LIST: CommandSpec = CommandSpec {
    names: &["!wdfkd.wdfldr", "!wdfldr"],
    group: Group::Kernel,
    arguments: &[Argument::new("[DRIVER]", Expects::Module)],
    summary: "Shows the drivers that are bound to the driver framework (KMDF), each with the version that it was written for",
    help: "With DRIVER that one alone. The symbols of Wdf01000 are needed.\n\n\
           kd> !wdfldr\n  \
           Driver           WdfVer     WdfGlobals       ImageAddress     ImageSize\n  \
           HDAudBus         1.15.0     ffffe001964b0530 fffff80356a00000 1c000",
    needs: Needs::Types,
    ..CommandSpec::runs(list)
};

/// `!wdfkd.wdfdriverinfo`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!wdfkd.wdfdriverinfo", "!wdfdriverinfo"],
    group: Group::Kernel,
    switches: Switches::words(&[Switch::ignored("-v"), Switch::ignored("-d"), Switch::ignored("-f")])
        .anywhere(),
    arguments: &[Argument::new("DRIVER", Expects::Module), Argument::new("[FLAGS]", Expects::Expression)],
    summary: "Shows a driver of the driver framework (KMDF): its version, its verifier, its devices with their states",
    help: "DRIVER is a name as !wdfldr lists it, with or without .sys. What is known is shown whatever FLAGS ask for. The symbols of Wdf01000 are needed.\n\n\
           kd> !wdfdriverinfo AcxHdAudio\n\
           Default driver image name: AcxHdAudio\n \
           FxDriverGlobals  ffffb609403e3de0\n   \
           Version        v1.25.0\n\n    \
           !wdfdevice 0x000049f6bffba488\n        \
           Pnp/Power State: WdfDevStatePnpStarted, WdfDevStatePowerD0, WdfDevStatePwrPolStartedWakeCapable",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

const COLUMNS: [Column; 5] = [
    Column::left("name", "Driver", 16),
    Column::left("version", "WdfVer", 10),
    Column::left("address", "WdfGlobals", 16),
    Column::left("image", "ImageAddress", 16),
    Column::left("size", "ImageSize", 9),
];

/// The module that a driver's image is, and who made it.
fn owner<'t>(
    scope: &Scope<'t>,
    driver: &WdfDriver<'_>,
) -> Option<(&'t crate::debuggee::Module, crate::debuggee::Maker)> {
    let start = driver.number("ImageAddress").or_else(|_| driver.driver()?.number("DriverStart"));
    maker::of_address(scope.target(), start.ok()?)
}

/// Whether a driver, or its module, has a name that was typed, with or without `.sys`.
fn is_called(scope: &Scope<'_>, driver: &WdfDriver<'_>, asked: &str) -> bool {
    let asked = asked.strip_suffix(".sys").unwrap_or(asked);
    driver.name().is_ok_and(|name| name.eq_ignore_ascii_case(asked))
        || owner(scope, driver).is_some_and(|(module, _)| module.name.eq_ignore_ascii_case(asked))
}

fn globals(driver: &WdfDriver<'_>) -> Cell {
    let link = Action::object(WdfDriver::TYPE, driver.address());
    Cell::new(Field::Address(driver.address())).digits(16).link(link)
}

fn list(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let asked = args.text.trim();
    let scope = context.session.scope();
    let drivers = WdfDriver::all(&scope).map_err(|why| untold(&scope, why))?;
    // Why the list breaks is said whoever was asked for.
    let drivers = drivers.filter(|driver| {
        asked.is_empty() || driver.as_ref().map_or(true, |driver| is_called(&scope, driver, asked))
    });
    let table = Table::new("wdf_driver", &COLUMNS).indented(2);
    let out = &mut context.out;
    out.within(table.clone(), |out| {
        out.rows(Ok(drivers), |driver| {
            let owner = owner(&scope, &driver);
            let role = maker::role(owner.map(|(_, maker)| maker), Role::Module);
            let row = table.row([
                Cell::new(driver.name()).role(role),
                Cell::new(driver.version()),
                globals(&driver),
                leading(driver.number("ImageAddress"), Action::Memory),
                Cell::new(driver.number("ImageSize").map(Field::Hex)),
            ]);
            maker::whose(row, owner, true)
        })
    })
}

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let mut words = args.words();
    let asked = words.next().ok_or_else(|| CommandError::Syntax(args.name.to_owned()))?;
    words.try_for_each(|flags| context.evaluate(flags).map(drop))?;
    let scope = context.session.scope();
    let mut names = Vec::new();
    for driver in WdfDriver::all(&scope).map_err(|why| untold(&scope, why))? {
        let driver = match driver {
            Ok(driver) => driver,
            Err(Lack::Stopped) => return Err(CommandError::Cancelled),
            Err(why) => {
                names.push(format!("(the rest is not known: {why})"));
                break;
            }
        };
        if is_called(&scope, &driver, asked) {
            return one(&scope, &driver, &mut context.out);
        }
        names.extend(driver.name());
    }
    Err(CommandError::Missing(format!(
        "no driver of the framework is called '{asked}'; those that are bound to it: {}",
        names.join(", ")
    )))
}

fn one(scope: &Scope<'_>, driver: &WdfDriver<'_>, out: &mut Out<'_>) -> Result<(), CommandError> {
    let owner = owner(scope, driver);
    let role = maker::role(owner.map(|(_, maker)| maker), Role::Module);
    let object = driver.driver();
    let record = Record::new("wdf_driver")
        .label("Default driver image name: ")
        .cell("name", Cell::new(driver.name()).role(role));
    let verifier = driver.number("FxVerifierOn").map(|on| on != 0);
    let record = maker::whose(record, owner, true)
        .labelled(" FxDriverGlobals  ", "address", globals(driver))
        .labelled(
            " Driver object    ",
            "driver",
            leading(object.as_ref().map_err(Clone::clone).map(|driver| driver.address()), Action::Driver),
        )
        .labelled(" WdfBindInfo      ", "bind_info", leading(driver.number("WdfBindInfo"), Action::Memory))
        .labelled("   Version        ", "version", Cell::new(driver.version()))
        .labelled(" Verifier         ", "verifier", verifier);
    let mut missing = Missing::default();
    missing.note(&record);
    out.emit(record)?;
    out.blank()?;
    let devices = object.and_then(|object| object.devices());
    out.within(Branch::new(Record::new("wdf_devices").label("Devices:")), |out| {
        out.rows(devices, |at| shown(scope, at))
    })?;
    out.blank()?;
    out.emit(Line::new().role(Role::Dim, "Logs: !wdflogdump shows those that the dump holds"))?;
    missing.say(out)
}

/// A device object of the driver, and the framework's device that it belongs to.
fn shown(scope: &Scope<'_>, at: u64) -> Record {
    let record = Record::new("wdf_device");
    match DeviceObject::at(scope, at).and_then(|device| WdfDevice::of(&device)) {
        Ok(device) => {
            let record = record
                .text("    !wdfdevice ")
                .cell("handle", handle(&device))
                .text("  device object ")
                .cell("device", Cell::new(Field::Address(at)).digits(16).link(Action::DeviceStack(at)))
                .line("        Pnp/Power State: ");
            let record = state(record, "pnp", device.pnp_state()).text(", ");
            let record = state(record, "power", device.power_state()).text(", ");
            state(record, "policy", device.policy_state())
        }
        Err(why) => record
            .text("    device object ")
            .cell("device", Cell::new(Field::Address(at)).digits(16).link(Action::DeviceStack(at)))
            .text(" is not the framework's: ")
            .cell("why", Field::from(why)),
    }
}
