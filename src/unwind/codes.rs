//! UNWIND_INFO: the description of a function's prolog that x64 images carry in `.xdata`.
//!
//! Facts: the x64 calling convention as documented for PE images; version 2 (records for epilogs) as current
//! kernels carry it.

use super::error::UnwindError;
use super::host::{FunctionEntry, UnwindHost};
use crate::util::bounded;

/// The function has an exception handler.
pub const FLAG_EXCEPTION_HANDLER: u8 = 1;
/// The function has a termination handler.
pub const FLAG_TERMINATION_HANDLER: u8 = 2;
/// Another function table entry follows the codes: this is a fragment of that function.
pub const FLAG_CHAINED: u8 = 4;

/// Room for 255 codes, rounded up to an even number of 16-bit slots.
const CODE_BYTES: usize = 512;
/// Entries that may forward or chain to one another before it counts as a circle.
pub(crate) const MAX_CHAIN: usize = 32;

/// One operation of a prolog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// `push` of a register.
    Push(u8),
    /// `sub rsp` by this many bytes.
    Allocate(u32),
    /// The frame register was set to rsp plus the frame offset.
    SetFrameRegister,
    /// A register was stored this many bytes above the frame's base.
    Save {
        /// General register number.
        register: u8,
        /// Bytes above the base.
        offset: u32,
    },
    /// All 16 bytes of an XMM register were stored this many bytes above the frame's base.
    SaveXmm {
        /// XMM register number.
        register: u8,
        /// Bytes above the base.
        offset: u32,
    },
    /// The low 8 bytes of an XMM register were stored (an operation of version 1 that no compiler emits today).
    SaveXmmLow {
        /// XMM register number.
        register: u8,
        /// Bytes above the base.
        offset: u32,
    },
    /// Version 2: a record for epilogs, `value` and `info` as stored.
    Epilog {
        /// The first record: size of every epilog; later ones: low byte of the distance from the function's end.
        value: u8,
        /// The first record: bit 0 says that an epilog ends the function; later ones: high bits of the distance.
        info: u8,
    },
    /// Version 2: a reserved operation of three slots without effect.
    Spare,
    /// The processor (or code that imitates it) pushed a machine frame, with an error code below it or without.
    MachineFrame {
        /// Whether an error code was pushed.
        error_code: bool,
    },
}

/// An operation and the offset past the prolog instruction that it describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// Number of its first 16-bit slot.
    pub slot: u8,
    /// The operation's number as stored.
    pub number: u8,
    /// The four bits beside it.
    pub info: u8,
    /// Offset of the next instruction: the operation has happened once rip is at or past it.
    pub offset: u8,
    /// What happened.
    pub operation: Operation,
}

/// The parsed header and codes of one UNWIND_INFO.
#[derive(Debug, Clone)]
pub struct UnwindInfo {
    /// Where it stands.
    pub address: u64,
    /// 1 or 2.
    pub version: u8,
    /// `FLAG_*` bits.
    pub flags: u8,
    /// Bytes of the prolog.
    pub prolog_size: u8,
    /// Number of 16-bit code slots.
    pub slots: u8,
    /// The frame register (a general register number), if the function has one.
    pub frame_register: Option<u8>,
    /// Bytes by which the frame register lies above rsp at the end of the prolog.
    pub frame_offset: u32,
    /// The function that this is a fragment of.
    pub chained: Option<FunctionEntry>,
    /// Offset (from the image base) of the language-specific handler.
    pub handler: Option<u32>,
    raw: [u8; CODE_BYTES],
}

impl UnwindInfo {
    /// Reads the data of `entry`, whose bit 0 of `unwind` must be clear (see [`resolve`]).
    pub fn read(host: &dyn UnwindHost, entry: &FunctionEntry) -> Result<UnwindInfo, UnwindError> {
        let address = entry.image_base.wrapping_add(u64::from(entry.unwind));
        let unreadable = |address| UnwindError::InfoUnreadable { function: entry.begin_va(), address };
        let mut header = [0u8; 4];
        if !host.read(address, &mut header) {
            return Err(unreadable(address));
        }
        let [first, prolog_size, slots, frame] = header;
        let (version, flags) = (first & 7, first >> 3);
        if !(1..=2).contains(&version) {
            return Err(UnwindError::Version { address, version });
        }
        let mut raw = [0u8; CODE_BYTES];
        let length = 2 * (usize::from(slots) + usize::from(slots & 1));
        let codes = raw.get_mut(..length).unwrap_or_default();
        if !host.read(address.wrapping_add(4), codes) {
            return Err(unreadable(address.wrapping_add(4)));
        }
        let trailer = address.wrapping_add(4).wrapping_add(length as u64);
        let mut info = UnwindInfo {
            address,
            version,
            flags,
            prolog_size,
            slots,
            frame_register: (frame & 15 != 0).then_some(frame & 15),
            frame_offset: u32::from(frame >> 4) * 16,
            chained: None,
            handler: None,
            raw,
        };
        if flags & FLAG_CHAINED != 0 {
            info.chained =
                Some(read_entry(host, entry.image_base, trailer).ok_or_else(|| unreadable(trailer))?);
        } else if flags & (FLAG_EXCEPTION_HANDLER | FLAG_TERMINATION_HANDLER) != 0 {
            // The handler is not needed to unwind, so a missing one is no error.
            let mut handler = [0u8; 4];
            info.handler = host.read(trailer, &mut handler).then(|| u32::from_le_bytes(handler));
        }
        Ok(info)
    }

    /// The codes in stored order: last prolog instruction first.
    pub fn codes(&self) -> Codes<'_> {
        Codes { info: self, slot: 0 }
    }
}

/// Iterates over the codes of an [`UnwindInfo`]; ends after the first bad one.
#[derive(Debug)]
pub struct Codes<'a> {
    info: &'a UnwindInfo,
    slot: u8,
}

impl Codes<'_> {
    fn take(&mut self) -> Option<u16> {
        if self.slot >= self.info.slots {
            return None;
        }
        let value = bounded::u16_at(&self.info.raw, usize::from(self.slot) * 2)?;
        self.slot += 1;
        Some(value)
    }

    fn take_scaled(&mut self, scale: u32) -> Option<u32> {
        Some(u32::from(self.take()?) * scale)
    }

    fn take_u32(&mut self) -> Option<u32> {
        let low = u32::from(self.take()?);
        Some(u32::from(self.take()?) << 16 | low)
    }

    fn operation(&mut self, value: u8, number: u8, info: u8) -> Option<Operation> {
        let version = self.info.version;
        Some(match (number, info) {
            (0, register) => Operation::Push(register),
            (1, 0) => Operation::Allocate(self.take_scaled(8)?),
            (1, 1) => Operation::Allocate(self.take_u32()?),
            (2, info) => Operation::Allocate(u32::from(info) * 8 + 8),
            (3, _) => Operation::SetFrameRegister,
            (4, register) => Operation::Save { register, offset: self.take_scaled(8)? },
            (5, register) => Operation::Save { register, offset: self.take_u32()? },
            (6, info) if version == 2 => Operation::Epilog { value, info },
            (6, register) => Operation::SaveXmmLow { register, offset: self.take_scaled(8)? },
            (7, _) if version == 2 => {
                self.take_u32()?;
                Operation::Spare
            }
            (7, register) => Operation::SaveXmmLow { register, offset: self.take_u32()? },
            (8, register) => Operation::SaveXmm { register, offset: self.take_scaled(16)? },
            (9, register) => Operation::SaveXmm { register, offset: self.take_u32()? },
            (10, info @ (0 | 1)) => Operation::MachineFrame { error_code: info == 1 },
            _ => return None,
        })
    }
}

impl Iterator for Codes<'_> {
    type Item = Result<Code, UnwindError>;

    fn next(&mut self) -> Option<Self::Item> {
        let slot = self.slot;
        let [offset, operation] = self.take()?.to_le_bytes();
        let (number, info) = (operation & 15, operation >> 4);
        match self.operation(offset, number, info) {
            Some(operation) => Some(Ok(Code { slot, number, info, offset, operation })),
            None => {
                self.slot = self.info.slots;
                Some(Err(UnwindError::BadCode { address: self.info.address, slot, operation: number }))
            }
        }
    }
}

/// The RUNTIME_FUNCTION at an address.
pub(crate) fn read_entry(host: &dyn UnwindHost, image_base: u64, address: u64) -> Option<FunctionEntry> {
    let mut raw = [0u8; 12];
    if !host.read(address, &mut raw) {
        return None;
    }
    Some(FunctionEntry {
        image_base,
        begin: bounded::u32_at(&raw, 0)?,
        end: bounded::u32_at(&raw, 4)?,
        unwind: bounded::u32_at(&raw, 8)?,
    })
}

/// Follows forwarding (bit 0 of the unwind offset) to the entry that has the unwind data itself.
pub fn resolve(host: &dyn UnwindHost, entry: FunctionEntry) -> Result<FunctionEntry, UnwindError> {
    let mut current = entry;
    for _ in 0..MAX_CHAIN {
        if current.unwind & 1 == 0 {
            return Ok(current);
        }
        let address = current.image_base.wrapping_add(u64::from(current.unwind & !1));
        current = read_entry(host, current.image_base, address)
            .ok_or(UnwindError::InfoUnreadable { function: entry.begin_va(), address })?;
    }
    Err(UnwindError::Chain { function: entry.begin_va(), limit: MAX_CHAIN })
}

/// The entry of the whole function that `entry` is a fragment of: forwarding and chains followed to their end.
pub fn primary(host: &dyn UnwindHost, entry: FunctionEntry) -> Result<FunctionEntry, UnwindError> {
    let mut current = resolve(host, entry)?;
    for _ in 0..MAX_CHAIN {
        match UnwindInfo::read(host, &current)?.chained {
            Some(parent) => current = resolve(host, parent)?,
            None => return Ok(current),
        }
    }
    Err(UnwindError::Chain { function: entry.begin_va(), limit: MAX_CHAIN })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::unwind::testing::Flat;

    const BASE: u64 = 0xffff_f800_0000_0000;

    fn entry(unwind: u32) -> FunctionEntry {
        FunctionEntry { image_base: BASE, begin: 0x1000, end: 0x1100, unwind }
    }

    fn codes(bytes: &[u8]) -> Vec<Code> {
        let mut flat = Flat::default();
        flat.put(BASE + 0x2000, bytes);
        let info = UnwindInfo::read(&flat, &entry(0x2000)).unwrap();
        info.codes().map(Result::unwrap).collect()
    }

    #[test]
    fn every_operation_of_version_1() {
        let bytes = [
            1, 0x40, 19, 0x25, // version 1, frame register rbp, offset 0x20
            0x40, 0x03, // set frame register
            0x3c, 0x89, 0x10, 0x00, 0x01, 0x00, // save xmm8 far at 0x10010
            0x38, 0x68, 0x03, 0x00, // save xmm6 at 0x30
            0x34, 0x35, 0x08, 0x00, 0x01, 0x00, // save rbx far at 0x10008
            0x30, 0xc4, 0x05, 0x00, // save r12 at 0x28
            0x2c, 0x11, 0x00, 0x10, 0x02, 0x00, // allocate 0x21000
            0x20, 0x01, 0x40, 0x00, // allocate 0x200
            0x10, 0x42, // allocate 0x28
            0x02, 0x50, // push rbp
            0x00, 0x1a, // machine frame with error code
            0, 0, // the slot that makes the count even
        ];
        let operations: Vec<_> = codes(&bytes).iter().map(|code| code.operation).collect();
        assert_eq!(
            operations,
            [
                Operation::SetFrameRegister,
                Operation::SaveXmm { register: 8, offset: 0x10010 },
                Operation::SaveXmm { register: 6, offset: 0x30 },
                Operation::Save { register: 3, offset: 0x10008 },
                Operation::Save { register: 12, offset: 0x28 },
                Operation::Allocate(0x21000),
                Operation::Allocate(0x200),
                Operation::Allocate(0x28),
                Operation::Push(5),
                Operation::MachineFrame { error_code: true },
            ]
        );
    }

    #[test]
    fn version_2_reads_epilog_records_one_slot_each() {
        let bytes = [
            2, 4, 5, 0, //
            0x05, 0x16, // epilogs of 5 bytes, one at the end
            0x40, 0x16, // another one 0x140 before the end
            0x00, 0x06, // padding
            0x04, 0x42, 0x00, 0x30, // sub rsp,28; push rbx
            0, 0, // the slot that makes the count even
        ];
        let all = codes(&bytes);
        assert_eq!(all[0].operation, Operation::Epilog { value: 5, info: 1 });
        assert_eq!(all[1].operation, Operation::Epilog { value: 0x40, info: 1 });
        assert_eq!(all[2].operation, Operation::Epilog { value: 0, info: 0 });
        assert_eq!(all[3].operation, Operation::Allocate(0x28));
        assert_eq!(all[4].operation, Operation::Push(3));
        assert_eq!(all.len(), 5);
    }

    #[test]
    fn bad_codes_end_the_list_with_their_slot() {
        let mut flat = Flat::default();
        flat.put(BASE + 0x2000, &[1, 8, 2, 0, 4, 0x42, 0, 0x0b]);
        let info = UnwindInfo::read(&flat, &entry(0x2000)).unwrap();
        let all: Vec<_> = info.codes().collect();
        assert_eq!(all[1], Err(UnwindError::BadCode { address: BASE + 0x2000, slot: 1, operation: 11 }));
        // A code whose operand slots are missing is bad too.
        flat.put(BASE + 0x2000, &[1, 8, 1, 0, 4, 0x01, 0xff, 0xff]);
        let info = UnwindInfo::read(&flat, &entry(0x2000)).unwrap();
        assert!(info.codes().next().unwrap().is_err());
    }

    #[test]
    fn versions_other_than_1_and_2_are_refused() {
        let mut flat = Flat::default();
        flat.put(BASE + 0x2000, &[3, 0, 0, 0]);
        let error = UnwindInfo::read(&flat, &entry(0x2000)).unwrap_err();
        assert_eq!(error, UnwindError::Version { address: BASE + 0x2000, version: 3 });
    }

    #[test]
    fn forwarding_and_chains_end_or_are_called_a_circle() {
        let mut flat = Flat::default();
        let mut record = |at: u64, begin: u32, end: u32, unwind: u32| {
            let mut raw = begin.to_le_bytes().to_vec();
            raw.extend(end.to_le_bytes());
            raw.extend(unwind.to_le_bytes());
            flat.put(BASE + at, &raw);
        };
        record(0x3000, 0x1200, 0x1280, 0x2000);
        record(0x3010, 0x1200, 0x1280, 0x3011); // points at itself
        record(0x2004, 0x1200, 0x1280, 0x2010); // behind the chained info below
        flat.put(BASE + 0x2000, &[0x21, 0, 0, 0]); // version 1, chained, no codes
        flat.put(BASE + 0x2010, &[1, 0, 0, 0]);
        assert_eq!(resolve(&flat, entry(0x3001)).unwrap().begin, 0x1200);
        assert!(matches!(resolve(&flat, entry(0x3011)), Err(UnwindError::Chain { .. })));
        assert_eq!(primary(&flat, entry(0x2000)).unwrap().unwind, 0x2010);
    }
}
