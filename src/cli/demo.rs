//! The embedded cases: dumps in which the fault really happened, made by running compiled code in an emulator
//! (`tests/forge`).

use super::exit::{Exit, Refusal};
use crate::dump::DumpFile;
use crate::search::finder::default_cache;
use crate::search::path::SearchPath;
use crate::util::pack::Pack;
use crate::util::temporary::{self, STALE, TemporaryFolder};
use std::fmt::Display;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// An embedded case.
struct Case {
    /// What `--demo` is given.
    name: &'static str,
    /// One line on what happened.
    story: &'static str,
    /// Whether it is told with the symbols of its Windows.
    symbols: bool,
}

/// Every case, in the order in which they are told.
const CASES: &[Case] = &[
    Case {
        name: "wifi",
        story: "0x1E: copying over Wi-Fi; a completion entry was overwritten with text and called",
        symbols: true,
    },
    Case {
        name: "wifi-fc",
        story: "0xFC: the same driver, the call went into a data section",
        symbols: true,
    },
    Case {
        name: "wifi-d1",
        story: "0xD1: the same driver, a null completion entry at DISPATCH_LEVEL",
        symbols: true,
    },
    Case {
        name: "wifi-50",
        story: "0x50: the same driver, an entry that leads to freed memory",
        symbols: true,
    },
    Case {
        name: "scanner-1a",
        story: "0x1A/41792: a virus scanner's kernel module; one bit of a page table entry is flipped",
        symbols: true,
    },
    Case {
        name: "scanner-139",
        story: "0x139/3: the same module; a list entry is corrupt, found in a pool allocation",
        symbols: true,
    },
    Case {
        name: "nosyms",
        story: "0x1E: an access violation in ntfs.sys of a Windows build for which nobody has symbols",
        symbols: false,
    },
    Case {
        name: "usb",
        story: "0x7F/8: a USB redirection driver calls itself until the kernel stack is full",
        symbols: true,
    },
    Case {
        name: "readonly",
        story: "0xBE: a write to read-only memory while a session starts, on 16 processors",
        symbols: true,
    },
];

/// The dumps of the cases; `tests/project/demos_asset.rs` makes it and the next of the forge's files.
static DUMPS: &[u8] = include_bytes!("../../assets/demo/dumps.pack");
/// PDBs and images of the cases, in the layout of a symbol store.
static SYMBOLS: &[u8] = include_bytes!("../../assets/demo/symbols.pack");

/// The cases and their stories, one a line.
pub fn list() -> String {
    let lines = CASES.iter().map(|case| format!("{:<14} {}\n", case.name, case.story));
    lines.collect()
}

/// Opens a case.
///
/// # Errors
/// There is no case of that name.
pub fn open(name: &str) -> Result<DumpFile, Refusal> {
    let Some(case) = CASES.iter().find(|case| case.name == name) else {
        let names: Vec<&str> = CASES.iter().map(|case| case.name).collect();
        let message = format!("no demo case '{name}'; there are {}", names.join(", "));
        return Err(Refusal { message, exit: Exit::Usage });
    };
    let refusal = |error: &dyn Display| Refusal { message: error.to_string(), exit: Exit::NotOpened };
    let unpacked = Pack::open(DUMPS).and_then(|mut pack| pack.next_of(|file| file == case.name));
    let (_, bytes) = unpacked
        .and_then(|found| found.ok_or_else(|| io::ErrorKind::NotFound.into()))
        .map_err(|error| refusal(&error))?;
    DumpFile::from_bytes(&format!("{name}.dmp"), bytes).map_err(|error| refusal(&error))
}

/// Why the demo's symbols are not at hand.
#[derive(Debug, thiserror::Error)]
#[error("demo symbols cannot be unpacked to {}: {error}", folder.display())]
pub struct NotUnpacked {
    folder: PathBuf,
    error: io::Error,
}

/// The symbol path of a case: the cases' store, unpacked once into the user's cache.
///
/// # Errors
/// The cache cannot be written.
pub fn symbol_path(name: &str) -> Result<SearchPath, NotUnpacked> {
    if CASES.iter().any(|case| case.name == name && !case.symbols) {
        return Ok(SearchPath::default());
    }
    let demos = default_cache().with_file_name("demo");
    temporary::sweep(&demos, STALE);
    let folder = demos.join(format!("{:016x}", fingerprint(SYMBOLS)));
    if !folder.is_dir() {
        unpack(&folder).map_err(|error| NotUnpacked { folder: folder.clone(), error })?;
    }
    Ok(SearchPath::parse(&folder.display().to_string()))
}

/// Unpacks beside the final place first, so that a run that is interrupted leaves no half store behind.
fn unpack(folder: &Path) -> io::Result<()> {
    let parent = folder.parent().unwrap_or(folder);
    fs::create_dir_all(parent)?;
    let staging = TemporaryFolder::new_in(parent)?;
    let mut pack = Pack::open(SYMBOLS)?;
    while let Some((name, bytes)) = pack.next_of(|_| true)? {
        let file = staging.path().join(name);
        fs::create_dir_all(file.parent().unwrap_or(parent))?;
        fs::write(file, bytes)?;
    }
    match fs::rename(staging.path(), folder) {
        Err(_) if folder.is_dir() => Ok(()),
        outcome => outcome,
    }
}

/// FNV-1a: tells one version of the embedded store from another.
fn fingerprint(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_opens() {
        let mut names: Vec<&str> = CASES.iter().map(|case| case.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), CASES.len(), "a case is told twice");
        for case in CASES {
            let dump = open(case.name).map_err(|refusal| refusal.message).expect("opens");
            assert!(dump.pages().is_some(), "{}", case.name);
        }
        assert!(open("nosuch").is_err());
    }
}
