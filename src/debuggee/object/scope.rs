//! Whose memory is read, with which types, and who may stop it.

use super::lack::Lack;
use super::paths::Paths;
use crate::debuggee::{FoundType, Target};
use crate::memory::VirtualMemory;
use crate::util::cancel::CancelToken;

/// A view of the target for a piece of work: one address space, and a token that ends the work.
///
/// It moves nothing that the user has selected. Looking through another process's eyes is another scope:
/// [`Scope::of_process`].
pub struct Scope<'t> {
    target: &'t Target,
    memory: VirtualMemory,
    process: Option<u64>,
    stop: CancelToken,
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
            paths: Paths::default(),
        }
    }

    /// User memory as another process sees it. Image files that stand in for what the dump lacks are used for the
    /// kernel's modules only.
    ///
    /// # Errors
    /// Why the process's page tables cannot be used.
    pub fn of_process(&self, process: u64) -> Result<Scope<'t>, Lack> {
        let memory = if self.process == Some(process) {
            self.memory.clone()
        } else {
            self.target.space_of(process).map_err(|why| Lack::NoSpace { why })?
        };
        Ok(Scope {
            target: self.target,
            memory,
            process: Some(process),
            stop: self.stop.clone(),
            paths: Paths::default(),
        })
    }

    /// The target.
    pub fn target(&self) -> &'t Target {
        self.target
    }

    /// The memory that is read.
    pub fn memory(&self) -> &VirtualMemory {
        &self.memory
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
