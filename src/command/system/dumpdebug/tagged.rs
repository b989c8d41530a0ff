//! The tagged data behind the dump, and the memory in them.

use super::section;
use crate::dump::DumpFile;
use crate::dump::tags::writer;
use crate::memory::BlockMemory;
use crate::output::{Action, Cell, Field, Record, Role};

/// The tagged data, one line each.
pub fn list(dump: &DumpFile) -> impl Iterator<Item = Record> {
    dump.secondary().iter().map(|blob| {
        let tag = Cell::new(blob.tag.to_string()).role(Role::Symbol).link(Action::Tag(blob.tag));
        let size = Cell::new(blob.size).shown(format!("0x{:x}", blob.size)).role(Role::Text);
        let offset = Cell::new(Field::Hex(blob.data.start as u64)).digits(8).role(Role::Text);
        let record = Record::new("secondary_data")
            .cell("tag", tag)
            .text(" - ")
            .cell("size", size)
            .text(" bytes at offset ")
            .cell("file_offset", offset);
        match writer(blob.tag) {
            Some(writer) => {
                let name = Cell::new(writer.name).role(Role::Dim);
                record.role(Role::Dim, "  ").cell("writer", name)
            }
            None => record.field("writer", Field::Null),
        }
    })
}

/// The memory in tagged data: every range with who saved it, then what contradicts the dump's own ranges.
pub fn memory(dump: &DumpFile, memory: Option<&BlockMemory>) -> Vec<Record> {
    let tagged = dump.tagged_memory();
    if tagged.ranges.is_empty() {
        return Vec::new();
    }
    let component = |index: usize| tagged.components.get(index).map_or("", String::as_str);
    let bytes: u64 = tagged.ranges.iter().map(|range| u64::from(range.size)).sum();
    let ranges = Cell::new(tagged.ranges.len() as u64).role(Role::Heading);
    let title = section("tagged_memory", "MEMORY IN TAGGED DATA: ")
        .cell("ranges", ranges)
        .role(Role::Heading, " ranges, ")
        .cell("bytes", Cell::new(bytes).shown(format!("{bytes:#x}")).role(Role::Heading))
        .role(Role::Heading, " bytes");
    let mut records = vec![title];
    records.extend(tagged.ranges.iter().map(|range| {
        let last = range.address.saturating_add(u64::from(range.size).saturating_sub(1));
        let offset = Cell::new(Field::Hex(range.offset as u64)).digits(8).role(Role::Text);
        Record::new("tagged_range")
            .text("  ")
            .cell("address", Cell::new(Field::Address(range.address)))
            .text(" - ")
            .cell("last", Cell::new(Field::Address(last)).role(Role::Text))
            .text(" at offset ")
            .cell("file_offset", offset)
            .text("  ")
            .cell("component", component(range.component))
            .field("size", u64::from(range.size))
    }));
    records.extend(memory.into_iter().flat_map(BlockMemory::differences).map(|difference| {
        let bytes = Cell::new(difference.bytes).shown(format!("{:#x}", difference.bytes));
        Record::new("tagged_difference")
            .role(Role::Warning, "  ")
            .cell("bytes", bytes.role(Role::Warning))
            .role(Role::Warning, " bytes of ")
            .cell("component", Cell::new(component(difference.component)).role(Role::Warning))
            .role(
                Role::Warning,
                " differ from what the dump's own ranges hold, which are shown; the first at ",
            )
            .cell("address", Cell::new(Field::Address(difference.first)))
    }));
    records
}
