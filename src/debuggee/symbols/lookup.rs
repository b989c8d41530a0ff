//! From addresses to names and back.

use super::candidates::{known_address, known_variables};
use super::module_symbols::ModuleSymbols;
use crate::debuggee::{Module, Target};
use crate::symbols::source::Symbol;

/// Where an address lies, by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedAddress {
    /// The module's name.
    pub module: String,
    /// The symbol at or before the address; `None` where the module has no names there.
    pub symbol: Option<String>,
    /// Bytes from the symbol, or from the module's base.
    pub offset: u64,
}

impl NamedAddress {
    /// `nt!KeBugCheckEx+0x10`, `nt+0x3f5a80`, `nt`.
    pub fn text(&self) -> String {
        let name = self.name();
        match self.offset {
            0 => name,
            offset => format!("{name}+{offset:#x}"),
        }
    }

    /// `nt!KeBugCheckEx`, or the module's name alone.
    pub fn name(&self) -> String {
        match &self.symbol {
            Some(symbol) => format!("{}!{symbol}", self.module),
            None => self.module.clone(),
        }
    }
}

impl Target {
    /// Names an address, loading the module's symbols if need be; `None` outside all modules.
    pub fn name_address(&self, address: u64) -> Option<NamedAddress> {
        let module = self.modules().at(address)?;
        Some(named(module, &self.module_symbols(module), address))
    }

    /// The variables of a module that are known without symbols, by name, with their addresses.
    pub fn known_variables(&self, module: &Module) -> Vec<(&'static str, u64)> {
        known_variables(self, module)
    }

    /// The address of `module!symbol`, of a symbol in any module whose symbols are loaded, or of a module.
    pub fn resolve(&self, name: &str) -> Option<u64> {
        if let Some((module, symbol)) = name.split_once('!') {
            return self.symbol_in(self.modules().named(module)?, symbol);
        }
        if let Some(module) = self.modules().named(name) {
            return Some(module.base);
        }
        // A bare name never makes the debugger load or fetch symbols, except the kernel's.
        let loaded = self
            .modules()
            .iter()
            .filter(|module| module.name == "nt" || self.symbols().loaded(module).is_some());
        loaded.into_iter().find_map(|module| self.symbol_in(module, name))
    }

    fn symbol_in(&self, module: &Module, name: &str) -> Option<u64> {
        let symbols = self.module_symbols(module);
        let found = symbols.names.as_ref().and_then(|names| {
            let found: Vec<Symbol<'_>> = names.by_name(name);
            found.first().map(|symbol| module.base.wrapping_add(u64::from(symbol.rva)))
        });
        found.or_else(|| known_address(self, module, name))
    }
}

/// An address in a module, by the module's names.
pub(in crate::debuggee) fn named(module: &Module, symbols: &ModuleSymbols, address: u64) -> NamedAddress {
    let offset = address.wrapping_sub(module.base);
    let nearest = symbols.names.as_ref().and_then(|names| {
        let symbol = names.nearest(u32::try_from(offset).ok()?)?;
        Some((symbol.name.to_owned(), offset - u64::from(symbol.rva)))
    });
    let (symbol, offset) = nearest.map_or((None, offset), |(symbol, offset)| (Some(symbol), offset));
    NamedAddress { module: module.name.clone(), symbol, offset }
}
