//! `!analyze`: what the bug check says.

use super::{Args, CommandError, CommandSpec, Context, Glue, Group, Needs, Rest};
use crate::analysis::{BugCheck, bug_check, decode_user_code, exception_name, plain_code};
use crate::debuggee::Scope;
use crate::kernel::{Process, Thread};
use crate::output::{Action, Field, Line, Record, Role};
use crate::util::hex;

/// `!analyze`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!analyze"],
    glue: Glue::Signs,
    rest: Rest::Semicolon,
    group: Group::Analysis,
    usage: "[-v] [-show CODE [P1 P2 P3 P4]]",
    summary: "Explains the bug check and its arguments",
    help: "Shows the bug check's name, what it means, and what each argument means for the sub-code at hand.\n\
           -show explains any code, with or without arguments.",
    needs: Needs::Dump,
    run,
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    if let Some(wanted) = args.text.strip_prefix("-show") {
        let mut values = Vec::new();
        let mut rest = wanted.trim();
        while !rest.is_empty() {
            let (value, after) = context.evaluate_prefix(rest)?;
            values.push(value);
            rest = after.trim_start();
        }
        let mut values = values.into_iter();
        let code =
            values.next().ok_or_else(|| CommandError::Argument("-show needs a bug check code".into()))?;
        let code = u32::try_from(code)
            .map_err(|_| CommandError::Argument(format!("{code:#x} is no bug check code")))?;
        let mut parameters = [0; 4];
        for (slot, value) in parameters.iter_mut().zip(values) {
            *slot = value;
        }
        return context.emit(explanation(code, parameters));
    }
    if let Some(word) = args.words().find(|word| !word.starts_with("-v") && *word != "-f") {
        return Err(CommandError::Syntax(word.to_owned()));
    }
    let header = context.session.target.header()?;
    let (code, parameters) = (header.bug_check_code, header.bug_check_parameters);
    for line in banner() {
        context.emit(line)?;
    }
    context.blank()?;
    context.emit(explanation(code, parameters))?;
    culprit_of_the_dump(context)?;
    facts(parameters, context)
}

/// The classic box, 79 columns wide.
fn banner() -> [Line; 5] {
    let rule = "*".repeat(79);
    let blank = format!("*{}*", " ".repeat(77));
    let title = format!("*{:77}*", format!("{}Bugcheck Analysis", " ".repeat(24)));
    [rule.clone(), blank.clone(), title, blank, rule].map(|text| Line::new().role(Role::Heading, text))
}

fn explanation(code: u32, parameters: [u64; 4]) -> Record {
    let Some(check) = bug_check(code, parameters) else {
        return unknown(code, parameters);
    };
    let mut record = Record::new("bugcheck")
        .field("code", Field::Hex(u64::from(check.code)))
        .field("name", check.name.as_str())
        .field("summary", check.summary.clone())
        .field("sub_code", check.sub_code.clone())
        .line(Line::new().role(Role::Heading, format!("{} ({:x})", check.name, check.code)));
    if let Some(summary) = &check.summary {
        record = record.line(Line::of(sentence(summary)));
    }
    record.fields.push(("arguments", Field::List(parameters.map(Field::Hex).to_vec())));
    record = record.line(Line::new().label("Arguments:"));
    for line in arguments(&check) {
        record = record.line(line);
    }
    record
}

fn arguments(check: &BugCheck) -> impl Iterator<Item = Line> {
    check.arguments.iter().enumerate().map(|(index, argument)| {
        let line = Line::new().label(format!("Arg{}: ", index + 1));
        let line = match Action::is_address(argument.value) {
            true => line.link(Role::Address, hex::plain(argument.value), Action::Memory(argument.value)),
            false => line.value(hex::plain(argument.value)),
        };
        match &argument.meaning {
            Some(meaning) => line.text(format!(", {meaning}")),
            None => line,
        }
    })
}

fn unknown(code: u32, parameters: [u64; 4]) -> Record {
    let mut record = Record::new("bugcheck")
        .field("code", Field::Hex(u64::from(code)))
        .field("name", Field::Null)
        .line(Line::new().role(Role::Heading, format!("Unknown bugcheck code ({code:x})")))
        .line(match decode_user_code(code) {
            Some(number) => Line::of(format!(
                "A code that software other than Windows made up (number {number:x} with the customer bit set): only \
                 the driver that called KeBugCheckEx knows its meaning."
            )),
            None => Line::of("Unknown bugcheck description"),
        })
        .line(Line::new().label("Arguments:"));
    for (index, parameter) in parameters.iter().enumerate() {
        record = record.line(Line::new().label(format!("Arg{}: ", index + 1)).value(hex::plain(*parameter)));
    }
    record
}

/// A summary as a sentence.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_uppercase().collect::<String>()).unwrap_or_default();
    format!("{first}{}.", chars.as_str().trim_end_matches('.'))
}

/// A triage dump may itself name the driver in whose code the fault lay.
fn culprit_of_the_dump(context: &mut Context<'_>) -> Result<(), CommandError> {
    let Some(module) = context.session.target.modules().iter().find(|module| module.broken).cloned() else {
        return Ok(());
    };
    context.blank()?;
    let line = Line::new()
        .label("Driver named by the dump: ")
        .link(Role::Module, &module.image_name, Action::Module(module.name.as_str().into()))
        .text(" (recorded by Windows at the crash; evidence, not a verdict)");
    context.emit(Record::new("broken_driver").field("name", module.name.as_str()).line(line))
}

/// What the dump itself says about the moment of the crash, before anyone draws conclusions.
fn facts(parameters: [u64; 4], context: &mut Context<'_>) -> Result<(), CommandError> {
    context.blank()?;
    context.emit(Line::new().role(Role::Heading, "Facts"))?;
    if let Some(name) = exception(context.session.target.header()?.bug_check_code, parameters) {
        context.emit(fact("Arg1").text("is ").value(name))?;
    }
    for (index, parameter) in parameters.into_iter().enumerate() {
        if let Some(symbol) = context.symbol_text(parameter) {
            let line = fact(&format!("Arg{}", index + 1)).text("lies in ");
            context.emit(line.link(Role::Symbol, symbol, Action::Code(parameter)))?;
        }
    }
    let session = &context.session;
    let processor = session.target.crashed_processor();
    let running = session.target.processors().get(processor as usize);
    let stopped = running.and_then(|running| running.context.as_ref().ok()).map(|registers| registers.ip());
    let mut place = fact("Stopped at").text(format!("processor {processor}"));
    if let Some(ip) = stopped {
        place = context.with_symbol(place.text(", "), ip);
    }
    let thread = context.session.target.current_thread();
    let process = context.session.target.current_process();
    context.emit(place)?;
    let target = &context.session.target;
    let (ids, owner) = {
        let scope = Scope::new(target, &context.session.cancel);
        let ids = thread.and_then(|thread| Thread::at(&scope, thread).ok()?.client_id().ok());
        let owner = process.and_then(|process| {
            let process = Process::at(&scope, process).ok()?;
            Some((process.image_file_name().ok()?, process.id().ok()?))
        });
        (ids, owner)
    };
    if let Some(address) = thread {
        let line = fact("Thread").address(address);
        context.emit(match ids {
            Some(ids) => line.text("  Cid ").value(format!("{:04x}.{:04x}", ids.process, ids.thread)),
            None => line,
        })?;
    }
    if let Some(address) = process {
        let line = fact("Process").address(address);
        context.emit(match owner {
            Some((name, id)) => line.text("  ").value(name).text(format!(" (pid {id:#x})")),
            None => line,
        })?;
    }
    let tagged = context.session.target.dump()?.tagged();
    let (driver, program) = (tagged.named_driver(), tagged.last_crashed_image());
    if let Some(driver) = driver {
        context.emit(fact("Driver").value(driver).text(" (named by the kernel when it stopped)"))?;
    }
    if let Some(program) = program {
        let line =
            fact("Before").value(program).text(" was the last program that crashed, as the kernel noted");
        context.emit(line)?;
    }
    let times = super::time::times(context.session.target.header()?, &context.session.settings.zone);
    for (line, label) in times.lines.iter().zip(["Crashed", "Uptime"]) {
        let value = line.spans().get(1).map(|span| span.text().to_owned()).unwrap_or_default();
        context.emit(fact(label).value(value))?;
    }
    Ok(())
}

/// What the exception code in the first argument is called, for the bug checks that have one there.
fn exception(code: u32, [first, ..]: [u64; 4]) -> Option<String> {
    let carries_status = matches!(plain_code(code), 0x1e | 0x3b | 0x7e | 0x8e);
    let status = (first & 0xffff_ffff) as u32;
    exception_name(status).filter(|_| carries_status).map(|name| format!("{status:08x} ({name})"))
}

/// The start of a line of facts.
fn fact(label: &str) -> Line {
    Line::of("  ").label(format!("{label:<11}"))
}
