//! The segment heaps of the pool, and the segments that they list.

use super::keys::{self, Keys, SIGNATURE, Witness};
use super::large::{self, LargeAllocation};
use super::segment::{RangeKind, Segment};
use super::state_search::{self, HEAP};
use super::vs;
use crate::debuggee::{Lack, Object, Scope};

/// Nodes of `_EX_POOL_HEAP_MANAGER_STATE.PoolNode`.
const NODES: u64 = 64;
/// Heaps of a node (`_EX_HEAP_TYPE`).
const TYPES: u64 = 4;
/// `_SEGMENT_HEAP.SegContexts`.
const CONTEXTS: u64 = 2;
/// How segments are aligned where no heap says it: for small ranges and for large ones.
const MASKS: [u64; 2] = [!0xF_FFFF, !0xFF_FFFF];

/// What a heap of the pool is for: `_EX_HEAP_TYPE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HeapKind {
    /// Memory that is never paged out and may hold code.
    NonPaged,
    /// Memory that is never paged out and holds no code.
    NonPagedNx,
    /// Memory that may be paged out.
    Paged,
    /// Prototype page table entries of sections, in paged pool.
    MmSt,
    /// Pages of single blocks that Driver Verifier watches, in nonpaged pool.
    Special,
    /// The same in paged pool.
    SpecialPaged,
}

impl HeapKind {
    const ALL: [HeapKind; TYPES as usize] =
        [HeapKind::NonPaged, HeapKind::NonPagedNx, HeapKind::Paged, HeapKind::MmSt];

    /// Whether its memory may be paged out.
    pub fn is_paged(self) -> bool {
        matches!(self, HeapKind::Paged | HeapKind::MmSt | HeapKind::SpecialPaged)
    }

    /// Whether each block has pages of its own.
    pub fn is_special(self) -> bool {
        matches!(self, HeapKind::Special | HeapKind::SpecialPaged)
    }
}

/// The segment heaps that the kernel's pool consists of.
pub struct SegmentHeaps<'s> {
    scope: &'s Scope<'s>,
    /// What their headers are encoded with.
    pub keys: Keys,
    /// Whether no symbol names the state, so that it was found by what it holds.
    pub is_searched: bool,
    heaps: Vec<(u64, HeapKind)>,
}

/// Segments of a context that are asked for their key, and such in all.
const WITNESSES: usize = 4;
const ALL_WITNESSES: usize = 32;

/// A segment that was looked for.
pub struct FoundSegment<'s> {
    /// The segment.
    pub segment: Segment<'s>,
    /// Which heap's; `None` for heaps that the pool's state does not list.
    pub kind: Option<HeapKind>,
    /// The signature that stands there and the one that should, where they differ.
    pub wrong_signature: Option<(u64, u64)>,
}

impl<'s> SegmentHeaps<'s> {
    /// The heaps that the kernel's state lists. Where no symbol names the state it is looked for among the kernel's variables.
    ///
    /// # Errors
    /// The state, or the keys, are not known: the dump does not hold them. [`Lack::Stopped`].
    pub fn open(scope: &'s Scope<'s>) -> Result<SegmentHeaps<'s>, Lack> {
        let named = scope.global_of("nt!ExPoolState", "nt!_EX_POOL_HEAP_MANAGER_STATE");
        let is_searched = named.is_err();
        let state = match named {
            Ok(state) => state,
            Err(why) => state_search::state(scope)?.ok_or(why)?,
        };
        let heaps = heaps_of(&state)?;
        let keys = Keys { heap: 0, lfh: None, stated: None };
        let mut all = SegmentHeaps { scope, keys, is_searched, heaps };
        let witnesses = all.witnesses();
        let decodes = |key| all.decodes(key);
        all.keys = keys::fitting(scope, keys::stated(scope, &state), &witnesses, &decodes)?;
        Ok(all)
    }

    /// What the first segments of each context say about the key.
    fn witnesses(&self) -> Vec<Witness> {
        let mut found = Vec::new();
        for (context, _) in self.contexts() {
            let list = context.field("SegmentListHead");
            let Ok(list) = list.and_then(|head| head.list("nt!_HEAP_PAGE_SEGMENT", "ListEntry")) else {
                continue;
            };
            for segment in list.take(WITNESSES).map_while(|segment| segment.ok()) {
                let Ok(signature) = segment.field("Signature").and_then(|signature| signature.u64()) else {
                    continue;
                };
                found.push(Witness { segment: segment.address(), context: context.address(), signature });
            }
            if found.len() >= ALL_WITNESSES {
                break;
            }
        }
        found
    }

    /// Whether the first chunks of a subsegment make sense with a key.
    fn decodes(&self, key: u64) -> bool {
        let segments = self.segments().filter_map(|segment| segment.ok()).take(ALL_WITNESSES);
        let ranges = segments.flat_map(|(segment, _)| segment.ranges());
        let subsegments = ranges.filter(|range| range.kind == RangeKind::Vs).take(WITNESSES);
        subsegments.into_iter().any(|range| vs::begins(self.scope, &range, key))
    }

    /// Whether Windows of this build keeps its pool in segment heaps, as far as types tell.
    pub fn are_used(scope: &Scope<'_>) -> bool {
        scope.find_type("nt!_EX_POOL_HEAP_MANAGER_STATE").is_ok()
            || scope.target().variable("nt!ExPoolState").is_some()
    }

    /// Whether the state lists none.
    pub fn is_empty(&self) -> bool {
        self.heaps.is_empty()
    }

    /// The segment that an address lies in.
    ///
    /// # Errors
    /// Types are missing; the segment is one, but its descriptors cannot be read.
    pub fn segment_of(&self, address: u64) -> Result<Option<FoundSegment<'s>>, Lack> {
        for mask in MASKS {
            let at = address & mask;
            if let Some(context) = self.context_of(at, mask) {
                let kind = self.kind_of(&context);
                let segment = Segment::new(self.scope, at, context)?;
                return Ok(Some(FoundSegment { segment, kind, wrong_signature: None }));
            }
        }
        self.listed(address)
    }

    /// The context that the signature at `at` names, if that is one for segments of this size.
    fn context_of(&self, at: u64, mask: u64) -> Option<Object<'s>> {
        let header = self.scope.object("nt!_HEAP_PAGE_SEGMENT", at).ok()?;
        let signature = header.field("Signature").ok()?.u64().ok()?;
        [SIGNATURE, 0].into_iter().find_map(|constant| {
            let context = signature ^ self.keys.heap ^ at ^ constant;
            let context = self.scope.object("nt!_HEAP_SEG_CONTEXT", context).ok()?;
            let fits = context.field("SegmentMask").ok()?.u64().ok()? == mask;
            let heap = context.field("Heap").ok()?.pointee_as("nt!_SEGMENT_HEAP").ok()?;
            (fits && heap.field("Signature").ok()?.u64().ok()? == HEAP).then_some(context)
        })
    }

    fn kind_of(&self, context: &Object<'_>) -> Option<HeapKind> {
        let heap = context.field("Heap").ok()?.u64().ok()?;
        self.heaps.iter().find(|(known, _)| *known == heap).map(|(_, kind)| *kind)
    }

    /// The allocation outside of segments that an address lies in, and which heap's it is.
    ///
    /// # Errors
    /// What of the heaps' trees cannot be read, where it is not in the others.
    pub(super) fn large(&self, address: u64) -> Result<Option<(LargeAllocation, HeapKind)>, Lack> {
        let mut failed = None;
        for (heap, kind) in &self.heaps {
            let found =
                self.scope.object("nt!_SEGMENT_HEAP", *heap).and_then(|heap| large::holding(&heap, address));
            match found {
                Ok(Some(found)) => return Ok(Some((found, *kind))),
                Ok(None) => {}
                Err(Lack::Stopped) => return Err(Lack::Stopped),
                Err(why) => failed = Some(why),
            }
        }
        failed.map_or(Ok(None), Err)
    }

    /// The contexts of the heaps that the state lists.
    fn contexts(&self) -> impl Iterator<Item = (Object<'s>, HeapKind)> + '_ {
        self.heaps.iter().flat_map(move |(heap, kind)| {
            let heap = self.scope.object("nt!_SEGMENT_HEAP", *heap).ok();
            (0..CONTEXTS).filter_map(move |index| {
                let contexts = heap.as_ref()?.field("SegContexts").ok()?;
                Some((contexts.index(index).ok()?, *kind))
            })
        })
    }

    /// All segments, heap by heap; what is wrong with a list comes as an element.
    pub fn segments(&self) -> impl Iterator<Item = Result<(Segment<'s>, HeapKind), Lack>> + '_ {
        self.contexts().flat_map(move |(context, kind)| {
            let list = context
                .field("SegmentListHead")
                .and_then(|head| head.list("nt!_HEAP_PAGE_SEGMENT", "ListEntry"));
            let (elements, failed) = match list {
                Ok(elements) => (Some(elements), None),
                Err(why) => (None, Some(Err(why))),
            };
            let found = elements.into_iter().flatten().map(move |element| {
                Ok((Segment::new(self.scope, element?.address(), context.clone())?, kind))
            });
            found.chain(failed)
        })
    }

    /// The segment that a heap lists at the place of an address, though its signature does not say so.
    fn listed(&self, address: u64) -> Result<Option<FoundSegment<'s>>, Lack> {
        for (context, kind) in self.contexts() {
            let Ok(mask) = context.field("SegmentMask").and_then(|mask| mask.u64()) else { continue };
            let at = address & mask;
            let head = context.field("SegmentListHead")?;
            // Its own links tell it at once: a segment far away need not be walked to.
            let Ok(list) = head.list("nt!_HEAP_PAGE_SEGMENT", "ListEntry") else { continue };
            for element in list {
                self.scope.check()?;
                let Ok(element) = element else { break };
                if element.address() != at {
                    continue;
                }
                let found = element.field("Signature")?.u64()?;
                let expected = self.signature_like(&context, at).unwrap_or(found);
                let segment = Segment::new(self.scope, at, context)?;
                let wrong_signature = (found != expected).then_some((found, expected));
                return Ok(Some(FoundSegment { segment, kind: Some(kind), wrong_signature }));
            }
        }
        Ok(None)
    }

    /// The signature that a context's segment at `at` should have, by what the other segments of the pool have.
    fn signature_like(&self, context: &Object<'s>, at: u64) -> Option<u64> {
        let plain = context.address() ^ at ^ self.keys.heap;
        let others =
            self.segments().filter_map(|segment| segment.ok()).filter(|(other, _)| other.address != at);
        let constant = others.take(64).find_map(|(other, _)| {
            let signature = self.scope.object("nt!_HEAP_PAGE_SEGMENT", other.address).ok()?;
            let signature = signature.field("Signature").ok()?.u64().ok()?;
            let rest = signature ^ other.context.address() ^ other.address ^ self.keys.heap;
            [SIGNATURE, 0].into_iter().find(|constant| *constant == rest)
        });
        Some(plain ^ constant?)
    }
}

/// The heaps that the state lists, and what each is for.
fn heaps_of(state: &Object<'_>) -> Result<Vec<(u64, HeapKind)>, Lack> {
    let nodes = state.field("NumberOfPools")?.u64()?.min(NODES);
    let mut heaps = Vec::new();
    for node in 0..nodes {
        let node = state.field("PoolNode")?.index(node)?.field("Heaps")?;
        for (index, kind) in (0..).zip(HeapKind::ALL) {
            if let Ok(heap) = node.index(index).and_then(|heap| heap.u64())
                && heap != 0
                && !heaps.iter().any(|(known, _)| *known == heap)
            {
                heaps.push((heap, kind));
            }
        }
    }
    // `SpecialHeaps` has an element for each kind of heap but, in 10.0.17763, the last.
    for (index, kind) in (0..).zip(HeapKind::ALL) {
        let special = state.field("SpecialHeaps").and_then(|heaps| heaps.index(index)?.u64());
        if let Ok(heap) = special
            && heap != 0
            && !heaps.iter().any(|(known, _)| *known == heap)
        {
            heaps.push((heap, if kind.is_paged() { HeapKind::SpecialPaged } else { HeapKind::Special }));
        }
    }
    Ok(heaps)
}
