//! Files and folders that are gone when the program ends, also when a signal ends it.
//!
//! A file that has a name while it is unfinished is removed when its owner is dropped; a signal, or the end of `main` while
//! another thread still fetches, drops nobody. So each is also listed here, and [`remove_all`] goes through the list. A
//! program that is killed leaves its own behind, which a later one [sweeps](sweep) away.

use super::disk::AsFile;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

/// Front of the names of unfinished files.
pub const PREFIX: &str = ".dumpscope-";
/// So many letters and digits follow it, drawn by lot.
const DRAWN: usize = 6;
/// What is unfinished for so long belongs to no running program.
pub const STALE: Duration = Duration::from_secs(24 * 3600);
/// Of a folder so many entries are looked at.
const MAX_SWEPT: usize = 1000;

/// What is listed, and how it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    File,
    /// A folder of ours with all that is in it.
    Folder,
    /// A folder, and the one that it is in, if nothing came into them.
    IfEmpty,
}

/// Everything unfinished, in the order in which it was made.
static UNFINISHED: Mutex<Vec<(u64, Kind, PathBuf)>> = Mutex::new(Vec::new());

fn unfinished() -> MutexGuard<'static, Vec<(u64, Kind, PathBuf)>> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An entry of the list, taken off it when dropped.
#[derive(Debug)]
pub struct Mark(u64);

impl Mark {
    fn new(kind: Kind, path: &Path) -> Mark {
        use std::sync::atomic::{AtomicU64, Ordering};
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        unfinished().push((number, kind, std::path::absolute(path).unwrap_or_else(|_| path.to_owned())));
        Mark(number)
    }

    /// A file that another owner removes.
    pub fn file(path: &Path) -> Mark {
        Mark::new(Kind::File, path)
    }

    /// A folder that may be left empty, and the one that it is in.
    pub fn if_empty(path: &Path) -> Mark {
        Mark::new(Kind::IfEmpty, path)
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        unfinished().retain(|(number, _, _)| *number != self.0);
    }
}

/// A file that goes unless it is [kept](TemporaryFile::keep_as).
#[derive(Debug)]
pub struct TemporaryFile {
    file: tempfile::NamedTempFile,
    _mark: Mark,
}

impl TemporaryFile {
    /// A private one in `folder`.
    ///
    /// # Errors
    /// Those of the system.
    pub fn new_in(folder: &Path) -> io::Result<TemporaryFile> {
        TemporaryFile::made_by(tempfile::Builder::new().prefix(PREFIX).rand_bytes(DRAWN), folder)
    }

    /// One in `folder` that becomes a file as any other program would make it.
    ///
    /// # Errors
    /// Those of the system.
    pub fn public_in(folder: &Path) -> io::Result<TemporaryFile> {
        let mut builder = tempfile::Builder::new();
        #[cfg(unix)]
        let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o666);
        #[cfg(unix)]
        builder.permissions(permissions);
        TemporaryFile::made_by(builder.prefix(PREFIX).rand_bytes(DRAWN), folder)
    }

    fn made_by(builder: &tempfile::Builder<'_, '_>, folder: &Path) -> io::Result<TemporaryFile> {
        let file = builder.tempfile_in(folder)?;
        let mark = Mark::file(file.path());
        Ok(TemporaryFile { file, _mark: mark })
    }

    /// Opens it once more, from its beginning.
    ///
    /// # Errors
    /// Those of the system.
    pub fn reopen(&self) -> io::Result<File> {
        self.file.reopen()
    }

    /// Gives it its name; a file of that name is replaced in one step.
    ///
    /// # Errors
    /// Those of the system; the file is gone then.
    pub fn keep_as(self, path: &Path) -> io::Result<()> {
        self.file.persist(path).map(|_| ()).map_err(|error| error.error)
    }
}

impl AsFile for TemporaryFile {
    fn as_file(&self) -> &File {
        self.file.as_file()
    }

    fn as_file_mut(&mut self) -> &mut File {
        self.file.as_file_mut()
    }
}

/// A folder that goes with all that is in it, unless it was moved away.
#[derive(Debug)]
pub struct TemporaryFolder {
    folder: tempfile::TempDir,
    _mark: Mark,
}

impl TemporaryFolder {
    /// One in `parent`.
    ///
    /// # Errors
    /// Those of the system.
    pub fn new_in(parent: &Path) -> io::Result<TemporaryFolder> {
        let folder = tempfile::Builder::new().prefix(PREFIX).rand_bytes(DRAWN).tempdir_in(parent)?;
        let mark = Mark::new(Kind::Folder, folder.path());
        Ok(TemporaryFolder { folder, _mark: mark })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Removes what programs that were killed left unfinished in `folder`: what has a name of ours and has not been written to
/// for `age`. No age at all is for who knows that nobody else writes there.
pub fn sweep(folder: &Path, age: Duration) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.take(MAX_SWEPT).flatten().filter(|entry| is_ours(&entry.file_name())) {
        // Of a link it is the link that is looked at, and that goes.
        let Ok(metadata) = entry.metadata() else { continue };
        let unchanged = metadata.modified().ok().and_then(|at| SystemTime::now().duration_since(at).ok());
        if age.is_zero() || unchanged.is_some_and(|unchanged| unchanged > age) {
            let _ = match metadata.is_dir() {
                true => fs::remove_dir_all(entry.path()),
                false => fs::remove_file(entry.path()),
            };
        }
    }
}

/// Whether a file of this name was made here. The lock of a store has the same front.
fn is_ours(name: &std::ffi::OsStr) -> bool {
    let drawn = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
    drawn.is_some_and(|drawn| drawn.len() == DRAWN && drawn.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// Removes what is unfinished: the program ends now, whoever still works on it. What cannot be removed is left.
pub fn remove_all() {
    // The last first: a folder that goes if it is empty was made before the file in it.
    for (_, kind, path) in unfinished().iter().rev() {
        let _ = match kind {
            Kind::File => fs::remove_file(path),
            Kind::Folder => fs::remove_dir_all(path),
            Kind::IfEmpty => fs::remove_dir(path).and_then(|()| path.parent().map_or(Ok(()), fs::remove_dir)),
        };
    }
}

/// While it lives, what is unfinished goes before a signal ends the program.
#[derive(Debug)]
pub struct Watch {
    #[cfg(unix)]
    handle: Option<signal_hook::iterator::Handle>,
}

impl Watch {
    /// Over every signal by which a user or the system ends a program.
    pub fn all() -> Watch {
        #[cfg(unix)]
        {
            use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
            Watch { handle: watch(&[SIGHUP, SIGINT, SIGQUIT, SIGTERM]) }
        }
        #[cfg(not(unix))]
        Watch {}
    }

    /// Over all but Ctrl-C, which stops what runs.
    pub fn all_but_interrupts() -> Watch {
        #[cfg(unix)]
        {
            use signal_hook::consts::{SIGHUP, SIGQUIT, SIGTERM};
            Watch { handle: watch(&[SIGHUP, SIGQUIT, SIGTERM]) }
        }
        #[cfg(not(unix))]
        Watch {}
    }
}

#[cfg(unix)]
impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(handle) = &self.handle {
            handle.close();
        }
    }
}

/// What is put right before a signal ends the program.
static RESTORE: Mutex<Option<fn()>> = Mutex::new(None);

/// Has something put right, such as the terminal, before a signal that is watched ends the program.
pub fn before_end(restore: fn()) {
    *RESTORE.lock().unwrap_or_else(PoisonError::into_inner) = Some(restore);
}

/// Without a handler or its thread the signal ends the program as ever.
#[cfg(unix)]
fn watch(signals: &[i32]) -> Option<signal_hook::iterator::Handle> {
    let mut signals = signal_hook::iterator::Signals::new(signals).ok()?;
    let handle = signals.handle();
    let listen = move || {
        for signal in signals.forever() {
            if let Some(restore) = *RESTORE.lock().unwrap_or_else(PoisonError::into_inner) {
                restore();
            }
            remove_all();
            let _ = signal_hook::low_level::emulate_default_handler(signal);
        }
    };
    std::thread::Builder::new().name("ending".to_owned()).spawn(listen).ok()?;
    Some(handle)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn listed(path: &Path) -> bool {
        unfinished().iter().any(|(_, _, other)| other == path)
    }

    #[test]
    fn what_is_kept_or_dropped_is_not_listed_any_more() {
        let place = tempfile::tempdir().unwrap();
        let (kept, dropped) =
            (TemporaryFile::new_in(place.path()).unwrap(), TemporaryFile::public_in(place.path()).unwrap());
        let names = [kept.file.path().to_owned(), dropped.file.path().to_owned()];
        assert!(names.iter().all(|name| listed(name)));
        let folder = TemporaryFolder::new_in(place.path()).unwrap();
        let staged = folder.path().to_owned();
        fs::write(staged.join("a"), b"b").unwrap();
        let mut kept = kept;
        kept.as_file_mut().write_all(b"text").unwrap();
        kept.keep_as(&place.path().join("kept")).unwrap();
        drop((dropped, folder));
        assert!(!names.iter().any(|name| listed(name) || name.exists()) && !staged.exists());
        assert_eq!(fs::read(place.path().join("kept")).unwrap(), b"text");
    }

    #[test]
    fn what_a_killed_program_left_is_swept_when_it_is_old_and_ours() {
        let place = tempfile::tempdir().unwrap();
        let old = SystemTime::now() - STALE - Duration::from_secs(60);
        let aged = |name: &str| {
            let path = place.path().join(name);
            let file = File::create(&path).unwrap();
            file.set_modified(old).unwrap();
            path
        };
        let left = aged(".dumpscope-a1B2c3");
        let strangers = [
            aged(".dumpscope-lock"),
            aged(".dumpscope-notes.txt"),
            aged("table.idx"),
            aged("x.dumpscope-a1B2c3"),
        ];
        let staged = place.path().join(".dumpscope-folder");
        fs::create_dir_all(staged.join("a/b")).unwrap();
        fs::write(staged.join("a/b/c"), b"d").unwrap();
        File::open(&staged).unwrap().set_modified(old).unwrap();
        let (young, young_folder) =
            (TemporaryFile::new_in(place.path()).unwrap(), TemporaryFolder::new_in(place.path()).unwrap());
        // What a link shows is not ours, whatever the link is called.
        #[cfg(unix)]
        let link = place.path().join(".dumpscope-000000");
        #[cfg(unix)]
        std::os::unix::fs::symlink(&strangers[2], &link).unwrap();
        sweep(place.path(), STALE);
        assert!(!left.exists() && !staged.exists());
        assert!(strangers.iter().all(|path| path.exists()));
        assert!(young.file.path().exists() && young_folder.path().exists());
        sweep(place.path(), Duration::ZERO);
        assert!(strangers.iter().all(|path| path.exists()));
        assert!(!young.file.path().exists() && !young_folder.path().exists());
        #[cfg(unix)]
        assert!(fs::symlink_metadata(&link).is_err());
        sweep(&place.path().join("no such folder"), STALE);
    }
}
