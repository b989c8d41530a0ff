//! Makes and checks the packs of the demos: `assets/demo/dumps.pack` and `symbols.pack`, from what the forge writes beside
//! them.
//!
//! Who runs the forge then runs `DUMPSCOPE_UPDATE=1 cargo test --test project demos`.

use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

use dumpscope::util::pack::Pack;

/// In the order in which unpacking comes to them: those that are most alike beside each other, and what is shown first
/// to those who look for the first time before the rest.
const DUMPS: &[&str] =
    &["wifi", "wifi-fc", "wifi-d1", "wifi-50", "scanner-139", "nosyms", "scanner-1a", "usb", "readonly"];
/// As far apart as two dumps that have the same pages: unpacking takes as much memory.
const DISTANCE: u32 = 32 << 20;

type Files = Vec<(String, Vec<u8>)>;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo")
}

fn dumps() -> Files {
    let unpacked = |name: &str| {
        let file = std::fs::File::open(folder().join(format!("{name}.dmp.gz"))).unwrap();
        let mut bytes = Vec::new();
        flate2::read::GzDecoder::new(file).read_to_end(&mut bytes).unwrap();
        bytes
    };
    let made = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name());
    assert_eq!(made.filter(|name| name.to_str().unwrap().ends_with(".dmp.gz")).count(), DUMPS.len());
    DUMPS.iter().map(|&name| (name.to_owned(), unpacked(name))).collect()
}

fn store() -> Files {
    let zip = std::fs::read(folder().join("symbols.zip")).unwrap();
    let mut archive = zip::ZipArchive::new(Cursor::new(zip)).unwrap();
    let mut files = Files::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).unwrap();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        files.push((entry.name().to_owned(), bytes));
    }
    files
}

/// Whether a pack holds these files. Contents are compared, not bytes of packs: another version of the packer may pack
/// otherwise.
fn holds(path: &Path, wanted: &Files) -> bool {
    let Ok(mut pack) = Pack::open(std::fs::read(path).unwrap_or_default().leak()) else { return false };
    let mut next = || pack.next_of(|_| true).ok().flatten();
    wanted.iter().all(|file| next().as_ref() == Some(file)) && next().is_none()
}

fn check(name: &str, wanted: &Files) {
    let path = folder().join(name);
    let is_whole = holds(&path, wanted);
    if is_whole || std::env::var_os("DUMPSCOPE_UPDATE").is_none() {
        assert!(is_whole, "{name} is not of the forge's files: run the test with DUMPSCOPE_UPDATE=1");
        return;
    }
    let files = wanted.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()));
    std::fs::write(&path, crate::packer::pack(files, DISTANCE).unwrap()).unwrap();
}

#[test]
fn demos_are_packed_from_what_the_forge_made() {
    check("dumps.pack", &dumps());
    check("symbols.pack", &store());
}
