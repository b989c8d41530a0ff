//! What the dump says about the moment of the crash.

use crate::analysis::{
    Argument, ContextKind, ContextSource, Explanation, ParameterKind, crash_context, exception_name, low_half,
};
use crate::command::system::vertarget::hardware::known;
use crate::command::{CommandError, Context};
use crate::kernel::{Process, Thread};
use crate::output::{Action, Line, Record, Role};
use crate::util::hex;
use crate::util::width::pad;
use crate::words::{Message, text};

/// What the dump itself says about the moment of the crash, before anyone draws conclusions.
pub fn show(
    parameters: [u64; 4],
    explained: Option<&Explanation>,
    context: &mut Context<'_>,
) -> Result<(), CommandError> {
    context.out.blank()?;
    let language = context.session.settings.language;
    let said = |key| text(key, language);
    context.out.emit(Line::new().role(Role::Heading, said("analyze.fact.heading")))?;
    for (index, argument) in explained.iter().flat_map(|explained| explained.arguments.iter()).enumerate() {
        if let Some(name) = exception(argument) {
            context.out.emit(fact(&format!("Arg{}", index + 1)).text(said("analyze.fact.is")).value(name))?;
        }
    }
    for (index, parameter) in parameters.into_iter().enumerate() {
        if let Some(symbol) = context.symbol_text(parameter) {
            let line = fact(&format!("Arg{}", index + 1)).text(said("analyze.fact.lies_in"));
            context.out.emit(line.link(Role::Symbol, symbol, Action::Code(parameter)))?;
        }
    }
    let session = &context.session;
    let processor = session.target.crashed_processor();
    let running = session.target.processors().get(processor as usize);
    let stopped = running.and_then(|running| running.context.as_ref().ok()).map(|registers| registers.ip());
    let number = Message::new("analyze.fact.processor").with("number", processor);
    let mut place = fact(said("analyze.fact.stopped")).text(number.in_language(language));
    if let Some(ip) = stopped {
        place = context.with_symbol(place.text(", "), ip);
    }
    let thread = context.session.target.current_thread();
    let process = context.session.target.current_process();
    context.out.emit(place)?;
    let (ids, owner) = {
        let scope = context.session.scope();
        let ids = thread.and_then(|thread| Thread::at(&scope, thread).ok()?.client_id().ok());
        let owner = process.and_then(|process| {
            let process = Process::at(&scope, process).ok()?;
            Some((process.image_file_name().ok()?, process.id().ok()?))
        });
        (ids, owner)
    };
    if let Some(address) = thread {
        let line = fact(said("analyze.fact.thread")).address(address);
        context.out.emit(match ids {
            Some(ids) => line.text("  Cid ").value(format!("{:04x}.{:04x}", ids.process, ids.thread)),
            None => line,
        })?;
    }
    if let Some(address) = process {
        let line = fact(said("analyze.fact.process")).address(address);
        context.out.emit(match owner {
            Some((name, id)) => line.text("  ").value(name).text(format!(" (pid {id:#x})")),
            None => line,
        })?;
    }
    fault(context)?;
    let tagged = context.session.target.dump()?.tagged();
    let (driver, program) = (tagged.named_driver(), tagged.last_crashed_image());
    if let Some(driver) = driver {
        context
            .out
            .emit(fact(said("analyze.fact.driver")).value(driver).text(said("analyze.fact.driver_why")))?;
    }
    if let Some(program) = program {
        context
            .out
            .emit(fact(said("analyze.fact.before")).value(program).text(said("analyze.fact.before_why")))?;
    }
    machine(context)?;
    let [crashed, uptime] =
        crate::command::system::time::cells(context.session.target.header()?, &context.session.settings.zone);
    let times = Record::new("time").line(fact(said("analyze.fact.crashed"))).cell("session_time", crashed);
    context.out.emit(times.line(fact(said("analyze.fact.uptime"))).cell("system_uptime", uptime))?;
    Ok(())
}

/// The machine that crashed: on some of them everything fails, and some are no machines. `vertarget` tells more.
fn machine(context: &mut Context<'_>) -> Result<(), CommandError> {
    let hardware = context.session.target.dump()?.tagged().hardware();
    let language = context.session.settings.language;
    for (_, key, value) in known(&hardware) {
        let label = match key {
            "processor" => "analyze.fact.cpu",
            "machine" => "analyze.fact.machine",
            "board" => "analyze.fact.board",
            "hypervisor" => "analyze.fact.hypervisor",
            _ => continue,
        };
        context.out.emit(fact(text(label, language)).value(value))?;
    }
    Ok(())
}

/// Where the registers of the fault were saved, which `.ecxr` makes current.
fn fault(context: &mut Context<'_>) -> Result<(), CommandError> {
    let session = &*context.session;
    let Some(found) = crash_context(&session.target, || session.crash_stack()) else {
        return Ok(());
    };
    let (what, action) = match found.kind {
        ContextKind::ContextRecord => ("analyze.fact.context", Action::Context(found.address)),
        ContextKind::TrapFrame => ("analyze.fact.trap_frame", Action::Trap(found.address)),
    };
    let language = session.settings.language;
    let how = match found.source {
        ContextSource::Parameter(index) => format!("(Arg{})", index + 1),
        ContextSource::Instruction(index) => Message::new("analyze.fact.by_instruction")
            .with("number", index + 1)
            .in_language(language)
            .into_owned(),
        ContextSource::Stack => text("analyze.fact.by_stack", language).to_owned(),
    };
    let line = fact(text("analyze.fact.registers", language)).text(text(what, language)).text(" ");
    let line = line.link(Role::Address, hex::tick(found.address), action);
    context.out.emit(line.text(" ").text(how).text("; .ecxr"))
}

/// What an argument that is a status code is called as an exception.
fn exception(argument: &Argument) -> Option<String> {
    let status = low_half(argument.value).filter(|_| argument.kind == ParameterKind::Ntstatus)?;
    exception_name(status).map(|name| format!("{status:08x} ({name})"))
}

/// The start of a line of facts.
fn fact(label: &str) -> Line {
    Line::of("  ").label(pad(label, 11))
}
