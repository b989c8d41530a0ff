//! `dps`, `dds`, `dqs`: one value a line, with its symbol.

use super::column;
use crate::analysis::{Question, glance};
use crate::command::show::code_name::{source_line, with_source};
use crate::command::{
    Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs, Switch, Switches,
};
use crate::output::{Cell, Field, Record};

/// `dps dds dqs`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["dps", "dds", "dqs"],
    group: Group::Memory,
    switches: Switches::words(&[Switch::flag("--named", "also what a value is that no symbol names")]),
    arguments: &[Argument::new("[ADDRESS [LCOUNT | END]]", Expects::Range)],
    summary: "Shows memory as pointers, one a line, with the symbol or module that each points into",
    help: "dps  pointers\n\
           dds  32-bit words\n\
           dqs  64-bit words\n\
           The way to read a raw stack, or a table of functions. --named says beside a value that no symbol names what the \
           dump proves it to be: the object, the block of the pool, the stack, text.\n\
           \n\
           kd> dps @rsp L4\n\
           fffff803`11a8b158  fffff803`0bcfbc2e nt+0x4fbc2e\n\
           fffff803`11a8b160  00000000`0000001e\n\
           fffff803`11a8b168  ffffffff`80000003\n\
           fffff803`11a8b170  fffff803`30ec2e68 dxgmms2+0x2e68",
    needs: Needs::Memory,
    ..CommandSpec::runs(run)
};

/// Shows the rows.
pub fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let names = args.has("--named");
    column::show(args, "value", names, context, |row, context| {
        let Some(value) = row.pointer else {
            return Ok(row.record.field("symbol", Field::Null));
        };
        let symbol = context.symbol(value);
        let is_named = symbol.field().is_known();
        let symbol = match row.target {
            Some(target) => symbol.link(target),
            None => symbol,
        };
        let record = with_symbol(row.record, symbol, value, context);
        if is_named || !names { Ok(record) } else { named(record, value, context) }
    })
}

/// Adds what the dump proves a value to be.
fn named(record: Record, value: u64, context: &Context<'_>) -> Result<Record, CommandError> {
    let session = &*context.session;
    let settings = &session.settings;
    let question = Question {
        scope: &session.scope(),
        value,
        process: session.process(),
        tags: &session.pool_tags().owners,
        zone: &settings.zone,
        evidence: &[],
    };
    let Some(fact) = glance(&question)? else { return Ok(record) };
    let words = Cell::new(fact.in_language(settings.language));
    let words = match fact.link {
        Some(link) => words.link(link),
        None => words,
    };
    Ok(record.text(" ").cell("is", words))
}

/// Adds what a pointer points to, behind a blank where it is something, with its source line.
fn with_symbol(record: Record, symbol: Cell, pointer: u64, context: &Context<'_>) -> Record {
    if !symbol.field().is_known() {
        return record.cell("symbol", symbol);
    }
    let record = record.text(" ").cell("symbol", symbol);
    match source_line(pointer, &context.session.target) {
        Some(source) => with_source(record, &source.file, source.line, true),
        None => record,
    }
}
