//! The streams of one PDB, each read when it is first asked for, and kept.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use pdb::{AddressMap, DebugInformation, FallibleIterator, MachineType, Module, PDB, StreamIndex};

use super::container::{Identity, Input, SharedInput, is_fastlink};
use super::debug_header::{DEBUG_STREAM, DebugHeader, parts_fit};
use super::leaf::Leaf;
use super::msf::Container;
use super::records::Records;
use super::strings::{NameTable, named_stream};
use crate::symbols::error::SymbolError;
use crate::util::guid::Guid;

/// The stream of the PDB's identity, that of type records, and that of id records.
const PDB_STREAM: u16 = 1;
const TYPE_STREAM: u16 = 2;
const ID_STREAM: u16 = 4;
/// The name of the module in which the linker keeps its own records.
pub(crate) const LINKER_MODULE: &str = "* Linker *";

/// What a PDB's streams hold, before anything is made of it.
pub(crate) struct Streams {
    path: PathBuf,
    pdb: Mutex<PDB<'static, SharedInput>>,
    debug: DebugInformation<'static>,
    has_private: bool,
    identity: Identity,
    input: SharedInput,
    map: OnceLock<Option<Arc<AddressMap<'static>>>>,
    types: OnceLock<Option<Records>>,
    ids: OnceLock<Option<Records>>,
    rearranged: OnceLock<bool>,
    strings: OnceLock<Option<NameTable>>,
    /// Code of compiled modules: start, end and number.
    contributions: OnceLock<Vec<(u32, u32, u16)>>,
}

impl Streams {
    /// Reads what every use of the PDB needs: its identity and its list of modules.
    pub(crate) fn open(input: Box<dyn Input>, path: &Path) -> Result<Streams, SymbolError> {
        let damaged = |e: pdb::Error| SymbolError::Pdb {
            path: path.to_owned(),
            reason: format!("{e}; the file is damaged or cut short, fetch it again"),
        };
        let input = SharedInput::new(input, path)?;
        let mut pdb = PDB::open(input.clone()).map_err(damaged)?;
        let information = pdb.pdb_information().map_err(damaged)?;
        let features = information.names_offset.saturating_add(information.names_size);
        if let Ok(Some(stream)) = pdb.raw_stream(StreamIndex(PDB_STREAM))
            && is_fastlink(stream.as_slice().get(features..).unwrap_or(&[]))
        {
            return Err(SymbolError::UnsupportedPdb {
                path: path.to_owned(),
                kind: "a /DEBUG:FASTLINK PDB",
                advice: "its symbols are still in the object files; build with /DEBUG:FULL or run mspdbcmf on it",
            });
        }
        if let Ok(Some(stream)) = pdb.raw_stream(StreamIndex(DEBUG_STREAM))
            && !parts_fit(stream.as_slice())
        {
            return Err(SymbolError::Pdb {
                path: path.to_owned(),
                reason: "its debug-information stream is shorter than its header says; the file is damaged or cut short, fetch it again".to_owned(),
            });
        }
        let debug = pdb.debug_information().map_err(damaged)?;
        let identity = Identity {
            guid: Guid(information.guid.to_bytes_le()),
            age: debug.age().unwrap_or(information.age),
        };
        let has_private = !debug.is_stripped() && has_compiled_symbols(&debug).map_err(damaged)?;
        Ok(Streams {
            path: path.to_owned(),
            pdb: Mutex::new(pdb),
            debug,
            has_private,
            identity,
            input,
            map: OnceLock::new(),
            types: OnceLock::new(),
            ids: OnceLock::new(),
            rearranged: OnceLock::new(),
            strings: OnceLock::new(),
            contributions: OnceLock::new(),
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Whether it has procedures with their variables and lines.
    pub(crate) fn has_private(&self) -> bool {
        self.has_private
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, PDB<'static, SharedInput>> {
        self.pdb.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The way from sections and offsets to addresses, and by OMAP on to those in the image where it was rearranged.
    pub(crate) fn address_map(&self) -> Result<Arc<AddressMap<'static>>, pdb::Error> {
        let map = self.map.get_or_init(|| self.lock().address_map().map(Arc::new).ok());
        map.clone().ok_or(pdb::Error::AddressMapNotFound)
    }

    /// Whether the image was rearranged after it was linked; true where that cannot be seen, since the address map knows
    /// all the same.
    pub(crate) fn is_rearranged(&self) -> bool {
        *self.rearranged.get_or_init(|| {
            let header =
                Container::new(self.input.clone()).and_then(|container| DebugHeader::read(&container));
            header.is_none_or(|header| header.is_rearranged)
        })
    }

    fn records(&self, stream: u16, with_names: bool) -> Option<Records> {
        let stream = self.lock().raw_stream(StreamIndex(stream)).ok()??;
        Records::new(Box::new(stream), with_names)
    }

    pub(crate) fn type_records(&self) -> Option<&Records> {
        self.types.get_or_init(|| self.records(TYPE_STREAM, true)).as_ref()
    }

    pub(crate) fn id_records(&self) -> Option<&Records> {
        self.ids.get_or_init(|| self.records(ID_STREAM, false)).as_ref()
    }

    pub(crate) fn debug(&self) -> &DebugInformation<'static> {
        &self.debug
    }

    pub(crate) fn machine(&self) -> MachineType {
        self.debug.machine_type().unwrap_or(MachineType::Unknown)
    }

    /// The table of file names.
    pub(crate) fn strings(&self) -> Option<&NameTable> {
        self.strings.get_or_init(|| self.read_strings()).as_ref()
    }

    fn read_strings(&self) -> Option<NameTable> {
        let mut pdb = self.lock();
        let information = pdb.raw_stream(StreamIndex(PDB_STREAM)).ok()??;
        let number = named_stream(information.as_slice(), b"/names")?;
        let stream = pdb.raw_stream(StreamIndex(number)).ok()??;
        NameTable::new(Box::new(stream))
    }

    /// The number of the compiled module that contributed the code at a record's address.
    pub(crate) fn contribution_at(&self, rva: u32) -> Option<u16> {
        let all = self.contributions.get_or_init(|| self.read_contributions());
        let after = all.partition_point(|&(start, ..)| start <= rva);
        let &(_, end, module) = all.get(after.checked_sub(1)?)?;
        (rva < end).then_some(module)
    }

    fn read_contributions(&self) -> Vec<(u32, u32, u16)> {
        let mut all = Vec::new();
        if let (Ok(mut list), Ok(map)) = (self.debug.section_contributions(), self.address_map()) {
            while let Ok(Some(entry)) = list.next() {
                if let (Some(start), Ok(module)) =
                    (entry.offset.to_internal_rva(&map), u16::try_from(entry.module))
                {
                    all.push((start.0, start.0.saturating_add(entry.size), module));
                }
            }
        }
        all.sort_unstable();
        all
    }

    /// The name of a structure or enumeration, by its type's number.
    pub(crate) fn type_name(&self, index: u32) -> Option<String> {
        let name = match self.type_records()?.leaf(index)? {
            Leaf::Struct(s) => s.name,
            Leaf::Enum(e) => e.name,
            _ => return None,
        };
        Some(String::from_utf8_lossy(name).into_owned())
    }

    pub(crate) fn input(&self) -> &SharedInput {
        &self.input
    }
}

/// Whether any module that a compiler made has symbol records; four bytes are a signature alone.
fn has_compiled_symbols(debug: &DebugInformation<'_>) -> Result<bool, pdb::Error> {
    let mut modules = debug.modules()?;
    while let Ok(Some(module)) = modules.next() {
        if has_records(&module) && module.module_name() != LINKER_MODULE {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a module has symbol records; four bytes are the signature alone.
pub(crate) fn has_records(module: &Module<'_>) -> bool {
    module.info().symbols_size > 4 && !module.info().stream.is_none()
}
