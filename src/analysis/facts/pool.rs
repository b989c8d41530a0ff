//! Blocks of pool that the fault is about.

use super::scene::Scene;
use super::{Crash, Fact, Value};
use crate::analysis::bugcheck::ParameterKind;
use crate::kernel::pool::{BlockState, PoolBlock, classify};
use crate::output::Action;

/// `pool_block` for the blocks at the fault's address and at parameters; `pool_damage` for what is wrong there.
pub(super) fn facts(crash: &Crash<'_>, _scene: &Scene) -> Vec<Fact> {
    let kinds = crash
        .explanation()
        .map(|explained| explained.arguments.map(|argument| argument.kind))
        .unwrap_or_default();
    let values = crash.header.bug_check_parameters.into_iter().zip(kinds);
    let blocks = values.filter(|(_, kind)| *kind == ParameterKind::PoolBlock).map(|(value, _)| value);
    let mut facts: Vec<Fact> = Vec::new();
    for address in blocks.collect::<Vec<_>>() {
        facts.extend(at(crash, address));
    }
    facts
}

/// What the pool knows of an address.
pub fn at(crash: &Crash<'_>, address: u64) -> Vec<Fact> {
    let Ok(place) = classify(crash.scope, address) else { return Vec::new() };
    let block = place
        .block()
        .map(|block| of_block(crash, "pool_block", address, block).worded("evidence.pool_block"));
    let damage = place.damage.iter().map(|damage| {
        Fact::new("pool_damage")
            .with("address", Value::Address(damage.address))
            .worded("evidence.pool_damage")
            .link(Action::Pool(damage.address))
    });
    block.into_iter().chain(damage.take(2)).collect()
}

/// A fact about a block: its tag, whose that is, whether it is in use.
pub fn of_block(crash: &Crash<'_>, kind: &'static str, address: u64, block: &PoolBlock) -> Fact {
    let tag = block.tag.map(|tag| tag.unprotected());
    let owner = tag.and_then(|tag| crash.tags.of(tag)).map(|owner| owner.owner.clone());
    let state = match block.state {
        BlockState::Allocated => "allocated",
        BlockState::Free => "free",
        BlockState::Unknown => "unknown",
    };
    Fact::new(kind)
        .with("address", Value::Address(address))
        .with("block", Value::Address(block.address))
        .with("size", Value::Hex(block.size))
        .with("state", state)
        .maybe("tag", tag.map(|tag| String::from_utf8_lossy(&tag.bytes()).into_owned()))
        .with("owner", owner.unwrap_or_else(|| "?".to_owned()))
        .link(Action::Pool(address))
}
