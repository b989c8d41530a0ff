//! Page table entries of x64 Windows, valid and not. Hardware bits: Intel SDM volume 3; the software forms of
//! entries that are not valid: public PDB types (_MMPTE_*) and MemProcFS.

use super::error::{Level, Reason};
use crate::util::bits::bits_of;

/// Bits of a physical address in an entry.
const FRAME: u64 = 0x000f_ffff_ffff_f000;
/// Protection of a software entry: bits 5 to 9.
const PROTECTION: u64 = 0x3e0;
/// Bits of the frame in a transition entry.
const TRANSITION_FRAME: u64 = 0x0000_ffff_ffff_f000;
/// First build with the protection against L1 terminal faults from the start, as far as its kernel is serviced.
const BUILD_1803: u32 = 17134;
/// First build of which every kernel has page file numbers in bits 12 to 15 (_MMPTE_SOFTWARE.PageFileLow).
const BUILD_1809: u32 = 17763;
/// 1 July 2018 as a FILETIME. The updates of August 2018 brought the protection, and with it the other place of the page
/// file's number, to all older versions that were still serviced: the public symbols of 7601.24540, 9600.21620 and
/// 14393.6343 have it, those of 7601.17514, 9600.17415, 14393.0 and 17134.1 have not.
const BEFORE_UPDATES: u64 = 131_748_768_000_000_000;

/// A page table entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pte(pub u64);

impl Pte {
    /// Whether the processor would use it.
    pub fn valid(self) -> bool {
        self.0 & 1 != 0
    }

    /// Whether a valid PDE or PPE maps a large page.
    pub fn large(self) -> bool {
        self.0 & 0x80 != 0
    }

    /// Physical address that a valid entry refers to.
    pub fn frame(self) -> u64 {
        self.0 & FRAME
    }

    /// Whether it allows writing.
    pub fn writable(self) -> bool {
        self.0 & 2 != 0
    }

    /// Whether user mode may use it.
    pub fn user(self) -> bool {
        self.0 & 4 != 0
    }

    /// Whether it forbids execution.
    pub fn no_execute(self) -> bool {
        self.0 >> 63 != 0
    }

    /// Whether the page has left the working set but is still in memory (not valid, transition, no prototype).
    pub fn transition(self) -> bool {
        self.0 & 0xc01 == 0x800
    }

    /// Whether it refers to a prototype PTE (not valid).
    pub fn prototype(self) -> bool {
        self.0 & 0x401 == 0x400
    }

    /// Virtual address of the prototype PTE.
    pub fn prototype_address(self) -> u64 {
        self.0 >> 16 | 0xffff_0000_0000_0000
    }

    /// What an entry that is not valid lets a program do with the page: Windows' five bits.
    pub fn protection(self) -> u8 {
        u8::try_from(bits_of(self.0, 5, 5)).unwrap_or(0)
    }

    fn swizzled(self) -> bool {
        self.0 & 0x10 == 0
    }
}

/// Where an entry of a page in a page file has that file's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileNumberBits {
    /// Bits 1 to 4: kernels without the protection against L1 terminal faults.
    Low,
    /// Bits 12 to 15: kernels with it, whose bit 4 says whether bits of the address are inverted.
    High,
    /// One of the two: the kernel's version had either, before and after an update.
    Unsure,
}

/// How this Windows encodes entries that are not valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PteEncoding {
    /// Build number of Windows.
    pub build: u32,
    /// `nt!MiState.Hardware.InvalidPteMask`: address bits that are inverted in entries that are not valid, so that
    /// speculation cannot use them. 0 on processors that need no such protection.
    pub invalid_mask: u64,
    /// Whether the mask is known; otherwise it is the one of most machines, and bits of it are only ever cleared.
    pub mask_known: bool,
    /// Where the number of a page file stands.
    pub file_number: FileNumberBits,
}

impl PteEncoding {
    /// The encoding of a build, for as long as no more is known.
    pub fn of_build(build: u32) -> PteEncoding {
        let invalid_mask = if build >= BUILD_1803 { 1 << 45 } else { 0 };
        let file_number = if build >= BUILD_1809 { FileNumberBits::High } else { FileNumberBits::Unsure };
        PteEncoding { build, invalid_mask, mask_known: build < BUILD_1803, file_number }
    }

    /// The encoding with the time of the crash (FILETIME): before the updates that changed older versions they were as they
    /// had been released.
    #[must_use]
    pub fn at_time(self, time: Option<u64>) -> PteEncoding {
        let is_before = time.is_some_and(|time| time < BEFORE_UPDATES);
        match self.file_number {
            FileNumberBits::Unsure if is_before => {
                PteEncoding { file_number: FileNumberBits::Low, invalid_mask: 0, mask_known: true, ..self }
            }
            _ => self,
        }
    }

    /// The encoding of a kernel whose symbols name the bit that says whether an entry is inverted.
    #[must_use]
    pub fn with_swizzle_bit(self) -> PteEncoding {
        PteEncoding { file_number: FileNumberBits::High, ..self }
    }

    /// The encoding with KDDEBUGGER_DATA64's L1tfHighPhysicalBitIndex: 45 on the processors that need the mask, 0
    /// on others (seen on Intel and AMD dumps of builds 19041 to 26100).
    #[must_use]
    pub fn with_high_bit(self, index: u8) -> PteEncoding {
        match index {
            0 => PteEncoding { invalid_mask: 0, mask_known: true, ..self },
            32..=51 => PteEncoding { invalid_mask: 1 << index, mask_known: true, ..self }.with_swizzle_bit(),
            _ => self,
        }
    }

    /// Physical address of the page of a transition entry.
    pub fn transition_frame(&self, entry: Pte) -> u64 {
        let mask = if entry.swizzled() { !self.invalid_mask } else { u64::MAX };
        entry.0 & TRANSITION_FRAME & mask
    }

    /// What an entry of a page table of `level` says.
    pub fn kind(&self, level: Level, entry: Pte) -> PteKind {
        let protection = entry.protection();
        if entry.0 == 0 {
            return PteKind::Zero;
        }
        if entry.valid() {
            let large = entry.large() && matches!(level, Level::Pde | Level::Ppe);
            return PteKind::Valid { pfn: entry.frame() >> 12, large };
        }
        if entry.transition() {
            return PteKind::Transition { pfn: self.transition_frame(entry) >> 12, protection };
        }
        if entry.prototype() {
            return match entry.0 >> 16 {
                0xffff_ffff_0000 => PteKind::InVad { protection },
                _ => PteKind::Prototype { address: entry.prototype_address() },
            };
        }
        let stored = entry.0 >> 32;
        let offset = if entry.swizzled() { stored ^ (self.invalid_mask >> 32) } else { stored };
        if stored == 0 || offset == 0 {
            // Only the protection (bits 5 to 9) is set.
            return match entry.0 & !(PROTECTION | 0x10) & !self.invalid_mask {
                0 => PteKind::DemandZero { protection },
                _ => PteKind::Unprotected,
            };
        }
        // What lies in a page file keeps its protection; entries of freed pages have none, nor has a stray bit.
        if protection == 0 {
            return PteKind::Unprotected;
        }
        PteKind::PageFile { number: self.page_file(entry), offset, protection }
    }

    /// The number of the page file that an entry refers to; `None` where two places could have it and differ.
    fn page_file(&self, entry: Pte) -> Option<u8> {
        let [low, high] = [1, 12].map(|at| u8::try_from(bits_of(entry.0, at, 4)).ok());
        match self.file_number {
            FileNumberBits::Low => low,
            FileNumberBits::High => high,
            FileNumberBits::Unsure => low.filter(|_| low == high),
        }
    }

    /// What a prototype PTE says: where it refers to a prototype it is to a subsection, and the page is in its file.
    pub fn prototype_kind(&self, entry: Pte) -> PteKind {
        match self.kind(Level::Pte, entry) {
            PteKind::Prototype { .. } | PteKind::InVad { .. } => {
                PteKind::Subsection { address: entry.prototype_address(), protection: entry.protection() }
            }
            kind => kind,
        }
    }

    /// Why an entry of `level` leads to no page that is in memory.
    pub fn reason(&self, level: Level, entry: Pte) -> Reason {
        match self.kind(level, entry) {
            PteKind::Zero => Reason::NotMapped { level },
            PteKind::Transition { pfn, .. } => Reason::Transition { pfn },
            PteKind::Prototype { address } => Reason::Prototype { address },
            PteKind::InVad { .. } => Reason::InVad,
            PteKind::DemandZero { .. } => Reason::DemandZero,
            PteKind::PageFile { number, offset, .. } => Reason::PageFile { number, offset },
            PteKind::Valid { .. } | PteKind::Subsection { .. } | PteKind::Unprotected => {
                Reason::NotPresent { level, entry: entry.0 }
            }
        }
    }
}

/// What an entry says. Protections are Windows' five bits, page frames count pages of 4 KiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PteKind {
    /// Nothing: all bits are zero.
    Zero,
    /// The processor uses it.
    Valid {
        /// The page, or the next table.
        pfn: u64,
        /// Whether it is a large page.
        large: bool,
    },
    /// The page left the working set and is still in memory.
    Transition {
        /// The page.
        pfn: u64,
        /// What may be done with it.
        protection: u8,
    },
    /// A prototype PTE says where the page is.
    Prototype {
        /// Its virtual address.
        address: u64,
    },
    /// The range's VAD says where the page is.
    InVad {
        /// What may be done with it.
        protection: u8,
    },
    /// The page was never touched.
    DemandZero {
        /// What may be done with it.
        protection: u8,
    },
    /// The page is in a page file.
    PageFile {
        /// Which; `None` where its kernel could have the number in one place or another.
        number: Option<u8>,
        /// The page's number in it.
        offset: u64,
        /// What may be done with it.
        protection: u8,
    },
    /// Of a prototype PTE: the page is in the file that a subsection maps.
    Subsection {
        /// The subsection's virtual address.
        address: u64,
        /// What may be done with it.
        protection: u8,
    },
    /// Not zero, yet without the protection that an entry of a page has: the page was freed, or the entry is damaged.
    Unprotected,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_entries_say_what_they_are() {
        let new = PteEncoding::of_build(19041);
        let old = PteEncoding::of_build(9600).at_time(Some(BEFORE_UPDATES - 1));
        let serviced = PteEncoding::of_build(9600).with_swizzle_bit();
        let reason = |encoding: PteEncoding, entry| encoding.reason(Level::Pte, Pte(entry));
        assert_eq!(reason(new, 0), Reason::NotMapped { level: Level::Pte });
        assert_eq!(reason(new, 0x80), Reason::DemandZero);
        assert_eq!(reason(new, 0x2000_0000_0080), Reason::DemandZero);
        assert_eq!(
            reason(new, 0x0001_2345_0000_0000 | 3 << 12 | 0x90),
            Reason::PageFile { number: Some(3), offset: 0x12345 }
        );
        assert!(matches!(reason(new, 0x001b_beda_0000_2084), Reason::PageFile { number: Some(2), .. }));
        // Published entries of freed pages, and one with a single stray bit: no page file has them.
        for entry in
            [0x0006_8dc0_0000_1000, 0x0000_ffff_ffff_f000, 0x0000_3e98_0000_0000, 0x0000_0040_0000_0000]
        {
            assert_eq!(reason(new, entry), Reason::NotPresent { level: Level::Pte, entry });
        }
        // Without the swizzle bit the offset is stored xor the mask.
        assert_eq!(
            reason(new, (0x12345 ^ 0x2000) << 32 | 0x80),
            Reason::PageFile { number: Some(0), offset: 0x12345 }
        );
        assert_eq!(
            reason(old, 0x12345 << 32 | 2 << 1 | 0x80),
            Reason::PageFile { number: Some(2), offset: 0x12345 }
        );
        // Kernels of one version had the number in either place: what both agree on is known.
        let entry = 0x12345 << 32 | 2 << 12 | 0x90;
        for (encoding, number) in
            [(old, Some(8)), (serviced, Some(2)), (PteEncoding::of_build(9600), None), (new, Some(2))]
        {
            assert_eq!(reason(encoding, entry), Reason::PageFile { number, offset: 0x12345 });
        }
        let entry = 0x12345 << 32 | 0x80;
        let unsure = PteEncoding::of_build(17134).with_high_bit(0);
        assert_eq!(reason(unsure, entry), Reason::PageFile { number: Some(0), offset: 0x12345 });
        assert_eq!(reason(new, 0xffff_ffff_0000_0480), Reason::InVad);
        assert_eq!(reason(new, 0x8a01_2345_6780_0400), Reason::Prototype { address: 0xffff_8a01_2345_6780 });
    }

    /// Entries that were published with what the debugger said of them, and those of section objects.
    #[test]
    fn kinds_hold_what_the_entry_says() {
        let encoding = PteEncoding::of_build(19041).with_high_bit(45);
        let kind = |entry| encoding.kind(Level::Pte, Pte(entry));
        assert_eq!(kind(0x166b_7880), PteKind::Transition { pfn: 0x166b7, protection: 4 });
        assert_eq!(kind(0xc182_cc1f_fdf8_0400), PteKind::Prototype { address: 0xffff_c182_cc1f_fdf8 });
        assert_eq!(kind(0x310), PteKind::DemandZero { protection: 0x18 });
        assert_eq!(kind(0x8a00_0000_0480_01a1), PteKind::Valid { pfn: 0x4800, large: false });
        assert_eq!(
            encoding.kind(Level::Pde, Pte(0x8a00_0000_0480_01a1)),
            PteKind::Valid { pfn: 0x4800, large: true }
        );
        assert_eq!(kind(0x0006_8dc0_0000_1000), PteKind::Unprotected);
        assert_eq!(
            encoding.prototype_kind(Pte(0xa405_8c03_4c90_0460)),
            PteKind::Subsection { address: 0xffff_a405_8c03_4c90, protection: 3 }
        );
    }

    #[test]
    fn transition_frames_lose_the_mask() {
        let encoding = PteEncoding::of_build(19041);
        let swizzled = Pte(0x2000_0012_3000 | 0x880);
        assert!(swizzled.transition());
        assert_eq!(encoding.transition_frame(swizzled), 0x12_3000);
        assert_eq!(encoding.transition_frame(Pte(0x12_3000 | 0x890)), 0x12_3000);
        assert!(!Pte(0xc80).transition());
    }
}
