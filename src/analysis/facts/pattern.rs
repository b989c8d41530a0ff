//! Values that are no address by their looks: text, and what memory is filled with.

use super::scene::{Access, Scene};
use super::text::in_bytes;
use super::{Fact, Value};
use crate::output::Action;
use crate::words::Message;

/// What debug heaps, verifiers and drivers fill memory with that is free or not set yet, besides one byte repeated.
const FILLS: [u32; 4] = [0xfeee_feee, 0xbad0_b0b0, 0xdead_beef, 0xbaad_f00d];

/// Whether a value is what memory was filled with: one byte eight times, or a known word twice.
pub fn is_fill(value: u64) -> bool {
    let bytes = value.to_le_bytes();
    let is_byte = bytes.iter().all(|byte| *byte == bytes[0]) && !matches!(bytes[0], 0 | 0xff);
    is_byte || FILLS.iter().any(|&fill| value == u64::from(fill) << 32 | u64::from(fill))
}

/// The word in the lower half of an address that is one of those which memory is marked with.
pub fn half_fill(value: u64) -> Option<u32> {
    let low = FILLS.iter().find(|&&fill| u64::from(fill) == value & 0xffff_ffff)?;
    (!is_fill(value) && value >> 32 != 0).then_some(*low)
}

/// What a value that is no address looks like: ` (its bytes are the text "562")`. `None` for what looks like nothing.
pub fn looks(value: u64) -> Option<Message> {
    let text = in_bytes(value).map(|text| Message::new("fault.looks_text").with("text", text));
    text.or_else(|| is_fill(value).then(|| Message::new("fault.looks_fill")))
}

/// `trashed`: a register that the faulting instruction took for a pointer, and that looks like something else.
pub(super) fn facts(scene: &Scene) -> Option<Fact> {
    let fault = scene.fault.as_ref()?;
    if !matches!(fault.access, Access::Read | Access::Write | Access::Protection) {
        return None;
    }
    let operand = fault.operand.as_ref()?;
    let reaches = |at: u64| fault.address.is_none_or(|address| address.wrapping_sub(at) < operand.size);
    let known = operand.registers.iter().filter_map(|(name, value)| Some((name.clone(), (*value)?)));
    let known = known.filter(|_| operand.address.is_some_and(reaches));
    let solved = operand.missing.clone().zip(fault.address);
    let solved = solved.map(|((name, rest), address)| (name, address.wrapping_sub(rest)));
    let (register, value, looks) =
        known.chain(solved).find_map(|(name, value)| Some((name, value, looks(value)?)))?;
    Some(
        Fact::new("trashed")
            .with("register", register)
            .with("value", Value::Address(value))
            .with("looks", looks)
            .worded("evidence.trashed")
            .link(Action::Number(value)),
    )
}

#[cfg(test)]
mod tests {
    use super::is_fill;

    #[test]
    fn fills_are_told_from_addresses_and_numbers() {
        for fill in
            [0xdede_dede_dede_dede, 0x6b6b_6b6b_6b6b_6b6b, 0xfeee_feee_feee_feee, 0xbad0_b0b0_bad0_b0b0]
        {
            assert!(is_fill(fill), "{fill:x}");
        }
        for other in [0, u64::MAX, 0xffff_b78e_7a62_9000, 0xdead_beef, 0x2_0000_0068] {
            assert!(!is_fill(other), "{other:x}");
        }
    }
}
