//! `!fileobj`: a file object.

use crate::command::show::device::{driver_name, leading};
use crate::command::show::irp::request;
use crate::command::show::missing::Missing;
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::kernel::{DeviceObject, FileObject, io_flags};
use crate::output::{Action, Cell, Field, Line, Record, Role};

/// `!fileobj`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!fileobj"],
    group: Group::Kernel,
    arguments: &[Argument::new("ADDRESS", Expects::Expression)],
    summary: "Shows a file object: path, device and driver, access, flags, requests",
    help: "The path is that behind the device, as the file was opened; relative to another file's where the file object \
           names one. The requests that wait for the file follow.\n\n\
           kd> !fileobj ffffc38e3d04ee40\n\
           Device Object: 0xffffc38e383199f0   \\Driver\\IrpTrackerDriver\n\
           Vpb is NULL\n\n\
           Flags:  0x40000\n        \
           Handle Created\n\n\
           CurrentByteOffset: 0",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

/// What may be done with the file, and what others may do with it meanwhile.
const ACCESS: [(&str, &str); 6] = [
    ("ReadAccess", "Read"),
    ("WriteAccess", "Write"),
    ("DeleteAccess", "Delete"),
    ("SharedRead", "SharedRead"),
    ("SharedWrite", "SharedWrite"),
    ("SharedDelete", "SharedDelete"),
];

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    if args.text.is_empty() {
        return Err(CommandError::Syntax("!fileobj".to_owned()));
    }
    let address = context.evaluate(args.text)?;
    let scope = context.session.scope();
    let file = FileObject::at(&scope, address)?;
    let out = &mut context.out;
    if !file.is_file()? {
        let kind = file.number("Type").unwrap_or_default();
        let text = format!("{address:016x} is no file object: its type is {kind}, that of files 5");
        return out
            .emit(Record::new("file").field("address", Field::Address(address)).role(Role::Warning, text));
    }
    let mut missing = Missing::default();
    let record = described(&file);
    missing.note(&record);
    out.emit(record)?;
    requests(&file, out)?;
    let offset = Cell::new(file.number("CurrentByteOffset").map(Field::Hex));
    out.emit(Record::new("file_position").label("CurrentByteOffset: ").cell("offset", offset))?;
    missing.say(out)
}

fn described(file: &FileObject<'_>) -> Record {
    let record = Record::new("file").field("address", Field::Address(file.address()));
    let record = match file.file_name() {
        Ok(name) if name.is_empty() => record.field("name", Field::Null),
        name => record.line("").line("").line("").cell("name", Cell::new(name)).line(""),
    };
    let device = file.device().and_then(|at| DeviceObject::at(file.object().scope(), at));
    let at = Cell::new(file.device().map(Field::Address)).follow(Action::Device);
    let at = match file.device() {
        Ok(device) => at.shown(format!("0x{device:x}")),
        Err(_) => at,
    };
    let record =
        record.labelled("Device Object: ", "device", at).text("   ").cell("driver", driver_name(&device));
    let record = match file.number("RelatedFileObject") {
        Ok(0) => record.field("related", Field::Null),
        related => record.labelled("Related File Object: ", "related", hexed(related, Action::File)),
    };
    let record = match file.number("Vpb") {
        Ok(0) => record.line("Vpb is NULL").field("vpb", Field::Null),
        vpb => record.labelled("Vpb: ", "vpb", hexed(vpb, |at| Action::object("nt!_VPB", at))),
    };
    let record = match file.number("Event.Header.SignalState") {
        Ok(0) => record.field("signalled", false),
        Ok(_) => record.line("Event signalled").field("signalled", true),
        Err(why) => record.field("signalled", why),
    };
    let words: Vec<&str> = ACCESS
        .iter()
        .filter(|(member, _)| file.number(member).is_ok_and(|value| value != 0))
        .map(|(_, word)| *word)
        .collect();
    let record = match words.is_empty() {
        true => record.field("access", words),
        false => {
            let shown = words.join(" ");
            record.labelled("Access: ", "access", Cell::new(words).shown(shown)).text(" ")
        }
    };
    let flags = file.number("Flags");
    let shown = flags.as_ref().map_or(String::new(), |flags| format!("0x{flags:x}"));
    let names =
        flags.as_ref().map_or(Vec::new(), |&flags| io_flags::names_of(flags, io_flags::FILE).collect());
    let record = record
        .line("")
        .labelled("Flags:  ", "flags", Cell::new(flags.map(Field::Hex)).shown(shown))
        .column("flag_names", 8, names.into_iter().map(Cell::new))
        .line("");
    let (first, second) = (file.number("FsContext"), file.number("FsContext2"));
    match (&first, &second) {
        (Ok(0), Ok(0)) => record.field("fs_context", Field::Null).field("fs_context2", Field::Null),
        _ => record
            .labelled("FsContext: ", "fs_context", hexed(first, Action::Memory))
            .text("        FsContext2: ")
            .cell("fs_context2", hexed(second, Action::Memory)),
    }
}

/// `0xffffc38e2c0fc0d0`
fn hexed(value: Result<u64, crate::debuggee::Lack>, link: impl FnOnce(u64) -> Action) -> Cell {
    let shown = value.as_ref().map_or(String::new(), |value| format!("0x{value:x}"));
    leading(value, link).shown(shown)
}

/// The requests that wait for the file.
fn requests(file: &FileObject<'_>, out: &mut crate::command::line::Out<'_>) -> Result<(), CommandError> {
    let mut irps = match file.irps() {
        Ok(irps) => irps.peekable(),
        Err(why) => {
            let record = Record::new("irps").field("why", Field::unreadable(why.to_string()));
            return out.emit(record.role(Role::Unreadable, format!("Requests of the file: {why}")));
        }
    };
    if irps.peek().is_none() {
        return Ok(());
    }
    out.emit(Line::new().label("IRPs queued to File Object:"))?;
    out.blank()?;
    let mut count = 0u64;
    for irp in irps {
        count += u64::from(irp.is_ok());
        out.rows(Ok([irp]), |irp| request(&irp, 4))?;
    }
    out.blank()?;
    out.emit(Record::new("irp_count").cell("count", count).text(" queued."))?;
    out.blank()
}
