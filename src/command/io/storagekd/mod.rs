//! `!storagekd.*`: the storage port's adapters, their units, and the requests that are on their way.

mod unit;

pub use unit::SPEC as UNIT;

use crate::command::line::Out;
use crate::command::show::device::leading;
use crate::command::show::missing::Missing;
use crate::command::show::{driver_symbols, maker};
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::debuggee::{Lack, Scope};
use crate::kernel::power;
use crate::kernel::storage::{PortDevice, StorageAdapter, StorageUnit};
use crate::output::{Action, Branch, Cell, Column, Field, Line, Record, Role, Structure, Table};

/// `!storagekd.storadapter`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!storagekd.storadapter", "!storadapter"],
    group: Group::Kernel,
    arguments: &[Argument::new("[ADDRESS]", Expects::Expression)],
    summary: "Shows the storage adapters; of one its driver, its state, how many requests it has and its units",
    help: "An adapter is given by its extension or by its device object. Without the symbols of storport the devices of the \
           storage port's drivers are listed, which are known without them, with the requests that wait at each.\n\n\
           kd> !storagekd.storadapter\n\
           STORPORT adapters:\n\
           Driver             Object           Extension        State   Units\n\
           \\Driver\\storahci   ffffe00196b65060 ffffe00196b651a0 Working 1",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

const COLUMNS: [Column; 5] = [
    Column::left("driver", "Driver", 18),
    Column::left("device", "Object", 16),
    Column::left("address", "Extension", 16),
    Column::left("state", "State", 7),
    Column::right("units", "Units", 5),
];

/// Why the structures of the storage port cannot be shown.
fn untold(scope: &Scope<'_>, why: Lack) -> CommandError {
    driver_symbols::untold(scope, "storport", why)
}

/// An address of a structure, which leads to it.
fn handle(kind: Structure, at: u64) -> Cell {
    Cell::new(Field::Address(at)).digits(16).link(Action::Structure(kind, at))
}

/// A power state by its name.
fn power_word(state: Result<u64, Lack>) -> Cell {
    let word = state.as_ref().ok().and_then(|&state| power::device_state(state));
    word.map_or_else(|| Cell::new(state), Cell::new)
}

/// Columns of a label.
const LABEL: usize = 20;

fn label(text: &str) -> String {
    format!("{text:<LABEL$}")
}

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let typed = context.evaluate_any(args.text)?;
    let scope = context.session.scope();
    let (devices, lack) = PortDevice::all(&scope).map_err(|why| untold(&scope, why))?;
    let out = &mut context.out;
    let untold = match (typed, scope.find_type(StorageAdapter::TYPE)) {
        (Some(address), _) => {
            one(&scope, &devices, address, out)?;
            None
        }
        (None, Ok(_)) => {
            list(&scope, &devices, out)?;
            None
        }
        (None, Err(why)) => {
            without_symbols(&devices, out)?;
            Some(untold(&scope, why).to_string())
        }
    };
    out.warn(lack.map(|why| format!("not all drivers could be looked at: {why}")))?;
    drop(devices);
    untold.map_or(Ok(()), |why| context.lack(&why))
}

/// The adapters.
fn list(scope: &Scope<'_>, devices: &[PortDevice<'_>], out: &mut Out<'_>) -> Result<(), CommandError> {
    out.emit(Line::new().label("STORPORT adapters:"))?;
    let table = Table::new("storage_adapter", &COLUMNS);
    let mut missing = Missing::default();
    out.within(table.clone(), |out| {
        for device in devices.iter().filter(|device| device.is_adapter().unwrap_or(false)) {
            let owner = maker::of_driver(scope.target(), &Ok::<_, Lack>(&device.driver).and_then(again));
            let role = maker::role(owner.map(|(_, maker)| maker), Role::Module);
            let driver =
                Cell::new(device.driver.name()).role(role).link(Action::Driver(device.driver.address()));
            let at = device.device.address();
            let object = Cell::new(Field::Address(at)).digits(16).link(Action::DeviceStack(at));
            let row = match StorageAdapter::of(device) {
                Ok(adapter) => {
                    let units = adapter.units().map(|units| units.take_while(Result::is_ok).count() as u64);
                    let extension = handle(Structure::StorageAdapter, adapter.address());
                    table.row([driver, object, extension, Cell::new(adapter.state()), Cell::new(units)])
                }
                Err(why) => {
                    let unknown = Cell::new(Field::from(why));
                    table.row([driver, object, unknown.clone(), unknown.clone(), unknown])
                }
            };
            let row = maker::whose(row, owner, true);
            missing.note(&row);
            out.emit(row)?;
        }
        Ok(())
    })?;
    missing.say(out)
}

/// The same driver object, for those who keep it.
fn again<'s>(driver: &crate::kernel::DriverObject<'s>) -> Result<crate::kernel::DriverObject<'s>, Lack> {
    crate::kernel::DriverObject::at(driver.object().scope(), driver.address())
}

/// What drivers and devices tell by themselves.
fn without_symbols(devices: &[PortDevice<'_>], out: &mut Out<'_>) -> Result<(), CommandError> {
    out.emit(Line::new().label("Devices of the storage port's drivers:"))?;
    for device in devices {
        let at = device.device.address();
        let waiting = device.device.queued().map(|queued| queued.take_while(Result::is_ok).count() as u64);
        let kind = match device.is_adapter() {
            Ok(true) => Cell::new("adapter"),
            Ok(false) => Cell::new("unit"),
            Err(why) => Cell::new(Field::from(why)),
        };
        let name =
            Cell::new(device.driver.name()).role(Role::Module).link(Action::Driver(device.driver.address()));
        out.emit(
            Record::new("storage_device")
                .text("  ")
                .cell("device", Cell::new(Field::Address(at)).digits(16).link(Action::DeviceStack(at)))
                .text("  ")
                .cell("kind", kind.left(7))
                .text("  ")
                .cell("driver", name.left(20))
                .text("  ")
                .cell("name", device.device.name())
                .text("  requests that wait at it: ")
                .cell("waiting", waiting)
                .text("  current: ")
                .cell("current", leading(device.device.number("CurrentIrp"), Action::Irp)),
        )?;
    }
    if devices.is_empty() {
        out.emit(
            Line::new().role(Role::Dim, "  [no device was found whose driver is one of the storage port's]"),
        )?;
    }
    Ok(())
}

fn one(
    scope: &Scope<'_>,
    devices: &[PortDevice<'_>],
    at: u64,
    out: &mut Out<'_>,
) -> Result<(), CommandError> {
    scope.find_type(StorageAdapter::TYPE).map_err(|why| untold(scope, why))?;
    let adapters = devices.iter().filter_map(|device| {
        let adapter = StorageAdapter::of(device).ok()?;
        (adapter.address() == at || device.device.address() == at).then_some(adapter)
    });
    let Some(adapter) = adapters.into_iter().next() else {
        return Err(CommandError::Missing(format!(
            "no storage adapter lies at {at:016x}: it is neither the device nor the extension of one"
        )));
    };
    let mut missing = Missing::default();
    let record = described(scope, &adapter);
    missing.note(&record);
    out.emit(record)?;
    out.blank()?;
    out.within(Branch::new(Record::new("storage_units").label("Units:")), |out| {
        out.rows(adapter.units(), |unit| row(&unit))
    })?;
    missing.say(out)
}

fn described(scope: &Scope<'_>, adapter: &StorageAdapter<'_>) -> Record {
    let driver = adapter.driver();
    let owner = maker::of_driver(scope.target(), &driver);
    let role = maker::role(owner.map(|(_, maker)| maker), Role::Module);
    let name = Cell::new(driver.as_ref().map_err(Clone::clone).and_then(|driver| driver.name())).role(role);
    let name = match &driver {
        Ok(driver) => name.link(Action::Driver(driver.address())),
        Err(_) => name,
    };
    let record = Record::new("storage_adapter").label("ADAPTER").labelled(label("Driver"), "driver", name);
    maker::whose(record, owner, true)
        .labelled(label("Extension"), "address", handle(Structure::StorageAdapter, adapter.address()))
        .labelled(
            label("Device object"),
            "device",
            leading(adapter.number("DeviceObject"), Action::DeviceStack),
        )
        .labelled(
            label("Physical device"),
            "physical_device",
            leading(adapter.number("PhysicalDeviceObject"), Action::Device),
        )
        .labelled(label("Port number"), "port", adapter.number("PortNumber"))
        .labelled(label("Bus"), "bus", adapter.bus())
        .labelled(label("State"), "state", adapter.state())
        .labelled(label("Power"), "power", power_word(adapter.power()))
        .labelled(label("Outstanding"), "outstanding", adapter.number("Gateway.Outstanding"))
        .text(" of at most ")
        .cell("most_outstanding", adapter.number("Gateway.OutstandingMax"))
        .labelled(label("Wait for adapter"), "waiting", adapter.number("Gateway.PendingIoCount"))
        .labelled(label("Pauses, busy"), "pauses", adapter.number("Gateway.PauseCount"))
        .text(", ")
        .cell("busy", adapter.number("Gateway.BusyCount"))
}

/// A unit in a line.
fn row(unit: &StorageUnit<'_>) -> Record {
    let place = unit.place().map(|(path, target, lun)| format!("{path}:{target}:{lun}"));
    let inquiry = unit.inquiry();
    let product = inquiry.map(|[vendor, product, _]| format!("{vendor} {product}").trim().to_owned());
    let outstanding = unit.outstanding().map(|all| all.iter().filter(|one| one.is_ok()).count() as u64);
    let record = Record::new("storage_unit")
        .text("  ")
        .cell("address", handle(Structure::StorageUnit, unit.address()))
        .text("  ")
        .cell("place", Cell::new(place).left(8))
        .text("  ")
        .cell("product", Cell::new(product).left(28))
        .text("  ")
        .cell("state", unit.state())
        .text("  outstanding ")
        .cell("outstanding", outstanding);
    trouble(record, unit, "  ")
}

/// What is wrong with a unit, if anything.
fn trouble(record: Record, unit: &StorageUnit<'_>, before: &str) -> Record {
    match unit.trouble() {
        Ok(words) if words.is_empty() => record.field("trouble", Field::List(Vec::new())),
        Ok(words) => record.text(before).list(
            "trouble",
            ", ",
            words.into_iter().map(|word| Cell::new(word).role(Role::Warning)),
        ),
        Err(why) => record.field("trouble", Field::from(why)),
    }
}
