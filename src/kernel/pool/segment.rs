//! Segments of a segment heap: aligned stretches of memory that begin with a descriptor for each of their units.
//!
//! `_HEAP_PAGE_SEGMENT` (256 descriptors, of which the first ones' place holds the segment's own header) and
//! `_HEAP_PAGE_RANGE_DESCRIPTOR`, from the symbol tables; the flags' meanings: 1 in use, 2 first of its range, 0xC the kind
//! (`_HEAP_SEG_RANGE_TYPE`).

use crate::debuggee::{Lack, Object, Scope};
use crate::memory::Memory as _;
use crate::util::bits::{bits_of, low};

/// What a range of units is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RangeKind {
    /// One allocation of whole units.
    Backend,
    /// The heap's own.
    Internal,
    /// A subsegment of equal blocks (low fragmentation heap).
    Lfh,
    /// A subsegment of chunks of variable size.
    Vs,
}

/// Units of a segment that are used as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRange {
    /// What for.
    pub kind: RangeKind,
    /// Where they begin.
    pub start: u64,
    /// Their bytes.
    pub size: u64,
}

impl PageRange {
    /// The first byte behind them.
    pub fn end(&self) -> u64 {
        self.start.saturating_add(self.size)
    }
}

/// A segment whose signature, or heap's list, says that it is one.
pub struct Segment<'s> {
    /// Where it begins.
    pub address: u64,
    /// Its heap's `_HEAP_SEG_CONTEXT` for segments of this size.
    pub context: Object<'s>,
    /// Its own bytes, header included.
    pub size: u64,
    shift: u32,
    descriptors: Descriptors,
}

/// The descriptors of a segment, as bytes, with where their members lie.
struct Descriptors {
    bytes: Vec<u8>,
    stride: usize,
    first: usize,
    flags: usize,
    unit_size: usize,
}

/// Descriptors of a segment.
const DESCRIPTORS: u64 = 256;
/// `RangeFlags`: in use, and first of its range.
const FIRST_IN_USE: u8 = 3;

impl<'s> Segment<'s> {
    /// The segment at an address that belongs to a context.
    ///
    /// # Errors
    /// Its descriptors, or members of the context, cannot be read.
    pub fn new(scope: &'s Scope<'s>, address: u64, context: Object<'s>) -> Result<Segment<'s>, Lack> {
        let descriptor = scope.object("nt!_HEAP_PAGE_RANGE_DESCRIPTOR", 0)?;
        let place = |member: &str| Ok(place(&descriptor.field(member)?));
        let stride = descriptor.size().filter(|size| (1..=0x100).contains(size));
        let stride = stride.ok_or(Lack::Shape {
            what: "_HEAP_PAGE_RANGE_DESCRIPTOR".to_owned(),
            wanted: "structure of known size",
        })?;
        let mut bytes = vec![0; usize::try_from(stride * DESCRIPTORS).unwrap_or(0)];
        let (filled, why) = scope.memory().read_partial(address, &mut bytes);
        if let Some(why) = why
            && filled < 2 * bytes.len() / 3
        {
            let what = format!("the descriptors of the segment at {}", crate::util::hex::tick(address));
            return Err(Lack::Unreadable { what, why });
        }
        let shift = context.field("UnitShift")?.u64()?;
        let shift = u32::try_from(shift).ok().filter(|shift| (12..=30).contains(shift)).unwrap_or(12);
        let mask = context.field("SegmentMask")?.u64()?;
        let descriptors = Descriptors {
            bytes,
            stride: usize::try_from(stride).unwrap_or(1),
            first: usize::try_from(context.field("FirstDescriptorIndex")?.u64()?).unwrap_or(0),
            flags: place("RangeFlags")?,
            unit_size: place("UnitSize")?,
        };
        Ok(Segment { address, size: (!mask).wrapping_add(1), context, shift, descriptors })
    }

    /// The ranges that are in use, in order. Descriptors that say what cannot be are passed over.
    pub fn ranges(&self) -> Vec<PageRange> {
        let mut ranges = Vec::new();
        let mut index = self.descriptors.first.max(1);
        while index < DESCRIPTORS as usize {
            let Some((flags, units)) = self.descriptors.get(index) else { break };
            let fits = units > 0 && index + usize::from(units) <= DESCRIPTORS as usize;
            if flags & FIRST_IN_USE != FIRST_IN_USE || !fits {
                index += 1;
                continue;
            }
            let kind = match bits_of(u64::from(flags), 2, 2) {
                0 => RangeKind::Backend,
                1 => RangeKind::Internal,
                2 => RangeKind::Lfh,
                _ => RangeKind::Vs,
            };
            let start = self.address.saturating_add((index as u64) << self.shift);
            ranges.push(PageRange { kind, start, size: u64::from(units) << self.shift });
            index += usize::from(units);
        }
        ranges
    }

    /// The range that an address lies in, if it is in use.
    pub fn range_of(&self, address: u64) -> Option<PageRange> {
        self.ranges().into_iter().find(|range| range.start <= address && address < range.end())
    }
}

impl Descriptors {
    /// Flags and size in units.
    fn get(&self, index: usize) -> Option<(u8, u8)> {
        let at = index.checked_mul(self.stride)?;
        Some((*self.bytes.get(at + self.flags)?, *self.bytes.get(at + self.unit_size)?))
    }
}

/// How far into the structure at address 0 a member lies.
fn place(member: &Object<'_>) -> usize {
    usize::try_from(low(member.address(), 16)).unwrap_or(0)
}
