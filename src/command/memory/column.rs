//! One pointer a row, with whatever a command has to say of it.

use super::form::{Form, form_in};
use super::range::{NEXT, shown};
use super::rows::{Bytes, cell, lead};
use crate::command::{Args, CommandError, Context};
use crate::memory::Memory as _;
use crate::output::{Action, Branch, Record};
use crate::unwind::{TargetHost, UnwindHost as _};

/// A row before it is finished.
pub struct Row {
    /// What the pointer is; `None` where it cannot be read.
    pub pointer: Option<u64>,
    /// What a pointer into memory that can be read shows.
    pub target: Option<Action>,
    /// How it is written, from the command's second letter.
    pub form: &'static Form,
    /// Address and pointer.
    pub record: Record,
}

/// What shows the memory that a pointer leads to: of code its instructions.
fn target(pointer: u64, context: &Context<'_>) -> Option<Action> {
    let session = &context.session;
    let is_memory = Action::is_address(pointer) && session.target.memory().window(pointer).is_ok();
    let is_code = context.named(pointer).is_some().then(|| {
        // What cannot be told is shown as instructions, as its symbol is.
        TargetHost::in_scope(&session.scope(), None).is_executable(pointer).unwrap_or(true)
    });
    match is_code {
        Some(true) => Some(Action::Code(pointer)),
        _ => is_memory.then_some(Action::Pointers(pointer & !7)),
    }
}

/// Rows that cannot be read, one after the other, from which on they are worth folding away.
const MANY: u64 = 4;
/// They are counted no farther.
const COUNTED: usize = 0x1000;

/// Shows the rows that `args` ask for, the pointer of each being the fact of that name, each finished by `finish`. With `folds` many
/// rows in a row that cannot be read are folded away where the reader can unfold them.
pub fn show(
    args: &Args<'_>,
    name: &'static str,
    folds: bool,
    context: &mut Context<'_>,
    finish: impl Fn(Row, &Context<'_>) -> Result<Record, CommandError>,
) -> Result<(), CommandError> {
    let letters = args.name.get(1..2).unwrap_or_default();
    let Some(form) = form_in(letters, &context.session.target) else {
        return Err(CommandError::Syntax(args.name.to_owned()));
    };
    let size = form.size as u64;
    let (start, count) = shown(args.text, size, form.count, context)?;
    context.session.display_form = args.name;
    let memory = context.session.target.memory().clone();
    let folds = folds && context.out.unfolds();
    let place = |index: u64| start.wrapping_add(index.wrapping_mul(size));
    let lacks = |index: &u64| folds && memory.window(place(*index)).is_err();
    let row = |index: u64, context: &mut Context<'_>| {
        context.session.next_address.insert(NEXT, place(index).wrapping_add(size));
        finish(row(form, name, place(index), context), context)
    };
    let mut index = 0;
    while index < count {
        let head = row(index, context)?;
        let lacking = (index..count).take(COUNTED).take_while(lacks).count() as u64;
        if lacking < MANY {
            context.out.emit(head)?;
            index += 1;
            continue;
        }
        context.within(Branch { folded: true, ..Branch::new(head) }, |context| {
            (index + 1..index + lacking).try_for_each(|index| {
                let record = row(index, context)?;
                context.out.emit(record)
            })
        })?;
        index += lacking;
    }
    Ok(())
}

fn row(form: &'static Form, name: &'static str, address: u64, context: &Context<'_>) -> Row {
    let target_size = context.session.target.pointer_size();
    let pointer = Bytes::at(context.session.target.memory(), address, form.size).whole();
    let shown = cell(form, pointer.clone());
    let pointed = pointer.as_ref().ok().filter(|_| form.size == target_size);
    let target = pointed.and_then(|at| target(*at, context));
    let shown = match &target {
        Some(target) => shown.link(target.clone()),
        None => shown,
    };
    Row { pointer: pointer.ok(), target, form, record: lead("pointer", address).cell(name, shown) }
}
