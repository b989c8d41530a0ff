//! The virtual memory of a triage dump: data blocks, stack, data page, the images of a few kernel objects,
//! and the memory in tagged data.

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

/// A range of tagged data whose bytes are not those that [`BlockMemory`] shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Difference {
    /// Which component of the tagged memory saved it.
    pub component: usize,
    /// The first address at which they differ.
    pub first: u64,
    /// How many bytes differ.
    pub bytes: u64,
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
        let tagged = dump.tagged_memory().ranges.iter().map(|range| Range {
            address: range.address,
            size: u64::from(range.size),
            offset: range.offset,
            saved: Saved::Tagged(range.component),
        });
        let parts = ranges.len();
        ranges.extend(tagged);
        let mut memory = BlockMemory {
            dump: dump.clone(),
            pieces: flatten(&ranges),
            objects: objects::Objects::default(),
        };
        // Where the images of PRCB, thread and process belong is learnt from the ranges so far. What they hold is of the
        // moment of the dump, and so comes before the tagged data, which drivers may have filled earlier.
        memory.objects = objects::locate(dump, &memory);
        ranges.splice(parts..parts, memory.objects.ranges());
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

    /// Where tagged data say something else than what the dump saved in its own ranges (or in earlier tagged data).
    pub fn differences(&self) -> impl Iterator<Item = Difference> + '_ {
        let tagged = self.dump.tagged_memory();
        tagged.ranges.iter().filter_map(|range| {
            let end = range.offset.checked_add(range.size as usize)?;
            let bytes = self.dump.bytes().get(range.offset..end)?;
            let (mut first, mut differing, mut done) = (None, 0, 0);
            while let Some(rest) = bytes.get(done..).filter(|rest| !rest.is_empty()) {
                let address = range.address.wrapping_add(done as u64);
                let Ok(window) = self.window(address) else { break };
                let pairs = rest.iter().zip(window).zip(address..);
                for (_, address) in pairs.filter(|((stored, shown), _)| stored != shown) {
                    first = first.or(Some(address));
                    differing += 1;
                }
                done += window.len().min(rest.len());
            }
            Some(Difference { component: range.component, first: first?, bytes: differing })
        })
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

    /// A range beside the blocks, one over the end of a block, and one that says what the block says.
    #[test]
    fn tagged_memory_fills_gaps_and_never_wins() {
        use crate::dump::synth::{Triage, tagged_memory};
        let tag = [0x45, 5, 0x91, 0xd, 0x94, 0xe6, 0x15, 0x4b, 0x87, 0xc, 1, 0x62, 0x5f, 0xb3, 0x2a, 0x6f];
        let block = 0xffff_8800_0000_0000u64;
        let kernel: &[(u64, &[u8])] = &[(block + 0x1000, b"alone"), (block + 12, b"XXXXoverhang")];
        let driver: &[(u64, &[u8])] = &[(block, b"0123"), (block + 20, b"!ang and more")];
        let triage = Triage {
            blocks: vec![(block, b"0123456789abcdef".to_vec())],
            secondary: vec![(tag, tagged_memory(&[("IoTriageDumpData", kernel), ("b", driver)]))],
            ..Triage::sample()
        };
        let dump = DumpFile::from_bytes("generated.dmp", triage.dump()).unwrap();
        let memory = BlockMemory::new(&dump);
        assert_eq!(&memory.array::<5>(block + 0x1000).unwrap(), b"alone");
        assert_eq!(memory.saved_as(block + 0x1000), Some(Saved::Tagged(0)));
        assert_eq!(memory.u8(block + 0x1005).unwrap_err().reason, Reason::NotInTriage);
        assert_eq!(&memory.array::<33>(block).unwrap(), b"0123456789abcdefoverhang and more");
        assert_eq!(memory.saved_as(block + 15), Some(Saved::Block));
        assert_eq!(memory.saved_as(block + 16), Some(Saved::Tagged(0)));
        assert_eq!(memory.saved_as(block + 24), Some(Saved::Tagged(1)));
        let differences: Vec<Difference> = memory.differences().collect();
        assert_eq!(
            differences,
            [
                Difference { component: 0, first: block + 12, bytes: 4 },
                Difference { component: 1, first: block + 20, bytes: 1 }
            ]
        );
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
