//! Putting files into a store: checked first, then moved into place in one step, with one writer at a time.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::identity::{Identity, IdentityError, Mismatch};
use crate::symbols::module::FileId;
use crate::symbols::name::{self, UnsafeName};
use crate::util::cancel::Stoppable;
use crate::util::disk::{AsFile, RoomyFile};
use crate::util::temporary::{self, Mark, PREFIX, STALE, TemporaryFile};

/// File systems that never show the same file twice are given up after so many tries.
const MAX_REOPENED: u32 = 20;
/// How often a busy lock is tried again.
const LOCK_POLL: Duration = Duration::from_millis(50);

/// Why a file did not enter a store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The name cannot be a file name.
    #[error(transparent)]
    Name(#[from] UnsafeName),
    /// The store cannot be written.
    #[error("cannot write to the store {}: {source}", place.display())]
    Io {
        /// The folder or file.
        place: PathBuf,
        /// The operating system's answer.
        source: io::Error,
    },
    /// The contents are no PDB or image.
    #[error(transparent)]
    Content(#[from] IdentityError),
    /// The contents are another version.
    #[error(transparent)]
    Mismatch(#[from] Mismatch),
    /// The search was cancelled, or another program kept the lock for too long.
    #[error("{0}")]
    Busy(&'static str),
}

/// The folder of one version of a file in the store at `root`, in the layout that the store has.
pub fn key_folder(root: &Path, id: &FileId) -> Result<PathBuf, UnsafeName> {
    name::check(id.name())?;
    let prefix: String = id.name().chars().take(2).collect();
    let base = match is_two_tier(root) && name::check(&prefix).is_ok() {
        true => root.join(prefix.to_lowercase()),
        false => root.to_owned(),
    };
    Ok(base.join(id.name()).join(id.key()))
}

/// True for stores whose first level is two letters of the name: they carry `index2.txt`.
pub fn is_two_tier(root: &Path) -> bool {
    root.join("index2.txt").is_file()
}

/// A file on its way into a store. Dropped without [`Pending::commit`] it leaves nothing behind.
#[derive(Debug)]
pub struct Pending {
    temporary: RoomyFile<TemporaryFile>,
    target: PathBuf,
    id: FileId,
    _lock: Option<Lock>,
    /// Last, so that it runs when the temporary file and the lock are gone.
    _prune: Prune,
}

/// Removes the folders that were made for a file which did not come.
#[derive(Debug)]
struct Prune {
    folder: PathBuf,
    _mark: Mark,
}

impl Drop for Prune {
    fn drop(&mut self) {
        // Only empty folders can be removed this way.
        if fs::remove_dir(&self.folder).is_ok()
            && let Some(versions) = self.folder.parent()
        {
            let _ = fs::remove_dir(versions);
        }
    }
}

impl Pending {
    /// Prepares to write `id` into the store at `root`. Waits while another program writes the same file; if that
    /// program succeeds, `Err(path)` of the inner result is its file.
    pub fn begin(
        root: &Path,
        id: &FileId,
        patience: Duration,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<Result<Pending, PathBuf>, StoreError> {
        let folder = key_folder(root, id)?;
        let io = |source| StoreError::Io { place: folder.clone(), source };
        let target = folder.join(id.name());
        let mut tries = 0;
        loop {
            fs::create_dir_all(&folder).map_err(io)?;
            let prune = Prune { _mark: Mark::if_empty(&folder), folder: folder.clone() };
            let (lock, waited) = Lock::take(&folder.join(format!("{PREFIX}lock")), patience, cancelled)?;
            if waited && verified(&target, id).is_ok() {
                return Ok(Err(target));
            }
            // Who holds the lock is alone. Elsewhere a lock on a file that another program has removed cannot be told
            // from a good one.
            let alone = lock.is_some() && cfg!(unix);
            temporary::sweep(&folder, if alone { Duration::ZERO } else { STALE });
            match TemporaryFile::new_in(&folder) {
                Ok(temporary) => {
                    let temporary = RoomyFile::new(temporary);
                    return Ok(Ok(Pending { temporary, target, id: id.clone(), _lock: lock, _prune: prune }));
                }
                // Another program that gave up has just removed the folder.
                Err(error) if error.kind() == io::ErrorKind::NotFound && tries < 5 => tries += 1,
                Err(error) => return Err(io(error)),
            }
        }
    }

    /// The file to write to.
    pub fn file(&mut self) -> &mut RoomyFile<TemporaryFile> {
        &mut self.temporary
    }

    /// An unnamed file on the same disk, for what is not yet expanded.
    pub fn scratch(&self) -> io::Result<RoomyFile> {
        tempfile::tempfile_in(&self._prune.folder).map(RoomyFile::new)
    }

    /// Checks the contents and moves the file into place, replacing a damaged or outdated one.
    pub fn commit(self) -> Result<PathBuf, StoreError> {
        let Pending {
            // Bound first, so dropped last.
            _prune,
            _lock,
            temporary,
            target,
            id,
        } = self;
        let mut temporary = temporary.into_inner();
        Identity::read(temporary.as_file_mut())?.check(&id)?;
        readable_by_all(temporary.as_file());
        match temporary.keep_as(&target) {
            Ok(()) => Ok(target),
            // On Windows a file that is open cannot be replaced; if it is the right one, that is fine.
            Err(_) if verified(&target, &id).is_ok() => Ok(target),
            Err(error) => Err(StoreError::Io { place: target, source: error }),
        }
    }
}

/// Copies `from` into the store at `root` under its identity `id`.
pub fn insert(
    root: &Path,
    id: &FileId,
    from: &mut impl Read,
    limit: u64,
    cancelled: &dyn Fn() -> bool,
) -> Result<PathBuf, StoreError> {
    let mut pending = match Pending::begin(root, id, Duration::from_secs(60), cancelled)? {
        Ok(pending) => pending,
        Err(path) => return Ok(path),
    };
    let place = root.to_owned();
    super::cabinet::copy_limited(from, &mut Stoppable::new(pending.file(), cancelled), limit)
        .map_err(|source| StoreError::Io { place, source })?;
    pending.commit()
}

/// Whether files can be put into the store at `root`. With `make` it is made if it is not there.
///
/// # Errors
/// Why not.
pub fn writable(root: &Path, make: bool) -> io::Result<()> {
    if make {
        fs::create_dir_all(root)?;
    }
    tempfile::tempfile_in(root).map(|_| ())
}

/// Checks that the file at `path` is the wanted one.
pub fn verified(path: &Path, id: &FileId) -> Result<(), StoreError> {
    Identity::of_file(path)?.check(id)?;
    Ok(())
}

/// Temporary files are private; files of a shared store are not.
fn readable_by_all(file: &File) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Failing costs only that other users of a shared store fetch their own copy.
        let _ = file.set_permissions(fs::Permissions::from_mode(0o644));
    }
    #[cfg(not(unix))]
    let _ = file;
}

/// The operating system's lock on a file: it goes when the program ends, however that happens.
#[derive(Debug)]
struct Lock {
    file: Option<File>,
    path: PathBuf,
    _mark: Mark,
}

impl Lock {
    /// Takes the lock; the boolean says whether it had to wait. `None` on file systems without locks, where the
    /// move into place alone keeps files whole.
    fn take(
        path: &Path,
        patience: Duration,
        cancelled: &dyn Fn() -> bool,
    ) -> Result<(Option<Lock>, bool), StoreError> {
        // Opening a pipe would wait for its other end, and whatever is no plain file is not ours.
        if fs::symlink_metadata(path).is_ok_and(|there| !there.is_file()) {
            let source = io::Error::other("the lock file is no plain file; remove it");
            return Err(StoreError::Io { place: path.to_owned(), source });
        }
        let open = || File::options().create(true).truncate(false).write(true).open(path);
        let Ok(mut file) = open() else {
            return Ok((None, false));
        };
        let started = Instant::now();
        let (mut waited, mut reopened) = (false, 0);
        loop {
            match file.try_lock() {
                Ok(()) if is_at(&file, path) || reopened > MAX_REOPENED => {
                    return Ok((
                        Some(Lock { file: Some(file), path: path.to_owned(), _mark: Mark::file(path) }),
                        waited,
                    ));
                }
                // Who had the lock has removed its file.
                Ok(()) => match open() {
                    Ok(new) => (file, reopened) = (new, reopened + 1),
                    Err(_) => return Ok((None, waited)),
                },
                Err(TryLockError::Error(_)) => return Ok((None, waited)),
                Err(TryLockError::WouldBlock) => waited = true,
            }
            if cancelled() {
                return Err(StoreError::Busy("cancelled"));
            }
            if started.elapsed() > patience {
                return Err(StoreError::Busy("another program has been fetching this file for too long"));
            }
            std::thread::sleep(LOCK_POLL);
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Windows removes no open file, so it is closed first there; elsewhere it is removed while it is still
        // locked, so that whoever gets the lock next sees that it is gone.
        if cfg!(unix) {
            let _ = fs::remove_file(&self.path);
            self.file = None;
        } else {
            self.file = None;
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Whether `path` still leads to this open file.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let id = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    match (file.metadata(), fs::metadata(path)) {
        (Ok(open), Ok(there)) => id(open) == id(there),
        (_, Err(error)) => error.kind() != io::ErrorKind::NotFound,
        (Err(_), _) => true,
    }
}

/// Taken for granted: at worst a file is fetched twice.
#[cfg(not(unix))]
fn is_at(_file: &File, _path: &Path) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::symbols::module::ImageId;

    const IMAGE: &[u8] = include_bytes!("../../tests/data/pe/sample64.sys");

    fn id(name: &str) -> FileId {
        Identity::read(&mut io::Cursor::new(IMAGE)).unwrap().file_id(name)
    }

    const NEVER: &dyn Fn() -> bool = &|| false;

    #[test]
    fn files_enter_checked_and_whole() {
        let root = tempfile::tempdir().unwrap();
        let path = insert(root.path(), &id("a.sys"), &mut &IMAGE[..], 1 << 20, NEVER).unwrap();
        assert_eq!(path, root.path().join("a.sys").join(id("a.sys").key()).join("a.sys"));
        assert_eq!(fs::read(&path).unwrap(), IMAGE);
        let left: Vec<_> = fs::read_dir(path.parent().unwrap()).unwrap().collect();
        assert_eq!(left.len(), 1);
        let other = FileId::from(ImageId::new("b.sys", 1, 2));
        let error = insert(root.path(), &other, &mut &IMAGE[..], 1 << 20, NEVER).unwrap_err();
        assert!(matches!(error, StoreError::Mismatch(_)));
        let error = insert(root.path(), &other, &mut &IMAGE[..], 100, NEVER).unwrap_err();
        assert!(error.to_string().contains("size limit"), "{error}");
        assert!(!root.path().join("b.sys").exists());
    }

    #[test]
    fn two_tier_stores_are_written_as_such() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("index2.txt"), "").unwrap();
        let path = insert(root.path(), &id("Sample.sys"), &mut &IMAGE[..], 1 << 20, NEVER).unwrap();
        assert!(path.starts_with(root.path().join("sa/Sample.sys")));
    }

    #[test]
    fn names_do_not_leave_the_store() {
        let root = tempfile::tempdir().unwrap();
        for name in ["..", "nul.sys", "a\u{0}b", "a:b"] {
            let id = FileId::from(ImageId { name: name.into(), time_date_stamp: 1, size_of_image: 1 });
            assert!(key_folder(root.path(), &id).is_err(), "{name:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_for_a_lock_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let folder = key_folder(root.path(), &id("a.sys")).unwrap();
        fs::create_dir_all(&folder).unwrap();
        let lock = folder.join(format!("{PREFIX}lock"));
        assert!(std::process::Command::new("mkfifo").arg(&lock).status().unwrap().success());
        let error = Pending::begin(root.path(), &id("a.sys"), Duration::from_secs(20), NEVER).unwrap_err();
        assert!(error.to_string().contains("no plain file"), "{error}");
    }

    #[test]
    fn a_second_writer_waits_and_takes_the_first_ones_file() {
        let root = tempfile::tempdir().unwrap();
        let id = id("a.sys");
        let mut first = Pending::begin(root.path(), &id, Duration::ZERO, NEVER).unwrap().unwrap();
        let busy = Pending::begin(root.path(), &id, Duration::ZERO, NEVER).unwrap_err();
        assert!(matches!(busy, StoreError::Busy(_)));
        let second = std::thread::scope(|scope| {
            let second = scope.spawn(|| Pending::begin(root.path(), &id, Duration::from_secs(20), NEVER));
            std::thread::sleep(Duration::from_millis(120));
            io::Write::write_all(first.file(), IMAGE).unwrap();
            first.commit().unwrap();
            second.join().unwrap()
        });
        assert!(second.unwrap().unwrap_err().ends_with("a.sys"));
    }
}
