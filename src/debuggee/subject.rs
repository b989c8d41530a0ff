//! What was opened: the dump of a crash, or an image alone.

use super::image_file::ImageFile;
use crate::dump::{DumpError, DumpFile, Machine, Mapping, Progress, RawFile};
use crate::symbols::pe::PeError;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// What was opened.
#[derive(Debug, Clone)]
pub enum Subject {
    /// A crash dump.
    Dump(DumpFile),
    /// A driver, program or library, seen as it would lie in memory at its preferred base.
    Image(ImageFile),
}

/// Why nothing could be opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The file cannot be read, or is no dump.
    #[error(transparent)]
    Dump(#[from] DumpError),
    /// It starts as an image does and is none.
    #[error("{} starts as a PE image does (MZ), but {why}; it is damaged, cut off, or a program for DOS", .path.display())]
    Image {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: PeError,
    },
}

/// What was asked of an image that only a dump has.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{name} is an image, no dump: it has no processors, threads, physical memory or bug check")]
pub struct NoCrash {
    /// The image file's name.
    name: String,
}

impl Subject {
    /// Opens a dump or an image, also one inside a `.zip` or `.gz`, with reports to `progress`.
    ///
    /// # Errors
    /// If the file cannot be read or is neither.
    pub fn open(path: &Path, progress: &mut dyn FnMut(Progress)) -> Result<Subject, OpenError> {
        Subject::parse(RawFile::open(path, progress)?)
    }

    /// The same with bytes that are in memory already, under a name of the caller's.
    ///
    /// # Errors
    /// As [`Subject::open`].
    pub fn from_bytes(name: &str, bytes: Vec<u8>) -> Result<Subject, OpenError> {
        Subject::parse(RawFile::from_bytes(name, bytes)?)
    }

    fn parse(file: RawFile) -> Result<Subject, OpenError> {
        let subject = match file.is_image() {
            true => {
                let path = file.path.clone();
                Subject::Image(ImageFile::parse(file).map_err(|why| OpenError::Image { path, why })?)
            }
            false => Subject::Dump(DumpFile::parse(file)?),
        };
        match subject.mapping().check() {
            Some(lost) => Err(DumpError::Lost(lost).into()),
            None => Ok(subject),
        }
    }

    /// The file's bytes.
    pub fn mapping(&self) -> &Mapping {
        match self {
            Subject::Dump(dump) => dump.mapping(),
            Subject::Image(image) => image.mapping(),
        }
    }

    /// The path that was opened.
    pub fn path(&self) -> &Path {
        match self {
            Subject::Dump(dump) => dump.path(),
            Subject::Image(image) => image.path(),
        }
    }

    /// The processor that its code is for.
    pub fn machine(&self) -> Machine {
        match self {
            Subject::Dump(dump) => dump.header().machine,
            Subject::Image(image) => image.machine(),
        }
    }

    /// The dump.
    ///
    /// # Errors
    /// If it is an image.
    pub fn dump(&self) -> Result<&DumpFile, NoCrash> {
        match self {
            Subject::Dump(dump) => Ok(dump),
            Subject::Image(image) => Err(NoCrash { name: image.name() }),
        }
    }

    /// The image.
    pub fn image(&self) -> Option<&ImageFile> {
        match self {
            Subject::Dump(_) => None,
            Subject::Image(image) => Some(image),
        }
    }
}
