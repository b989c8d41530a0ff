//! Why a read failed, exactly.

use std::fmt;
use std::sync::Arc;

use crate::dump::Machine;
use crate::util::hex::tick;

/// A read that failed at `address`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadError {
    /// The first address that could not be read.
    pub address: u64,
    /// Why.
    pub reason: Reason,
}

/// A level of the page tables, as the debugger names its entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Page table entry: 4 KiB.
    Pte,
    /// Page directory entry: 2 MiB.
    Pde,
    /// Page directory pointer entry: 1 GiB.
    Ppe,
    /// Page map level 4 entry: 512 GiB.
    Pxe,
    /// Page map level 5 entry, with 57-bit addresses.
    Pml5e,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Level::Pte => "PTE",
            Level::Pde => "PDE",
            Level::Ppe => "PPE",
            Level::Pxe => "PXE",
            Level::Pml5e => "PML5E",
        })
    }
}

/// Why memory cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The high bits of the address are neither all copies of the highest bit that counts.
    NotCanonical,
    /// The read would go past the last address.
    EndOfSpace,
    /// The page table that holds the entry of `level` is itself not in the dump.
    Table {
        /// Whose entry was wanted.
        level: Level,
        /// Physical address of that entry.
        entry: u64,
        /// Why the table cannot be read.
        why: Box<Reason>,
    },
    /// The entry of `level` is zero: nothing was ever mapped there.
    NotMapped {
        /// Where the walk ended.
        level: Level,
    },
    /// The entry of `level` is not valid and has no meaning that is known.
    NotPresent {
        /// Where the walk ended.
        level: Level,
        /// The entry.
        entry: u64,
    },
    /// The page is on the standby or modified list; its frame is not in the dump.
    Transition {
        /// The page frame.
        pfn: u64,
    },
    /// The page was in a page file.
    PageFile {
        /// Number of the page file; `None` where the entry could have it in one place or another.
        number: Option<u8>,
        /// Page offset in it.
        offset: u64,
    },
    /// The page is in Windows' store of compressed pages, which counts as a page file and is in memory.
    Store {
        /// Number of that page file.
        number: u8,
        /// Page offset in it.
        offset: u64,
    },
    /// The page was never touched: it would be filled with zeros on first access.
    DemandZero,
    /// The entry refers to a prototype PTE.
    Prototype {
        /// Its virtual address.
        address: u64,
    },
    /// The entry refers to the VAD of the process.
    InVad,
    /// The frame is mapped but the dump does not hold it.
    NotInDump {
        /// The page frame.
        pfn: u64,
    },
    /// The dump should hold the page, but the file ends before.
    BeyondFile {
        /// File offset where it should be.
        offset: u64,
    },
    /// The file became shorter while it was open, and is not read any more.
    Lost,
    /// No saved range of the triage dump covers the address.
    NotInTriage,
    /// No image file covers the address with bytes that are sure to be the same in memory.
    NotInImage,
    /// An image is all there is, and it does not reach there.
    OutsideImage {
        /// Its first address.
        start: u64,
        /// The address after its last.
        end: u64,
    },
    /// Inside the image that was opened, but in none of its sections.
    BetweenSections,
    /// A section of the image that was opened has its bytes past the end of the file.
    ImageCutOff {
        /// File offset where the byte should be.
        offset: u64,
    },
    /// The address is in user space, and whose that is cannot be seen.
    NoUserSpace {
        /// Why.
        why: Arc<str>,
    },
    /// The page tables of this machine are not understood.
    NoTranslation {
        /// The machine.
        machine: Machine,
    },
    /// The dump holds no memory at all, or none that is understood.
    NoMemory,
}

impl ReadError {
    /// An error at `address`.
    pub fn new(address: u64, reason: Reason) -> ReadError {
        ReadError { address, reason }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", tick(self.address), self.reason)
    }
}

impl std::error::Error for ReadError {}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::NotCanonical => write!(f, "not a canonical address"),
            Reason::EndOfSpace => write!(f, "past the end of the address space"),
            Reason::Table { level, entry, why } => {
                write!(f, "the {level} at physical {entry:#x} cannot be read: {why}")
            }
            Reason::NotMapped { level } => write!(f, "not mapped: the {level} is zero"),
            Reason::NotPresent { level, entry } => {
                write!(f, "not present: the {level} is {}", tick(*entry))
            }
            Reason::Transition { pfn } => {
                write!(f, "in transition; page {pfn:x} not present in the dump file")
            }
            Reason::PageFile { number: Some(number), offset } => {
                write!(f, "paged out to page file {number}, page offset {offset:#x}")
            }
            Reason::PageFile { number: None, offset } => write!(
                f,
                "paged out to a page file, page offset {offset:#x}; which one its kernel's symbols would tell"
            ),
            Reason::Store { number, offset } => write!(
                f,
                "compressed in memory, in the store that Windows counts as page file {number}, page offset \
                 {offset:#x}"
            ),
            Reason::DemandZero => write!(f, "demand zero: never touched, so it has no contents"),
            Reason::Prototype { address } => {
                write!(f, "not valid; its prototype PTE is at {}", tick(*address))
            }
            Reason::InVad => write!(f, "not valid; the VAD tree of the process describes it"),
            Reason::NotInDump { pfn } => write!(f, "page {pfn:x} not present in the dump file"),
            Reason::BeyondFile { offset } => {
                write!(f, "the file is cut off: the page would be at file offset {offset:#x}")
            }
            Reason::Lost => write!(f, "the file became shorter while it was open and is not read any more"),
            Reason::NotInTriage => write!(f, "not among the memory saved in this triage dump"),
            Reason::NotInImage => write!(f, "not among the read-only parts of the image files"),
            Reason::OutsideImage { start, end } => write!(
                f,
                "outside the image that was opened, which lies from {} to {}",
                tick(*start),
                tick(*end)
            ),
            Reason::BetweenSections => write!(f, "in the image, but in none of its sections"),
            Reason::ImageCutOff { offset } => {
                write!(f, "the image file is cut off: the section's byte would be at file offset {offset:#x}")
            }
            Reason::NoUserSpace { why } => write!(f, "the process's user memory cannot be seen: {why}"),
            Reason::NoTranslation { machine } => {
                write!(
                    f,
                    "the page tables of {machine} are not supported: only physical addresses can be read"
                )
            }
            Reason::NoMemory => write!(f, "this dump holds no readable memory"),
        }
    }
}
