//! Where the bytes of a value lie.

use crate::memory::{Memory, PhysicalMemory, ReadError, Reason, VirtualMemory};
use std::sync::Arc;

/// What holds the bytes of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Store {
    /// Memory.
    Memory,
    /// Physical memory.
    Physical,
    /// Nothing that has addresses: they were gathered, from registers for one, and are these.
    Held(Arc<[u8]>),
}

/// Where the bytes of a value lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// What holds them.
    pub store: Store,
    /// Where the first of them lies there: an address, or how many of the held bytes stand before it.
    pub at: u64,
}

impl Place {
    /// In memory.
    pub const fn memory(address: u64) -> Place {
        Place { store: Store::Memory, at: address }
    }

    /// In physical memory.
    pub const fn physical(address: u64) -> Place {
        Place { store: Store::Physical, at: address }
    }

    /// Bytes that were gathered: these.
    pub fn held(bytes: &[u8]) -> Place {
        Place { store: Store::Held(bytes.into()), at: 0 }
    }

    /// So many bytes further on.
    #[must_use]
    pub fn plus(&self, bytes: u64) -> Place {
        Place { store: self.store.clone(), at: self.at.wrapping_add(bytes) }
    }

    /// Its address; `None` where it has none, or a physical one.
    pub fn address(&self) -> Option<u64> {
        (self.store == Store::Memory).then_some(self.at)
    }

    /// Fills the buffer from here on.
    ///
    /// # Errors
    /// The first byte that cannot be read, and why; of held bytes the end.
    pub fn read(
        &self,
        memory: &VirtualMemory,
        physical: Option<&PhysicalMemory>,
        buffer: &mut [u8],
    ) -> Result<(), ReadError> {
        match &self.store {
            Store::Memory => memory.read(self.at, buffer),
            Store::Physical => match physical {
                Some(physical) => physical.read(self.at, buffer),
                None => Err(ReadError::new(self.at, Reason::NoMemory)),
            },
            Store::Held(bytes) => {
                let start = usize::try_from(self.at).unwrap_or(usize::MAX);
                let end = start.saturating_add(buffer.len());
                let part = bytes.get(start..end);
                let part = part.ok_or_else(|| ReadError::new(bytes.len() as u64, Reason::EndOfSpace))?;
                buffer.copy_from_slice(part);
                Ok(())
            }
        }
    }

    /// An unsigned integer of 1 to 8 bytes.
    ///
    /// # Errors
    /// As [`Place::read`].
    pub fn uint(
        &self,
        memory: &VirtualMemory,
        physical: Option<&PhysicalMemory>,
        size: usize,
    ) -> Result<u64, ReadError> {
        // What most reads ask for: whole integers in memory.
        if self.store == Store::Memory {
            match size {
                8 => return memory.u64(self.at),
                4 => return memory.u32(self.at).map(u64::from),
                2 => return memory.u16(self.at).map(u64::from),
                1 => return memory.u8(self.at).map(u64::from),
                _ => {}
            }
        }
        let mut bytes = [0u8; 8];
        let part = bytes.get_mut(..size).ok_or_else(|| ReadError::new(self.at, Reason::EndOfSpace))?;
        self.read(memory, physical, part)?;
        Ok(u64::from_le_bytes(bytes))
    }
}
