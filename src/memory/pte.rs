//! Page table entries of x64 Windows, valid and not. Hardware bits: Intel SDM volume 3; the software forms of
//! entries that are not valid: public PDB types (_MMPTE_*) and MemProcFS.

use super::error::{Level, Reason};

/// Bits of a physical address in an entry.
const FRAME: u64 = 0x000f_ffff_ffff_f000;
/// Protection of a software entry: bits 5 to 9.
const PROTECTION: u64 = 0x3e0;
/// Bits of the frame in a transition entry.
const TRANSITION_FRAME: u64 = 0x0000_ffff_ffff_f000;
/// First build with page file numbers in bits 12 to 15 and with the protection against L1 terminal faults.
const BUILD_1803: u32 = 17134;

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

    fn swizzled(self) -> bool {
        self.0 & 0x10 == 0
    }
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
}

impl PteEncoding {
    /// The encoding of a build, for as long as no more is known.
    pub fn of_build(build: u32) -> PteEncoding {
        let invalid_mask = if build >= BUILD_1803 { 1 << 45 } else { 0 };
        PteEncoding { build, invalid_mask, mask_known: build < BUILD_1803 }
    }

    /// The encoding with KDDEBUGGER_DATA64's L1tfHighPhysicalBitIndex: 45 on the processors that need the mask, 0
    /// on others (seen on Intel and AMD dumps of builds 19041 to 26100).
    #[must_use]
    pub fn with_high_bit(self, index: u8) -> PteEncoding {
        match index {
            0 => PteEncoding { invalid_mask: 0, mask_known: true, ..self },
            32..=51 => PteEncoding { invalid_mask: 1 << index, mask_known: true, ..self },
            _ => self,
        }
    }

    /// Physical address of the page of a transition entry.
    pub fn transition_frame(&self, entry: Pte) -> u64 {
        let mask = if entry.swizzled() { !self.invalid_mask } else { u64::MAX };
        entry.0 & TRANSITION_FRAME & mask
    }

    /// What an entry says that is neither valid nor in transition.
    pub fn reason(&self, level: Level, entry: Pte) -> Reason {
        if entry.0 == 0 {
            return Reason::NotMapped { level };
        }
        if entry.prototype() {
            return match entry.0 >> 16 {
                0xffff_ffff_0000 => Reason::InVad,
                _ => Reason::Prototype { address: entry.prototype_address() },
            };
        }
        let number = if self.build >= BUILD_1803 { entry.0 >> 12 & 0xf } else { entry.0 >> 1 & 0xf };
        let stored = entry.0 >> 32;
        let offset = if entry.swizzled() { stored ^ (self.invalid_mask >> 32) } else { stored };
        if stored == 0 || offset == 0 {
            // Only the protection (bits 5 to 9) is set.
            return match entry.0 & !(PROTECTION | 0x10) & !self.invalid_mask {
                0 => Reason::DemandZero,
                _ => Reason::NotPresent { level, entry: entry.0 },
            };
        }
        // What lies in a page file keeps its protection; entries of freed pages have none, nor has a stray bit.
        if entry.0 & PROTECTION == 0 {
            return Reason::NotPresent { level, entry: entry.0 };
        }
        Reason::PageFile { number: u8::try_from(number).unwrap_or(0), offset }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_entries_say_what_they_are() {
        let new = PteEncoding::of_build(19041);
        let old = PteEncoding::of_build(9600);
        let reason = |encoding: PteEncoding, entry| encoding.reason(Level::Pte, Pte(entry));
        assert_eq!(reason(new, 0), Reason::NotMapped { level: Level::Pte });
        assert_eq!(reason(new, 0x80), Reason::DemandZero);
        assert_eq!(reason(new, 0x2000_0000_0080), Reason::DemandZero);
        assert_eq!(
            reason(new, 0x0001_2345_0000_0000 | 3 << 12 | 0x90),
            Reason::PageFile { number: 3, offset: 0x12345 }
        );
        assert!(matches!(reason(new, 0x001b_beda_0000_2084), Reason::PageFile { number: 2, .. }));
        // Published entries of freed pages, and one with a single stray bit: no page file has them.
        for entry in
            [0x0006_8dc0_0000_1000, 0x0000_ffff_ffff_f000, 0x0000_3e98_0000_0000, 0x0000_0040_0000_0000]
        {
            assert_eq!(reason(new, entry), Reason::NotPresent { level: Level::Pte, entry });
        }
        // Without the swizzle bit the offset is stored xor the mask.
        assert_eq!(
            reason(new, (0x12345 ^ 0x2000) << 32 | 0x80),
            Reason::PageFile { number: 0, offset: 0x12345 }
        );
        assert_eq!(
            reason(old, 0x12345 << 32 | 2 << 1 | 0x80),
            Reason::PageFile { number: 2, offset: 0x12345 }
        );
        assert_eq!(reason(new, 0xffff_ffff_0000_0480), Reason::InVad);
        assert_eq!(reason(new, 0x8a01_2345_6780_0400), Reason::Prototype { address: 0xffff_8a01_2345_6780 });
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
