//! `da`, `du`, `ds`, `dS`: text in memory.

use super::range::{NEXT, shown};
use super::rows::{Bytes, lead, unreadable};
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::memory::{Memory, Reason};
use crate::output::{Action, Cell, Role};
use crate::util::bounded::{u16_at, utf16_lossy};

/// `da du ds dS`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["da", "du", "ds", "dS"],
    group: Group::Memory,
    arguments: &[Argument::new("[ADDRESS [LCOUNT | END]]", Expects::Range)],
    summary: "Shows text: ASCII, UTF-16, or what an ANSI_STRING or UNICODE_STRING counts",
    help: "da  ASCII text up to its NUL, 32 characters a line\n\
           du  UTF-16 text up to its NUL\n\
           ds  the text of an ANSI_STRING (a counted string) at ADDRESS\n\
           dS  the text of a UNICODE_STRING at ADDRESS\n\
           \n\
           kd> da 00007ffb`565c7134\n\
           00007ffb`565c7134  \"CLIPFORMAT_UserFree\"",
    needs: Needs::Memory,
    ..CommandSpec::runs(run)
};

/// How characters lie in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// One byte a character.
    Ascii,
    /// Two bytes a code unit.
    Utf16,
}

impl Encoding {
    /// Bytes in a code unit.
    pub fn unit(self) -> usize {
        match self {
            Encoding::Ascii => 1,
            Encoding::Utf16 => 2,
        }
    }
}

/// Characters in a line.
const PER_LINE: usize = 32;
/// Characters shown when no count is given and no NUL comes.
const DEFAULT: u64 = 512;
/// Counted strings shown by one `ds`: each may be 64 KiB long.
const MAX_STRINGS: u64 = 0x1000;

/// Shows the text.
pub fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let encoding = match args.name {
        "da" | "ds" => Encoding::Ascii,
        _ => Encoding::Utf16,
    };
    if matches!(args.name, "ds" | "dS") {
        return counted(args, encoding, context);
    }
    let (start, count) = shown(args.text, encoding.unit() as u64, DEFAULT, context)?;
    context.session.display_form = args.name;
    let end = lines(start, count, encoding, Stop::AtNul, context)?;
    context.session.next_address.insert(NEXT, end);
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stop {
    AtNul,
    AtCount,
}

/// STRING: Length (2 bytes), MaximumLength, Buffer at 8 (winternl.h).
fn counted(args: &Args<'_>, encoding: Encoding, context: &mut Context<'_>) -> Result<(), CommandError> {
    let (start, count) = shown(args.text, 16, 1, context)?;
    context.session.display_form = args.name;
    let memory = context.session.target.memory().clone();
    for index in 0..count.min(MAX_STRINGS) {
        let at = start.wrapping_add(index * 16);
        let header: [u8; 16] = memory.array(at)?;
        let length = u64::from(u16_at(&header, 0).unwrap_or(0));
        let buffer = memory.u64(at.wrapping_add(8))?;
        lines(buffer, length / encoding.unit() as u64, encoding, Stop::AtCount, context)?;
        context.session.next_address.insert(NEXT, at.wrapping_add(16));
    }
    Ok(())
}

/// Emits up to `count` characters in lines; returns the address after them.
fn lines(
    start: u64,
    count: u64,
    encoding: Encoding,
    stop: Stop,
    context: &mut Context<'_>,
) -> Result<u64, CommandError> {
    let memory = context.session.target.memory().clone();
    let unit = encoding.unit();
    let mut done = 0u64;
    loop {
        let address = start.wrapping_add(done * unit as u64);
        let wanted = (count - done).min(PER_LINE as u64) as usize;
        let bytes = Bytes::at(&memory, address, wanted * unit);
        let shown = take(&bytes, encoding, stop);
        let readable = bytes.iter().take(shown.units * unit).all(Option::is_some);
        if shown.units > 0 || done == 0 {
            let text = Cell::new(shown.text.as_str());
            let record = lead("text", address).text("\"");
            let record = match bytes.first_reason().filter(|_| !readable) {
                None => record.cell("text", text.role(Role::Value)),
                Some(why) => {
                    let link = Action::Reason(why.to_string().into());
                    let record = record.cell("text", text.role(Role::Unreadable).link(link));
                    record.field("rest", unreadable(&why))
                }
            };
            context.out.emit(record.text("\""))?;
        }
        done += shown.units as u64;
        // A page that is missing ends the text: what follows it belongs to nothing.
        if shown.ended || done >= count || wanted == 0 || !readable {
            return Ok(start.wrapping_add((done + u64::from(shown.ended)) * unit as u64));
        }
    }
}

struct Shown {
    text: String,
    units: usize,
    ended: bool,
}

/// The characters of a line: `.` for what does not print, `?` for what cannot be read.
fn take(bytes: &[Option<u8>], encoding: Encoding, stop: Stop) -> Shown {
    let unit = encoding.unit();
    let nul = |cell: &[Option<u8>]| cell.len() == unit && cell.iter().all(|byte| *byte == Some(0));
    let end = match stop {
        Stop::AtNul => bytes.chunks(unit).position(nul),
        Stop::AtCount => None,
    };
    let units = end.unwrap_or(bytes.len() / unit);
    let cells = bytes.get(..units * unit).unwrap_or(bytes);
    let text = match encoding {
        Encoding::Ascii => super::rows::characters(cells),
        Encoding::Utf16 => {
            let raw: Vec<u8> = cells
                .chunks(2)
                .flat_map(|cell| match cell {
                    [Some(low), Some(high)] => [*low, *high],
                    _ => [b'?', 0],
                })
                .collect();
            printable(&utf16_lossy(&raw))
        }
    };
    Shown { text, units, ended: end.is_some() }
}

fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '.' } else { c }).collect()
}

/// The text at `address` up to its NUL or `max` characters.
///
/// # Errors
/// Why not even the first can be read.
pub fn string_at(
    memory: &dyn Memory,
    address: u64,
    encoding: Encoding,
    max: usize,
) -> Result<String, Reason> {
    let bytes = Bytes::at(memory, address, max * encoding.unit());
    let readable = bytes.iter().take_while(|byte| byte.is_some()).count();
    match bytes.get(..readable - readable % encoding.unit()) {
        Some(bytes) if !bytes.is_empty() => Ok(take(bytes, encoding, Stop::AtNul).text),
        _ => Err(bytes.first_reason().unwrap_or(Reason::EndOfSpace)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(bytes: &[u8]) -> Vec<Option<u8>> {
        bytes.iter().copied().map(Some).collect()
    }

    #[test]
    fn text_ends_at_nul_only_where_it_is_not_counted() {
        let bytes = some(b"ab\x01c\0de");
        let shown = take(&bytes, Encoding::Ascii, Stop::AtNul);
        assert_eq!((shown.text.as_str(), shown.units, shown.ended), ("ab.c", 4, true));
        let shown = take(&bytes, Encoding::Ascii, Stop::AtCount);
        assert_eq!((shown.text.as_str(), shown.units, shown.ended), ("ab.c.de", 7, false));
    }

    #[test]
    fn utf16_keeps_every_script() {
        let bytes = some(&"C:\\驱动\0x".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>());
        let shown = take(&bytes, Encoding::Utf16, Stop::AtNul);
        assert_eq!((shown.text.as_str(), shown.units), ("C:\\驱动", 5));
    }

    #[test]
    fn missing_characters_are_marked() {
        let shown = take(&[Some(b'a'), None, Some(b'b')], Encoding::Ascii, Stop::AtNul);
        assert_eq!(shown.text, "a?b");
        let shown = take(&[Some(b'a'), None], Encoding::Utf16, Stop::AtNul);
        assert_eq!(shown.text, "?");
    }
}
