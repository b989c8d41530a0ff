//! `!address` without an address: the map of the address space.

use crate::command::line::Out;
use crate::command::show::missing::Missing;
use crate::command::show::thread;
use crate::command::{CommandError, Context};
use crate::kernel::{AddressMap, MapKind, MapRegion};
use crate::output::{Action, Cell, Column, Field, Record, Table};
use crate::util::hex;

/// Every kind, in the order of the summary.
const KINDS: [MapKind; 9] = [
    MapKind::Range,
    MapKind::Region,
    MapKind::Slot,
    MapKind::PageTables,
    MapKind::PageFrames,
    MapKind::Module,
    MapKind::Stack,
    MapKind::DpcStack,
    MapKind::InterruptStack,
];

/// Says every region where that is wanted, and how much of what there is.
///
/// # Errors
/// The command was stopped.
pub fn show(each: bool, context: &mut Context<'_>) -> Result<(), CommandError> {
    let process = context.session.process();
    let scope = context.session.scope();
    let map = AddressMap::of(&scope, process)?;
    let out = &mut context.out;
    if each {
        regions(&map, out)?;
        out.blank()?;
    }
    let columns = [
        Column::left("usage", "Usage", 15),
        Column::right("regions", "Regions", 8),
        Column::right("size", "Size", 18),
    ];
    let table = Table::new("address_usage", &columns).ruled();
    out.within(table.clone(), |out| {
        for kind in KINDS {
            let of_kind = || map.regions.iter().filter(|region| region.kind == kind);
            let size = of_kind().fold(0u64, |sum, region| sum.saturating_add(region.size()));
            if of_kind().next().is_some() {
                out.emit(table.row([
                    usage(kind),
                    Cell::new(of_kind().count() as u64),
                    Cell::new(Field::Hex(size)).shown(hex::tick(size)),
                ]))?;
            }
        }
        Ok(())
    })?;
    let mut missing = Missing::default();
    missing.add_alike(&map.missing);
    missing.say(out)
}

/// Every region, a row each.
fn regions(map: &AddressMap, out: &mut Out<'_>) -> Result<(), CommandError> {
    let columns = [
        Column::left("base", "Base Address", 17),
        Column::left("end", "End Address", 17),
        Column::left("size", "Size", 17).yields(1),
        Column::left("usage", "Usage", 15),
        Column::left("name", "", 0),
    ];
    let table = Table::new("address_region", &columns).ruled();
    out.within(table.clone(), |out| map.regions.iter().try_for_each(|region| out.emit(row(&table, region))))
}

fn row(table: &Table, region: &MapRegion) -> Record {
    let place = |value: u64| Cell::new(Field::Address(value)).shown(hex::tick(value));
    let end = region.last.checked_add(1);
    let name = match (region.thread, region.kind) {
        (Some(address), _) => thread::address(address),
        (None, MapKind::Module) => {
            Cell::new(region.name.as_str()).link(Action::Module(region.name.as_str().into()))
        }
        (None, MapKind::DpcStack | MapKind::InterruptStack) => {
            Cell::new(region.name.as_str()).shown(format!("processor {}", region.name))
        }
        _ => Cell::new((!region.name.is_empty()).then_some(region.name.as_str())),
    };
    table.row([
        place(region.base).link(Action::What(region.base)),
        // The highest region ends where addresses do.
        Cell::new(end.map_or(Field::Null, Field::Address)).shown(end.map(hex::tick).unwrap_or_default()),
        Cell::new(Field::Hex(region.size())).shown(hex::tick(region.size())),
        usage(region.kind),
        name,
    ])
}

fn usage(kind: MapKind) -> Cell {
    let (word, shown) = match kind {
        MapKind::Range => ("vad", "VAD"),
        MapKind::Region => ("region", "Region"),
        MapKind::Slot => ("va_type", "VA Type"),
        MapKind::PageTables => ("page_tables", "Page Tables"),
        MapKind::PageFrames => ("page_frames", "PFN Database"),
        MapKind::Module => ("module", "Module"),
        MapKind::Stack => ("stack", "Stack"),
        MapKind::DpcStack => ("dpc_stack", "DPC stack"),
        MapKind::InterruptStack => ("interrupt_stack", "Interrupt stack"),
    };
    Cell::new(word).shown(shown)
}
