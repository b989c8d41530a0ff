//! PE images: read from a file, from dump memory or from a buffer, by one bounded reader.

pub mod bytes;
pub mod debug;
pub mod exports;
pub mod file;
pub mod functions;
pub mod headers;
pub mod imports;
pub mod resources;
pub mod version;

use std::path::Path;

pub use bytes::{ImageBytes, MappedBytes};
pub use debug::{DebugData, DebugEntry};
pub use exports::{Export, ExportTarget, Exports};
pub use file::{FileImage, Missing, Piece};
pub use functions::{FunctionLookup, FunctionTable, RuntimeFunction};
pub use headers::{DataDirectory, Directory, Headers, Section};
pub use imports::{Import, ImportModule, ImportName, Imports};
pub use version::{FixedFileInfo, VersionInfo};

use super::SymbolError;
use super::module::{ImageId, PdbId};

/// Why bytes are no usable image.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PeError {
    /// Bytes that are needed are not there.
    #[error("the {what} at RVA {rva:#x} cannot be read")]
    Missing {
        /// What was wanted.
        what: &'static str,
        /// Where it should be.
        rva: u32,
    },
    /// A signature is wrong.
    #[error("no `{what}` signature at RVA {rva:#x}")]
    Signature {
        /// The signature.
        what: &'static str,
        /// Where it should be.
        rva: u32,
    },
    /// A field has a value that cannot be.
    #[error("{what} at RVA {rva:#x} has the impossible value {value:#x}")]
    Value {
        /// The field.
        what: &'static str,
        /// Its value.
        value: u32,
        /// Where it is.
        rva: u32,
    },
}

/// An image with its headers read; everything else is read when asked for.
#[derive(Debug, Clone)]
pub struct Image<I> {
    bytes: I,
    headers: Headers,
}

impl Image<FileImage<Vec<u8>>> {
    /// Opens an image file.
    pub fn open(path: &Path) -> Result<Self, SymbolError> {
        Ok(Image::new(FileImage::open(path)?)?)
    }
}

impl<D: AsRef<[u8]>> Image<FileImage<D>> {
    /// Takes the bytes of an image file.
    pub fn from_file_bytes(data: D) -> Result<Self, PeError> {
        Image::new(FileImage::new(data)?)
    }
}

impl<I: ImageBytes> Image<I> {
    /// Reads the headers of an image seen in memory (or through any [`ImageBytes`]).
    pub fn new(bytes: I) -> Result<Image<I>, PeError> {
        let headers = Headers::read(&bytes)?;
        Ok(Image { bytes, headers })
    }

    /// The bytes.
    pub fn bytes(&self) -> &I {
        &self.bytes
    }

    /// The headers.
    pub fn headers(&self) -> &Headers {
        &self.headers
    }

    /// The debug directory; see [`debug::read`].
    pub fn debug(&self) -> Vec<DebugEntry> {
        debug::read(&self.bytes, &self.headers).0
    }

    /// The identity of the image's PDB.
    pub fn pdb_id(&self) -> Option<PdbId> {
        debug::pdb_id(&self.debug())
    }

    /// The identity of the image itself under `name`.
    pub fn image_id(&self, name: &str) -> ImageId {
        ImageId::new(name, self.headers.time_date_stamp, self.headers.size_of_image)
    }

    /// True if the time stamp is a hash of the contents and no time (`/Brepro`).
    pub fn is_reproducible(&self) -> bool {
        self.debug().iter().any(|entry| entry.kind == 16)
    }

    /// The export table.
    pub fn exports(&self) -> Result<Exports, PeError> {
        Exports::read(&self.bytes, &self.headers)
    }

    /// The import table.
    pub fn imports(&self) -> Imports {
        Imports::read(&self.bytes, &self.headers)
    }

    /// The function table.
    pub fn functions(&self) -> Option<FunctionTable> {
        FunctionTable::of(&self.headers)
    }

    /// The version resource.
    pub fn version(&self) -> Option<VersionInfo> {
        VersionInfo::read(&self.bytes, &self.headers)
    }
}
