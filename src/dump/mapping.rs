//! The bytes of a file: mapped, or held in memory (embedded demos, tests).
//!
//! With its guard one of the two places of the library with `unsafe` (the other is `pod`).
#![allow(unsafe_code)]

#[cfg(unix)]
mod guard;
#[cfg(not(unix))]
#[path = "mapping/no_guard.rs"]
mod guard;

pub use guard::before_death;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use memmap2::Mmap;
use thiserror::Error;

use guard::Watch;

/// Shared, read-only bytes. Cloning is cheap.
#[derive(Clone)]
pub struct Mapping(Arc<Source>);

enum Source {
    Mapped(Mapped),
    Bytes(Vec<u8>),
}

struct Mapped {
    // Dropped in this order: the watch must end before the mapping.
    watch: Watch,
    map: Mmap,
    /// The file, where its size is to be looked at again.
    file: Option<File>,
    path: PathBuf,
}

/// A file became shorter while it was mapped. What was read of it last may be zeros, and nothing more is read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{} became shorter while it was open: it ends before file offset {offset:#x} now, and nothing more is read from it; open it again when it is whole", .path.display())]
pub struct Lost {
    /// The file.
    pub path: PathBuf,
    /// The first offset that is known to be gone.
    pub offset: u64,
}

impl Mapping {
    /// Maps all of the file at `path` for reading. Only address space is taken: pages are read when they are touched.
    ///
    /// # Errors
    /// What the system says, for example when the file is larger than the address space.
    pub fn of_file(file: &File, path: &Path) -> io::Result<Mapping> {
        Ok(Mapping::new(map(file)?, None, path))
    }

    /// The same, and keeps the file open, so that [`check`](Mapping::check) sees it become shorter before anything is read.
    ///
    /// # Errors
    /// As [`Mapping::of_file`].
    pub fn watching(file: File, path: &Path) -> io::Result<Mapping> {
        Ok(Mapping::new(map(&file)?, Some(file), path))
    }

    fn new(map: Mmap, file: Option<File>, path: &Path) -> Mapping {
        let watch = Watch::new(map.as_ptr(), map.len());
        Mapping(Arc::new(Source::Mapped(Mapped { watch, map, file, path: path.to_owned() })))
    }

    /// Takes bytes that are in memory already.
    pub fn of_bytes(bytes: Vec<u8>) -> Mapping {
        Mapping(Arc::new(Source::Bytes(bytes)))
    }

    /// All the bytes; none once the file was found to be shorter than it was.
    pub fn bytes(&self) -> &[u8] {
        match &*self.0 {
            Source::Mapped(_) if self.is_lost() => &[],
            Source::Mapped(mapped) => &mapped.map,
            Source::Bytes(bytes) => bytes,
        }
    }

    /// Number of bytes.
    pub fn len(&self) -> u64 {
        self.bytes().len() as u64
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.bytes().is_empty()
    }

    /// Whether the file was found to be shorter than it was: what was read of it just now may be zeros.
    pub fn is_lost(&self) -> bool {
        matches!(&*self.0, Source::Mapped(mapped) if mapped.watch.lost_at().is_some())
    }

    /// What happened to the file, if it was found to be shorter than it was.
    pub fn lost(&self) -> Option<Lost> {
        let Source::Mapped(mapped) = &*self.0 else { return None };
        let offset = mapped.watch.lost_at()? as u64;
        Some(Lost { path: mapped.path.clone(), offset })
    }

    /// The same, after a look at the size that the file has now.
    pub fn check(&self) -> Option<Lost> {
        if let Source::Mapped(Mapped { file: Some(file), map, watch, .. }) = &*self.0
            && let Some(size) = file.metadata().ok().and_then(|about| usize::try_from(about.len()).ok())
            && size < map.len()
        {
            watch.lose(size);
        }
        self.lost()
    }
}

fn map(file: &File) -> io::Result<Mmap> {
    // SAFETY: the mapping is read-only and its bytes are only ever read as `&[u8]`, for which every bit pattern
    // is valid. What cannot be excluded is that another process changes or shortens the file while it is open:
    // a dump is written once and then left alone, copying it (up to the size of the machine's memory) is not an
    // option, and every reader here bounds-checks each value it takes again, so a changed byte gives a wrong
    // value and never a wild access. Pages behind the end of a shortened file become zeros (`guard`), which is such a
    // change, and from then on nothing is read. (Windows does not let a mapped file be shortened.)
    unsafe { Mmap::map(file) }
}

impl AsRef<[u8]> for Mapping {
    fn as_ref(&self) -> &[u8] {
        self.bytes()
    }
}

impl std::fmt::Debug for Mapping {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mapping({:#x} bytes)", self.len())
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    fn mapped(keep: bool) -> (tempfile::NamedTempFile, Mapping) {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), vec![7u8; 0x9_0000]).unwrap();
        let open = File::open(file.path()).unwrap();
        let mapping = match keep {
            true => Mapping::watching(open, file.path()),
            false => Mapping::of_file(&open, file.path()),
        };
        (file, mapping.unwrap())
    }

    #[test]
    fn a_read_behind_the_new_end_is_zeros_and_then_nothing_is_read() {
        let (file, mapping) = mapped(false);
        let bytes = mapping.bytes();
        assert_eq!((bytes[0], bytes[0x8_0000], mapping.lost()), (7, 7, None));
        file.as_file().set_len(0x2_0100).unwrap();
        // Before the new end nothing happens, and nothing is known of it.
        assert_eq!((bytes[0x2_0000], mapping.is_lost()), (7, false));
        // From several threads at once, at several places.
        std::thread::scope(|scope| {
            for offset in [0x5_0001, 0x8_ffff, 0x5_0001, 0x4_0000] {
                scope.spawn(move || assert_eq!(bytes[offset], 0));
            }
        });
        let lost = mapping.lost().unwrap();
        assert_eq!(lost.path, file.path());
        assert!((0x4_0000..0x9_0000).contains(&lost.offset), "{lost}");
        assert!(lost.to_string().contains("became shorter while it was open"), "{lost}");
        assert_eq!(mapping.bytes(), &[] as &[u8]);
        // A later mapping at the same place knows nothing of it.
        drop(mapping);
        for _ in 0..20 {
            let (_file, again) = mapped(false);
            assert_eq!((again.bytes()[0x8_0000], again.lost()), (7, None));
        }
    }

    /// The end of the last page reads as zeros without a fault: only the file's size tells.
    #[test]
    fn a_look_at_the_size_tells_before_anything_is_read() {
        let (file, mapping) = mapped(true);
        assert_eq!(mapping.check(), None);
        file.as_file().set_len(0x8_ff00).unwrap();
        assert_eq!(mapping.lost(), None);
        assert_eq!(mapping.check(), Some(Lost { path: file.path().to_owned(), offset: 0x8_ff00 }));
        assert_eq!(mapping.bytes(), &[] as &[u8]);
        // What grows is read as it was.
        let (file, mapping) = mapped(true);
        file.as_file().set_len(0x10_0000).unwrap();
        assert_eq!((mapping.check(), mapping.len()), (None, 0x9_0000));
    }
}
