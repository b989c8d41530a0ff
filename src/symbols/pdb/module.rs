//! One compiled module's stream.

use pdb::{FallibleIterator, ModuleInfo};

use super::lines::LineTable;
use super::streams::Streams;
use crate::util::bounded;

/// A module's stream with what was made of it.
pub(crate) struct Compiled {
    pub(crate) info: ModuleInfo<'static>,
    /// Bytes of symbol records.
    pub(crate) symbols_size: u32,
    pub(crate) lines: LineTable,
}

/// Reads the stream of the module of that number.
pub(crate) fn read(file: &Streams, number: u16) -> Option<Compiled> {
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
