//! `.enumtag`: what drivers and the kernel added to the dump at the crash.

use super::{Args, CommandError, CommandSpec, Context, Glue, Group, Needs, Rest};
use crate::output::{Field, Line, Record, Role};
use crate::util::bounded::slice;

/// `.enumtag`
pub const SPEC: CommandSpec = CommandSpec {
    names: &[".enumtag"],
    glue: Glue::Signs,
    rest: Rest::Semicolon,
    group: Group::Dump,
    usage: "[GUID]",
    summary: "Shows the tagged data that drivers and the kernel added to the dump",
    help: "Lists each block of secondary data with its GUID, size and bytes; with a GUID, or the beginning of one, only \
           the blocks it names.\n\
           \n\
           kd> .enumtag\n\
           {270A33FD-3DA6-460D-BA89-3C1BAE21E39B} - 0xfd0 bytes\n\
           \x20 4B 54 50 50 12 00 00 00 0F 00 00 00 00 00 00 00  KTPP............",
    needs: Needs::Dump,
    run,
};

/// Bytes in a row.
const ROW: usize = 16;

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let wanted = args.text.trim_start_matches('{').trim_end_matches('}').to_ascii_uppercase();
    let dump = context.session.target.dump()?.clone();
    let mut shown = 0;
    for blob in dump.secondary() {
        let tag = blob.tag.to_string();
        if !tag.trim_start_matches('{').starts_with(&wanted) {
            continue;
        }
        shown += 1;
        let record = Record::new("secondary_data")
            .field("tag", tag.as_str())
            .field("size", u64::from(blob.size))
            .field("file_offset", Field::Hex(blob.data.start as u64))
            .line(
                Line::new()
                    .link(Role::Symbol, &tag, format!(".enumtag {tag}"))
                    .text(format!(" - 0x{:x} bytes", blob.size)),
            );
        context.emit(record)?;
        let data = slice(dump.bytes(), blob.data.start, blob.data.len()).unwrap_or_default();
        for row in data.chunks(ROW) {
            context.emit(row_line(row))?;
        }
        if data.len() < blob.size as usize {
            let missing = blob.size as usize - data.len();
            context.emit(
                Line::new().role(Role::Warning, format!("  the file ends {missing:#x} bytes too early")),
            )?;
        }
        context.blank()?;
    }
    match shown {
        0 if wanted.is_empty() => Err(CommandError::Missing("the dump has no tagged data".to_owned())),
        0 => Err(CommandError::Missing(format!("no tagged data of '{}'", args.text))),
        _ => Ok(()),
    }
}

/// Upper-case digits, as this command alone prints them, and the bytes as characters.
fn row_line(row: &[u8]) -> Line {
    let digits: Vec<String> = row.iter().map(|byte| format!("{byte:02X}")).collect();
    let characters: String =
        row.iter().map(|&byte| if (0x20..=0x7e).contains(&byte) { char::from(byte) } else { '.' }).collect();
    Line::new().text("  ").value(format!("{:<47}", digits.join(" "))).text(format!("  {characters}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of the command's public documentation.
    #[test]
    fn rows() {
        assert_eq!(
            row_line(b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xff\xff\0\0").plain(),
            "  4D 5A 90 00 03 00 00 00 04 00 00 00 FF FF 00 00  MZ.............."
        );
        assert_eq!(row_line(&[0; 8]).plain(), "  00 00 00 00 00 00 00 00                          ........");
    }
}
