//! What is known of one module's symbols.

use super::layout_check::{self, LayoutCheck};
use crate::symbols::module::PdbId;
use crate::symbols::source::SymbolSource;
use crate::symbols::types::TypeSource;
use std::path::PathBuf;
use std::sync::Arc;

/// What a module's symbols are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SymbolStatus {
    /// Nothing needed them yet.
    Deferred,
    /// A PDB with types, variables and lines.
    PrivatePdb,
    /// A PDB with public names (and, for the kernel, types).
    Pdb,
    /// A Volatility symbol table.
    Isf,
    /// The names that the image exports.
    Export,
    /// No names; kernel types from the built-in layouts.
    BuiltIn,
    /// Nothing.
    None,
}

impl SymbolStatus {
    /// The status in words.
    pub fn name(self) -> &'static str {
        match self {
            SymbolStatus::Deferred => "deferred",
            SymbolStatus::PrivatePdb => "private pdb symbols",
            SymbolStatus::Pdb => "pdb symbols",
            SymbolStatus::Isf => "isf symbols",
            SymbolStatus::Export => "export symbols",
            SymbolStatus::BuiltIn => "built-in layout",
            SymbolStatus::None => "no symbols",
        }
    }

    /// The same as `lm` prints it.
    pub fn word(self) -> String {
        format!("({})", self.name())
    }
}

/// A module's symbols, with where they came from and what was tried.
pub struct ModuleSymbols {
    /// What they are.
    pub status: SymbolStatus,
    /// Its names.
    pub names: Option<Arc<dyn SymbolSource>>,
    /// Its types.
    pub types: Option<Arc<dyn TypeSource>>,
    /// Whether they come from a PDB of another build, which was taken on demand.
    pub forced: bool,
    /// The file that the names came from.
    pub file: Option<PathBuf>,
    /// The PDB that the module asks for, where known.
    pub pdb_id: Option<PdbId>,
    /// The image file found for the module.
    pub image_file: Option<PathBuf>,
    /// What was tried, in order, for the log and for diagnosis.
    pub notes: Vec<String>,
    /// How a built-in layout compares with the dump; empty where types come from a file.
    pub layout_checks: Vec<LayoutCheck>,
}

impl ModuleSymbols {
    pub(super) fn empty() -> ModuleSymbols {
        ModuleSymbols {
            status: SymbolStatus::None,
            names: None,
            types: None,
            forced: false,
            file: None,
            pdb_id: None,
            image_file: None,
            notes: Vec::new(),
            layout_checks: Vec::new(),
        }
    }

    /// Why a type of the built-in layout is refused: the checks that it failed.
    pub fn refusals(&self, name: &str) -> Vec<&LayoutCheck> {
        layout_check::failed(&self.layout_checks)
            .filter(|check| check.types.iter().any(|ty| ty.eq_ignore_ascii_case(name)))
            .collect()
    }
}
