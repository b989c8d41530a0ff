//! Damaged and foreign files: an error or less to show, never a panic, a hang or a huge allocation.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use dumpscope::symbols::pdb::{Identity, PdbFile};
use dumpscope::symbols::source::SymbolSource;
use dumpscope::symbols::types::format::{self, FormatOptions, View};
use dumpscope::symbols::types::{TypeId, TypeSource};
use dumpscope::symbols::wildcard::Wildcard;

fn fixture(name: &str) -> Vec<u8> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let bytes = std::fs::read(folder.join(name)).unwrap();
    if !name.ends_with(".gz") {
        return bytes;
    }
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(bytes.as_slice()).read_to_end(&mut plain).unwrap();
    plain
}

fn open(bytes: Vec<u8>) -> Result<PdbFile, String> {
    PdbFile::from_bytes(bytes, Path::new("x.pdb"), None).map_err(|e| e.to_string())
}

/// Asks everything that can be asked of a PDB.
fn use_all_of(pdb: &PdbFile) -> usize {
    let everything = Wildcard::new("*");
    let mut answers = 0;
    // The first names come from a part of the file, before all of it is read.
    for rva in (0..0x4000).step_by(0x155) {
        answers += pdb.exact(rva).len() + usize::from(pdb.nearest(rva).is_some());
        answers += usize::from(pdb.following(rva).is_some());
    }
    let options = FormatOptions { recurse: 2, verbose: true, ..FormatOptions::default() };
    let read = |_: u64, buffer: &mut [u8]| {
        buffer.fill(0x41);
        true
    };
    for name in pdb.type_names(&everything) {
        let view = View::new(pdb, &read, &|_| None, &|_| None);
        if let Some(id) = pdb.find(&name) {
            answers += format::lines(&view, id, Some(0x1000), &options).lines.len();
        }
    }
    for id in 0x1000..0x1100 {
        answers += usize::from(pdb.get(TypeId(id)).is_some());
        answers += pdb.size_of(TypeId(id)).unwrap_or(0).min(1) as usize;
    }
    for symbol in pdb.matching(&everything) {
        for rva in [symbol.rva, symbol.rva.wrapping_add(9), symbol.rva.wrapping_add(0x31)] {
            answers += pdb.locals(rva).len() + pdb.inline_chain(rva).len();
            answers += usize::from(pdb.line(rva).is_some());
            answers += usize::from(pdb.function_extent(rva).is_some());
        }
    }
    answers
}

/// A small generator, so that a failure can be repeated.
struct Random(u64);

impl Random {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % below as u64) as usize
    }
}

#[test]
fn flipped_bytes() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let started = Instant::now();
    let (mut opened, mut answers) = (0, 0);
    for name in ["symbols/driver.pdb", "symbols/shapes.pdb", "pdb/publics.pdb.gz", "pdb/rearranged.pdb.gz"] {
        let whole = fixture(name);
        for round in 0..400 {
            let mut bytes = whole.clone();
            for _ in 0..=random.next(12) {
                let at = random.next(bytes.len());
                bytes[at] = match random.next(4) {
                    0 => 0xff,
                    1 => 0,
                    2 => bytes[at].wrapping_add(1),
                    _ => random.next(256) as u8,
                };
            }
            // Whole words too: sizes, counts and indexes are what readers trust.
            if round % 3 == 0 {
                let at = random.next(bytes.len() / 4) * 4;
                bytes[at..at + 4].copy_from_slice(&[0xff, 0xff, 0xff, 0x7f]);
            }
            if let Ok(pdb) = open(bytes) {
                opened += 1;
                answers += use_all_of(&pdb);
            }
        }
    }
    println!("{opened} opened, {answers} answers, {:?}", started.elapsed());
    assert!(opened > 600, "{opened}");
    assert!(started.elapsed() < Duration::from_secs(120));
}

#[test]
fn cut_files() {
    for name in ["symbols/driver.pdb", "pdb/publics.pdb.gz"] {
        let whole = fixture(name);
        for len in (0..whole.len()).step_by(509) {
            if let Ok(pdb) = open(whole[..len].to_vec()) {
                use_all_of(&pdb);
            }
        }
    }
}

#[test]
fn foreign_files_are_named() {
    for (bytes, words) in [
        (&b""[..], "empty"),
        (b"MZ\x90\0", "executable image"),
        (b"MSCF\0\0", "cabinet"),
        (b"<html><body>404", "web page"),
        (b"Microsoft MSFZ Container\r\n\x1aALD\0\0\0\0\0\0", "compressed PDB"),
        (b"BSJB\x01\0\x01\0", "portable PDB"),
        (b"Microsoft C/C++ MSF 7.00\r\n\x1aDS\0\0\0", "damaged"),
    ] {
        let error = open(bytes.to_vec()).unwrap_err();
        assert!(error.contains(words), "{error}");
        assert!(error.contains("x.pdb"), "{error}");
    }
}

#[test]
fn a_fastlink_pdb_is_recognised() {
    let mut bytes = fixture("symbols/driver.pdb");
    // The feature words follow the map of named streams; the last of them is VC140 (20140508).
    let feature = 20_140_508u32.to_le_bytes();
    let found: Vec<usize> = (0..bytes.len() - 4).filter(|&at| bytes[at..at + 4] == feature).collect();
    let at = *found.iter().find(|at| *at % 4 == 0 || found.len() == 1).unwrap();
    bytes[at..at + 4].copy_from_slice(b"MINI");
    let error = open(bytes).unwrap_err();
    assert!(error.contains("FASTLINK"), "{error}");
}

#[test]
fn another_builds_pdb_is_refused_with_both_identities() {
    let pdb = open(fixture("symbols/driver.pdb")).unwrap();
    assert!(pdb.check(pdb.identity()).is_ok());
    let wanted = Identity { age: pdb.identity().age + 1, ..*pdb.identity() };
    let error = pdb.check(&wanted).unwrap_err().to_string();
    assert!(error.contains(&wanted.to_string()), "{error}");
    assert!(error.contains(&pdb.identity().to_string()), "{error}");
}

#[test]
fn the_cached_table_is_written_used_and_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/symbols/driver.pdb");
    let names = |pdb: &PdbFile| -> Vec<String> {
        let all = pdb.matching(&Wildcard::new("*"));
        all.iter().map(|s| format!("{:x} {} {:?}", s.rva, s.name, s.kind)).collect()
    };
    let cold = names(&PdbFile::open(&path, Some(folder.path())).unwrap());
    let files: Vec<PathBuf> = std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().path()).collect();
    assert_eq!(files.len(), 1);
    let stored = std::fs::read(&files[0]).unwrap();
    let warm = PdbFile::open(&path, Some(folder.path())).unwrap();
    assert_eq!(names(&warm), cold);
    assert_eq!(warm.locals(warm.by_name("Find")[0].rva).len(), 5);
    let mut broken = stored.clone();
    broken[100] ^= 0xff;
    std::fs::write(&files[0], &broken).unwrap();
    assert_eq!(names(&PdbFile::open(&path, Some(folder.path())).unwrap()), cold);
    assert_eq!(std::fs::read(&files[0]).unwrap(), stored);
}

/// Reading all names ends when nobody wants them any more, wherever it is, and is done when somebody asks again.
#[test]
fn reading_all_names_can_be_stopped() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/symbols/driver.pdb");
    let expected = PdbFile::open(&path, None).unwrap().name_index().unwrap().len();
    let read = |limit: usize| {
        let folder = tempfile::tempdir().unwrap();
        let asked = Arc::new(AtomicUsize::new(0));
        let (counter, left) = (Arc::clone(&asked), Arc::new(AtomicUsize::new(limit)));
        let bound = Arc::clone(&left);
        let pdb = PdbFile::open(&path, Some(folder.path())).unwrap();
        let pdb = pdb.until(Arc::new(move || counter.fetch_add(1, Relaxed) >= bound.load(Relaxed)));
        let first = pdb.name_index().map(|names| names.len()).map_err(|error| error.to_string());
        let total = asked.load(Relaxed);
        left.store(usize::MAX, Relaxed);
        (first, total, pdb.name_index().unwrap().len())
    };
    let (whole, all, _) = read(usize::MAX);
    assert_eq!(whole, Ok(expected));
    let mut stopped = 0;
    for limit in 0..all {
        let (first, asked, second) = read(limit);
        assert_eq!(second, expected, "after a stop at {limit}");
        // A table that could not be put into the cache any more is a table all the same.
        match first {
            Ok(count) => assert_eq!(count, expected),
            Err(error) => {
                stopped += 1;
                assert!(error.contains("stopped before it was done"), "{error}");
                assert!(asked <= limit + 4, "{asked} questions after {limit}");
            }
        }
    }
    assert!(stopped > all / 2, "{stopped} of {all}");
}

/// `.reload /f` believes no table in the cache, and replaces it.
#[test]
fn a_cached_table_is_made_anew_on_request() {
    let folder = tempfile::tempdir().unwrap();
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/symbols/driver.pdb");
    let open = || PdbFile::open(&path, Some(folder.path())).unwrap();
    open().name_index().unwrap();
    let kept = std::fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
    let written = || std::fs::metadata(&kept).unwrap().modified().unwrap();
    let first = written();
    std::thread::sleep(std::time::Duration::from_millis(20));
    open().name_index().unwrap();
    assert_eq!(written(), first, "it was used");
    open().renewing_cache(true).name_index().unwrap();
    assert!(written() > first, "it was replaced");
}
