//! Pool tags: four characters by which a driver marks what it allocates.

use std::fmt;

/// Set in tags of blocks that must be freed with the tag that they were allocated with (PROTECTED_POOL, wdm.h).
const PROTECTED: u32 = 0x8000_0000;

/// A tag as it stands in a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PoolTag(pub u32);

impl PoolTag {
    /// The tag of these four bytes, in the order in which they stand in memory.
    pub fn of(bytes: [u8; 4]) -> PoolTag {
        PoolTag(u32::from_le_bytes(bytes))
    }

    /// Its four bytes, as they stand in memory.
    pub fn bytes(self) -> [u8; 4] {
        self.0.to_le_bytes()
    }

    /// Whether the bit is set that protects a block from being freed with another tag.
    pub fn is_protected(self) -> bool {
        self.0 & PROTECTED != 0
    }

    /// The same without that bit.
    #[must_use]
    pub fn unprotected(self) -> PoolTag {
        PoolTag(self.0 & !PROTECTED)
    }

    /// Whether it looks like one that a programmer chose: visible characters, blanks only at the end. Bytes of something
    /// else rarely do.
    pub fn is_plausible(self) -> bool {
        let bytes = self.unprotected().bytes();
        let visible = bytes.iter().rposition(|byte| *byte != b' ' && *byte != 0).map_or(0, |last| last + 1);
        visible > 0 && bytes.iter().take(visible).all(|byte| byte.is_ascii_graphic() || *byte == b' ')
    }
}

impl fmt::Display for PoolTag {
    /// Its characters; a dot for what has none.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |byte: u8| if byte.is_ascii_graphic() || byte == b' ' { char::from(byte) } else { '.' };
        self.bytes().into_iter().try_for_each(|byte| write!(f, "{}", shown(byte)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_reads_as_its_bytes_stand_in_memory() {
        // Kernel modules hold tags as numbers: 0x636f7250 is the tag of processes (debugger documentation of !poolfind).
        assert_eq!(PoolTag(0x636f_7250).to_string(), "Proc");
        assert_eq!(PoolTag::of(*b"Vad ").to_string(), "Vad ");
        assert_eq!(PoolTag(0xe36f_7250).unprotected(), PoolTag::of(*b"Proc"));
        assert!(PoolTag(0xe36f_7250).is_protected());
    }

    #[test]
    fn bytes_of_something_else_are_no_tag() {
        assert!(PoolTag::of(*b"Io  ").is_plausible());
        assert!(!PoolTag::of([0, 0, 0, 0]).is_plausible());
        assert!(!PoolTag::of([b'A', 0, b'B', 0]).is_plausible());
        assert!(!PoolTag::of([0x80, b'x', b'y', b'z']).is_plausible());
    }
}
