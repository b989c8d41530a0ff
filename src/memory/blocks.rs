//! The virtual memory of a triage dump: data blocks, stack, data page and the images of a few kernel objects.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::error::{ReadError, Reason};
use super::saved::{Range, Saved};
use super::{Memory, objects};
use crate::dump::DumpFile;

/// A piece of a range; pieces are sorted and do not overlap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Piece {
    address: u64,
    size: u64,
    offset: usize,
    saved: Saved,
}

/// The saved ranges of a triage dump as one address space.
pub struct BlockMemory {
    dump: DumpFile,
    pieces: Vec<Piece>,
    objects: objects::Objects,
}

impl BlockMemory {
    /// The memory of a triage dump; empty for other kinds.
    pub fn new(dump: &DumpFile) -> BlockMemory {
        let mut ranges = Vec::new();
        if let Some(triage) = dump.triage() {
            ranges.extend(triage.blocks.iter().map(|block| Range {
                address: block.address,
                size: u64::from(block.size),
                offset: block.offset as usize,
                saved: Saved::Block,
            }));
            let parts = [
                (triage.top_of_stack, &triage.stack, Saved::Stack),
                (triage.data_page_address, &triage.data_page, Saved::DataPage),
                (dump.header().kd_debugger_data_block, &triage.debugger_data, Saved::DebuggerData),
            ];
            for (address, part, saved) in parts {
                ranges.push(Range { address, size: part.len() as u64, offset: part.start, saved });
            }
        }
        let mut memory = BlockMemory {
            dump: dump.clone(),
            pieces: flatten(&ranges),
            objects: objects::Objects::default(),
        };
        // Where the images of PRCB, thread and process belong is learnt from the ranges so far.
        memory.objects = objects::locate(dump, &memory);
        ranges.extend(memory.objects.ranges());
        memory.pieces = flatten(&ranges);
        memory
    }

    /// Virtual address of the saved KPRCB, if it could be found out.
    pub fn prcb(&self) -> Option<u64> {
        self.objects.prcb
    }

    /// Virtual address of the saved ETHREAD, if it could be found out.
    pub fn thread(&self) -> Option<u64> {
        self.objects.thread
    }

    /// Virtual address of the saved EPROCESS, if it could be found out.
    pub fn process(&self) -> Option<u64> {
        self.objects.process
    }

    /// The readable ranges, ascending: address, bytes, what they were saved as.
    pub fn ranges(&self) -> impl Iterator<Item = (u64, u64, Saved)> + '_ {
        self.pieces.iter().map(|piece| (piece.address, piece.size, piece.saved))
    }

    /// What the byte at `address` was saved as.
    pub fn saved_as(&self, address: u64) -> Option<Saved> {
        self.piece(address).map(|piece| piece.saved)
    }

    fn piece(&self, address: u64) -> Option<&Piece> {
        let index = self.pieces.partition_point(|piece| piece.address <= address).checked_sub(1)?;
        self.pieces.get(index).filter(|piece| address - piece.address < piece.size)
    }
}

impl Memory for BlockMemory {
    fn window(&self, address: u64) -> Result<&[u8], ReadError> {
        let bytes = self.piece(address).and_then(|piece| {
            let start = piece.offset.checked_add(usize::try_from(address - piece.address).ok()?)?;
            let end = piece.offset.checked_add(usize::try_from(piece.size).ok()?)?;
            self.dump.bytes().get(start..end).filter(|bytes| !bytes.is_empty())
        });
        bytes.ok_or_else(|| ReadError::new(address, Reason::NotInTriage))
    }
}

/// Sorts ranges and cuts overlaps; an earlier range wins. `n log n`, whatever the ranges are.
fn flatten(ranges: &[Range]) -> Vec<Piece> {
    let mut order: Vec<(usize, Range)> = ranges
        .iter()
        .enumerate()
        .filter(|(_, range)| range.size > 0)
        .map(|(rank, range)| (rank, Range { size: range.size.min(u64::MAX - range.address), ..*range }))
        .collect();
    order.sort_by_key(|(_, range)| range.address);
    let mut starts = order.into_iter().peekable();
    // The ranges that cover the current address, the one that wins on top.
    let mut open: BinaryHeap<(Reverse<usize>, u64)> = BinaryHeap::new();
    let mut pieces: Vec<Piece> = Vec::new();
    let mut at = 0u64;
    loop {
        while let Some((rank, range)) = starts.next_if(|(_, range)| range.address <= at) {
            open.push((Reverse(rank), range.address + range.size));
        }
        while open.peek().is_some_and(|&(_, end)| end <= at) {
            open.pop();
        }
        let next_start = starts.peek().map(|(_, range)| range.address);
        let Some(&(Reverse(rank), end)) = open.peek() else {
            match next_start {
                Some(start) => at = start,
                None => return pieces,
            }
            continue;
        };
        let until = next_start.map_or(end, |start| start.min(end));
        if let Some(range) = ranges.get(rank) {
            let offset =
                range.offset.saturating_add(usize::try_from(at - range.address).unwrap_or(usize::MAX));
            push(&mut pieces, Piece { address: at, size: until - at, offset, saved: range.saved });
        }
        at = until;
    }
}

/// Appends a piece, merged with the last one where both continue each other in memory and file.
fn push(pieces: &mut Vec<Piece>, piece: Piece) {
    if let Some(last) = pieces.last_mut()
        && last.saved == piece.saved
        && last.address.checked_add(last.size) == Some(piece.address)
        && (last.offset as u64).checked_add(last.size) == Some(piece.offset as u64)
    {
        last.size += piece.size;
    } else {
        pieces.push(piece);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(address: u64, size: u64, offset: usize) -> Range {
        Range { address, size, offset, saved: Saved::Block }
    }

    /// For each address of a small space, which file offset the first covering range gives.
    fn by_hand(ranges: &[Range], address: u64) -> Option<usize> {
        ranges
            .iter()
            .find(|range| (range.address..range.address + range.size).contains(&address))
            .map(|range| range.offset + (address - range.address) as usize)
    }

    #[test]
    fn overlaps_resolve_to_the_earlier_range() {
        let mut seed = 7u64;
        for _ in 0..200 {
            let ranges: Vec<Range> = (0..12)
                .map(|n| {
                    seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                    range(seed >> 40 & 63, seed >> 50 & 15, n * 1000)
                })
                .collect();
            let pieces = flatten(&ranges);
            for address in 0..90 {
                let found = pieces
                    .iter()
                    .find(|piece| (piece.address..piece.address + piece.size).contains(&address))
                    .map(|piece| piece.offset + (address - piece.address) as usize);
                assert_eq!(found, by_hand(&ranges, address), "{address} in {ranges:?}");
            }
            assert!(pieces.is_sorted_by(|a, b| a.address + a.size <= b.address));
        }
    }

    #[test]
    fn many_nested_ranges_take_no_square_time() {
        let ranges: Vec<Range> = (0..200_000).map(|n| range(n, 1 << 40, 0)).collect();
        assert_eq!(flatten(&ranges).len(), 200_000);
    }

    #[test]
    fn the_end_of_the_address_space_is_no_overflow() {
        assert_eq!(flatten(&[range(u64::MAX - 3, 100, 0)]).first().map(|piece| piece.size), Some(3));
    }
}
