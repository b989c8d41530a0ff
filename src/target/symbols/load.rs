//! Loading one module's symbols: PDB, symbol table, exports, built-in layouts, in this order.

use super::candidates;
use super::exports::ExportNames;
use super::layout_check::{self, Checked, LayoutCheck};
use crate::dump::Machine;
use crate::symbols::finder::Finder;
use crate::symbols::isf::{self, Isf};
use crate::symbols::layouts;
use crate::symbols::module::{FileId, ImageId, PdbId};
use crate::symbols::pdb::{Identity, PdbFile};
use crate::symbols::pe::Image;
use crate::symbols::search::Search;
use crate::symbols::source::SymbolSource;
use crate::symbols::types::TypeSource;
use crate::target::{Module, Target};
use std::path::{Path, PathBuf};
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
    /// The status as `lm` prints it.
    pub fn word(self) -> &'static str {
        match self {
            SymbolStatus::Deferred => "(deferred)",
            SymbolStatus::PrivatePdb => "(private pdb symbols)",
            SymbolStatus::Pdb => "(pdb symbols)",
            SymbolStatus::Isf => "(isf symbols)",
            SymbolStatus::Export => "(export symbols)",
            SymbolStatus::BuiltIn => "(built-in layout)",
            SymbolStatus::None => "(no symbols)",
        }
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
    fn empty() -> ModuleSymbols {
        ModuleSymbols {
            status: SymbolStatus::None,
            names: None,
            types: None,
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

impl Target {
    /// A module's symbols, loaded now if nothing needed them before. May search stores and servers.
    pub fn module_symbols(&self, module: &Module) -> Arc<ModuleSymbols> {
        let table = self.symbols();
        if let Some(loaded) = table.loaded(module) {
            return loaded;
        }
        let loaded = Arc::new(
            Loading { target: self, module, finder: table.finder(), found: ModuleSymbols::empty() }.run(),
        );
        // What a stopped search did not find may well exist: the next one looks again.
        if !table.observer().is_cancelled() {
            table.insert(module, Arc::clone(&loaded));
        }
        loaded
    }
}

struct Loading<'t> {
    target: &'t Target,
    module: &'t Module,
    finder: Arc<Finder>,
    found: ModuleSymbols,
}

impl Loading<'_> {
    fn run(mut self) -> ModuleSymbols {
        self.find_image();
        self.found.pdb_id = self.pdb_id();
        match self.found.pdb_id.clone() {
            Some(id) => self.by_identity(&id),
            None if self.module.name == "nt" => self.by_known_addresses(),
            None => self.note("the dump does not name its PDB: the image's headers are neither in the dump nor on the image path"),
        }
        self.exports();
        self.built_in_types();
        self.found
    }

    fn note(&mut self, text: impl Into<String>) {
        self.found.notes.push(text.into());
    }

    fn note_search(&mut self, search: &Search) {
        for attempt in &search.attempts {
            self.note(format!("{}: {}", attempt.place, attempt.outcome));
        }
    }

    /// Without headers in the dump, an image file of the same time stamp and size stands in.
    fn find_image(&mut self) {
        if self.target.image(self.module).is_ok() {
            return;
        }
        let (Some(stamp), Ok(size)) = (self.module.time_date_stamp, u32::try_from(self.module.size)) else {
            return;
        };
        let id = FileId::from(ImageId::new(&self.module.image_name, stamp, size));
        let search = self.finder.find(&id, &*self.target.symbols().observer());
        self.note_search(&search);
        self.found.image_file = search.found.map(|found| found.path);
    }

    fn pdb_id(&mut self) -> Option<PdbId> {
        if let Ok(image) = self.target.image(self.module) {
            return image.pdb_id();
        }
        Image::open(self.found.image_file.as_deref()?).ok()?.pdb_id()
    }

    fn by_identity(&mut self, id: &PdbId) {
        let search = self.finder.find(&FileId::from(id.clone()), &*self.target.symbols().observer());
        self.note_search(&search);
        if let Some(found) = search.found
            && self.open_pdb(&found.path, Some(&Identity::from(id)))
        {
            return;
        }
        let folders: Vec<PathBuf> = self.finder.symbol_path().isf_folders().map(Path::to_owned).collect();
        let table = folders.iter().find_map(|folder| isf::locate(folder, &id.name, &Identity::from(id)));
        if let Some(path) = table {
            self.open_isf(&path);
        }
    }

    /// Opens a PDB; false if it is not to be used, with the reason noted.
    fn open_pdb(&mut self, path: &Path, wanted: Option<&Identity>) -> bool {
        let pdb = match PdbFile::open(path, self.target.symbols().index_cache()) {
            Ok(pdb) => pdb,
            Err(error) => {
                self.note(error.to_string());
                return false;
            }
        };
        if let Some(Err(error)) = wanted.map(|wanted| pdb.check(wanted)) {
            self.note(error.to_string());
            if !self.finder.options().allow_mismatch {
                return false;
            }
        }
        self.found.status = if pdb.is_private() { SymbolStatus::PrivatePdb } else { SymbolStatus::Pdb };
        self.use_source(Arc::new(pdb), path);
        true
    }

    fn open_isf(&mut self, path: &Path) -> bool {
        match Isf::open(path) {
            Ok(table) => {
                self.found.status = SymbolStatus::Isf;
                self.use_source(Arc::new(table), path);
                true
            }
            Err(error) => {
                self.note(error.to_string());
                false
            }
        }
    }

    fn use_source<S: SymbolSource + TypeSource + 'static>(&mut self, source: Arc<S>, path: &Path) {
        self.found.names = Some(source.clone());
        self.found.types = Some(source);
        self.found.file = Some(path.to_owned());
    }

    /// The kernel of a triage dump: the file in which every known address fits.
    fn by_known_addresses(&mut self) {
        let path = self.finder.symbol_path().clone();
        for file in candidates::pdb_files(&self.finder) {
            if self.open_pdb(&file, None) && self.fits(&file) {
                return;
            }
        }
        for file in candidates::isf_files(&path) {
            if self.open_isf(&file) && self.fits(&file) {
                return;
            }
        }
    }

    /// Whether the source just opened is of this kernel; drops it otherwise.
    fn fits(&mut self, file: &Path) -> bool {
        let Some(names) = self.found.names.clone() else {
            return false;
        };
        let fit = candidates::fit(&*names, self.target, self.module.base);
        self.note(format!("{}: {} known addresses agree, {} differ", file.display(), fit.agree, fit.differ));
        if !fit.is_exact() {
            let (pdb_id, image_file, notes) = (
                self.found.pdb_id.take(),
                self.found.image_file.take(),
                std::mem::take(&mut self.found.notes),
            );
            self.found = ModuleSymbols { pdb_id, image_file, notes, ..ModuleSymbols::empty() };
        }
        fit.is_exact()
    }

    fn exports(&mut self) {
        if self.found.names.is_some() {
            return;
        }
        let names = match self.target.image(self.module) {
            Ok(image) => ExportNames::of(&image),
            Err(_) => {
                self.found.image_file.as_deref().and_then(|path| ExportNames::of(&Image::open(path).ok()?))
            }
        };
        if let Some(names) = names {
            self.found.status = SymbolStatus::Export;
            self.found.file = self.found.image_file.clone();
            self.found.names = Some(Arc::new(names));
        }
    }

    fn built_in_types(&mut self) {
        let target = self.target;
        // The layouts are those of x64 kernels.
        let is_x64 = target.header().machine == Machine::Amd64;
        if self.module.name != "nt" || self.found.types.is_some() || !is_x64 {
            return;
        }
        let version = target.kernel_version();
        let thread_size = target.debugger_data().and_then(|data| data.nonzero("SizeEThread"));
        let Some(layout) = layouts::choose(version, thread_size) else {
            return;
        };
        if self.found.status == SymbolStatus::None {
            self.found.status = SymbolStatus::BuiltIn;
        }
        self.found.layout_checks = layout_check::check(target, &layout);
        for check in layout_check::failed(&self.found.layout_checks) {
            self.found.notes.push(format!("{}: {}", layout.type_origin(), check.text));
        }
        let checked = Checked::new(layout, &self.found.layout_checks);
        self.found.types = Some(Arc::new(checked));
    }
}
