//! Blocks of pool that the fault is about.

use super::modules::origin_word;
use super::scene::{Access, Scene};
use super::{Crash, Fact, Value};
use crate::analysis::bugcheck::ParameterKind;
use crate::kernel::pool::{BlockState, PoolBlock, Region, Trust, classify, search_tag};
use crate::memory::Memory;
use crate::output::Action;
use crate::util::bounded;
use std::ops::ControlFlow;

/// `pool_block` for the blocks at the fault's address, at parameters and at the `entry` of a list that is broken, with
/// `special_pool` where Driver Verifier watches there; `holding_block` for the one that holds the bad code
/// address; `pool_damage` and `overrun` for what is wrong there.
pub(super) fn facts(crash: &Crash<'_>, scene: &Scene, entry: Option<u64>) -> Vec<Fact> {
    let kinds = crash
        .explanation()
        .map(|explained| explained.arguments.map(|argument| argument.kind))
        .unwrap_or_default();
    let values = crash.header.bug_check_parameters.into_iter().zip(kinds);
    let named = values.filter(|(_, kind)| *kind == ParameterKind::PoolBlock).map(|(value, _)| value);
    let accessed =
        scene.fault.as_ref().and_then(|fault| fault.address).filter(|address| address >> 47 == 0x1_ffff);
    let mut addresses: Vec<u64> = named.chain(accessed).chain(entry).collect();
    addresses.dedup();
    let mut facts: Vec<Fact> = addresses.into_iter().flat_map(|address| at(crash, address)).collect();
    facts.extend(holder(crash, scene));
    facts
}

/// The pool block in which the value stands that was taken for code: the registers of the fault and of its caller point to it.
fn holder(crash: &Crash<'_>, scene: &Scene) -> Option<Fact> {
    let fault = scene.fault.as_ref()?;
    if crash.scope.target().modules().at(fault.ip).is_some() && fault.access != Access::Execute {
        return None;
    }
    let frames = scene.frames.iter().take(CALLERS);
    let registers =
        frames.flat_map(|frame| (0u8..16).filter_map(|number| frame.registers.general(number).known()));
    let mut pointers: Vec<u64> = registers.filter(|value| value >> 47 == 0x1_ffff).collect();
    pointers.extend(words(crash, fault.sp));
    let mut tried: Vec<u64> = Vec::new();
    for pointer in pointers.into_iter().filter(|value| value >> 47 == 0x1_ffff) {
        if tried.contains(&(pointer & !0xfff)) || tried.len() >= MOST_PAGES {
            continue;
        }
        let Ok(place) = classify(crash.scope, pointer) else { return None };
        let Some(block) = place.block().filter(|block| block.state == BlockState::Allocated) else {
            tried.push(pointer & !0xfff);
            continue;
        };
        if let Some(at) = find_in(crash, block, fault.ip) {
            let fact = of_block(crash, "holding_block", at, block).with("at", Value::Address(at));
            return Some(with_owner(crash, fact, block).worded("evidence.holding_block"));
        }
    }
    None
}

/// Frames whose registers are looked at, words of the stack above the fault, and pages of pool.
const CALLERS: usize = 3;
const WORDS: usize = 64;
const MOST_PAGES: usize = 32;
/// Bytes of a block that are searched.
const BLOCK: u64 = 0x1_0000;

/// The words on the stack right above the fault.
fn words(crash: &Crash<'_>, sp: u64) -> Vec<u64> {
    let mut bytes = [0u8; WORDS * 8];
    let (read, _) = crash.scope.memory().read_partial(sp & !7, &mut bytes);
    (0..read / 8).filter_map(|index| bounded::u64_at(&bytes, index * 8)).collect()
}

fn find_in(crash: &Crash<'_>, block: &PoolBlock, value: u64) -> Option<u64> {
    let length = usize::try_from(block.size.min(BLOCK)).ok()?;
    let mut bytes = vec![0u8; length];
    let (read, _) = crash.scope.memory().read_partial(block.address, &mut bytes);
    let index = (0..read / 8).find(|index| bounded::u64_at(&bytes, index * 8) == Some(value))?;
    Some(block.address + index as u64 * 8)
}

/// Adds whose driver's code has the block's tag, if that is one driver's alone and nobody is known for it.
pub fn with_owner(crash: &Crash<'_>, fact: Fact, block: &PoolBlock) -> Fact {
    let target = crash.scope.target();
    let unknown = |fact: Fact| fact.with("owner", "?").with("origin", "unknown");
    let Some(tag) = block.tag else { return unknown(fact) };
    if crash.tags.of(tag.unprotected()).is_some() {
        return fact.with("origin", "inbox");
    }
    let (mut owners, mut is_whole) = (Vec::new(), true);
    let searched = search_tag(crash.scope, tag, &mut |found| {
        is_whole &= found.missing == 0 && found.unknown.is_none();
        if found.in_code > 0 {
            owners.push((
                found.module,
                found.places.iter().find(|place| place.in_code).map(|place| place.address),
            ));
        }
        ControlFlow::Continue(())
    });
    match (searched, owners.as_slice()) {
        (Ok(()), [(module, place)]) => fact
            .with("owner", module.image_name.as_str())
            .with("module", module.name.as_str())
            .with("image", module.image_name.as_str())
            .with("origin", origin_word(target, module))
            .with("all_searched", is_whole)
            .maybe("constant", place.map(Value::Address)),
        _ => unknown(fact),
    }
}

/// What the pool knows of an address.
pub fn at(crash: &Crash<'_>, address: u64) -> Vec<Fact> {
    let Ok(place) = classify(crash.scope, address) else { return Vec::new() };
    let special = (place.region == Region::Special).then(|| {
        let freed = crash.scope.memory().read(address, &mut [0]).is_err();
        let fact = Fact::new("special_pool").with("address", Value::Address(address)).with("freed", freed);
        let key = if freed { "evidence.special_pool_freed" } else { "evidence.special_pool" };
        fact.worded(key).link(Action::Pool(address))
    });
    let block = place
        .block()
        .map(|block| of_block(crash, "pool_block", address, block).worded("evidence.pool_block"));
    let block = place.block().zip(block).map(|(found, fact)| with_owner(crash, fact, found));
    let damage = place.damage.iter().map(|damage| {
        Fact::new("pool_damage")
            .with("address", Value::Address(damage.address))
            .worded("evidence.pool_damage")
            .link(Action::Pool(damage.address))
    });
    let overrun = place.damage.iter().find_map(|damage| {
        // Only where the bytes themselves speak for the block before.
        let before = damage.before.as_ref().filter(|_| damage.writer >= Trust::Likely)?;
        let fact = of_block(crash, "overrun", damage.address, before);
        Some(with_owner(crash, fact, before).worded("evidence.overrun"))
    });
    special.into_iter().chain(block).chain(overrun).chain(damage.take(2)).collect()
}

/// A fact about a block: its tag, whose that is, whether it is in use.
pub fn of_block(crash: &Crash<'_>, kind: &'static str, address: u64, block: &PoolBlock) -> Fact {
    let tag = block.tag.map(|tag| tag.unprotected());
    let owner = tag.and_then(|tag| crash.tags.of(tag)).map(|owner| owner.owner.clone());
    let state = match block.state {
        BlockState::Allocated => "allocated",
        BlockState::Free => "free",
        BlockState::Unknown | BlockState::NotTold => "unknown",
    };
    Fact::new(kind)
        .with("address", Value::Address(address))
        .with("block", Value::Address(block.address))
        .with("size", Value::Hex(block.size))
        .with("state", state)
        .maybe("tag", tag.map(|tag| String::from_utf8_lossy(&tag.bytes()).into_owned()))
        .maybe("owner", owner)
        .link(Action::Pool(address))
}
