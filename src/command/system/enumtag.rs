//! `.enumtag`: what drivers and the kernel added to the dump at the crash.

mod excerpt;

use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::dump::SecondaryBlob;
use crate::dump::tags::{driver, writer};
use crate::output::{Action, Cell, Field, Line, Record, Role};
use crate::util::bounded::slice;

/// `.enumtag`
pub const SPEC: CommandSpec = CommandSpec {
    names: &[".enumtag"],
    group: Group::Dump,
    arguments: &[Argument::new("[GUID | *]", Expects::Text)],
    summary: "Shows the tagged data that drivers and the kernel added to the dump",
    help: "Lists each block of tagged data: GUID, size, who wrote it and of which driver it is where that is known, and what \
           text is in it. With a \
           GUID, or the beginning of one, all bytes of the blocks it names; with `*` those of every block, as WinDbg \
           shows without a GUID.\n\
           \n\
           kd> .enumtag 270A33FD\n\
           {270A33FD-3DA6-460D-BA89-3C1BAE21E39B} - 0xfd0 bytes\n\
           \x20 4B 54 50 50 12 00 00 00 0F 00 00 00 00 00 00 00  KTPP............",
    needs: Needs::Dump,
    ..CommandSpec::runs(run)
};

/// Bytes in a row.
const ROW: usize = 16;

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let dump = context.session.target.dump()?.clone();
    if dump.secondary().is_empty() {
        return Err(CommandError::Missing("the dump has no tagged data".to_owned()));
    }
    let listing = args.text.is_empty();
    let wanted = args.text.trim_start_matches(['{', '*']).trim_end_matches('}').to_ascii_uppercase();
    let mut shown = 0;
    for blob in dump.secondary() {
        if !blob.tag.to_string().trim_start_matches('{').starts_with(&wanted) {
            continue;
        }
        shown += 1;
        let data = slice(dump.bytes(), blob.data.start, blob.data.len()).unwrap_or_default();
        let texts = if listing { excerpt::texts(data) } else { Vec::new() };
        context.out.emit(heading(blob, data, listing, &texts))?;
        if !listing {
            for row in data.chunks(ROW) {
                context.out.emit(row_record(row))?;
            }
        }
        if data.len() < blob.size as usize {
            let missing = blob.size as usize - data.len();
            let text = format!("  the file ends {missing:#x} bytes too early");
            context.out.emit(Line::new().role(Role::Warning, text))?;
        }
        if !listing {
            context.out.blank()?;
        }
    }
    match shown {
        0 => Err(CommandError::Missing(format!("no tagged data of '{}'", args.text))),
        _ => Ok(()),
    }
}

/// The block's own line; in the list also its writer and its text.
fn heading(blob: &SecondaryBlob, data: &[u8], listing: bool, texts: &[String]) -> Record {
    let tag = Cell::new(blob.tag.to_string()).role(Role::Symbol).link(Action::Tag(blob.tag));
    let size = Cell::new(blob.size).shown(format!("0x{:x}", blob.size)).role(Role::Text);
    let record = Record::new("secondary_data")
        .cell("tag", tag)
        .text(" - ")
        .cell("size", size)
        .text(" bytes")
        .field("file_offset", Field::Hex(blob.data.start as u64));
    let driver = driver(blob.tag, data);
    let (writer, what) = match writer(blob.tag) {
        Some(writer) => (Some(writer.name), writer.what),
        None => (None, ""),
    };
    if !listing {
        return record.field("writer", writer).field("driver", driver);
    }
    let mut record = match writer {
        Some(name) => {
            let colon = if what.is_empty() { "" } else { ": " };
            record.text("  ").cell("writer", Cell::new(name).role(Role::Value)).text(colon).text(what)
        }
        None => record.field("writer", Field::Null),
    };
    record = match driver {
        Some(driver) => record.text(" (").cell("driver", Cell::new(driver).role(Role::Value)).text(")"),
        None => record.field("driver", Field::Null),
    };
    record.column("text", 4, texts.iter().map(|text| Cell::new(text.as_str()).role(Role::Dim)))
}

/// Upper-case digits, as this command alone prints them, and the bytes as characters.
fn row_record(row: &[u8]) -> Record {
    let digits: Vec<String> = row.iter().map(|byte| format!("{byte:02X}")).collect();
    let characters: String =
        row.iter().map(|&byte| if (0x20..=0x7e).contains(&byte) { char::from(byte) } else { '.' }).collect();
    Record::new("tagged_bytes")
        .text("  ")
        .cell("bytes", Cell::new(digits.join(" ")).left(47).role(Role::Value))
        .text("  ")
        .cell("characters", characters)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of the command's public documentation.
    #[test]
    fn rows() {
        assert_eq!(
            row_record(b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0").lines[0].plain(),
            "  4D 5A 90 00 03 00 00 00 04 00 00 00 FF FF 00 00  MZ.............."
        );
        assert_eq!(
            row_record(&[0; 8]).lines[0].plain(),
            "  00 00 00 00 00 00 00 00                          ........"
        );
    }
}
