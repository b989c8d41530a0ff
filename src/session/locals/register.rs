//! Registers by CodeView's numbers, as far as a frame knows them.

use crate::symbols::registers::amd64_name;
use crate::unwind::{Frame, GENERAL_NAMES};
use crate::util::bounded::slice;

pub(super) fn memory_address(register: u16, offset: i32, frame: &Frame) -> Option<u64> {
    let value = frame.register(&amd64_name(register)?)?.known()?;
    Some(value.wrapping_add_signed(i64::from(offset)))
}

/// What a frame knows of a register, by CodeView's number: a part of one is cut out of the whole.
pub(super) fn register_bytes(number: u16, frame: &Frame) -> Option<Vec<u8>> {
    let name = amd64_name(number)?;
    if let Some(xmm) = name.strip_prefix("xmm").and_then(|digits| digits.parse::<u8>().ok()) {
        return Some(frame.registers.xmm(xmm).known()?.to_le_bytes().to_vec());
    }
    let (whole, shift, size) = whole_register(&name)?;
    let value = frame.register(&whole)?.known()?;
    slice(&value.to_le_bytes(), shift, size).map(<[u8]>::to_vec)
}

/// The 64-bit register that a name belongs to, and which of its bytes it means.
fn whole_register(name: &str) -> Option<(String, usize, usize)> {
    if GENERAL_NAMES.contains(&name) {
        return Some((name.to_owned(), 0, 8));
    }
    let numbered = name.starts_with('r');
    if numbered {
        let (digits, size) = match name.as_bytes().last()? {
            b'd' => (name.strip_suffix('d')?, 4),
            b'w' => (name.strip_suffix('w')?, 2),
            b'b' => (name.strip_suffix('b')?, 1),
            _ => return None,
        };
        return Some((digits.to_owned(), 0, size));
    }
    if let Some(word) = name.strip_prefix('e') {
        return Some((format!("r{word}"), 0, 4));
    }
    let (stem, last) = name.split_at_checked(name.len() - 1)?;
    match (stem.len(), last) {
        (1, "l") => Some((format!("r{stem}x"), 0, 1)),
        (1, "h") => Some((format!("r{stem}x"), 1, 1)),
        (2, "l") => Some((format!("r{stem}"), 0, 1)),
        _ => Some((format!("r{name}"), 0, 2)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_registers() {
        let whole = |name| whole_register(name).expect("a register");
        assert_eq!(whole("rbx"), ("rbx".into(), 0, 8));
        assert_eq!(whole("ebx"), ("rbx".into(), 0, 4));
        assert_eq!(whole("bx"), ("rbx".into(), 0, 2));
        assert_eq!(whole("bl"), ("rbx".into(), 0, 1));
        assert_eq!(whole("bh"), ("rbx".into(), 1, 1));
        assert_eq!(whole("sil"), ("rsi".into(), 0, 1));
        assert_eq!(whole("r12d"), ("r12".into(), 0, 4));
        assert_eq!(whole("di"), ("rdi".into(), 0, 2));
    }
}
