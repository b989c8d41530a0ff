//! Code that differs from its image file, where one was found on the image or symbol path.

use super::modules::described;
use super::scene::Scene;
use super::{Crash, Fact, Value};
use crate::memory::Memory;
use crate::output::Action;
use crate::util::bounded;

/// CRITICAL_STRUCTURE_CORRUPTION: what it is about stands in its third parameter for functions that were changed.
const CRITICAL_STRUCTURE: u32 = 0x109;
/// Bytes before and behind an instruction that are compared.
const BEFORE: u64 = 16;
const WINDOW: usize = 48;
/// `jmp rel32`, and `jmp [rip+0]` with the address behind it: what hooks are made of.
const JMP: u8 = 0xe9;
const JMP_INDIRECT: [u8; 6] = [0xff, 0x25, 0, 0, 0, 0];

/// `altered`: where the code of the fault, or what PatchGuard names, differs from its file: with `bit` where that is one bit,
/// with the module where a jump was put there that leads into it.
pub(super) fn facts(crash: &Crash<'_>, scene: &Scene) -> Option<Fact> {
    let target = crash.scope.target();
    let named = (crash.code() == CRITICAL_STRUCTURE).then(|| crash.header.bug_check_parameters[2]);
    let at = scene.fault.as_ref().map(|fault| fault.ip).or(named)?;
    let module = target.modules().at(at)?;
    let from = at.saturating_sub(if named == Some(at) { 0 } else { BEFORE }).max(module.base);
    let (memory, images) = (target.memory(), target.memory().images()?);
    // What the file itself stands in for says nothing of memory.
    if memory.is_from_image(from) || memory.is_from_image(from.wrapping_add(WINDOW as u64 - 1)) {
        return None;
    }
    let (mut now, mut file) = ([0u8; WINDOW], [0u8; WINDOW]);
    memory.read(from, &mut now).ok()?;
    images.read(from, &mut file).ok()?;
    let found = difference(&now, &file)?;
    let place = from.wrapping_add(found.first as u64);
    let fact = Fact::new("altered")
        .with("address", Value::Address(place))
        .with("of", super::modules::place(target, place))
        .with("bytes", found.bytes)
        .with("now", hex(now.get(found.first..).unwrap_or_default()))
        .with("file", hex(file.get(found.first..).unwrap_or_default()))
        .maybe("bit", found.bit);
    let leads = jump(&now, found.first, from);
    let fact = match leads.filter(|&to| target.modules().at(to).is_some_and(|to| to.base != module.base)) {
        Some(to) => {
            described(fact.with("leads", Value::Address(to)), target, to).worded("evidence.altered_jump")
        }
        None if found.bit.is_some() => fact.with("origin", "none").worded("evidence.altered_bit"),
        None => fact.with("origin", "none").worded("evidence.altered"),
    };
    Some(fact.link(Action::Code(place)))
}

/// Where bytes differ, and how.
#[derive(Debug, PartialEq, Eq)]
struct Difference {
    first: usize,
    bytes: usize,
    /// The one bit that differs, counted in its byte.
    bit: Option<u32>,
}

fn difference(now: &[u8], file: &[u8]) -> Option<Difference> {
    let wrong: Vec<(usize, u8)> =
        now.iter().zip(file).enumerate().filter_map(|(at, (a, b))| (a != b).then_some((at, a ^ b))).collect();
    let (first, bits) = *wrong.first()?;
    let bit = (wrong.len() == 1 && bits.is_power_of_two()).then(|| bits.trailing_zeros());
    Some(Difference { first, bytes: wrong.len(), bit })
}

/// Where a jump leads that stands at the first changed byte.
fn jump(now: &[u8], first: usize, from: u64) -> Option<u64> {
    let rest = now.get(first..)?;
    match rest {
        [JMP, ..] => {
            let distance = i64::from(bounded::u32_at(rest, 1)?.cast_signed());
            Some(from.wrapping_add(first as u64 + 5).wrapping_add(distance.cast_unsigned()))
        }
        _ if rest.starts_with(&JMP_INDIRECT) => bounded::u64_at(rest, JMP_INDIRECT.len()),
        _ => None,
    }
}

/// The first bytes, as `48 8b 05`.
fn hex(bytes: &[u8]) -> String {
    const SHOWN: usize = 8;
    bytes.iter().take(SHOWN).map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_bit_is_told_from_more() {
        let file = [0x48, 0x8b, 0x05, 0x11];
        assert_eq!(difference(&file, &file), None);
        let one = difference(&[0x48, 0x8b, 0x25, 0x11], &file);
        assert_eq!(one, Some(Difference { first: 2, bytes: 1, bit: Some(5) }));
        let more = difference(&[0x48, 0x8b, 0x26, 0x11], &file);
        assert_eq!(more, Some(Difference { first: 2, bytes: 1, bit: None }));
        assert_eq!(difference(&[0xe9, 0, 0, 0], &file), Some(Difference { first: 0, bytes: 4, bit: None }));
    }

    #[test]
    fn a_jump_leads_where_it_says() {
        let near = [0xe9, 0xfb, 0xff, 0xff, 0xff];
        assert_eq!(jump(&near, 0, 0xffff_f800_0000_1000), Some(0xffff_f800_0000_1000));
        let mut far = JMP_INDIRECT.to_vec();
        far.extend(0xffff_f807_1234_5678u64.to_le_bytes());
        assert_eq!(jump(&far, 0, 0), Some(0xffff_f807_1234_5678));
        assert_eq!(jump(&[0x90; 16], 0, 0), None);
    }
}
