//! `!dlist`: walks a doubly linked list and says how it ends.

use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::debuggee::Link;
use crate::output::{Action, Field, Line, Record, Role};
use crate::util::hex;
use crate::util::links::Broken;

/// `!dlist`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!dlist", "!validatelist"],
    group: Group::Symbols,
    arguments: &[Argument::new("HEAD", Expects::Expression), Argument::new("[TYPE FIELD]", Expects::Type)],
    summary: "Walks a doubly linked list, checks its links and counts it",
    help: "HEAD is the address of the list's head. With TYPE and FIELD each entry also shows the structure that it is \
           part of. A broken backward link, a loop that does not return to the head, and memory that is not in the dump \
           are said.\n\
           Example: !dlist nt!PsActiveProcessHead nt!_EPROCESS ActiveProcessLinks",
    needs: Needs::Memory,
    ..CommandSpec::runs(run)
};

/// How a list ends that is whole.
const WHOLE: &str = "the list returns to its head";

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let (head, rest) = context.evaluate_prefix(args.text)?;
    let mut words = rest.split_whitespace();
    let record = match (words.next(), words.next()) {
        (Some(ty), Some(field)) => {
            let found = context.session.target.find_type(ty);
            let found = found.ok_or_else(|| CommandError::Argument(format!("Symbol {ty} not found.")))?;
            let at = context.session.scope().object_of(found, 0).field(field).map(|at| at.address());
            let at = at.map_err(|_| CommandError::Argument(format!("{ty} has no member {field}")))?;
            Some((ty.to_owned(), at))
        }
        (None, _) => None,
        (Some(word), None) => {
            return Err(CommandError::Argument(format!("'{word}': a type needs a member too")));
        }
    };
    let (session, out) = (&*context.session, &mut context.out);
    let scope = session.scope();
    let size = if session.target.pointer_size() == 4 { 4 } else { 8 };
    let forward = Link { offset: 0, size, inner: 0 };
    let backward = Link { offset: size.into(), ..forward };
    forward.follow(head, scope.memory())?;
    let (mut count, mut before, mut end) = (0usize, head, WHOLE.to_owned());
    for entry in scope.ring(head, forward) {
        let entry = match entry {
            Ok(entry) => entry,
            Err(Broken::Stopped) => return Err(CommandError::Cancelled),
            Err(broken) => {
                end = broken.to_string();
                break;
            }
        };
        let back = backward.follow(entry, scope.memory());
        let mut line = Line::new().label(format!("{count:>5}  ")).address(entry);
        if let Some((ty, offset)) = &record {
            let object = entry.wrapping_sub(*offset);
            line =
                line.text("  ").link(Role::Address, hex::tick(object), Action::object(ty.as_str(), object));
        }
        match back {
            Ok(back) if back != before => {
                let text =
                    format!("  broken: leads back to {}, not to {}", hex::tick(back), hex::tick(before));
                line = line.role(Role::Warning, text);
            }
            _ => {}
        }
        out.emit(Record::new("entry").field("address", Field::Hex(entry)).line(line))?;
        before = entry;
        count += 1;
    }
    if let (true, Ok(back)) = (end == WHOLE, backward.follow(head, scope.memory()))
        && back != before
    {
        let (back, before) = (hex::tick(back), hex::tick(before));
        end = format!("the list returns to its head, whose backward link is {back}, not {before}");
    }
    let plural = if count == 1 { "entry" } else { "entries" };
    let role = if end == WHOLE { Role::Text } else { Role::Warning };
    out.emit(Line::new().role(role, format!("{count} {plural}; {end}")))
}
