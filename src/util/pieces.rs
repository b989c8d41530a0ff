//! Pieces of text among bytes of which nothing is known.

/// Unbroken words have letters; of what is kept as text at least half must be letters or digits.
const HALF: usize = 2;

/// All pieces of text in the order of their places, with their least and most letters.
pub fn pieces(bytes: &[u8], shortest: usize, longest: usize) -> Vec<String> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let rest = bytes.get(at..).unwrap_or_default();
        let narrow = rest.iter().take_while(|byte| is_text(**byte)).count();
        let wide = rest.chunks_exact(2).take_while(|pair| matches!(pair, [low, 0] if is_text(*low))).count();
        let (text, taken): (String, usize) = if wide >= shortest {
            (rest.iter().step_by(2).take(wide).map(|&byte| char::from(byte)).collect(), 2 * wide)
        } else {
            (rest.iter().take(narrow).map(|&byte| char::from(byte)).collect(), narrow.max(1))
        };
        let text = text.trim();
        let words = text.chars().filter(char::is_ascii_alphanumeric).count();
        if text.len() >= shortest && words * HALF >= text.len() {
            found.push(text.chars().take(longest).collect());
        }
        at += taken;
    }
    found
}

fn is_text(byte: u8) -> bool {
    (0x20..=0x7e).contains(&byte)
}
