//! `||`: what is open, and which of several dumps is looked at.

use crate::command::{
    Args, Argument, CommandError, CommandSpec, Context, Effect, Expects, Flow, Group, Needs,
};
use crate::output::{Cell, Line, Record, Role};
use crate::session::{Known, NoSystem, System};

/// `||`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["||"],
    group: Group::Dump,
    arguments: &[Argument::new("[N | . | * | Ns | s]", Expects::Text)],
    summary: "Lists the dumps that are open together, or looks at another one",
    help: "Several dumps that were named (dumpscope A.dmp B.dmp) are systems 0, 1 and so on. || lists them, each with its \
           kind and its file; a dot marks the current one. ||1 shows one of them and ||. the current one. ||1s makes \
           system 1 current: what follows, in the same line too, is about that dump, and the prompt tells its number. ||s \
           shows the current one.\n\n\
           A dump is opened when it is first looked at; one that cannot be opened takes no other with it. Each keeps what \
           was selected in it; settings, aliases, $t0 to $t19 and the log are common to all. In the explorer each dump has \
           a tab of its own.",
    // Also where the current one's file is gone.
    needs: Needs::Nothing,
    effect: Effect::Selects,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let current = context.session.systems.number();
    match args.text {
        "" | "*" => {
            let systems = context.session.systems.list();
            // What tests and the demo open has no list.
            let count = systems.len().max(1);
            (0..count).try_for_each(|number| show(number, context))
        }
        "." | "s" => show(current, context),
        text => match text.strip_suffix('s') {
            Some(number) => go_to(parsed(number, text)?, context),
            None => {
                let number = parsed(text, text)?;
                known(number, context)?;
                show(number, context)
            }
        },
    }
}

fn parsed(number: &str, text: &str) -> Result<usize, CommandError> {
    number.trim().parse().map_err(|_| CommandError::Syntax(format!("||{text}")))
}

/// Fails for a number that no system has.
fn known(number: usize, context: &Context<'_>) -> Result<(), CommandError> {
    let systems = &context.session.systems;
    let is_only = number == systems.number();
    if is_only { Ok(()) } else { systems.path(number).map(drop).map_err(refused) }
}

fn refused(why: NoSystem) -> CommandError {
    match why {
        NoSystem::Number { .. } | NoSystem::TooMany { .. } => CommandError::Argument(why.to_string()),
        NoSystem::Unopened { .. } => CommandError::Missing(why.to_string()),
    }
}

/// Looks at another of the dumps.
///
/// # Errors
/// There is none of that number, its file cannot be opened, or, in the explorer, something stands around the command.
pub(super) fn go_to(number: usize, context: &mut Context<'_>) -> Result<(), CommandError> {
    known(number, context)?;
    let session = &mut *context.session;
    if session.systems.are_apart() && number != session.systems.number() {
        // A tab cannot go on with what stands around the command in another one.
        if session.interpreter.depth.nesting > 0 {
            let what = "another dump inside of another command: in the explorer each has a tab of its own; type it by itself";
            return Err(CommandError::Argument(what.to_owned()));
        }
        return Err(CommandError::Flow(Flow::System(number)));
    }
    let warnings = session.switch_system(number).map_err(refused)?;
    show(number, context)?;
    warnings.iter().try_for_each(|warning| {
        context.out.emit(Line::new().role(Role::Warning, format!("warning: {warning}")))
    })
}

fn show(number: usize, context: &mut Context<'_>) -> Result<(), CommandError> {
    let current = context.session.systems.number();
    let is_current = number == current;
    let known = match is_current {
        true => Known::of(context.session.target.subject()),
        false => {
            let list = context.session.systems.list();
            match list.into_iter().nth(number) {
                Some(System { path, known: Known::Unopened }) => {
                    return context.out.emit(
                        row(number, false)
                            .cell("state", "not opened yet")
                            .text(": ")
                            .cell("file", path.display().to_string()),
                    );
                }
                Some(System { known, .. }) => known,
                None => return Ok(()),
            }
        }
    };
    let record = row(number, is_current);
    let record = match known {
        Known::Opened { bits, space, kind, title } => record
            .cell("bits", Cell::new(bits).role(Role::Text))
            .text(format!("-bit {space}"))
            .cell("kind", kind)
            .text(": ")
            .cell("file", title),
        Known::Failed(why) => {
            let said = format!("not opened: {why}");
            record.cell("error", Cell::new(why).shown(said).role(Role::Unreadable))
        }
        Known::Unopened => record,
    };
    context.out.emit(record)
}

/// `.  0 `
fn row(number: usize, is_current: bool) -> Record {
    let mark = if is_current { "." } else { " " };
    Record::new("system")
        .cell("current", Cell::new(is_current).shown(mark).role(Role::Text))
        .cell("number", Cell::new(number as u64).role(Role::Text).right(3))
        .text(" ")
}
