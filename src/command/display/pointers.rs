//! `dps`, `dds`, `dqs`: one value a line, with its symbol.

use super::form::form_in;
use super::range::{NEXT, shown};
use super::rows::{bytes_at, cell_text, value};
use crate::command::{Args, CommandError, CommandSpec, Context, Glue, Group, Needs, Rest};
use crate::output::{Field, Line, Record, Role};

/// `dps dds dqs`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["dps", "dds", "dqs"],
    glue: Glue::Signs,
    rest: Rest::Semicolon,
    group: Group::Memory,
    usage: "[ADDRESS [LCOUNT | END]]",
    summary: "Shows memory as pointers, one a line, with the symbol or module that each points into",
    help: "dps  pointers\n\
           dds  32-bit words\n\
           dqs  64-bit words\n\
           The way to read a raw stack, or a table of functions.\n\
           \n\
           kd> dps @rsp L4\n\
           fffff803`11a8b158  fffff803`0bcfbc2e nt+0x4fbc2e\n\
           fffff803`11a8b160  00000000`0000001e\n\
           fffff803`11a8b168  ffffffff`80000003\n\
           fffff803`11a8b170  fffff803`30ec2e68 dxgmms2+0x2e68",
    needs: Needs::Memory,
    run,
};

/// Shows the rows.
pub fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
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
        let found = value(&bytes_at(&memory, address, form.size));
        let text = cell_text(form, found);
        let line = Line::new().address(address).text("  ");
        let line = line.role(if found.is_some() { Role::Value } else { Role::Unreadable }, text);
        let symbol = found.and_then(|value| context.symbol_text(value));
        let line = match found {
            Some(value) if symbol.is_some() => context.with_symbol(line.text(" "), value),
            _ => line,
        };
        let record = Record::new("pointer")
            .field("address", Field::Hex(address))
            .field("value", found.map(Field::Hex))
            .field("symbol", symbol)
            .line(line);
        context.emit(record)?;
        context.session.next_address.insert(NEXT, address.wrapping_add(size));
    }
    Ok(())
}
