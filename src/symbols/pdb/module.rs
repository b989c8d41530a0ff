//! One compiled module's stream, kept while it is in use.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use pdb::{FallibleIterator, ModuleInfo};

use super::file::PdbFile;
use super::lines::LineTable;
use super::procedure::Procedure;
use crate::util::bounded;

/// How many modules' streams, and how many of their procedures, are kept.
const MAX_MODULES: usize = 16;
const MAX_PROCEDURES: usize = 256;

/// A module's stream with what was made of it.
pub(crate) struct Compiled {
    pub(crate) info: ModuleInfo<'static>,
    /// Bytes of symbol records.
    pub(crate) symbols_size: u32,
    pub(crate) lines: LineTable,
}

/// What was read last.
#[derive(Default)]
pub(crate) struct Recent {
    modules: Mutex<VecDeque<(u16, Arc<Compiled>)>>,
    procedures: Mutex<VecDeque<(u32, Arc<Procedure>)>>,
}

impl Recent {
    /// The module of that number, read now if it is not at hand.
    pub(crate) fn module(&self, file: &PdbFile, number: u16) -> Option<Arc<Compiled>> {
        let mut modules = self.modules.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = modules.iter().find(|(known, _)| *known == number) {
            return Some(known.clone());
        }
        let module = Arc::new(read(file, number)?);
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

fn read(file: &PdbFile, number: u16) -> Option<Compiled> {
    let debug = file.debug();
    let module = debug.modules().ok()?.nth(usize::from(number)).ok()??;
    let sizes = module.info();
    let (stream, symbols_size) = (sizes.stream, sizes.symbols_size);
    let (old_lines, c13_size) = (sizes.lines_size, sizes.c13_lines_size);
    let mut pdb = file.lock();
    let info = pdb.module_info(&module).ok()??;
    let stream = pdb.raw_stream(stream).ok()??;
    drop(pdb);
    let section = (symbols_size as usize).checked_add(old_lines as usize)?;
    let section = bounded::slice(stream.as_slice(), section, c13_size as usize)?;
    let lines = LineTable::read(file, section);
    Some(Compiled { info, symbols_size, lines })
}
