//! The segment heaps of the pool, and the keys that their headers are encoded with.

use super::segment::Segment;
use crate::debuggee::{Lack, Object, Scope};
use crate::memory::Memory as _;

/// Part of what segments' signatures are made of; builds from 26100 on leave it out.
const SIGNATURE: u64 = 0xA2E6_4EAD_A2E6_4EAD;
/// `_SEGMENT_HEAP.Signature`.
const HEAP: u64 = 0xDDEE_DDEE;
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

/// What headers are encoded with: `_RTLP_HP_HEAP_GLOBALS`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keys {
    /// HeapKey: of segments and of chunks of variable size.
    pub heap: u64,
    /// LfhKey: of subsegments of equal blocks; `None` where only the other is known.
    pub lfh: Option<u64>,
}

/// The segment heaps that the kernel's pool consists of.
pub struct SegmentHeaps<'s> {
    scope: &'s Scope<'s>,
    /// What their headers are encoded with.
    pub keys: Keys,
    heaps: Vec<(u64, HeapKind)>,
}

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
    /// The heaps that the kernel's state lists.
    ///
    /// # Errors
    /// The state, or the keys, are not known: no symbols tell where they are, or the dump does not hold them.
    pub fn open(scope: &'s Scope<'s>) -> Result<SegmentHeaps<'s>, Lack> {
        let state = scope.global_of("nt!ExPoolState", "nt!_EX_POOL_HEAP_MANAGER_STATE")?;
        let keys = keys(scope, &state)?;
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
        Ok(SegmentHeaps { scope, keys, heaps })
    }

    /// Whether Windows of this build keeps its pool in segment heaps, as far as types tell.
    pub fn are_used(scope: &Scope<'_>) -> bool {
        scope.find_type("nt!_EX_POOL_HEAP_MANAGER_STATE").is_ok()
            || scope.target().variable("nt!ExPoolState").is_some()
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

/// The keys: by their own symbol, or through the pointer that the pool's state begins with.
fn keys(scope: &Scope<'_>, state: &Object<'_>) -> Result<Keys, Lack> {
    let by_name = scope.target().variable("nt!RtlpHpHeapGlobals").map(|(address, _)| address);
    let address = match by_name {
        Some(address) => address,
        None => scope.memory().u64(state.address()).map_err(|why| Lack::Unreadable {
            what: "the pointer to RtlpHpHeapGlobals in ExPoolState".to_owned(),
            why,
        })?,
    };
    let globals = scope.object("nt!_RTLP_HP_HEAP_GLOBALS", address)?;
    let heap = globals.field("HeapKey")?.u64()?;
    Ok(Keys { heap, lfh: globals.field("LfhKey").and_then(|key| key.u64()).ok() })
}
