//! One pointer a row, with whatever a command has to say of it.

use super::form::{Form, form_in};
use super::range::{NEXT, shown};
use super::rows::{bytes_at, cell_text, value};
use crate::command::{Args, CommandError, Context};
use crate::output::{Line, Record, Role};

/// A row before it is finished.
pub struct Row {
    /// Where the pointer stands.
    pub address: u64,
    /// What it is; `None` where it cannot be read.
    pub pointer: Option<u64>,
    /// How it is written, from the command's second letter.
    pub form: &'static Form,
    /// Address and pointer.
    pub line: Line,
}

/// Shows the rows that `args` ask for, each finished by `finish`.
pub fn show(
    args: &Args<'_>,
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
        let pointer = value(&bytes_at(&memory, address, form.size));
        let role = if pointer.is_some() { Role::Value } else { Role::Unreadable };
        let line = Line::new().address(address).text("  ").role(role, cell_text(form, pointer));
        let record = finish(Row { address, pointer, form, line }, context);
        context.out.emit(record)?;
        context.session.next_address.insert(NEXT, address.wrapping_add(size));
    }
    Ok(())
}
