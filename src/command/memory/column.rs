//! One pointer a row, with whatever a command has to say of it.

use super::form::{Form, form_in};
use super::range::{NEXT, shown};
use super::rows::{Bytes, cell, lead};
use crate::command::{Args, CommandError, Context};
use crate::output::Record;

/// A row before it is finished.
pub struct Row {
    /// What the pointer is; `None` where it cannot be read.
    pub pointer: Option<u64>,
    /// How it is written, from the command's second letter.
    pub form: &'static Form,
    /// Address and pointer.
    pub record: Record,
}

/// Shows the rows that `args` ask for, the pointer of each being the fact of that name, each finished by `finish`.
pub fn show(
    args: &Args<'_>,
    name: &'static str,
    context: &mut Context<'_>,
    finish: impl Fn(Row, &Context<'_>) -> Record,
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
        let record = lead("pointer", address).cell(name, cell(form, pointer.clone()));
        let record = finish(Row { pointer: pointer.ok(), form, record }, context);
        context.out.emit(record)?;
        context.session.next_address.insert(NEXT, address.wrapping_add(size));
    }
    Ok(())
}
