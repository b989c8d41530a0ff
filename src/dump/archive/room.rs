//! How much may be unpacked: a few megabytes of an archive can become more than the disk holds.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::super::kind::IMAGE;
use super::super::{header32, header64};
use crate::util::disk;
use thiserror::Error;

/// Whatever a header says, no more than this is unpacked; a dump is hardly larger than the memory of its machine.
const LIMIT: u64 = 1 << 40;
/// What a dump may hold beyond what its header declares: the header speaks of the memory, and tagged data come behind it.
const BEYOND: u64 = 1 << 28;
/// An image states its sizes in 32 bits; debug information behind it hardly takes more.
const IMAGE_LIMIT: u64 = 1 << 32;

/// Why something is not unpacked.
#[derive(Debug, Error)]
pub(super) enum NoRoom {
    /// It would become larger than what it can be.
    #[error(
        "it unpacks to more than {limit:#x} bytes, and {why}; if you trust it, unpack it and open what comes out"
    )]
    TooLarge {
        /// The most that it may become.
        limit: u64,
        /// Why no more.
        why: &'static str,
    },
    /// The disk has no room for it.
    #[error("{}: {full}; set TMPDIR to a folder with more room", folder.display())]
    Full {
        /// Where it was unpacked to.
        folder: PathBuf,
        /// How much room there is.
        full: disk::NoRoom,
    },
}

/// What is still allowed.
pub(super) struct Room {
    limit: u64,
    why: &'static str,
    disk: disk::Room,
}

impl Room {
    /// The room for a file that begins with `start`.
    pub(super) fn new(start: &[u8]) -> Room {
        let (limit, why) = match start {
            start if start.starts_with(IMAGE) => (IMAGE_LIMIT, "an image is never as large"),
            start => match declared(start).and_then(|size| size.checked_mul(2)?.checked_add(BEYOND)) {
                Some(limit) if limit < LIMIT => (limit, "its own header declares much less"),
                _ => (LIMIT, "no dump is as large"),
            },
        };
        Room { limit, why, disk: disk::Room::default() }
    }

    /// Refuses a file of `total` bytes.
    pub(super) fn check(&self, total: u64) -> Result<(), NoRoom> {
        match total > self.limit {
            true => Err(NoRoom::TooLarge { limit: self.limit, why: self.why }),
            false => Ok(()),
        }
    }

    /// Counts bytes that are about to be written to `file` in `folder`, and refuses them where the disk has no room.
    pub(super) fn take(&mut self, count: u64, file: &File, folder: &Path) -> Result<(), NoRoom> {
        self.disk.take(count, file).map_err(|full| NoRoom::Full { folder: folder.to_owned(), full })
    }
}

/// The size that a dump's header declares for all of it.
fn declared(start: &[u8]) -> Option<u64> {
    let mut warnings = Vec::new();
    let header = match start.get(..8)? {
        signature if signature == header64::SIGNATURE => header64::parse(start, &mut warnings),
        signature if signature == header32::SIGNATURE => header32::parse(start, &mut warnings),
        _ => None,
    };
    header?.required_size.filter(|&size| size != 0)
}

#[cfg(test)]
mod tests {
    use super::super::super::synth::Machine;
    use super::*;

    #[test]
    fn the_header_decides_how_much_may_come() {
        let mut header = Machine::new(1, 4).header(4);
        header[0xfa0..0xfa8].copy_from_slice(&0x4_0000u64.to_le_bytes());
        let room = Room::new(&header);
        assert!(room.check(BEYOND + 0x8_0000).is_ok());
        let why = room.check(BEYOND + 0x8_0001).unwrap_err().to_string();
        assert!(why.contains("its own header declares much less"), "{why}");
        // A writer that leaves the field at its filler, or at zero, is taken at its word up to the limit of all.
        for filler in [*b"PAGEPAGE", [0; 8], [0xff; 8]] {
            header[0xfa0..0xfa8].copy_from_slice(&filler);
            assert!(Room::new(&header).check(LIMIT).is_ok());
            assert!(Room::new(&header).check(LIMIT + 1).is_err());
        }
        assert!(Room::new(b"MZ\x90\0").check(IMAGE_LIMIT + 1).is_err());
        assert!(Room::new(b"PAGE").check(LIMIT).is_ok());
    }
}
