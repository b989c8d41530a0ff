//! `!ndiskd.netadapter`: network adapters, with what stands above each.

use super::oid::pending;
use super::{
    INDENT, context as pointer, handle, handle_of, head, in_list, label, list_or_one, told, untold, version,
};
use crate::command::line::Out;
use crate::command::show::device::leading;
use crate::command::show::maker;
use crate::command::show::missing::Missing;
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::debuggee::{Lack, Scope};
use crate::kernel::ndis::{FilterModule, NetAdapter, NetBinding};
use crate::kernel::{DeviceNode, DeviceObject, power};
use crate::output::{Action, Branch, Cell, Field, Line, Record, Role, Structure};

/// `!ndiskd.netadapter`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!ndiskd.netadapter", "!ndiskd.miniport", "!netadapter"],
    group: Group::Kernel,
    arguments: &[Argument::new("[ADDRESS]", Expects::Expression)],
    summary: "Shows the network adapters; of one its driver, its state, the protocols bound to it and its filters",
    help: "Without an address, a row an adapter: the block of its driver, its own, its name, and whose driver it is. Of an \
           adapter, the filters are listed from the one nearest to the protocols down to the one nearest to the adapter: a \
           packet that is sent passes them in this order. A request (OID) that is pending tells where a stop of the network \
           hangs. The symbols of ndis are needed.\n\n\
           kd> !ndiskd.netadapter\n    \
           Driver             NetAdapter          Name\n    \
           ffffdf8015a98380   ffffdf8015aa11a0    Microsoft ISATAP Adapter #2\n    \
           ffffdf801418d650   ffffdf80140c71a0    Microsoft Kernel Debug Network Adapter\n\
           kd> !ndiskd.netadapter ffffdf80140c71a0\n\
           MINIPORT\n\n    \
           Microsoft Kernel Debug Network Adapter\n\n    \
           Ndis handle        ffffdf80140c71a0",
    needs: Needs::Memory,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    list_or_one(args, context, list, one)
}

fn list(scope: &Scope<'_>, out: &mut Out<'_>) -> Result<(), CommandError> {
    let adapters = NetAdapter::all(scope).map_err(|why| untold(scope, why))?;
    out.emit(Line::new().label(head(&["Driver", "NetAdapter", "Name"])))?;
    let mut missing = Missing::default();
    let mut count = 0;
    for adapter in adapters {
        let Some(adapter) = told(adapter, out)? else { continue };
        count += 1;
        let owner = maker::of_driver(scope.target(), &adapter.driver().and_then(|driver| driver.driver()));
        let role = maker::role(owner.map(|(_, maker)| maker), Role::Text);
        let record = Record::new("net_adapter")
            .text(INDENT)
            .cell("driver", handle_of(Structure::NetDriver, adapter.number("DriverHandle")).left(19))
            .cell("address", handle(Structure::NetAdapter, adapter.address()).left(20))
            .cell("name", Cell::new(adapter.name()).role(role))
            .field("state", adapter.state());
        let record = maker::whose(record, owner, true);
        missing.note(&record);
        out.emit(record)?;
    }
    if count == 0 {
        out.emit(Line::new().role(Role::Dim, format!("{INDENT}[No network adapters were found]")))?;
    }
    missing.say(out)
}

fn one(scope: &Scope<'_>, address: u64, out: &mut Out<'_>) -> Result<(), CommandError> {
    let remark = in_list(scope, NetAdapter::all(scope), address, NetAdapter::address, "a network adapter")?;
    let adapter = NetAdapter::at(scope, address)?;
    let mut missing = Missing::default();
    for record in [identity(scope, &adapter), state(&adapter)] {
        missing.note(&record);
        out.emit(record)?;
        out.blank()?;
        out.blank()?;
    }
    out.emit(Line::new().label("BINDINGS"))?;
    out.blank()?;
    let columns = head(&["Protocol list", "Driver", "Open", "Context"]);
    out.within(Branch::new(Record::new("net_bindings").label(columns)), |out| {
        out.rows(adapter.bindings(), |binding| bound(scope, &binding))
    })?;
    out.blank()?;
    let columns = head(&["Filter list", "Driver", "Module", "Context"]);
    out.within(Branch::new(Record::new("net_filters").label(columns)), |out| {
        out.rows(adapter.filters(), |filter| filtering(scope, &filter))
    })?;
    out.warn(remark)?;
    missing.say(out)
}

/// Who it is.
fn identity(scope: &Scope<'_>, adapter: &NetAdapter<'_>) -> Record {
    let driver = adapter.driver();
    let object = driver.as_ref().map_err(Clone::clone).and_then(|driver| driver.driver());
    let owner = maker::of_driver(scope.target(), &object);
    let role = maker::role(owner.map(|(_, maker)| maker), Role::Module);
    let name = driver.as_ref().map_err(Clone::clone).and_then(|driver| driver.name());
    let own_version = driver.as_ref().map_err(Clone::clone).and_then(|driver| driver.versions().1);
    let physical = adapter.number("PhysicalDeviceObject");
    let node = physical.clone().and_then(|at| DeviceNode::of(&DeviceObject::at(scope, at)?));
    let instance = node.as_ref().map_err(Clone::clone).and_then(|node| node.instance_path());
    let instance = Cell::new(instance);
    let instance = match &node {
        Ok(node) => instance.link(Action::DeviceNode(node.address())),
        Err(_) => instance,
    };
    let record = Record::new("net_adapter")
        .label("MINIPORT")
        .line("")
        .labelled(INDENT, "name", adapter.name())
        .line("")
        .labelled(label("Ndis handle"), "address", handle(Structure::NetAdapter, adapter.address()))
        .labelled(label("Ndis API version"), "ndis_version", version(adapter.ndis_version()))
        .labelled(label("Adapter context"), "context", pointer(adapter.number("MiniportAdapterContext")))
        .labelled(label("Driver"), "driver", handle_of(Structure::NetDriver, adapter.number("DriverHandle")))
        .text(" - ")
        .cell("driver_name", Cell::new(name).role(role))
        .text("  ")
        .cell("driver_version", version(own_version));
    maker::whose(record, owner, true)
        .labelled(label("Network interface"), "interface", pointer(adapter.number("IfBlock")))
        .line("")
        .labelled(label("Media type"), "media", adapter.media())
        .labelled(label("Physical medium"), "physical_medium", adapter.physical_medium())
        .labelled(label("Device instance"), "instance", instance)
        .labelled(
            label("Device object"),
            "device",
            leading(adapter.number("DeviceObject"), Action::DeviceStack),
        )
        .labelled(label("MAC address"), "hardware_address", adapter.hardware_address())
}

/// How it is.
fn state(adapter: &NetAdapter<'_>) -> Record {
    let power_state = adapter.power_state();
    let power_word = power_state.as_ref().ok().and_then(|&state| power::device_state(state));
    let (by_windows, by_driver) = adapter.resets();
    let total = by_windows.clone().and_then(|windows| Ok(windows + by_driver.clone()?));
    let record = Record::new("net_adapter_state")
        .label("STATE")
        .line("")
        .labelled(label("Miniport"), "state", adapter.state())
        .labelled(label("Device PnP"), "pnp_state", adapter.pnp_state())
        .labelled(label("Interface"), "interface_state", adapter.interface_state())
        .labelled(label("Media"), "media_state", adapter.media_state())
        .labelled(label("Send link speed"), "send_speed", speed(adapter.number("XmitLinkSpeed")))
        .labelled(label("Receive link speed"), "receive_speed", speed(adapter.number("RcvLinkSpeed")))
        .labelled(
            label("Power"),
            "power",
            match power_word {
                Some(word) => Cell::new(word),
                None => Cell::new(power_state),
            },
        )
        .labelled(label("Total resets"), "resets", total)
        .text(" (by NDIS ")
        .cell("resets_by_ndis", by_windows)
        .text(", by its driver ")
        .cell("resets_by_driver", by_driver)
        .text(")")
        .line(Line::new().label(label("Pending OID")));
    pending(record, adapter.pending_oid())
        .labelled(label("Flags"), "flags", Cell::new(adapter.number("Flags").map(Field::Hex)).digits(8))
        .labelled(
            label("PnP flags"),
            "pnp_flags",
            Cell::new(adapter.number("PnPFlags").map(Field::Hex)).digits(8),
        )
}

/// NDIS_LINK_SPEED_UNKNOWN of ntddndis.h.
const UNKNOWN_SPEED: u64 = u64::MAX;

/// Bits a second in the largest unit that has no fraction.
fn speed(speed: Result<u64, Lack>) -> Cell {
    let text = match speed {
        Err(_) => String::new(),
        Ok(UNKNOWN_SPEED) => "unknown".to_owned(),
        Ok(speed) if speed != 0 && speed % 1_000_000_000 == 0 => format!("{} Gbit/s", speed / 1_000_000_000),
        Ok(speed) if speed != 0 && speed % 1_000_000 == 0 => format!("{} Mbit/s", speed / 1_000_000),
        Ok(speed) => format!("{speed} bit/s"),
    };
    Cell::new(speed).shown(text)
}

/// A name in its column, or on a line of its own where it is too long for that.
fn named(kind: &'static str, name: Cell) -> Record {
    let is_long = name.columns() >= super::LABEL;
    let record = Record::new(kind).text(INDENT);
    match is_long {
        true => record.cell("name", name).line(" ".repeat(INDENT.len() + super::LABEL)),
        false => record.cell("name", name.left(super::LABEL)),
    }
}

/// A protocol that is bound to it.
fn bound(scope: &Scope<'_>, binding: &NetBinding<'_>) -> Record {
    let protocol = binding.protocol();
    let name = protocol.as_ref().map_err(Clone::clone).and_then(|protocol| protocol.name());
    let routine = protocol.as_ref().ok().and_then(|protocol| protocol.routine().ok());
    let owner = routine.and_then(|at| maker::of_address(scope.target(), at));
    let role = maker::role(owner.map(|(_, maker)| maker), Role::Text);
    let link = Action::object(NetBinding::TYPE, binding.address());
    let record = named("net_binding", Cell::new(name).role(role))
        .cell("protocol", handle_of(Structure::NetProtocol, binding.number("ProtocolHandle")).left(20))
        .cell("address", Cell::new(Field::Address(binding.address())).digits(16).link(link).left(19))
        .cell("context", pointer(binding.number("ProtocolBindingContext")))
        .text("  ")
        .cell("state", binding.state());
    maker::whose(record, owner, true)
}

/// A filter on it.
fn filtering(scope: &Scope<'_>, filter: &FilterModule<'_>) -> Record {
    let driver = filter.driver();
    let object = driver.as_ref().map_err(Clone::clone).and_then(|driver| driver.driver());
    let owner = maker::of_driver(scope.target(), &object);
    let role = maker::role(owner.map(|(_, maker)| maker), Role::Text);
    // The name of a module begins with its adapter's: the driver's is what tells filters apart.
    let name = driver.as_ref().map_err(Clone::clone).and_then(|driver| driver.name());
    let record = named("net_filter", Cell::new(name).role(role))
        .cell("driver", handle_of(Structure::NetFilterDriver, filter.number("FilterDriver")).left(20))
        .cell("address", handle(Structure::NetFilter, filter.address()).left(19))
        .cell("context", pointer(filter.number("FilterModuleContext")))
        .text("  ")
        .cell("state", filter.state());
    maker::whose(record, owner, true)
}
