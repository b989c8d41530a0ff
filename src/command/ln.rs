//! `ln`: what lies at an address.

use super::{Args, CommandError, CommandSpec, Context, Glue, Group, Needs, Rest};
use crate::output::{Field, Line, Record};

/// `ln`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["ln"],
    glue: Glue::Signs,
    rest: Rest::Semicolon,
    group: Group::Symbols,
    usage: "ADDRESS",
    summary: "Shows the symbols nearest to an address",
    help: "Shows the symbol at or before the address and the one after it; without symbols, the module. An address in \
           no module prints nothing.",
    needs: Needs::Dump,
    run,
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let address = match args.text {
        "" => context.evaluate(".")?,
        text => context.evaluate(text)?,
    };
    let Some(text) = context.symbol_text(address) else {
        return Ok(());
    };
    let record = Record::new("nearest")
        .field("address", Field::Hex(address))
        .field("symbol", text);
    let line = context.with_symbol(Line::new().text("(").address(address).text(")   "), address);
    context.emit(record.line(line))
}
