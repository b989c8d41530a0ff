//! `!devstack`: the devices that are attached to each other.

use crate::command::line::Out;
use crate::command::show::device::{driver_name, leading, pointer, typed_address};
use crate::command::show::missing::Missing;
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::debuggee::Scope;
use crate::kernel::{DeviceNode, DeviceObject};
use crate::output::{Action, Cell, Column, Field, Line, Record, Role, Table};

/// `!devstack`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!devstack"],
    group: Group::Kernel,
    arguments: &[Argument::new("ADDRESS | \\PATH | NAME", Expects::Expression)],
    summary: "Shows the stack of devices that a device belongs to, with their drivers, and Plug and Play's node",
    help: "The device at the top comes first: a request goes from there downwards. `>` marks the device that was asked for. \
           The node of Plug and Play is that of the device at the bottom.\n\n\
           kd> !devstack 0xffffe0007b71a960\n  \
           !DevObj           !DrvObj            !DevExt           ObjectName\n  \
           ffffe000801fee20  \\Driver\\ECHO       ffffe0007f72eff0  \n\
           > ffffe0007b71a960  \\Driver\\PnpManager 00000000  0000000e\n\
           !DevNode ffffe0007b71a630 :\n  \
           DeviceInst is \"ROOT\\SAMPLE\\0000\"\n  \
           ServiceName is \"ECHO\"",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let address = typed_address(args, context)?;
    let scope = context.session.scope();
    show(&scope, address, &mut context.out)
}

/// The stack that a device belongs to.
///
/// # Errors
/// As [`Out::emit`]; what lies there is no device, or its types are not known.
pub fn show(scope: &Scope<'_>, address: u64, out: &mut Out<'_>) -> Result<(), CommandError> {
    let device = DeviceObject::at(scope, address)?;
    if !device.is_device()? {
        return Err(CommandError::Missing(format!("{address:016x} is no device object")));
    }
    let mut missing = Missing::default();
    let stack = device.stack();
    let columns = [
        Column::left("device", "!DevObj", 16),
        Column::left("driver", "!DrvObj", 18).after(2),
        Column::left("extension", "!DevExt", 16),
        Column::left("name", "ObjectName", 10).after(2),
    ];
    let heading = Line::new().label("  !DevObj           !DrvObj            !DevExt           ObjectName");
    let table = Table::new("device", &columns).headed(heading);
    if let Some(why) = &stack.above {
        out.emit(Line::new().role(Role::Warning, format!("What is above is not known: {why}")))?;
    }
    out.within(table, |out| {
        for found in &stack.devices {
            let row = row(found, found.address() == address);
            missing.note(&row);
            out.emit(row)?;
        }
        Ok(())
    })?;
    if let Some(why) = &stack.below {
        out.emit(Line::new().role(Role::Warning, format!("What is below is not known: {why}")))?;
    }
    if let Some(bottom) = stack.devices.last().filter(|_| stack.below.is_none()) {
        node(bottom, &mut missing, out)?;
    }
    missing.say(out)
}

/// The row of a device; a driver's long name runs into what follows it.
fn row(device: &DeviceObject<'_>, is_asked: bool) -> Record {
    let at = device.address();
    Record::new("device")
        .text(if is_asked { "> " } else { "  " })
        .cell("device", Cell::new(Field::Address(at)).digits(16).link(Action::Device(at)))
        .text("  ")
        .cell("driver", driver_name(&Ok(device.clone())).left(18))
        .text(" ")
        .cell("extension", pointer(device.number("DeviceExtension")))
        .text("  ")
        .cell("name", Cell::new(device.name()))
        .field("asked", is_asked)
}

/// Plug and Play's node of the device at the bottom.
fn node(bottom: &DeviceObject<'_>, missing: &mut Missing, out: &mut Out<'_>) -> Result<(), CommandError> {
    let node = match bottom.extended("DeviceNode") {
        Ok(0) => return Ok(()),
        node => node.and_then(|at| DeviceNode::at(bottom.object().scope(), at)),
    };
    let node = match node {
        Ok(node) => node,
        Err(why) => {
            missing.add(&why.to_string());
            return Ok(());
        }
    };
    let record = Record::new("device_node")
        .text("!DevNode ")
        .cell("address", leading(Ok(node.address()), Action::DeviceNode))
        .text(" :")
        .line("  DeviceInst is \"")
        .cell("instance", node.instance_path())
        .text("\"");
    let record = match node.service() {
        Ok(service) if service.is_empty() => record.field("service", Field::Null),
        service => record.line("  ServiceName is \"").cell("service", service).text("\""),
    };
    missing.note(&record);
    out.emit(record)
}
