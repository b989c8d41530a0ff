//! All places where functions of given names were inlined.

use std::collections::{BTreeSet, HashMap};

use super::file::PdbFile;
use super::inline_index::Into;
use super::procedure;
use crate::symbols::source::InlineSite;

/// The most places that are told.
const MAX_SITES: usize = 1 << 20;

/// The places by address. What cannot be read of one module leaves the others whole.
pub(crate) fn find(file: &PdbFile, wanted: &dyn Fn(&str) -> bool) -> Vec<InlineSite> {
    if !file.is_private() {
        return Vec::new();
    }
    let Some(inlined) = file.inlined() else { return Vec::new() };
    let named: HashMap<u32, &str> = inlined.names().filter(|(_, name)| wanted(name)).collect();
    let mut found = Vec::new();
    for (function, ids) in inlined.functions() {
        if found.len() >= MAX_SITES || file.is_stopped() {
            break;
        }
        if ids.iter().any(|id| named.contains_key(id)) {
            sites(file, function, &named, &mut found);
        }
    }
    found.sort_by(|a, b| (a.rva, &a.name).cmp(&(b.rva, &b.name)));
    found
}

/// The wanted places in one function. One call may be told by several records, for parts of its code: it begins once.
fn sites(file: &PdbFile, function: &Into, named: &HashMap<u32, &str>, found: &mut Vec<InlineSite>) {
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
        if let Some(&name) = named.get(&site.inlinee)
            && begins.insert((rva, site.inlinee))
        {
            found.push(InlineSite { name: name.to_owned(), rva });
        }
    }
}
