//! Dumps (and images) inside `.zip` and `.gz`: unpacked to a temporary file that has no name any more, so that the system removes
//! it when the dump is closed, even after a crash.

use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use zip::ZipArchive;
use zip::result::ZipError;

use super::error::{DumpError, not_a_dump};
use super::kind::IMAGE;
use super::mapping::Mapping;
use super::progress::Progress;

/// Bytes moved at a time.
const CHUNK: usize = 1 << 18;
/// Archives given as bytes (embedded demos) are unpacked in memory, up to this size.
const MEMORY_CAP: u64 = 1 << 30;
/// How many names of an archive's files a message lists.
const LISTED: usize = 8;

/// Where to unpack.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum To {
    /// A temporary file: memory stays small however large the dump is.
    TemporaryFile,
    /// Memory.
    Memory,
}

/// A dump that was in an archive.
pub(super) struct Unpacked {
    /// Its name in the archive.
    pub(super) member: String,
    /// Its bytes.
    pub(super) mapping: Mapping,
    /// What was wrong with the archive.
    pub(super) warning: Option<String>,
}

/// The dump inside the archive `file`; `None` if it is no archive.
pub(super) fn unpack(
    path: &Path,
    file: &Mapping,
    to: To,
    progress: &mut dyn FnMut(Progress),
) -> Result<Option<Unpacked>, DumpError> {
    let bytes = file.bytes();
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let member = path.file_stem().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let reader = MultiGzDecoder::new(bytes);
        return extract(path, &member, reader, None, to, progress).map(Some);
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return from_zip(path, bytes, to, progress).map(Some);
    }
    Ok(None)
}

fn from_zip(
    path: &Path,
    bytes: &[u8],
    to: To,
    progress: &mut dyn FnMut(Progress),
) -> Result<Unpacked, DumpError> {
    let fail = |why: String| DumpError::Archive { path: path.to_owned(), why };
    let broken = |error: ZipError| match error {
        ZipError::InvalidArchive(why) => {
            fail(format!("the zip archive is damaged or cut off ({why}); fetch it again"))
        }
        error => fail(error.to_string()),
    };
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(broken)?;
    let mut files = Vec::new();
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(broken)?;
        if entry.is_file() {
            files.push((index, entry.name().to_owned(), entry.size(), entry.encrypted()));
        }
    }
    let is_dump = |name: &str| {
        let name = name.to_ascii_lowercase();
        [".dmp", ".kdmp", ".mdmp"].iter().any(|end| name.ends_with(end))
    };
    let dumps: Vec<_> = files.iter().filter(|(_, name, ..)| is_dump(name)).collect();
    let chosen = match (files.as_slice(), dumps.as_slice()) {
        ([only], _) => only,
        (_, [only]) => only,
        ([], _) => return Err(fail("there is no file in it".to_owned())),
        (_, []) => {
            return Err(fail(format!("none of its {} files is named .dmp: {}", files.len(), list(&files))));
        }
        (_, many) => {
            let many: Vec<_> = many.iter().map(|&file| file.clone()).collect();
            return Err(fail(format!(
                "it holds {} dumps: {}; unpack it and open one of them",
                many.len(),
                list(&many)
            )));
        }
    };
    let (index, member, size, encrypted) = chosen;
    if *encrypted {
        return Err(fail(format!("{} in it is encrypted; unpack it first", member.escape_debug())));
    }
    let entry = archive.by_index(*index).map_err(broken)?;
    // Never more than the archive declares: what lies beyond is no part of the dump.
    extract(path, member, entry.take(*size), Some(*size), to, progress)
}

/// Names for a message, free of control characters.
fn list(files: &[(usize, String, u64, bool)]) -> String {
    let mut names: Vec<String> =
        files.iter().take(LISTED).map(|(_, name, ..)| name.escape_debug().to_string()).collect();
    if files.len() > LISTED {
        names.push(format!("and {} more", files.len() - LISTED));
    }
    names.join(", ")
}

/// Unpacks one file. A damaged end leaves what came before it, with a warning.
fn extract(
    path: &Path,
    member: &str,
    mut reader: impl Read,
    total: Option<u64>,
    to: To,
    progress: &mut dyn FnMut(Progress),
) -> Result<Unpacked, DumpError> {
    let place = std::env::temp_dir();
    let cannot_write = |error: io::Error| DumpError::Archive {
        path: path.to_owned(),
        why: format!(
            "cannot write the unpacked dump to {}: {error}; set TMPDIR to a place with more room",
            place.display()
        ),
    };
    let mut sink = match to {
        To::Memory => Sink::Memory(Vec::new()),
        To::TemporaryFile => Sink::File(tempfile::tempfile().map_err(cannot_write)?),
    };
    let mut chunk = vec![0u8; CHUNK];
    let mut done = 0u64;
    let mut warning = None;
    loop {
        let (count, error) = fill(&mut reader, &mut chunk);
        let part = chunk.get(..count).unwrap_or(&[]);
        if done == 0 && !(part.starts_with(b"PAGE") || part.starts_with(IMAGE)) {
            return Err(match error {
                Some(error) if part.is_empty() => DumpError::Archive {
                    path: path.to_owned(),
                    why: format!("{} in it cannot be read: {error}", member.escape_debug()),
                },
                _ => not_a_dump(&path.join(member), part),
            });
        }
        sink.write(part).map_err(cannot_write)?;
        done += count as u64;
        progress(Progress { step: "unpacking", done, total });
        if let Some(error) = error {
            warning = Some(format!(
                "the archive is damaged or cut off ({error}): {done:#x} bytes of the dump could be unpacked"
            ));
        }
        if warning.is_some() || count < chunk.len() {
            break;
        }
    }
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

enum Sink {
    File(File),
    Memory(Vec<u8>),
}

impl Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            // Dumps are full of empty pages: they need no room on the disk.
            Sink::File(file) if bytes.iter().all(|&byte| byte == 0) => {
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

#[cfg(test)]
mod tests {
    use super::super::synth::Machine;
    use super::super::{DumpError, DumpFile};
    use super::*;

    fn dump() -> Vec<u8> {
        let mut machine = Machine::new(0x100, 4);
        (0..40).for_each(|pfn| machine.pattern(pfn));
        machine.dump(5)
    }

    fn gz(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zip(files: &[(&str, &[u8])], method: zip::CompressionMethod) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in files {
            let options = zip::write::SimpleFileOptions::default().compression_method(method);
            writer.start_file(*name, options).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    /// Opens `bytes` both ways: as a file and from memory.
    fn open(name: &str, bytes: &[u8]) -> Result<DumpFile, DumpError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let mut last = 0;
        let from_file = DumpFile::open(&path, &mut |progress| last = progress.done);
        if let Ok(dump) = &from_file {
            assert_eq!(last, dump.bytes().len() as u64);
            // Nothing is left beside the archive, and the dump stays readable without it.
            std::fs::remove_file(&path).unwrap();
            let again = DumpFile::from_bytes(name, bytes.to_vec()).unwrap();
            assert_eq!(again.bytes(), dump.bytes());
        }
        from_file
    }

    #[test]
    fn archives_open_as_the_dump_in_them() {
        let dump = dump();
        let (stored, deflated) = (zip::CompressionMethod::Stored, zip::CompressionMethod::Deflated);
        for (name, bytes, member) in [
            ("a.dmp.gz", gz(&dump), "a.dmp"),
            ("a.zip", zip(&[("folder/MEMORY.DMP", &dump)], stored), "folder/MEMORY.DMP"),
            ("a.zip", zip(&[("readme.txt", b"hello"), ("x.dmp", &dump)], deflated), "x.dmp"),
        ] {
            let opened = open(name, &bytes).unwrap();
            assert!(opened.bytes() == dump, "{name}");
            assert_eq!(opened.member(), Some(member));
            assert_eq!(opened.warnings(), &[] as &[String]);
        }
    }

    #[test]
    fn what_is_left_of_a_cut_archive_is_shown() {
        let dump = dump();
        let whole = gz(&dump);
        let cut = open("a.gz", whole.get(..whole.len() / 2).unwrap()).unwrap();
        assert!(cut.bytes().len() > 0x3000 && dump.starts_with(cut.bytes()));
        assert!(cut.warnings().iter().any(|warning| warning.contains("cut off")), "{:?}", cut.warnings());
    }

    #[test]
    fn archives_without_one_dump_say_so() {
        let dump = dump();
        let stored = zip::CompressionMethod::Stored;
        let message = |name: &str, bytes: Vec<u8>| open(name, &bytes).unwrap_err().to_string();
        let two = message("a.zip", zip(&[("1.dmp", &dump), ("2\x1b[2J.DMP", &dump)], stored));
        assert!(two.contains("2 dumps: 1.dmp, 2\\u{1b}[2J.DMP"), "{two}");
        let none = message("a.zip", zip(&[("1.txt", b"a"), ("2.txt", b"b")], stored));
        assert!(none.contains("named .dmp"), "{none}");
        assert!(message("a.zip", zip(&[], stored)).contains("no file in it"));
        let user = message("a.gz", gz(b"MDMP and so on"));
        assert!(user.contains("user-mode minidump"), "{user}");
        let whole = zip(&[("1.dmp", &dump)], stored);
        let cut = message("a.zip", whole.get(..whole.len() / 2).unwrap().to_vec());
        assert!(cut.contains("cut off"), "{cut}");
        assert!(message("a.gz", vec![0x1f, 0x8b, 1, 2, 3]).contains("cannot unpack"));
    }
}
