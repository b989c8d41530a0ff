//! `!processirps`: the requests of a process.

use crate::command::line::Out;
use crate::command::process::processes::{self, Which};
use crate::command::show::device::{driver_name, leading};
use crate::command::show::missing::Missing;
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::debuggee::Lack;
use crate::kernel::{DeviceObject, FileObject, HandleTable, Irp, ObjectTypes, Process, Thread};
use crate::output::{Action, Cell, Field, Line, Record};

/// `!processirps`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!processirps"],
    group: Group::Kernel,
    arguments: &[Argument::new("[PROCESS]", Expects::Expression)],
    summary: "Shows the requests of a process: those of its threads, and those that wait for its files",
    help: "PROCESS is an EPROCESS address, an id or a name, 0 for all, nothing for the current one. Of each request the \
           driver that has it is named; completed requests have none.\n\n\
           kd> !processirps fffffa800688c940\n\
           **** PROCESS fffffa800688c940 (Image: explorer.exe) ****\n\n\
           Checking threads for IRPs.\n\n  \
           Thread fffffa800689f080:\n\n    \
           IRP fffffa80045ccc10 - Owned by \\FileSystem\\Ntfs for device fffffa8004f5c030",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let mut words = args.words();
    let which = Which::read(words.next(), context)?;
    if let Some(more) = words.next() {
        return Err(CommandError::Syntax(more.to_owned()));
    }
    let scope = context.session.scope();
    let types = ObjectTypes::of(&scope);
    let mut missing = Missing::default();
    let out = &mut context.out;
    processes::each(&which, &scope, out, |process, out| {
        let at =
            Cell::new(Field::Address(process.address())).digits(16).link(Action::Process(process.address()));
        out.emit(
            Record::new("process")
                .text("**** PROCESS ")
                .cell("address", at)
                .text(" (Image: ")
                .cell("image", process.image_file_name())
                .text(") ****"),
        )?;
        out.blank()?;
        of_threads(process, &mut missing, out)?;
        of_files(process, &types, &mut missing, out)
    })?;
    missing.say(out)
}

fn of_threads(process: &Process<'_>, missing: &mut Missing, out: &mut Out<'_>) -> Result<(), CommandError> {
    out.emit(Line::new().label("Checking threads for IRPs."))?;
    out.blank()?;
    let threads = match Thread::of_process(process) {
        Ok(threads) => threads,
        Err(why) => {
            missing.add(&why.to_string());
            return Ok(());
        }
    };
    for thread in threads {
        out.check()?;
        match thread {
            Ok(thread) => {
                let head = Record::new("thread")
                    .text("  Thread ")
                    .cell("thread", leading(Ok(thread.address()), Action::Thread))
                    .text(":");
                requests(head, Irp::of_thread(&thread), missing, out)?;
            }
            Err(Lack::Stopped) => return Err(CommandError::Cancelled),
            Err(why) => missing.add(&why.to_string()),
        }
    }
    Ok(())
}

fn of_files<'s>(
    process: &Process<'s>,
    types: &Result<ObjectTypes<'s>, Lack>,
    missing: &mut Missing,
    out: &mut Out<'_>,
) -> Result<(), CommandError> {
    out.emit(Line::new().label("Checking file objects for IRPs."))?;
    out.blank()?;
    let scope = process.object().scope();
    let table = process.handle_table().and_then(|at| match at {
        0 => Ok(None),
        at => HandleTable::at(scope, at)?.entries().map(Some),
    });
    let (types, entries) = match (types, table) {
        (Ok(types), Ok(Some(entries))) => (types, entries),
        (_, Ok(None)) => return Ok(()),
        (Err(why), _) => {
            missing.add(&why.to_string());
            return Ok(());
        }
        (_, Err(why)) => {
            missing.add(&why.to_string());
            return Ok(());
        }
    };
    for entry in entries {
        out.check()?;
        let entry = match entry {
            Ok(entry) if entry.is_used() => entry,
            Ok(_) => continue,
            Err(Lack::Stopped) => return Err(CommandError::Cancelled),
            Err(why) => {
                missing.add(&why.to_string());
                continue;
            }
        };
        let Ok(header) = entry.header() else { continue };
        if !types.of_object(&header).and_then(|ty| ty.name()).is_ok_and(|name| name == "File") {
            continue;
        }
        let Ok(file) = header.body().and_then(|body| FileObject::at(scope, body)) else { continue };
        let handle = entry.handle();
        let head = Record::new("file")
            .text("  FileObject ")
            .cell("file", leading(Ok(file.address()), Action::File))
            .text(" (handle ")
            .cell("handle", Field::Hex(handle))
            .text("):");
        requests(head, file.irps(), missing, out)?;
    }
    Ok(())
}

/// The requests of a thread or a file, under its head where there are any.
fn requests<'s>(
    head: Record,
    irps: Result<impl Iterator<Item = Result<Irp<'s>, Lack>>, Lack>,
    missing: &mut Missing,
    out: &mut Out<'_>,
) -> Result<(), CommandError> {
    let mut irps = match irps {
        Ok(irps) => irps.peekable(),
        Err(why) => {
            missing.add(&why.to_string());
            return Ok(());
        }
    };
    if irps.peek().is_none() {
        return Ok(());
    }
    out.emit(head)?;
    out.blank()?;
    for irp in irps {
        match irp {
            Ok(irp) => out.emit(owned(&irp))?,
            Err(Lack::Stopped) => return Err(CommandError::Cancelled),
            Err(why) => missing.add(&why.to_string()),
        }
    }
    out.blank()
}

/// `IRP fffffa80045ccc10 - Owned by \FileSystem\Ntfs for device fffffa8004f5c030`
fn owned(irp: &Irp<'_>) -> Record {
    let record = Record::new("irp").text("    IRP ").cell("irp", leading(Ok(irp.address()), Action::Irp));
    let current = match irp.current() {
        Ok(current) => current,
        Err(Lack::Shape { .. }) => return record.text(" - completed"),
        Err(why) => return record.text(" - ").cell("driver", Cell::new(Field::from(why))),
    };
    let device: Result<DeviceObject<'_>, Lack> = current.device_object();
    if matches!(device, Err(Lack::Null { .. })) {
        return record.text(" - given to no driver yet");
    }
    record
        .text(" - Owned by ")
        .cell("driver", driver_name(&device))
        .text(" for device ")
        .cell("device", leading(current.device(), Action::Device))
}
