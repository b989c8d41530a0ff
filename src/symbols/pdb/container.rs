//! The file around the streams: what kind of PDB it is and which build it belongs to.

use std::fmt;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::ThreadId;

use pdb::{SourceSlice, SourceView};

use crate::symbols::error::SymbolError;
use crate::symbols::module::PdbId;
use crate::util::cancel::{SharedStop, Stop, stopped};
use crate::util::guid::Guid;

/// First bytes of a PDB of today ("big MSF").
const MSF_MAGIC: &[u8] = b"Microsoft C/C++ MSF 7.00\r\n\x1aDS\0\0\0";
/// First bytes of a compressed PDB, as newer linkers and servers write them.
const MSFZ_MAGIC: &[u8] = b"Microsoft MSFZ Container\r\n\x1aALD\0\0";
/// First bytes of a portable PDB (.NET).
const PORTABLE_MAGIC: &[u8] = b"BSJB";
/// The feature word in the PDB stream that /DEBUG:FASTLINK leaves: "MINI".
const FEATURE_MINIMAL: u32 = 0x494e_494d;

/// So much of a stream is read between two questions whether to go on.
const PIECE: usize = 1 << 20;

/// The GUID and age by which a module asks for its PDB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Identity {
    /// The GUID.
    pub guid: Guid,
    /// The age in the debug-information stream, which is the age in the module's own record. (The age in the PDB stream
    /// counts later rewrites: public PDBs of Microsoft have 2 or 3 there and 1 here.)
    pub age: u32,
}

impl Identity {
    /// The folder name in a symbol store: `5278AFF86C341677D7D7835C85B7B8441`.
    pub fn key(&self) -> String {
        format!("{}{:x}", self.guid.digits(), self.age)
    }
}

impl From<&PdbId> for Identity {
    fn from(id: &PdbId) -> Identity {
        Identity { guid: id.guid, age: id.age }
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} age {:x}", self.guid, self.age)
    }
}

/// Anything that holds a PDB.
pub(crate) trait Input: Read + Seek + Send {}
impl<T: Read + Seek + Send> Input for T {}

/// A PDB's bytes, for `pdb2` and for [`super::msf`]. `pdb2` never gets more at once than the file holds: a stream
/// directory may name the same page a million times.
#[derive(Clone)]
pub(crate) struct SharedInput {
    input: Arc<Mutex<Box<dyn Input>>>,
    /// The thread whose reading may be stopped now, and by what.
    stoppable: Arc<Mutex<Option<(ThreadId, SharedStop)>>>,
    len: u64,
}

impl fmt::Debug for SharedInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SharedInput({} bytes)", self.len)
    }
}

#[derive(Debug)]
struct Bytes(Vec<u8>);

impl SourceView<'_> for Bytes {
    fn as_slice(&self) -> &[u8] {
        &self.0
    }
}

impl SharedInput {
    /// Looks at the first bytes of `input` and refuses what is no PDB of a kind that can be read.
    pub(crate) fn new(mut input: Box<dyn Input>, path: &Path) -> Result<SharedInput, SymbolError> {
        let io = |source| SymbolError::Io { path: path.to_owned(), action: "read", source };
        let unsupported = |kind, advice| SymbolError::UnsupportedPdb { path: path.to_owned(), kind, advice };
        let len = input.seek(SeekFrom::End(0)).map_err(io)?;
        input.seek(SeekFrom::Start(0)).map_err(io)?;
        let mut head = Vec::new();
        input.by_ref().take(64).read_to_end(&mut head).map_err(io)?;
        if head.starts_with(MSFZ_MAGIC) {
            return Err(unsupported(
                "a compressed PDB (MSFZ)",
                "unpack it (pdbcopy or msfz tools write a plain PDB) or ask the server for the plain file",
            ));
        }
        if head.starts_with(PORTABLE_MAGIC) {
            return Err(unsupported(
                "a portable PDB of .NET code",
                "it holds no native symbols; the module's native PDB is needed",
            ));
        }
        if !head.starts_with(MSF_MAGIC) && !head.starts_with(b"Microsoft C/C++ program database 2.00") {
            return Err(SymbolError::Pdb { path: path.to_owned(), reason: not_a_pdb(&head) });
        }
        Ok(SharedInput { input: Arc::new(Mutex::new(input)), stoppable: Arc::default(), len })
    }

    /// A hash of all its bytes (BLAKE3): nobody can make another file with the same.
    pub(crate) fn hash(&self, stop: Stop<'_>) -> io::Result<[u8; 32]> {
        let mut hasher = blake3::Hasher::new();
        let mut buffer = vec![0u8; 1 << 17];
        let mut at = 0u64;
        loop {
            if stop() {
                return Err(stopped());
            }
            // The lock is given back between pieces, so that others need not wait for all of a large file.
            let mut input = self.lock();
            input.seek(SeekFrom::Start(at))?;
            let read = input.read(&mut buffer)?;
            drop(input);
            let Some(piece) = buffer.get(..read).filter(|piece| !piece.is_empty()) else {
                return Ok(*hasher.finalize().as_bytes());
            };
            hasher.update(piece);
            at += read as u64;
        }
    }

    /// Does some work whose reading of streams, which may have hundreds of megabytes, ends with an error once `stop` says
    /// so. Only for work whose errors are not remembered; what other threads read meanwhile is read to its end.
    pub(crate) fn stoppable<R>(&self, stop: &SharedStop, work: impl FnOnce() -> R) -> R {
        *self.armed() = Some((std::thread::current().id(), Arc::clone(stop)));
        let result = work();
        *self.armed() = None;
        result
    }

    fn armed(&self) -> MutexGuard<'_, Option<(ThreadId, SharedStop)>> {
        self.stoppable.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many bytes the file holds.
    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Box<dyn Input>> {
        // A panic while it was locked leaves at worst another place to read from, and every read seeks first.
        self.input.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the first bytes look like, for the message.
fn not_a_pdb(head: &[u8]) -> String {
    let what = match head {
        [] => "the file is empty",
        [b'M', b'Z', ..] => "it is an executable image",
        [b'M', b'S', b'C', b'F', ..] => "it is a cabinet; expand it first",
        [b'<', ..] => "it is a web page, probably a server's error message",
        _ => "it does not begin with the PDB signature",
    };
    format!("{what}; fetch it again or remove it")
}

impl pdb::Source<'static> for SharedInput {
    fn view(
        &mut self,
        slices: &[SourceSlice],
    ) -> Result<Box<dyn SourceView<'static> + Send + Sync>, io::Error> {
        let total = slices
            .iter()
            .try_fold(0usize, |sum, slice| sum.checked_add(slice.size))
            .filter(|&sum| sum as u64 <= self.len)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "a stream larger than the file"))?;
        let mut bytes = vec![0u8; total];
        let stop =
            self.armed().as_ref().filter(|(thread, _)| *thread == std::thread::current().id()).cloned();
        let mut input = self.lock();
        let mut rest = bytes.as_mut_slice();
        for slice in slices {
            let (into, tail) = rest.split_at_mut_checked(slice.size).ok_or(io::ErrorKind::InvalidData)?;
            input.seek(SeekFrom::Start(slice.offset))?;
            for piece in into.chunks_mut(PIECE) {
                if stop.as_ref().is_some_and(|(_, stop)| stop()) {
                    return Err(stopped());
                }
                input.read_exact(piece)?;
            }
            rest = tail;
        }
        Ok(Box::new(Bytes(bytes)))
    }
}

/// Whether the PDB stream's feature words say that the PDB was linked with /DEBUG:FASTLINK. `features` is what follows
/// the map of named streams.
pub(crate) fn is_fastlink(features: &[u8]) -> bool {
    features.chunks_exact(4).any(|word| word == FEATURE_MINIMAL.to_le_bytes())
}
