//! Member offsets of build 19041, from `facts/layout.tsv`.

use std::collections::HashMap;
use std::sync::OnceLock;

/// Where a member is.
#[derive(Clone, Copy)]
pub struct Member {
    /// Offset in its type, bytes.
    pub offset: u64,
    /// Size in bytes.
    pub size: u64,
    /// First bit and number of bits, for a bit field.
    pub bits: Option<(u32, u32)>,
}

fn table() -> &'static HashMap<(&'static str, &'static str), Member> {
    static TABLE: OnceLock<HashMap<(&'static str, &'static str), Member>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let hex = |t: &str| u64::from_str_radix(t.trim_start_matches("0x"), 16).unwrap_or(0);
        include_str!("../facts/layout.tsv")
            .lines()
            .skip(1)
            .map(|line| {
                let f: Vec<&'static str> = line.split('\t').collect();
                let bits = f[4].parse().ok().zip(f[5].parse().ok());
                ((f[0], f[1]), Member { offset: hex(f[2]), size: hex(f[3]), bits })
            })
            .collect()
    })
}

/// A member; nested ones by a dotted path (`Tcb.ApcState.Process` through named types is not resolved).
pub fn member(ty: &'static str, name: &'static str) -> Member {
    *table().get(&(ty, name)).unwrap_or_else(|| panic!("no member {ty}.{name}"))
}

/// Offset of a member.
pub fn off(ty: &'static str, name: &'static str) -> u64 {
    member(ty, name).offset
}

/// Size of a type.
pub fn size(ty: &'static str) -> u64 {
    off(ty, "(size)")
}
