//! PDBs that claim to be another: their tables of names in the cache answer for nobody else.

use std::path::PathBuf;

use dumpscope::symbols::pdb::PdbFile;
use dumpscope::symbols::source::SymbolSource;

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/symbols").join(name)
}

/// Every place of `from` in `bytes` becomes `to`.
fn replace(bytes: &mut [u8], from: &[u8], to: &[u8]) -> usize {
    let places: Vec<usize> =
        (0..bytes.len() - from.len()).filter(|&at| bytes[at..at + from.len()] == *from).collect();
    places.iter().for_each(|&at| bytes[at..at + from.len()].copy_from_slice(to));
    places.len()
}

#[test]
fn a_forged_pdb_leaves_nothing_behind_for_the_good_one() {
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("index");
    let good = fixture("driver.pdb");
    let name = PdbFile::open(&good, None)
        .unwrap()
        .matching(&dumpscope::symbols::wildcard::Wildcard::new("*"))
        .into_iter()
        .map(|symbol| symbol.name.to_owned())
        .find(|name| name.len() > 6 && name.is_ascii())
        .expect("a name");
    let evil = "E".repeat(name.len());
    let mut bytes = std::fs::read(&good).unwrap();
    assert!(replace(&mut bytes, name.as_bytes(), evil.as_bytes()) > 0);
    let forged = folder.path().join("driver.pdb");
    std::fs::write(&forged, &bytes).unwrap();
    let found = |path: &PathBuf, name: &str| {
        let pdb = PdbFile::open(path, Some(&cache)).unwrap();
        !pdb.by_name(name).is_empty()
    };
    assert_eq!(
        PdbFile::open(&forged, None).unwrap().identity(),
        PdbFile::open(&good, None).unwrap().identity(),
        "the forged one claims to be the good one"
    );
    // Twice: the second time from the cache.
    for _ in 0..2 {
        assert!(found(&forged, &evil) && !found(&forged, &name));
        assert!(found(&good, &name) && !found(&good, &evil));
    }
    assert_eq!(std::fs::read_dir(&cache).unwrap().count(), 2, "a table each");
}

/// A stream size in the debug header that overflows when it is summed up: an error, whatever the build checks.
#[test]
fn an_overflowing_header_is_an_error() {
    let Some(packed) = crate::shared::shared("repro/pdb2_dbi752_overflow.pdb.gz") else { return };
    let packed = std::fs::File::open(packed).unwrap();
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(packed), &mut bytes).unwrap();
    // Either it is refused, or what it still holds can be asked for.
    if let Ok(pdb) = PdbFile::from_bytes(bytes, std::path::Path::new("x.pdb"), None) {
        let _ = (pdb.name_index().map(|names| names.len()), pdb.nearest(0x1000), pdb.line(0x1000));
    }
}
