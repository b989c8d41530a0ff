//! `dps`, `dds`, `dqs`: one value a line, with its symbol.

use super::column;
use crate::command::show::code_name::source_text;
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::output::{Field, Record, Role};

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
    column::show(args, context, |row, context| {
        let symbol = row.pointer.and_then(|value| context.symbol_text(value));
        let line = match row.pointer {
            Some(value) if symbol.is_some() => {
                let line = context.with_symbol(row.line.text(" "), value);
                match source_text(value, &context.session.target) {
                    Some(source) => line.role(Role::Dim, source),
                    None => line,
                }
            }
            _ => row.line,
        };
        Record::new("pointer")
            .field("address", Field::Hex(row.address))
            .field("value", row.pointer.map(Field::Hex))
            .field("symbol", symbol)
            .line(line)
    })
}
