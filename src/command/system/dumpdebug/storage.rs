//! How the file keeps memory: physical runs, page index, triage block, tagged data.

use super::{row, section};
use crate::dump::{Bits, DumpFile, DumpKind};
use crate::output::{Field, Line, Record, Role};
use crate::util::bounded::{u32_at, u64_at};
use crate::util::hex;

/// Bytes in a page.
const PAGE: u64 = 0x1000;
/// More runs are counted and not listed.
const MAX_RUNS: usize = 0x1000;

/// The physical memory that the header describes.
pub fn physical(dump: &DumpFile) -> Record {
    let record = section("physical_memory_description", "Physical Memory Description:");
    let Some(memory) = &dump.header().physical_memory else {
        return record.line(Line::new().role(Role::Dim, "not written"));
    };
    let mut record =
        record.field("runs", u64::from(memory.number_of_runs)).field("pages", memory.number_of_pages).line(
            Line::of(format!("Number of runs: {} (limited to {})", memory.number_of_runs, memory.runs.len())),
        );
    // Only a complete dump keeps the pages in the order of these runs.
    let in_order = dump.kind() == DumpKind::Full;
    let heading = if in_order {
        "          FileOffset           Start Address           Length"
    } else {
        "       Start Address           Length"
    };
    record = record.line(Line::new().role(Role::Label, heading));
    let mut offset = dump.header().bits.header_size() as u64;
    for run in memory.runs.iter().take(MAX_RUNS) {
        let (start, length) = (run.base_page.wrapping_mul(PAGE), run.page_count.wrapping_mul(PAGE));
        let place = if in_order { format!("   {}    ", hex::tick(offset)) } else { String::new() };
        record = record.line(Line::of(format!("{place}   {}       {}", hex::tick(start), hex::tick(length))));
        offset = offset.wrapping_add(length);
    }
    record.line(Line::of(format!("Number of Pages in runs: {:#x}", memory.number_of_pages)))
}

/// The page bitmap or the runs of pages.
pub fn pages(dump: &DumpFile) -> Option<Record> {
    let pages = dump.pages()?;
    let number = |value: u64| format!("{value:#x}");
    let mut record = section("page_index", "PAGES IN THE FILE:")
        .field("pages", pages.page_count())
        .field("declared", pages.declared_pages())
        .field("first_page", Field::Hex(pages.first_page()))
        .line(row("FirstPage", &number(pages.first_page())))
        .line(row("PresentPages", &number(pages.page_count())));
    if let Some(declared) = pages.declared_pages() {
        record = record.line(row("DeclaredPages", &number(declared)));
    }
    if let Some(bits) = pages.bitmap_bits() {
        record = record.line(row("BitmapBits", &number(bits)));
    }
    Some(record)
}

/// Fields of TRIAGE_DUMP64 by name and offset in it (all 32 bits).
const TRIAGE_FIELDS: &[(&str, usize)] = &[
    ("ServicePackBuild", 0x00),
    ("SizeOfDump", 0x04),
    ("ValidOffset", 0x08),
    ("ContextOffset", 0x0c),
    ("ExceptionOffset", 0x10),
    ("MmOffset", 0x14),
    ("UnloadedDriversOffset", 0x18),
    ("PrcbOffset", 0x1c),
    ("ProcessOffset", 0x20),
    ("ThreadOffset", 0x24),
    ("CallStackOffset", 0x28),
    ("SizeOfCallStack", 0x2c),
    ("DriverListOffset", 0x30),
    ("DriverCount", 0x34),
    ("StringPoolOffset", 0x38),
    ("StringPoolSize", 0x3c),
    ("BrokenDriverOffset", 0x40),
    ("TriageOptions", 0x44),
];

/// The fields behind TopOfStack.
const TRIAGE_TAIL: &[(&str, usize)] = &[
    ("DataPageOffset", 0x68),
    ("DataPageSize", 0x6c),
    ("DebuggerDataOffset", 0x70),
    ("DebuggerDataSize", 0x74),
    ("DataBlocksOffset", 0x78),
    ("DataBlocksCount", 0x7c),
];

/// The triage block, then its data blocks.
pub fn triage(dump: &DumpFile) -> Option<Vec<Record>> {
    let triage = dump.triage()?;
    let start = dump.header().bits.header_size();
    let mut record = section("triage_dump", "TRIAGE_DUMP64:")
        .field("valid", triage.valid)
        .field("data_blocks", triage.blocks.len() as u64);
    if dump.header().bits == Bits::Bits64 {
        let field = |record: Record, (name, offset): (&str, usize)| match u32_at(dump.bytes(), start + offset)
        {
            Some(value) => record.line(wide_row(name, &format!("{value:08x}"))),
            None => record,
        };
        record = TRIAGE_FIELDS.iter().copied().fold(record, field);
        for (name, offset) in [("TopOfStack", 0x48), ("DataPageAddress", 0x60)] {
            if let Some(value) = u64_at(dump.bytes(), start + offset) {
                record = record.line(wide_row(name, &hex::tick(value)));
            }
        }
        record = TRIAGE_TAIL.iter().copied().fold(record, field);
    } else {
        record = record.line(wide_row("TopOfStack", &format!("{:08x}", triage.top_of_stack)));
    }
    let mut records = vec![record];
    for block in &triage.blocks {
        let last = block.address.saturating_add(u64::from(block.size).saturating_sub(1));
        let line = Line::new().text("  ").address(block.address).text(format!(
            " - {} at offset {:08x}",
            hex::tick(last),
            block.offset
        ));
        records.push(
            Record::new("data_block")
                .field("address", Field::Hex(block.address))
                .field("size", u64::from(block.size))
                .field("file_offset", Field::Hex(block.offset.into()))
                .line(line),
        );
    }
    let end = triage.blocks.iter().map(|block| u64::from(block.offset) + u64::from(block.size)).max();
    if let Some(end) = end {
        let left = (dump.bytes().len() as u64).saturating_sub(end);
        records.push(
            Record::new("data_blocks_end")
                .line(Line::of(format!("  Max offset {end:x}, {left:x} from end of file"))),
        );
    }
    if !triage.valid {
        records.push(Record::new("warning").line(Line::new().role(
            Role::Warning,
            format!("  No TRGD marker at {:#x}: the writer did not finish", triage.valid_offset),
        )));
    }
    Some(records)
}

fn wide_row(label: &str, value: &str) -> Line {
    Line::new().label(format!("{label:<22}")).value(value)
}
