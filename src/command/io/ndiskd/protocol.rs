//! `!ndiskd.protocol`: protocol drivers.

use super::{
    INDENT, context as pointer, handle, handlers, in_list, label, list_or_one, row, titled, told, untold,
    version,
};
use crate::command::line::Out;
use crate::command::show::maker;
use crate::command::show::missing::Missing;
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::debuggee::{Maker, Module, Scope};
use crate::kernel::ndis::{NetBinding, NetProtocol};
use crate::output::{Action, Branch, Cell, Field, Line, Record, Structure};

/// `!ndiskd.protocol`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!ndiskd.protocol", "!protocol"],
    group: Group::Kernel,
    arguments: &[Argument::new("[ADDRESS]", Expects::Expression)],
    summary: "Shows the network's protocol drivers and the adapters each is bound to; of one also its routines",
    help: "Whose a protocol is, is told by its routines. The symbols of ndis are needed.\n\n\
           kd> !ndiskd.protocol\n\
           ffff8083e0114730 - NDISUIO\n  \
           ffff8083e55f3010 - Microsoft Kernel Debug Network Adapter",
    needs: Needs::Memory,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    list_or_one(args, context, list, one)
}

fn owner<'t>(scope: &Scope<'t>, protocol: &NetProtocol<'_>) -> Option<(&'t Module, Maker)> {
    maker::of_address(scope.target(), protocol.routine().ok()?)
}

fn list(scope: &Scope<'_>, out: &mut Out<'_>) -> Result<(), CommandError> {
    for protocol in NetProtocol::all(scope).map_err(|why| untold(scope, why))? {
        let Some(protocol) = told(protocol, out)? else { continue };
        let owner = owner(scope, &protocol);
        let address = handle(Structure::NetProtocol, protocol.address());
        let head = row("net_protocol", "", address, protocol.name(), owner);
        out.within(Branch::new(head), |out| out.rows(protocol.bindings(), |binding| bound(&binding, "  ")))?;
        out.blank()?;
    }
    Ok(())
}

fn bound(binding: &NetBinding<'_>, indent: &str) -> Record {
    let adapter = binding.adapter();
    let name = Cell::new(adapter.as_ref().map_err(Clone::clone).and_then(|adapter| adapter.name()));
    let name = match &adapter {
        Ok(adapter) => name.link(Action::Structure(Structure::NetAdapter, adapter.address())),
        Err(_) => name,
    };
    let link = Action::object(NetBinding::TYPE, binding.address());
    Record::new("net_binding")
        .text(indent)
        .cell("address", Cell::new(Field::Address(binding.address())).digits(16).link(link))
        .text(" - ")
        .cell("adapter_name", name)
        .field("adapter", adapter.map(|adapter| Field::Address(adapter.address())))
        .field("state", binding.state())
}

fn one(scope: &Scope<'_>, address: u64, out: &mut Out<'_>) -> Result<(), CommandError> {
    let remark = in_list(scope, NetProtocol::all(scope), address, NetProtocol::address, "a protocol")?;
    let protocol = NetProtocol::at(scope, address)?;
    let owner = owner(scope, &protocol);
    let (ndis_version, own_version) = protocol.versions();
    let record = titled("net_protocol", "PROTOCOL", protocol.name(), owner)
        .labelled(label("Ndis handle"), "address", handle(Structure::NetProtocol, address))
        .labelled(label("Driver context"), "context", pointer(protocol.number("ProtocolDriverContext")))
        .labelled(label("Ndis API version"), "ndis_version", version(ndis_version))
        .labelled(label("Driver version"), "driver_version", version(own_version))
        .labelled(label("Driver image"), "image", protocol.image())
        .labelled(label("Flags"), "flags", Cell::new(protocol.number("Flags").map(Field::Hex)).digits(8));
    let mut missing = Missing::default();
    missing.note(&record);
    out.emit(record)?;
    out.blank()?;
    out.emit(Line::new().label("BINDINGS"))?;
    out.blank()?;
    out.rows(protocol.bindings(), |binding| bound(&binding, INDENT))?;
    // Its own image is told by these alone: none can be called a stranger.
    handlers(scope, None, protocol.handlers(), out)?;
    out.warn(remark)?;
    missing.say(out)
}
