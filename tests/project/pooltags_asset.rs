//! Checks and packs the embedded list of pool tags: `assets/pooltags.tsv.gz`, from the readable `assets/pooltags.tsv`.
//!
//! Who edits a line there runs `DUMPSCOPE_UPDATE=1 cargo test --test project pooltags`.

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use std::io::{Read, Write};
use std::path::Path;

#[test]
fn the_packed_list_is_the_readable_one() {
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets");
    let readable = std::fs::read_to_string(assets.join("pooltags.tsv")).unwrap();
    let packed = assets.join("pooltags.tsv.gz");
    if std::env::var_os("DUMPSCOPE_UPDATE").is_some() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(readable.as_bytes()).unwrap();
        std::fs::write(&packed, encoder.finish().unwrap()).unwrap();
    }
    let bytes = std::fs::read(&packed).unwrap();
    assert!(bytes.len() < 40 << 10, "{} bytes are too many for the program", bytes.len());
    let mut unpacked = String::new();
    GzDecoder::new(bytes.as_slice()).read_to_string(&mut unpacked).unwrap();
    assert!(
        unpacked == readable,
        "DUMPSCOPE_UPDATE=1 cargo test --test project pooltags packs the list anew"
    );
}

/// A tag has four characters and stands once, in order; each line names an owner.
#[test]
fn each_line_names_a_tag_and_its_owner() {
    let readable = include_str!("../../assets/pooltags.tsv");
    let mut last = "";
    for line in readable.lines() {
        let parts: Vec<&str> = line.split('\t').collect();
        let [tag, owner, _purpose] = parts[..] else { panic!("'{line}'") };
        assert!(tag.len() == 4 && !owner.is_empty() && tag > last, "'{line}' behind '{last}'");
        last = tag;
    }
}
