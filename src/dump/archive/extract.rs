//! Unpacks one file of an archive.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::super::error::{DumpError, not_a_dump};
use super::super::kind::IMAGE;
use super::super::mapping::Mapping;
use super::super::progress::Progress;
use super::room::{NoRoom, Room};
use super::{To, Unpacked, shown};

/// Bytes moved at a time; the first of them hold a dump's whole header.
const CHUNK: usize = 1 << 18;
/// Archives given as bytes (embedded demos) are unpacked in memory, up to this size.
const MEMORY_CAP: u64 = 1 << 30;

/// Unpacks a file of `total` bytes, if that is known. Its first bytes must be those of a dump or an image, else nothing more of it
/// is unpacked. A damaged end leaves what came before it, with a warning.
pub(super) fn extract(
    path: &Path,
    member: &str,
    mut reader: impl Read,
    total: Option<u64>,
    to: To,
    progress: &mut dyn FnMut(Progress),
) -> Result<Unpacked, DumpError> {
    let place = std::env::temp_dir();
    let fail = |why: String| DumpError::Archive { path: path.to_owned(), why };
    let refuse = |why: NoRoom| fail(format!("{}: {why}", shown(member)));
    let cannot_write = |error: io::Error| {
        let place = place.display();
        fail(format!(
            "cannot write the unpacked dump to {place}: {error}; set TMPDIR to a folder with more room"
        ))
    };
    let mut chunk = vec![0u8; CHUNK];
    let (count, error) = fill(&mut reader, &mut chunk);
    let start = chunk.get(..count).unwrap_or(&[]);
    if !(start.starts_with(b"PAGE") || start.starts_with(IMAGE)) {
        return Err(match error {
            Some(error) if start.is_empty() => {
                fail(format!("{} in it cannot be read: {error}", shown(member)))
            }
            _ => not_a_dump(Path::new(&format!("{}!{}", path.display(), shown(member))), start),
        });
    }
    let mut room = Room::new(start);
    room.check(total.unwrap_or(0)).map_err(refuse)?;
    let mut sink = match to {
        To::Memory => Sink::Memory(Vec::new()),
        To::TemporaryFile => Sink::File(tempfile::tempfile().map_err(cannot_write)?),
    };
    let mut done = 0u64;
    let (mut count, mut error) = (count, error);
    let warning = loop {
        let part = chunk.get(..count).unwrap_or(&[]);
        done += part.len() as u64;
        room.check(done).map_err(refuse)?;
        if let Sink::File(file) = &sink
            && !is_empty(part)
        {
            room.take(part.len() as u64, file, &place).map_err(refuse)?;
        }
        sink.write(part).map_err(cannot_write)?;
        progress(Progress { step: "unpacking", done, total });
        if let Some(error) = error {
            break Some(format!(
                "the archive is damaged or cut off ({error}): {done:#x} bytes of the dump could be unpacked"
            ));
        }
        if count < chunk.len() {
            break None;
        }
        (count, error) = fill(&mut reader, &mut chunk);
    };
    let mapping = sink.finish(done, path).map_err(cannot_write)?;
    Ok(Unpacked { member: member.to_owned(), mapping, warning })
}

/// Reads until `buffer` is full, the end, or an error.
fn fill(reader: &mut impl Read, buffer: &mut [u8]) -> (usize, Option<io::Error>) {
    let mut done = 0;
    while let Some(rest) = buffer.get_mut(done..).filter(|rest| !rest.is_empty()) {
        match reader.read(rest) {
            Ok(0) => break,
            Ok(count) => done += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return (done, Some(error)),
        }
    }
    (done, None)
}

/// Dumps are full of empty pages: they need no room on the disk.
fn is_empty(bytes: &[u8]) -> bool {
    bytes.iter().all(|&byte| byte == 0)
}

enum Sink {
    File(File),
    Memory(Vec<u8>),
}

impl Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Sink::File(file) if is_empty(bytes) => {
                file.seek(SeekFrom::Current(bytes.len() as i64)).map(|_| ())
            }
            Sink::File(file) => file.write_all(bytes),
            Sink::Memory(memory) if (memory.len() + bytes.len()) as u64 > MEMORY_CAP => {
                Err(io::Error::other(format!("it is larger than {MEMORY_CAP:#x} bytes")))
            }
            Sink::Memory(memory) => {
                memory.extend_from_slice(bytes);
                Ok(())
            }
        }
    }

    fn finish(self, size: u64, path: &Path) -> io::Result<Mapping> {
        match self {
            Sink::Memory(memory) => Ok(Mapping::of_bytes(memory)),
            Sink::File(file) => {
                file.set_len(size)?;
                Mapping::of_file(&file, path)
            }
        }
    }
}
