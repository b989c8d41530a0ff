//! Section headers.

use crate::output::{Field, Line, Record, Role};
use crate::symbols::pe::Section;

/// The header of section `number`, counted from 1.
pub fn record(number: usize, section: &Section) -> Record {
    let value = |value: u32, label: &str| Line::new().value(format!("{value:>8X}")).text(" ").label(label);
    let mut record = Record::new("section")
        .field("name", section.name.as_str())
        .field("rva", Field::Hex(section.rva.into()))
        .field("virtual_size", u64::from(section.virtual_size))
        .field("flags", Field::Hex(section.characteristics.into()))
        .line(Line::new().role(Role::Heading, format!("SECTION HEADER #{number:X}")))
        .line(Line::new().value(format!("{:>8}", section.name)).text(" ").label("name"))
        .line(value(section.virtual_size, "virtual size"))
        .line(value(section.rva, "virtual address"))
        .line(value(section.raw_size, "size of raw data"))
        .line(value(section.raw_offset, "file pointer to raw data"))
        .line(value(section.relocations_offset, "file pointer to relocation table"))
        .line(value(section.line_numbers_offset, "file pointer to line numbers"))
        .line(value(section.relocations.into(), "number of relocations"))
        .line(value(section.line_numbers.into(), "number of line numbers"))
        .line(value(section.characteristics, "flags"));
    for words in flags(section.characteristics) {
        record = record.line(Line::of(format!("         {words}")));
    }
    record
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
