//! `!wdfdevice`: a device of the driver framework.

use super::{handle, state, untold};
use crate::command::show::device::leading;
use crate::command::show::missing::Missing;
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::debuggee::{Lack, Scope};
use crate::kernel::DeviceObject;
use crate::kernel::wdf::WdfDevice;
use crate::output::{Action, Record};

/// `!wdfkd.wdfdevice`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!wdfkd.wdfdevice", "!wdfdevice"],
    group: Group::Kernel,
    arguments: &[Argument::new("HANDLE", Expects::Expression), Argument::new("[FLAGS]", Expects::Expression)],
    summary: "Shows a device of the driver framework (KMDF): its device objects and the states of Plug and Play and power",
    help: "HANDLE is a WDFDEVICE, the address of its FxDevice or its device object. What is known is shown whatever \
           FLAGS ask for. The symbols of Wdf01000 are needed.\n\n\
           kd> !wdfdevice 0x49f6bffba488\n\
           # Dumping WDFDEVICE 0x000049f6bffba488\n\n\
           WDM PDEVICE_OBJECTs:  self ffffb60940045010\n\n\
           Pnp state:  119 ( WdfDevStatePnpStarted )",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let (typed, rest) = match args.text.trim() {
        "" => return Err(CommandError::Syntax(args.name.to_owned())),
        text => context.evaluate_prefix(text)?,
    };
    if !rest.trim().is_empty() {
        context.evaluate(rest)?;
    }
    let scope = context.session.scope();
    scope.find_type(WdfDevice::TYPE).map_err(|why| untold(&scope, why))?;
    let device = found(&scope, typed)?;
    let mut missing = Missing::default();
    let record = described(&device);
    missing.note(&record);
    context.out.emit(record)?;
    missing.say(&mut context.out)
}

/// What was typed, as a handle, as an address or as a device object: the first that is right.
fn found<'s>(scope: &'s Scope<'s>, typed: u64) -> Result<WdfDevice<'s>, CommandError> {
    let of_device = |at: u64| {
        let device = DeviceObject::at(scope, at)?;
        match device.is_device()? {
            true => WdfDevice::of(&device),
            false => Err(Lack::Shape { what: "what lies there".to_owned(), wanted: "device object" }),
        }
    };
    let found = WdfDevice::of_handle(scope, typed)
        .or_else(|_| WdfDevice::at(scope, typed))
        .or_else(|_| of_device(typed));
    found.map_err(|why| {
        CommandError::Missing(format!(
            "{typed:#x} is neither a WDFDEVICE, nor the address of one, nor the device object of one ({why})"
        ))
    })
}

fn described(device: &WdfDevice<'_>) -> Record {
    let record = Record::new("wdf_device")
        .label("# Dumping WDFDEVICE ")
        .cell("handle", handle(device))
        .field("address", crate::output::Field::Address(device.address()))
        .line("")
        .labelled(
            "WDM PDEVICE_OBJECTs:  self ",
            "device",
            leading(device.number("m_DeviceObject"), Action::DeviceStack),
        )
        .label(", attached ")
        .cell("attached", leading(device.number("m_AttachedDevice"), Action::Device))
        .label(", pdo ")
        .cell("physical", leading(device.number("m_PhysicalDevice"), Action::Device))
        .line("");
    let record = state(record.line("Pnp state:  "), "pnp", device.pnp_state());
    let record = state(record.line("Power state:  "), "power", device.power_state());
    state(record.line("Power Pol state:  "), "policy", device.policy_state())
}
