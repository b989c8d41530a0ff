//! The entries of the page tables that an address goes through: from a walk, or from the words that a dump holds of where
//! Windows maps them ([`PteSpace`]): a triage dump may hold single ones.

use super::pte_space::PteSpace;
use crate::debuggee::{Lack, Scope, Target};
use crate::dump::Machine;
use crate::memory::paging::{FileNumberBits, Paging, Pte, PteEncoding, PteKind};
use crate::memory::{Level, Memory, ReadError, Reason};
use crate::util::bits::extend;

/// The page tables of one address space.
pub struct PageTables<'s> {
    scope: &'s Scope<'s>,
    space: Option<PteSpace>,
    five_levels: bool,
    encoding: PteEncoding,
}

/// The entry of an address at one level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableEntry {
    /// Which level.
    pub level: Level,
    /// Its virtual address in the array of entries.
    pub address: Result<u64, Lack>,
    /// Its physical address, where tables were walked so far.
    pub physical: Option<u64>,
    /// The entry. Below a large page, whatever stands where the entry would be.
    pub value: Result<Pte, Lack>,
    /// Below a large page: the page frame of the address in it.
    pub in_large_page: Option<u64>,
}

impl<'s> PageTables<'s> {
    /// Those of the scope's address space.
    ///
    /// # Errors
    /// The machine is not x64, or the target is no dump.
    pub fn of(scope: &'s Scope<'s>) -> Result<PageTables<'s>, Lack> {
        let target = scope.target();
        if target.machine() != Machine::Amd64 {
            return Err(Lack::UnknownMachine { machine: target.machine(), what: "page table entries" });
        }
        let paging = scope.memory().paging();
        let space = PteSpace::of(target);
        let five_levels = match paging {
            Some(paging) => paging.levels() == 5,
            None => space.is_some_and(PteSpace::has_five_levels),
        };
        Ok(PageTables { scope, space, five_levels, encoding: encoding_of(scope, paging) })
    }

    /// Where the entries lie; `None` where nothing in the dump tells.
    pub fn space(&self) -> Option<PteSpace> {
        self.space
    }

    /// How entries that are not valid are encoded.
    pub fn encoding(&self) -> PteEncoding {
        self.encoding
    }

    /// What an entry of a level says.
    pub fn kind(&self, level: Level, entry: Pte) -> PteKind {
        self.encoding.kind(level, entry)
    }

    /// The entries of an address, from the root down, and all levels of them: those below an entry that leads nowhere say
    /// why they are not known.
    ///
    /// # Errors
    /// The address is not canonical, or is in user space and whose that is cannot be seen.
    pub fn entries(&self, address: u64) -> Result<Vec<TableEntry>, Lack> {
        let memory = self.scope.memory();
        let refused = |reason| Lack::Unreadable {
            what: "the page table entries".to_owned(),
            why: ReadError::new(address, reason),
        };
        let bits = if self.five_levels { 57 } else { 48 };
        if extend(address, bits).cast_unsigned() != address {
            return Err(refused(Reason::NotCanonical));
        }
        // User space may be nobody's: then its entries are nobody's, too.
        if let Err(ReadError { reason: reason @ Reason::NoUserSpace { .. }, .. }) = memory.u8(address) {
            return Err(refused(reason));
        }
        let walked = memory.paging().map(|paging| match paging.translate(address) {
            Ok(found) => found.entries,
            Err(broken) => broken.entries,
        });
        let walked = walked.unwrap_or_default();
        let mut in_large_page = None;
        let mut entries = Vec::with_capacity(5);
        for &(level, shift) in PteSpace::levels(self.five_levels) {
            let at = self.space.map(|space| space.entry(address, level as u32)).ok_or_else(unknown_space);
            let found = walked.iter().find(|entry| entry.level == level);
            let value = match (found, &at) {
                (Some(entry), _) => Ok(entry.value),
                (None, Ok(at)) => self.word(level, *at),
                (None, Err(why)) => Err(why.clone()),
            };
            entries.push(TableEntry {
                level,
                address: at,
                physical: found.map(|entry| entry.address),
                value: value.clone(),
                in_large_page,
            });
            if let (None, Ok(value)) = (in_large_page, value)
                && let PteKind::Valid { pfn, large: true } = self.kind(level, value)
            {
                let pages = 1u64 << (shift - 12);
                in_large_page = Some(pfn & !(pages - 1) | address >> 12 & (pages - 1));
            }
        }
        Ok(entries)
    }

    /// The entry that lies at a virtual address: a word of the array, or a prototype PTE.
    ///
    /// # Errors
    /// The word cannot be read.
    pub fn word(&self, level: Level, at: u64) -> Result<Pte, Lack> {
        let word = self.scope.memory().u64(at).map(Pte);
        word.map_err(|why| Lack::Unreadable { what: format!("the {level}"), why })
    }
}

impl TableEntry {
    /// What it says; `None` where it is not known, or a large page takes its place.
    pub fn kind(&self, encoding: PteEncoding) -> Option<PteKind> {
        let value = self.value.as_ref().ok().filter(|_| self.in_large_page.is_none())?;
        Some(encoding.kind(self.level, *value))
    }
}

/// How the target encodes entries that are not valid: what the page tables' reader found out, else the debugger data; and
/// what the symbols say of it.
fn encoding_of(scope: &Scope<'_>, paging: Option<&Paging>) -> PteEncoding {
    let target = scope.target();
    let encoding = paging.map_or_else(|| encoding_stated(target), Paging::encoding);
    if encoding.file_number != FileNumberBits::Unsure {
        return encoding;
    }
    // No built-in layout of such a version has the bit: where it is known, the kernel's own symbols tell it.
    match scope.object("nt!_MMPTE_SOFTWARE", 0).is_ok_and(|entry| entry.has("SwizzleBit")) {
        true => encoding.with_swizzle_bit(),
        false => encoding,
    }
}

fn encoding_stated(target: &Target) -> PteEncoding {
    let encoding = target.header().map_or(PteEncoding::of_build(0), |header| {
        PteEncoding::of_build(header.minor_version).at_time(header.system_time)
    });
    let index = target.debugger_data().and_then(|data| data.get("L1tfHighPhysicalBitIndex"));
    index.and_then(|index| u8::try_from(index).ok()).map_or(encoding, |index| encoding.with_high_bit(index))
}

fn unknown_space() -> Lack {
    Lack::NoName { name: "where the page table entries begin".to_owned() }
}
