//! Whose memory is read, with which types, and who may stop it.

use super::lack::Lack;
use super::paths::Paths;
use crate::debuggee::symbols::named;
use crate::debuggee::{FoundType, Module, ModuleList, ModuleSymbols, NamedAddress, Target};
use crate::memory::VirtualMemory;
use crate::util::cancel::CancelToken;
use std::cell::OnceCell;
use std::sync::Arc;

/// A view of the target for a piece of work: one address space, and a token that ends the work.
///
/// It moves nothing that the user has selected. Looking through another process's eyes is another scope:
/// [`Scope::of_process`].
pub struct Scope<'t> {
    target: &'t Target,
    memory: VirtualMemory,
    process: Option<u64>,
    stop: CancelToken,
    /// Whether the memory is what the target shows now, and its modules are the target's.
    shown: bool,
    /// The modules of another process, listed when they are first asked for.
    modules: OnceCell<ModuleList>,
    pub(super) paths: Paths,
}

impl<'t> Scope<'t> {
    /// Memory as the target shows it now.
    pub fn new(target: &'t Target, stop: &CancelToken) -> Scope<'t> {
        Scope {
            target,
            memory: target.memory().clone(),
            process: target.attached(),
            stop: stop.clone(),
            shown: true,
            modules: OnceCell::new(),
            paths: Paths::default(),
        }
    }

    /// User memory as another process sees it. Image files that stand in for what the dump lacks are used for the
    /// kernel's modules only.
    ///
    /// # Errors
    /// Why the process's page tables cannot be used.
    pub fn of_process(&self, process: u64) -> Result<Scope<'t>, Lack> {
        let same = self.process == Some(process);
        let memory = if same {
            self.memory.clone()
        } else {
            self.target.space_of(process).map_err(|why| Lack::NoSpace { why })?
        };
        Ok(Scope {
            target: self.target,
            memory,
            process: Some(process),
            stop: self.stop.clone(),
            shown: same && self.shown,
            modules: OnceCell::new(),
            paths: Paths::default(),
        })
    }

    /// Kernel memory alone, with the kernel's modules: user memory and user modules are nobody's, for the reason `why`.
    pub fn without_user_space(&self, why: &Lack) -> Scope<'t> {
        Scope {
            target: self.target,
            memory: self.memory.without_user_space(&why.to_string()),
            process: None,
            stop: self.stop.clone(),
            shown: false,
            modules: OnceCell::new(),
            paths: Paths::default(),
        }
    }

    /// The target.
    pub fn target(&self) -> &'t Target {
        self.target
    }

    /// The memory that is read.
    pub fn memory(&self) -> &VirtualMemory {
        &self.memory
    }

    /// The kernel's modules, and those of the process whose user memory this is.
    pub fn modules(&self) -> &ModuleList {
        match self.shown {
            true => self.target.modules(),
            false => self.modules.get_or_init(|| self.target.modules_of(self.process, &self.memory)),
        }
    }

    /// The symbols of one of these modules, loaded if need be.
    pub fn module_symbols(&self, module: &Module) -> Arc<ModuleSymbols> {
        self.target.module_symbols_in(module, &self.memory)
    }

    /// Names an address as the process sees it, loading the module's symbols if need be; `None` outside all modules.
    pub fn name_address(&self, address: u64) -> Option<NamedAddress> {
        let module = self.modules().at(address)?;
        Some(named(module, &self.module_symbols(module), address))
    }

    /// The process whose user memory this is, where known.
    pub fn process(&self) -> Option<u64> {
        self.process
    }

    /// What ends the work.
    pub fn stop(&self) -> &CancelToken {
        &self.stop
    }

    /// A place where the work can be stopped.
    ///
    /// # Errors
    /// [`Lack::Stopped`].
    pub fn check(&self) -> Result<(), Lack> {
        self.stop.check().map_err(|_| Lack::Stopped)
    }

    /// The type of that name, as [`Target::find_type`] finds it.
    ///
    /// # Errors
    /// Why there is none: no types at all, no such type, a built-in layout that the dump contradicts.
    pub fn find_type(&self, name: &str) -> Result<FoundType, Lack> {
        self.target.find_type(name).ok_or_else(|| self.why_no_type(name))
    }

    fn why_no_type(&self, name: &str) -> Lack {
        let (module, ty) = name.split_once('!').unwrap_or(("nt", name));
        let Some(found) = self.target.modules().named(module) else {
            return Lack::NoTypes { module: module.to_owned() };
        };
        let symbols = self.target.module_symbols(found);
        if symbols.types.is_none() {
            return Lack::NoTypes { module: module.to_owned() };
        }
        match symbols.refusals(ty).first() {
            Some(check) => Lack::Refused { ty: name.to_owned(), why: check.text.clone() },
            None => Lack::NoName { name: name.to_owned() },
        }
    }
}
