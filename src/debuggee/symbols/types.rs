//! Types by name, across the modules.

use super::candidates::known_address;
use crate::debuggee::{Module, Target};
use crate::symbols::types::{Type, TypeId, TypeSource};
use std::sync::Arc;

/// A type together with the module and the source that know it.
#[derive(Debug, Clone)]
pub struct FoundType {
    /// The debugger's name of the module.
    pub module: String,
    /// Where that module is.
    pub base: u64,
    /// The types it is one of.
    pub source: Arc<dyn TypeSource>,
    /// Its id there.
    pub id: TypeId,
}

impl FoundType {
    /// Another type of the same source.
    pub fn of(&self, id: TypeId) -> FoundType {
        FoundType { id, ..self.clone() }
    }

    /// The type itself.
    pub fn get(&self) -> Option<Type> {
        self.source.get(self.id)
    }

    /// Its size in bytes, where known.
    pub fn size(&self) -> Option<u64> {
        self.source.size_of(self.id)
    }
}

impl Target {
    /// The type called `name`, which may say its module (`nt!_EPROCESS`) and its kind (`struct _EPROCESS`). Without a
    /// module the kernel's types come first, then those of modules whose symbols are loaded: a bare name never makes
    /// the debugger fetch symbols.
    pub fn find_type(&self, name: &str) -> Option<FoundType> {
        let name = without_kind(name);
        if let Some((module, name)) = name.split_once('!') {
            return self.type_in(self.modules().named(module)?, without_kind(name));
        }
        self.modules_at_hand().find_map(|module| self.type_in(module, name))
    }

    /// The type of that name in one module.
    pub fn type_in(&self, module: &Module, name: &str) -> Option<FoundType> {
        let source = self.module_symbols(module).types.clone()?;
        let id = source.find(name)?;
        Some(FoundType { module: module.name.clone(), base: module.base, source, id })
    }

    /// The address of a symbol, and its type where the module's symbols have it. Modules are searched as by
    /// [`Target::find_type`]; a module's name alone is its base.
    pub fn variable(&self, name: &str) -> Option<(u64, Option<FoundType>)> {
        let in_module = |module: &Module, name: &str| {
            let symbols = self.module_symbols(module);
            let found = symbols.names.as_ref().map(|names| names.by_name(name)).unwrap_or_default();
            let typed = found.iter().find(|symbol| symbol.ty.is_some());
            let Some(symbol) = typed.or(found.first()) else {
                return known_address(self, module, name).map(|address| (address, None));
            };
            let ty = symbol.ty.zip(symbols.types.clone()).map(|(id, source)| FoundType {
                module: module.name.clone(),
                base: module.base,
                source,
                id,
            });
            Some((module.base.wrapping_add(u64::from(symbol.rva)), ty))
        };
        if let Some((module, name)) = name.split_once('!') {
            return in_module(self.modules().named(module)?, name);
        }
        let found = self.modules_at_hand().find_map(|module| in_module(module, name));
        found.or_else(|| Some((self.modules().named(name)?.base, None)))
    }

    /// The kernel, then every module whose symbols are loaded; the only module of a target that has just one.
    pub fn modules_at_hand(&self) -> impl Iterator<Item = &Module> {
        let only = self.modules().len() == 1;
        let kernel = self.modules().iter().filter(|module| module.name == "nt");
        let others = self
            .modules()
            .iter()
            .filter(move |module| module.name != "nt" && (only || self.symbols().loaded(module).is_some()));
        kernel.chain(others)
    }
}

/// `struct _FOO` is `_FOO`.
fn without_kind(name: &str) -> &str {
    let name = name.trim();
    ["struct ", "class ", "union ", "enum "]
        .iter()
        .find_map(|kind| name.strip_prefix(kind))
        .map_or(name, str::trim_start)
}
