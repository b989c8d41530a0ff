//! What the dumps of one machine say together, as facts that rules ask for (`assets/rules/common.toml`).

use super::super::bugcheck::{DISPLAY, family};
use super::super::facts::{Fact, Value};
use super::super::rules::{Class, Confidence};
use super::summary::Summary;
use crate::util::order::Order;
use std::collections::{BTreeMap, BTreeSet};

/// 100 ns in a day, and the days in which many kinds of crashes count as one trouble.
const DAY: u64 = 86_400 * 10_000_000;
const DAYS: u64 = 14;
/// So many kinds of crashes, and so many contradictions of one processor, are more than chance.
const KINDS: usize = 3;
const CONTRADICTIONS: usize = 3;

/// The facts of dumps that are of one machine.
pub fn joint(dumps: &[&Summary]) -> Vec<Fact> {
    let mut facts = vec![Fact::new("dumps").with("count", dumps.len())];
    if dumps.len() < 2 {
        return facts;
    }
    facts.extend(bits(dumps));
    facts.extend(processor(dumps));
    facts.extend(places(dumps));
    facts.extend(display(dumps));
    facts.extend(culprit(dumps));
    let modules = modules(dumps);
    if modules.is_empty() {
        facts.extend(kinds(dumps));
    }
    facts.extend(modules);
    facts
}

/// `#1, #3`: some of the dumps by their places among all, from 1; names of files are long, and stand in the list of dumps.
fn places_of<'s>(all: &[&Summary], some: impl IntoIterator<Item = &'s Summary>) -> String {
    let place = |dump: &Summary| all.iter().position(|one| std::ptr::eq(*one, dump));
    let places = some.into_iter().filter_map(|dump| Some(format!("#{}", place(dump)? + 1)));
    places.collect::<Vec<_>>().join(", ")
}

/// The dumps in which each number occurs.
type Sharers<'s> = BTreeMap<u64, Vec<&'s Summary>>;

/// `common_bit`, `common_lane`: the same bit, or the same byte of eight, is wrong in several.
fn bits(dumps: &[&Summary]) -> Vec<Fact> {
    let told = dumps.iter().filter_map(|dump| Some((dump.bit?, *dump)));
    let (mut bits, mut lanes) = (Sharers::new(), Sharers::new());
    for (bit, dump) in told {
        bits.entry(bit).or_default().push(dump);
        lanes.entry(bit / 8).or_default().push(dump);
    }
    let fact = |kind, name, wording, (value, found): (&u64, &Vec<&Summary>)| {
        let fact = Fact::new(kind).with(name, *value).with("count", found.len());
        fact.with("dumps", places_of(dumps, found.iter().copied())).worded(wording)
    };
    let several = |found: &&Vec<&Summary>| found.len() > 1;
    let bit = bits.iter().find(|(_, found)| several(found));
    let lane = lanes.iter().find(|(_, found)| several(found));
    let bit = bit.map(|found| fact("common_bit", "bit", "evidence.common_bit", found));
    let lane = lane.map(|found| fact("common_lane", "lane", "evidence.common_lane", found));
    bit.into_iter().chain(lane).collect()
}

/// `common_processor`: one processor contradicted itself again and again; `common_core`: the threads of one core did so together.
fn processor(dumps: &[&Summary]) -> Option<Fact> {
    let bad = || dumps.iter().copied().filter(|dump| dump.contradicts);
    let (seed, theirs) = bad()
        .map(|seed| (seed, bad().filter(|dump| seed.shares_core(dump)).collect::<Vec<_>>()))
        .find(|(_, theirs)| theirs.len() >= CONTRADICTIONS)?;
    let numbers: BTreeSet<u32> = theirs.iter().map(|dump| dump.processor).collect();
    let fact = match numbers.len() {
        1 => Fact::new("common_processor").with("number", seed.processor).worded("evidence.common_processor"),
        _ => {
            let numbers = numbers.into_iter().map(|number| number.to_string()).collect::<Vec<_>>().join(", ");
            Fact::new("common_core").with("processors", numbers).worded("evidence.common_core")
        }
    };
    Some(fact.with("count", theirs.len()).with("dumps", places_of(dumps, theirs)))
}

/// `common_place`: the same instruction of the same build faulted in several, and in none of them the machine contradicted itself.
fn places(dumps: &[&Summary]) -> Vec<Fact> {
    let mut found: Vec<(&super::Place, Vec<&Summary>)> = Vec::new();
    for dump in dumps.iter().filter(|dump| dump.bit.is_none() && !dump.contradicts) {
        let Some(place) = &dump.place else { continue };
        match found.iter_mut().find(|(known, _)| *known == place) {
            Some((_, dumps)) => dumps.push(dump),
            None => found.push((place, vec![dump])),
        }
    }
    let several = found.into_iter().filter(|(_, dumps)| dumps.len() > 1);
    several
        .map(|(place, theirs)| {
            Fact::new("common_place")
                .with("module", place.module.as_str())
                .with("origin", place.origin.as_str())
                .with("place", format!("{}+0x{:x}", place.module, place.offset))
                .with("count", theirs.len())
                .with("dumps", places_of(dumps, theirs))
                .worded("evidence.common_place")
        })
        .collect()
}

/// `common_display`: a display driver failed in several versions.
fn display(dumps: &[&Summary]) -> Option<Fact> {
    let mut found: BTreeMap<String, Vec<(u32, &Summary)>> = BTreeMap::new();
    for dump in dumps.iter().filter(|dump| DISPLAY.contains(&dump.code)) {
        let Some(name) = dump.culprit.as_ref().or(dump.suspects.first()) else { continue };
        let name = name.to_ascii_lowercase();
        let stamp = dump.stamps.get(&name).copied().flatten();
        found.entry(name).or_default().extend(stamp.map(|stamp| (stamp, *dump)));
    }
    found.into_iter().find_map(|(name, theirs)| {
        let builds = theirs.iter().map(|(stamp, _)| stamp).collect::<BTreeSet<_>>().len();
        (builds > 1).then(|| {
            Fact::new("common_display")
                .with("module", name)
                .with("builds", builds)
                .with("dumps", places_of(dumps, theirs.into_iter().map(|(_, dump)| dump)))
                .worded("evidence.common_display")
        })
    })
}

/// `common_culprit`: who was blamed in several dumps, and in at least half of them, where none shows the machine at fault.
fn culprit(dumps: &[&Summary]) -> Option<Fact> {
    let mut found: BTreeMap<&str, Vec<&Summary>> = BTreeMap::new();
    for dump in dumps {
        if let Some(name) = &dump.culprit {
            found.entry(name).or_default().push(dump);
        }
    }
    let (name, blamed) = found.into_iter().max_by_key(|(_, blamed)| blamed.len())?;
    let is_much = blamed.len() > 1 && blamed.len() * 2 >= dumps.len() && is_clean(dumps);
    is_much.then(|| {
        Fact::new("common_culprit")
            .with("module", name)
            .with("count", blamed.len())
            .with("all", dumps.len())
            .with("dumps", places_of(dumps, blamed))
            .worded("evidence.common_culprit")
    })
}

/// Whether no dump shows the machine at fault: where one does, being on stacks proves nothing.
fn is_clean(dumps: &[&Summary]) -> bool {
    !dumps.iter().any(|dump| dump.class == Class::Hardware && dump.confidence >= Confidence::Likely)
}

/// `common_module`: third-party modules on the true stacks of different bug checks, in at least half of the dumps, and loaded in all:
/// a crash without it exonerates it. `alone` where there is one such module only.
fn modules(dumps: &[&Summary]) -> Vec<Fact> {
    let mut found: BTreeMap<&str, Vec<&Summary>> = BTreeMap::new();
    for dump in dumps {
        for name in dump.on_stack.iter().collect::<BTreeSet<_>>() {
            found.entry(name).or_default().push(dump);
        }
    }
    found.retain(|name, on| {
        let codes: BTreeSet<u32> = on.iter().map(|dump| dump.code).collect();
        codes.len() > 1 && on.len() * 2 >= dumps.len() && dumps.iter().all(|dump| dump.has_module(name))
    });
    let alone = found.len() == 1 && is_clean(dumps);
    found
        .into_iter()
        .map(|(name, on)| {
            Fact::new("common_module")
                .with("module", name)
                .with("count", on.len())
                .with("alone", alone)
                .with("dumps", places_of(dumps, on))
                .worded("evidence.common_module")
        })
        .collect()
}

/// `common_kinds`: many kinds of bug checks within days, of which none names a driver by itself, and none was asked for.
fn kinds(dumps: &[&Summary]) -> Option<Fact> {
    let is_named = |dump: &&&Summary| {
        dump.class == Class::Requested
            || dump.class == Class::ThirdPartyDriver && dump.confidence >= Confidence::Likely
    };
    if dumps.iter().any(|dump| is_named(&dump)) {
        return None;
    }
    let mut timed: Vec<(u64, &Summary)> = dumps.iter().filter_map(|dump| Some((dump.time?, *dump))).collect();
    timed.order_by_key(|(time, _)| *time);
    let best = timed.iter().map(|(first, _)| {
        let days = *first..=first.saturating_add(DAYS * DAY);
        timed.iter().filter(|(time, _)| days.contains(time)).map(|(_, dump)| *dump).collect::<Vec<_>>()
    });
    let kinds =
        |dumps: &[&Summary]| dumps.iter().map(|dump| family(dump.code)).collect::<BTreeSet<_>>().len();
    let within = best.max_by_key(|within| kinds(within))?;
    let count = kinds(&within);
    let codes: BTreeSet<u32> = within.iter().map(|dump| dump.code).collect();
    let codes = codes.into_iter().map(|code| format!("{code:X}")).collect::<Vec<_>>().join(", ");
    (count >= KINDS).then(|| {
        Fact::new("common_kinds")
            .with("count", count)
            .with("days", DAYS)
            .with("codes", Value::Text(codes))
            .with("dumps", places_of(dumps, within))
            .worded("evidence.common_kinds")
    })
}

#[cfg(test)]
mod tests;
