//! `!dlist`: walks a doubly linked list and says how it ends.

use super::{Args, CommandError, CommandSpec, Context, Glue, Group, Needs, Rest};
use crate::memory::Memory;
use crate::output::{Field, Line, Record, Role};
use crate::symbols::types::layout::field_of;
use crate::util::hex;
use std::collections::HashSet;

/// `!dlist`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!dlist"],
    glue: Glue::Signs,
    rest: Rest::Semicolon,
    group: Group::Symbols,
    usage: "HEAD [TYPE FIELD]",
    summary: "Walks a doubly linked list, checks its links and counts it",
    help: "HEAD is the address of the list's head. With TYPE and FIELD each entry also shows the structure that it is \
           part of. A broken backward link, a loop that does not return to the head, and memory that is not in the dump \
           are said.\n\
           Example: !dlist nt!PsActiveProcessHead nt!_EPROCESS ActiveProcessLinks",
    needs: Needs::Memory,
    run,
};

/// The most entries that are walked.
const MAX_ENTRIES: usize = 1 << 20;

/// How a list ends that is whole.
const WHOLE: &str = "the list returns to its head";

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let (head, rest) = context.evaluate_prefix(args.text)?;
    let mut words = rest.split_whitespace();
    let record = match (words.next(), words.next()) {
        (Some(ty), Some(field)) => {
            let found = context.session.target.find_type(ty);
            let found = found.ok_or_else(|| CommandError::Argument(format!("Symbol {ty} not found.")))?;
            let at = field_of(&*found.source, found.id, field);
            let at = at.ok_or_else(|| CommandError::Argument(format!("{ty} has no member {field}")))?;
            Some((ty.to_owned(), at.offset))
        }
        (None, _) => None,
        (Some(word), None) => {
            return Err(CommandError::Argument(format!("'{word}': a type needs a member too")));
        }
    };
    let (mut seen, mut before) = (HashSet::new(), head);
    let mut entry = context.session.target.memory().u64(head)?;
    let end = loop {
        context.check()?;
        if entry == head {
            match context.session.target.memory().u64(head.wrapping_add(8)) {
                Ok(back) if back != before => {
                    break format!(
                        "the list returns to its head, whose backward link is {}, not {}",
                        hex::tick(back),
                        hex::tick(before)
                    );
                }
                _ => break WHOLE.to_owned(),
            }
        }
        if !seen.insert(entry) {
            break format!("the list turns back to {} and never returns to its head", hex::tick(entry));
        }
        if seen.len() > MAX_ENTRIES {
            break format!("not walked beyond {MAX_ENTRIES} entries");
        }
        let memory = context.session.target.memory();
        let (next, back) = (memory.u64(entry), memory.u64(entry.wrapping_add(8)));
        let mut line = Line::new().label(format!("{:>5}  ", seen.len() - 1)).address(entry);
        if let Some((ty, offset)) = &record {
            let object = entry.wrapping_sub(*offset);
            line = line.text("  ").link(
                Role::Address,
                hex::tick(object),
                format!("dt {ty} {}", hex::tick(object)),
            );
        }
        match back {
            Ok(back) if back != before => {
                let text =
                    format!("  broken: leads back to {}, not to {}", hex::tick(back), hex::tick(before));
                line = line.role(Role::Warning, text);
            }
            _ => {}
        }
        context.emit(Record::new("entry").field("address", Field::Hex(entry)).line(line))?;
        before = entry;
        match next {
            Ok(next) => entry = next,
            Err(error) => break format!("the rest cannot be followed: {error}"),
        }
    };
    let count = seen.len();
    let plural = if count == 1 { "entry" } else { "entries" };
    let role = if end == WHOLE { Role::Text } else { Role::Warning };
    context.emit(Line::new().role(role, format!("{count} {plural}; {end}")))
}
