//! Who wrote what is wrong: an instruction of a driver whose function is still on the stack, which comes to the very place by
//! the driver's own data and registers, and makes there just what was found.
//!
//! The code says what it does, memory says where: neither an address nor a value of 64 bits agrees by chance, so that it does
//! not matter that only one way through the code is followed (`values`).

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

/// A word of memory that is wrong.
struct Wrong {
    address: u64,
    found: u64,
    /// The bit in which it is wrong, where it is one.
    bit: Option<u64>,
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
    let wrong: Vec<Wrong> = known.iter().filter_map(wrong).collect();
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
    let does = match makes {
        Makes::Stores(value) => Message::new("written.stores").with("value", format!("{value:x}")),
        Makes::Changes(bits) => {
            Message::new("written.changes").with("bit", bits.trailing_zeros().to_string())
        }
    };
    let fact = Fact::new("written")
        .with("address", Value::Address(word.address))
        .with("value", Value::Address(word.found))
        .with("instruction", code::text(&step))
        .with("does", does);
    Some(described(fact, target, step.ip()).worded("evidence.written").link(Action::Code(step.ip())))
}

/// The word that a fact calls wrong. A list's link that is a pointer may be right where it was written: then who wrote it has
/// done nothing.
fn wrong(fact: &Fact) -> Option<Wrong> {
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
        "pte_bit" | "page_garbage" => Some(Wrong { address: address("pte")?, found, bit }),
        "list_entry" if bit.is_some() || found >> 47 != 0x1_ffff => {
            Some(Wrong { address: address("at")?, found, bit })
        }
        _ => None,
    }
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
        Makes::Stores(value) => part(u64::MAX) & value == part(word.found) && *value != 0,
        Makes::Changes(bits) => word.bit.is_some_and(|bit| part(1 << bit) == *bits && *bits != 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_must_make_what_was_found() {
        let word = Wrong { address: 0x1000, found: 0x11_0000_0001, bit: Some(37) };
        assert!(is_that(&word, 0x1000, 8, &Makes::Stores(0x11_0000_0001)));
        assert!(is_that(&word, 0x1004, 4, &Makes::Stores(0x11)));
        assert!(is_that(&word, 0x1004, 1, &Makes::Changes(1 << 5)));
        assert!(is_that(&word, 0x1000, 8, &Makes::Changes(1 << 37)));
        assert!(!is_that(&word, 0x1000, 8, &Makes::Stores(0x11)));
        assert!(!is_that(&word, 0x1000, 8, &Makes::Changes(1 << 36)));
        assert!(!is_that(&word, 0x1008, 8, &Makes::Stores(0x11_0000_0001)));
        assert!(!is_that(&word, 0xffc, 8, &Makes::Stores(0x11_0000_0001)));
        // Nothing but zeros: every cleared field would do.
        let zero = Wrong { address: 0x1000, found: 0, bit: None };
        assert!(!is_that(&zero, 0x1000, 8, &Makes::Stores(0)));
        assert!(!is_that(&zero, 0x1000, 8, &Makes::Changes(0)));
    }

    #[test]
    fn a_link_that_is_a_pointer_accuses_nobody() {
        let link = |value: u64| {
            Fact::new("list_entry").with("at", Value::Address(0x1000)).with("value", Value::Address(value))
        };
        assert!(wrong(&link(0x11_0000_0001)).is_some());
        assert!(wrong(&link(0xffff_8000_0000_1000)).is_none());
        assert!(wrong(&link(0xffff_8000_0000_1000).with("bit", 5u64)).is_some());
        let valid =
            Fact::new("pte_disagrees").with("pte", Value::Address(1)).with("value", Value::Address(2));
        assert!(wrong(&valid).is_none());
    }
}
