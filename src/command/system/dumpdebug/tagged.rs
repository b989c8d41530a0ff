//! The tagged data behind the dump, and the memory in them.

use super::section;
use crate::dump::DumpFile;
use crate::dump::tags::writer;
use crate::memory::BlockMemory;
use crate::output::{Action, Field, Line, Record, Role};
use crate::util::hex;

/// The tagged data, one line each.
pub fn list(dump: &DumpFile) -> impl Iterator<Item = Record> {
    dump.secondary().iter().map(|blob| {
        let tag = blob.tag.to_string();
        let line = Line::new()
            .link(Role::Symbol, &tag, Action::Tag(blob.tag))
            .text(format!(" - 0x{:x} bytes at offset {:08x}", blob.size, blob.data.start));
        let writer = writer(blob.tag);
        Record::new("secondary_data")
            .field("tag", tag)
            .field("writer", writer.map(|writer| writer.name))
            .field("size", u64::from(blob.size))
            .line(match writer {
                Some(writer) => line.role(Role::Dim, format!("  {}", writer.name)),
                None => line,
            })
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
    let title = format!("MEMORY IN TAGGED DATA: {} ranges, {bytes:#x} bytes", tagged.ranges.len());
    let mut records = vec![section("tagged_memory", &title).field("bytes", bytes)];
    records.extend(tagged.ranges.iter().map(|range| {
        let last = range.address.saturating_add(u64::from(range.size).saturating_sub(1));
        let line = Line::new().text("  ").address(range.address).text(format!(
            " - {} at offset {:08x}  {}",
            hex::tick(last),
            range.offset,
            component(range.component)
        ));
        Record::new("tagged_range")
            .field("address", Field::Hex(range.address))
            .field("size", u64::from(range.size))
            .field("file_offset", Field::Hex(range.offset as u64))
            .field("component", component(range.component))
            .line(line)
    }));
    records.extend(memory.into_iter().flat_map(BlockMemory::differences).map(|difference| {
        let line = Line::new()
            .role(
                Role::Warning,
                format!(
                    "  {:#x} bytes of {} differ from ",
                    difference.bytes,
                    component(difference.component)
                ),
            )
            .role(Role::Warning, "what the dump's own ranges hold, which are shown; the first at ")
            .address(difference.first);
        Record::new("tagged_difference")
            .field("address", Field::Hex(difference.first))
            .field("bytes", difference.bytes)
            .field("component", component(difference.component))
            .line(line)
    }));
    records
}
