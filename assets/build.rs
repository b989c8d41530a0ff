//! Packs the texts that the program brings along: edit them here, and they are part of the next build.
//!
//! Tables (TOML) are packed as JSON, so that the program brings along one reader for all, and a broken table ends the build.
//! What is read together is one pack (`util::texts`); what takes long to pack, dumps and layouts, is packed by tests
//! (`tests/project/demos_asset.rs`, `tests/symbols/layouts_asset`) and kept.

mod packer;

use std::error::Error;
use std::path::{Path, PathBuf};

/// As far apart as two lines of a pack can be: unpacking takes as much memory.
const DISTANCE: u32 = 1 << 20;
/// Folders of which each is a pack.
const TOGETHER: [&str; 2] = ["locales", "rules"];
/// Folders, and below `assets` files, of which each file is a pack.
const ALONE: &str = "bugchecks";
const FILES: [&str; 5] = ["examples.toml", "inbox.txt", "nt_builds.csv", "ntstatus.csv", "pooltags.tsv"];

fn main() -> Result<(), Box<dyn Error>> {
    let assets = Path::new(&std::env::var("CARGO_MANIFEST_DIR")?).join("assets");
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    println!("cargo::rerun-if-changed=assets/build.rs");
    println!("cargo::rerun-if-changed=assets/packer.rs");
    for folder in TOGETHER {
        write(&out, folder, &listed(&assets.join(folder))?)?;
    }
    let alone = FILES.map(|name| assets.join(name)).into_iter().chain(listed(&assets.join(ALONE))?);
    for file in alone {
        let name =
            file.file_stem().and_then(|name| name.to_str()).ok_or("a name that is no text")?.to_owned();
        write(&out, &name, &[file])?;
    }
    Ok(())
}

/// The files of a folder, by name.
fn listed(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        files.push(entry?.path());
    }
    files.sort_unstable();
    Ok(files)
}

/// What of a file is packed.
fn content(path: &Path) -> Result<Vec<u8>, Box<dyn Error>> {
    if path.extension().is_none_or(|extension| extension != "toml") {
        return Ok(std::fs::read(path)?);
    }
    let table: toml::Table = std::fs::read_to_string(path)?.parse()?;
    Ok(serde_json::to_vec(&table)?)
}

/// Writes the pack of that name, in which the files have their names without folders.
fn write(out: &Path, name: &str, paths: &[PathBuf]) -> Result<(), Box<dyn Error>> {
    let mut files = Vec::new();
    for path in paths {
        println!("cargo::rerun-if-changed={}", path.display());
        let name = path.file_name().and_then(|name| name.to_str()).ok_or("a name that is no text")?;
        files.push((name, content(path).map_err(|why| format!("{}: {why}", path.display()))?));
    }
    let parts = files.iter().map(|(name, bytes)| (*name, bytes.as_slice()));
    std::fs::write(out.join(format!("{name}.pack")), packer::pack(parts, DISTANCE)?)?;
    Ok(())
}
