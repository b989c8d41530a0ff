//! Publics, globals, procedures and type definitions of a PDB, into the table of names.

use pdb::{AddressMap, FallibleIterator, SymbolData, SymbolIter};

use super::file::PdbFile;
use crate::symbols::demangle::undecorate;
use crate::symbols::index::{Builder, NameIndex, NewSymbol, RecordPlace};
use crate::symbols::source::SymbolKind;

/// Reads all names. What cannot be read of one module leaves the others whole.
pub(crate) fn build(file: &PdbFile) -> Result<NameIndex, pdb::Error> {
    let mut builder = Builder::default();
    let map = file.address_map()?;
    {
        let globals = file.lock().global_symbols()?;
        let mut records = globals.iter();
        // A damaged record ends the walk, since the next one cannot be found.
        while let Ok(Some(symbol)) = records.next() {
            if let Ok(data) = symbol.parse() {
                add(&mut builder, &map, &data, None);
            }
        }
    }
    let mut modules = file.debug().modules()?;
    for number in 0..u16::MAX {
        let Ok(Some(module)) = modules.next() else { break };
        // Four bytes are the signature alone.
        if module.info().symbols_size <= 4 || module.info().stream.is_none() {
            continue;
        }
        let info = file.lock().module_info(&module);
        if let Ok(Some(info)) = info
            && let Ok(records) = info.symbols()
        {
            walk_module(&mut builder, &map, records, number);
        }
    }
    Ok(builder.finish())
}

/// Procedures, data and thunks of one compiled module, whatever is nested in procedures left out.
fn walk_module(builder: &mut Builder, map: &AddressMap<'_>, mut records: SymbolIter<'_>, module: u16) {
    let mut depth = 0usize;
    while let Ok(Some(symbol)) = records.next() {
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
            let kind = match p.code || p.function {
                true => SymbolKind::PublicCode,
                false => SymbolKind::PublicData,
            };
            (p.name, p.offset, 0, kind, 0)
        }
        SymbolData::Data(d) => (d.name, d.offset, 0, SymbolKind::Data, d.type_index.0),
        SymbolData::Procedure(p) => (p.name, p.offset, p.len, SymbolKind::Function, p.type_index.0),
        SymbolData::Thunk(t) => (t.name, t.offset, u32::from(t.len), SymbolKind::Thunk, 0),
        SymbolData::UserDefinedType(u) => {
            return builder.add_typedef(&u.name.to_string(), u.type_index.0);
        }
        _ => return,
    };
    let Some(rva) = offset.to_rva(map) else { return };
    let name = raw.to_string();
    let plain = undecorate(&name);
    builder.add(&NewSymbol {
        name: plain.as_deref().unwrap_or(&name),
        decorated: plain.is_some().then_some(&*name),
        rva: rva.0,
        size,
        kind,
        ty,
        place,
    });
}
