//! `!irp`: a request, with what it asks of each driver.

use super::stack_location;
use crate::command::line::Out;
use crate::command::show::device::{leading, pointer};
use crate::command::show::irp::irp_word;
use crate::command::show::missing::Missing;
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::debuggee::{Lack, Scope};
use crate::kernel::{DeviceObject, Irp, IrpState, io_flags};
use crate::output::{Action, Cell, Field, Line, Record, Role};

/// `!irp`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!irp"],
    group: Group::Kernel,
    arguments: &[
        Argument::new("ADDRESS", Expects::Expression),
        Argument::new("[FLAGS]", Expects::Expression),
    ],
    summary: "Shows an IRP: the driver that has it, and what it asks of each driver of its stack",
    help: "Each stack location takes four lines: the function and its minor one; flags, control, device, file, and what \
           is called when the request is completed, with the cases in which it is (Success, Error, Cancel), and `pending` \
           where the driver has said that it will complete the request later; the driver of the device; the arguments, \
           with their meaning where the function has one that is known. `>` marks the location of the driver that has \
           the request: that driver has not completed it. FLAGS 1 shows the members of the IRP as well. !irpfind finds \
           requests.\n\n\
           kd> !irp ffffc38e3a85e480\n\
           Irp is active with 1 stacks 1 is current (= 0xffffc38e3a85e550)\n \
           No Mdl: No System Buffer: Thread ffffc38e3d0e9080:  Irp stack trace.  \n     \
           cmd  flg cl Device   File     Completion-Context\n\
           >[IRP_MJ_DEVICE_CONTROL(e), N/A(0)]\n            \
           5  1 ffffc38e383199f0 ffffc38e3d04ee40 00000000-00000000    pending\n               \
           \\Driver\\IrpTrackerDriver\n                        \
           Args: 00000000 00000000 0x80002003 00000000",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let mut words = args.words();
    let (Some(address), flags) = (words.next(), words.next()) else {
        return Err(CommandError::Syntax("!irp".to_owned()));
    };
    if let Some(more) = words.next() {
        return Err(CommandError::Syntax(more.to_owned()));
    }
    let address = context.evaluate(address)?;
    let flags = flags.map(|flags| context.evaluate(flags)).transpose()?.unwrap_or(0);
    let scope = context.session.scope();
    show(&scope, address, flags, &mut context.out)
}

/// The members of an IRP are shown, too.
const MEMBERS: u64 = 1;

/// All of a request.
///
/// # Errors
/// As [`Out::emit`]; no request lies there, or its types are not known.
pub fn show(scope: &Scope<'_>, address: u64, flags: u64, out: &mut Out<'_>) -> Result<(), CommandError> {
    let irp = Irp::at(scope, address)?;
    irp.kind()?;
    if !irp.is_request().unwrap_or(false) {
        let counts = [irp.kind(), irp.current_location(), irp.stack_count()];
        let [kind, current, count] = counts.map(|number| number.map_or("??".to_owned(), |n| n.to_string()));
        let why = format!("type {kind} (6 is an IRP), stack location {current} of {count}");
        let text = "IRP signature does not match, probably not an IRP";
        return out.emit(
            Record::new("irp")
                .field("address", Field::Address(address))
                .role(Role::Warning, text)
                .text(": ")
                .cell("why", Cell::new(why)),
        );
    }
    let mut missing = Missing::default();
    let head = heading(&irp, flags);
    missing.note(&head);
    out.emit(head)?;
    out.emit(Line::new().label("     cmd  flg cl Device   File     Completion-Context"))?;
    let current = irp.current_location()?;
    for location in irp.locations()? {
        let record = stack_location::record(&location, current, scope);
        missing.note(&record);
        out.emit(record)?;
    }
    out.emit(holder(&irp, scope))?;
    missing.say(out)
}

/// The lines before the stack locations.
fn heading(irp: &Irp<'_>, flags: u64) -> Record {
    let state = irp.state();
    let at = irp.current_address().map(Field::Address);
    let shown = irp.current_address().map_or(String::new(), |at| format!("0x{at:x}"));
    let record = Record::new("irp")
        .field("address", Field::Address(irp.address()))
        .text("Irp is active with ")
        .cell("stack_count", irp.stack_count())
        .text(" stacks ")
        .cell("current_location", irp.current_location())
        .text(" is current (= ")
        .cell("current_address", Cell::new(at).shown(shown).role(Role::Address))
        .text(")")
        .field("state", state.as_ref().map(|state| irp_word(*state)).map_err(Clone::clone));
    let record = match state {
        Ok(IrpState::Completed) => record.line("Irp is completed."),
        _ => record,
    };
    let mdl = |record: Record| match irp.mdl() {
        Ok(0) => record.line(" No Mdl:").field("mdl", Field::Null),
        mdl => record.line(" Mdl=").cell("mdl", leading(mdl, |at| Action::object("nt!_MDL", at))).text(":"),
    };
    let buffer = |record: Record| match irp.system_buffer() {
        Ok(0) => record.text(" No System Buffer:").field("system_buffer", Field::Null),
        buffer => {
            record.text(" System buffer=").cell("system_buffer", leading(buffer, Action::Memory)).text(":")
        }
    };
    let record = buffer(mdl(record))
        .text(" Thread ")
        .cell("thread", leading(irp.thread(), Action::Thread))
        .text(":  Irp stack trace.  ");
    let record = match irp.is_pending_returned() {
        Ok(true) => record.text("Pending has been returned"),
        _ => record,
    };
    let record = match irp.is_cancelled() {
        Ok(true) => record.line("Cancel has been asked for").field("cancel", true),
        cancelled => record.field("cancel", cancelled),
    };
    if flags & MEMBERS == 0 { record } else { members(record, irp) }
}

/// A member and how it is shown.
enum Form {
    /// So many digits at least.
    Hex(usize),
    /// A pointer.
    Pointer,
    /// Where the member lies.
    Place,
}

/// The members of flag 1, in the order of the reference.
const MEMBERS_SHOWN: &[(&str, &str, Form)] = &[
    ("Flags", "Flags", Form::Hex(8)),
    ("ThreadListEntry.Flink", "ThreadListEntry.Flink", Form::Pointer),
    ("ThreadListEntry.Blink", "ThreadListEntry.Blink", Form::Pointer),
    ("IoStatus.Status", "IoStatus.Status", Form::Hex(8)),
    ("IoStatus.Information", "IoStatus.Information", Form::Hex(8)),
    ("RequestorMode", "RequestorMode", Form::Hex(8)),
    ("Cancel", "Cancel", Form::Hex(2)),
    ("CancelIrql", "CancelIrql", Form::Hex(1)),
    ("ApcEnvironment", "ApcEnvironment", Form::Hex(2)),
    ("UserIosb", "UserIosb", Form::Pointer),
    ("UserEvent", "UserEvent", Form::Pointer),
    (
        "Overlay.AsynchronousParameters.UserApcRoutine",
        "Overlay.AsynchronousParameters.UserApcRoutine",
        Form::Pointer,
    ),
    (
        "Overlay.AsynchronousParameters.UserApcContext",
        "Overlay.AsynchronousParameters.UserApcContext",
        Form::Pointer,
    ),
    ("Overlay.AllocationSize", "Overlay.AllocationSize", Form::Hex(8)),
    ("CancelRoutine", "CancelRoutine", Form::Pointer),
    ("UserBuffer", "UserBuffer", Form::Pointer),
    ("&Tail.Overlay.DeviceQueueEntry", "Tail.Overlay.DeviceQueueEntry", Form::Place),
    ("Tail.Overlay.Thread", "Tail.Overlay.Thread", Form::Pointer),
    ("Tail.Overlay.AuxiliaryBuffer", "Tail.Overlay.AuxiliaryBuffer", Form::Pointer),
    ("Tail.Overlay.ListEntry.Flink", "Tail.Overlay.ListEntry.Flink", Form::Pointer),
    ("Tail.Overlay.ListEntry.Blink", "Tail.Overlay.ListEntry.Blink", Form::Pointer),
    ("Tail.Overlay.CurrentStackLocation", "Tail.Overlay.CurrentStackLocation", Form::Pointer),
    ("Tail.Overlay.OriginalFileObject", "Tail.Overlay.OriginalFileObject", Form::Pointer),
    ("Tail.Apc", "Tail.Apc", Form::Place),
    ("Tail.CompletionKey", "Tail.CompletionKey", Form::Pointer),
];

fn members(record: Record, irp: &Irp<'_>) -> Record {
    MEMBERS_SHOWN.iter().fold(record, |record, (label, member, form)| {
        let cell = match form {
            Form::Hex(digits) => {
                // A status has 32 bits, whatever its type's sign makes of it.
                let value = irp.number(member);
                Cell::new(value.map(Field::Hex)).digits(*digits)
            }
            Form::Pointer => match *member {
                "Tail.Overlay.Thread" => leading(irp.number(member), Action::Thread),
                "Tail.Overlay.OriginalFileObject" => leading(irp.number(member), Action::File),
                "CancelRoutine" => leading(irp.number(member), Action::Code),
                _ => pointer(irp.number(member)),
            },
            Form::Place => pointer(irp.address_of(member)),
        };
        let record = record.line(format!("{label} = ")).cell(*member, cell);
        match (*member, irp.flags()) {
            ("Flags", Ok(bits)) => {
                let names: Vec<&str> = io_flags::names_of(bits, io_flags::IRP).collect();
                let text = Cell::new(names.join(" ")).role(Role::Dim);
                if names.is_empty() { record } else { record.text("  ").cell("flag_names", text) }
            }
            _ => record,
        }
    })
}

/// Who has it: what an engineer asks of a request first.
fn holder(irp: &Irp<'_>, scope: &Scope<'_>) -> Record {
    let record = Record::new("irp_holder");
    let device = match irp.state() {
        Ok(IrpState::Completed) => return record.text("No driver has the request: it is completed."),
        Ok(_) => irp.device(),
        Err(why) => return record.role(Role::Unreadable, format!("Who has the request is not known: {why}")),
    };
    let device = match device {
        Ok(0) => {
            return record
                .text("The current location names no device: no driver has been given the request yet.");
        }
        Ok(device) => device,
        Err(why) => return record.role(Role::Unreadable, format!("Who has the request is not known: {why}")),
    };
    let object: Result<DeviceObject<'_>, Lack> = DeviceObject::at(scope, device);
    let state = match irp.state() {
        Ok(IrpState::Pending) => "which has marked it pending",
        _ => "which has not marked it pending",
    };
    record
        .text("The request is with ")
        .cell("driver", crate::command::show::device::driver_name(&object))
        .text(" (device ")
        .cell("device", leading(Ok(device), Action::Device))
        .text("), ")
        .text(state)
        .text(" and has not completed it; the stack of devices: ")
        .cell("stack", Cell::new("!devstack").link(Action::DeviceStack(device)))
}
