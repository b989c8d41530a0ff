//! One function has one frame size: where the same return address stands twice on a stack, the next one is as far away.
//!
//! Functions that set aside memory of a size known only when they run are the exception; they are rare in kernels, and a
//! chain is changed only where one size fits all places and no other fits as many.

use crate::unwind::chain::{self, Candidate, Input};
use std::collections::HashMap;

/// What the sizes of frames say of a chain.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Distances {
    /// Slots of frames that are no part of it.
    pub(super) contradicted: Vec<u64>,
    /// Slots that hold return addresses of it.
    pub(super) vouched: Vec<u64>,
}

/// A frame that a return address stands in.
#[derive(Debug, Clone, Copy)]
struct Place {
    slot: u64,
    /// Bytes to the next return address.
    size: u64,
    fixed: bool,
    next_fixed: bool,
}

/// Compares the frames that the same return addresses stand in.
pub(super) fn judge(input: &Input<'_>, chain: &[Candidate]) -> Distances {
    let mut places: HashMap<u64, Vec<Place>> = HashMap::new();
    for pair in chain.windows(2) {
        let [inner, outer] = pair else { continue };
        let place = Place {
            slot: inner.slot,
            size: outer.slot.wrapping_sub(inner.slot),
            fixed: inner.is_fixed(),
            next_fixed: outer.is_fixed(),
        };
        places.entry(inner.ip).or_default().push(place);
    }
    let mut all = Distances::default();
    for places in places.values() {
        if let Some(size) = common_size(input, places) {
            for place in places.iter().filter(|place| place.size != size) {
                match fit(input, *place, size) {
                    Fit::Possible => all.vouched.push(place.slot.wrapping_add(size)),
                    _ if !place.fixed => all.contradicted.push(place.slot),
                    _ => {}
                }
            }
        }
    }
    all
}

/// How a size fits a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fit {
    /// It is the size that was chosen, up to a slot whose place is known.
    Known,
    /// It is the size that was chosen.
    Chosen,
    /// A word that may be a return address stands there.
    Possible,
    /// No return address can stand there.
    Impossible,
}

fn fit(input: &Input<'_>, place: Place, size: u64) -> Fit {
    let slot = place.slot.wrapping_add(size);
    if place.size == size {
        return if place.next_fixed { Fit::Known } else { Fit::Chosen };
    }
    let masked = input.masks.iter().any(|mask| mask.holds(slot)) || input.excluded.contains(&slot);
    let value = input.stack.u64_at(slot).filter(|_| !masked && slot < input.to);
    match value.and_then(|value| chain::judge(input, slot, value)) {
        // A multiple of eight is no more than unlikely.
        Some(candidate) if candidate.weight() > -3.0 => Fit::Possible,
        _ => Fit::Impossible,
    }
}

/// The size that fits more places than any other of those that were chosen, if they differ at all.
fn common_size(input: &Input<'_>, places: &[Place]) -> Option<u64> {
    let mut sizes: Vec<u64> = places.iter().map(|place| place.size).collect();
    sizes.sort_unstable();
    sizes.dedup();
    if sizes.len() < 2 {
        return None;
    }
    let support = |size: u64| -> i32 {
        let of = |place: &Place| match fit(input, *place, size) {
            Fit::Known => 4,
            Fit::Chosen => 2,
            Fit::Possible => 1,
            Fit::Impossible => -2,
        };
        places.iter().map(of).sum()
    };
    let mut supported: Vec<(i32, u64)> = sizes.into_iter().map(|size| (support(size), size)).collect();
    supported.sort_unstable();
    let ((best, size), (second, _)) = (supported.pop()?, supported.pop()?);
    (best > second && best > 0).then_some(size)
}
