//! `!ndiskd.minidriver`: the drivers of network adapters.

use super::{
    INDENT, context as pointer, handle, handlers, head, in_list, label, list_or_one, row, titled, untold,
    version,
};
use crate::command::line::Out;
use crate::command::show::device::leading;
use crate::command::show::maker;
use crate::command::show::missing::Missing;
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::debuggee::Scope;
use crate::kernel::ndis::MiniportDriver;
use crate::output::{Action, Branch, Cell, Field, Line, Record, Structure};

/// `!ndiskd.minidriver`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!ndiskd.minidriver", "!minidriver"],
    group: Group::Kernel,
    arguments: &[Argument::new("[ADDRESS]", Expects::Expression)],
    summary: "Shows the drivers of network adapters; of one its versions, its adapters and its routines",
    help: "Of a driver also the routines that NDIS calls: one that does not lie in the driver's own image is marked. The \
           symbols of ndis are needed.\n\n\
           kd> !ndiskd.minidriver\n    \
           ffffdf8015a98380 - tunnel\n    \
           ffffdf801418d650 - kdnic",
    needs: Needs::Memory,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    list_or_one(args, context, list, one)
}

fn list(scope: &Scope<'_>, out: &mut Out<'_>) -> Result<(), CommandError> {
    let drivers = MiniportDriver::all(scope).map_err(|why| untold(scope, why))?;
    out.rows(Ok(drivers), |driver| {
        let owner = maker::of_driver(scope.target(), &driver.driver());
        let address = handle(Structure::NetDriver, driver.address());
        row("net_driver", INDENT, address, driver.name(), owner)
    })
}

fn one(scope: &Scope<'_>, address: u64, out: &mut Out<'_>) -> Result<(), CommandError> {
    let what = "a driver of network adapters";
    let remark = in_list(scope, MiniportDriver::all(scope), address, MiniportDriver::address, what)?;
    let driver = MiniportDriver::at(scope, address)?;
    let owner = maker::of_driver(scope.target(), &driver.driver());
    let (ndis_version, own_version) = driver.versions();
    let record = titled("net_driver", "MINIPORT DRIVER", driver.name(), owner)
        .labelled(label("Ndis handle"), "address", handle(Structure::NetDriver, address))
        .labelled(label("Driver context"), "context", pointer(driver.number("MiniportDriverContext")))
        .labelled(label("Ndis API version"), "ndis_version", version(ndis_version))
        .labelled(label("Driver version"), "driver_version", version(own_version))
        .labelled(label("Driver object"), "driver", leading(driver.number("DriverObject"), Action::Driver))
        .labelled(label("Driver image"), "image", driver.image())
        .labelled(label("Flags"), "flags", Cell::new(driver.number("Flags").map(Field::Hex)).digits(4));
    let mut missing = Missing::default();
    missing.note(&record);
    out.emit(record)?;
    out.blank()?;
    out.emit(Line::new().label("MINIPORTS"))?;
    out.blank()?;
    let columns = head(&["NetAdapter", "Name"]);
    out.within(Branch::new(Record::new("net_adapters").label(columns)), |out| {
        out.rows(driver.adapters(), |adapter| {
            Record::new("net_adapter")
                .text(INDENT)
                .cell("address", handle(Structure::NetAdapter, adapter.address()).left(19))
                .cell("name", adapter.name())
        })
    })?;
    handlers(scope, owner, driver.handlers(), out)?;
    out.warn(remark)?;
    missing.say(out)
}
