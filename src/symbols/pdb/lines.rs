//! Source lines of a compiled module.

use std::collections::HashMap;

use pdb::{AddressMap, PdbInternalSectionOffset};

use super::c13;
use super::streams::Streams;
use crate::symbols::source::SourceLine;

/// Line numbers from here on mark code that belongs to no line ("always step into", "never step into").
const HIDDEN: u32 = 0x00f0_0000;
/// How many records that begin before an address are looked at: several may begin at one place.
const MAX_BACK: usize = 16;

/// One line's code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) file: u32,
    pub(crate) line: u32,
}

/// The lines of a module by address, the files they are in, and where its inlined functions begin.
#[derive(Default)]
pub(crate) struct LineTable {
    lines: Vec<Line>,
    files: HashMap<u32, String>,
    /// For each inlined function's id its file and first line.
    pub(crate) inlinees: HashMap<u32, (u32, u32)>,
}

impl LineTable {
    /// Reads the line section of a module; what cannot be read is left out.
    pub(crate) fn read(file: &Streams, section: &[u8]) -> LineTable {
        let Ok(map) = file.address_map() else {
            return LineTable::default();
        };
        let raw = c13::lines(section);
        let mut lines: Vec<Line> = raw.iter().filter_map(|line| place(&map, line)).collect();
        lines.sort_by_key(|line| line.start);
        let inlinees = c13::inlinees(section);
        let mut wanted: Vec<u32> = lines.iter().map(|line| line.file).collect();
        wanted.extend(inlinees.values().map(|&(file, _)| file));
        wanted.sort_unstable();
        wanted.dedup();
        let name = |index: u32| file.strings()?.get(c13::file_name_at(section, index)?);
        let files = wanted.into_iter().filter_map(|index| Some((index, name(index)?)));
        LineTable { lines, files: files.collect(), inlinees }
    }

    /// The line whose code covers `rva`.
    pub(crate) fn at(&self, rva: u32) -> Option<SourceLine> {
        let after = self.lines.partition_point(|line| line.start <= rva);
        let before = self.lines.get(..after)?.iter().rev().take(MAX_BACK);
        let line = before.into_iter().find(|line| rva < line.end)?;
        self.source_line(line)
    }

    /// A line with its file's name; `None` for code that belongs to no line.
    pub(crate) fn source_line(&self, line: &Line) -> Option<SourceLine> {
        if line.line >= HIDDEN {
            return None;
        }
        Some(SourceLine {
            file: self.files.get(&line.file)?.clone(),
            line: line.line,
            rva: line.start,
            len: Some(line.end.saturating_sub(line.start)),
        })
    }
}

fn place(map: &AddressMap<'_>, line: &c13::RawLine) -> Option<Line> {
    let start = PdbInternalSectionOffset::new(line.section, line.offset).to_internal_rva(map)?.0;
    Some(Line {
        start,
        end: start.checked_add(line.end.checked_sub(line.offset)?)?,
        file: line.file,
        line: line.line,
    })
}
