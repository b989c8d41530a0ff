//! Source lines of a compiled module.

use std::collections::HashMap;

use pdb::{AddressMap, FallibleIterator, FileIndex, LineInfo, LineProgram, ModuleInfo};

use super::file::PdbFile;
use crate::symbols::source::SourceLine;

/// The most line records of one module.
const MAX_LINES: usize = 4_000_000;
/// Line numbers from here on mark code that belongs to no line ("always step into", "never step into").
const HIDDEN: u32 = 0x00f0_0000;

/// One line's code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) file: u32,
    pub(crate) line: u32,
}

/// The lines of a module by address, the files they are in, and the first lines of functions that were inlined.
#[derive(Default)]
pub(crate) struct LineTable {
    lines: Vec<Line>,
    files: HashMap<u32, String>,
}

impl LineTable {
    /// Reads all lines of a module; what cannot be read is left out.
    pub(crate) fn read(file: &PdbFile, info: &ModuleInfo<'_>) -> LineTable {
        let mut table = LineTable::default();
        let (Ok(program), Ok(map)) = (info.line_program(), file.address_map()) else {
            return table;
        };
        let mut records = program.lines();
        while let Ok(Some(record)) = records.next() {
            if table.lines.len() >= MAX_LINES {
                break;
            }
            table.lines.extend(line(&map, &record));
        }
        table.lines.sort_by_key(|line| line.start);
        // A record without a length ends where the next begins.
        let starts: Vec<u32> = table.lines.iter().skip(1).map(|line| line.start).collect();
        for (line, next) in table.lines.iter_mut().zip(starts) {
            line.end = line.end.min(next);
        }
        table.name_files(file, &program);
        table
    }

    fn name_files(&mut self, file: &PdbFile, program: &LineProgram<'_>) {
        let Some(strings) = file.strings() else { return };
        let mut files = program.files();
        // Files are named by the offset of their entry among the checksums, which the iterator does not tell, so every
        // offset that the lines use is looked up.
        let mut wanted: Vec<u32> = self.lines.iter().map(|line| line.file).collect();
        wanted.sort_unstable();
        wanted.dedup();
        if let Ok(None) = files.next() {
            return;
        }
        for index in wanted {
            if let Ok(info) = program.get_file_info(FileIndex(index))
                && let Ok(name) = strings.get(info.name)
            {
                self.files.insert(index, name.to_string().into_owned());
            }
        }
    }

    /// Adds the names of files that only inlined code is in.
    pub(crate) fn file_name(&self, file: &PdbFile, info: &ModuleInfo<'_>, index: u32) -> Option<String> {
        if let Some(name) = self.files.get(&index) {
            return Some(name.clone());
        }
        let program = info.line_program().ok()?;
        let entry = program.get_file_info(FileIndex(index)).ok()?;
        Some(file.strings()?.get(entry.name).ok()?.to_string().into_owned())
    }

    /// The line whose code covers `rva`.
    pub(crate) fn at(&self, rva: u32) -> Option<SourceLine> {
        let after = self.lines.partition_point(|line| line.start <= rva);
        // Several records may begin at one address; the last with code there counts.
        let line = self
            .lines
            .get(..after)?
            .iter()
            .rev()
            .take(16)
            .find(|line| rva < line.end)?;
        if line.line >= HIDDEN {
            return None;
        }
        Some(SourceLine {
            file: self.files.get(&line.file)?.clone(),
            line: line.line,
            rva: line.start,
            len: Some(line.end - line.start),
        })
    }
}

/// A record with its addresses in the image.
pub(crate) fn line(map: &AddressMap<'_>, record: &LineInfo) -> Option<Line> {
    let start = record.offset.to_rva(map)?.0;
    let end = start.checked_add(record.length.unwrap_or(u32::MAX - start))?;
    Some(Line {
        start,
        end,
        file: record.file_index.0,
        line: record.line_start,
    })
}
