//! Volatility 3 symbol tables (ISF): JSON, plain or compressed by gzip or xz.
//!
//! Such a table holds all types and public names of one build of a module, named by GUID and age as its PDB is. It
//! lacks the order of members, functions' types and sizes, and one leading underscore of public names; types without a
//! name of their own have made-up ones.

pub mod catalog;
mod json;
mod read;

use std::path::{Path, PathBuf};

use super::error::SymbolError;
use super::index::NameIndex;
use super::pdb::Identity;
use super::source::{Symbol, SymbolSource};
use super::types::TypeSource;
use super::types::table::TypeTable;

/// One symbol table.
#[derive(Debug)]
pub struct Isf {
    path: PathBuf,
    identity: Identity,
    types: TypeTable,
    names: NameIndex,
}

impl Isf {
    /// Reads the table at `path`.
    ///
    /// # Errors
    /// It cannot be read, or is no table of a Windows module.
    pub fn open(path: &Path) -> Result<Isf, SymbolError> {
        Isf::open_until(path, &|| false)
    }

    /// Reads the table at `path` unless `stop` says, asked many times a second, that nobody wants it any more.
    ///
    /// # Errors
    /// As [`Isf::open`], and when it was stopped.
    pub fn open_until(path: &Path, stop: &dyn Fn() -> bool) -> Result<Isf, SymbolError> {
        read::open(path, stop)
    }

    /// Reads the names of the table at `path` and nothing else, unless `stop` says so.
    ///
    /// # Errors
    /// As [`Isf::open_until`].
    pub fn open_names(path: &Path, stop: &dyn Fn() -> bool) -> Result<IsfNames, SymbolError> {
        read::open_names(path, stop).map(IsfNames)
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The GUID and age of the module it describes.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }
}

/// The names of a table whose types were not read.
#[derive(Debug)]
pub struct IsfNames(NameIndex);

impl SymbolSource for IsfNames {
    fn name_table(&self) -> Option<&NameIndex> {
        Some(&self.0)
    }

    fn symbol_origin(&self) -> String {
        "symbol table (ISF)".to_owned()
    }
}

/// The table for a module in a folder laid out as `NAME.pdb/GUID-AGE.json[.gz|.xz]`, or with that file directly in it.
pub fn locate(folder: &Path, pdb_name: &str, identity: &Identity) -> Option<PathBuf> {
    // The name comes from a dump: only a plain file name may become part of a path.
    let plain = super::name::check(pdb_name).is_ok();
    let stem = format!("{}-{}", identity.guid.digits(), identity.age);
    let folders = [plain.then(|| folder.join(pdb_name)), Some(folder.to_owned())];
    let extensions = ["json", "json.xz", "json.gz"];
    folders.into_iter().flatten().find_map(|folder| {
        let mut files = extensions.iter().map(|ext| folder.join(format!("{stem}.{ext}")));
        files.find(|path| path.is_file())
    })
}

impl TypeSource for Isf {
    fn type_table(&self) -> Option<&TypeTable> {
        Some(&self.types)
    }

    fn type_origin(&self) -> String {
        "symbol table (ISF)".to_owned()
    }
}

impl SymbolSource for Isf {
    fn name_table(&self) -> Option<&NameIndex> {
        Some(&self.names)
    }

    fn by_name(&self, name: &str) -> Vec<Symbol<'_>> {
        let found = self.names.by_name(name);
        match name.strip_prefix('_') {
            // The table has lost one underscore of every public name that began with one.
            Some(rest) if found.is_empty() => self.names.by_name(rest),
            _ => found,
        }
    }

    fn symbol_origin(&self) -> String {
        "symbol table (ISF)".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_a_dump_stay_inside_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("isf");
        std::fs::create_dir_all(&inside).unwrap();
        let identity = Identity { guid: "00112233445566778899AABBCCDDEEFF".parse().unwrap(), age: 1 };
        let file = format!("{}-1.json", identity.guid.digits());
        std::fs::write(folder.path().join(&file), "{}").unwrap();
        for name in ["..", "../", "..\\x", "/", "", ".", "a/../.."] {
            assert_eq!(locate(&inside, name, &identity), None, "{name}");
        }
        std::fs::write(inside.join(&file), "{}").unwrap();
        assert_eq!(locate(&inside, "nt.pdb", &identity), Some(inside.join(&file)));
    }
}
