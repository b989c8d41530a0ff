//! One pointer a row, with whatever a command has to say of it.

use super::form::{Form, form_in};
use super::range::{NEXT, shown};
use super::rows::{Bytes, cell, lead};
use crate::command::{Args, CommandError, Context};
use crate::memory::Memory as _;
use crate::output::{Action, Record};
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

/// Shows the rows that `args` ask for, the pointer of each being the fact of that name, each finished by `finish`.
pub fn show(
    args: &Args<'_>,
    name: &'static str,
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
    for index in 0..count {
        let address = start.wrapping_add(index.wrapping_mul(size));
        let pointer = Bytes::at(&memory, address, form.size).whole();
        let shown = cell(form, pointer.clone());
        let is_whole = form.size == context.session.target.pointer_size();
        let target = pointer.as_ref().ok().filter(|_| is_whole).and_then(|at| target(*at, context));
        let shown = match &target {
            Some(target) => shown.link(target.clone()),
            None => shown,
        };
        let record = lead("pointer", address).cell(name, shown);
        let record = finish(Row { pointer: pointer.ok(), target, form, record }, context)?;
        context.out.emit(record)?;
        context.session.next_address.insert(NEXT, address.wrapping_add(size));
    }
    Ok(())
}
