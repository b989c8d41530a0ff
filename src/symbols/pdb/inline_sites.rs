//! All places where functions of given names were inlined.

use std::collections::{BTreeSet, HashMap};

use pdb::{FallibleIterator, SymbolData};

use super::file::PdbFile;
use super::inlines;
use super::procedure;
use super::streams::has_records;
use crate::symbols::index::RecordPlace;
use crate::symbols::source::InlineSite;

/// The kinds of records that say that something was inlined: `S_INLINESITE` and `S_INLINESITE2` of `cvinfo.h`. They are
/// most of a module's records, so no other of a function is parsed.
const SITES: [u16; 2] = [0x114d, 0x115d];
/// The most places that are told.
const MAX_SITES: usize = 1 << 20;

/// A function into which something wanted was inlined.
struct Into {
    place: RecordPlace,
    start: u32,
    size: u32,
}

/// The places by address. What cannot be read of one module leaves the others whole.
pub(crate) fn find(file: &PdbFile, wanted: &dyn Fn(&str) -> bool) -> Vec<InlineSite> {
    if !file.is_private() {
        return Vec::new();
    }
    let mut names = Names { file, wanted, known: HashMap::new() };
    let mut found = Vec::new();
    for function in functions(&mut names) {
        if found.len() >= MAX_SITES || file.is_stopped() {
            break;
        }
        sites(&function, &mut names, &mut found);
    }
    found.sort_by(|a, b| (a.rva, &a.name).cmp(&(b.rva, &b.name)));
    found
}

/// The names of inlined functions by their ids; `None` for those that are not wanted.
struct Names<'a> {
    file: &'a PdbFile,
    wanted: &'a dyn Fn(&str) -> bool,
    known: HashMap<u32, Option<String>>,
}

impl Names<'_> {
    fn get(&mut self, id: u32) -> Option<&str> {
        let name = || inlines::name(self.file.streams(), id).filter(|name| (self.wanted)(name));
        self.known.entry(id).or_insert_with(name).as_deref()
    }
}

fn functions(names: &mut Names<'_>) -> Vec<Into> {
    let file = names.file;
    let streams = file.streams();
    let mut found = Vec::new();
    let (Ok(map), Ok(mut modules)) = (streams.address_map(), streams.debug().modules()) else {
        return found;
    };
    for number in 0..u16::MAX {
        let Ok(Some(module)) = modules.next() else { break };
        if file.is_stopped() {
            break;
        }
        if !has_records(&module) {
            continue;
        }
        let info = streams.lock().module_info(&module);
        let Ok(Some(info)) = info else { continue };
        let Ok(mut records) = info.symbols() else { continue };
        let mut depth = 0usize;
        let mut function = None;
        while let Ok(Some(symbol)) = records.next() {
            if symbol.ends_scope() {
                depth = depth.saturating_sub(1);
                continue;
            }
            let opens = symbol.starts_scope();
            if depth == 0 && opens {
                function = match symbol.parse() {
                    Ok(SymbolData::Procedure(procedure)) => Some((symbol.index().0, procedure)),
                    _ => None,
                };
            } else if SITES.contains(&symbol.raw_kind())
                && let Some((offset, procedure)) = &function
                && let Ok(SymbolData::InlineSite(site)) = symbol.parse()
                && names.get(site.inlinee.0).is_some()
                && let Some(start) = procedure.offset.to_internal_rva(&map)
            {
                let place = RecordPlace { module: number, offset: *offset };
                found.push(Into { place, start: start.0, size: procedure.len });
                // One place is enough to have the whole function looked at.
                function = None;
            }
            depth += usize::from(opens);
        }
    }
    found
}

/// The wanted places in one function. One call may be told by several records, for parts of its code: it begins once.
fn sites(function: &Into, names: &mut Names<'_>, found: &mut Vec<InlineSite>) {
    let file = names.file;
    let streams = file.streams();
    let Some(module) = file.recent().module(streams, function.place.module) else {
        return;
    };
    let make = || procedure::read(streams, &module, function.place, function.start, function.size);
    let Some(procedure) = file.recent().procedure(function.start, make) else {
        return;
    };
    let mut begins = BTreeSet::new();
    for site in &procedure.sites {
        let Some(rva) = site.start.and_then(|start| streams.in_image(start)) else { continue };
        if let Some(name) = names.get(site.inlinee)
            && begins.insert((rva, site.inlinee))
        {
            found.push(InlineSite { name: name.to_owned(), rva });
        }
    }
}
