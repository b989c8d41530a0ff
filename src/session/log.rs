//! The log: a copy of what is typed and said, in a file that the user names.

use crate::util::files::{self, OutputError};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How a log is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LogForm {
    /// Behind what the file holds already.
    pub appends: bool,
    /// In UTF-16 with a byte order mark; otherwise in UTF-8.
    pub utf16: bool,
}

/// The log of a session, shared by those who say something. A full disk does not end a session: the log ends there,
/// which is told once.
#[derive(Debug, Clone, Default)]
pub struct Log(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    open: Option<Open>,
    /// Why a log ended early; told once.
    untold: Option<String>,
    failed: bool,
}

#[derive(Debug)]
struct Open {
    path: PathBuf,
    file: BufWriter<File>,
    form: LogForm,
}

impl Log {
    /// Begins to write a file; one that is open is closed before.
    ///
    /// # Errors
    /// It is a file that is being read, holds a dump, symbols or the like, or cannot be opened.
    pub fn open(&self, path: &Path, form: LogForm) -> Result<(), OutputError> {
        self.close();
        let (file, is_empty) = match form.appends {
            true => files::append_text(path)?,
            false => (files::create_text(path)?, true),
        };
        let mut open = Open { path: path.to_owned(), file: BufWriter::new(file), form };
        if form.utf16 && is_empty {
            let marked = open.file.write_all(&[0xff, 0xfe]).and_then(|()| open.file.flush());
            marked.map_err(|error| OutputError::Io { output: path.to_owned(), error })?;
        }
        self.state().open = Some(open);
        Ok(())
    }

    /// The file that is written, and how.
    pub fn file(&self) -> Option<(PathBuf, LogForm)> {
        self.state().open.as_ref().map(|open| (open.path.clone(), open.form))
    }

    /// Ends the log; its file, if there was one.
    pub fn close(&self) -> Option<PathBuf> {
        self.flush();
        self.state().open.take().map(|open| open.path)
    }

    /// Whether there is a log.
    pub fn is_open(&self) -> bool {
        self.state().open.is_some()
    }

    /// Writes a text.
    pub fn write(&self, text: &str) {
        self.attempt(|open| match open.form.utf16 {
            false => open.file.write_all(text.as_bytes()),
            true => text.encode_utf16().try_for_each(|unit| open.file.write_all(&unit.to_le_bytes())),
        });
    }

    /// Gives the system what was written.
    pub fn flush(&self) {
        self.attempt(|open| open.file.flush());
    }

    /// Why the log is not complete, if that was not told yet.
    pub fn take_failure(&self) -> Option<String> {
        self.state().untold.take()
    }

    /// Whether a log is not complete.
    pub fn has_failed(&self) -> bool {
        self.state().failed
    }

    fn attempt(&self, write: impl FnOnce(&mut Open) -> io::Result<()>) {
        let mut state = self.state();
        let Some(open) = &mut state.open else { return };
        if let Err(error) = write(open) {
            let path = open.path.display();
            state.untold = Some(format!("log file {path}: {error}; it is not complete and ends here"));
            state.failed = true;
            // What is left in the buffer would fail again.
            if let Some(open) = state.open.take() {
                drop(open.file.into_parts());
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn what_is_written_is_in_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.log");
        let log = Log::default();
        log.write("nowhere");
        assert_eq!(log.close(), None);
        log.open(&file, LogForm::default()).unwrap();
        log.write("one\n");
        log.open(&file, LogForm { appends: true, utf16: false }).unwrap();
        log.write("两\n");
        assert_eq!(log.close().as_deref(), Some(file.as_path()));
        assert_eq!(fs::read(&file).unwrap(), "one\n两\n".as_bytes());
        log.open(&file, LogForm { appends: false, utf16: true }).unwrap();
        log.write("a\n");
        log.close();
        assert_eq!(fs::read(&file).unwrap(), b"\xff\xfea\0\n\0");
        assert!(!log.has_failed());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_told_once() {
        let log = Log::default();
        log.open(Path::new("/dev/full"), LogForm::default()).unwrap();
        log.write("one\n");
        log.flush();
        log.write("two\n");
        log.flush();
        assert!(log.take_failure().unwrap().contains("/dev/full"));
        assert!(log.take_failure().is_none() && log.has_failed() && !log.is_open());
    }
}
