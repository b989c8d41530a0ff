//! `!list`: runs commands for each element of a list.

use crate::command::line::options::unknown;
use crate::command::{Args, CommandError, CommandSpec, Context, Glue, Group, Needs, Rest};
use crate::memory::{Memory, ReadError};
use crate::output::{Line, Role};
use crate::symbols::types::layout::field_of;
use crate::util::links::{Broken, Links};

/// `!list`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!list"],
    glue: Glue::Signs,
    rest: Rest::Semicolon,
    group: Group::Symbols,
    usage: "-t [MODULE!]TYPE.FIELD [-x \"COMMANDS\"] [-a \"ARGUMENTS\"] [-m MAX] [-e] START",
    summary: "Runs commands for each element of a list",
    help: "$extret is the address of the current element; COMMANDS that do not name it get it before ARGUMENTS. \
           Without -x it is dumped with dps. -e shows each command. The walk ends at the start, at a null pointer, at a loop, or after -m elements.\n\
           Example: !list -t nt!_LIST_ENTRY.Flink -x \"dps @$extret L2\" nt!PsActiveProcessHead",
    needs: Needs::Types,
    run,
};

/// The most elements without `-m`.
const MAX_ELEMENTS: u64 = 65_536;

struct Request<'t> {
    link: &'t str,
    commands: String,
    most: u64,
    echo: bool,
    start: u64,
}

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    // The whole may stand in quotes, with those inside escaped.
    let whole = args.text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    let text = match whole.filter(|text| text.trim_start().starts_with('-')) {
        Some(text) => text.replace("\\\"", "\""),
        None => args.text.to_owned(),
    };
    let request = parse(&text, context)?;
    let (ty, path) = request.link.split_once('.').unwrap_or((request.link, ""));
    let found = context.session.target.find_type(ty);
    let found = found.ok_or_else(|| CommandError::Argument(format!("Symbol {ty} not found.")))?;
    let link = field_of(&*found.source, found.id, path);
    let link = link.ok_or_else(|| CommandError::Argument(format!("{ty} has no member '{path}'")))?;
    // `TYPE.Links.Flink` points at the next element's `Links`.
    let inner = path.rsplit_once('.').and_then(|(outer, _)| field_of(&*found.source, found.id, outer));
    let inner = inner.map_or(0, |outer| outer.offset);
    let before = context.session.extret;
    let outcome = walk(&request, link.offset, inner, context);
    context.session.extret = before;
    outcome
}

fn walk(request: &Request<'_>, link: u64, inner: u64, context: &mut Context<'_>) -> Result<(), CommandError> {
    // The commands that run for an element must not change what is walked.
    let memory = context.session.target.memory().clone();
    let next = |element: u64| match memory.u64(element.wrapping_add(link))? {
        0 => Ok::<u64, ReadError>(0),
        next => Ok(next.wrapping_sub(inner)),
    };
    let most = usize::try_from(request.most).unwrap_or(usize::MAX);
    for element in Links::chain(request.start, next).at_most(most) {
        let element = match element {
            Ok(element) => element,
            // A ring is walked once round.
            Err(Broken::Loop { at }) if at == request.start => return Ok(()),
            Err(Broken::TooLong { .. }) => return Ok(()),
            Err(Broken::Link { why, .. }) => return Err(why.into()),
            Err(broken) => return context.emit(Line::new().role(Role::Warning, broken.to_string())),
        };
        context.session.extret = element;
        if request.echo {
            context.emit(Line::new().role(Role::Dim, &request.commands))?;
        }
        context.run_line(&request.commands)?;
        context.blank()?;
    }
    Ok(())
}

fn parse<'t>(text: &'t str, context: &Context<'_>) -> Result<Request<'t>, CommandError> {
    let (mut link, mut commands, mut arguments, mut most, mut echo) = (None, None, "", MAX_ELEMENTS, false);
    let mut rest = text.trim();
    while let Some(option) = rest.strip_prefix('-') {
        let (letter, after) = option.split_at_checked(1).unwrap_or((option, ""));
        let after = after.trim_start();
        if letter == "e" {
            echo = true;
            rest = after;
            continue;
        }
        let (value, after) = value(after);
        match letter {
            "t" => link = Some(value),
            "x" => commands = Some(value),
            "a" => arguments = value,
            "m" => most = context.evaluate(value)?,
            _ => return Err(unknown("!list", &format!("-{letter}"), "-t -x -a -m -e")),
        }
        rest = after.trim_start();
    }
    let link = link.ok_or_else(|| CommandError::Argument("!list needs -t TYPE.FIELD".to_owned()))?;
    let commands = match commands {
        Some(commands) if commands.contains("$extret") => format!("{commands} {arguments}"),
        // The debugger gives the address to a command that does not name it.
        Some(commands) => format!("{commands} @$extret {arguments}"),
        None => format!("dps @$extret {arguments}"),
    };
    Ok(Request { link, commands, most, echo, start: context.evaluate(rest)? })
}

/// A word, or what stands in quotes.
fn value(text: &str) -> (&str, &str) {
    match text.strip_prefix('"') {
        Some(inner) => {
            let end = inner.find('"').unwrap_or(inner.len());
            let (value, rest) = inner.split_at_checked(end).unwrap_or((inner, ""));
            (value, rest.get(1..).unwrap_or_default())
        }
        None => {
            let end = text.find(char::is_whitespace).unwrap_or(text.len());
            text.split_at_checked(end).unwrap_or((text, ""))
        }
    }
}
