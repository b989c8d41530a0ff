//! Threads that wait for each other, and threads that many wait for.

use super::subject::{name, seconds, state, third_party};
use crate::analysis::facts::{Fact, Value};
use crate::debuggee::{Lack, Scope};
use crate::kernel::{Clock, Thread, WaitChains, WaitGraph};
use crate::output::Action;

/// Waits that are shorter than this are the ordinary life of a machine.
const LONG: u64 = 30;
/// Deadlocks that are told, holders, and threads of each whose stacks are looked at.
const MOST: usize = 3;
const MOST_THREADS: usize = 4;

/// `deadlock` for each circle, `blocked` for those whom others have waited for long; `stack_module` for the third-party modules
/// on their stacks.
pub fn facts(scope: &Scope<'_>) -> Result<Vec<Fact>, Lack> {
    let chains = WaitChains::new(scope)?;
    let graph = WaitGraph::of(&chains, scope)?;
    let mut facts = Vec::new();
    for cycle in graph.cycles(scope)?.iter().take(MOST) {
        scope.check()?;
        facts.push(deadlock(scope, &chains, cycle)?);
        let threads = cycle.iter().take(MOST_THREADS).filter_map(|&at| Thread::at(scope, at).ok());
        facts.extend(threads.filter_map(|thread| third_party(scope, &thread)));
    }
    let clock = Clock::of(scope)?;
    for (holder, waiters) in graph.held_up().iter().take(MOST) {
        scope.check()?;
        let longest = waiters.iter().filter_map(|&at| seconds(&clock, &Thread::at(scope, at).ok()?)).max();
        let Some(longest) = longest.filter(|longest| *longest >= LONG) else { continue };
        let thread = Thread::at(scope, *holder)?;
        let fact = Fact::new("blocked")
            .with("address", Value::Address(*holder))
            .with("thread", name(scope, &thread))
            .with("waiters", waiters.len())
            .with("seconds", longest)
            .with("state", state(&thread));
        facts.push(fact.worded("evidence.blocked").link(Action::Thread(*holder)));
        facts.extend(third_party(scope, &thread));
    }
    Ok(facts)
}

fn deadlock<'s>(scope: &'s Scope<'s>, chains: &WaitChains<'s>, cycle: &[u64]) -> Result<Fact, Lack> {
    let mut names = Vec::new();
    // Who waits for any of several things, or for one that several hold, may still be let go.
    let mut is_proven = true;
    for &at in cycle {
        let thread = Thread::at(scope, at)?;
        let waits = chains.of(&thread)?;
        is_proven &=
            matches!(waits.as_slice(), [wait] if wait.holders.as_ref().is_ok_and(|who| who.len() == 1));
        names.push(format!("{at:016x} ({})", name(scope, &thread)));
    }
    let fact = Fact::new("deadlock").with("count", cycle.len()).with("proven", is_proven);
    let fact = fact.with("threads", names.join(", ")).worded("evidence.deadlock");
    Ok(match cycle.first() {
        Some(&first) => fact.with("address", Value::Address(first)).link(Action::Run("!waitchain")),
        None => fact,
    })
}
