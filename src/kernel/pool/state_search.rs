//! The pool's state among the kernel's variables, where no symbols name it: it is the place that lists heaps.

use super::kernel_data::{each_quadword, is_kernel_page};
use crate::debuggee::{Lack, Object, Scope};
use std::ops::ControlFlow;

/// `_SEGMENT_HEAP.Signature`.
pub(super) const HEAP: u64 = 0xDDEE_DDEE;
/// So many of a node's heaps have to be such: nonpaged, nonpaged without code, paged.
const WANTED: u64 = 3;
/// The most places that look like a node's heaps and are looked at.
const TRIED: usize = 64;

/// `nt!ExPoolState`, if among the kernel's variables stand pointers to heaps, one behind the other, where its first node would have
/// them, and the number of nodes before them can be one.
///
/// # Errors
/// The types are not known; [`Lack::Stopped`].
pub(super) fn state<'s>(scope: &'s Scope<'s>) -> Result<Option<Object<'s>>, Lack> {
    let ty = scope.find_type("nt!_EX_POOL_HEAP_MANAGER_STATE")?;
    let heaps = scope.object_of(ty.clone(), 0).field("PoolNode")?.index(0)?.field("Heaps")?.address();
    let search = || Ok(searched(scope, &scope.object_of(ty.clone(), 0), heaps)?.map(|at| (at, heaps)));
    let found = scope.target().searched().once("nt!ExPoolState", heaps, search)?;
    Ok(found.map(|(at, _)| scope.object_of(ty, at)))
}

/// Where it stands; `state` is one anywhere, of which the layout counts: its first node's heaps lie at `heaps`.
fn searched(scope: &Scope<'_>, state: &Object<'_>, heaps: u64) -> Result<Option<u64>, Lack> {
    let heap_type = scope.find_type("nt!_SEGMENT_HEAP")?;
    let is_heap = |at: u64| {
        let signature = scope.object_of(heap_type.clone(), at).field("Signature");
        signature.and_then(|signature| signature.u64()).is_ok_and(|signature| signature == HEAP)
    };
    let mut last: Vec<u64> = Vec::new();
    let mut places = Vec::new();
    each_quadword(scope, &mut |address, value| {
        if !is_kernel_page(value) || last.contains(&value) || !is_heap(value) {
            last.clear();
            return ControlFlow::Continue(());
        }
        last.push(value);
        if last.len() as u64 == WANTED {
            let first = address.saturating_sub((WANTED - 1) * 8);
            places.extend(first.checked_sub(heaps));
        }
        if places.len() >= TRIED { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    Ok(places.into_iter().find(|place| {
        let nodes = state.moved_to(*place).field("NumberOfPools").and_then(|nodes| nodes.u64());
        nodes.is_ok_and(|nodes| (1..=64).contains(&nodes))
    }))
}
