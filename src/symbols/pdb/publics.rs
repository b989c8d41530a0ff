//! Publics, globals, procedures and type definitions of a PDB, into the table of names.

use pdb::{AddressMap, FallibleIterator, Module, SymbolData, SymbolIter};

use super::streams::{Streams, has_records};
use crate::symbols::demangle::{undecorate, undecorate_public};
use crate::symbols::index::{Builder, NameIndex, NewSymbol, RecordPlace};
use crate::symbols::source::SymbolKind;
use crate::util::cancel::{Cancelled, Stop};

/// So many records are read between two questions whether to go on.
const STEP: usize = 1024;

/// Reads all names. What cannot be read of one module leaves the others whole; nothing is left where it was stopped.
pub(crate) fn build(file: &Streams, stop: Stop<'_>) -> Result<Result<NameIndex, Cancelled>, pdb::Error> {
    let mut builder = Builder::default();
    let map = file.address_map()?;
    {
        let globals = file.lock().global_symbols()?;
        let mut records = globals.iter();
        // A damaged record ends the walk, since the next one cannot be found.
        for number in 0usize.. {
            if number.is_multiple_of(STEP) && stop() {
                return Ok(Err(Cancelled));
            }
            let Ok(Some(symbol)) = records.next() else { break };
            if let Ok(data) = symbol.parse() {
                add(&mut builder, &map, &data, None);
            }
        }
    }
    let mut modules = file.debug().modules()?;
    for number in 0..u16::MAX {
        if stop() {
            return Ok(Err(Cancelled));
        }
        let Ok(Some(module)) = modules.next() else { break };
        if has_records(&module) {
            add_module(&mut builder, file, &module, number, stop);
        }
    }
    // The last module may have been left in the middle.
    if stop() {
        return Ok(Err(Cancelled));
    }
    Ok(builder.finish_until(stop))
}

/// Adds what a module's records name; nothing where they cannot be read, and no more once it is stopped.
pub(crate) fn add_module(
    builder: &mut Builder,
    file: &Streams,
    module: &Module<'_>,
    number: u16,
    stop: Stop<'_>,
) {
    let info = file.lock().module_info(module);
    if let Ok(Some(info)) = info
        && let Ok(map) = file.address_map()
        && let Ok(records) = info.symbols()
    {
        walk_module(builder, &map, records, number, stop);
    }
}

/// Procedures, data and thunks of one compiled module, whatever is nested in procedures left out.
fn walk_module(
    builder: &mut Builder,
    map: &AddressMap<'_>,
    mut records: SymbolIter<'_>,
    module: u16,
    stop: Stop<'_>,
) {
    let mut depth = 0usize;
    for number in 0usize.. {
        if number.is_multiple_of(STEP) && stop() {
            return;
        }
        let Ok(Some(symbol)) = records.next() else { return };
        if symbol.ends_scope() {
            depth = depth.saturating_sub(1);
            continue;
        }
        let opens = symbol.starts_scope();
        if depth == 0
            && let Ok(data) = symbol.parse()
        {
            let place = RecordPlace { module, offset: symbol.index().0 };
            add(builder, map, &data, Some(place));
        }
        depth += usize::from(opens);
    }
}

fn add(builder: &mut Builder, map: &AddressMap<'_>, data: &SymbolData<'_>, place: Option<RecordPlace>) {
    let (raw, offset, size, kind, ty) = match data {
        SymbolData::Public(p) => {
            if let Some(rva) = p.offset.to_internal_rva(map) {
                add_public(builder, &p.name.to_string(), p.code || p.function, rva.0);
            }
            return;
        }
        SymbolData::Data(d) => (d.name, d.offset, 0, SymbolKind::Data, d.type_index.0),
        SymbolData::Procedure(p) => (p.name, p.offset, p.len, SymbolKind::Function, p.type_index.0),
        SymbolData::Thunk(t) => (t.name, t.offset, u32::from(t.len), SymbolKind::Thunk, 0),
        SymbolData::UserDefinedType(u) => {
            return builder.add_typedef(&u.name.to_string(), u.type_index.0);
        }
        _ => return,
    };
    let Some(rva) = offset.to_internal_rva(map) else { return };
    let name = raw.to_string();
    let symbol = NewSymbol { name: &name, decorated: None, rva: rva.0, size, kind, ty, place };
    add_as(builder, undecorate(&name), symbol);
}

/// Adds a public name; `code` where it names code.
pub(crate) fn add_public(builder: &mut Builder, name: &str, code: bool, rva: u32) {
    let kind = match code {
        true => SymbolKind::PublicCode,
        false => SymbolKind::PublicData,
    };
    let symbol = NewSymbol { name, decorated: None, rva, size: 0, kind, ty: 0, place: None };
    add_as(builder, undecorate_public(name), symbol);
}

/// Adds a symbol whose name stands in its record as it is, or decorated.
fn add_as(builder: &mut Builder, plain: Option<String>, symbol: NewSymbol<'_>) {
    match plain {
        Some(plain) => builder.add(&NewSymbol { name: &plain, decorated: Some(symbol.name), ..symbol }),
        None => builder.add(&symbol),
    }
}
