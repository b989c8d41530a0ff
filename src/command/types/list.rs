//! `!list`: runs commands for each element of a list.

use crate::command::{
    Args, Argument, Call, CommandError, CommandSpec, Context, Expects, Group, Needs, Switch, Switches, Takes,
};
use crate::debuggee::Lack;
use crate::output::{Line, Role};
use crate::session::Session;
use crate::util::links::{Broken, MAX_ELEMENTS};

/// `!list`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!list"],
    group: Group::Symbols,
    switches: Switches::letters(&[
        Switch::with("-t", Takes::Text, "[MODULE!]TYPE.FIELD", "the member that leads to the next element")
            .expecting(Expects::Type),
        Switch::with("-x", Takes::Text, "\"COMMANDS\"", "what runs for each; without it dps"),
        Switch::with("-a", Takes::Text, "\"ARGUMENTS\"", "what stands behind the address"),
        Switch::with("-m", Takes::Value, "MAX", "at most so many elements"),
        Switch::flag("-e", "shows each command"),
    ]),
    arguments: &[Argument::new("START", Expects::Expression)],
    summary: "Runs commands for each element of a list",
    help: "$extret is the address of the current element; COMMANDS that do not name it get it before ARGUMENTS. \
           The walk ends at the start, at a null pointer, at a loop, or after -m elements.\n\
           Example: !list -t nt!_LIST_ENTRY.Flink -x \"dps @$extret L2\" nt!PsActiveProcessHead",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

/// The most elements without `-m`.
const DEFAULT_ELEMENTS: u64 = 65_536;

struct Walk<'t> {
    link: &'t str,
    commands: String,
    most: u64,
    echo: bool,
    start: u64,
}

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    // The whole may stand in quotes, with those inside escaped.
    let whole = args.text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    if let Some(text) = whole.filter(|text| text.trim_start().starts_with('-')) {
        let text = text.replace("\\\"", "\"");
        return SPEC.start(&Call::new(args.name, text.trim()), context);
    }
    let request = request(args, context)?;
    let (ty, path) = request.link.split_once('.').unwrap_or((request.link, ""));
    let elements = elements(&request, ty, path, context.session)?;
    let before = context.session.extret;
    let outcome = walk(&request, elements, context);
    context.session.extret = before;
    outcome
}

/// The addresses of the elements, found before any command runs: what runs must not change what is walked.
fn elements(
    request: &Walk<'_>,
    ty: &str,
    path: &str,
    session: &Session,
) -> Result<Vec<Result<u64, Lack>>, CommandError> {
    let scope = session.scope();
    let found = session.target.find_type(ty);
    let found = found.ok_or_else(|| CommandError::Argument(format!("Symbol {ty} not found.")))?;
    let elements = scope.object_of(found, request.start).following(path);
    let elements = elements.map_err(|_| CommandError::Argument(format!("{ty} has no member '{path}'")))?;
    let most = usize::try_from(request.most).unwrap_or(MAX_ELEMENTS).min(MAX_ELEMENTS);
    Ok(elements.at_most(most).map(|element| element.map(|element| element.address())).collect())
}

fn walk(
    request: &Walk<'_>,
    elements: Vec<Result<u64, Lack>>,
    context: &mut Context<'_>,
) -> Result<(), CommandError> {
    for element in elements {
        context.session.extret = match element {
            Ok(element) => element,
            Err(Lack::List { why: Broken::TooLong { .. }, .. }) => return Ok(()),
            Err(Lack::List { why: Broken::Link { why, .. }, .. }) => return Err(why.into()),
            Err(Lack::List { why, .. }) => {
                return context.out.emit(Line::new().role(Role::Warning, why.to_string()));
            }
            Err(_) => return Err(CommandError::Cancelled),
        };
        if request.echo {
            context.out.emit(Line::new().role(Role::Dim, &request.commands))?;
        }
        context.run_line(&request.commands)?;
        context.out.blank()?;
    }
    Ok(())
}

fn request<'t>(args: &Args<'t>, context: &Context<'_>) -> Result<Walk<'t>, CommandError> {
    let link = args.text_of("-t");
    let link = link.ok_or_else(|| CommandError::Argument("!list needs -t TYPE.FIELD".to_owned()))?;
    let arguments = args.text_of("-a").unwrap_or_default();
    let commands = match args.text_of("-x") {
        Some(commands) if commands.contains("$extret") => format!("{commands} {arguments}"),
        // The debugger gives the address to a command that does not name it.
        Some(commands) => format!("{commands} @$extret {arguments}"),
        None => format!("dps @$extret {arguments}"),
    };
    let most = args.number("-m").unwrap_or(DEFAULT_ELEMENTS);
    Ok(Walk { link, commands, most, echo: args.has("-e"), start: context.evaluate(args.text)? })
}
