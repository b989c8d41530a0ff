//! The table of bug checks: `assets/bugchecks/*.json`, a file a range of codes, of which only the one that is asked for is
//! unpacked, and of that only the wanted entry is read.

use super::BugCheck;
use crate::util::texts::{Texts, texts};

/// By their lowest code.
static FILES: [(u32, &str, Texts); 6] = [
    (0x1, "001-07f.json", texts!("001-07f")),
    (0x80, "080-0ff.json", texts!("080-0ff")),
    (0x100, "100-13f.json", texts!("100-13f")),
    (0x140, "140-17f.json", texts!("140-17f")),
    (0x180, "180-fff.json", texts!("180-fff")),
    (0x1000, "1000-up.json", texts!("1000-up")),
];

/// The entry of a code.
pub(super) fn entry(code: u32) -> Option<BugCheck> {
    let (_, name, texts) = FILES.iter().rev().find(|(first, ..)| *first <= code)?;
    serde_json::from_str(text_of(texts.get(name), code)?).ok()
}

/// The text of an entry: its brace opens a line and its code opens the next.
fn text_of(file: &str, code: u32) -> Option<&str> {
    let (_, behind) = file.split_once(&format!("\n{{\n  \"code\": \"0x{code:X}\","))?;
    let start = file.len() - behind.len();
    let start = file.get(..start)?.rfind("\n{")?;
    let entry = file.get(start..)?.trim_start();
    let end = entry.find("},\n{\n").or_else(|| entry.find("}\n]"))?;
    entry.get(..=end)
}
