//! Loading one module's symbols: PDB, symbol table, exports, built-in layouts, in this order.

use super::candidates;
use super::exports::ExportNames;
use super::fetches::Wish;
use super::layout_check::{self, Checked};
use super::layout_correction::Corrected;
use super::module_symbols::{ModuleSymbols, SymbolStatus};
use crate::debuggee::{MemoryImage, Module, ModuleImage, Target};
use crate::dump::Machine;
use crate::memory::VirtualMemory;
use crate::search::Search;
use crate::search::finder::Finder;
use crate::search::locate::Wanted;
use crate::symbols::isf::catalog::{Catalog, TableStamp};
use crate::symbols::isf::{self, Isf};
use crate::symbols::layouts::{self, UNKNOWN};
use crate::symbols::module::{FileId, ImageId, PdbId};
use crate::symbols::pdb::{Identity, PdbFile};
use crate::symbols::pe::{Image, PeError};
use crate::symbols::source::SymbolSource;
use crate::symbols::types::TypeSource;
use std::path::{Path, PathBuf};
use std::sync::Arc;

impl Target {
    /// A module's symbols, loaded now if nothing needed them before. What servers have to be asked for is fetched by
    /// other threads: this waits for them, unless [`SymbolTable::set_waiting`](super::SymbolTable::set_waiting) says
    /// to go on without.
    pub fn module_symbols(&self, module: &Module) -> Arc<ModuleSymbols> {
        self.module_symbols_in(module, self.memory())
    }

    /// The same of a module that may be another process's, whose memory this is.
    pub fn module_symbols_in(&self, module: &Module, memory: &VirtualMemory) -> Arc<ModuleSymbols> {
        let table = self.symbols();
        if let Some(loaded) = table.loaded(module).or_else(|| table.preliminary(module)) {
            return loaded;
        }
        let mut loading = Loading::new(self, module, memory);
        loading.run();
        let (found, incomplete) = (Arc::new(loading.found), loading.incomplete);
        // What a stopped search did not find may well exist: the next one looks again.
        match incomplete {
            false if !table.observer().is_cancelled() => table.insert(module, Arc::clone(&found)),
            true if !table.is_waiting() => table.insert_preliminary(module, Arc::clone(&found)),
            _ => {}
        }
        found
    }

    /// Begins to fetch the files of these modules, several at a time, where the path names servers.
    pub fn fetch_symbols(&self, modules: &[Module]) {
        let table = self.symbols();
        for module in modules.iter().filter(|module| table.loaded(module).is_none()) {
            let loading = Loading::new(self, module, self.memory());
            if loading.finder.asks_servers() {
                loading.begin_fetch();
            }
        }
    }
}

struct Loading<'t> {
    target: &'t Target,
    module: &'t Module,
    /// The memory of the process that the module belongs to.
    memory: &'t VirtualMemory,
    finder: Arc<Finder>,
    found: ModuleSymbols,
    /// Whether something is being fetched that belongs to `found`.
    incomplete: bool,
}

impl Loading<'_> {
    fn new<'t>(target: &'t Target, module: &'t Module, memory: &'t VirtualMemory) -> Loading<'t> {
        let finder = target.symbols().finder();
        Loading { target, module, memory, finder, found: ModuleSymbols::empty(), incomplete: false }
    }

    fn run(&mut self) {
        self.find_image();
        self.found.pdb_id = self.pdb_id();
        match self.found.pdb_id.clone() {
            Some(id) => self.by_identity(&id),
            None if self.module.name == "nt" => self.by_known_addresses(),
            None => self.note("the dump does not name its PDB: the image's headers are neither in the dump nor on the image path"),
        }
        // The nearest exported name is often far away: while better ones are on their way, none is shown.
        if !self.incomplete {
            self.exports();
        }
        self.built_in_types();
        if self.incomplete {
            self.found.status = SymbolStatus::Deferred;
        }
    }

    /// Searches for a file: here first, then by way of the fetching threads.
    fn search(&mut self, id: &FileId) -> Search {
        let table = self.target.symbols();
        let (fetches, base) = (table.fetches(), self.module.base);
        if !fetches.knows(base) {
            if let Some(search) = self.finder.find_here(id, &*table.observer()) {
                return search;
            }
            if table.is_waiting() || !fetches.is_stopped() {
                self.begin_fetch();
            }
        }
        if table.is_waiting() {
            fetches.wait(base, &*table.observer());
        }
        if let Some(search) = fetches.found(base, id) {
            return search;
        }
        let settled = fetches.knows(base) && !fetches.is_pending(base);
        if settled && let Some(search) = self.finder.find_here(id, &*table.observer()) {
            return search;
        }
        if !settled {
            self.incomplete = true;
            self.note("its files are being fetched");
        }
        Search { id: id.clone(), found: None, attempts: Vec::new(), cancelled: true }
    }

    fn begin_fetch(&self) {
        let table = self.target.symbols();
        let image = self.image();
        let wanted = Wanted {
            module: self.module.name.clone(),
            image: self.image_id().filter(|_| self.target.lacks_image_in(self.module, self.memory)),
            pdb: image.ok().and_then(|image| image.pdb_id()),
        };
        let (finder, index_cache) = (Arc::clone(&self.finder), table.index_cache());
        table.fetches().begin(Wish { base: self.module.base, wanted, finder, index_cache });
    }

    fn image(&self) -> Result<ModuleImage<'_>, PeError> {
        Image::new(MemoryImage::new(self.memory, self.module.base))
    }

    fn image_id(&self) -> Option<ImageId> {
        let size = u32::try_from(self.module.size).ok()?;
        Some(ImageId::new(&self.module.image_name, self.module.time_date_stamp?, size))
    }

    fn note(&mut self, text: impl Into<String>) {
        self.found.notes.push(text.into());
    }

    fn note_search(&mut self, search: &Search) {
        for attempt in &search.attempts {
            self.note(format!("{}: {}", attempt.place, attempt.outcome));
        }
    }

    /// An image file of the same time stamp and size stands in for what the dump lacks.
    fn find_image(&mut self) {
        if !self.target.lacks_image_in(self.module, self.memory) {
            return;
        }
        let Some(id) = self.image_id() else {
            return;
        };
        let search = self.search(&FileId::from(id));
        self.note_search(&search);
        let Some(found) = search.found else { return };
        if let Err(error) = self.target.adopt_image(self.module, &found.path) {
            self.note(error.to_string());
        }
        self.found.image_file = Some(found.path);
    }

    fn pdb_id(&mut self) -> Option<PdbId> {
        if let Ok(image) = self.image() {
            return image.pdb_id();
        }
        Image::open(self.found.image_file.as_deref()?).ok()?.pdb_id()
    }

    fn by_identity(&mut self, id: &PdbId) {
        let search = self.search(&FileId::from(id.clone()));
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
        let table = self.target.symbols();
        let pdb = match PdbFile::open(path, table.index_cache().as_deref()) {
            Ok(pdb) => pdb.until(table.stop()).renewing_cache(table.is_renewing_cache()),
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
            self.found.forced = true;
        }
        self.found.status = if pdb.is_private() { SymbolStatus::PrivatePdb } else { SymbolStatus::Pdb };
        self.use_source(Arc::new(pdb), path);
        true
    }

    fn open_isf(&mut self, path: &Path) -> bool {
        match Isf::open_until(path, &*self.target.symbols().stop()) {
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
            if self.target.symbols().observer().is_cancelled() {
                return;
            }
            if self.open_pdb(&file, None) && self.fits(&file) {
                return;
            }
        }
        let tables = candidates::isf_files(&path);
        if tables.is_empty() {
            return;
        }
        let table = self.target.symbols();
        let place = table.index_cache().map(|cache| cache.join("tables.json"));
        let mut catalog = match table.is_renewing_cache() {
            true => Catalog::new(place, &candidates::wanted()),
            false => Catalog::load(place, &candidates::wanted()),
        };
        // What is known costs nothing to compare; only if none of it fits, the others are looked into.
        let (known, new): (Vec<_>, Vec<_>) = tables.into_iter().partition(|file| catalog.get(file).is_some());
        if !self.by_tables(&known, &mut catalog) {
            self.by_tables(&new, &mut catalog);
        }
        catalog.save();
    }

    /// The one of some symbol tables in which every known address fits; its types are read only if it is the one. True
    /// where the search is over: it was found, or the user stopped it.
    fn by_tables(&mut self, tables: &[PathBuf], catalog: &mut Catalog) -> bool {
        for file in tables {
            // Each takes a while to unpack.
            if self.target.symbols().observer().is_cancelled() {
                return true;
            }
            let names = match catalog.get(file) {
                Some(names) => names,
                None => {
                    let stamp = TableStamp::of(file);
                    match Isf::open_names(file, &*self.target.symbols().stop()) {
                        Ok(names) => {
                            catalog.add(file, stamp, &names);
                            names
                        }
                        Err(error) => {
                            self.note(error.to_string());
                            continue;
                        }
                    }
                }
            };
            let fit = candidates::fit(&names, self.target, self.module.base);
            if !fit.is_exact() {
                self.note(format!("{}: {fit}", file.display()));
            } else if self.open_isf(file) && self.fits(file) {
                return true;
            }
        }
        false
    }

    /// Whether the source just opened is of this kernel; drops it otherwise.
    fn fits(&mut self, file: &Path) -> bool {
        let Some(names) = self.found.names.clone() else {
            return false;
        };
        let fit = candidates::fit(&*names, self.target, self.module.base);
        self.note(format!("{}: {fit}", file.display()));
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
        let names = match &self.found.image_file {
            Some(path) => Image::open(path).ok().and_then(|image| ExportNames::of(&image)),
            None => self.image().ok().and_then(|image| ExportNames::of(&image)),
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
        let is_x64 = target.machine() == Machine::Amd64;
        if self.module.name != "nt" || self.found.types.is_some() || !is_x64 {
            return;
        }
        let version = target.kernel_version();
        if version == UNKNOWN {
            return;
        }
        let thread_size = target.debugger_data().and_then(|data| data.nonzero("SizeEThread"));
        let Some(layout) = layouts::choose(version, thread_size) else {
            return;
        };
        if self.found.status == SymbolStatus::None {
            self.found.status = SymbolStatus::BuiltIn;
        }
        let stated = |name: &str| target.debugger_data().and_then(|data| data.nonzero(name));
        let serviced = layout.is_of_build(version);
        let layout = Corrected::new(layout, serviced, &stated);
        self.found.layout_checks = layout_check::check(target, &layout);
        for check in layout_check::failed(&self.found.layout_checks) {
            self.found.notes.push(format!("{}: {}", layout.type_origin(), check.text));
        }
        let checked = Checked::new(layout, &self.found.layout_checks);
        self.found.types = Some(Arc::new(checked));
    }
}
