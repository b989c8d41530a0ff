//! `!ndiskd.filterdriver`: lightweight filter drivers.

use super::{
    INDENT, context as pointer, handle, handle_of, handlers, head, in_list, label, list_or_one, titled,
    untold, version,
};
use crate::command::line::Out;
use crate::command::show::device::leading;
use crate::command::show::maker;
use crate::command::show::missing::Missing;
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::debuggee::Scope;
use crate::kernel::ndis::FilterDriver;
use crate::output::{Action, Branch, Cell, Field, Line, Record, Structure};

/// `!ndiskd.filterdriver`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!ndiskd.filterdriver", "!filterdriver"],
    group: Group::Kernel,
    arguments: &[Argument::new("[ADDRESS]", Expects::Expression)],
    summary: "Shows the lightweight filter drivers of the network; of one its versions, its modules and its routines",
    help: "Of a driver also the routines that NDIS calls for packets and events: one that does not lie in the driver's own \
           image is marked. Type tells whether the driver changes packets (Modifying) or only looks at them (Monitoring). The \
           symbols of ndis are needed.\n\n\
           kd> !ndiskd.filterdriver\n    \
           ffffbc064ccd4900 - QoS Packet Scheduler\n    \
           ffffbc064cc83be0 - Virtual WiFi Filter Driver",
    needs: Needs::Memory,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    list_or_one(args, context, list, one)
}

fn list(scope: &Scope<'_>, out: &mut Out<'_>) -> Result<(), CommandError> {
    let drivers = FilterDriver::all(scope).map_err(|why| untold(scope, why))?;
    out.rows(Ok(drivers), |driver| row(scope, &driver, INDENT))
}

pub(super) fn row(scope: &Scope<'_>, driver: &FilterDriver<'_>, indent: &str) -> Record {
    let owner = maker::of_driver(scope.target(), &driver.driver());
    let address = handle(Structure::NetFilterDriver, driver.address());
    super::row("net_filter_driver", indent, address, driver.name(), owner)
}

fn one(scope: &Scope<'_>, address: u64, out: &mut Out<'_>) -> Result<(), CommandError> {
    let remark = in_list(scope, FilterDriver::all(scope), address, FilterDriver::address, "a filter driver")?;
    let driver = FilterDriver::at(scope, address)?;
    let owner = maker::of_driver(scope.target(), &driver.driver());
    let (ndis_version, own_version) = driver.versions();
    let record = titled("net_filter_driver", "FILTER DRIVER", driver.name(), owner)
        .labelled(label("Ndis handle"), "address", handle(Structure::NetFilterDriver, address))
        .labelled(label("Driver context"), "context", pointer(driver.number("FilterDriverContext")))
        .labelled(label("Ndis API version"), "ndis_version", version(ndis_version))
        .labelled(label("Driver version"), "driver_version", version(own_version))
        .labelled(label("Driver object"), "driver", leading(driver.number("DriverObject"), Action::Driver))
        .labelled(label("Driver image"), "image", driver.image())
        .labelled(label("Service"), "service", driver.service())
        .labelled(label("Class"), "class", Cell::new(driver.class()))
        .labelled(label("Type"), "type", driver.kind())
        .text(", ")
        .cell("need", driver.need())
        .labelled(label("Flags"), "flags", Cell::new(driver.number("Flags").map(Field::Hex)).digits(8));
    let mut missing = Missing::default();
    missing.note(&record);
    out.emit(record)?;
    out.blank()?;
    out.emit(Line::new().label("FILTER MODULES"))?;
    out.blank()?;
    let columns = head(&["Filter", "Miniport", "Adapter"]);
    out.within(Branch::new(Record::new("net_filters").label(columns)), |out| {
        out.rows(driver.modules(), |module| {
            Record::new("net_filter")
                .text(INDENT)
                .cell("address", handle(Structure::NetFilter, module.address()).left(19))
                .cell("adapter", handle_of(Structure::NetAdapter, module.number("Miniport")).left(20))
                .cell("adapter_name", module.adapter().and_then(|adapter| adapter.name()))
                .text("  ")
                .cell("state", module.state())
        })
    })?;
    handlers(scope, owner, driver.handlers(), out)?;
    out.warn(remark)?;
    missing.say(out)
}
