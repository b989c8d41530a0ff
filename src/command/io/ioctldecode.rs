//! `!ioctldecode`: a control code taken apart.

use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group};
use crate::kernel::ControlCode;
use crate::output::{Cell, Field, Record};

/// `!ioctldecode`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!ioctldecode"],
    group: Group::Kernel,
    arguments: &[Argument::new("CODE", Expects::Expression)],
    summary: "Takes an I/O control code apart: device type, method, access, function",
    help: "Several headers may have taken one device type; all their names are shown. What a function does is known to the \
           driver alone; codes of the public headers that are met most have a name.\n\n\
           kd> !ioctldecode 0x220003\n\
           IOCTL_INTERNAL_USB_SUBMIT_URB\n\n\
           Device Type    : 0x22 (FILE_DEVICE_USB) (FILE_DEVICE_UNKNOWN)\n\
           Method         : 0x3 METHOD_NEITHER \n\
           Access         : FILE_ANY_ACCESS\n\
           Function       : 0x0",
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    if args.text.is_empty() {
        return Err(CommandError::Syntax("!ioctldecode".to_owned()));
    }
    let value = context.evaluate(args.text)?;
    // A number with its highest bit set may come with its sign.
    let code = match crate::analysis::low_half(value) {
        Some(code) => ControlCode(code),
        None => {
            return Err(CommandError::Argument(format!("{value:#x} is no control code: those have 32 bits")));
        }
    };
    let name = match code.name() {
        Some(name) => Cell::new(name),
        None => Cell::new(Field::Null).absent(format!("Unknown IOCTL  : {:#x} ", code.0)),
    };
    let types: Vec<String> = code.device_types().collect();
    let types_shown: String = types.iter().map(|name| format!(" ({name})")).collect();
    let hex = |value: u32| Cell::new(Field::Hex(value.into())).shown(format!("{value:#x}"));
    context.out.emit(
        Record::new("ioctl")
            .line("")
            .line("")
            .cell("name", name)
            .line("")
            .field("code", Field::Hex(code.0.into()))
            .labelled("Device Type    : ", "device_type", hex(code.device_type()))
            .cell("device_types", Cell::new(types).shown(types_shown))
            .labelled("Method         : ", "method", hex(code.method()))
            .text(" ")
            .cell("method_name", code.method_name())
            .text(" ")
            .labelled("Access         : ", "access", code.access_name())
            .labelled("Function       : ", "function", hex(code.function())),
    )
}
