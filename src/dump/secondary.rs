//! Secondary data: blobs that drivers and the kernel append at the crash, each under a GUID. They follow the primary
//! dump. Layout: the `.enumtag` documentation and real files.

use std::ops::Range;

use crate::util::bounded;
use crate::util::guid::Guid;

/// What the secondary data start with.
const SIGNATURE: &[u8] = b"DumpBlob";
/// Size of a blob's header as every file seen has it; a smaller value ends the list.
const BLOB_HEADER: usize = 0x20;
/// More blobs than this are damage; real dumps have about 30.
const MAX_BLOBS: usize = 4096;

/// One blob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecondaryBlob {
    /// Who wrote it.
    pub tag: Guid,
    /// File range of its data, cut at the end of the file.
    pub data: Range<usize>,
    /// Bytes as its header says.
    pub size: u32,
}

/// Reads the blobs that start at one of `places` (the first that has the signature).
pub(super) fn parse(bytes: &[u8], places: &[u64], warnings: &mut Vec<String>) -> Vec<SecondaryBlob> {
    let start = places
        .iter()
        .filter_map(|&place| usize::try_from(place).ok())
        .find(|&place| place > 0 && bounded::slice(bytes, place, SIGNATURE.len()) == Some(SIGNATURE));
    let mut blobs = Vec::new();
    let Some(start) = start else { return blobs };
    let Some(header_size) = bounded::u32_at(bytes, start + SIGNATURE.len()) else {
        return blobs;
    };
    let mut at = start.saturating_add((header_size as usize).max(0x10));
    while blobs.len() < MAX_BLOBS {
        match blob(bytes, at) {
            Some((blob, next)) => {
                if blob.data.len() < blob.size as usize {
                    warnings.push(format!(
                        "the secondary data {} at {at:#x} are cut off: {:#x} of {:#x} bytes",
                        blob.tag,
                        blob.data.len(),
                        blob.size
                    ));
                }
                // Writers fill gaps with blobs of no tag and no data.
                if blob.size > 0 || !blob.tag.is_zero() {
                    blobs.push(blob);
                }
                at = next;
            }
            None => return blobs,
        }
    }
    warnings.push(format!("there are more than {MAX_BLOBS} blobs of secondary data: the rest is not listed"));
    blobs
}

/// The blob whose header is at `at`, and where the next one begins.
fn blob(bytes: &[u8], at: usize) -> Option<(SecondaryBlob, usize)> {
    let header = bounded::slice(bytes, at, BLOB_HEADER)?;
    let header_size = bounded::u32_at(header, 0)? as usize;
    if header_size < BLOB_HEADER {
        return None;
    }
    let size = bounded::u32_at(header, 0x14)?;
    let pad_before = bounded::u32_at(header, 0x18)? as usize;
    let pad_after = bounded::u32_at(header, 0x1c)? as usize;
    let start = at.checked_add(header_size)?.checked_add(pad_before)?;
    let end = start.checked_add(size as usize)?;
    let data = start.min(bytes.len())..end.min(bytes.len());
    Some((SecondaryBlob { tag: Guid(bounded::array(header, 4)?), data, size }, end.checked_add(pad_after)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blobs_are_listed_and_cut_at_the_end() {
        let mut file = vec![0u8; 4];
        file.extend(b"DumpBlob");
        file.extend(0x10u32.to_le_bytes());
        file.extend(9600u32.to_le_bytes());
        for (tag, size) in [(1u8, 3u32), (2, 100)] {
            file.extend(0x20u32.to_le_bytes());
            file.extend([tag; 16]);
            file.extend(size.to_le_bytes());
            file.extend(1u32.to_le_bytes());
            file.extend(2u32.to_le_bytes());
            file.extend(b"?abc??");
        }
        let mut warnings = Vec::new();
        let blobs = parse(&file, &[0, 4], &mut warnings);
        let texts: Vec<&[u8]> = blobs.iter().map(|blob| &file[blob.data.clone()]).collect();
        assert_eq!(texts, [b"abc".as_slice(), b"abc??"]);
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert_eq!(parse(&file, &[1, u64::MAX], &mut warnings), []);
    }
}
