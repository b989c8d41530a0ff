//! A symbol store that came as a `.zip`.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::cabinet;
use super::cache::{Pending, StoreError};
use crate::symbols::module::FileId;
use crate::symbols::name;
use crate::util::cancel::Stoppable;

/// The most entries of an archive that are looked through.
const MAX_ENTRIES: usize = 1 << 20;

/// True for the path of a `.zip` file.
pub fn is_zip(path: &Path) -> bool {
    path.extension().is_some_and(|ext| ext.eq_ignore_ascii_case("zip")) && path.is_file()
}

/// Why nothing came out of an archive.
#[derive(Debug, thiserror::Error)]
pub enum ZipError {
    /// The archive cannot be read.
    #[error("cannot read the archive: {0}")]
    Archive(#[from] zip::result::ZipError),
    /// It cannot be opened, or an entry cannot be unpacked.
    #[error("cannot unpack: {0}")]
    Io(#[from] io::Error),
    /// What was unpacked did not enter the cache.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Looks for `id` in the archive and unpacks it into the store at `cache`. `None` if the archive has no such file.
/// Entries are matched by the end of their path (`name/key/name`, any folders before it), or by name alone.
pub fn find(
    archive: &Path,
    id: &FileId,
    cache: &Path,
    limit: u64,
    cancelled: &dyn Fn() -> bool,
) -> Result<Option<PathBuf>, ZipError> {
    let mut zip = zip::ZipArchive::new(crate::util::files::open_plain(archive)?)?;
    let (file_name, key) = (id.name().to_lowercase(), id.key().to_lowercase());
    let compressed = name::compressed(&file_name).unwrap_or_default();
    // Entries under the right key first, then loose ones, whose identity decides.
    let mut matches: Vec<(u8, String)> = Vec::new();
    for entry in zip.file_names().take(MAX_ENTRIES) {
        let path = entry.to_lowercase().replace('\\', "/");
        let mut parts = path.rsplit('/');
        let last = parts.next().unwrap_or_default();
        let keyed = parts.next() == Some(&key) && parts.next() == Some(&file_name);
        match (keyed, last) {
            (true, last) if last == file_name => matches.push((0, entry.to_owned())),
            (true, last) if last == compressed => matches.push((1, entry.to_owned())),
            (false, last) if last == file_name => matches.push((2, entry.to_owned())),
            _ => {}
        }
    }
    matches.sort();
    let mut failure = None;
    for (rank, entry) in matches.into_iter().take(16) {
        match unpack(&mut zip, &entry, rank == 1, id, cache, limit, cancelled) {
            Ok(path) => return Ok(Some(path)),
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    failure.map_or(Ok(None), Err)
}

fn unpack(
    zip: &mut zip::ZipArchive<File>,
    entry: &str,
    compressed: bool,
    id: &FileId,
    cache: &Path,
    limit: u64,
    cancelled: &dyn Fn() -> bool,
) -> Result<PathBuf, ZipError> {
    let mut pending = match Pending::begin(cache, id, std::time::Duration::from_secs(60), cancelled)? {
        Ok(pending) => pending,
        Err(path) => return Ok(path),
    };
    let mut reader = zip.by_name(entry)?;
    if compressed {
        let mut packed = pending.scratch()?;
        cabinet::copy_limited(&mut reader, &mut Stoppable::new(&mut packed, cancelled), limit)?;
        cabinet::expand(packed.into_inner(), &mut Stoppable::new(pending.file(), cancelled), limit)?;
    } else {
        cabinet::copy_limited(&mut reader, &mut Stoppable::new(pending.file(), cancelled), limit)?;
    }
    Ok(pending.commit()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::identity::Identity;
    use std::io::Write;
    use zip::write::SimpleFileOptions;

    const IMAGE: &[u8] = include_bytes!("../../tests/data/pe/sample64.sys");

    fn archive(root: &Path, entries: &[(&str, &[u8])]) -> PathBuf {
        let path = root.join("store.ZIP");
        let mut zip = zip::ZipWriter::new(File::create(&path).unwrap());
        for (name, data) in entries {
            zip.start_file(*name, SimpleFileOptions::default()).unwrap();
            zip.write_all(data).unwrap();
        }
        zip.finish().unwrap();
        path
    }

    #[test]
    fn entries_are_found_by_key_and_by_name() {
        let id = Identity::read(&mut io::Cursor::new(IMAGE)).unwrap().file_id("a.sys");
        let keyed = format!("syms/A.sys/{}/a.sys", id.key());
        let packed_name = format!("a.sys/{}/a.sy_", id.key());
        let packed = cabinet::cabinet_of("../../x", IMAGE, cab::CompressionType::MsZip);
        for entries in [
            vec![("a.sys/other/a.sys", b"MZ".as_slice()), (keyed.as_str(), IMAGE)],
            vec![(packed_name.as_str(), packed.as_slice())],
            vec![("drivers\\A.SYS", IMAGE)],
        ] {
            let root = tempfile::tempdir().unwrap();
            let zip = archive(root.path(), &entries);
            assert!(is_zip(&zip));
            let cache = root.path().join("cache");
            let path = find(&zip, &id, &cache, 1 << 20, &|| false).unwrap().unwrap();
            assert_eq!(std::fs::read(&path).unwrap(), IMAGE);
            assert!(path.starts_with(&cache));
            assert!(find(&zip, &id, &root.path().join("small"), 10, &|| false).is_err());
        }
    }

    #[test]
    fn absent_and_damaged() {
        let root = tempfile::tempdir().unwrap();
        let id = Identity::read(&mut io::Cursor::new(IMAGE)).unwrap().file_id("a.sys");
        let zip = archive(root.path(), &[("b.sys", IMAGE)]);
        assert!(find(&zip, &id, root.path(), 1 << 20, &|| false).unwrap().is_none());
        std::fs::write(&zip, "PK").unwrap();
        assert!(find(&zip, &id, root.path(), 1 << 20, &|| false).is_err());
    }
}
