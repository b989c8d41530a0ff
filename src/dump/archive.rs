//! Dumps (and images) inside `.zip` and `.gz`: unpacked to a temporary file that has no name any more, so that the system removes
//! it when the dump is closed, even after a crash.

mod extract;
mod room;
mod zipped;

use std::path::Path;

use flate2::read::MultiGzDecoder;

use super::error::DumpError;
use super::mapping::Mapping;
use super::progress::Progress;
use extract::extract;

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

/// The dump inside the archive `file`, the one called `wanted` where that is said; `None` if it is no archive.
pub(super) fn unpack(
    path: &Path,
    wanted: Option<&str>,
    file: &Mapping,
    to: To,
    progress: &mut dyn FnMut(Progress),
) -> Result<Option<Unpacked>, DumpError> {
    let bytes = file.bytes();
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return zipped::unpack(path, wanted, bytes, to, progress).map(Some);
    }
    if let Some(wanted) = wanted {
        let why = format!("it is no zip archive, so there is no {} in it", shown(wanted));
        return Err(DumpError::Archive { path: path.to_owned(), why });
    }
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let member = path.file_stem().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        return extract(path, &member, MultiGzDecoder::new(bytes), None, to, progress).map(Some);
    }
    Ok(None)
}

/// A name out of an archive for a message: everything as it is but control characters.
fn shown(name: &str) -> String {
    let mut text = String::new();
    for letter in name.chars() {
        match letter.is_control() {
            true => text.extend(letter.escape_unicode()),
            false => text.push(letter),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::synth::Machine;
    use super::super::{DumpError, DumpFile};
    use std::io::{Cursor, Write};

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

    /// Opens `name` in an archive that holds `files`.
    fn open_in(files: &[(&str, &[u8])], name: &str) -> Result<DumpFile, DumpError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.zip");
        std::fs::write(&path, zip(files, zip::CompressionMethod::Stored)).unwrap();
        let mut path = path.into_os_string();
        path.push("!");
        path.push(name);
        DumpFile::open(std::path::Path::new(&path), &mut |_| {})
    }

    #[test]
    fn one_of_several_dumps_is_opened_by_its_name() {
        let (one, mut two) = (dump(), dump());
        two[0x3000] ^= 1;
        let files: [(&str, &[u8]); 4] = [
            ("Mon/MEMORY.DMP", &one),
            ("Tue\\memory.dmp", &two),
            ("Mon/b!c.dmp", &two),
            ("notes.txt", b"hello"),
        ];
        for (name, expected, member) in [
            ("Mon/MEMORY.DMP", &one, "Mon/MEMORY.DMP"),
            ("mon\\memory.dmp", &one, "Mon/MEMORY.DMP"),
            ("Tue\\memory.dmp", &two, "Tue\\memory.dmp"),
            ("tue/memory.dmp", &two, "Tue\\memory.dmp"),
            ("B!C.dmp", &two, "Mon/b!c.dmp"),
        ] {
            let opened = open_in(&files, name).unwrap();
            assert!(opened.bytes() == expected, "{name}");
            assert_eq!(opened.member(), Some(member));
            assert!(opened.path().ends_with("a.zip"));
        }
        let message = |name| open_in(&files, name).unwrap_err().to_string();
        let ambiguous = message("memory.dmp");
        assert!(ambiguous.contains("2 of its files are called memory.dmp"), "{ambiguous}");
        // As it was written, and as it is typed.
        assert!(ambiguous.contains("a.zip!Tue\\memory.dmp  ("), "{ambiguous}");
        assert!(message("none.dmp").contains("there is no none.dmp in it; it holds:"));
        assert!(message("notes.txt").contains("neither a Windows kernel crash dump nor a PE image"));
        // The name of a file that is there comes first, whatever is in it.
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x!y.dmp");
        std::fs::write(&path, &one).unwrap();
        assert_eq!(DumpFile::open(&path, &mut |_| {}).unwrap().member(), None);
        std::fs::write(folder.path().join("x"), &one).unwrap();
        let plain = DumpFile::open(&folder.path().join("x!z.dmp"), &mut |_| {}).unwrap_err().to_string();
        assert!(plain.contains("no zip archive, so there is no z.dmp in it"), "{plain}");
        let missing = DumpFile::open(&folder.path().join("q!z.dmp"), &mut |_| {}).unwrap_err();
        assert!(matches!(missing, DumpError::NotFound(_)), "{missing}");
    }

    /// A header that declares 4 KiB, and then much more: no more is unpacked than the header can account for.
    #[test]
    fn a_bomb_is_not_unpacked() {
        let mut start = dump();
        start[0xfa0..0xfa8].copy_from_slice(&0x1000u64.to_le_bytes());
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(&start).unwrap();
        let block = vec![0u8; 1 << 20];
        for _ in 0..300 {
            encoder.write_all(&block).unwrap();
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.dmp.gz");
        std::fs::write(&path, encoder.finish().unwrap()).unwrap();
        let mut most = 0;
        let refused = DumpFile::open(&path, &mut |progress| most = progress.done).unwrap_err().to_string();
        assert!(refused.contains("its own header declares much less"), "{refused}");
        assert!(most <= (1 << 28) + 0x2000, "{most:#x}");
    }

    #[test]
    fn archives_without_one_dump_say_so() {
        let dump = dump();
        let stored = zip::CompressionMethod::Stored;
        let message = |name: &str, bytes: Vec<u8>| open(name, &bytes).unwrap_err().to_string();
        let two = message("a.zip", zip(&[("1.dmp", &dump), ("2\x1b[2J.DMP", &dump)], stored));
        assert!(two.contains("it holds 2 dumps; open one of them by its name:"), "{two}");
        assert!(two.contains("a.zip!1.dmp  (") && two.contains("a.zip!2\\u{1b}[2J.DMP  ("), "{two}");
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
