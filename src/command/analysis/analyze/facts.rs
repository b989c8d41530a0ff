//! What the dump says about the moment of the crash.

use super::follow;
use crate::analysis::{
    Argument, ContextKind, ContextSource, CrashContext, Explanation, ParameterKind, exception_name, low_half,
};
use crate::command::system::vertarget::hardware;
use crate::command::{CommandError, Context};
use crate::debuggee::Lack;
use crate::kernel::{ClientId, Process, Thread};
use crate::output::{Action, Branch, Cell, Field, Line, Record, Role};
use crate::words::{Language, Message, text};

/// What the dump itself says about the moment of the crash, before anyone draws conclusions.
pub fn show(
    parameters: [u64; 4],
    explained: Option<&Explanation>,
    saved: Option<&CrashContext>,
    context: &mut Context<'_>,
) -> Result<(), CommandError> {
    context.out.blank()?;
    let title = text("analyze.fact.heading", context.session.settings.language);
    let head = Record::new("facts").role(Role::Heading, title);
    context.within(Branch::new(head), |context| {
        arguments(parameters, explained, context)?;
        place(context)?;
        let saved = saved.map(|saved| registers(saved, context));
        let records: Vec<Record> = thread(context).into_iter().chain(process(context)).chain(saved).collect();
        records.into_iter().chain(named(context)?).try_for_each(|record| context.out.emit(record))?;
        machine(context)?;
        times(context)
    })
}

/// The start of a fact: its label in its column.
fn fact(kind: &'static str, label: &str) -> Record {
    // A label that is too long keeps its distance.
    Record::new(kind).text("  ").label(label).text(" ").pad_to(COLUMN)
}

/// Where what is said of a fact begins.
const COLUMN: usize = 13;

/// The arguments that are called something as exceptions, then those that lie in a module.
fn arguments(
    parameters: [u64; 4],
    explained: Option<&Explanation>,
    context: &mut Context<'_>,
) -> Result<(), CommandError> {
    let language = context.session.settings.language;
    let head = |kind, index: usize, said| {
        let number = Cell::new(index as u64 + 1).role(Role::Label);
        let record = Record::new(kind).text("  ").label("Arg").cell("argument", number);
        record.pad_to(COLUMN).text(text(said, language))
    };
    for (index, argument) in explained.iter().flat_map(|explained| explained.arguments.iter()).enumerate() {
        if let Some((status, name)) = exception(argument) {
            let record = head("exception", index, "analyze.fact.is")
                .cell("code", Cell::new(Field::Hex(status.into())).digits(8))
                .role(Role::Value, " (")
                .cell("name", Cell::new(name).role(Role::Value))
                .role(Role::Value, ")");
            context.out.emit(record)?;
        }
    }
    for (index, parameter) in parameters.into_iter().enumerate() {
        if let Some(symbol) = context.symbol_text(parameter) {
            let record = head("symbol", index, "analyze.fact.lies_in")
                .field("address", Field::Address(parameter))
                .cell("name", Cell::new(symbol).role(Role::Symbol).link(Action::Code(parameter)));
            context.out.emit(record)?;
        }
    }
    Ok(())
}

/// What an argument that is a status code is called as an exception.
fn exception(argument: &Argument) -> Option<(u32, &'static str)> {
    let status = low_half(argument.value).filter(|_| argument.kind == ParameterKind::Ntstatus)?;
    exception_name(status).map(|name| (status, name))
}

/// Where the processor that crashed stopped.
fn place(context: &mut Context<'_>) -> Result<(), CommandError> {
    let language = context.session.settings.language;
    let target = &context.session.target;
    let processor = target.crashed_processor();
    let words = Message::new("analyze.fact.processor").with("number", processor);
    let number = Cell::new(processor).shown(words.in_language(language)).role(Role::Text);
    let record = fact("stopped", text("analyze.fact.stopped", language));
    let record = record.cell("processor", number.link(Action::Processor(processor)));
    let running = target.processors().get(processor as usize);
    let record = match running.map(|running| running.context.as_ref().map(|registers| registers.ip())) {
        Some(Ok(ip)) => {
            let symbol = context.symbol_text(ip);
            let place = Cell::new(Field::Address(ip)).link(Action::Code(ip));
            let record = record.field("symbol", symbol.clone()).text(", ");
            record.cell(
                "instruction",
                match symbol {
                    Some(symbol) => place.shown(symbol).role(Role::Symbol),
                    None => place,
                },
            )
        }
        Some(Err(why)) => record.field("instruction", Field::unreadable(why.to_string())),
        None => record.field("instruction", Field::Null),
    };
    context.out.emit(record)
}

/// The thread that ran then.
fn thread(context: &Context<'_>) -> Option<Record> {
    let address = context.session.target.current_thread()?;
    let scope = context.session.scope();
    let id = Thread::at(&scope, address).and_then(|thread| thread.client_id());
    let action = follow::object(&ParameterKind::Thread, address, context);
    let part = |part: fn(&ClientId) -> u64| {
        let value = id.as_ref().map(|id| Field::Hex(part(id))).map_err(Lack::clone);
        Cell::new(value).digits(4).role(Role::Value)
    };
    let record = fact("thread", text("analyze.fact.thread", context.session.settings.language))
        .cell("address", Cell::new(Field::Address(address)).link(action));
    Some(match &id {
        Ok(_) => record
            .text("  Cid ")
            .cell("process_id", part(|id| id.process))
            .role(Role::Value, ".")
            .cell("thread_id", part(|id| id.thread)),
        Err(why) => record.field("process_id", why.clone()).field("thread_id", why.clone()),
    })
}

/// The process whose memory was in sight then.
fn process(context: &Context<'_>) -> Option<Record> {
    let address = context.session.target.current_process()?;
    let scope = context.session.scope();
    let process = Process::at(&scope, address);
    let name = process.as_ref().map_err(Lack::clone).and_then(|process| process.name());
    let id = process.as_ref().map_err(Lack::clone).and_then(|process| process.id());
    let action = follow::object(&ParameterKind::Process, address, context);
    let record = fact("process", text("analyze.fact.process", context.session.settings.language))
        .cell("address", Cell::new(Field::Address(address)).link(action));
    Some(match (&name, &id) {
        (Err(_), Err(_)) => record.field("name", name).field("process_id", id.map(Field::Hex)),
        _ => {
            let number = id.as_ref().map_or(String::new(), |id| format!("{id:#x}"));
            record
                .text("  ")
                .cell("name", Cell::new(name).role(Role::Value))
                .text(" (pid ")
                .cell("process_id", Cell::new(id.map(Field::Hex)).shown(number).role(Role::Text))
                .text(")")
        }
    })
}

/// Where the registers of the fault were saved, which `.ecxr` makes current.
fn registers(found: &CrashContext, context: &Context<'_>) -> Record {
    let language = context.session.settings.language;
    let worded = |key: &'static str, value: &str| Cell::new(value).shown(text(key, language));
    let (what, action) = match found.kind {
        ContextKind::ContextRecord => {
            (worded("analyze.fact.context", "context_record"), Action::Context(found.address))
        }
        ContextKind::TrapFrame => {
            (worded("analyze.fact.trap_frame", "trap_frame"), Action::Trap(found.address))
        }
    };
    let record = fact("fault_registers", text("analyze.fact.registers", language))
        .cell("kind", what)
        .text(" ")
        .cell("address", Cell::new(Field::Address(found.address)).link(action))
        .text(" ")
        .field("exception_record", found.record.map(Field::Address));
    let ecxr = Line::new().link(Role::Text, ".ecxr", Action::Run(".ecxr"));
    source(record, found, language).text("; ").spans(ecxr)
}

/// How the registers were found.
fn source(record: Record, found: &CrashContext, language: Language) -> Record {
    let by = |word: &str, text: String| Cell::new(word).shown(text);
    match found.source {
        ContextSource::Parameter(index) => {
            let number = index as u64 + 1;
            record.cell("found_by", by("argument", format!("(Arg{number})"))).field("argument", number)
        }
        ContextSource::Instruction(index) => {
            let number = index as u64 + 1;
            let words = Message::new("analyze.fact.by_instruction").with("number", number);
            let words = words.in_language(language).into_owned();
            record.cell("found_by", by("instruction", words)).field("argument", number)
        }
        ContextSource::Stack => {
            record.cell("found_by", by("stack", text("analyze.fact.by_stack", language).to_owned()))
        }
    }
}

/// The driver that the kernel named when it stopped, and the program that crashed last before.
fn named(context: &Context<'_>) -> Result<Vec<Record>, CommandError> {
    let said = |key| text(key, context.session.settings.language);
    let tagged = context.session.target.dump()?.tagged();
    let record = |kind, label, name: String, why| {
        fact(kind, said(label)).cell("name", Cell::new(name).role(Role::Value)).text(said(why))
    };
    let driver = tagged.named_driver();
    let driver =
        driver.map(|name| record("named_driver", "analyze.fact.driver", name, "analyze.fact.driver_why"));
    let program = tagged.last_crashed_image();
    let program =
        program.map(|name| record("crashed_program", "analyze.fact.before", name, "analyze.fact.before_why"));
    Ok(driver.into_iter().chain(program).collect())
}

/// The machine that crashed: on some of them everything fails, and some are no machines. `vertarget` tells more.
fn machine(context: &mut Context<'_>) -> Result<(), CommandError> {
    let language = context.session.settings.language;
    let known = hardware::known(&context.session.target.dump()?.tagged().hardware(), language);
    let records = known.into_iter().filter_map(|(_, key, value)| {
        let label = match key {
            "processor" => "analyze.fact.cpu",
            "machine" => "analyze.fact.machine",
            "board" => "analyze.fact.board",
            "hypervisor" => "analyze.fact.hypervisor",
            _ => return None,
        };
        Some(fact("hardware", text(label, language)).cell(key, Cell::new(value).role(Role::Value)))
    });
    let mut records = records.peekable();
    // The first stays in sight.
    let Some(first) = records.next() else { return Ok(()) };
    if records.peek().is_none() {
        return context.out.emit(first);
    }
    context.out.within(Branch { folded: true, ..Branch::new(first) }, |out| {
        records.try_for_each(|record| out.emit(record))
    })
}

/// When it crashed, and how long it had run.
fn times(context: &mut Context<'_>) -> Result<(), CommandError> {
    let session = &context.session;
    let said = |key| text(key, session.settings.language);
    let [crashed, uptime] =
        crate::command::system::time::cells(session.target.header()?, &session.settings.zone);
    let record = fact("time", said("analyze.fact.crashed")).cell("session_time", crashed);
    let record = record.line(Line::of("  ").label(said("analyze.fact.uptime"))).pad_to(COLUMN);
    context.out.emit(record.cell("system_uptime", uptime))
}
