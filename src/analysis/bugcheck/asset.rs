//! The embedded table of bug checks: blocks of entries, of which only the wanted one is unpacked.
//!
//! All numbers are little-endian u32: the count of blocks, then for each its lowest code and where it ends, counted from
//! the first block's start. A block is a raw deflate stream of lines in ascending order of codes, one JSON object each.
//! `tests/project/bugchecks_asset.rs` makes it from `assets/bugchecks/*.json`.

use super::BugCheck;
use crate::util::bounded;
use std::io::Read;

static PACKED: &[u8] = include_bytes!("../../../assets/bugchecks.pack");
/// More than a block can have; only a damaged build of this program gets there.
const MAX_BLOCK: u64 = 4 << 20;

/// The entry of a code.
pub(super) fn entry(code: u32) -> Option<BugCheck> {
    // An entry begins with its code; what follows is read only of the one that is asked for.
    let mark = format!("{{\"code\":\"0x{code:X}\",");
    let block = block(code)?;
    serde_json::from_str(block.lines().find(|line| line.starts_with(&mark))?).ok()
}

/// The block in which the code would stand.
fn block(code: u32) -> Option<String> {
    let count = usize::try_from(bounded::u32_at(PACKED, 0)?).ok()?;
    let blocks = 4 + count.checked_mul(8)?;
    let (mut start, mut found) = (0, None);
    for number in 0..count {
        let (first, end) =
            (bounded::u32_at(PACKED, 4 + number * 8)?, bounded::u32_at(PACKED, 8 + number * 8)?);
        if first > code {
            break;
        }
        found = Some((start, end));
        start = end;
    }
    let (start, end) = found?;
    let packed = PACKED.get(blocks + usize::try_from(start).ok()?..blocks + usize::try_from(end).ok()?)?;
    let mut text = String::new();
    flate2::read::DeflateDecoder::new(packed).take(MAX_BLOCK).read_to_string(&mut text).ok()?;
    Some(text)
}
