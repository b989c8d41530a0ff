//! Pointers that are wrong by one bit.

use super::modules::described;
use super::scene::{Access, Fault, Scene};
use super::{Crash, Fact, Value};
use crate::debuggee::Scope;
use crate::kernel::mapped;
use crate::memory::Memory;
use crate::output::Action;
use crate::unwind::GENERAL_NAMES;
use crate::util::bounded;
use std::collections::HashMap;

/// A null pointer's offset is smaller.
const OFFSET: u64 = 0x1_0000;
/// Below this a power of two is a number like others.
const LOWEST_NULL_BIT: u32 = 32;
/// The bit that software marks pointers and numbers with.
const MARK_BIT: u32 = 63;
/// Regions of kernel memory are as large as what lower bits tell apart, so a neighbour there is no sign of anything.
const LOWEST_REGION_BIT: u32 = 34;
/// Kernel memory is given out in slots of this size, which lie anywhere: that two of them are neighbours is chance.
const SLOT_BIT: u32 = 39;
/// How near the pointer that was meant another one must lie then.
const COMPANY: u64 = 1 << 24;
/// Pointers beside each other differ in lower bits.
const LOWEST_POINTER_BIT: u32 = 24;
/// So many pointers into a region make it one that the machine uses.
const MANY: u32 = 20;
/// How far what belongs to the same object lies apart.
const NEAR: u64 = 0x100;
/// Bytes of the dump, and of a stack, that are looked through.
const MOST: usize = 16 << 20;
const STACK: usize = 0x4000;

/// `null_flip`, `prefix_flip`, `stack_flip`: the first that fits.
pub(super) fn facts(crash: &Crash<'_>, scene: &Scene) -> Vec<Fact> {
    let Some(fault) = &scene.fault else { return Vec::new() };
    let is_access = matches!(fault.access, Access::Read | Access::Write | Access::Protection);
    let is_known = crash.scope.target().modules().at(fault.ip).is_some();
    if !is_access || !is_known {
        return Vec::new();
    }
    let pointers = pointers(crash, fault);
    let found = null_flip(crash, fault, &pointers)
        .or_else(|| prefix_flip(crash, fault, &pointers))
        .or_else(|| stack_flip(crash, fault, &pointers));
    let remark = if found.is_none() { bit_remark(fault) } else { None };
    found.into_iter().chain(remark).collect()
}

/// An address that is zero but for a bit that numbers have too: no more than a remark.
fn bit_remark(fault: &Fault) -> Option<Fact> {
    const LOWEST: u32 = 20;
    let address = fault.address?;
    let high = address & !(OFFSET - 1);
    let bit = high.trailing_zeros();
    (high.is_power_of_two() && (LOWEST..LOWEST_NULL_BIT).contains(&bit)).then(|| {
        Fact::new("bit_remark")
            .with("address", Value::Address(address))
            .with("bit", bit)
            .worded("evidence.bit_remark")
            .link(Action::Number(address))
    })
}

/// A pointer that the fault is about, and which register held it.
#[derive(Debug, Clone)]
struct Pointer {
    value: u64,
    register: Option<String>,
}

/// The address that could not be accessed, the registers that made it, and the address whose page table entry it is.
fn pointers(crash: &Crash<'_>, fault: &Fault) -> Vec<Pointer> {
    let mut found: Vec<Pointer> =
        fault.address.map(|value| Pointer { value, register: None }).into_iter().collect();
    let explains = |address: Option<u64>| fault.address.is_none() || fault.address == address;
    if let Some(operand) = fault.operand.as_ref().filter(|operand| explains(operand.address)) {
        let known = operand.registers.iter().filter_map(|(name, value)| Some((name.clone(), (*value)?)));
        found.extend(known.map(|(name, value)| Pointer { value, register: Some(name) }));
    }
    // A page table entry's own address says whose it is: the pointer itself stands in a register or on the stack.
    if let Some(entry) = fault.address.filter(|entry| entry >> 47 == 0x1_ffff && entry.is_multiple_of(8)) {
        let page = mapped(entry);
        let of_page = |value: &u64| value & !0xfff == page;
        let registers = (0u8..)
            .zip(GENERAL_NAMES)
            .filter_map(|(number, name)| Some((fault.registers.general(number).known()?, name)));
        let on_stack = stack(crash).into_iter().map(|word| (word, "stack"));
        let pointer = registers.chain(on_stack).find(|(value, _)| of_page(value));
        found.extend(pointer.map(|(value, name)| Pointer { value, register: Some(name.to_owned()) }));
    }
    found
}

/// Zero but for one high bit and a small offset, in the address and in the register that made it.
fn null_flip(crash: &Crash<'_>, fault: &Fault, pointers: &[Pointer]) -> Option<Fact> {
    let bit = |value: u64| {
        let high = value & !(OFFSET - 1);
        let which = high.trailing_zeros();
        (high.is_power_of_two() && (LOWEST_NULL_BIT..MARK_BIT).contains(&which)).then_some(which)
    };
    let pointer =
        pointers.iter().find(|pointer| pointer.register.is_some() && bit(pointer.value).is_some())?;
    let which = bit(pointer.value)?;
    let address = fault.address.unwrap_or(pointer.value);
    (bit(address) == Some(which))
        .then(|| made(crash, fault, "null_flip", address, pointer, which, 0).worded("evidence.null_flip"))
}

fn made(
    crash: &Crash<'_>,
    fault: &Fault,
    kind: &'static str,
    address: u64,
    pointer: &Pointer,
    bit: u32,
    other: u64,
) -> Fact {
    let fact = Fact::new(kind)
        .with("address", Value::Address(address))
        .with("pointer", Value::Address(pointer.value))
        .with("register", pointer.register.clone().unwrap_or_else(|| "?".to_owned()))
        .with("bit", bit)
        .with("other", Value::Address(other))
        .with("ip", Value::Address(fault.ip));
    described(fact, crash.scope.target(), fault.ip).link(Action::Number(pointer.value))
}

/// A kernel pointer into a region that nothing else points to, one bit from a region that much points to.
fn prefix_flip(crash: &Crash<'_>, fault: &Fault, pointers: &[Pointer]) -> Option<Fact> {
    // What the processor forbade without naming an address was none: then a canonical operand is not the bad one.
    let is_candidate = |value: u64| match fault.address {
        Some(_) => is_kernel(value),
        None => !is_kernel(value) && value >> 47 != 0,
    };
    let candidates: Vec<&Pointer> = pointers.iter().filter(|pointer| is_candidate(pointer.value)).collect();
    if candidates.is_empty() {
        return None;
    }
    let words: Vec<u64> = words(crash).into_iter().filter(|&word| is_kernel(word)).collect();
    let is_module = |value: u64| crash.scope.target().modules().at(value).is_some();
    let (pointer, flip) = candidates
        .into_iter()
        .filter(|pointer| !is_module(pointer.value))
        .find_map(|pointer| Some((pointer, flipped(pointer.value, &words)?)))?;
    let fact =
        made(crash, fault, "prefix_flip", pointer.value, pointer, flip.bit, pointer.value ^ 1 << flip.bit);
    Some(fact.with("count", flip.count).worded("evidence.prefix_flip"))
}

fn is_kernel(value: u64) -> bool {
    value >> 47 == 0x1_ffff
}

/// A bit that makes a pointer one of many.
#[derive(Debug, PartialEq, Eq)]
struct Flip {
    bit: u32,
    /// How many pointers of the dump lie there.
    count: u32,
}

/// The one bit that leads from a region to which nothing else of `words` points to one to which many point.
fn flipped(value: u64, words: &[u64]) -> Option<Flip> {
    // Copies of the pointer itself, and what was computed from it, are no witnesses.
    if words.iter().any(|word| word >> 32 == value >> 32 && word.abs_diff(value) > OFFSET) {
        return None;
    }
    let mut regions: HashMap<u64, u32> = HashMap::new();
    for word in words {
        *regions.entry(word >> 32).or_default() += 1;
    }
    let is_accompanied = |meant: u64| words.iter().any(|word| word.abs_diff(meant) < COMPANY);
    let mut flips = (LOWEST_REGION_BIT..MARK_BIT).filter_map(|bit| {
        let meant = value ^ 1 << bit;
        let count = *regions.get(&(meant >> 32))?;
        (count >= MANY && (bit < SLOT_BIT || is_accompanied(meant))).then_some(Flip { bit, count })
    });
    flips.next().filter(|_| flips.next().is_none())
}

/// A pointer on the stack, or in a register, that is the bad one but for one bit.
fn stack_flip(crash: &Crash<'_>, fault: &Fault, pointers: &[Pointer]) -> Option<Fact> {
    let registers = (0u8..16).filter_map(|number| fault.registers.general(number).known());
    let words: Vec<u64> = stack(crash).into_iter().chain(registers).collect();
    for pointer in pointers.iter().filter(|pointer| pointer.value >= OFFSET) {
        let other = words.iter().find(|word| {
            let differs = (**word & !(NEAR - 1)) ^ (pointer.value & !(NEAR - 1));
            **word >= OFFSET && differs.is_power_of_two() && differs.trailing_zeros() >= LOWEST_POINTER_BIT
        });
        // What can be read was not the wrong one of the two.
        let is_bad = crash.scope.memory().read(pointer.value, &mut [0]).is_err();
        if let Some(other) = other.filter(|_| is_bad) {
            let bit = ((other & !(NEAR - 1)) ^ (pointer.value & !(NEAR - 1))).trailing_zeros();
            return Some(
                made(crash, fault, "stack_flip", pointer.value, pointer, bit, *other)
                    .worded("evidence.stack_flip"),
            );
        }
    }
    None
}

/// The words of the stack from the bug check on.
fn stack(crash: &Crash<'_>) -> Vec<u64> {
    let start = crash.stack.as_ref().and_then(|stack| stack.frames.first()).map_or(0, |frame| frame.sp & !7);
    let mut bytes = vec![0u8; STACK];
    let (read, _) = crash.scope.memory().read_partial(start, &mut bytes);
    words_of(bytes.get(..read).unwrap_or_default())
}

fn words_of(bytes: &[u8]) -> Vec<u64> {
    (0..bytes.len() / 8).filter_map(|index| bounded::u64_at(bytes, index * 8)).collect()
}

/// The words that the dump holds: of a triage dump all, else the stack's.
fn words(crash: &Crash<'_>) -> Vec<u64> {
    saved_words(crash.scope).unwrap_or_else(|| stack(crash))
}

/// The one bit that leads from a kernel pointer, to whose region nothing else in a triage dump points, to a region to which
/// much points, with how many pointers that are.
pub fn region_flip(scope: &Scope<'_>, value: u64) -> Option<(u32, u32)> {
    let words: Vec<u64> = saved_words(scope)?.into_iter().filter(|&word| is_kernel(word)).collect();
    let is_candidate = value >> 47 != 0 && scope.target().modules().at(value).is_none();
    let flip = flipped(value, &words).filter(|_| is_candidate)?;
    Some((flip.bit, flip.count))
}

/// All words that a triage dump holds.
fn saved_words(scope: &Scope<'_>) -> Option<Vec<u64>> {
    let memory = scope.memory();
    let blocks = memory.blocks()?;
    let mut words = Vec::new();
    let mut total = 0usize;
    for (start, length, _) in blocks.ranges() {
        let length = usize::try_from(length).unwrap_or(0).min(MOST.saturating_sub(total));
        let mut bytes = vec![0u8; length];
        let (read, _) = memory.read_partial(start, &mut bytes);
        total += read;
        words.extend(words_of(bytes.get(..read).unwrap_or_default()));
    }
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many pointers from an address on, a page apart.
    fn pointers_from(start: u64, count: u32) -> Vec<u64> {
        (0..u64::from(count)).map(|index| start + index * 0x1000).collect()
    }

    #[test]
    fn a_pointer_alone_is_one_bit_from_many() {
        let words = pointers_from(0xffff_b78e_1000_0000, MANY);
        let bad = 0xffff_b7ae_7a62_9000;
        assert_eq!(flipped(bad, &words), Some(Flip { bit: 37, count: MANY }));
        assert_eq!(flipped(bad, &words[1..]), None, "too few");
        assert_eq!(flipped(bad ^ 1 << 36, &words), None, "two bits");
        let witness = [words.clone(), vec![0xffff_b7ae_0000_1000]].concat();
        assert_eq!(flipped(bad, &witness), None, "the region is used");
        let copies = [words, vec![bad, bad + 0x30]].concat();
        assert!(flipped(bad, &copies).is_some(), "its own copies are no witnesses");
    }

    #[test]
    fn two_regions_that_would_fit_decide_nothing() {
        let words =
            [pointers_from(0xffff_b78e_1000_0000, MANY), pointers_from(0xffff_b7a6_1000_0000, MANY)].concat();
        assert_eq!(flipped(0xffff_b7ae_7a62_9000, &words), None);
    }

    #[test]
    fn neighbouring_slots_need_company() {
        let words = pointers_from(0xffff_b78e_1000_0000, MANY);
        assert_eq!(flipped(0xffff_378e_7a62_9000, &words), None);
        assert_eq!(flipped(0xffff_370e_1000_2000, &words), None, "two bits");
        assert_eq!(flipped(0xffff_b38e_1000_2000, &words), Some(Flip { bit: 42, count: MANY }));
        assert_eq!(flipped(0xffff_b38e_7a62_9000, &words), None);
        // No address at all, but for one bit.
        assert_eq!(flipped(0xfffb_b78e_1000_2010, &words), Some(Flip { bit: 50, count: MANY }));
    }

    #[test]
    fn a_marked_pointer_is_not_flipped() {
        let words = pointers_from(0xffff_b78e_1000_0000, MANY);
        assert_eq!(flipped(0x7fff_b78e_1000_2000, &words), None);
    }
}
