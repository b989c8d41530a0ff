//! The names that are known without looking for anything.

use crate::debuggee::{ModuleSymbols, RegisterContext, SpecialRegisters, Target};
use crate::dump::Machine;
use crate::symbols::types::{Type, TypeId, TypeSource};
use crate::symbols::wildcard::Wildcard;
use std::fmt;
use std::sync::Arc;

/// The modules, and what is loaded of their symbols; cheap to copy and to send to another thread.
#[derive(Clone, Default)]
pub struct Names {
    modules: Arc<[Module]>,
    machine: Option<Machine>,
}

struct Module {
    name: String,
    symbols: Option<Arc<ModuleSymbols>>,
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Names of {} modules", self.modules.len())
    }
}

impl Names {
    /// What a target knows now. Nothing is loaded.
    pub fn of(target: &Target) -> Names {
        let module = |module: &crate::debuggee::Module| Module {
            name: module.name.clone(),
            symbols: target.symbols().at_hand(module),
        };
        Names { modules: target.modules().iter().map(module).collect(), machine: Some(target.machine()) }
    }

    /// The names of the modules.
    pub fn modules(&self) -> impl Iterator<Item = &str> {
        self.modules.iter().map(|module| module.name.as_str())
    }

    /// Whether this is the name of a module whose symbols are not loaded.
    pub(super) fn is_unloaded(&self, name: &str) -> bool {
        self.named(Some(name)).next().is_some_and(|module| module.symbols.is_none())
    }

    /// The modules of that name; without a name those whose symbols are loaded.
    fn named(&self, name: Option<&str>) -> impl Iterator<Item = &Module> {
        self.modules.iter().filter(move |module| match name {
            Some(name) => module.name.eq_ignore_ascii_case(name),
            None => module.symbols.is_some(),
        })
    }

    /// Names of symbols that begin so, in either case.
    pub(super) fn symbols(&self, module: Option<&str>, start: &str) -> Vec<String> {
        let pattern = beginning_with(start);
        let sources = self.named(module).filter_map(|module| module.symbols.as_ref()?.names.as_ref());
        sources
            .flat_map(|names| names.matching(&pattern).into_iter().map(|symbol| symbol.name.to_owned()))
            .collect()
    }

    /// Names of types that begin so, in either case.
    pub(super) fn types(&self, module: Option<&str>, start: &str) -> Vec<String> {
        let pattern = beginning_with(start);
        self.sources(module).flat_map(|types| types.type_names(&pattern)).collect()
    }

    /// The members of a type, which may be followed by a path: `nt!_EPROCESS`, `_EPROCESS.Pcb`.
    pub(super) fn fields(&self, path: &str) -> Vec<String> {
        let (module, path) = match path.split_once('!') {
            Some((module, path)) => (Some(module), path),
            None => (None, path),
        };
        let mut steps = path.split('.');
        let name = steps.next().unwrap_or_default();
        let Some((types, mut ty)) = self.sources(module).find_map(|types| Some((types, types.find(name)?)))
        else {
            return Vec::new();
        };
        for step in steps {
            let field = members(&**types, ty).into_iter().find(|(name, _)| name.eq_ignore_ascii_case(step));
            match field {
                Some((_, inner)) => ty = inner,
                None => return Vec::new(),
            }
        }
        members(&**types, ty).into_iter().map(|(name, _)| name).filter(|name| !name.is_empty()).collect()
    }

    fn sources(&self, module: Option<&str>) -> impl Iterator<Item = &Arc<dyn TypeSource>> {
        self.named(module).filter_map(|module| module.symbols.as_ref()?.types.as_ref())
    }

    /// The names of the machine's registers.
    pub(super) fn registers(&self) -> Vec<String> {
        let mut names = self.machine.map(RegisterContext::names).unwrap_or_default();
        if self.machine == Some(Machine::Amd64) {
            names.extend(SpecialRegisters::names().map(str::to_owned));
        }
        names
    }
}

fn members(types: &dyn TypeSource, ty: TypeId) -> Vec<(String, TypeId)> {
    match types.get(ty) {
        Some(Type::Udt(udt)) => udt.fields.iter().map(|field| (field.name.clone(), field.ty)).collect(),
        _ => Vec::new(),
    }
}

/// Matches what begins with `start`, whatever characters that holds.
fn beginning_with(start: &str) -> Wildcard {
    let mut pattern = String::new();
    for c in start.chars() {
        if !c.is_alphanumeric() {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('*');
    Wildcard::new(&pattern)
}
