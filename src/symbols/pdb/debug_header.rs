//! The head of the debug-information stream, of which `pdb2` does not hand out all. Format: LLVM's "The PDB DBI Stream".

use super::msf::Container;
use crate::util::bounded::{u16_at, u32_at};

/// The stream that begins with the header.
pub(super) const DEBUG_STREAM: u16 = 3;
/// The header: its size, numbers of three streams, sizes of the parts that follow it, and flags.
const HEADER: u32 = 64;
const GLOBALS_AT: usize = 12;
const PUBLICS_AT: usize = 16;
const RECORDS_AT: usize = 20;
const PARTS_AT: [usize; 6] = [24, 28, 32, 36, 40, 52];
const OPTIONAL_SIZE_AT: usize = 48;
const FLAGS_AT: usize = 56;
/// Linked by parts: records of earlier links may lie around that no list names any more.
const FLAG_INCREMENTAL: u16 = 1;
/// In the list of optional streams: OMAP both ways, section headers, and those before the image was rearranged.
const OMAP_STREAMS: [usize; 3] = [3, 4, 10];
const SECTIONS: usize = 5;
const NO_STREAM: u16 = u16::MAX;

/// What the header says.
pub(crate) struct DebugHeader {
    /// Numbers of the streams of global symbols' places, of public symbols' places, and of the records of both.
    pub(crate) globals: u16,
    pub(crate) publics: u16,
    pub(crate) records: u16,
    /// The number of the stream of section headers.
    pub(crate) sections: Option<u16>,
    /// Whether the PDB was linked by parts.
    pub(crate) is_incremental: bool,
    /// Whether the image was rearranged after it was linked: its addresses are not those of the records.
    pub(crate) is_rearranged: bool,
}

impl DebugHeader {
    /// Reads it; `None` where it is damaged.
    pub(crate) fn read(container: &Container) -> Option<DebugHeader> {
        let mut stream = container.stream(DEBUG_STREAM)?;
        let header: [u8; HEADER as usize] = stream.array(0)?;
        let parts = PARTS_AT.iter().try_fold(HEADER, |sum, &at| sum.checked_add(u32_at(&header, at)?));
        let optional = stream.bytes(parts?, u32_at(&header, OPTIONAL_SIZE_AT)?)?;
        let stream_of = |place: usize| u16_at(&optional, place * 2).filter(|&number| number != NO_STREAM);
        Some(DebugHeader {
            globals: u16_at(&header, GLOBALS_AT)?,
            publics: u16_at(&header, PUBLICS_AT)?,
            records: u16_at(&header, RECORDS_AT)?,
            sections: stream_of(SECTIONS),
            is_incremental: u16_at(&header, FLAGS_AT)? & FLAG_INCREMENTAL != 0,
            is_rearranged: OMAP_STREAMS.iter().any(|&place| stream_of(place).is_some()),
        })
    }
}

/// Whether the parts of the stream, by the sizes in its header, lie inside it. `pdb2` adds the sizes as 32-bit numbers
/// and does not see that the sum is too large. A stream without a whole header is for `pdb2` to refuse.
pub(super) fn parts_fit(stream: &[u8]) -> bool {
    let sizes = PARTS_AT.iter().chain(&[OPTIONAL_SIZE_AT]).map(|&at| u32_at(stream, at).map(u64::from));
    match sizes.sum::<Option<u64>>() {
        Some(sum) if stream.len() >= HEADER as usize => u64::from(HEADER) + sum <= stream.len() as u64,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_must_lie_inside_the_stream() {
        let mut stream = vec![0u8; 100];
        for (sizes, fits) in [
            ([16u32, 0, 0, 0, 0, 0, 20], true),
            ([16, 0, 0, 0, 0, 0, 21], false),
            // As 32-bit numbers the sum is 0.
            ([0x8000_0000, 0x8000_0000, 0, 0, 0, 0, 0], false),
            ([0, 0, 0, 0, 0, u32::MAX, 1], false),
        ] {
            for (at, size) in PARTS_AT.iter().chain(&[OPTIONAL_SIZE_AT]).zip(sizes) {
                stream[*at..at + 4].copy_from_slice(&size.to_le_bytes());
            }
            assert_eq!(parts_fit(&stream), fits, "{sizes:x?}");
        }
    }
}
