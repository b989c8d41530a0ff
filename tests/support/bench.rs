//! A cache and a finder for tests that ask servers on the loopback for the sample files.
// Each test file uses its part.
#![allow(dead_code)]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use dumpscope::search::finder::FinderOptions;
use dumpscope::search::identity::Identity;
use dumpscope::search::observer::Silent;
use dumpscope::search::path::SearchPath;
use dumpscope::search::server::download::Limits;
use dumpscope::search::{Finder, Search};
use dumpscope::symbols::module::FileId;

pub fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/pe").join(name)
}

/// The sample PDB and its identity.
pub fn pdb() -> (Vec<u8>, FileId) {
    let path = data("sample64.pdb");
    (std::fs::read(&path).unwrap(), Identity::of_file(&path).unwrap().file_id("sample64.pdb"))
}

pub fn image() -> (Vec<u8>, FileId) {
    let path = data("sample64.sys");
    (std::fs::read(&path).unwrap(), Identity::of_file(&path).unwrap().file_id("sample64.sys"))
}

/// Where a single-tier store keeps the file.
pub fn address(id: &FileId) -> String {
    format!("/{}/{}/{}", id.name(), id.key(), id.name())
}

pub fn limits() -> Limits {
    Limits {
        size: 1 << 20,
        total: Duration::from_secs(4),
        stall: Duration::from_secs(1),
        connect: Duration::from_secs(2),
        ..Limits::default()
    }
}

/// A cache in a folder of its own.
pub struct Bench {
    pub folder: tempfile::TempDir,
}

impl Bench {
    pub fn new() -> Bench {
        Bench { folder: tempfile::tempdir().unwrap() }
    }

    pub fn cache(&self) -> PathBuf {
        self.folder.path().join("root/cache")
    }

    pub fn finder(&self, path: &str, limits: Limits) -> Finder {
        let options = FinderOptions { default_cache: self.cache(), limits, ..FinderOptions::default() };
        Finder::new(SearchPath::parse(path), SearchPath::default(), options)
    }

    pub fn find(&self, path: &str, id: &FileId) -> Search {
        self.finder(path, limits()).find(id, &Silent)
    }

    /// Every file below the folder that holds the cache.
    pub fn files(&self) -> Vec<PathBuf> {
        fn walk(dir: &Path, found: &mut Vec<PathBuf>) {
            for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
                match entry.path() {
                    path if path.is_dir() => walk(&path, found),
                    path => found.push(path),
                }
            }
        }
        let mut found = Vec::new();
        walk(self.folder.path(), &mut found);
        found.sort();
        found
    }

    pub fn path_in_cache(&self, id: &FileId) -> PathBuf {
        self.cache().join(id.name()).join(id.key()).join(id.name())
    }
}

pub fn failure(search: &Search) -> String {
    assert_eq!(search.found, None, "{:?}", search.attempts);
    let texts: Vec<String> = search.attempts.iter().map(|a| a.outcome.to_string()).collect();
    texts.join("; ")
}

/// A cabinet of one file.
pub fn cabinet(data: &[u8]) -> Vec<u8> {
    let mut builder = cab::CabinetBuilder::new();
    builder.add_folder(cab::CompressionType::MsZip).add_file("..\\..\\evil.pdb");
    let mut writer = builder.build(std::io::Cursor::new(Vec::new())).unwrap();
    writer.next_file().unwrap().unwrap().write_all(data).unwrap();
    assert!(writer.next_file().unwrap().is_none());
    writer.finish().unwrap().into_inner()
}

/// A download that was left to itself cleans up as soon as it notices.
pub fn wait_for_no_files(bench: &Bench) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !bench.files().is_empty() {
        assert!(Instant::now() < deadline, "{:?}", bench.files());
        thread::sleep(Duration::from_millis(20));
    }
}
