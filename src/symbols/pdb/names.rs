//! Names out of a PDB.

use super::file::PdbFile;
use crate::symbols::source::{Symbol, SymbolSource};
use crate::symbols::wildcard::Wildcard;

impl SymbolSource for PdbFile {
    fn nearest(&self, rva: u32) -> Option<Symbol<'_>> {
        self.name_index().ok()?.nearest(rva)
    }

    fn following(&self, rva: u32) -> Option<Symbol<'_>> {
        self.name_index().ok()?.following(rva)
    }

    fn exact(&self, rva: u32) -> Vec<Symbol<'_>> {
        self.name_index()
            .map(|names| names.exact(rva))
            .unwrap_or_default()
    }

    fn by_name(&self, name: &str) -> Vec<Symbol<'_>> {
        self.name_index()
            .map(|names| names.by_name(name))
            .unwrap_or_default()
    }

    fn matching(&self, pattern: &Wildcard) -> Vec<Symbol<'_>> {
        self.name_index()
            .map(|names| names.matching(pattern))
            .unwrap_or_default()
    }

    fn function_extent(&self, rva: u32) -> Option<(u32, u32)> {
        let (_, start, size) = self.name_index().ok()?.function_at(rva)?;
        Some((start, start.checked_add(size)?))
    }

    fn symbol_origin(&self) -> String {
        self.kind_words().to_owned()
    }
}
