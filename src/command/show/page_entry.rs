//! Page table entries in the debugger's words: the letters of a valid one, what one that is not valid says, what is odd.

use crate::debuggee::Lack;
use crate::kernel::{EntryOddity, LimitSource, PageFileKind, PageFrame};
use crate::memory::paging::{Pte, PteKind};
use crate::output::{Action, Cell, Field, Record, Role};

/// Bits that a letter stands for, with the letters for 1 and 0, in the debugger's order.
const LETTERS: [(u64, char, char); 11] = [
    (1 << 9, 'C', '-'),
    (1 << 8, 'G', '-'),
    (1 << 7, 'L', '-'),
    (1 << 6, 'D', '-'),
    (1 << 5, 'A', '-'),
    (1 << 4, 'N', '-'),
    (1 << 3, 'T', '-'),
    (1 << 2, 'U', 'K'),
    // Windows keeps bit 11 for pages that become writable at the first write.
    (1 << 11 | 1 << 1, 'W', 'R'),
    (1 << 63, '-', 'E'),
    (1, 'V', '-'),
];

/// The flags of a valid entry: `---DA--KWEV`.
pub fn flags(entry: Pte) -> String {
    LETTERS.iter().map(|(bits, set, clear)| if entry.0 & bits != 0 { *set } else { *clear }).collect()
}

/// A protection in five bits: `4 - ReadWrite`.
pub fn protection(bits: u8) -> String {
    let access = [
        "NoAccess",
        "Readonly",
        "Execute",
        "ExecuteRead",
        "ReadWrite",
        "WriteCopy",
        "ExecuteReadWrite",
        "ExecuteWriteCopy",
    ];
    let access = access.get(usize::from(bits & 7)).copied().unwrap_or_default();
    let more = match (bits >> 3, bits & 7) {
        (0, _) | (3, 0) => "",
        (1, _) => " NoCache",
        (2, _) => " Guard",
        _ => " WriteCombine",
    };
    format!("{bits:x} - {access}{more}")
}

/// A word of a page table, as a link to what else is there: `0A0000000ECC0867`.
pub fn word(value: Result<Pte, Lack>) -> Cell {
    let shown = value.as_ref().map(|entry| format!("{:016X}", entry.0)).unwrap_or_default();
    Cell::new(value.map(|entry| Field::Hex(entry.0))).shown(shown).mark("?".repeat(16))
}

/// An upper-case address of 16 digits, which leads where `follow` says.
pub fn address(at: Result<u64, Lack>, follow: impl FnOnce(u64) -> Action) -> Cell {
    let shown = at.as_ref().map(|at| format!("{at:016X}")).unwrap_or_default();
    Cell::new(at.map(Field::Address)).shown(shown).mark("?".repeat(16)).follow(follow)
}

/// Adds what an entry says that is not valid, a line each behind `indent` blanks. Of the kernel's addresses an entry
/// without a protection is a freed page's.
pub fn details(record: Record, kind: PteKind, indent: usize, of_kernel: bool) -> Record {
    let label = |text: &str| format!("{}{text}", " ".repeat(indent));
    let hex = |value: u64| Cell::new(Field::Hex(value));
    let (record, bits) = match kind {
        PteKind::Valid { .. } | PteKind::Zero => return record,
        PteKind::Transition { pfn, protection } => {
            (record.labelled(label("Transition: "), "transition_pfn", hex(pfn)), Some(protection))
        }
        PteKind::Prototype { address: at } => {
            (record.labelled(label("Proto: "), "prototype", address(Ok(at), Action::Pte)), None)
        }
        PteKind::InVad { protection } => {
            (record.labelled(label("Proto: "), "prototype", "VAD"), Some(protection))
        }
        PteKind::DemandZero { protection } => {
            (record.labelled(label(""), "state", "DemandZero"), Some(protection))
        }
        PteKind::PageFile { number, offset, protection } => (
            record.labelled(label("PageFile:  "), "page_file", file_number(number)).labelled(
                label("Offset: "),
                "page_file_offset",
                hex(offset),
            ),
            Some(protection),
        ),
        PteKind::Subsection { address: at, protection } => {
            let link = |at| Action::object("nt!_SUBSECTION", at);
            (record.labelled(label("Subsection: "), "subsection", address(Ok(at), link)), Some(protection))
        }
        PteKind::Unprotected if of_kernel => {
            (record.labelled(label(""), "state", "Page has been freed"), None)
        }
        PteKind::Unprotected => {
            (record.labelled(label(""), "state", "No protection: not the entry of a page"), None)
        }
    };
    match bits {
        Some(bits) => record.labelled(
            label("Protect: "),
            "protection",
            Cell::new(u64::from(bits)).shown(protection(bits)),
        ),
        None => record,
    }
}

fn file_number(number: Option<u8>) -> Cell {
    let why = "its kernel's symbols would tell which of two places of the entry has the number";
    Cell::new(number.map_or_else(|| Field::unreadable(why), |number| Field::Number(number.into()))).mark("?")
}

/// What the page file of an entry is: the store of compressed pages is none on a disk.
pub fn page_file(of: &str, number: u8, kind: Result<PageFileKind, Lack>) -> Record {
    let head = |role| Record::new("pte_page_file").role(role, format!("{of}: page file "));
    let number = Cell::new(u64::from(number));
    match kind {
        Ok(PageFileKind::Store) => head(Role::Text)
            .cell("page_file", number)
            .text(" is the store of compressed pages: the page is in memory, compressed")
            .field("store", true),
        Ok(PageFileKind::File(path)) => {
            head(Role::Text).cell("page_file", number).text(" is ").cell("path", path).field("store", false)
        }
        Err(why) => head(Role::Dim)
            .cell("page_file", number)
            .text(" is a file, or the store of compressed pages: ")
            .cell("why", why.to_string()),
    }
}

/// What is odd about an entry, a record each.
pub fn oddity(of: &str, odd: &EntryOddity) -> Record {
    match odd {
        EntryOddity::LoneBit { bit } => Record::new("pte_lone_bit")
            .role(Role::Warning, format!("{of}: exactly one bit is set, bit "))
            .cell("bit", u64::from(*bit)),
        EntryOddity::BeyondMemory { pfn, highest, without } => {
            let (source, at_most) = match highest.source {
                LimitSource::Kernel => ("MmHighestPhysicalPage", ""),
                LimitSource::Header => ("the runs of memory in the dump's header", ""),
                LimitSource::Modules => {
                    ("twice the sizes of the memory modules, and 4 GB for devices", " at most")
                }
            };
            let head = Record::new("pte_beyond_memory")
                .role(Role::Warning, format!("{of}: page "))
                .cell("pfn", Field::Hex(*pfn))
                .text(" is beyond memory, which ends at page ")
                .cell("highest", Field::Hex(highest.number))
                .text(at_most)
                .text(" (")
                .cell("source", source)
                .text("); only devices have such pages");
            without.iter().take(3).fold(head, |head, (bit, pfn)| {
                head.line(format!("    without bit {bit} it would be page {pfn:x}"))
            })
        }
    }
}

/// The flags of a page, a letter each: modified, of a prototype, being read, being written.
pub fn flagged(frame: &PageFrame<'_>) -> Vec<Cell> {
    let flags = [
        (frame.is_modified(), "M"),
        (frame.is_prototype(), "P"),
        (frame.is_being_read(), "R"),
        (frame.is_being_written(), "W"),
    ];
    let cell = |(is_set, letter): (Result<bool, Lack>, &'static str)| match is_set {
        Ok(false) => None,
        Ok(true) => Some(Cell::new(letter)),
        Err(why) => Some(Cell::new(Field::from(why)).mark("?")),
    };
    flags.into_iter().filter_map(cell).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Published entries, with the letters that the debugger had for them.
    #[test]
    fn letters_are_those_of_the_debugger() {
        for (entry, letters) in [
            (0x0a00_0000_0ecc_0867, "---DA--UWEV"),
            (0x8a00_0000_408f_f963, "-G-DA--KW-V"),
            (0x8a00_0000_0480_01a1, "-GL-A--KR-V"),
            (0x0100_0000_0623_5025, "----A--UREV"),
            (0x8100_0000_625d_5867, "---DA--UW-V"),
        ] {
            assert_eq!(flags(Pte(entry)), letters);
        }
        assert_eq!(protection(4), "4 - ReadWrite");
        assert_eq!(protection(0x18), "18 - NoAccess");
        assert_eq!(protection(0x14), "14 - ReadWrite Guard");
    }
}
