//! `!ndiskd.filter`: the modules of filter drivers on adapters.

use super::oid::pending;
use super::{context as pointer, handle, handle_of, in_list, label, list_or_one, told, untold};
use crate::command::line::Out;
use crate::command::show::maker;
use crate::command::show::missing::Missing;
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::debuggee::{Lack, Scope};
use crate::kernel::ndis::{FilterDriver, FilterModule, NetAdapter};
use crate::output::{Branch, Cell, Field, Line, Record, Role, Structure};

/// `!ndiskd.filter`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!ndiskd.filter", "!ndiskd.filters"],
    group: Group::Kernel,
    arguments: &[Argument::new("[ADDRESS]", Expects::Expression)],
    summary: "Shows the filters on network adapters, by filter driver; of one its state, its neighbours and what is pending",
    help: "A lightweight filter driver has a module on each adapter that it filters: packets go through those whose state is \
           Running. The symbols of ndis are needed.\n\n\
           kd> !ndiskd.filter\n\
           ffff8083e1a7fd90 - QoS Packet Scheduler\n  \
           Filter ffff8083e14e8460, Miniport ffff8083e0f501a0 - Microsoft Kernel Debug Network Adapter",
    needs: Needs::Memory,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    list_or_one(args, context, list, one)
}

fn list(scope: &Scope<'_>, out: &mut Out<'_>) -> Result<(), CommandError> {
    for driver in FilterDriver::all(scope).map_err(|why| untold(scope, why))? {
        let Some(driver) = told(driver, out)? else { continue };
        out.within(Branch::new(super::filterdriver::row(scope, &driver, "")), |out| {
            out.rows(driver.modules(), |module| {
                Record::new("net_filter")
                    .text("  Filter ")
                    .cell("address", handle(Structure::NetFilter, module.address()))
                    .text(", Miniport ")
                    .cell("adapter", handle_of(Structure::NetAdapter, module.number("Miniport")))
                    .text(" - ")
                    .cell("adapter_name", module.adapter().and_then(|adapter| adapter.name()))
                    .text("  ")
                    .cell("state", Cell::new(module.state()).role(Role::Dim))
            })
        })?;
    }
    Ok(())
}

/// Every module of every driver, as far as the lists go.
fn all<'s>(scope: &'s Scope<'s>) -> Result<impl Iterator<Item = Result<FilterModule<'s>, Lack>>, Lack> {
    Ok(NetAdapter::all(scope)?.flat_map(|adapter| {
        let modules: Vec<Result<FilterModule<'s>, Lack>> =
            match adapter.and_then(|adapter| Ok(adapter.filters()?.collect())) {
                Ok(modules) => modules,
                Err(why) => vec![Err(why)],
            };
        modules
    }))
}

fn one(scope: &Scope<'_>, address: u64, out: &mut Out<'_>) -> Result<(), CommandError> {
    let remark = in_list(scope, all(scope), address, FilterModule::address, "a filter on an adapter")?;
    let module = FilterModule::at(scope, address)?;
    let driver = module.driver();
    let object = driver.as_ref().map_err(Clone::clone).and_then(|driver| driver.driver());
    let owner = maker::of_driver(scope.target(), &object);
    let role = maker::role(owner.map(|(_, maker)| maker), Role::Text);
    let name = driver.as_ref().map_err(Clone::clone).and_then(|driver| driver.name());
    let record = Record::new("net_filter")
        .label("FILTER")
        .line("")
        .labelled(super::INDENT, "name", Cell::new(module.name()).role(role))
        .line("")
        .labelled(label("Ndis handle"), "address", handle(Structure::NetFilter, address))
        .labelled(
            label("Filter driver"),
            "driver",
            handle_of(Structure::NetFilterDriver, module.number("FilterDriver")),
        )
        .text(" - ")
        .cell("driver_name", Cell::new(name).role(role));
    let record = maker::whose(record, owner, true)
        .labelled(label("Module context"), "context", pointer(module.number("FilterModuleContext")))
        .labelled(label("Miniport"), "adapter", handle_of(Structure::NetAdapter, module.number("Miniport")))
        .text(" - ")
        .cell("adapter_name", module.adapter().and_then(|adapter| adapter.name()))
        .line("")
        .labelled(label("State"), "state", module.state())
        .labelled(
            label("Higher filter"),
            "higher",
            handle_of(Structure::NetFilter, module.number("HigherFilter")),
        )
        .labelled(
            label("Lower filter"),
            "lower",
            handle_of(Structure::NetFilter, module.number("LowerFilter")),
        )
        .labelled(label("Flags"), "flags", Cell::new(module.number("Flags").map(Field::Hex)).digits(8))
        .line(Line::new().label(label("Pending OID")));
    let record = pending(record, module.pending_oid());
    let mut missing = Missing::default();
    missing.note(&record);
    out.emit(record)?;
    out.warn(remark)?;
    missing.say(out)
}
