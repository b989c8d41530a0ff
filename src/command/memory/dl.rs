//! `dl`, `dlb`: a linked list, element by element.

use super::form::form_in;
use super::rows::{Bytes, lead, with_values};
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::debuggee::Link;

/// `dl dlb`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["dl", "dlb"],
    group: Group::Memory,
    arguments: &[Argument::new("ADDRESS [MAXCOUNT [SIZE]]", Expects::Expression)],
    summary: "Walks a linked list and shows the first pointers of each element",
    help: "ADDRESS is the first element, or a list head; MAXCOUNT how many elements at most (20 if not given); SIZE \
           how many pointers to show of each (2). dl follows the first pointer of each element, dlb the second one, \
           thus a LIST_ENTRY backwards. Ends at NULL, at memory that cannot be read, or where the list comes back to \
           an element already shown.\n\
           \n\
           kd> dl @rsp 4 2\n\
           fffff803`11a8b158  fffff803`0bcfbc2e 00000000`0000001e\n\
           fffff803`0bcfbc2e  cccccccc`cccccccc cccccccc`cccccccc",
    needs: Needs::Memory,
    ..CommandSpec::runs(run)
};

const DEFAULT_COUNT: u64 = 0x20;
const DEFAULT_SIZE: u64 = 2;
/// More pointers of one element than this are a mistyped argument.
const MAX_SIZE: u64 = 0x1000;
/// The loop check remembers every element, so their number has a limit.
const MAX_ELEMENTS: u64 = 0x10_0000;

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let (start, rest) = context.evaluate_prefix(args.text)?;
    let (count, rest) = optional(rest, DEFAULT_COUNT, context)?;
    let (size, rest) = optional(rest, DEFAULT_SIZE, context)?;
    if !rest.trim().is_empty() {
        return Err(CommandError::Syntax(rest.trim().to_owned()));
    }
    if size == 0 || size > MAX_SIZE || count > MAX_ELEMENTS {
        return Err(CommandError::Argument(format!(
            "{count:#x} elements of {size:#x} pointers: at most {MAX_ELEMENTS:#x} of 1 to {MAX_SIZE:#x} are possible"
        )));
    }
    let Some(form) = form_in("p", &context.session.target) else {
        return Err(CommandError::Syntax(args.name.to_owned()));
    };
    let form = form.with_columns(size as usize);
    let pointer = form.size;
    let offset = if args.name == "dlb" { pointer as u64 } else { 0 };
    let link = Link { offset, size: if pointer == 4 { 4 } else { 8 }, inner: 0 };
    let (scope, out) = (context.session.scope(), &mut context.out);
    let memory = scope.memory();
    // However the list ends, that is where it ends: nothing is said of it.
    for at in scope.chain(start, link).at_most(count as usize).map_while(Result::ok) {
        // An element that cannot be read is shown only where it was asked for.
        if at != start && link.follow(at, memory).is_err() {
            return Ok(());
        }
        let bytes = Bytes::at(memory, at, size as usize * pointer);
        out.emit(with_values(lead("list_element", at), &form, &bytes, 2))?;
    }
    Ok(())
}

fn optional<'t>(text: &'t str, default: u64, context: &Context<'_>) -> Result<(u64, &'t str), CommandError> {
    if text.trim().is_empty() {
        return Ok((default, ""));
    }
    context.evaluate_prefix(text)
}
