//! Importing loose PDBs and images into a store, under the identity that they carry themselves.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::cache::{self, StoreError};
use super::identity::{Identity, IdentityError};
use crate::symbols::module::FileId;
use thiserror::Error;

/// How deep folders are searched.
const MAX_DEPTH: usize = 16;
/// The most files that are looked at.
const MAX_FILES: usize = 100_000;

/// Why a file was not imported.
#[derive(Debug, Error)]
pub enum NotAdded {
    /// It does not tell what it is.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// It has a name that no other computer could look for.
    #[error("its name is not text")]
    Name,
    /// It cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The store did not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What came of one file.
#[derive(Debug)]
pub struct Added {
    /// The file.
    pub file: PathBuf,
    /// Its identity and its place in the store, or why it was not imported.
    pub result: Result<(FileId, PathBuf), NotAdded>,
}

/// Imports files into the store at `root`. Of folders all PDBs and images below them are taken, and other files in
/// them passed over in silence.
pub fn add(paths: &[PathBuf], root: &Path, limit: u64) -> Vec<Added> {
    let mut added = Vec::new();
    for path in paths {
        if path.is_dir() {
            let mut files = Vec::new();
            collect(path, root, 0, &mut files);
            files.sort();
            for file in files {
                if let Ok(identity) = Identity::of_file(&file) {
                    added.push(import(&file, Ok(identity), root, limit));
                }
            }
        } else {
            added.push(import(path, Identity::of_file(path), root, limit));
        }
    }
    added
}

fn collect(dir: &Path, root: &Path, depth: usize, files: &mut Vec<PathBuf>) {
    // The store itself may lie below the folder.
    if depth > MAX_DEPTH || dir == root {
        return;
    }
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        if files.len() >= MAX_FILES {
            return;
        }
        // Links are not followed, so this ends.
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => collect(&entry.path(), root, depth + 1, files),
            Ok(kind) if kind.is_file() => files.push(entry.path()),
            _ => {}
        }
    }
}

fn import(file: &Path, identity: Result<Identity, IdentityError>, root: &Path, limit: u64) -> Added {
    let import = || {
        let identity = identity?;
        let name = file.file_name().and_then(|name| name.to_str()).ok_or(NotAdded::Name)?;
        let id = identity.file_id(name);
        let mut source = crate::util::files::open_plain(file)?;
        let place = cache::insert(root, &id, &mut source, limit, &|| false)?;
        Ok((id, place))
    };
    Added { file: file.to_owned(), result: import() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_folders() {
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/pe");
        let root = tempfile::tempdir().unwrap();
        let added =
            add(&[data.join("sample64.pdb"), data.join("sample.c"), data.clone()], root.path(), 1 << 20);
        let names: Vec<_> =
            added.iter().map(|a| (a.file.file_name().unwrap().to_str().unwrap(), a.result.is_ok())).collect();
        let expected = [
            ("sample64.pdb", true),
            ("sample.c", false),
            ("sample32.dll", true),
            ("sample64.pdb", true),
            ("sample64.sys", true),
            ("samplea64.sys", true),
        ];
        assert_eq!(names, expected);
        let (id, place) = added[0].result.as_ref().unwrap();
        assert_eq!(*place, root.path().join("sample64.pdb").join(id.key()).join("sample64.pdb"));
        assert!(added[1].result.as_ref().unwrap_err().to_string().contains("neither a PDB nor"));
    }
}
