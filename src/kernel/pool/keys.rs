//! The keys that headers of segment heaps are encoded with: by name, or by what the segments agree on.

use super::kernel_data::each_quadword;
use crate::debuggee::{Lack, Object, Scope};
use crate::memory::Memory as _;
use std::ops::ControlFlow;

/// Part of what segments' signatures are made of; builds from 26100 on leave it out.
pub(super) const SIGNATURE: u64 = 0xA2E6_4EAD_A2E6_4EAD;

/// What headers are encoded with: `_RTLP_HP_HEAP_GLOBALS`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keys {
    /// HeapKey: of segments and of chunks of variable size.
    pub heap: u64,
    /// LfhKey: of subsegments of equal blocks; `None` where only the other is known.
    pub lfh: Option<u64>,
    /// What stands where the key should, if that fits no segment and the segments agree on another.
    pub stated: Option<u64>,
}

/// A segment's statement about the key: its own address, its context and its signature.
#[derive(Debug, Clone, Copy)]
pub(super) struct Witness {
    pub(super) segment: u64,
    pub(super) context: u64,
    pub(super) signature: u64,
}

impl Witness {
    /// The keys that it may have been made with: with the constant, and without.
    fn keys(self) -> [u64; 2] {
        let plain = self.signature ^ self.segment ^ self.context;
        [plain ^ SIGNATURE, plain]
    }
}

/// The keys that fit the segments: those that are stated, else what at least two segments agree on. A signature alone does not tell
/// whether the constant is in it: `decodes` says whether chunks make sense with a key.
///
/// # Errors
/// No key is stated, or the one that is fits none of several segments, and they agree on none.
pub(super) fn fitting(
    scope: &Scope<'_>,
    stated: Result<Keys, Lack>,
    witnesses: &[Witness],
    decodes: &dyn Fn(u64) -> bool,
) -> Result<Keys, Lack> {
    let fits = |key: u64| witnesses.iter().any(|witness| witness.keys().contains(&key));
    match stated {
        // One segment alone may be damaged itself.
        Ok(keys) if witnesses.len() < 2 || fits(keys.heap) => Ok(keys),
        stated => match (agreed(witnesses, decodes), stated) {
            (Some(heap), Ok(wrong)) => Ok(Keys { heap, lfh: wrong.lfh, stated: Some(wrong.heap) }),
            (Some(heap), Err(_)) => Ok(Keys { heap, lfh: beside(scope, heap)?, stated: None }),
            (None, Ok(_)) => Err(Lack::NoValue {
                what: "nt!RtlpHpHeapGlobals.HeapKey".to_owned(),
                why: "it fits none of the segments that the heaps list, so that no header can be decoded"
                    .to_owned(),
            }),
            (None, Err(why)) => Err(why),
        },
    }
}

/// The key that most segments agree on, of which there have to be two.
fn agreed(witnesses: &[Witness], decodes: &dyn Fn(u64) -> bool) -> Option<u64> {
    let votes = |key: u64| witnesses.iter().filter(|witness| witness.keys().contains(&key)).count();
    let mut candidates: Vec<(usize, u64)> = witnesses
        .iter()
        .flat_map(|witness| witness.keys())
        .map(|key| (votes(key), key))
        .filter(|(votes, _)| *votes >= 2)
        .collect();
    candidates.sort_unstable_by(|a, b| b.cmp(a));
    candidates.dedup();
    candidates.into_iter().map(|(_, key)| key).find(|key| decodes(*key))
}

/// The key of equal blocks stands behind the heap's key among the kernel's variables.
fn beside(scope: &Scope<'_>, heap: u64) -> Result<Option<u64>, Lack> {
    let mut found = None;
    each_quadword(scope, &mut |address, value| {
        if value == heap {
            found = scope.memory().u64(address.saturating_add(8)).ok();
        }
        if found.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    Ok(found)
}

/// The keys that the kernel states: by their own symbol, or through the pointer that the pool's state begins with.
///
/// # Errors
/// Neither is known or readable.
pub(super) fn stated(scope: &Scope<'_>, state: &Object<'_>) -> Result<Keys, Lack> {
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
    Ok(Keys { heap, lfh: globals.field("LfhKey").and_then(|key| key.u64()).ok(), stated: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made_with(key: u64, segment: u64, constant: u64) -> Witness {
        let context = 0xffff_8307_e900_0140;
        Witness { segment, context, signature: segment ^ context ^ key ^ constant }
    }

    #[test]
    fn segments_agree_on_the_key_that_made_them_with_the_constant_or_without() {
        for constant in [SIGNATURE, 0] {
            let key = 0x1122_3344_5566_7788;
            let mut witnesses = vec![
                made_with(key, 0xffff_8307_0000_0000, constant),
                made_with(key, 0xffff_8307_0010_0000, constant),
                made_with(0x99, 0xffff_8307_0020_0000, constant),
            ];
            assert_eq!(agreed(&witnesses, &|tried| tried == key), Some(key));
            assert_eq!(agreed(&witnesses, &|_| false), None);
            witnesses.truncate(1);
            assert_eq!(agreed(&witnesses, &|_| true), None);
        }
    }
}
