//! The virtual memory of a dump, whatever its kind.

use std::sync::Arc;

use super::Memory;
use super::blocks::BlockMemory;
use super::error::{ReadError, Reason};
use super::paging::Paging;
use crate::dump::{Bits, DumpFile, Machine};

/// Virtual memory: page tables or the ranges of a triage dump. Cloning shares it.
#[derive(Clone)]
pub struct VirtualMemory {
    space: Space,
    bits: Bits,
}

#[derive(Clone)]
enum Space {
    Paging(Paging),
    Blocks(Arc<BlockMemory>),
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
            Space::Paging(Paging::new(dump))
        } else {
            Space::Unsupported(Reason::NoTranslation {
                machine: header.machine,
            })
        };
        VirtualMemory {
            space,
            bits: header.bits,
        }
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
            Space::Paging(paging) => VirtualMemory {
                space: Space::Paging(change(paging)),
                ..self.clone()
            },
            _ => self.clone(),
        }
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

    fn is_canonical(&self, address: u64) -> bool {
        match self.bits {
            Bits::Bits32 => address >> 32 == 0,
            Bits::Bits64 => address.cast_signed() << 7 >> 7 == address.cast_signed(),
        }
    }
}

impl Memory for VirtualMemory {
    fn window(&self, address: u64) -> Result<&[u8], ReadError> {
        match &self.space {
            Space::Paging(paging) => paging.window(address),
            Space::Blocks(_) if !self.is_canonical(address) => {
                Err(ReadError::new(address, Reason::NotCanonical))
            }
            Space::Blocks(blocks) => blocks.window(address),
            Space::Unsupported(reason) => Err(ReadError::new(address, reason.clone())),
        }
    }
}
