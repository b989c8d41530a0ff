//! `!storagekd.storunit`: a unit behind an adapter, and the requests that it has.

use super::{handle, label, power_word, trouble, untold};
use crate::command::line::Out;
use crate::command::show::device::leading;
use crate::command::show::missing::Missing;
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::debuggee::{Lack, Scope};
use crate::kernel::storage::{PortDevice, StorageAdapter, StorageRequest, StorageUnit, function_name};
use crate::output::{Action, Branch, Cell, Field, Record, Structure};
use crate::util::order::Order;

/// `!storagekd.storunit`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!storagekd.storunit", "!storagekd.storlun", "!storunit"],
    group: Group::Kernel,
    arguments: &[Argument::new("ADDRESS", Expects::Expression)],
    summary: "Shows a storage unit: what it is, its queue, the requests that its driver has and those that wait",
    help: "A unit is given by its extension or by its device object. The requests that the driver has are listed from the one \
           that it has had longest: its start is a number of storport's own, whose unit no public source tells, so no age \
           is made of it. Time is how many seconds a request may take. The symbols of storport are needed.\n\n\
           kd> !storagekd.storunit ffffe00196b88060\n\
           UNIT                0:0:0  ATA SAMPLE DISK\n\
           Outstanding: 1\n  \
           ffffe001a0c12010  IRP ffffe001a0f35010  EXECUTE_SCSI  time 10 s",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

/// More requests than are listed of one unit.
const MOST: usize = 512;

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let at = context.evaluate_any(args.text)?.ok_or_else(|| CommandError::Syntax(args.name.to_owned()))?;
    let scope = context.session.scope();
    scope.find_type(StorageUnit::TYPE).map_err(|why| untold(&scope, why))?;
    let unit = found(&scope, at)?;
    show(&unit, &mut context.out)
}

/// The unit among those of all adapters.
fn found<'s>(scope: &'s Scope<'s>, at: u64) -> Result<StorageUnit<'s>, CommandError> {
    let (devices, lack) = PortDevice::all(scope).map_err(|why| untold(scope, why))?;
    let mut lack = lack;
    for adapter in devices.iter().filter_map(|device| StorageAdapter::of(device).ok()) {
        for unit in adapter.units().map_err(|why| untold(scope, why))? {
            match unit {
                Ok(unit) if unit.address() == at || unit.number("DeviceObject") == Ok(at) => return Ok(unit),
                Ok(_) => {}
                Err(Lack::Stopped) => return Err(CommandError::Cancelled),
                Err(why) => lack = lack.or(Some(why)),
            }
        }
    }
    let why = lack.map_or(String::new(), |why| format!("; not all could be looked at: {why}"));
    Err(CommandError::Missing(format!("no storage unit lies at {at:016x}{why}")))
}

fn show(unit: &StorageUnit<'_>, out: &mut Out<'_>) -> Result<(), CommandError> {
    let place = unit.place().map(|(path, target, lun)| format!("{path}:{target}:{lun}"));
    let inquiry = unit.inquiry();
    let part = |index: usize| {
        inquiry.as_ref().map_err(Clone::clone).map(|parts| parts.get(index).cloned().unwrap_or_default())
    };
    let record = Record::new("storage_unit")
        .label(label("UNIT"))
        .cell("place", Cell::new(place))
        .text("  ")
        .cell("vendor", Cell::new(part(0)))
        .text(" ")
        .cell("product", Cell::new(part(1)))
        .text(" ")
        .cell("revision", Cell::new(part(2)))
        .labelled(label("Extension"), "address", handle(Structure::StorageUnit, unit.address()))
        .labelled(label("Device object"), "device", leading(unit.number("DeviceObject"), Action::DeviceStack))
        .labelled(
            label("Adapter"),
            "adapter",
            leading(unit.number("Adapter"), |at| Action::Structure(Structure::StorageAdapter, at)),
        )
        .labelled(label("State"), "state", unit.state());
    let record = trouble(record, unit, ": ")
        .labelled(label("Power"), "power", power_word(unit.power()))
        .labelled(label("Queue"), "most", unit.number("MaxQueueDepth"))
        .text(" at most, paused ")
        .cell("paused", unit.queue("PauseCount"))
        .text(", busy ")
        .cell("busy", unit.queue("BusyCount"))
        .text(", frozen ")
        .cell("frozen", unit.queue("Frozen"))
        .text(", locked ")
        .cell("locked", unit.queue("Locked"));
    let mut missing = Missing::default();
    missing.note(&record);
    out.emit(record)?;
    let (mut requests, mut broken) = (Vec::new(), None);
    match unit.outstanding() {
        Ok(all) => all.into_iter().for_each(|request| match request {
            Ok(request) => requests.push((request.started().unwrap_or(u64::MAX), request)),
            Err(why) => broken = broken.take().or(Some(why)),
        }),
        Err(Lack::Stopped) => return Err(CommandError::Cancelled),
        Err(why) => broken = Some(why),
    }
    requests.order_by_key(|(started, _)| *started);
    let count = requests.len() as u64;
    let head = Record::new("outstanding").label("Outstanding: ").cell("count", count);
    out.within(Branch::new(head), |out| {
        requests.iter().take(MOST).try_for_each(|(_, request)| out.emit(requested(request)))
    })?;
    out.warn(broken.map(|why| format!("not all outstanding requests are known: {why}")))?;
    let head = Record::new("waiting").label("Waiting:");
    out.within(Branch::new(head), |out| {
        out.rows(unit.waiting().map(|irps| irps.take(MOST)), |irp| {
            let at = irp.address();
            Record::new("waiting_request")
                .text("  IRP ")
                .cell("irp", Cell::new(Field::Address(at)).digits(16).link(Action::Irp(at)))
        })
    })?;
    missing.say(out)
}

/// `ffffe001a0c12010  IRP ffffe001a0f35010  EXECUTE_SCSI  time 10 s  start 5a3c1`
fn requested(request: &StorageRequest<'_>) -> Record {
    let at = request.address();
    let function = request.function();
    let number = function.as_ref().map_err(Clone::clone).map(|(function, _)| *function);
    let word = number.as_ref().ok().and_then(|&function| function_name(function));
    let shown = match word {
        Some(word) => Cell::new(word),
        None => Cell::new(number.clone().map(Field::Hex)),
    };
    Record::new("storage_request")
        .text("  ")
        .cell(
            "address",
            Cell::new(Field::Address(at)).digits(16).link(Action::object(StorageRequest::TYPE, at)),
        )
        .text("  IRP ")
        .cell("irp", leading(request.number("Irp"), Action::Irp))
        .text("  ")
        .cell("function_name", shown)
        .field("function", number.map(Field::Hex))
        .text("  time ")
        .cell("time", function.map(|(_, time)| time))
        .text(" s  start ")
        .cell("start", Cell::new(request.started().map(Field::Hex)))
}
