//! Where a download is put.

use std::io::{self, Write};

use crate::util::disk::{AsFile, RoomyFile};

/// Where a transfer goes to.
// Without downloads nothing is put anywhere.
#[cfg_attr(not(feature = "download"), allow(dead_code))]
pub(super) trait Destination {
    /// So many more bytes are to come.
    fn expect(&mut self, bytes: u64) -> io::Result<()>;

    /// Keeps the first `length` bytes; what comes next is put after them.
    fn go_on_after(&mut self, length: u64) -> io::Result<()>;

    /// Takes a piece.
    fn take(&mut self, piece: &[u8]) -> io::Result<()>;
}

impl<F: AsFile> Destination for RoomyFile<F> {
    fn expect(&mut self, bytes: u64) -> io::Result<()> {
        RoomyFile::expect(self, bytes)
    }

    fn go_on_after(&mut self, length: u64) -> io::Result<()> {
        RoomyFile::go_on_after(self, length)
    }

    fn take(&mut self, piece: &[u8]) -> io::Result<()> {
        self.write_all(piece)
    }
}

/// Short texts, which need no folder for temporary files.
impl Destination for Vec<u8> {
    fn expect(&mut self, _bytes: u64) -> io::Result<()> {
        Ok(())
    }

    fn go_on_after(&mut self, length: u64) -> io::Result<()> {
        self.truncate(usize::try_from(length).unwrap_or(usize::MAX));
        Ok(())
    }

    fn take(&mut self, piece: &[u8]) -> io::Result<()> {
        self.extend_from_slice(piece);
        Ok(())
    }
}
