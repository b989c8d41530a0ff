//! Private test data: real dumps, transcripts, symbols. They are no part of the project.
#![allow(dead_code)]

use std::io::Write;
use std::path::{Path, PathBuf};

/// A part of the private folder (`""` for all of it), which `DUMPSCOPE_SHARED` names, `../shared` if not set. Where it is
/// absent the test that asks is named as skipped, past what captures output; with `DUMPSCOPE_REQUIRE_SHARED` set it fails.
pub fn shared(part: &str) -> Option<PathBuf> {
    let root = std::env::var_os("DUMPSCOPE_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let path = root.join(part);
    if path.exists() {
        return Some(path);
    }
    let required = std::env::var_os("DUMPSCOPE_REQUIRE_SHARED").is_some_and(|value| !value.is_empty());
    assert!(!required, "no shared data: {} does not exist", path.display());
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test");
    let _ = writeln!(std::io::stderr(), "skipped {test}: no shared data ({})", path.display());
    None
}

/// The private folder itself, where it has these parts.
pub fn root_with(parts: &[&str]) -> Option<PathBuf> {
    parts.iter().all(|part| shared(part).is_some()).then(|| shared(""))?
}
