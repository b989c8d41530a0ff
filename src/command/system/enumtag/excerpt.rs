//! The text in a block of bytes of which nothing is known: the first pieces say who wrote it, the last what happened last.

use crate::util::pieces::pieces;

/// Shorter pieces are chance.
const SHORTEST: usize = 6;
/// Letters that are shown of one piece.
const LONGEST: usize = 100;
/// Pieces that are shown from the front, and from the end.
const FRONT: usize = 2;
const BACK: usize = 2;
/// Only this much of each end of a block is looked through.
const WINDOW: usize = 0x1_0000;

/// The first and last pieces of text, ASCII or UTF-16.
pub(super) fn texts(data: &[u8]) -> Vec<String> {
    let front = data.get(..data.len().min(WINDOW)).unwrap_or(data);
    let back = data.get(front.len().max(data.len().saturating_sub(WINDOW))..).unwrap_or_default();
    let mut found = pieces(front, SHORTEST, LONGEST);
    found.extend(pieces(back, SHORTEST, LONGEST));
    found.dedup();
    if found.len() > FRONT + BACK {
        found.drain(FRONT..found.len() - BACK);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_found_in_both_forms_and_from_both_ends() {
        let mut data = vec![0u8, 1, 2];
        data.extend(b"storport.sys\0\x01\x02ab\0!!??!!??\0");
        data.extend("second one".encode_utf16().flat_map(u16::to_le_bytes));
        data.extend([0, 0, 7]);
        for number in 0..20 {
            data.extend(format!("entry {number}\0").bytes());
        }
        assert_eq!(texts(&data), ["storport.sys", "second one", "entry 18", "entry 19"]);
        assert_eq!(texts(&[0; 100]), [] as [&str; 0]);
        let long = texts(&[b'x'; 0x4_0000]);
        assert_eq!(long.iter().map(String::len).collect::<Vec<_>>(), [LONGEST]);
    }
}
