//! Files that were opened to be read, and outputs, which must be none of them.
//!
//! A log or report that is named like the dump would destroy it: every input is remembered here when it is opened, and
//! every output is compared with them before anything is written.

use super::disk::AsFile;
use super::temporary::TemporaryFile;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use thiserror::Error;

/// Why an output was not written.
#[derive(Debug, Error)]
pub enum OutputError {
    /// It is a file that is being read: by another name, through a link, or by the same name.
    #[error("{}: this is the file {}, which is being read; nothing was written. Name another file", output.display(), input.display())]
    IsInput {
        /// The output as it was named.
        output: PathBuf,
        /// The input as it was named.
        input: PathBuf,
    },
    /// It holds what nobody means to replace with text.
    #[error("{}: this file holds {what}; text is not written over it. Name another file, or remove this one first", output.display())]
    IsValuable {
        /// The output as it was named.
        output: PathBuf,
        /// What it holds.
        what: &'static str,
    },
    /// It is there already, and what stands in it was not written by the same command.
    #[error("{}: this file is there already and is no {what}; it was left as it is. Name another file, or remove this one first", output.display())]
    IsOther {
        /// The output as it was named.
        output: PathBuf,
        /// What would be written over.
        what: &'static str,
    },
    /// The system refused.
    #[error("{}: {error}", output.display())]
    Io {
        /// The output as it was named.
        output: PathBuf,
        /// Why.
        error: io::Error,
    },
}

/// What a file is, whatever it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Identity {
    /// Device and inode, and when it was made: the number of a file that was removed is given to another.
    #[cfg(unix)]
    id: (u64, u64, Option<std::time::SystemTime>),
    /// Elsewhere the files are opened once more to be compared (`same-file`: volume serial number and file index).
    #[cfg(not(unix))]
    path: PathBuf,
}

impl Identity {
    #[cfg(unix)]
    fn of(file: &File, _path: &Path) -> Option<Identity> {
        use std::os::unix::fs::MetadataExt;
        let metadata = file.metadata().ok()?;
        metadata.is_file().then(|| Identity { id: (metadata.dev(), metadata.ino(), metadata.created().ok()) })
    }

    #[cfg(not(unix))]
    fn of(_file: &File, path: &Path) -> Option<Identity> {
        Some(Identity { path: path.to_owned() })
    }

    #[cfg(unix)]
    fn is_same(&self, other: &Identity) -> bool {
        self == other
    }

    #[cfg(not(unix))]
    fn is_same(&self, other: &Identity) -> bool {
        same_file::is_same_file(&self.path, &other.path).unwrap_or(false)
    }
}

/// Every input so far, with the name by which it was opened.
static INPUTS: Mutex<Vec<(Identity, PathBuf)>> = Mutex::new(Vec::new());

/// Opens a file to be read, and remembers that no output may be it.
///
/// # Errors
/// As [`File::open`].
pub fn open_input(path: &Path) -> io::Result<File> {
    let file = File::open(path)?;
    if let Some(identity) = Identity::of(&file, path) {
        let mut inputs = INPUTS.lock().unwrap_or_else(PoisonError::into_inner);
        if !inputs.iter().any(|(known, _)| *known == identity) {
            inputs.push((identity, path.to_owned()));
        }
    }
    Ok(file)
}

/// Opens a file that a search found, as [`open_input`]: nothing but a plain file.
///
/// # Errors
/// As [`open_plain`].
pub fn open_found(path: &Path) -> io::Result<File> {
    check_plain(path)?;
    open_input(path)
}

/// Opens a plain file to look at it or to copy it. What is found under a name may be anything, and to open a pipe or a
/// device could wait for ever.
///
/// # Errors
/// As [`File::open`], and for a folder, a pipe or a device.
pub fn open_plain(path: &Path) -> io::Result<File> {
    check_plain(path)?;
    File::open(path)
}

fn check_plain(path: &Path) -> io::Result<()> {
    match fs::metadata(path)?.is_file() {
        true => Ok(()),
        false => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is a folder, a pipe or a device; put the file itself there",
        )),
    }
}

/// Opens a file for text that is written as it comes, such as a log. What it held before is gone, unless it is an input
/// or looks like one: then it is left as it is.
///
/// # Errors
/// It is an input, holds a dump, symbols, an image or an archive, or cannot be opened.
pub fn create_text(path: &Path) -> Result<File, OutputError> {
    let io = |error| OutputError::Io { output: path.to_owned(), error };
    // It is looked at through the handle that will be written to, so that nothing can be put in its place meanwhile.
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(path).map_err(io)?;
    check(&file, path)?;
    if file.metadata().is_ok_and(|metadata| metadata.is_file()) {
        file.set_len(0).map_err(io)?;
    }
    Ok(file)
}

/// Opens a file for text behind what it holds; whether that is nothing.
///
/// # Errors
/// As [`create_text`].
pub fn append_text(path: &Path) -> Result<(File, bool), OutputError> {
    let io = |error| OutputError::Io { output: path.to_owned(), error };
    let file = OpenOptions::new().append(true).create(true).open(path).map_err(io)?;
    check(&file, path)?;
    let is_empty = file.metadata().is_ok_and(|metadata| metadata.len() == 0);
    Ok((file, is_empty))
}

/// Makes a file for bytes; one that is there already is left alone.
///
/// # Errors
/// There is one, or it cannot be made.
pub fn create_new(path: &Path) -> Result<File, OutputError> {
    let made = OpenOptions::new().write(true).create_new(true).open(path);
    made.map_err(|error| OutputError::Io { output: path.to_owned(), error })
}

/// Adds a line to a file of the user's own, which nobody else may read; it is made if there is none.
///
/// # Errors
/// As [`create_text`].
pub fn append_line(path: &Path, line: &str) -> Result<(), OutputError> {
    let io = |error| OutputError::Io { output: path.to_owned(), error };
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(io)?;
    // In one piece, so that two programs' lines do not mix.
    file.write_all(format!("{line}\n").as_bytes()).map_err(io)
}

/// Writes a whole text: to a file beside, which then takes the place of `path`, so that an attempt that fails leaves what
/// was there. A device or a pipe is written to directly.
///
/// # Errors
/// As [`create_text`], and when the text cannot be written.
pub fn write_text(path: &Path, text: &[u8]) -> Result<(), OutputError> {
    let io = |error| OutputError::Io { output: path.to_owned(), error };
    let place = match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => {
            check(&OpenOptions::new().write(true).open(path).map_err(io)?, path)?;
            // A link stays a link to the file.
            fs::canonicalize(path).map_err(io)?
        }
        Ok(_) => {
            let mut file = OpenOptions::new().write(true).open(path).map_err(io)?;
            return file.write_all(text).and_then(|()| file.flush()).map_err(io);
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => path.to_owned(),
        Err(error) => return Err(io(error)),
    };
    let folder = match place.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut beside = TemporaryFile::public_in(folder).map_err(io)?;
    beside.as_file_mut().write_all(text).map_err(io)?;
    beside.keep_as(&place).map_err(io)
}

/// Writes a whole text as [`write_text`], in place of nothing, of an empty file, or of one that is such a `what` by its first
/// bytes.
///
/// # Errors
/// As [`write_text`], and where something else is there.
pub fn replace_own(
    path: &Path,
    text: &[u8],
    what: &'static str,
    is_own: impl FnOnce(&[u8]) -> bool,
) -> Result<(), OutputError> {
    const LOOKED_AT: u64 = 0x400;
    let mut head = Vec::new();
    if fs::metadata(path).is_ok_and(|metadata| metadata.is_file()) {
        let read = File::open(path).and_then(|file| file.take(LOOKED_AT).read_to_end(&mut head));
        read.map_err(|error| OutputError::Io { output: path.to_owned(), error })?;
    }
    match head.is_empty() || is_own(&head) {
        true => write_text(path, text),
        false => Err(OutputError::IsOther { output: path.to_owned(), what }),
    }
}

/// Refuses an output that is an input, or holds what looks like one: symbols, say, that would be read later.
fn check(file: &File, path: &Path) -> Result<(), OutputError> {
    let Some(identity) = Identity::of(file, path) else {
        return Ok(());
    };
    let inputs = INPUTS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, input)) = inputs.iter().find(|(input, _)| input.is_same(&identity)) {
        return Err(OutputError::IsInput { output: path.to_owned(), input: input.clone() });
    }
    let mut head = Vec::new();
    // A device or pipe has no beginning to be looked at, and reading it may wait.
    if fs::metadata(path).is_ok_and(|metadata| metadata.is_file()) {
        let _ = File::open(path).and_then(|file| file.take(32).read_to_end(&mut head));
    }
    match valuable(&head) {
        Some(what) => Err(OutputError::IsValuable { output: path.to_owned(), what }),
        None => Ok(()),
    }
}

/// What a file that begins with `head` is, if text over it would be an accident.
fn valuable(head: &[u8]) -> Option<&'static str> {
    const SIGNATURES: &[(&[u8], &str)] = &[
        (b"PAGEDU64", "a dump"),
        (b"PAGEDUMP", "a dump"),
        (b"MDMP", "a dump"),
        (b"Microsoft C/C++ ", "symbols"),
        (b"MZ", "an image"),
        (b"PK\x03\x04", "an archive"),
        (b"\x1f\x8b", "an archive"),
        (b"\xfd7zXZ\0", "an archive"),
        (b"MSCF", "an archive"),
    ];
    SIGNATURES.iter().find(|(signature, _)| head.starts_with(signature)).map(|(_, what)| *what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_is_no_output_by_any_name() {
        let folder = tempfile::tempdir().unwrap();
        let input = folder.path().join("input.txt");
        fs::write(&input, "steps").unwrap();
        let _open = open_input(&input).unwrap();
        let linked = folder.path().join("linked.txt");
        fs::hard_link(&input, &linked).unwrap();
        let mut names = vec![input.clone(), linked];
        #[cfg(unix)]
        {
            let symbolic = folder.path().join("symbolic.txt");
            std::os::unix::fs::symlink(&input, &symbolic).unwrap();
            names.push(symbolic);
        }
        for name in names {
            assert!(matches!(create_text(&name), Err(OutputError::IsInput { .. })), "{}", name.display());
            assert!(
                matches!(write_text(&name, b"x"), Err(OutputError::IsInput { .. })),
                "{}",
                name.display()
            );
        }
        assert_eq!(fs::read(&input).unwrap(), b"steps");
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_in_place_of_a_file_is_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("nt.pdb");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        for place in [pipe.as_path(), folder.path(), Path::new("/dev/zero")] {
            assert!(open_plain(place).unwrap_err().to_string().contains("a pipe"), "{}", place.display());
            assert!(open_found(place).is_err(), "{}", place.display());
        }
        fs::write(folder.path().join("a"), "x").unwrap();
        assert!(open_found(&folder.path().join("a")).is_ok());
    }

    #[test]
    fn what_looks_like_an_input_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.pdb");
        for (head, what) in [(&b"PAGEDU64 rest"[..], "a dump"), (b"Microsoft C/C++ MSF 7.00", "symbols")] {
            fs::write(&file, head).unwrap();
            for outcome in [create_text(&file).map(|_| ()), write_text(&file, b"x")] {
                assert!(outcome.unwrap_err().to_string().contains(what));
            }
            assert_eq!(fs::read(&file).unwrap(), head);
        }
    }

    #[test]
    fn texts_take_the_place_of_texts() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("log.txt");
        write_text(&file, b"a long first text").unwrap();
        write_text(&file, b"second").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"second");
        create_text(&file).unwrap().write_all(b"3").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"3");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "the file beside is gone");
    }
}
