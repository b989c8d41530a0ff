//! `!session` and `!sprocess`: what belongs to a logged-on user.

use super::processes::listed;
use crate::command::show::missing::Missing;
use crate::command::{
    Args, Argument, CommandError, CommandSpec, Context, Effect, Expects, Group, Needs, Switch, Switches,
    Takes,
};
use crate::debuggee::{Lack, Scope};
use crate::kernel::Process;
use crate::output::{Action, Branch, Cell, Field, Line, Record};
use std::collections::BTreeSet;

/// `!session`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!session"],
    group: Group::Kernel,
    switches: Switches::letters(&[Switch::with(
        "-s",
        Takes::Value,
        "SESSION",
        "looks at memory as the first process of that session",
    )]),
    summary: "Shows the sessions of the computer, or chooses one",
    help: "A session is what a logged-on user's processes share; 0 holds the services.\n\n\
           kd> !session\n\
           Sessions on machine: 2\n\
           Valid Sessions: 0 1\n\
           Current Session 1",
    needs: Needs::Types,
    effect: Effect::Selects,
    ..CommandSpec::runs(run)
};

/// `!sprocess`
pub const PROCESSES: CommandSpec = CommandSpec {
    names: &["!sprocess"],
    group: Group::Kernel,
    arguments: &[
        Argument::new("[SESSION]", Expects::Expression),
        Argument::new("[FLAGS]", Expects::Expression),
        Argument::new("[IMAGE]", Expects::Text),
    ],
    summary: "Shows the processes of a session",
    help: "Without SESSION, or with -1, that of the current process; -4 those of all sessions. FLAGS and IMAGE as in !process.\n\n\
           kd> !sprocess 1\n\
           Dumping Session 1",
    needs: Needs::Types,
    ..CommandSpec::runs(list)
};

/// The sessions that processes belong to.
fn sessions(scope: &Scope<'_>, missing: &mut Missing) -> Result<BTreeSet<u64>, CommandError> {
    let mut found = BTreeSet::new();
    for process in listed(scope)? {
        match process.and_then(|process| process.session_id()) {
            Ok(id) => found.extend(id),
            Err(Lack::Stopped) => return Err(CommandError::Cancelled),
            Err(why) => missing.add(&why.to_string()),
        }
    }
    Ok(found)
}

/// The session of the process that is looked at.
fn current(context: &Context<'_>) -> Result<Option<u64>, Lack> {
    let scope = context.session.scope();
    match context.session.process() {
        Some(process) => Process::at(&scope, process)?.session_id(),
        None => Ok(None),
    }
}

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    args.none()?;
    let mut missing = Missing::default();
    let all = sessions(&context.session.scope(), &mut missing)?;
    let known = if missing.is_empty() { "" } else { " as far as known" };
    let count =
        Record::new("sessions").text("Sessions on machine: ").cell("count", all.len() as u64).text(known);
    if let Some(wanted) = args.number("-s") {
        context.out.emit(count)?;
        let process = first_of(&context.session.scope(), wanted)?;
        let process = process
            .ok_or_else(|| CommandError::Missing(format!("no process belongs to the session {wanted}")))?;
        context.session.attach(process)?;
        context.out.emit(Line::of("Implicit process is now ").address(process))?;
        return context.out.emit(Line::of(format!("Using session {wanted}")));
    }
    let list: Vec<u64> = all.into_iter().collect();
    let shown: Vec<String> = list.iter().map(u64::to_string).collect();
    let own = Cell::new(current(context)).absent("none");
    context.out.emit(
        count
            .line("Valid Sessions: ")
            .cell("sessions", Cell::new(list).shown(shown.join(" ")))
            .line("Current Session ")
            .cell("current", own),
    )?;
    missing.say(&mut context.out)
}

/// The EPROCESS of the first process of a session.
fn first_of(scope: &Scope<'_>, session: u64) -> Result<Option<u64>, CommandError> {
    for process in listed(scope)? {
        match process {
            Ok(process) if process.session_id() == Ok(Some(session)) => return Ok(Some(process.address())),
            Err(Lack::Stopped) => return Err(CommandError::Cancelled),
            Ok(_) | Err(_) => {}
        }
    }
    Ok(None)
}

fn list(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let mut words = args.words();
    let wanted =
        match words.next() {
            None | Some("-1") => Some(current(context)?.ok_or_else(|| {
                CommandError::Missing("the current process belongs to no session".to_owned())
            })?),
            Some("-4") => None,
            Some(word) => Some(context.evaluate(word)?),
        };
    let flags = words.next().unwrap_or("0");
    let image = words.collect::<Vec<_>>().join(" ");
    let chosen: Vec<u64> = match wanted {
        Some(session) => vec![session],
        None => sessions(&context.session.scope(), &mut Missing::default())?.into_iter().collect(),
    };
    for session in chosen {
        let spaces = space_lines(context, session)?;
        let head = Record::new("session").text("Dumping Session ").cell("id", Cell::new(session));
        context.within(Branch::new(head), |context| {
            context.out.blank()?;
            spaces.into_iter().try_for_each(|line| context.out.emit(line))?;
            context.run_line(&format!("!process /s {session:x} 0 {flags} {image}"))
        })?;
    }
    Ok(())
}

/// What the session's processes share, if its structure can be read.
fn space_lines(context: &Context<'_>, session: u64) -> Result<Vec<Record>, CommandError> {
    let scope = context.session.scope();
    for process in listed(&scope)? {
        // What is wrong with the list is said with the processes.
        let Ok(process) = process else { continue };
        if process.session_id() == Ok(Some(session)) {
            return Ok(process
                .session()
                .ok()
                .map(|space| {
                    let name = space.type_name();
                    let link = Action::object(format!("nt!{name}"), space.address());
                    Record::new("session_space")
                        .text(format!("{name} "))
                        .cell("address", Cell::new(Field::Address(space.address())).digits(16).link(link))
                })
                .into_iter()
                .collect());
        }
    }
    Ok(Vec::new())
}
