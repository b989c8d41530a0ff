//! The bytes of a dump: a mapped file, or bytes held in memory (embedded demos, tests).
//!
//! One of the two places of the library with `unsafe` (the other is `pod`).
#![allow(unsafe_code)]

use std::fs::File;
use std::io;
use std::sync::Arc;

use memmap2::Mmap;

/// Shared, read-only bytes. Cloning is cheap.
#[derive(Clone)]
pub struct Mapping(Arc<Source>);

enum Source {
    Mapped(Mmap),
    Bytes(Vec<u8>),
}

impl Mapping {
    /// Maps all of `file` for reading. Only address space is taken: pages are read when they are touched.
    ///
    /// # Errors
    /// What the system says, for example when the file is larger than the address space.
    pub fn of_file(file: &File) -> io::Result<Mapping> {
        // SAFETY: the mapping is read-only and its bytes are only ever read as `&[u8]`, for which every bit pattern
        // is valid. What cannot be excluded is that another process changes or shortens the file while it is open:
        // a dump is written once and then left alone, copying it (up to the size of the machine's memory) is not an
        // option, and every reader here bounds-checks each value it takes again, so a changed byte gives a wrong
        // value and never a wild access; a shortened file ends the process with SIGBUS, as in every debugger.
        let map = unsafe { Mmap::map(file)? };
        Ok(Mapping(Arc::new(Source::Mapped(map))))
    }

    /// Takes bytes that are in memory already.
    pub fn of_bytes(bytes: Vec<u8>) -> Mapping {
        Mapping(Arc::new(Source::Bytes(bytes)))
    }

    /// All the bytes.
    pub fn bytes(&self) -> &[u8] {
        match &*self.0 {
            Source::Mapped(map) => map,
            Source::Bytes(bytes) => bytes,
        }
    }

    /// Number of bytes.
    pub fn len(&self) -> u64 {
        self.bytes().len() as u64
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.bytes().is_empty()
    }
}

impl AsRef<[u8]> for Mapping {
    fn as_ref(&self) -> &[u8] {
        self.bytes()
    }
}

impl std::fmt::Debug for Mapping {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mapping({:#x} bytes)", self.len())
    }
}
