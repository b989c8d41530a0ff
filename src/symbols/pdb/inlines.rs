//! Functions that were inlined: their code, lines and names.

use pdb::{AddressMap, BinaryAnnotation, FallibleIterator, InlineSiteSymbol, PdbInternalSectionOffset};

use super::leaf::Leaf;
use super::lines::Line;
use super::streams::Streams;

/// The most lines of one inlined function.
const MAX_LINES: usize = 100_000;
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
    /// Where its code or that of a site inside it begins; `None` where nothing is left of them.
    pub(crate) start: Option<u32>,
    /// Its lines by address.
    pub(crate) lines: Vec<Line>,
}

impl Site {
    /// The line of its own source that covers `rva`.
    pub(crate) fn line_at(&self, rva: u32) -> Option<&Line> {
        self.lines.iter().rev().find(|line| (line.start..line.end).contains(&rva))
    }
}

/// The code and lines of `site` in the function at `function`, of which the inlined function begins at line
/// `first.1` of file `first.0`.
pub(crate) fn site(
    map: &AddressMap<'_>,
    function: PdbInternalSectionOffset,
    site: &InlineSiteSymbol<'_>,
    first: (u32, u32),
    parent: Option<usize>,
) -> Site {
    let mut lines: Vec<Line> = steps(site, first)
        .into_iter()
        .filter_map(|step| {
            let at = PdbInternalSectionOffset {
                offset: function.offset.checked_add(step.start)?,
                section: function.section,
            };
            let start = at.to_internal_rva(map)?.0;
            Some(Line { start, end: start.checked_add(step.end.checked_sub(step.start)?)?, ..step })
        })
        .collect();
    lines.sort_by_key(|line| line.start);
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for line in lines.iter().filter(|line| line.start < line.end) {
        match ranges.last_mut() {
            Some((_, end)) if *end >= line.start => *end = (*end).max(line.end),
            _ => ranges.push((line.start, line.end)),
        }
    }
    let start = ranges.first().map(|&(from, _)| from);
    Site { parent, inlinee: site.inlinee.0, ranges, start, lines }
}

/// Lets each site of a function begin no later than what lies inside it: compilers do not always count inner code as the
/// outer site's own. Each site stands after the one that it lies in.
pub(crate) fn begin_with_inner(sites: &mut [Site]) {
    for number in (0..sites.len()).rev() {
        let Some((parent, start)) = sites.get(number).and_then(|site| Some((site.parent?, site.start?)))
        else {
            continue;
        };
        if let Some(outer) = sites.get_mut(parent) {
            outer.start = Some(outer.start.map_or(start, |own| own.min(start)));
        }
    }
}

/// The lines of a site with their code as offsets in the function.
///
/// The annotations are a small program: they move a code offset and a line, and each move of the code offset begins a
/// line, which ends where the next begins or where a length says.
fn steps(site: &InlineSiteSymbol<'_>, (mut file, mut line): (u32, u32)) -> Vec<Line> {
    let mut steps: Vec<Line> = Vec::new();
    let (mut base, mut offset) = (0u32, 0u32);
    let mut open = false;
    let mut annotations = site.annotations.iter();
    while let Ok(Some(annotation)) = annotations.next() {
        if steps.len() >= MAX_LINES {
            break;
        }
        let mut length = None;
        let mut begins = false;
        match annotation {
            BinaryAnnotation::CodeOffset(to) => offset = to,
            BinaryAnnotation::ChangeCodeOffsetBase(to) => base = to,
            BinaryAnnotation::ChangeCodeOffset(by) => {
                offset = offset.wrapping_add(by);
                begins = true;
            }
            BinaryAnnotation::ChangeCodeOffsetAndLineOffset(by, lines) => {
                offset = offset.wrapping_add(by);
                line = line.wrapping_add_signed(lines);
                begins = true;
            }
            BinaryAnnotation::ChangeCodeLengthAndCodeOffset(len, by) => {
                offset = offset.wrapping_add(by);
                length = Some(len);
                begins = true;
            }
            BinaryAnnotation::ChangeCodeLength(len) => {
                let end = base.wrapping_add(offset).wrapping_add(len);
                if let Some(last) = steps.last_mut().filter(|_| open) {
                    last.end = end;
                }
                open = false;
                offset = offset.wrapping_add(len);
            }
            BinaryAnnotation::ChangeLineOffset(by) => line = line.wrapping_add_signed(by),
            BinaryAnnotation::ChangeFile(to) => file = to.0,
            _ => {}
        }
        if !begins {
            continue;
        }
        let start = base.wrapping_add(offset);
        if let Some(last) = steps.last_mut().filter(|_| open) {
            last.end = start;
        }
        open = length.is_none();
        // The last line has no end until something gives it one.
        let end = start.wrapping_add(length.unwrap_or(0));
        steps.push(Line { start, end, file, line });
    }
    steps
}

/// The qualified name of the function with that id.
pub(crate) fn name(file: &Streams, id: u32) -> Option<String> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_begins_with_what_lies_inside_it() {
        let site = |parent, ranges: &[(u32, u32)]| Site {
            parent,
            inlinee: 0,
            ranges: ranges.to_vec(),
            start: ranges.first().map(|range| range.0),
            lines: Vec::new(),
        };
        // One around two, of which the second has no code of its own; one without any code; one beside them.
        let mut sites = [
            site(None, &[(0x40, 0x50)]),
            site(Some(0), &[(0x30, 0x40)]),
            site(Some(0), &[]),
            site(Some(2), &[(0x20, 0x24), (0x60, 0x64)]),
            site(None, &[]),
            site(None, &[(0x10, 0x14)]),
        ];
        begin_with_inner(&mut sites);
        let starts = sites.map(|site| site.start);
        assert_eq!(starts, [Some(0x20), Some(0x30), Some(0x20), Some(0x20), None, Some(0x10)]);
    }
}
