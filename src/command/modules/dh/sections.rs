//! Section headers.

use super::rows::Rows;
use crate::output::{Cell, Record, Role};
use crate::symbols::pe::Section;

/// The header of section `number`, counted from 1.
pub fn record(number: usize, section: &Section) -> Record {
    let name = Cell::new(section.name.as_str()).right(8);
    let number = Cell::new(number as u64).shown(format!("{number:X}")).role(Role::Heading);
    let head = Record::new("section").role(Role::Heading, "SECTION HEADER #").cell("number", number);
    let rows = Rows(head)
        .row("name", name, "name")
        .count("virtual_size", section.virtual_size, "virtual size")
        .number("rva", section.rva, "virtual address")
        .count("raw_size", section.raw_size, "size of raw data")
        .number("raw_offset", section.raw_offset, "file pointer to raw data")
        .number("relocations_offset", section.relocations_offset, "file pointer to relocation table")
        .number("line_numbers_offset", section.line_numbers_offset, "file pointer to line numbers")
        .count("relocations", section.relocations, "number of relocations")
        .count("line_numbers", section.line_numbers, "number of line numbers")
        .number("flags", section.characteristics, "flags");
    rows.0.column("flag_names", 9, flags(section.characteristics).into_iter().map(Cell::new))
}

/// IMAGE_SCN_* (winnt.h).
fn flags(value: u32) -> Vec<String> {
    let names = [
        (0x20, "Code"),
        (0x40, "Initialized Data"),
        (0x80, "Uninitialized Data"),
        (0x0200_0000, "Discardable"),
        (0x0400_0000, "Not Cached"),
        (0x0800_0000, "Not Paged"),
        (0x1000_0000, "Shared"),
    ];
    let mut words: Vec<String> =
        names.iter().filter(|(bit, _)| value & bit != 0).map(|(_, name)| (*name).to_owned()).collect();
    words.push(match value >> 20 & 0xf {
        power @ 1..=14 => format!("{} byte align", 1u32 << (power - 1)),
        _ => "(no align specified)".to_owned(),
    });
    let access: Vec<&str> = [(0x2000_0000, "Execute"), (0x4000_0000, "Read"), (0x8000_0000, "Write")]
        .iter()
        .filter(|(bit, _)| value & bit != 0)
        .map(|(_, name)| *name)
        .collect();
    if !access.is_empty() {
        words.push(access.join(" "));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_in_words() {
        assert_eq!(flags(0x6000_0020), ["Code", "(no align specified)", "Execute Read"]);
        assert_eq!(flags(0x4250_0040), ["Initialized Data", "Discardable", "16 byte align", "Read"]);
    }
}
