//! A triage dump holds images of the KPRCB, the current ETHREAD and its EPROCESS without their addresses. They are
//! found through the debugger data, which says where in those objects the pointers to each other lie.

use std::collections::HashMap;

use super::Memory;
use super::saved::{Range, Saved};
use crate::dump::{Bits, DumpFile};
use crate::util::bounded;

/// Offsets in KDDEBUGGER_DATA64 (wdbgexts.h).
mod kdbg {
    pub(super) const OWNER_TAG: usize = 0x10;
    pub(super) const KI_PROCESSOR_BLOCK: usize = 0x218;
    pub(super) const OFFSET_KTHREAD_APC_PROCESS: usize = 0x2a0;
    pub(super) const SIZE_EPROCESS: usize = 0x2a8;
    pub(super) const SIZE_PRCB: usize = 0x2b0;
    pub(super) const OFFSET_PRCB_CURRENT_THREAD: usize = 0x2b4;
    pub(super) const OFFSET_PRCB_NUMBER: usize = 0x2be;
    pub(super) const SIZE_ETHREAD: usize = 0x2c0;
}

/// More processors than Windows supports are damage.
const MAX_PROCESSORS: u32 = 0x1000;

/// A KPRCB has 0x8000 to 0xd000 bytes; a damaged file may claim all of itself.
const MAX_PRCB: usize = 0x2_0000;
/// So many empty list heads must agree on an address. On real dumps more than 100 do, and no other
/// address has two.
const LISTS_THAT_AGREE: u32 = 8;

/// Where the saved objects belong.
#[derive(Debug, Default, Clone)]
pub(super) struct Objects {
    pub(super) prcb: Option<u64>,
    pub(super) thread: Option<u64>,
    pub(super) process: Option<u64>,
    ranges: Vec<Range>,
}

impl Objects {
    pub(super) fn ranges(&self) -> impl Iterator<Item = Range> + '_ {
        self.ranges.iter().copied()
    }
}

/// Finds the addresses; leaves out what the dump does not tell.
pub(super) fn locate(dump: &DumpFile, memory: &dyn Memory) -> Objects {
    let mut objects = Objects::default();
    let Some(triage) = dump.triage().filter(|_| dump.header().bits == Bits::Bits64) else {
        return objects;
    };
    let part = |range: &std::ops::Range<usize>| dump.bytes().get(range.clone()).unwrap_or(&[]);
    let debugger_data = part(&triage.debugger_data);
    if bounded::slice(debugger_data, kdbg::OWNER_TAG, 4) != Some(b"KDBG") {
        return objects;
    }
    let field = |offset| bounded::u16_at(debugger_data, offset).unwrap_or(0);
    let mut add = |address: u64, range: &std::ops::Range<usize>, size_field, saved| {
        let stored = range.len() as u64;
        // The image is followed by the next part, after padding: the debugger data know its true size.
        let size = match u64::from(field(size_field)) {
            0 => stored,
            size => size.min(stored),
        };
        objects.ranges.push(Range { address, size, offset: range.start, saved });
    };

    let prcb_image = part(&triage.prcb);
    let thread = bounded::u64_at(prcb_image, usize::from(field(kdbg::OFFSET_PRCB_CURRENT_THREAD)));
    let thread = thread.filter(|&address| is_kernel(address));
    let number = bounded::u16_at(prcb_image, usize::from(field(kdbg::OFFSET_PRCB_NUMBER)));
    let prcb = number
        .filter(|&number| u32::from(number) < dump.header().processors.min(MAX_PROCESSORS))
        .and_then(|number| {
            let table = bounded::u64_at(debugger_data, kdbg::KI_PROCESSOR_BLOCK)?;
            memory.u64(table.checked_add(8 * u64::from(number))?).ok()
        });
    let prcb = prcb
        .filter(|&address| is_kernel(address))
        .or_else(|| by_empty_lists(prcb_image.get(..MAX_PRCB).unwrap_or(prcb_image)));
    let process_at = usize::from(field(kdbg::OFFSET_KTHREAD_APC_PROCESS));
    let process = bounded::u64_at(part(&triage.thread), process_at).filter(|&address| is_kernel(address));

    if let Some(address) = prcb {
        add(address, &triage.prcb, kdbg::SIZE_PRCB, Saved::Prcb);
    }
    if let Some(address) = thread {
        add(address, &triage.thread, kdbg::SIZE_ETHREAD, Saved::Thread);
    }
    if let Some(address) = process {
        add(address, &triage.process, kdbg::SIZE_EPROCESS, Saved::Process);
    }
    (objects.prcb, objects.thread, objects.process) = (prcb, thread, process);
    objects
}

/// The address of an image that holds list heads: an empty head has both links pointing at itself, so each one tells
/// where the image begins. A KPRCB has more than 30 ready lists, most of them empty.
fn by_empty_lists(image: &[u8]) -> Option<u64> {
    let mut votes: HashMap<u64, u32> = HashMap::new();
    let mut previous = 0;
    for (index, word) in image.chunks_exact(8).enumerate() {
        let link = bounded::u64_at(word, 0)?;
        if link == previous && is_kernel(link) {
            *votes.entry(link.wrapping_sub(8 * (index as u64 - 1))).or_default() += 1;
        }
        previous = link;
    }
    let (&address, &count) = votes.iter().max_by_key(|&(_, count)| count)?;
    (count >= LISTS_THAT_AGREE).then_some(address)
}

fn is_kernel(address: u64) -> bool {
    address >= 0xffff_8000_0000_0000
}
