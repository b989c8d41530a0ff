//! Type and id records by number and by name, without reading more of them than that needs.

use std::ops::Deref;

use super::leaf::{self, Leaf};
use crate::util::bounded;

/// The most records that are counted: twice what the largest known PDBs hold.
const MAX_RECORDS: usize = 1 << 24;

/// A stream's bytes as `pdb2` read them (its own type for them is not public).
pub(crate) type StreamBytes = Box<dyn Deref<Target = [u8]> + Send + Sync>;

/// The records of the type or id stream.
pub(crate) struct Records {
    stream: StreamBytes,
    first: u32,
    offsets: Vec<u32>,
    /// Hash of a definition's name, and its index: sorted.
    names: Vec<(u32, u32)>,
}

impl std::fmt::Debug for Records {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Records({} from {:#x})", self.offsets.len(), self.first)
    }
}

impl Records {
    /// Finds the records of a stream: a header of which the second word is its size and the third the first index,
    /// then one record after another, each with a 16-bit length. (LLVM's "The PDB TPI and IPI Streams".) A record that
    /// overruns the stream ends the list.
    pub(crate) fn new(stream: StreamBytes, with_names: bool) -> Option<Records> {
        let bytes: &[u8] = &stream;
        let header = bounded::u32_at(bytes, 4)? as usize;
        let first = bounded::u32_at(bytes, 8)?;
        let mut offsets = Vec::new();
        let mut names = Vec::new();
        let mut at = header;
        while let Some(len) = bounded::u16_at(bytes, at) {
            let Some(record) = bounded::slice(bytes, at + 2, usize::from(len)) else {
                break;
            };
            if len < 2 || offsets.len() >= MAX_RECORDS {
                break;
            }
            if with_names && let Some(index) = first.checked_add(u32::try_from(offsets.len()).ok()?) {
                for name in leaf::defined_names(record) {
                    names.push((hash(name), index));
                }
            }
            offsets.push(u32::try_from(at).ok()?);
            at += 2 + usize::from(len);
        }
        names.sort_unstable();
        Some(Records { stream, first, offsets, names })
    }

    /// The record of that index, without its length.
    pub(crate) fn raw(&self, index: u32) -> Option<&[u8]> {
        let at = *self.offsets.get(index.checked_sub(self.first)? as usize)? as usize;
        let bytes: &[u8] = &self.stream;
        bounded::slice(bytes, at + 2, usize::from(bounded::u16_at(bytes, at)?))
    }

    /// The record of that index, taken apart.
    pub(crate) fn leaf(&self, index: u32) -> Option<Leaf<'_>> {
        Leaf::parse(self.raw(index)?)
    }

    /// The first definition whose name or unique name is `name`.
    pub(crate) fn definition(&self, name: &[u8]) -> Option<u32> {
        let want = hash(name);
        let from = self.names.partition_point(|&(hash, _)| hash < want);
        self.names
            .get(from..)?
            .iter()
            .take_while(|&&(hash, _)| hash == want)
            .map(|&(_, index)| index)
            .find(|&index| self.raw(index).is_some_and(|raw| leaf::defined_names(raw).any(|n| n == name)))
    }

    /// Indexes of all records, in order.
    pub(crate) fn indexes(&self) -> std::ops::Range<u32> {
        self.first..self.first.saturating_add(u32::try_from(self.offsets.len()).unwrap_or(0))
    }
}

/// FNV-1a.
fn hash(name: &[u8]) -> u32 {
    name.iter().fold(0x811c_9dc5, |hash, &byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}
