//! Who wrote what is wrong: an instruction of a driver whose function is still on the stack, which comes to the very place by
//! the driver's own data and registers, and makes there just what was found.
//!
//! The code says what it does, memory says where: neither an address nor a value of 64 bits agrees by chance, so that it does
//! not matter that only one way through the code is followed (`values`). But who stores a whole value may do so in memory of
//! its own, which a list of somebody else's still leads to: a store into a list's link counts only where the list is one of
//! the pool's, whose blocks are free, and even then says less than a bit that was changed in what is a pointer otherwise.

use super::modules::{described, origin_word};
use super::scene::Scene;
use super::values::{Level, Values};
use super::{Crash, Fact, Value, code};
use crate::memory::Memory;
use crate::output::Action;
use crate::unwind::{Frame, FrameKind};
use crate::words::Message;
use iced_x86::{Instruction, Mnemonic, OpKind};

/// Frames of the true stack that are looked at.
const MOST: usize = 24;

/// The start of the names of the kernel's functions that keep the pool's lists (its exports, and the names in its public PDBs).
const POOL: [&str; 7] = [
    "ExAllocatePool",
    "ExAllocateHeapPool",
    "ExDeferredFreePool",
    "ExFreeHeapPool",
    "ExFreePool",
    "ExpFree",
    "RtlpHp",
];

/// A word of memory that is wrong.
struct Wrong {
    address: u64,
    found: u64,
    /// The bit in which it is wrong, where it is one.
    bit: Option<u64>,
    /// A list's link, that may be stale: somebody else may own the memory that it leads to.
    is_link: bool,
    /// Whether it may have been stored as a whole, rather than changed.
    may_be_stored: bool,
}

/// What an instruction makes of a word.
#[derive(Debug, PartialEq, Eq)]
enum Makes {
    /// It becomes that.
    Stores(u64),
    /// These bits of it change, or become set.
    Changes(u64),
}

/// `written`: which third-party instruction wrote one of the words that `known` facts call wrong.
pub(super) fn facts(crash: &Crash<'_>, scene: &Scene, known: &[Fact]) -> Option<Fact> {
    let is_pools = is_pool(crash, scene);
    let wrong: Vec<Wrong> = known.iter().filter_map(|fact| wrong(fact, is_pools)).collect();
    if wrong.is_empty() {
        return None;
    }
    let target = crash.scope.target();
    let frames: Vec<&Frame> = scene.frames.iter().take(MOST).collect();
    let is_third_party = |frame: &&Frame| {
        let module = target.modules().at(frame.lookup_ip());
        module.is_some_and(|module| origin_word(target, module) == "third_party")
    };
    if !frames.iter().any(is_third_party) {
        return None;
    }
    let read = |address: u64, into: &mut [u8]| crash.scope.memory().read(address, into).is_ok();
    let values = Values::new(frames.iter().map(|frame| level(crash, frame)).collect(), &read);
    let drivers = frames.iter().enumerate().filter(|(_, frame)| is_third_party(frame));
    let (step, word, makes) = drivers.into_iter().find_map(|(level, _)| writer(&values, level, &wrong))?;
    let (proves, does) = match makes {
        Makes::Stores(value) => {
            (!word.is_link, Message::new("written.stores").with("value", format!("{value:x}")))
        }
        Makes::Changes(bits) => {
            (true, Message::new("written.changes").with("bit", bits.trailing_zeros().to_string()))
        }
    };
    let fact = Fact::new("written")
        .with("proves", proves)
        .with("address", Value::Address(word.address))
        .with("value", Value::Address(word.found))
        .with("instruction", code::text(&step))
        .with("does", does);
    Some(described(fact, target, step.ip()).worded("evidence.written").link(Action::Code(step.ip())))
}

/// The word that a fact calls wrong. A list's link that is a pointer but for a bit may be right where it was written, and a
/// pointer that is none but for more: then who stored it has done nothing.
fn wrong(fact: &Fact, is_pools: bool) -> Option<Wrong> {
    let address = |name: &str| match fact.get(name)? {
        Value::Address(address) => Some(*address),
        _ => None,
    };
    let bit = match fact.get("bit") {
        Some(Value::Number(bit)) => Some(*bit),
        _ => None,
    };
    let found = address("value")?;
    match fact.kind {
        "pte_bit" | "page_garbage" => {
            Some(Wrong { address: address("pte")?, found, bit, is_link: false, may_be_stored: true })
        }
        "list_entry" => {
            let holds = matches!(fact.get("holds"), Some(Value::Flag(true)));
            let may_be_stored = bit.is_none() && is_pools && holds && found >> 47 != 0x1_ffff;
            (bit.is_some() || may_be_stored).then_some(())?;
            Some(Wrong { address: address("at")?, found, bit, is_link: true, may_be_stored })
        }
        _ => None,
    }
}

/// Whether a function that keeps the pool's lists, of free blocks, found the damage. What merely lies behind such a name is none.
fn is_pool(crash: &Crash<'_>, scene: &Scene) -> bool {
    let target = crash.scope.target();
    let ip = scene.fault.as_ref().map(|fault| fault.ip);
    let start = ip.and_then(|ip| Some(code::function(target, ip)?.first()?.ip()));
    let place = start.and_then(|start| target.name_address(start)).filter(|place| place.offset == 0);
    place.is_some_and(|place| {
        let name = place.symbol.unwrap_or_default();
        place.module == "nt" && POOL.iter().any(|start| name.starts_with(start))
    })
}

/// A frame's function, up to the call that the frame stands in.
fn level(crash: &Crash<'_>, frame: &Frame) -> Option<Level> {
    let is_call = frame.kind == FrameKind::Caller && frame.is_call;
    let steps = code::function(crash.scope.target(), frame.lookup_ip()).filter(|_| is_call)?;
    let stands = steps.iter().position(|step| step.next_ip() == frame.ip)?;
    Some(Level { steps, stands, registers: frame.registers.clone() })
}

/// The instruction of a function, before the call that it stands in, that made one of the words wrong.
fn writer<'w>(
    values: &Values<'_>,
    level: usize,
    wrong: &'w [Wrong],
) -> Option<(Instruction, &'w Wrong, Makes)> {
    let here = values.levels().get(level)?.as_ref()?;
    let before = here.steps.get(..here.stands)?.iter().enumerate().rev();
    before.into_iter().find_map(|(at, step)| {
        let size = u64::try_from(step.memory_size().size()).ok().filter(|size| (1..=8).contains(size))?;
        let makes = makes(values, level, at, step)?;
        let address = values.address(level, at)?;
        let word = wrong.iter().find(|word| is_that(word, address, size, &makes))?;
        Some((*step, word, makes))
    })
}

/// What an instruction makes of the memory that it writes; `None` where it writes none, or what is not known.
fn makes(values: &Values<'_>, level: usize, at: usize, step: &Instruction) -> Option<Makes> {
    if step.op0_kind() != OpKind::Memory {
        return None;
    }
    let other = values.operand(level, at, 1)?;
    let bits = u32::try_from(step.memory_size().size()).ok()?.checked_mul(8)?;
    match step.mnemonic() {
        Mnemonic::Mov => Some(Makes::Stores(other)),
        Mnemonic::Xor | Mnemonic::Or => Some(Makes::Changes(other)),
        Mnemonic::Bts | Mnemonic::Btc if step.op1_kind() != OpKind::Register => {
            Some(Makes::Changes(1u64.checked_shl(u32::try_from(other).ok()?.checked_rem(bits)?)?))
        }
        _ => None,
    }
}

/// Whether a write of `size` bytes at an address lies in the word and makes of it what was found.
fn is_that(word: &Wrong, address: u64, size: u64, makes: &Makes) -> bool {
    let Some(way) = address.checked_sub(word.address).filter(|way| way + size <= 8) else { return false };
    let part = |value: u64| value >> (way * 8) & u64::MAX >> (64 - size * 8);
    match makes {
        Makes::Stores(value) => {
            word.may_be_stored && part(u64::MAX) & value == part(word.found) && *value != 0
        }
        Makes::Changes(bits) => word.bit.is_some_and(|bit| part(1 << bit) == *bits && *bits != 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_must_make_what_was_found() {
        let entry = |found, bit| Wrong { address: 0x1000, found, bit, is_link: false, may_be_stored: true };
        let word = entry(0x11_0000_0001, Some(37));
        assert!(is_that(&word, 0x1000, 8, &Makes::Stores(0x11_0000_0001)));
        assert!(is_that(&word, 0x1004, 4, &Makes::Stores(0x11)));
        assert!(is_that(&word, 0x1004, 1, &Makes::Changes(1 << 5)));
        assert!(is_that(&word, 0x1000, 8, &Makes::Changes(1 << 37)));
        assert!(!is_that(&word, 0x1000, 8, &Makes::Stores(0x11)));
        assert!(!is_that(&word, 0x1000, 8, &Makes::Changes(1 << 36)));
        assert!(!is_that(&word, 0x1008, 8, &Makes::Stores(0x11_0000_0001)));
        assert!(!is_that(&word, 0xffc, 8, &Makes::Stores(0x11_0000_0001)));
        // Nothing but zeros: every cleared field would do.
        assert!(!is_that(&entry(0, None), 0x1000, 8, &Makes::Stores(0)));
        assert!(!is_that(&entry(0, None), 0x1000, 8, &Makes::Changes(0)));
    }

    fn link(value: u64, holds: bool) -> Fact {
        let fact =
            Fact::new("list_entry").with("at", Value::Address(0x1000)).with("value", Value::Address(value));
        fact.with("holds", holds)
    }

    #[test]
    fn a_store_accuses_only_where_the_pool_owns_the_block() {
        assert!(wrong(&link(0x11_0000_0001, true), true).is_some_and(|word| word.may_be_stored));
        assert!(wrong(&link(0x11_0000_0001, true), false).is_none());
        assert!(wrong(&link(0x11_0000_0001, false), true).is_none());
    }

    #[test]
    fn a_link_that_is_a_pointer_accuses_only_who_changed_a_bit_of_it() {
        const POINTER: u64 = 0xffff_8000_0000_1000;
        assert!(wrong(&link(POINTER, true), true).is_none());
        let word = wrong(&link(POINTER, true).with("bit", 12u64), true).expect("one bit is wrong");
        assert!(!is_that(&word, 0x1000, 8, &Makes::Stores(POINTER)));
        assert!(is_that(&word, 0x1000, 8, &Makes::Changes(1 << 12)));
    }

    #[test]
    fn a_sound_entry_accuses_nobody() {
        let valid =
            Fact::new("pte_disagrees").with("pte", Value::Address(1)).with("value", Value::Address(2));
        assert!(wrong(&valid, true).is_none());
    }
}
