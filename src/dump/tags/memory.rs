//! Memory inside tagged data: since build 26100 what drivers and the kernel register for triage dumps is stored there with its
//! bytes, and nowhere else in the file.

use super::super::secondary::SecondaryBlob;
use crate::util::bounded;
use crate::util::guid::Guid;

/// The tag under which it lies.
const TAG: Guid = Guid::of(0x0d910545_e694_4b15_870c_01625fb32a6f);
/// Size of the header in front of the components.
const HEADER: usize = 0x18;
/// Size of the fields in front of a component's name.
const COMPONENT: usize = 0x14;
/// Address, size and a zero in front of a range's bytes.
const RANGE: usize = 0x10;
/// More ranges than this are damage; real dumps have about 50.
const MAX_RANGES: usize = 0x1_0000;
/// The longest name of a component; real ones have up to 16 letters.
const MAX_NAME: usize = 0x40;

/// A piece of virtual memory in tagged data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaggedRange {
    /// First virtual address.
    pub address: u64,
    /// Bytes.
    pub size: u32,
    /// File offset of the bytes.
    pub offset: usize,
    /// Which of [`TaggedMemory::components`] saved it.
    pub component: usize,
}

/// The memory in a dump's tagged data.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TaggedMemory {
    /// Who saved it, by the names in the dump: `IoTriageDumpData` is the kernel's.
    pub components: Vec<String>,
    /// The ranges, in the order of the file.
    pub ranges: Vec<TaggedRange>,
}

/// Reads the ranges of all such blobs. What is damaged ends the list of its blob, with a warning.
pub(in super::super) fn parse(
    bytes: &[u8],
    blobs: &[SecondaryBlob],
    warnings: &mut Vec<String>,
) -> TaggedMemory {
    let mut found = TaggedMemory::default();
    for blob in blobs.iter().filter(|blob| blob.tag == TAG) {
        let data = bytes.get(blob.data.clone()).unwrap_or_default();
        if blob_ranges(data, blob.data.start, &mut found).is_none() {
            warnings.push(format!(
                "the memory in the tagged data at {:#x} is damaged or of an unknown form: {} ranges of it could be read",
                blob.data.start,
                found.ranges.len()
            ));
        }
    }
    found
}

/// Form (from real dumps): header `{size 0x18, u16 1, u16 components, total, total, 0}`; component `{header size, ranges, bytes
/// of the ranges, 0, bytes of the name, name}`; range `{address, size, 0, bytes}`.
fn blob_ranges(data: &[u8], start: usize, found: &mut TaggedMemory) -> Option<()> {
    let header_size = bounded::u32_at(data, 0)? as usize;
    let components = bounded::u16_at(data, 6)?;
    if header_size < HEADER || bounded::u16_at(data, 4)? != 1 {
        return None;
    }
    let mut at = header_size;
    for _ in 0..components {
        let size = bounded::u32_at(data, at)? as usize;
        let count = bounded::u32_at(data, at.checked_add(4)?)?;
        let name_size = bounded::u32_at(data, at.checked_add(0x10)?)? as usize;
        if size < COMPONENT || name_size > size - COMPONENT {
            return None;
        }
        let name = bounded::ascii_z(data, at.checked_add(COMPONENT)?, name_size.min(MAX_NAME))?;
        let component = found.components.len();
        found.components.push(name);
        at = at.checked_add(size)?;
        for _ in 0..count {
            let address = bounded::u64_at(data, at)?;
            let size = bounded::u32_at(data, at.checked_add(8)?)?;
            let bytes = at.checked_add(RANGE)?;
            at = bytes.checked_add(size as usize)?;
            if at > data.len() || found.ranges.len() >= MAX_RANGES {
                return None;
            }
            found.ranges.push(TaggedRange { address, size, offset: start.checked_add(bytes)?, component });
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::super::super::DumpFile;
    use super::super::super::synth::{self, tagged_memory};
    use super::*;

    fn dump(data: Vec<u8>) -> DumpFile {
        let triage = synth::Triage { secondary: vec![(TAG.0, data)], ..synth::Triage::sample() };
        DumpFile::from_bytes("generated.dmp", triage.dump()).unwrap()
    }

    #[test]
    fn ranges_are_listed_with_their_bytes() {
        let parts: [(&str, synth::Ranges<'_>); 3] = [
            ("IoTriageDumpData", &[(0xffff_8000_0000_1000, b"first"), (0xffff_8000_0000_2000, b"")]),
            ("none", &[]),
            ("M", &[(0xffff_8000_0000_3000, b"second range")]),
        ];
        let dump = dump(tagged_memory(&parts));
        assert_eq!(dump.warnings(), &[] as &[String]);
        let tagged = dump.tagged_memory();
        assert_eq!(tagged.components, ["IoTriageDumpData", "none", "M"]);
        let read: Vec<(u64, &[u8], usize)> = tagged
            .ranges
            .iter()
            .map(|range| {
                (range.address, &dump.bytes()[range.offset..][..range.size as usize], range.component)
            })
            .collect();
        assert_eq!(
            read,
            [
                (0xffff_8000_0000_1000, b"first".as_slice(), 0),
                (0xffff_8000_0000_2000, b"", 0),
                (0xffff_8000_0000_3000, b"second range", 2)
            ]
        );
    }

    #[test]
    fn damage_ends_the_list_with_a_warning() {
        let range: &[(u64, &[u8])] = &[(0xffff_8000_0000_1000, b"first"), (0xffff_8000_0000_2000, b"second")];
        let whole = tagged_memory(&[("IoTriageDumpData", range)]);
        for size in 1..whole.len() {
            let dump = dump(whole[..size].to_vec());
            assert!(dump.tagged_memory().ranges.len() < 2);
            assert!(dump.warnings().iter().any(|warning| warning.contains("damaged")), "{size}");
        }
        // A size that reaches beyond the data.
        let mut damaged = whole.clone();
        let at = HEADER + COMPONENT + 0x18 + 8;
        assert_eq!(damaged[at], 5);
        damaged[at + 2] = 0xff;
        assert_eq!(dump(damaged).tagged_memory().ranges, []);
    }
}
