//! `dpp`, `dpa`, `dpu` and their kin: pointers together with what they point at.

use super::column::{self, Row};
use super::da::{Encoding, string_at};
use super::rows::{Bytes, cell, unreadable};
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::output::{Cell, Field, Role};

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
    column::show(args, "pointer", false, context, |row, context| {
        let Row { pointer, form, record, .. } = row;
        let is_value = args.name.ends_with('p');
        let Some(pointer) = pointer else {
            return Ok(match is_value {
                true => record.field("value", Field::Null).field("symbol", Field::Null),
                false => record.field("text", Field::Null),
            });
        };
        // A pointer to memory that cannot be read stands alone.
        if is_value {
            let target = Bytes::at(&memory, pointer, form.size).whole();
            let Ok(value) = target else {
                let value = cell(form, target);
                return Ok(record.cell_where(false, "value", value).field("symbol", Field::Null));
            };
            let record = record.text(" ").cell("value", cell(form, Ok(value)));
            let symbol = context.symbol(value);
            let blank = if symbol.field().is_known() { " " } else { "" };
            return Ok(record.text(blank).cell("symbol", symbol));
        }
        let encoding = if args.name.ends_with('u') { Encoding::Utf16 } else { Encoding::Ascii };
        Ok(match string_at(&memory, pointer, encoding, MAX_CHARACTERS) {
            Ok(text) => record.text(" \"").cell("text", Cell::new(text).role(Role::Value)).text("\""),
            Err(why) => record.field("text", unreadable(&why)),
        })
    })
}
