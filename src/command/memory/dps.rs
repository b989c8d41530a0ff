//! `dps`, `dds`, `dqs`: one value a line, with its symbol.

use super::column;
use crate::command::show::code_name::{source_line, with_source};
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::output::{Field, Record};

/// `dps dds dqs`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["dps", "dds", "dqs"],
    group: Group::Memory,
    arguments: &[Argument::new("[ADDRESS [LCOUNT | END]]", Expects::Range)],
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
    ..CommandSpec::runs(run)
};

/// Shows the rows.
pub fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    column::show(args, "value", context, |row, context| {
        let Some(value) = row.pointer else {
            return row.record.field("symbol", Field::Null);
        };
        with_symbol(row.record, value, context)
    })
}

/// Adds what a pointer points to, behind a blank where it is something, with its source line.
pub(in crate::command) fn with_symbol(record: Record, pointer: u64, context: &Context<'_>) -> Record {
    let symbol = context.symbol(pointer);
    if !symbol.field().is_known() {
        return record.cell("symbol", symbol);
    }
    let record = record.text(" ").cell("symbol", symbol);
    match source_line(pointer, &context.session.target) {
        Some(source) => with_source(record, &source.file, source.line, true),
        None => record,
    }
}
