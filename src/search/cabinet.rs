//! Compressed store files (`.pd_`, `.dl_`, `.sy_`, `.ex_`): cabinets of one file, or zip archives of one.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

use crate::util::bounded;

/// Expands the only file of an archive into `out` and says how many bytes that was. Stops with an error at `limit`
/// bytes, whatever the archive claims.
pub fn expand(mut archive: File, out: &mut impl Write, limit: u64) -> io::Result<u64> {
    let mut magic = [0; 4];
    archive.seek(SeekFrom::Start(0))?;
    archive.read_exact(&mut magic)?;
    archive.seek(SeekFrom::Start(0))?;
    match &magic {
        b"MSCF" => {
            check_offsets(&mut archive)?;
            let mut cabinet = cab::Cabinet::new(archive)?;
            let mut names = cabinet.folder_entries().flat_map(|folder| folder.file_entries());
            let (Some(file), None) = (names.next(), names.next()) else {
                return Err(bad("a compressed store file holds exactly one file"));
            };
            let name = file.name().to_owned();
            let size = u64::from(file.uncompressed_size());
            if size > limit {
                return Err(bad("the expanded file would be over the size limit"));
            }
            let mut reader = cabinet.read_file(&name)?;
            let copied = copy_limited(&mut reader, out, limit)?;
            match copied == size {
                true => Ok(copied),
                false => Err(bad("the cabinet is cut off")),
            }
        }
        b"PK\x03\x04" => {
            let mut zip = zip::ZipArchive::new(archive).map_err(io::Error::other)?;
            if zip.len() != 1 {
                return Err(bad("a compressed store file holds exactly one file"));
            }
            let mut reader = zip.by_index(0).map_err(io::Error::other)?;
            copy_limited(&mut reader, out, limit)
        }
        b"SZDD" | b"KWAJ" => Err(bad("made by the compress program of the 1990s, which is not supported")),
        _ => Err(bad("neither a cabinet nor a zip archive")),
    }
}

/// Refuses cabinets whose file does not start its folder, or whose folder has no data: the reader would run past the
/// data's end.
fn check_offsets(archive: &mut File) -> io::Result<()> {
    let mut header = [0; 36];
    archive.read_exact(&mut header)?;
    let first_file = bounded::u32_at(&header, 16).unwrap_or_default();
    let folders = bounded::u16_at(&header, 26).unwrap_or_default();
    let mut file = [0; 8];
    archive.seek(SeekFrom::Start(first_file.into()))?;
    archive.read_exact(&mut file)?;
    archive.seek(SeekFrom::Start(0))?;
    match folders == 1 && bounded::u32_at(&file, 4) == Some(0) {
        true => Ok(()),
        false => Err(bad("a compressed store file holds exactly one file")),
    }
}

/// Copies until the end, failing once more than `limit` bytes came.
pub(crate) fn copy_limited(from: &mut impl Read, to: &mut impl Write, limit: u64) -> io::Result<u64> {
    let copied = io::copy(&mut from.take(limit.saturating_add(1)), to)?;
    match copied > limit {
        true => Err(bad("over the size limit")),
        false => Ok(copied),
    }
}

fn bad(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// A cabinet with one file, for tests here and in the store's.
#[cfg(test)]
pub(crate) fn cabinet_of(name: &str, data: &[u8], compression: cab::CompressionType) -> Vec<u8> {
    let mut builder = cab::CabinetBuilder::new();
    builder.add_folder(compression).add_file(name);
    let mut writer = builder.build(io::Cursor::new(Vec::new())).unwrap();
    while let Some(mut file) = writer.next_file().unwrap() {
        file.write_all(data).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    #[test]
    fn cabinets_expand_within_the_limit() {
        let data: Vec<u8> = (0..100_000u32).flat_map(|i| (i / 7).to_le_bytes()).collect();
        for kind in [cab::CompressionType::None, cab::CompressionType::MsZip] {
            let packed = cabinet_of("a.pdb", &data, kind);
            let mut out = Vec::new();
            assert_eq!(expand(file(&packed), &mut out, 1 << 20).unwrap(), data.len() as u64);
            assert!(out == data);
            assert!(expand(file(&packed), &mut Vec::new(), 1000).is_err());
            assert!(expand(file(&packed[..packed.len() / 2]), &mut Vec::new(), 1 << 20).is_err());
        }
        assert!(expand(file(b"hello"), &mut Vec::new(), 10).is_err());
        assert!(expand(file(b""), &mut Vec::new(), 10).is_err());
    }

    /// A cabinet with LZX data, as symbol stores compress their files: one verbatim block, laid out by hand after the
    /// cabinet and LZX format descriptions.
    fn lzx_cabinet(data: &[u8]) -> Vec<u8> {
        assert!(data.len().is_multiple_of(2) && data.len() <= 0x8000);
        let size = data.len() as u32;
        // No translation (1 bit), block type 3 (3 bits), block size (24 bits), padding; words in little-endian order.
        let bits = 0b0011u32 << 28 | size << 4;
        let mut block = Vec::new();
        block.extend(((bits >> 16) as u16).to_le_bytes());
        block.extend((bits as u16).to_le_bytes());
        block.extend([1u32.to_le_bytes(); 3].as_flattened());
        block.extend(data);
        let mut cabinet = Vec::new();
        let file_at = 36 + 8;
        let data_at = file_at + 16 + 6;
        let total = data_at + 8 + block.len() as u32;
        cabinet.extend(b"MSCF");
        for word in [0, total, 0, file_at, 0] {
            cabinet.extend(word.to_le_bytes());
        }
        cabinet.extend([3, 1]);
        for half in [1u16, 1, 0, 0, 0] {
            cabinet.extend(half.to_le_bytes());
        }
        cabinet.extend(data_at.to_le_bytes());
        cabinet.extend([1, 0, 0x03, 0x0f]);
        for word in [size, 0] {
            cabinet.extend(word.to_le_bytes());
        }
        cabinet.extend([0; 8]);
        cabinet.extend(b"a.sys\0");
        cabinet.extend(0u32.to_le_bytes());
        cabinet.extend((block.len() as u16).to_le_bytes());
        cabinet.extend((size as u16).to_le_bytes());
        cabinet.extend(block);
        cabinet
    }

    #[test]
    fn lzx_cabinets_expand() {
        let data: Vec<u8> = (0..4096u32).map(|i| (i * 7 / 3) as u8).collect();
        let packed = lzx_cabinet(&data);
        let mut out = Vec::new();
        assert_eq!(expand(file(&packed), &mut out, 1 << 20).unwrap(), 4096);
        assert!(out == data);
        for at in 0..200 {
            for flip in [0xff, 0x10, 0x01] {
                let mut bytes = packed.clone();
                bytes[at] ^= flip;
                let _ = expand(file(&bytes), &mut Vec::new(), 1 << 20);
            }
        }
    }

    #[test]
    fn damaged_cabinets_are_errors() {
        let packed = cabinet_of("a.pdb", &[7; 40_000], cab::CompressionType::MsZip);
        for at in 0..packed.len() {
            for flip in [0x55, 0x01, 0xff] {
                let mut bytes = packed.clone();
                bytes[at] ^= flip;
                let _ = expand(file(&bytes), &mut Vec::new(), 1 << 20);
            }
        }
    }
}
