//! Member offsets by build: of 19041 from `facts/layout.tsv`, of others from `facts/heap`.

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

/// The members that one build's types have.
pub struct Table {
    /// The build's number.
    pub build: u32,
    members: HashMap<(&'static str, &'static str), Member>,
}

impl Table {
    /// Reads a list of members, of which `facts/layout.tsv` is one.
    pub fn read(build: u32, text: &'static str) -> Self {
        let hex = |t: &str| u64::from_str_radix(t.trim_start_matches("0x"), 16).unwrap_or(0);
        let members = text
            .lines()
            .skip(1)
            .map(|line| {
                let f: Vec<&'static str> = line.split('\t').collect();
                let bits = f[4].parse().ok().zip(f[5].parse().ok());
                ((f[0], f[1]), Member { offset: hex(f[2]), size: hex(f[3]), bits })
            })
            .collect();
        Self { build, members }
    }

    /// A member, if the build's type has it; nested ones by a dotted path (`Tcb.ApcState.Process` through named types is not
    /// resolved).
    pub fn find(&self, ty: &'static str, name: &'static str) -> Option<Member> {
        self.members.get(&(ty, name)).copied()
    }

    /// A member that it must have.
    pub fn member(&self, ty: &'static str, name: &'static str) -> Member {
        self.find(ty, name).unwrap_or_else(|| panic!("{} has no member {ty}.{name}", self.build))
    }

    /// Offset of a member.
    pub fn off(&self, ty: &'static str, name: &'static str) -> u64 {
        self.member(ty, name).offset
    }

    /// Size of a type.
    pub fn size(&self, ty: &'static str) -> u64 {
        self.off(ty, "(size)")
    }
}

/// The build that all cases have which do not say another.
pub fn common() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| Table::read(19041, include_str!("../facts/layout.tsv")))
}

/// A member in the common build.
pub fn member(ty: &'static str, name: &'static str) -> Member {
    common().member(ty, name)
}

/// Offset of a member.
pub fn off(ty: &'static str, name: &'static str) -> u64 {
    member(ty, name).offset
}

/// Size of a type.
pub fn size(ty: &'static str) -> u64 {
    off(ty, "(size)")
}
