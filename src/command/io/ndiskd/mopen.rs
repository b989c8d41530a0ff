//! `!ndiskd.mopen`: what binds protocols to adapters.

use super::{handle_of, untold};
use crate::command::{Args, CommandError, CommandSpec, Context, Group, Needs};
use crate::kernel::ndis::{NetAdapter, NetBinding};
use crate::output::{Action, Cell, Field, Record, Structure};

/// `!ndiskd.mopen`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!ndiskd.mopen", "!mopen"],
    group: Group::Kernel,
    summary: "Shows the bindings between the network's protocols and adapters",
    help: "The symbols of ndis are needed.\n\n\
           kd> !ndiskd.mopen\n\
           Open ffff8083e56b8110\n  \
           Miniport: ffff8083e02ce1a0 - Microsoft ISATAP Adapter #2\n  \
           Protocol: ffff8083e1a95c00 - TCPIP6TUNNEL",
    needs: Needs::Memory,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    args.none()?;
    let scope = context.session.scope();
    let out = &mut context.out;
    for adapter in NetAdapter::all(&scope).map_err(|why| untold(&scope, why))? {
        let bindings = adapter.and_then(|adapter| adapter.bindings());
        out.rows(bindings, |binding| shown(&binding))?;
    }
    Ok(())
}

fn shown(binding: &NetBinding<'_>) -> Record {
    let link = Action::object(NetBinding::TYPE, binding.address());
    Record::new("net_binding")
        .label("Open ")
        .cell("address", Cell::new(Field::Address(binding.address())).digits(16).link(link))
        .labelled(
            "  Miniport: ",
            "adapter",
            handle_of(Structure::NetAdapter, binding.number("MiniportHandle")),
        )
        .text(" - ")
        .cell("adapter_name", binding.adapter().and_then(|adapter| adapter.name()))
        .labelled(
            "  Protocol: ",
            "protocol",
            handle_of(Structure::NetProtocol, binding.number("ProtocolHandle")),
        )
        .text(" - ")
        .cell("name", binding.protocol().and_then(|protocol| protocol.name()))
        .labelled("  State:    ", "state", binding.state())
        .line("")
}
