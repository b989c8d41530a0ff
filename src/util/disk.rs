//! Files that are written in pieces of unknown number: never so many that nobody else has room on the disk.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use thiserror::Error;

/// Room that is left on the disk for everybody else, or a tenth of a disk that is small.
const KEPT: u64 = 256 << 20;
/// So many bytes are written between two looks at the disk.
const LOOK: u64 = 64 << 20;

/// The disk is too full for what was to come.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("the disk has {free:#x} bytes left, {wanted:#x} more are needed now and {kept:#x} are kept free")]
pub struct NoRoom {
    /// Bytes that are free.
    pub free: u64,
    /// Bytes that were to come next.
    pub wanted: u64,
    /// Bytes that are left for others.
    pub kept: u64,
}

/// What of a disk is free, and how large it is, in bytes.
#[derive(Debug, Clone, Copy)]
struct Disk {
    free: u64,
    size: u64,
}

impl Disk {
    /// Whether `wanted` more bytes leave enough.
    fn check(self, wanted: u64) -> Result<(), NoRoom> {
        let kept = KEPT.min(self.size / 10);
        match self.free < kept.saturating_add(wanted) {
            true => Err(NoRoom { free: self.free, wanted, kept }),
            false => Ok(()),
        }
    }
}

/// The disk on which `file` lies.
#[cfg(unix)]
fn disk(file: &File) -> Option<Disk> {
    let about = rustix::fs::fstatvfs(file).ok()?;
    let bytes = |blocks: u64| blocks.checked_mul(about.f_frsize);
    Some(Disk { free: bytes(about.f_bavail)?, size: bytes(about.f_blocks)? })
}

/// Not known: a full disk is an error of the write.
#[cfg(not(unix))]
fn disk(_file: &File) -> Option<Disk> {
    None
}

/// The room of a disk, looked at now and then while a file grows.
#[derive(Debug, Default)]
pub struct Room {
    written: u64,
    /// What `written` is when the disk is looked at again.
    next_look: u64,
}

impl Room {
    /// Counts bytes that are about to be written to `file`.
    ///
    /// # Errors
    /// The disk has no room for them and those of the next while.
    pub fn take(&mut self, count: u64, file: &File) -> Result<(), NoRoom> {
        self.written = self.written.saturating_add(count);
        if self.written <= self.next_look {
            return Ok(());
        }
        // The first piece alone may be the whole file; what goes on is likely to go on for a while.
        let wanted = if self.next_look == 0 { count } else { LOOK.max(count) };
        self.next_look = self.written.saturating_add(LOOK);
        Self::expect(wanted, file)
    }

    /// Refuses `wanted` bytes that are known to come.
    ///
    /// # Errors
    /// The disk has no room for them.
    pub fn expect(wanted: u64, file: &File) -> Result<(), NoRoom> {
        disk(file).map_or(Ok(()), |disk| disk.check(wanted))
    }
}

/// A file that stops growing, with an error, before the disk is full.
#[derive(Debug)]
pub struct RoomyFile<F = File> {
    file: F,
    room: Room,
}

impl<F: AsFile> RoomyFile<F> {
    /// Writes to `file` from where it stands.
    pub fn new(file: F) -> RoomyFile<F> {
        RoomyFile { file, room: Room::default() }
    }

    /// The file itself.
    pub fn get_ref(&self) -> &F {
        &self.file
    }

    /// The file itself, to be read.
    pub fn get_mut(&mut self) -> &mut F {
        &mut self.file
    }

    /// The file itself.
    pub fn into_inner(self) -> F {
        self.file
    }

    /// Keeps the first `length` bytes; what is written next comes after them.
    ///
    /// # Errors
    /// Those of the system.
    pub fn go_on_after(&mut self, length: u64) -> io::Result<()> {
        let file = self.file.as_file_mut();
        file.set_len(length)?;
        file.seek(SeekFrom::Start(length)).map(|_| ())
    }

    /// Refuses `wanted` bytes that are known to come.
    ///
    /// # Errors
    /// [`NoRoom`], as an error of input and output.
    pub fn expect(&self, wanted: u64) -> io::Result<()> {
        Room::expect(wanted, self.file.as_file()).map_err(no_room)
    }
}

impl<F: AsFile> Write for RoomyFile<F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.room.take(bytes.len() as u64, self.file.as_file()).map_err(no_room)?;
        self.file.as_file_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_file_mut().flush()
    }
}

impl<F: AsFile> Read for RoomyFile<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.as_file_mut().read(buffer)
    }
}

fn no_room(error: NoRoom) -> io::Error {
    io::Error::new(io::ErrorKind::StorageFull, error)
}

/// What has an open file in it.
pub trait AsFile {
    /// The file.
    fn as_file(&self) -> &File;
    /// The file.
    fn as_file_mut(&mut self) -> &mut File;
}

impl AsFile for File {
    fn as_file(&self) -> &File {
        self
    }

    fn as_file_mut(&mut self) -> &mut File {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_refused_and_a_small_one_is_used() {
        let gigabyte = 1 << 30;
        let large = Disk { free: KEPT + 100, size: 100 * gigabyte };
        assert_eq!(large.check(100), Ok(()));
        assert_eq!(large.check(101), Err(NoRoom { free: KEPT + 100, wanted: 101, kept: KEPT }));
        // A RAM disk of 64 MB.
        let small = Disk { free: 20 << 20, size: 64 << 20 };
        assert_eq!(small.check(10 << 20), Ok(()));
        assert!(small.check(15 << 20).is_err());
        let text = large.check(u64::MAX).unwrap_err().to_string();
        assert!(text.contains("0x10000064 bytes left"), "{text}");
    }

    #[test]
    #[cfg(unix)]
    fn more_than_any_disk_holds_is_refused_before_it_comes() {
        let mut file = RoomyFile::new(tempfile::tempfile().unwrap());
        assert_eq!(file.expect(1 << 62).unwrap_err().kind(), io::ErrorKind::StorageFull);
        file.write_all(b"some text").unwrap();
        file.go_on_after(4).unwrap();
        file.write_all(b"!").unwrap();
        let mut inner = file.into_inner();
        inner.seek(SeekFrom::Start(0)).unwrap();
        assert_eq!(io::read_to_string(inner).unwrap(), "some!");
    }
}
