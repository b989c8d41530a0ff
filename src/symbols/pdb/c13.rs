//! The line section of a compiled module: subsections for lines, file checksums and inlined functions.
//!
//! Shapes are those of LLVM's "CodeView debug subsections" and Microsoft's published `cvinfo.h`. They are read here and
//! not by the library, whose reader takes counts and sizes in this section for granted.

use std::collections::HashMap;

use crate::util::bounded::{u8_at, u16_at, u32_at};

const LINES: u32 = 0xf2;
const CHECKSUMS: u32 = 0xf4;
const INLINEES: u32 = 0xf6;
/// A subsection with this bit is to be ignored.
const IGNORE: u32 = 0x8000_0000;
/// The flag of a lines subsection that has columns too.
const HAS_COLUMNS: u16 = 1;
/// The line number in a record's flags word.
const LINE_MASK: u32 = 0x00ff_ffff;
/// The most records that are read of one module.
const MAX_RECORDS: usize = 4_000_000;

/// A line record: its code is from `offset` on in `section`, up to `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RawLine {
    pub(crate) section: u16,
    pub(crate) offset: u32,
    pub(crate) end: u32,
    pub(crate) file: u32,
    pub(crate) line: u32,
}

/// The subsections of `bytes`: kind and contents.
fn subsections(bytes: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
    let mut at = 0usize;
    std::iter::from_fn(move || {
        let kind = u32_at(bytes, at)?;
        let len = u32_at(bytes, at + 4)? as usize;
        let from = at + 8;
        let contents = bytes.get(from..from.checked_add(len)?)?;
        at = from.checked_add(len)?.checked_next_multiple_of(4)?;
        Some((kind, contents))
    })
    .filter(|(kind, _)| kind & IGNORE == 0)
}

/// All line records.
pub(crate) fn lines(bytes: &[u8]) -> Vec<RawLine> {
    let mut all = Vec::new();
    for (_, contents) in subsections(bytes).filter(|(kind, _)| *kind == LINES) {
        // A subsection that is cut short gives what stands before the cut.
        let _ = lines_of(contents, &mut all);
    }
    all
}

fn lines_of(bytes: &[u8], all: &mut Vec<RawLine>) -> Option<()> {
    let (base, section, flags, size) =
        (u32_at(bytes, 0)?, u16_at(bytes, 4)?, u16_at(bytes, 6)?, u32_at(bytes, 8)?);
    let end = base.checked_add(size)?;
    let mut at = 12usize;
    let first = all.len();
    while let (Some(file), Some(count)) = (u32_at(bytes, at), u32_at(bytes, at + 4)) {
        let size = u32_at(bytes, at + 8)? as usize;
        let each = if flags & HAS_COLUMNS == 0 { 8 } else { 12 };
        if size < 12 || (count as usize).checked_mul(each)? > size - 12 {
            return None;
        }
        for record in 0..count as usize {
            let place = at + 12 + record * 8;
            let (offset, word) = (u32_at(bytes, place)?, u32_at(bytes, place + 4)?);
            if all.len() >= MAX_RECORDS {
                return None;
            }
            all.push(RawLine {
                section,
                offset: base.checked_add(offset)?,
                end,
                file,
                line: word & LINE_MASK,
            });
        }
        at = at.checked_add(size)?;
    }
    // A record's code ends where the next of the function begins.
    let own = all.get_mut(first..)?;
    own.sort_by_key(|line| line.offset);
    let starts: Vec<u32> = own.iter().skip(1).map(|line| line.offset).collect();
    for (line, next) in own.iter_mut().zip(starts) {
        line.end = line.end.min(next);
    }
    Some(())
}

/// For each inlined function's id its file and first line.
pub(crate) fn inlinees(bytes: &[u8]) -> HashMap<u32, (u32, u32)> {
    let mut all = HashMap::new();
    for (_, contents) in subsections(bytes).filter(|(kind, _)| *kind == INLINEES) {
        let has_files = u32_at(contents, 0) == Some(1);
        let mut at = 4usize;
        while let (Some(id), Some(file), Some(line)) =
            (u32_at(contents, at), u32_at(contents, at + 4), u32_at(contents, at + 8))
        {
            if all.len() >= MAX_RECORDS {
                break;
            }
            all.insert(id, (file, line));
            at += 12;
            if has_files {
                let Some(extra) = u32_at(contents, at) else { break };
                let Some(next) = (extra as usize).checked_mul(4).and_then(|len| at.checked_add(4 + len))
                else {
                    break;
                };
                at = next;
            }
        }
    }
    all
}

/// The place in the table of names of the file that a line record means by `file`.
pub(crate) fn file_name_at(bytes: &[u8], file: u32) -> Option<u32> {
    let (_, contents) = subsections(bytes).find(|(kind, _)| *kind == CHECKSUMS)?;
    // An entry: place of the name, size and kind of the checksum, the checksum.
    u8_at(contents, (file as usize).checked_add(5)?)?;
    u32_at(contents, file as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    #[test]
    fn a_function_with_two_lines() {
        // Offset 0x10 in section 1, 0x20 bytes; one block of file 0x18 with two records.
        let section = words(&[LINES, 40, 0x10, 1, 0x20, 0x18, 2, 28, 0, 7 | 0x8000_0000, 8, 9, 0xf7, 0]);
        let lines = lines(&section);
        let shown: Vec<(u32, u32, u32, u32)> =
            lines.iter().map(|l| (l.offset, l.end, l.file, l.line)).collect();
        assert_eq!(shown, [(0x10, 0x18, 0x18, 7), (0x18, 0x30, 0x18, 9)]);
    }

    #[test]
    fn counts_that_do_not_fit_are_refused() {
        for count in [3, 0x2000_0000, u32::MAX] {
            let section = words(&[LINES, 40, 0x10, 1, 0x20, 0x18, count, 28, 0, 7, 8, 9]);
            assert!(lines(&section).is_empty());
        }
        let inlined = words(&[INLINEES, 20, 1, 0x1000, 0, 50, u32::MAX]);
        assert_eq!(inlinees(&inlined).get(&0x1000), Some(&(0, 50)));
    }
}
