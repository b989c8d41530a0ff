//! The list whose links contradict each other (0x139 with code 3): by one bit, or by more.

use super::scene::Scene;
use super::{Crash, Fact, Value};
use crate::memory::Memory;
use crate::output::Action;
use crate::unwind::GENERAL_NAMES;

/// KERNEL_SECURITY_CHECK_FAILURE, and FAST_FAIL_CORRUPT_LIST_ENTRY (winnt.h).
const SECURITY_CHECK: u32 = 0x139;
const CORRUPT_LIST_ENTRY: u64 = 3;
/// The lowest bit that two neighbours' pointers are told apart by: entries lie on multiples of 8.
const LOWEST_BIT: u32 = 3;

/// `list_entry`, with `bit` where one bit alone is wrong: an entry that a register of the check points to, whose neighbour
/// does not point back to it. `holds`: the other link of whose link is wrong is sound, so that it is indeed on the list.
pub(super) fn facts(crash: &Crash<'_>, scene: &Scene) -> Option<Fact> {
    let [code, ..] = crash.header.bug_check_parameters;
    if crash.code() != SECURITY_CHECK || code != CORRUPT_LIST_ENTRY {
        return None;
    }
    let fault = scene.fault.as_ref()?;
    let entries: Vec<(&str, u64)> = (0u8..)
        .zip(GENERAL_NAMES)
        .filter_map(|(number, name)| Some((name, fault.registers.general(number).known()?)))
        .filter(|(name, value)| *name != "rsp" && value >> 47 == 0x1_ffff && value.is_multiple_of(8))
        .collect();
    let broken: Vec<_> =
        entries.iter().filter_map(|&(name, entry)| Some((name, entry, broken(crash, entry)?))).collect();
    // One wrong bit says more than any difference.
    let (register, entry, link) = broken.iter().find(|(_, _, link)| link.bit.is_some()).or(broken.first())?;
    let fact = Fact::new("list_entry")
        .with("address", Value::Address(*entry))
        .with("register", *register)
        .with("link", link.name)
        .with("at", Value::Address(link.at))
        .with("value", Value::Address(link.value))
        .with("wanted", Value::Address(link.wanted))
        .with("holds", link.holds)
        .maybe("bit", link.bit);
    let key = if link.bit.is_some() { "evidence.list_entry_bit" } else { "evidence.list_entry" };
    Some(fact.worded(key).link(Action::Pointers(*entry)))
}

/// One of the links of an entry, and the neighbour's that points back.
struct Side {
    name: &'static str,
    offset: u64,
    back_name: &'static str,
    back: u64,
}

/// LIST_ENTRY (winnt.h).
const SIDES: [Side; 2] = [
    Side { name: "Flink", offset: 0, back_name: "Blink", back: 8 },
    Side { name: "Blink", offset: 8, back_name: "Flink", back: 0 },
];

/// A link that is wrong.
struct Link {
    name: &'static str,
    /// Where it stands, what it is, and what it should be.
    at: u64,
    value: u64,
    wanted: u64,
    bit: Option<u32>,
    /// Whether the neighbour of the one it belongs to, on its other side, points back.
    holds: bool,
}

/// What is wrong between an entry and its neighbours. One of the two must point back to it, else any two words would do.
fn broken(crash: &Crash<'_>, entry: u64) -> Option<Link> {
    let word = |address: u64| crash.scope.memory().u64(address).ok();
    let holds = |side: &Side| {
        let neighbour = word(entry.wrapping_add(side.offset))?;
        Some(word(neighbour.wrapping_add(side.back)) == Some(entry))
    };
    match (holds(&SIDES[0])?, holds(&SIDES[1])?) {
        (false, true) => wrong_link(&word, entry, &SIDES[0]),
        (true, false) => wrong_link(&word, entry, &SIDES[1]),
        _ => None,
    }
}

/// The wrong link of a pair: the neighbour's, where it is the entry but for a bit; the entry's own, where one other neighbour
/// that is a bit away points back.
fn wrong_link(word: &dyn Fn(u64) -> Option<u64>, entry: u64, side: &Side) -> Option<Link> {
    let at = entry.wrapping_add(side.offset);
    let neighbour = word(at)?;
    let back_at = neighbour.wrapping_add(side.back);
    let points = word(back_at);
    let beyond = word(neighbour.wrapping_add(side.offset));
    let holds = beyond.is_some_and(|beyond| word(beyond.wrapping_add(side.back)) == Some(neighbour));
    let of_neighbour =
        |value, bit| Link { name: side.back_name, at: back_at, value, wanted: entry, bit, holds };
    let bit_of = |wrong: u64| {
        let bit = wrong.trailing_zeros();
        (wrong.is_power_of_two() && bit >= LOWEST_BIT).then_some(bit)
    };
    if let Some((points, bit)) = points.and_then(|points| Some((points, bit_of(points ^ entry)?))) {
        return Some(of_neighbour(points, Some(bit)));
    }
    let mut meant = (LOWEST_BIT..48)
        .map(|bit| (bit, neighbour ^ 1 << bit))
        .filter(|(_, meant)| word(meant.wrapping_add(side.back)) == Some(entry));
    match (meant.next(), meant.next()) {
        (Some((bit, wanted)), None) => {
            // The entry's own link: `broken` saw that its other one holds.
            Some(Link { name: side.name, at, value: neighbour, wanted, bit: Some(bit), holds: true })
        }
        _ => points.map(|points| of_neighbour(points, None)),
    }
}
