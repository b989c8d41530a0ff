//! `!db`, `!dd`, `!dq` and their kin: physical memory.

use super::da::{Encoding, string_at};
use super::form::{Form, form};
use super::rows::{Bytes, unreadable, with_values};
use crate::command::line::range;
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::eval::as_typed;
use crate::output::{Action, Cell, Field, Record, Role};

/// `!db !dc !dd !dp !dq !du !dw`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!db", "!dc", "!dd", "!dp", "!dq", "!du", "!dw"],
    group: Group::Memory,
    arguments: &[Argument::new("[ADDRESS] [LCOUNT]", Expects::Range)],
    summary: "Shows physical memory as bytes, words, double words, quad words or UTF-16 text",
    help: "As the d commands without the exclamation mark, for physical addresses. Triage dumps hold no physical \
           memory. The caching flags [c], [uc], [wc] are accepted; in a dump they say nothing.\n\
           \n\
           kd> !dd 1a0040 L4\n\
           #  1a0040 00000000 00000000 00000000 00000000",
    needs: Needs::Physical,
    ..CommandSpec::runs(run)
};

const NEXT: &str = "!d";
/// Characters of a text.
const MAX_CHARACTERS: usize = 0x200;

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let letters = args.name.get(2..).unwrap_or_default().to_ascii_lowercase();
    let text = without_flags(args.text);
    let form = form(&letters).or_else(|| form("w"));
    let Some(form) = form else {
        return Err(CommandError::Syntax(args.name.to_owned()));
    };
    let (start, count) = if text.is_empty() {
        (context.session.next_address.get(NEXT).copied().unwrap_or(0), None)
    } else {
        let (range, rest) = range(text, form.size as u64, context)?;
        if !rest.trim().is_empty() {
            return Err(CommandError::Syntax(rest.trim().to_owned()));
        }
        (as_typed(range.start), range.count)
    };
    if context.session.target.physical().is_none() {
        return Err(CommandError::Missing(
            "this dump holds no physical memory; a kernel, automatic or complete dump would".to_owned(),
        ));
    }
    if letters == "u" {
        return text_row(start, count, context);
    }
    rows(form, start, count.unwrap_or(form.count), context)
}

/// Drops `[c]`, `[uc]`, `[wc]` and `-m`.
fn without_flags(text: &str) -> &str {
    let mut text = text;
    loop {
        let flag = ["[c]", "[uc]", "[wc]", "-m"].iter().find_map(|flag| text.strip_prefix(flag));
        match flag {
            Some(rest) => text = rest.trim_start(),
            None => return text,
        }
    }
}

fn lead(kind: &'static str, address: u64) -> Record {
    let cell = Cell::new(Field::Address(address)).shown(format!("#{address:>8x}"));
    Record::new(kind).cell("address", cell.link(Action::Physical(address))).text(" ")
}

fn rows(form: &Form, start: u64, count: u64, context: &mut Context<'_>) -> Result<(), CommandError> {
    let size = form.size as u64;
    let mut done = 0u64;
    while done < count {
        let cells = (count - done).min(form.per_row as u64);
        let address = start.wrapping_add(done.wrapping_mul(size));
        let Some(memory) = context.session.target.physical() else {
            return Ok(());
        };
        let bytes = Bytes::at(memory, address, (cells * size) as usize);
        context.out.emit(with_values(lead("physical_memory", address), form, &bytes, 1))?;
        done += cells;
        let next = address.wrapping_add(cells * size);
        context.session.next_address.insert(NEXT, next);
    }
    Ok(())
}

fn text_row(start: u64, count: Option<u64>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let max = count
        .map_or(MAX_CHARACTERS, |count| usize::try_from(count).unwrap_or(usize::MAX).min(MAX_CHARACTERS));
    let Some(memory) = context.session.target.physical() else {
        return Ok(());
    };
    let text = string_at(memory, start, Encoding::Utf16, max);
    let quote = if text.is_ok() { "\"" } else { "" };
    let text =
        Cell::new(text.map_or_else(|why| unreadable(&why), Field::from)).mark("????").role(Role::Value);
    context.out.emit(lead("physical_text", start).text(quote).cell("text", text).text(quote))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::{Memory, ReadError};

    #[test]
    fn caching_flags_are_dropped() {
        assert_eq!(without_flags("[c] -m 1000 L4"), "1000 L4");
        assert_eq!(without_flags("1000"), "1000");
    }

    #[test]
    fn rows_begin_with_a_hash() {
        let form = form("c").expect("a form");
        let memory = Words(*b"abcdefgh");
        let row = with_values(lead("x", 0x1a0040), form, &Bytes::at(&memory, 0x1a0040, 8), 1);
        assert_eq!(row.lines[0].plain(), "#  1a0040 64636261 68676665                   abcdefgh");
    }

    struct Words([u8; 8]);

    impl Memory for Words {
        fn window(&self, _: u64) -> Result<&[u8], ReadError> {
            Ok(&self.0)
        }
    }
}
