//! Which functions were inlined into which.

use std::collections::{BTreeSet, HashMap};

use pdb::{FallibleIterator, SymbolData};

use super::inlines;
use super::streams::{Streams, has_records};
use crate::symbols::index::RecordPlace;

/// The kinds of records that say that something was inlined: `S_INLINESITE` and `S_INLINESITE2` of `cvinfo.h`. They are
/// most of a module's records, so no other of a function is parsed.
const SITES: [u16; 2] = [0x114d, 0x115d];
/// The most pairs of a function and one that was inlined into it that are kept.
const MAX_PAIRS: usize = 1 << 22;

/// What was inlined where: made once a PDB, for which the records of all its modules are gone through.
#[derive(Debug, Default)]
pub(crate) struct Inlined {
    /// The functions into which anything was inlined, in the order of the file.
    into: Vec<Into>,
    /// The ids of what was inlined, each function's together, each once.
    ids: Vec<u32>,
    /// Their names, as far as the file knows them.
    names: HashMap<u32, Box<str>>,
}

/// A function into which something was inlined.
#[derive(Debug)]
pub(crate) struct Into {
    pub(crate) place: RecordPlace,
    pub(crate) start: u32,
    pub(crate) size: u32,
    /// Where its ids begin.
    ids: usize,
}

/// Goes through the records of all modules; `None` where that was stopped.
pub(crate) fn read(streams: &Streams, stop: &dyn Fn() -> bool) -> Option<Inlined> {
    let mut inlined = Inlined::default();
    let (Ok(map), Ok(mut modules)) = (streams.address_map(), streams.debug().modules()) else {
        return Some(inlined);
    };
    for number in 0..u16::MAX {
        let Ok(Some(module)) = modules.next() else { break };
        if stop() {
            return None;
        }
        if !has_records(&module) || inlined.ids.len() >= MAX_PAIRS {
            continue;
        }
        let info = streams.lock().module_info(&module);
        let Ok(Some(info)) = info else { continue };
        let Ok(mut records) = info.symbols() else { continue };
        let mut depth = 0usize;
        let mut function: Option<Into> = None;
        while let Ok(Some(symbol)) = records.next() {
            if symbol.ends_scope() {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    inlined.add(function.take());
                }
                continue;
            }
            let opens = symbol.starts_scope();
            if depth == 0 && opens {
                inlined.add(function.take());
                function = match symbol.parse() {
                    Ok(SymbolData::Procedure(procedure)) => {
                        procedure.offset.to_internal_rva(&map).map(|start| Into {
                            place: RecordPlace { module: number, offset: symbol.index().0 },
                            start: start.0,
                            size: procedure.len,
                            ids: inlined.ids.len(),
                        })
                    }
                    _ => None,
                };
            } else if SITES.contains(&symbol.raw_kind())
                && function.is_some()
                && let Ok(SymbolData::InlineSite(site)) = symbol.parse()
            {
                inlined.ids.push(site.inlinee.0);
            }
            depth += usize::from(opens);
        }
        inlined.add(function);
    }
    let ids: BTreeSet<u32> = inlined.ids.iter().copied().collect();
    for id in ids {
        if let Some(name) = inlines::name(streams, id) {
            inlined.names.insert(id, name.into());
        }
    }
    (!stop()).then_some(inlined)
}

impl Inlined {
    /// The names of what was inlined, by their ids.
    pub(crate) fn names(&self) -> impl Iterator<Item = (u32, &str)> {
        self.names.iter().map(|(&id, name)| (id, &**name))
    }

    /// The functions and the ids of what was inlined into each.
    pub(crate) fn functions(&self) -> impl Iterator<Item = (&Into, &[u32])> {
        let ends = self.into.iter().skip(1).map(|next| next.ids).chain([self.ids.len()]);
        let ids = |end: usize, from: usize| self.ids.get(from..end).unwrap_or_default();
        self.into.iter().zip(ends).map(move |(function, end)| (function, ids(end, function.ids)))
    }

    /// Adds a function whose records have ended, if anything was inlined into it.
    fn add(&mut self, function: Option<Into>) {
        let Some(function) = function else { return };
        if let Some(mine) = self.ids.get_mut(function.ids..).filter(|mine| !mine.is_empty()) {
            mine.sort_unstable();
            let mut last = None;
            let start = function.ids;
            let unique: Vec<u32> = mine.iter().copied().filter(|&id| last.replace(id) != Some(id)).collect();
            self.ids.truncate(start);
            self.ids.extend(unique);
            self.into.push(function);
        }
    }
}
