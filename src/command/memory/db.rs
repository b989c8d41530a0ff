//! `db`, `dd`, `dq` and the other numeric displays.

use super::form::form_in;
use super::range::{NEXT, columns, shown};
use super::rows::{Bytes, record};
use crate::command::{
    Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs, Switch, Switches, Takes,
};

/// `db dc dd dD df dp dq dw dW`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["db", "dc", "dd", "dD", "df", "dp", "dq", "dw", "dW"],
    group: Group::Memory,
    switches: Switches::letters(&[Switch::with("/c", Takes::Expression, "COLUMNS", "so many in a row")]),
    arguments: &[Argument::new("[ADDRESS [LCOUNT | END]]", Expects::Range)],
    summary: "Shows memory as bytes, words, double words, quad words, pointers or floating-point numbers",
    help: "db  bytes and characters\n\
           dw  16-bit words; dW with characters\n\
           dd  32-bit words; dc with characters\n\
           dq  64-bit words; dp pointers\n\
           df  single precision; dD double precision\n\
           Without an address, goes on where the last display ended. L?COUNT lifts the limit of 10000000 objects; \
           L-COUNT shows what lies before the address.\n\
           Memory that cannot be read shows as ????????.\n\
           \n\
           kd> db @rsp L10\n\
           fffff803`11a8b158  2e bc cf 0b 03 f8 ff ff-1e 00 00 00 00 00 00 00  ................",
    needs: Needs::Memory,
    ..CommandSpec::runs(run)
};

/// Shows the rows.
pub fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let letters = args.name.get(1..).unwrap_or_default();
    let Some(form) = form_in(letters, &context.session.target) else {
        return Err(CommandError::Syntax(args.name.to_owned()));
    };
    let columns = columns(args)?;
    let form = columns.map_or(*form, |columns| form.with_columns(columns));
    let size = form.size as u64;
    let (start, count) = shown(args.text, size, form.count, context)?;
    context.session.display_form = args.name;
    let memory = context.session.target.memory().clone();
    let mut done = 0u64;
    while done < count {
        let cells = (count - done).min(form.per_row as u64);
        let address = start.wrapping_add(done.wrapping_mul(size));
        let bytes = Bytes::at(&memory, address, (cells * size) as usize).told(&context.session.scope());
        context.out.emit(record(&form, address, &bytes))?;
        if let Ok(last) = bytes.value(bytes.len().saturating_sub(form.size)..bytes.len()) {
            context.session.last_shown = last;
        }
        done += cells;
        context.session.next_address.insert(NEXT, address.wrapping_add(cells * size));
    }
    Ok(())
}
