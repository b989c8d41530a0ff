//! The virtual memory of a target, whatever was opened.

use std::sync::Arc;

use super::blocks::BlockMemory;
use super::error::{ReadError, Reason};
use super::paging::Paging;
use super::{Backing, Memory};
use crate::dump::{Bits, DumpFile, Machine, Mapping};

/// Virtual memory: page tables, the ranges of a triage dump, or an image alone. Cloning shares it.
#[derive(Clone)]
pub struct VirtualMemory {
    space: Space,
    images: Option<Arc<dyn Backing>>,
    /// Why the lower half of the address space, the process's, is not to be read.
    no_user_space: Option<Arc<str>>,
    bits: Bits,
    /// What was opened.
    file: Mapping,
}

#[derive(Clone)]
enum Space {
    Paging(Paging),
    Blocks(Arc<BlockMemory>),
    Image(Arc<dyn Memory>),
    Unsupported(Reason),
}

impl VirtualMemory {
    /// The virtual memory of `dump`, in the address space that its header names.
    pub fn new(dump: &DumpFile) -> VirtualMemory {
        let header = dump.header();
        let space = if dump.triage().is_some() {
            Space::Blocks(Arc::new(BlockMemory::new(dump)))
        } else if dump.pages().is_none() {
            Space::Unsupported(Reason::NoMemory)
        } else if header.machine == Machine::Amd64 && header.bits == Bits::Bits64 {
            Space::Paging(adapt(dump, Paging::new(dump)))
        } else {
            Space::Unsupported(Reason::NoTranslation { machine: header.machine })
        };
        VirtualMemory {
            space,
            images: None,
            no_user_space: None,
            bits: header.bits,
            file: dump.mapping().clone(),
        }
    }

    /// An address space that holds nothing but what `image` has, which is read from `file`.
    pub fn of_image(image: Arc<dyn Memory>, bits: Bits, file: Mapping) -> VirtualMemory {
        VirtualMemory { space: Space::Image(image), images: None, no_user_space: None, bits, file }
    }

    /// The same dump seen with another directory table base. A triage dump has but one address space.
    #[must_use]
    pub fn with_directory_table_base(&self, base: u64) -> VirtualMemory {
        self.map_paging(|paging| paging.with_directory_table_base(base))
    }

    /// The same memory with the paging changed by `change`; unchanged where there is none.
    #[must_use]
    pub fn map_paging(&self, change: impl FnOnce(&Paging) -> Paging) -> VirtualMemory {
        match &self.space {
            Space::Paging(paging) => VirtualMemory { space: Space::Paging(change(paging)), ..self.clone() },
            _ => self.clone(),
        }
    }

    /// The same memory with `images` behind it: they answer where the dump has nothing.
    #[must_use]
    pub fn with_images(&self, images: Arc<dyn Backing>) -> VirtualMemory {
        VirtualMemory { images: Some(images), ..self.clone() }
    }

    /// The same memory without user space, every read of which fails for the reason `why`.
    #[must_use]
    pub fn without_user_space(&self, why: &str) -> VirtualMemory {
        VirtualMemory { no_user_space: Some(why.into()), ..self.clone() }
    }

    /// The images behind the dump's memory.
    pub fn images(&self) -> Option<&dyn Backing> {
        self.images.as_deref()
    }

    /// Whether the byte at `address` comes from an image file because the dump has none.
    pub fn is_from_image(&self, address: u64) -> bool {
        self.dump_window(address).is_err() && self.window(address).is_ok()
    }

    /// The page tables, in dumps that hold pages of an x64 machine.
    pub fn paging(&self) -> Option<&Paging> {
        match &self.space {
            Space::Paging(paging) => Some(paging),
            _ => None,
        }
    }

    /// The saved ranges, in triage dumps.
    pub fn blocks(&self) -> Option<&BlockMemory> {
        match &self.space {
            Space::Blocks(blocks) => Some(blocks),
            _ => None,
        }
    }

    /// The error of a read that is not to be made, because whose memory it would show is not known.
    fn forbidden(&self, address: u64) -> Option<ReadError> {
        let why =
            self.no_user_space.as_ref().filter(|_| self.bits == Bits::Bits64 && address < USER_SPACE_END)?;
        Some(ReadError::new(address, Reason::NoUserSpace { why: why.clone() }))
    }

    fn is_canonical(&self, address: u64) -> bool {
        match self.bits {
            Bits::Bits32 => address >> 32 == 0,
            Bits::Bits64 => address.cast_signed() << 7 >> 7 == address.cast_signed(),
        }
    }
}

/// The lower half of the address space is the process's.
const USER_SPACE_END: u64 = 1 << 63;
/// Offset of L1tfHighPhysicalBitIndex in KDDEBUGGER_DATA64 (wdbgexts.h).
const L1TF_HIGH_BIT: u64 = 0x2c2;
/// Offset of OwnerTag.
const OWNER_TAG: u64 = 0x10;

/// Finds out how many levels the page tables have, and how entries that are not valid are encoded.
fn adapt(dump: &DumpFile, paging: Paging) -> Paging {
    let header = dump.header();
    let reads = |paging: &Paging| {
        [header.kd_debugger_data_block, header.ps_loaded_module_list]
            .iter()
            .any(|&address| paging.window(address).is_ok())
    };
    // The header does not tell. What every kernel has must be readable one way or the other.
    let five = paging.with_five_levels(true);
    let paging = if !reads(&paging) && reads(&five) { five } else { paging };
    let tag = paging.array(header.kd_debugger_data_block.wrapping_add(OWNER_TAG));
    let high_bit = paging.u8(header.kd_debugger_data_block.wrapping_add(L1TF_HIGH_BIT));
    match (tag, high_bit) {
        (Ok(tag), Ok(index)) if &tag == b"KDBG" => {
            paging.with_encoding(paging.encoding().with_high_bit(index))
        }
        _ => paging,
    }
}

impl VirtualMemory {
    fn dump_window(&self, address: u64) -> Result<&[u8], ReadError> {
        if self.file.is_lost() {
            return Err(ReadError::new(address, Reason::Lost));
        }
        match &self.space {
            Space::Paging(paging) => paging.window(address),
            Space::Blocks(_) if !self.is_canonical(address) => {
                Err(ReadError::new(address, Reason::NotCanonical))
            }
            Space::Blocks(blocks) => blocks.window(address),
            Space::Image(image) => image.window(address),
            Space::Unsupported(reason) => Err(ReadError::new(address, reason.clone())),
        }
    }
}

impl Memory for VirtualMemory {
    fn window(&self, address: u64) -> Result<&[u8], ReadError> {
        if let Some(error) = self.forbidden(address) {
            return Err(error);
        }
        match (self.dump_window(address), &self.images) {
            // The dump's own reason says more than that no image has the byte either.
            (Err(error), Some(images)) if error.reason != Reason::Lost => {
                images.window(address).map_err(|_| error)
            }
            (result, _) => result,
        }
    }

    fn is_lost(&self) -> bool {
        self.file.is_lost()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dump::synth::Machine;

    #[test]
    fn levels_and_encoding_come_from_the_memory() {
        for (levels, high_bit) in [(4, 45u8), (5, 0)] {
            let mut machine = Machine::new(0x100, levels);
            // The header's KdDebuggerDataBlock is at this address.
            machine.map(0xffff_f800_0dea_d000, 5);
            machine.page(5)[0x210..0x214].copy_from_slice(b"KDBG");
            machine.page(5)[0x4c2] = high_bit;
            let dump = DumpFile::from_bytes("generated.dmp", machine.dump(5)).unwrap();
            let memory = VirtualMemory::new(&dump);
            let paging = memory.paging().unwrap();
            assert_eq!(paging.levels(), levels);
            assert!(paging.encoding().mask_known);
            assert_eq!(paging.encoding().invalid_mask, if high_bit == 0 { 0 } else { 1 << 45 });
            assert_eq!(memory.array(0xffff_f800_0dea_d210), Ok(*b"KDBG"));
        }
    }

    #[test]
    fn a_header_dump_has_no_memory() {
        let dump = DumpFile::from_bytes("generated.dmp", Machine::new(1, 4).dump(3)).unwrap();
        let memory = VirtualMemory::new(&dump);
        assert_eq!(memory.u8(0x1000).unwrap_err().reason, Reason::NoMemory);
    }
    #[test]
    fn a_process_that_cannot_be_seen_hides_user_space_alone() {
        let mut machine = Machine::new(0x100, 4);
        machine.map(0xffff_f800_0dea_d000, 5);
        machine.map(0x7ff6_0000_0000, 5);
        machine.page(5)[0x10] = 7;
        let dump = DumpFile::from_bytes("generated.dmp", machine.dump(5)).unwrap();
        let seen = VirtualMemory::new(&dump);
        assert_eq!(seen.u8(0x7ff6_0000_0010), Ok(7));
        let hidden = seen.without_user_space("no page tables");
        assert_eq!(hidden.u8(0xffff_f800_0dea_d010), Ok(7));
        let error = hidden.u8(0x7ff6_0000_0010).unwrap_err().to_string();
        assert!(error.ends_with("the process's user memory cannot be seen: no page tables"), "{error}");
    }
}
