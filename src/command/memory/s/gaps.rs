//! How to get past memory that cannot be read.

use crate::memory::{Level, ReadError, Reason, VirtualMemory};

/// Where reading may go on after a failure.
pub struct Gaps {
    /// The first addresses of a triage dump's ranges, ascending.
    starts: Option<Vec<u64>>,
    /// Where image files stand behind the dump's memory: (first address, address after the last).
    images: Vec<(u64, u64)>,
}

const PAGE: u64 = 0x1000;
/// The first address of kernel space.
const UPPER_HALF: u64 = 0xffff_8000_0000_0000;

impl Gaps {
    /// The gaps of this memory.
    pub fn of(memory: &VirtualMemory) -> Gaps {
        let starts = memory.blocks().map(|blocks| blocks.ranges().map(|(address, ..)| address).collect());
        let images = memory.images().map(|images| images.ranges()).unwrap_or_default();
        Gaps { starts, images }
    }

    /// The next address after `error` that may be readable; `None` if there is none.
    pub fn after(&self, error: &ReadError) -> Option<u64> {
        let at = error.address;
        let image = self.images.iter().filter_map(|&(start, end)| match start {
            start if start > at => Some(start),
            _ if at < end => next_multiple(at, PAGE),
            _ => None,
        });
        self.in_dump(error).into_iter().chain(image).min()
    }

    fn in_dump(&self, error: &ReadError) -> Option<u64> {
        let at = error.address;
        if let Some(starts) = &self.starts {
            let next = starts.partition_point(|&start| start <= at);
            return starts.get(next).copied();
        }
        match &error.reason {
            Reason::NotCanonical | Reason::NoUserSpace { .. } if at < UPPER_HALF => Some(UPPER_HALF),
            Reason::OutsideImage { start, .. } => (at < *start).then_some(*start),
            Reason::NoMemory | Reason::NoTranslation { .. } | Reason::NotCanonical | Reason::EndOfSpace => {
                None
            }
            // A table that is missing holds 512 entries, each of the level that was wanted.
            Reason::Table { level, .. } => next_multiple(at, span(*level).saturating_mul(512)),
            Reason::NotMapped { level } | Reason::NotPresent { level, .. } => next_multiple(at, span(*level)),
            _ => next_multiple(at, PAGE),
        }
    }
}

/// Bytes that one entry maps.
fn span(level: Level) -> u64 {
    match level {
        Level::Pte => PAGE,
        Level::Pde => PAGE << 9,
        Level::Ppe => PAGE << 18,
        Level::Pxe => PAGE << 27,
        Level::Pml5e => PAGE << 36,
    }
}

fn next_multiple(at: u64, span: u64) -> Option<u64> {
    (at & !(span - 1)).checked_add(span)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_entry_skips_all_it_would_map() {
        let gaps = Gaps { starts: None, images: Vec::new() };
        let after = |address, reason| gaps.after(&ReadError::new(address, reason));
        let kernel = 0xffff_8000_1234_5678;
        assert_eq!(after(kernel, Reason::NotMapped { level: Level::Pxe }), Some(0xffff_8080_0000_0000));
        assert_eq!(after(kernel, Reason::NotInDump { pfn: 1 }), Some(0xffff_8000_1234_6000));
        assert_eq!(after(0x8000_0000_0000, Reason::NotCanonical), Some(0xffff_8000_0000_0000));
        assert_eq!(after(u64::MAX - 5, Reason::NotMapped { level: Level::Pxe }), None);
    }

    #[test]
    fn triage_ranges_and_images_are_jumped_to() {
        let gaps = Gaps { starts: Some(vec![0x1000, 0x5000]), images: vec![(0x2800, 0x4800)] };
        let after = |address| gaps.after(&ReadError::new(address, Reason::NotInTriage));
        assert_eq!((after(0), after(0x1800), after(0x5000)), (Some(0x1000), Some(0x2800), None));
        assert_eq!((after(0x3123), after(0x4800)), (Some(0x4000), Some(0x5000)));
    }
}
