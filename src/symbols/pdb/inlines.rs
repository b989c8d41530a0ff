//! Functions that were inlined: their code, lines and names.

use std::collections::HashMap;

use pdb::{AddressMap, FallibleIterator, InlineSiteSymbol, Inlinee, ModuleInfo, PdbInternalSectionOffset};

use super::file::PdbFile;
use super::leaf::Leaf;
use super::lines::{Line, line};

/// The most line records of one inlined function, and the most inlined functions of a module.
const MAX_LINES: usize = 100_000;
const MAX_INLINEES: usize = 1_000_000;
/// The deepest nesting of scopes in a name.
const MAX_SCOPES: usize = 8;

/// One place where a function was inlined.
#[derive(Debug)]
pub(crate) struct Site {
    /// The site that this one lies in: its number in the function.
    pub(crate) parent: Option<usize>,
    /// The function's id record.
    pub(crate) inlinee: u32,
    /// Its code.
    pub(crate) ranges: Vec<(u32, u32)>,
    /// Its lines by address.
    pub(crate) lines: Vec<Line>,
}

impl Site {
    /// Where its code begins.
    pub(crate) fn start(&self) -> u32 {
        self.ranges.iter().map(|&(from, _)| from).min().unwrap_or(0)
    }

    /// The line of its own source that covers `rva`.
    pub(crate) fn line_at(&self, rva: u32) -> Option<&Line> {
        self.lines
            .iter()
            .rev()
            .find(|line| (line.start..line.end).contains(&rva))
    }
}

/// The first lines of a module's inlined functions.
pub(crate) struct Inlinees<'m>(HashMap<u32, Inlinee<'m>>);

impl<'m> Inlinees<'m> {
    pub(crate) fn read(info: &'m ModuleInfo<'_>) -> Inlinees<'m> {
        let mut all = HashMap::new();
        if let Ok(mut inlinees) = info.inlinees() {
            while let Ok(Some(inlinee)) = inlinees.next() {
                if all.len() >= MAX_INLINEES {
                    break;
                }
                all.insert(inlinee.index().0, inlinee);
            }
        }
        Inlinees(all)
    }

    /// The code and lines of a site in the function at `function`.
    pub(crate) fn site(
        &self,
        map: &AddressMap<'_>,
        function: PdbInternalSectionOffset,
        site: &InlineSiteSymbol<'m>,
        parent: Option<usize>,
    ) -> Site {
        let mut lines = Vec::new();
        if let Some(inlinee) = self.0.get(&site.inlinee.0) {
            let mut records = inlinee.lines(function, site);
            while let Ok(Some(record)) = records.next() {
                if lines.len() >= MAX_LINES {
                    break;
                }
                // A last record without a length covers nothing that could be relied on.
                if record.length.is_some() {
                    lines.extend(line(map, &record));
                }
            }
        }
        lines.sort_by_key(|line: &Line| line.start);
        let mut ranges: Vec<(u32, u32)> = Vec::new();
        for line in lines.iter().filter(|line| line.start < line.end) {
            match ranges.last_mut() {
                Some((_, end)) if *end >= line.start => *end = (*end).max(line.end),
                _ => ranges.push((line.start, line.end)),
            }
        }
        Site {
            parent,
            inlinee: site.inlinee.0,
            ranges,
            lines,
        }
    }
}

/// The qualified name of the function with that id.
pub(crate) fn name(file: &PdbFile, id: u32) -> Option<String> {
    let ids = file.id_records()?;
    match ids.leaf(id)? {
        Leaf::FunctionId { scope, name } => {
            let name = String::from_utf8_lossy(name);
            let mut scopes = Vec::new();
            let mut at = scope;
            for _ in 0..MAX_SCOPES {
                match ids.leaf(at) {
                    Some(Leaf::StringId { text }) => scopes.push(String::from_utf8_lossy(text).into_owned()),
                    Some(Leaf::FunctionId { scope, name }) => {
                        scopes.push(String::from_utf8_lossy(name).into_owned());
                        at = scope;
                        continue;
                    }
                    _ => {}
                }
                break;
            }
            scopes.reverse();
            scopes.push(name.into_owned());
            Some(scopes.join("::"))
        }
        Leaf::MethodId { class, name } => {
            let name = String::from_utf8_lossy(name);
            match file.type_name(class) {
                Some(class) => Some(format!("{class}::{name}")),
                None => Some(name.into_owned()),
            }
        }
        _ => None,
    }
}
