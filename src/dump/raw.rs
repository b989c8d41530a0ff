//! A file as it was named, out of its archive, before anything is known of what it holds.

use std::io;
use std::path::{Path, PathBuf};

use super::archive::{self, Unpacked};
use super::error::DumpError;
use super::kind::IMAGE;
use super::mapping::Mapping;
use super::progress::Progress;
use crate::util::files::open_input;

/// An open file of any kind.
#[derive(Debug)]
pub struct RawFile {
    /// The path that was opened; for bytes in memory the name they were given.
    pub path: PathBuf,
    /// The name of the file inside the archive that was opened.
    pub member: Option<String>,
    /// Its bytes, unpacked if it came from an archive.
    pub mapping: Mapping,
    /// What was wrong with the archive.
    pub warnings: Vec<String>,
}

impl RawFile {
    /// Maps the file at `path`. `ARCHIVE.zip!NAME` is the file NAME in an archive, unless a file is called just so. What is inside a `.zip` or `.gz` is unpacked to a temporary file that the system
    /// removes when it is closed, with reports to `progress`.
    ///
    /// # Errors
    /// No such file, no plain file, an empty one, an archive that cannot be unpacked.
    pub fn open(path: &Path, progress: &mut dyn FnMut(Progress)) -> Result<RawFile, DumpError> {
        // Looked at before it is opened: opening a pipe would wait for its other end.
        let (path, wanted, about) = match (path.metadata(), in_archive(path)) {
            (Err(error), Some((archive, wanted))) if error.kind() == io::ErrorKind::NotFound => {
                let about = archive.metadata();
                (archive, Some(wanted), about)
            }
            (about, _) => (path, None, about),
        };
        let about = about.map_err(|error| DumpError::from_io("open", path, error))?;
        if about.is_dir() {
            return Err(DumpError::Directory(path.to_owned()));
        }
        if !about.is_file() {
            return Err(DumpError::NotAFile(path.to_owned()));
        }
        if about.len() == 0 {
            return Err(DumpError::Empty(path.to_owned()));
        }
        let file = open_input(path).map_err(|error| DumpError::from_io("open", path, error))?;
        let mapping =
            Mapping::watching(file, path).map_err(|error| DumpError::from_io("map", path, error))?;
        let unpacked = archive::unpack(path, wanted, &mapping, archive::To::TemporaryFile, progress);
        if let Some(lost) = mapping.check() {
            return Err(lost.into());
        }
        let unpacked = unpacked?;
        Ok(RawFile::new(path, mapping, unpacked))
    }

    /// Takes bytes that are in memory already, under a name of the caller's. An archive is unpacked in memory.
    ///
    /// # Errors
    /// An archive that cannot be unpacked.
    pub fn from_bytes(name: &str, bytes: Vec<u8>) -> Result<RawFile, DumpError> {
        let path = Path::new(name);
        let mapping = Mapping::of_bytes(bytes);
        let unpacked = archive::unpack(path, None, &mapping, archive::To::Memory, &mut |_| {})?;
        Ok(RawFile::new(path, mapping, unpacked))
    }

    fn new(path: &Path, file: Mapping, unpacked: Option<Unpacked>) -> RawFile {
        let path = path.to_owned();
        match unpacked {
            Some(Unpacked { member, mapping, warning }) => {
                RawFile { path, member: Some(member), mapping, warnings: warning.into_iter().collect() }
            }
            None => RawFile { path, member: None, mapping: file, warnings: Vec::new() },
        }
    }

    /// Whether it starts as a PE image does.
    pub fn is_image(&self) -> bool {
        self.mapping.bytes().starts_with(IMAGE)
    }
}

/// The archive and the name in it, where what stands before a `!` is a file.
fn in_archive(path: &Path) -> Option<(&Path, &str)> {
    let text = path.to_str()?;
    let parts = text.match_indices('!').filter_map(|(at, _)| Some((text.get(..at)?, text.get(at + 1..)?)));
    let found =
        parts.map(|(archive, name)| (Path::new(archive), name)).find(|(archive, _)| archive.is_file());
    found.filter(|(_, name)| !name.is_empty())
}
