//! One open PDB: everything in it is read when it is first asked for, and kept.

use std::collections::HashMap;
use std::fs::File;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use pdb::{AddressMap, DebugInformation, FallibleIterator, MachineType, PDB, StreamIndex};

use super::container::{Identity, Input, SharedInput, is_fastlink};
use super::debug_header::DebugHeader;
use super::leaf::Leaf;
use super::module::Recent;
use super::msf::Container;
use super::publics;
use super::records::Records;
use super::sorted_publics::SortedPublics;
use super::strings::{NameTable, named_stream};
use crate::symbols::error::SymbolError;
use crate::symbols::index::NameIndex;
use crate::symbols::types::{Type, TypeId};
use crate::util::guid::Guid;

/// The stream of the PDB's identity, that of type records, and that of id records.
const PDB_STREAM: u16 = 1;
const TYPE_STREAM: u16 = 2;
const ID_STREAM: u16 = 4;
/// The name of the module in which the linker keeps its own records.
pub(crate) const LINKER_MODULE: &str = "* Linker *";
/// The most types that are kept once read.
const MAX_CACHED_TYPES: usize = 20_000;

/// A PDB.
pub struct PdbFile {
    path: PathBuf,
    pdb: Mutex<PDB<'static, SharedInput>>,
    debug: DebugInformation<'static>,
    has_private: bool,
    identity: Identity,
    input: SharedInput,
    cache: Option<PathBuf>,
    map: OnceLock<Result<Arc<AddressMap<'static>>, String>>,
    types: OnceLock<Option<Records>>,
    ids: OnceLock<Option<Records>>,
    known_types: Mutex<HashMap<u32, Type>>,
    rearranged: OnceLock<bool>,
    names: OnceLock<Result<NameIndex, String>>,
    publics: OnceLock<Option<SortedPublics>>,
    strings: OnceLock<Option<NameTable>>,
    /// Code of compiled modules: start, end and number.
    contributions: OnceLock<Vec<(u32, u32, u16)>>,
    recent: Recent,
}

impl std::fmt::Debug for PdbFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PdbFile({}, {})", self.path.display(), self.identity)
    }
}

impl PdbFile {
    /// Opens the PDB at `path`. Its table of names is kept in the folder `cache`, if one is given.
    pub fn open(path: &Path, cache: Option<&Path>) -> Result<PdbFile, SymbolError> {
        let io = |source| SymbolError::Io { path: path.to_owned(), action: "read", source };
        PdbFile::from_input(Box::new(File::open(path).map_err(io)?), path, cache)
    }

    /// Opens a PDB that is already in memory; `path` is only what messages call it.
    pub fn from_bytes(bytes: Vec<u8>, path: &Path, cache: Option<&Path>) -> Result<PdbFile, SymbolError> {
        PdbFile::from_input(Box::new(Cursor::new(bytes)), path, cache)
    }

    fn from_input(input: Box<dyn Input>, path: &Path, cache: Option<&Path>) -> Result<PdbFile, SymbolError> {
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
        let debug = pdb.debug_information().map_err(damaged)?;
        let identity = Identity {
            guid: Guid(information.guid.to_bytes_le()),
            age: debug.age().unwrap_or(information.age),
        };
        let has_private = !debug.is_stripped() && has_compiled_symbols(&debug).map_err(damaged)?;
        Ok(PdbFile {
            path: path.to_owned(),
            pdb: Mutex::new(pdb),
            debug,
            has_private,
            identity,
            input,
            cache: cache.map(Path::to_owned),
            map: OnceLock::new(),
            types: OnceLock::new(),
            ids: OnceLock::new(),
            known_types: Mutex::default(),
            rearranged: OnceLock::new(),
            names: OnceLock::new(),
            publics: OnceLock::new(),
            strings: OnceLock::new(),
            contributions: OnceLock::new(),
            recent: Recent::default(),
        })
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The GUID and age of the module that this PDB belongs to.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Refuses a PDB of another build, naming both.
    pub fn check(&self, wanted: &Identity) -> Result<(), SymbolError> {
        if self.identity == *wanted {
            return Ok(());
        }
        Err(SymbolError::Mismatch {
            path: self.path.clone(),
            wanted: wanted.to_string(),
            found: self.identity.to_string(),
        })
    }

    /// Whether it has procedures with their variables and lines, not only public names and types.
    pub fn is_private(&self) -> bool {
        self.has_private
    }

    pub(crate) fn kind_words(&self) -> &'static str {
        match self.is_private() {
            true => "private PDB",
            false => "public PDB",
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, PDB<'static, SharedInput>> {
        self.pdb.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The way from sections and offsets to addresses, and by OMAP on to those in the image where it was rearranged.
    pub(crate) fn address_map(&self) -> Result<Arc<AddressMap<'static>>, pdb::Error> {
        let map = self.map.get_or_init(|| self.lock().address_map().map(Arc::new).map_err(|e| e.to_string()));
        map.clone().map_err(|_| pdb::Error::AddressMapNotFound)
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

    pub(crate) fn recent(&self) -> &Recent {
        &self.recent
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

    pub(crate) fn cached_type(&self, id: TypeId) -> Option<Type> {
        let known = self.known_types.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&id.0).cloned()
    }

    pub(crate) fn cache_type(&self, id: TypeId, ty: &Type) {
        let mut known = self.known_types.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() < MAX_CACHED_TYPES {
            known.insert(id.0, ty.clone());
        }
    }

    pub(crate) fn type_definition(&self, name: &str) -> Option<TypeId> {
        self.name_index().ok()?.typedef(name)
    }

    pub(crate) fn input(&self) -> &SharedInput {
        &self.input
    }

    /// Names that answer for a record's address: all names where they have been read or must be, and otherwise a few.
    pub(crate) fn names_near(&self, rva: u32) -> Option<&NameIndex> {
        if let Some(all) = self.names.get() {
            return all.as_ref().ok();
        }
        let publics = self.publics.get_or_init(|| SortedPublics::new(self));
        publics.as_ref().and_then(|publics| publics.near(rva)).or_else(|| self.name_index().ok())
    }

    /// All names, from the cache's table or read now. Their addresses are those of the records, which are the image's but
    /// where it was rearranged.
    pub fn name_index(&self) -> Result<&NameIndex, SymbolError> {
        let names = self.names.get_or_init(|| self.load_names());
        names.as_ref().map_err(|reason| SymbolError::Pdb {
            path: self.path.clone(),
            reason: format!("its symbol records cannot be read: {reason}"),
        })
    }

    fn load_names(&self) -> Result<NameIndex, String> {
        // A public and a private PDB of one build share GUID and age, so the length belongs to the key.
        let key = format!("{}-{:x}", self.identity.key(), self.input.len());
        let place = self.cache.as_ref().map(|folder| folder.join(format!("{key}.names")));
        if let Some(index) = place.as_ref().and_then(|path| NameIndex::load(path, &key)) {
            return Ok(index);
        }
        let index = publics::build(self).map_err(|e| e.to_string())?;
        if let Some(path) = &place {
            // A cache that cannot be written costs time at the next start and nothing else.
            let _ = index.save(path, &key);
        }
        Ok(index)
    }
}

/// Whether any module that a compiler made has symbol records; four bytes are a signature alone.
fn has_compiled_symbols(debug: &DebugInformation<'_>) -> Result<bool, pdb::Error> {
    let mut modules = debug.modules()?;
    while let Ok(Some(module)) = modules.next() {
        if publics::has_records(&module) && module.module_name() != LINKER_MODULE {
            return Ok(true);
        }
    }
    Ok(false)
}
