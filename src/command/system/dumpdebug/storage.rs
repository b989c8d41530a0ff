//! How the file keeps memory: physical runs, page index, triage block, tagged data.

use super::{named_row, row, section, small};
use crate::dump::{Bits, DumpFile, DumpKind};
use crate::output::{Action, Cell, Field, Line, Record, Role};
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
    let declared = Cell::new(memory.number_of_runs).role(Role::Text);
    let mut record = record
        .line("Number of runs: ")
        .cell("runs", declared)
        .text(" (limited to ")
        .cell("runs_kept", Cell::new(memory.runs.len() as u64).role(Role::Text))
        .text(")");
    // Only a complete dump keeps the pages in the order of these runs.
    let in_order = dump.kind() == DumpKind::Full;
    let heading = if in_order {
        "          FileOffset           Start Address           Length"
    } else {
        "       Start Address           Length"
    };
    record = record.line(Line::new().role(Role::Label, heading));
    let mut offset = dump.header().bits.header_size() as u64;
    let mut runs = Vec::new();
    for run in memory.runs.iter().take(MAX_RUNS) {
        let (start, length) = (run.base_page.wrapping_mul(PAGE), run.page_count.wrapping_mul(PAGE));
        let place = if in_order { format!("   {}    ", hex::tick(offset)) } else { String::new() };
        let text = Cell::new(Field::Hex(start)).shown(hex::tick(start)).link(Action::Physical(start));
        record = record.line(place).text("   ").show(text);
        record = record.text(format!("       {}", hex::tick(length)));
        let mut run = vec![("start".into(), Field::Hex(start)), ("length".into(), Field::Hex(length))];
        run.extend(in_order.then(|| ("file_offset".into(), Field::Hex(offset))));
        runs.push(Field::Object(run));
        offset = offset.wrapping_add(length);
    }
    let pages = Cell::new(memory.number_of_pages).shown(format!("{:#x}", memory.number_of_pages));
    record
        .line("Number of Pages in runs: ")
        .cell("pages", pages.role(Role::Text))
        .field("list", Field::List(runs))
}

/// The page bitmap or the runs of pages.
pub fn pages(dump: &DumpFile) -> Option<Record> {
    let pages = dump.pages()?;
    let number = |value: u64| Cell::new(value).shown(format!("{value:#x}"));
    let first = Cell::new(Field::Hex(pages.first_page())).shown(format!("{:#x}", pages.first_page()));
    let mut record = section("page_index", "PAGES IN THE FILE:");
    record = row(record, "FirstPage", first);
    record = named_row(record, "pages", "PresentPages", number(pages.page_count()));
    record = match pages.declared_pages() {
        Some(declared) => named_row(record, "declared", "DeclaredPages", number(declared)),
        None => record.field("declared", Field::Null),
    };
    Some(match pages.bitmap_bits() {
        Some(bits) => row(record, "BitmapBits", number(bits)),
        None => record,
    })
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
            Some(value) => wide_row(record, name, Cell::new(Field::Hex(value.into())).digits(8)),
            None => record,
        };
        record = TRIAGE_FIELDS.iter().copied().fold(record, field);
        for (name, offset) in [("TopOfStack", 0x48), ("DataPageAddress", 0x60)] {
            if let Some(value) = u64_at(dump.bytes(), start + offset) {
                record = wide_row(record, name, Cell::new(Field::Address(value)));
            }
        }
        record = TRIAGE_TAIL.iter().copied().fold(record, field);
    } else {
        let top = Cell::new(Field::Address(triage.top_of_stack)).digits(8);
        record = wide_row(record, "TopOfStack", top);
    }
    let mut records = vec![record];
    for block in &triage.blocks {
        let last = block.address.saturating_add(u64::from(block.size).saturating_sub(1));
        let offset = Cell::new(Field::Hex(block.offset.into())).digits(8).role(Role::Text);
        records.push(
            Record::new("data_block")
                .text("  ")
                .cell("address", Cell::new(Field::Address(block.address)))
                .text(" - ")
                .cell("last", Cell::new(Field::Address(last)).role(Role::Text))
                .text(" at offset ")
                .cell("file_offset", offset)
                .field("size", u64::from(block.size)),
        );
    }
    let end = triage.blocks.iter().map(|block| u64::from(block.offset) + u64::from(block.size)).max();
    if let Some(end) = end {
        let left = (dump.bytes().len() as u64).saturating_sub(end);
        records.push(
            Record::new("data_blocks_end")
                .text("  Max offset ")
                .cell("max_offset", Cell::new(Field::Hex(end)).role(Role::Text))
                .text(", ")
                .cell("left", Cell::new(Field::Hex(left)).role(Role::Text))
                .text(" from end of file"),
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

fn wide_row(record: Record, label: &str, value: Cell) -> Record {
    let line = Line::new().label(format!("{label:<22}"));
    record.line(line).cell(small(label), value.role(Role::Value))
}
