//! How much of the dump can be named: memory, symbols, the types that objects are read with.

use crate::command::system::vertarget::kernel_file;
use crate::command::{CommandError, Context};
use crate::debuggee::{Module, SymbolStatus, Target};
use crate::output::{Cell, Line, Record, Role};
use crate::symbols::types::Exactness;

/// The order in which they are told: the best first.
const STATES: [(SymbolStatus, &str); 7] = [
    (SymbolStatus::PrivatePdb, "private_pdb"),
    (SymbolStatus::Pdb, "pdb"),
    (SymbolStatus::Isf, "isf"),
    (SymbolStatus::Export, "export"),
    (SymbolStatus::BuiltIn, "built_in"),
    (SymbolStatus::None, "none"),
    (SymbolStatus::Deferred, "deferred"),
];

/// Loads the symbols of every module.
///
/// # Errors
/// Where the command was stopped.
pub(super) fn load(context: &Context<'_>) -> Result<(), CommandError> {
    let target = &context.session.target;
    let modules: Vec<Module> = target.modules().iter().cloned().collect();
    target.fetch_symbols(&modules);
    for module in &modules {
        context.out.check()?;
        let _ = target.module_symbols(module);
    }
    Ok(())
}

/// Memory of the machine, symbols by what they are, and where the kernel's types come from.
///
/// # Errors
/// Where the command was stopped.
pub(super) fn records(context: &Context<'_>) -> Result<Vec<Record>, CommandError> {
    let target = &context.session.target;
    let pages = target.header()?.physical_memory.as_ref().map(|memory| memory.number_of_pages);
    let bytes = pages.map(|pages| pages.saturating_mul(PAGE));
    let memory = Cell::new(bytes).shown(bytes.map(size).unwrap_or_default()).absent("unknown");
    let kernel = kernel_file(Record::new("kernel"), target);
    let memory =
        Record::new("memory").label("Physical memory: ").cell("physical_memory", memory.role(Role::Value));
    let known = (!kernel.lines.is_empty()).then_some(kernel);
    Ok(known.into_iter().chain([memory, symbols(target), types(target)]).collect())
}

fn symbols(target: &Target) -> Record {
    let table = target.symbols();
    let states: Vec<SymbolStatus> = target.modules().iter().map(|module| table.status(module)).collect();
    let total = Cell::new(states.len() as u64).role(Role::Value);
    let mut record = Record::new("symbols").label("Symbols: ").cell("modules", total);
    record = record.text(" modules");
    let mut between = ": ";
    for (state, key) in STATES {
        let count = states.iter().filter(|found| **found == state).count() as u64;
        let (some, cell) = (count > 0, Cell::new(count).role(Role::Value));
        record = record.text(if some { between } else { "" }).cell_where(some, key, cell);
        if !some {
            continue;
        }
        record = record.text(format!(" {}", state.name()));
        between = ", ";
    }
    record
}

/// Whether Windows' objects are read with their own layouts.
fn types(target: &Target) -> Record {
    let kernel = target.modules().named("nt").map(|module| target.module_symbols(module));
    let types = kernel.and_then(|symbols| symbols.types.clone());
    let exact = types.as_ref().map(|types| !matches!(types.exactness(), Exactness::Nearest(_)));
    let origin = Cell::new(types.as_ref().map(|types| types.type_origin())).absent("none").role(Role::Value);
    let doubt = if exact == Some(false) { ", of another build" } else { "" };
    Record::new("types")
        .line(Line::new().label("Kernel types: "))
        .cell("origin", origin)
        .cell("exact", Cell::new(exact).shown(doubt).role(Role::Warning))
}

const PAGE: u64 = 0x1000;

/// Bytes with one digit after the point.
fn size(bytes: u64) -> String {
    const UNITS: [(&str, u32); 3] = [("GB", 30), ("MB", 20), ("KB", 10)];
    let (unit, shift) = UNITS.into_iter().find(|(_, shift)| bytes >> shift > 0).unwrap_or(("KB", 10));
    let tenths = (u128::from(bytes) * 10) >> shift;
    format!("{}.{} {unit}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_have_one_digit_after_the_point() {
        assert_eq!(size(0xb9e * 0x1000), "11.6 MB");
        assert_eq!(size(16 << 30), "16.0 GB");
        assert_eq!(size(0), "0.0 KB");
        assert_eq!(size(u64::MAX), "17179869183.9 GB");
    }
}
