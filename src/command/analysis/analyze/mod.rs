//! `!analyze`: what the bug check says.

pub(in crate::command) mod argument;
mod classic;
mod explanation;
mod facts;
pub(in crate::command) mod follow;
mod hang;
mod stand;
mod values;
pub(in crate::command) mod verdict;
mod words;

pub use stand::stand_at_verdict;

use crate::analysis::{Argument, Windows, explain};
use crate::command::{Args, CommandError, CommandSpec, Context, Group, Needs, Switch, Switches, Takes};
use crate::eval::as_typed;
use crate::output::{Action, Cell, Line, Record, Role};
use crate::words::text;

/// `!analyze`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!analyze"],
    group: Group::Analysis,
    switches: Switches::words(&[
        Switch::with(
            "-v",
            Takes::Digits,
            "[LEVEL]",
            "also the classic fields, with the stack and the bucket",
        ),
        Switch::with(
            "-show",
            Takes::Rest,
            "[CODE [P1 P2 P3 P4]]",
            "the bug check of the dump alone, or any other",
        ),
        Switch::flag(
            "-hang",
            "whether the machine hangs: deadlocks, who holds up whom, ready threads, work queues, processors",
        ),
        Switch::ignored("-f"),
    ]),
    summary: "Judges the crash, and explains the bug check and its arguments",
    help: "Begins with the verdict: what happened, the kind of cause and how sure that is (certain, likely, possible), what speaks \
           for it and against it, suspects, and what to do next. Nobody is blamed who merely stands on the stack.\n\
           Then shows the bug check's name, what it means, what each argument means in the case at hand, and what to look at \
           first. --lang zh-CN explains in Chinese.\n\
           -hang judges instead whether the machine hung, and on what: a deadlock, a thread that others have waited for for 30 s \
           or longer, ready threads that get no processor, work queues without a free worker. What it was drawn from stands \
           below. Where nothing proves a hang it says so.\n\
           -show with a code explains any bug check, as the Windows of the dump uses it (with an \
           image opened, the newest Windows): with arguments the case that they make, without all values that are \
           documented.",
    needs: Needs::Target,
    ..CommandSpec::runs(run)
};

/// What can be asked for.
enum Asked {
    /// Everything about the crash.
    Crash,
    /// The bug check of the dump alone.
    OwnCode,
    /// A bug check, with arguments or without.
    Code(u32, Option<[u64; 4]>),
}

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let asked = asked(args, context)?;
    if args.has("-hang") {
        context.session.target.dump()?;
        return hang::show(context);
    }
    let windows = windows(context);
    match asked {
        Asked::Code(code, None) => return values::show(code, windows, context),
        Asked::Code(code, Some(parameters)) => {
            return explanation::show(code, parameters, windows, context).map(|_| ());
        }
        Asked::OwnCode | Asked::Crash => {}
    }
    let header = context.session.target.header()?;
    let (code, parameters) = (header.bug_check_code, header.bug_check_parameters);
    if let Asked::OwnCode = asked {
        return explanation::show(code, parameters, windows, context).map(|_| ());
    }
    context.out.emit(banner())?;
    context.out.blank()?;
    let judged = verdict::judge(context.session)?;
    verdict::show(&judged, context)?;
    context.out.blank()?;
    let explained = explanation::show(code, parameters, windows, context)?;
    culprit_of_the_dump(context)?;
    facts::show(parameters, explained.as_ref(), judged.saved.as_ref(), context)?;
    if args.has("-v") {
        classic::show(&judged, context)?;
    }
    Ok(())
}

/// The arguments of the dump's bug check, as far as they are documented.
pub fn arguments(context: &Context<'_>) -> Option<[Argument; 4]> {
    let header = context.session.target.header().ok()?;
    let explained = explain(header.bug_check_code, header.bug_check_parameters, windows(context));
    explained.map(|explained| explained.arguments)
}

/// The Windows of the dump; for an image, which says nothing of it, the newest on the image's processor.
fn windows(context: &Context<'_>) -> Windows {
    let target = &context.session.target;
    match target.header() {
        Ok(header) => Windows { build: header.minor_version, machine: header.machine },
        Err(_) => Windows { build: u32::MAX, machine: target.machine() },
    }
}

fn asked(args: &Args<'_>, context: &Context<'_>) -> Result<Asked, CommandError> {
    if let Some(word) = args.words().next() {
        return Err(args.unknown(word));
    }
    match args.text_of("-show") {
        None => Ok(Asked::Crash),
        Some("") => Ok(Asked::OwnCode),
        Some(text) => code(text, context),
    }
}

/// The code and the arguments behind `-show`.
fn code(text: &str, context: &Context<'_>) -> Result<Asked, CommandError> {
    let (code, mut rest) = context.evaluate_prefix(text)?;
    let code = u32::try_from(as_typed(code))
        .map_err(|_| CommandError::Argument(format!("{code:#x} is no bug check code: those have 32 bits")))?;
    rest = rest.trim_start();
    if rest.is_empty() {
        return Ok(Asked::Code(code, None));
    }
    let mut parameters = [0; 4];
    for slot in &mut parameters {
        if !rest.is_empty() {
            let (value, after) = context.evaluate_prefix(rest)?;
            *slot = value;
            rest = after.trim_start();
        }
    }
    match rest {
        "" => Ok(Asked::Code(code, Some(parameters))),
        more => Err(CommandError::Argument(format!("a bug check has four arguments; '{more}' is too much"))),
    }
}

/// The classic box, 79 columns wide.
fn banner() -> Record {
    let rule = "*".repeat(79);
    let blank = format!("*{}*", " ".repeat(77));
    let title = format!("*{:77}*", format!("{}Bugcheck Analysis", " ".repeat(24)));
    let rows = [rule.clone(), blank.clone(), title, blank, rule];
    rows.into_iter()
        .fold(Record::new("banner"), |record, text| record.line(Line::new().role(Role::Heading, text)))
}

/// A triage dump may itself name the driver in whose code the fault lay.
fn culprit_of_the_dump(context: &mut Context<'_>) -> Result<(), CommandError> {
    let Some(module) = context.session.target.modules().iter().find(|module| module.broken).cloned() else {
        return Ok(());
    };
    context.out.blank()?;
    let language = context.session.settings.language;
    let action = Action::Module(module.name.as_str().into());
    let name = Cell::new(module.name.as_str()).shown(&module.image_name).role(Role::Module).link(action);
    let record = Record::new("broken_driver")
        .label(text("analyze.fact.named", language))
        .cell("name", name)
        .text(text("analyze.fact.named_why", language));
    context.out.emit(record)
}
