//! Texts that the program brings along: packed by `assets/build.rs`, unpacked when the first of a pack is read.

use super::pack::Pack;
use std::collections::HashMap;
use std::sync::OnceLock;

/// A pack of texts.
pub struct Texts {
    packed: &'static [u8],
    unpacked: OnceLock<HashMap<String, String>>,
}

/// The pack of the folder or file of that name in `assets`.
macro_rules! texts {
    ($name:literal) => {
        $crate::util::texts::Texts::new(include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".pack")))
    };
}
pub(crate) use texts;

impl Texts {
    /// The texts of a pack (`util::pack`).
    pub const fn new(packed: &'static [u8]) -> Texts {
        Texts { packed, unpacked: OnceLock::new() }
    }

    /// The text of a file; empty where there is none, which only a damaged build of this program gets to see.
    pub fn get(&self, file: &str) -> &str {
        let all = self.unpacked.get_or_init(|| self.unpack().unwrap_or_default());
        all.get(file).map_or("", String::as_str)
    }

    fn unpack(&self) -> Option<HashMap<String, String>> {
        let mut pack = Pack::open(self.packed).ok()?;
        let mut all = HashMap::new();
        while let Some((name, bytes)) = pack.next_of(|_| true).ok()? {
            all.insert(name, String::from_utf8(bytes).ok()?);
        }
        Some(all)
    }
}
