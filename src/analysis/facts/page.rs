//! Page table entries: those that the bug check names, those of the fault's address, and those on the stack that name
//! pages which the machine has not.

use super::scene::{Access, Scene};
use super::text::in_bytes;
use super::{Crash, Fact, Value};
use crate::analysis::bugcheck::ParameterKind;
use crate::kernel::{HighestPage, PteSpace, highest_page, mapped};
use crate::memory::Memory;
use crate::output::Action;
use crate::unwind::GENERAL_NAMES;
use crate::util::bounded;

/// The page number of an entry: bits 12 to 51, of which Windows uses those below 48.
const FRAME_BITS: u64 = 0x000f_ffff_ffff_f000;
/// Bits of an entry that is not valid which may stand alone: those below the page number (protection, lists).
const LOWEST_TELLING_BIT: u32 = 12;
/// Bytes of an entry of the PFN database (MMPFN) on x64.
const PFN_ENTRY: u64 = 0x30;
/// The database begins at a multiple of what one slot of the topmost page table maps.
const SLOT: u64 = 1 << 39;
/// Bytes of the stack that are looked through.
const STACK: usize = 0x2000;
/// MEMORY_MANAGEMENT, and its code for an entry that contradicts the page's own record.
const MEMORY_MANAGEMENT: u32 = 0x1a;
const DISAGREES: u64 = 0x402;

/// `pte_bit`, `page_garbage`, `pte_disagrees`, `pfn_flip`.
pub(super) fn facts(crash: &Crash<'_>, scene: &Scene) -> Vec<Fact> {
    let highest = highest_page(crash.scope);
    let named = named_entry(crash, highest);
    let own = named.is_none().then(|| own_entry(crash, scene, highest)).flatten();
    named.into_iter().chain(own).chain(disagrees(crash)).chain(pfn_flip(crash, scene, highest)).collect()
}

/// An entry that the bug check calls corrupt, in which exactly one bit is set, or one bit too many.
fn named_entry(crash: &Crash<'_>, highest: Option<HighestPage>) -> Option<Fact> {
    if !matches!(crash.code(), MEMORY_MANAGEMENT | 0x4e) {
        return None;
    }
    let arguments = crash.explanation()?.arguments;
    let value =
        arguments.iter().find(|argument| argument.kind == ParameterKind::Pte && argument.value != 0)?.value;
    // The high part is for the 32-bit entries with 64 bits: nothing else is set in it.
    let place = arguments
        .iter()
        .find(|argument| argument.value >> 47 == 0x1_ffff && argument.value.is_multiple_of(8));
    let place = place.map(|argument| argument.value);
    one_bit(value, place)
        .or_else(|| one_bit_more(value, place, highest?))
        .or_else(|| overwritten(crash, value, place?))
}

/// An entry that is text, or a pointer of the kernel: software wrote there what belongs elsewhere.
fn overwritten(crash: &Crash<'_>, value: u64, place: u64) -> Option<Fact> {
    let is_other = in_bytes(value).is_some() || value >> 47 == 0x1_ffff;
    let is_entry = PteSpace::of(crash.scope.target())?.contains(place);
    (is_other && is_entry).then(|| garbage(mapped(place), place, value))
}

/// `page_garbage`: an entry that is none.
fn garbage(address: u64, place: u64, value: u64) -> Fact {
    Fact::new("page_garbage")
        .with("address", Value::Address(address))
        .with("pte", Value::Address(place))
        .with("value", Value::Address(value))
        .with("looks", in_bytes(value).unwrap_or_default())
        .worded("evidence.page_garbage")
        .link(Action::Pte(place))
}

fn one_bit(value: u64, place: Option<u64>) -> Option<Fact> {
    let bit = value.trailing_zeros();
    if !value.is_power_of_two() || bit < LOWEST_TELLING_BIT {
        return None;
    }
    let fact = Fact::new("pte_bit")
        .with("pte", place.map_or(Value::Text("?".to_owned()), Value::Address))
        .with("value", Value::Address(value))
        .with("bit", bit)
        .with("sane", "0")
        .worded("evidence.pte_bit");
    Some(fact.link(place.map_or(Action::Number(value), Action::Pte)))
}

/// A valid entry that names a page beyond the machine's, which one bit less would not. An entry of a device's memory lies
/// there too, but is neither called corrupt nor one that faults.
fn one_bit_more(value: u64, place: Option<u64>, highest: HighestPage) -> Option<Fact> {
    let page = (value & FRAME_BITS) >> 12;
    let mut without = (0..36u32).filter(|bit| page >> bit & 1 != 0).filter(|bit| {
        let left = page & !(1 << bit);
        left != 0 && left <= highest.number
    });
    if value & 1 == 0 || page <= highest.number {
        return None;
    }
    let (bit, None) = (without.next()? + LOWEST_TELLING_BIT, without.next()) else { return None };
    let fact = Fact::new("pte_bit")
        .with("pte", place.map_or(Value::Text("?".to_owned()), Value::Address))
        .with("value", Value::Address(value))
        .with("bit", bit)
        .with("sane", Value::Address(value & !(1 << bit)))
        .with("pfn", Value::Hex(page))
        .with("highest", Value::Hex(highest.number))
        .worded("evidence.pte_bit_more");
    Some(fact.link(place.map_or(Action::Number(value), Action::Pte)))
}

/// The entries of the address that could not be accessed, where the dump holds them.
fn own_entry(crash: &Crash<'_>, scene: &Scene, highest: Option<HighestPage>) -> Option<Fact> {
    let fault = scene.fault.as_ref().filter(|fault| matches!(fault.access, Access::Read | Access::Write))?;
    let address = fault.address?;
    let space = PteSpace::of(crash.scope.target())?;
    for level in (0..4).rev() {
        let at = space.entry(address, level);
        let Ok(entry) = crash.scope.memory().u64(at) else { continue };
        if let Some(fact) = one_bit(entry, Some(at)).or_else(|| one_bit_more(entry, Some(at), highest?)) {
            return Some(fact);
        }
        if is_garbage(entry, highest?) {
            return Some(garbage(address, at, entry));
        }
    }
    None
}

/// A valid entry with a page far beyond the machine's, or with bits that processors without five levels reserve.
fn is_garbage(entry: u64, highest: HighestPage) -> bool {
    const RESERVED: u64 = 0x000f_0000_0000_0000;
    let page = (entry & FRAME_BITS) >> 12;
    let beyond = page > highest.number && (page & !(page ^ highest.number)).count_ones() < page.count_ones();
    let wild = page >> (64 - highest.number.leading_zeros()).min(40);
    entry & 1 != 0 && beyond && (entry & RESERVED != 0 || wild.count_ones() > 1)
}

/// The entry and the page's own record, which names another entry (0x1A with 0x402).
fn disagrees(crash: &Crash<'_>) -> Option<Fact> {
    let [kind, pte, value, other] = crash.header.bug_check_parameters;
    if crash.code() != MEMORY_MANAGEMENT || kind != DISAGREES || (pte ^ other).is_power_of_two() {
        return None;
    }
    // Entries of sections lie in pool; those of an address in the page tables.
    let space = PteSpace::of(crash.scope.target());
    let is_outside = space.is_some_and(|space| !space.contains(pte) && !space.contains(other));
    let wording = if is_outside { "evidence.pte_disagrees_outside" } else { "evidence.pte_disagrees" };
    Some(
        Fact::new("pte_disagrees")
            .with("pte", Value::Address(pte))
            .with("value", Value::Address(value))
            .with("pfn", Value::Hex((value & FRAME_BITS) >> 12))
            .with("other", Value::Address(other))
            .worded(wording)
            .link(Action::Pte(pte)),
    )
}

/// An entry on the stack, or in a register, whose page the machine has not, and which explains the address of the fault:
/// its slot in the PFN database. Without its highest bit the page is one of the machine's.
fn pfn_flip(crash: &Crash<'_>, scene: &Scene, highest: Option<HighestPage>) -> Option<Fact> {
    let (fault, highest) = (scene.fault.as_ref()?, highest?);
    let address = fault.address?;
    let mut bytes = vec![0u8; STACK];
    let (read, _) = crash.scope.memory().read_partial(fault.sp & !7, &mut bytes);
    let stack = (0..read / 8).filter_map(|index| {
        let place = (fault.sp & !7) + index as u64 * 8;
        Some((format!("{place:016x}"), Some(place), bounded::u64_at(&bytes, index * 8)?))
    });
    let registers = (0u8..)
        .zip(GENERAL_NAMES)
        .filter_map(|(number, name)| Some((name.to_owned(), None, fault.registers.general(number).known()?)));
    let (place, at, value) = registers.chain(stack).find(|(_, _, value)| {
        let page = (value & FRAME_BITS) >> 12;
        // Valid, accessed; no words of other kinds have both bits and fit the database.
        value & 0x21 == 0x21
            && page > highest.number
            && address.wrapping_sub(page * PFN_ENTRY) % SLOT < PFN_ENTRY
    })?;
    let page = (value & FRAME_BITS) >> 12;
    let bit = 63 - page.leading_zeros();
    let sane = page ^ (1 << bit);
    (sane <= highest.number).then(|| {
        Fact::new("pfn_flip")
            .with("value", Value::Address(value))
            .with("where", place)
            .with("pfn", Value::Hex(page))
            .with("sane", Value::Hex(sane))
            .with("bit", bit + 12)
            .with("highest", Value::Hex(highest.number))
            .with("address", Value::Address(address))
            .with("base", Value::Address(address.wrapping_sub(page * PFN_ENTRY) & !(SLOT - 1)))
            .worded("evidence.pfn_flip")
            .link(at.map_or(Action::Number(value), Action::Pointers))
    })
}
