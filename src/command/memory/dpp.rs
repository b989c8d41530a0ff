//! `dpp`, `dpa`, `dpu` and their kin: pointers together with what they point at.

use super::column;
use super::da::{Encoding, string_at};
use super::rows::{bytes_at, cell_text, value};
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::output::{Field, Record};

/// `dpp dpa dpu` and the forms for 32-bit and 64-bit pointers
pub const SPEC: CommandSpec = CommandSpec {
    names: &["dpp", "dpa", "dpu", "ddp", "dda", "ddu", "dqp", "dqa", "dqu"],
    group: Group::Memory,
    arguments: &[Argument::new("[ADDRESS [LCOUNT | END]]", Expects::Range)],
    summary: "Shows pointers and what they point at: a value, ASCII or UTF-16 text",
    help: "The second letter is the pointer's size (p the target's, d 32 bits, q 64 bits), the third what it points \
           at (p a pointer, a ASCII text, u UTF-16 text). A pointer to memory that cannot be read stands alone.\n\
           \n\
           kd> dpp @rsp L1\n\
           fffff803`11a8b158  fffff803`0bcfbc2e cccccccc`cccccccc",
    needs: Needs::Memory,
    ..CommandSpec::runs(run)
};

/// Characters shown of a text.
const MAX_CHARACTERS: usize = 256;

/// Shows the rows.
pub fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let memory = context.session.target.memory().clone();
    column::show(args, context, |row, context| {
        let mut line = row.line;
        let record = Record::new("pointer")
            .field("address", Field::Hex(row.address))
            .field("pointer", row.pointer.map(Field::Hex));
        if args.name.ends_with('p') {
            let target = row.pointer.and_then(|pointer| value(&bytes_at(&memory, pointer, row.form.size)));
            let symbol = target.and_then(|target| context.symbol_text(target));
            if let Some(target) = target {
                line = line.text(" ").value(cell_text(row.form, Some(target)));
                if symbol.is_some() {
                    line = context.with_symbol(line.text(" "), target);
                }
            }
            return record.field("value", target.map(Field::Hex)).field("symbol", symbol).line(line);
        }
        let encoding = if args.name.ends_with('u') { Encoding::Utf16 } else { Encoding::Ascii };
        let text = row.pointer.and_then(|pointer| string_at(&memory, pointer, encoding, MAX_CHARACTERS));
        if let Some(text) = &text {
            line = line.text(" \"").value(text).text("\"");
        }
        record.field("text", text).line(line)
    })
}
