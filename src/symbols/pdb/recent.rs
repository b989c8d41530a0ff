//! The modules and procedures that were loaded last.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use super::module::{self, Compiled};
use super::procedure::Procedure;
use super::streams::Streams;

/// How many modules' streams, and how many of their procedures, are kept.
const MAX_MODULES: usize = 16;
const MAX_PROCEDURES: usize = 256;

/// What was loaded last.
#[derive(Default)]
pub(crate) struct Recent {
    modules: Mutex<VecDeque<(u16, Arc<Compiled>)>>,
    procedures: Mutex<VecDeque<(u32, Arc<Procedure>)>>,
}

impl Recent {
    /// The module of that number, read now if it is not at hand.
    pub(crate) fn module(&self, file: &Streams, number: u16) -> Option<Arc<Compiled>> {
        let mut modules = self.modules.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = modules.iter().find(|(known, _)| *known == number) {
            return Some(known.clone());
        }
        let module = Arc::new(module::read(file, number)?);
        if modules.len() >= MAX_MODULES {
            modules.pop_front();
        }
        modules.push_back((number, module.clone()));
        Some(module)
    }

    /// The procedure that begins at `rva`, made by `make` if it is not at hand.
    pub(crate) fn procedure(
        &self,
        rva: u32,
        make: impl FnOnce() -> Option<Procedure>,
    ) -> Option<Arc<Procedure>> {
        let mut procedures = self.procedures.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = procedures.iter().find(|(known, _)| *known == rva) {
            return Some(known.clone());
        }
        let procedure = Arc::new(make()?);
        if procedures.len() >= MAX_PROCEDURES {
            procedures.pop_front();
        }
        procedures.push_back((rva, procedure.clone()));
        Some(procedure)
    }
}
