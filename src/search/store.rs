//! Looking for a file in a folder: flat, below `symbols`, and as a symbol store of either layout.

use std::fs;
use std::path::{Path, PathBuf};

use super::cache;
use super::folders::Folders;
use super::server::pointer::Pointer;
use crate::symbols::module::FileId;
use crate::symbols::name;

/// The most versions of one file that are looked through.
const MAX_SCAN: usize = 1 << 16;
/// The most versions of one file that are listed.
const MAX_VERSIONS: usize = 64;
/// The longest `file.ptr`.
const MAX_POINTER: u64 = 4096;

/// A file that may be the wanted one; its contents are not yet checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Candidate {
    /// The file itself.
    File(PathBuf),
    /// A compressed copy.
    Compressed(PathBuf),
    /// A `file.ptr` that leads to no file, and why.
    Message {
        /// The pointer file.
        pointer: PathBuf,
        /// What it says.
        text: String,
    },
}

/// Loose files: in the folder itself, below it by extension, and below `symbols` by extension.
pub fn loose(folders: &Folders, root: &Path, id: &FileId) -> Vec<Candidate> {
    loose_paths(folders, root, id.name()).into_iter().map(Candidate::File).collect()
}

fn loose_paths(folders: &Folders, root: &Path, name: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let places =
        ["", "sys", "exe", "dll", "symbols", "symbols/sys", "symbols/exe", "symbols/dll", "symbols/pdb"];
    for folder in places {
        let folder = match folder {
            "" => Some(root.to_owned()),
            parts => parts.split('/').try_fold(root.to_owned(), |dir, part| folders.resolve(&dir, part)),
        };
        let Some(file) = folder.and_then(|folder| folders.resolve(&folder, name)) else {
            continue;
        };
        // In a store the name is that of a folder.
        if file.is_file() {
            found.push(file);
        }
    }
    found
}

/// Adds every file `name` of any version: loose ones if asked for, and all keys of a store.
pub fn all_versions(folders: &Folders, root: &Path, name: &str, with_loose: bool, found: &mut Vec<PathBuf>) {
    let mut add = |path: PathBuf| {
        if found.len() < MAX_VERSIONS && path.is_file() && !found.contains(&path) {
            found.push(path);
        }
    };
    if with_loose {
        loose_paths(folders, root, name).into_iter().for_each(&mut add);
    }
    let prefix: String = name.chars().take(2).collect();
    let tier = cache::is_two_tier(root).then(|| folders.resolve(root, &prefix)).flatten();
    for base in [tier, Some(root.to_owned())].into_iter().flatten() {
        let Some(versions) = folders.resolve(&base, name).filter(|path| path.is_dir()) else {
            continue;
        };
        let Ok(keys) = fs::read_dir(versions) else {
            continue;
        };
        let mut keys: Vec<PathBuf> = keys.take(MAX_SCAN).flatten().map(|entry| entry.path()).collect();
        keys.sort();
        keys.iter().filter_map(|key| folders.resolve(key, name)).for_each(&mut add);
    }
}

/// Files in a store: `root/name/key/`, or `root/na/name/key/` where `index2.txt` says so.
pub fn in_store(folders: &Folders, root: &Path, id: &FileId) -> Vec<Candidate> {
    let mut found = Vec::new();
    let two_tier = cache::is_two_tier(root);
    let prefix: String = id.name().chars().take(2).collect();
    let tiers = [two_tier.then_some(prefix.as_str()), None];
    for tier in tiers.iter().skip(usize::from(!two_tier)) {
        let base = match tier {
            Some(prefix) => folders.resolve(root, prefix),
            None => Some(root.to_owned()),
        };
        let folder = base
            .and_then(|base| folders.resolve(&base, id.name()))
            .and_then(|versions| folders.resolve(&versions, &id.key()));
        if let Some(folder) = folder {
            found.extend(in_key_folder(folders, &folder, id.name()));
        }
    }
    found
}

fn in_key_folder(folders: &Folders, folder: &Path, file_name: &str) -> Vec<Candidate> {
    let file = |name: &str| folders.resolve(folder, name).filter(|path| path.is_file());
    let mut found = Vec::new();
    found.extend(file(file_name).map(Candidate::File));
    let compressed = name::compressed(file_name);
    found.extend(compressed.and_then(|name| file(&name)).map(Candidate::Compressed));
    found.extend(file("file.ptr").and_then(|pointer| follow(&pointer)));
    found
}

/// The folder is the user's own choice, so its pointers are followed wherever they lead.
fn follow(pointer: &Path) -> Option<Candidate> {
    let about = fs::metadata(pointer).ok()?;
    if !about.is_file() || about.len() > MAX_POINTER {
        return None;
    }
    let parsed = Pointer::parse(&String::from_utf8_lossy(&fs::read(pointer).ok()?));
    let text = match &parsed {
        Pointer::Path(path) if Path::new(path).is_absolute() => {
            let wrap = if parsed.is_compressed() { Candidate::Compressed } else { Candidate::File };
            return Some(wrap(PathBuf::from(path)));
        }
        Pointer::Path(place) | Pointer::Url(place) => {
            format!("the file is at `{place}`, which is no path here")
        }
        Pointer::Message(text) => format!("the store says: {text}"),
    };
    Some(Candidate::Message { pointer: pointer.to_owned(), text })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::symbols::module::PdbId;
    use crate::util::guid::Guid;

    fn id() -> FileId {
        PdbId::new("Sample.pdb", Guid([0xab; 16]), 0x1a).into()
    }

    fn put(root: &Path, path: &str) -> PathBuf {
        let file = root.join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, "x").unwrap();
        file
    }

    #[test]
    fn stores_of_both_layouts() {
        let root = tempfile::tempdir().unwrap();
        let key = id().key();
        assert_eq!(in_store(&Folders::default(), root.path(), &id()), []);
        let flat = put(root.path(), &format!("sample.PDB/{}/Sample.pdb", key.to_uppercase()));
        assert_eq!(in_store(&Folders::default(), root.path(), &id()), [Candidate::File(flat.clone())]);
        put(root.path(), "index2.txt");
        let tiered = put(root.path(), &format!("sa/Sample.pdb/{key}/Sample.pd_"));
        assert_eq!(
            in_store(&Folders::default(), root.path(), &id()),
            [Candidate::Compressed(tiered), Candidate::File(flat)]
        );
    }

    #[test]
    fn loose_files() {
        let root = tempfile::tempdir().unwrap();
        put(root.path(), "Sample.pdb/KEY/Sample.pdb");
        assert_eq!(loose(&Folders::default(), root.path(), &id()), []);
        let below = put(root.path(), "Symbols/SYS/sample.pdb");
        assert_eq!(loose(&Folders::default(), root.path(), &id()), [Candidate::File(below)]);
    }

    #[test]
    fn pointers() {
        let root = tempfile::tempdir().unwrap();
        let pointer = put(root.path(), &format!("Sample.pdb/{}/file.ptr", id().key()));
        let elsewhere = root.path().join("elsewhere.pdb");
        for text in [format!("PATH:{}", elsewhere.display()), format!("{}\r\n", elsewhere.display())] {
            fs::write(&pointer, text).unwrap();
            assert_eq!(
                in_store(&Folders::default(), root.path(), &id()),
                [Candidate::File(elsewhere.clone())]
            );
        }
        fs::write(&pointer, "MSG: ask Bob").unwrap();
        assert!(
            matches!(&in_store(&Folders::default(), root.path(), &id())[..], [Candidate::Message { text, .. }] if text == "the store says: ask Bob")
        );
    }
}
