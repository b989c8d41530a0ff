//! MMVAD: a range of a process's address space.

use crate::debuggee::{Lack, Object, Scope};
use std::fmt;

/// A range of an address space. Every getter reads one fact and says why where it cannot.
#[derive(Clone)]
pub struct Vad<'s> {
    short: Object<'s>,
    /// How many nodes of the tree stand above it.
    level: u64,
}

/// MI_VAD_TYPE: what a range is besides private or mapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VadType(u64);

impl VadType {
    /// An image.
    pub const IMAGE: VadType = VadType(2);
    /// Physical memory that a driver mapped: no section stands behind it.
    pub const PHYSICAL: VadType = VadType(1);

    /// The debugger's short word for it; none for ordinary memory.
    pub fn word(self) -> Option<&'static str> {
        let words = ["Phys", "Exe", "Awe", "WrtWatch", "LargePag", "Rotate", "LargePagSec"];
        usize::try_from(self.0).ok().and_then(|kind| words.get(kind.checked_sub(1)?).copied())
    }

    /// Windows' own name for it.
    pub fn name(self) -> Option<&'static str> {
        let names = [
            "VadNone",
            "VadDevicePhysicalMemory",
            "VadImageMap",
            "VadAwe",
            "VadWriteWatch",
            "VadLargePages",
            "VadRotatePhysical",
            "VadLargePageSection",
        ];
        usize::try_from(self.0).ok().and_then(|kind| names.get(kind).copied())
    }
}

impl From<u64> for VadType {
    fn from(value: u64) -> VadType {
        VadType(value)
    }
}

/// A protection in five bits, as ranges and page table entries keep it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Protection(u64);

impl From<u64> for Protection {
    fn from(value: u64) -> Protection {
        Protection(value)
    }
}

impl fmt::Display for Protection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let access = [
            "NO_ACCESS",
            "READONLY",
            "EXECUTE",
            "EXECUTE_READ",
            "READWRITE",
            "WRITECOPY",
            "EXECUTE_READWRITE",
            "EXECUTE_WRITECOPY",
        ];
        let name = usize::try_from(self.0 & 7).ok().and_then(|at| access.get(at)).unwrap_or(&"?");
        // A guard of no access is how no access at all is kept.
        match (self.0 >> 3, self.0 & 7) {
            (3, 0) => f.write_str("NO_ACCESS"),
            (0, _) => f.write_str(name),
            (1, _) => write!(f, "{name}, NOCACHE"),
            (2, _) => write!(f, "{name}, GUARD"),
            (3, _) => write!(f, "{name}, WRITECOMBINE"),
            _ => write!(f, "unknown protection {:#x}", self.0),
        }
    }
}

/// Where a node of the tree keeps its children: since Windows 8.1, in Windows 8, and before.
const CHILDREN: [(&str, &str); 3] = [
    ("VadNode.Left", "VadNode.Right"),
    ("VadNode.LeftChild", "VadNode.RightChild"),
    ("LeftChild", "RightChild"),
];

impl<'s> Vad<'s> {
    /// The range whose MMVAD lies at an address.
    ///
    /// # Errors
    /// Where no layout of `_MMVAD_SHORT` is at hand, or the dump contradicts it.
    pub fn at(scope: &'s Scope<'s>, address: u64) -> Result<Vad<'s>, Lack> {
        Ok(Vad { short: scope.object("nt!_MMVAD_SHORT", address)?, level: 0 })
    }

    /// The ranges of the tree under a node, by address; what is wrong with the tree comes among them.
    ///
    /// # Errors
    /// Where the types are not known.
    pub fn under(
        scope: &'s Scope<'s>,
        root: u64,
    ) -> Result<impl Iterator<Item = Result<Vad<'s>, Lack>> + use<'s>, Lack> {
        let nodes = scope.tree("nt!_MMVAD_SHORT", root, &CHILDREN)?;
        Ok(nodes.map(|node| node.map(|node| Vad { short: node.object, level: node.depth })))
    }

    /// Address of the MMVAD.
    pub fn address(&self) -> u64 {
        self.short.address()
    }

    /// How many nodes of the tree stand above it.
    pub fn level(&self) -> u64 {
        self.level
    }

    /// Its first page: the address without its low twelve bits.
    pub fn start(&self) -> Result<u64, Lack> {
        self.page("StartingVpn")
    }

    /// Its last page.
    pub fn end(&self) -> Result<u64, Lack> {
        self.page("EndingVpn")
    }

    fn page(&self, member: &str) -> Result<u64, Lack> {
        let low = self.short.field(member)?.u64()?;
        // 32 bits and more of them elsewhere since Windows 8; a whole word before.
        let high = self.optional(&[&format!("{member}High")])?;
        let higher = self.optional(&[&format!("{member}Higher"), &format!("u5.{member}Higher")])?;
        Ok(low | high << 32 | higher << 40)
    }

    /// A member that not every build has: 0 where there is none.
    fn optional(&self, paths: &[&str]) -> Result<u64, Lack> {
        match self.short.first_of(paths) {
            Ok(member) => member.u64(),
            Err(Lack::NoMember { .. }) => Ok(0),
            Err(why) => Err(why),
        }
    }

    fn flag(&self, member: &str) -> Result<u64, Lack> {
        let (inner, plain) = (format!("u.VadFlags.{member}"), format!("VadFlags.{member}"));
        self.short.first_of(&[&inner, &plain])?.u64()
    }

    /// Whether its memory is the process's own, not a section's.
    pub fn is_private(&self) -> Result<bool, Lack> {
        Ok(self.flag("PrivateMemory")? != 0)
    }

    /// What it is besides that.
    pub fn kind(&self) -> Result<VadType, Lack> {
        self.flag("VadType").map(VadType)
    }

    /// The protection that it was made with.
    pub fn protection(&self) -> Result<Protection, Lack> {
        self.flag("Protection").map(Protection)
    }

    /// Pages that are charged for it.
    pub fn commit(&self) -> Result<u64, Lack> {
        // 31 bits beside a flag, with eight more elsewhere; a whole word of 32 in the newest builds; 51 before Windows 8.
        if let Ok(whole) = self.short.field("CommitCharge") {
            return Ok(whole.u64()? | self.optional(&["CommitChargeHigh"])? << 32);
        }
        match self.short.first_of(&["u1.VadFlags1.CommitCharge", "VadFlags1.CommitCharge"]) {
            Ok(low) => Ok(low.u64()? | self.optional(&["CommitChargeHigh"])? << 31),
            Err(Lack::NoMember { .. }) => self.flag("CommitCharge"),
            Err(why) => Err(why),
        }
    }

    /// The long form of the structure, which ranges have that are not private.
    fn long(&self) -> Result<Object<'s>, Lack> {
        self.short.scope().object("nt!_MMVAD", self.address())
    }

    /// The first and the last prototype page table entry of a mapped range.
    pub fn prototypes(&self) -> Result<(u64, u64), Lack> {
        let long = self.long()?;
        Ok((long.field("FirstPrototypePte")?.u64()?, long.field("LastContiguousPte")?.u64()?))
    }

    /// MMVAD_FLAGS2 of a mapped range: among others where in the file it begins, in units of 64 KB.
    pub fn file_offset(&self) -> Result<u64, Lack> {
        let long = self.long()?;
        long.first_of(&["u2.VadFlags2.FileOffset", "VadFlags2.FileOffset"])?.u64()
    }

    /// The control area of the section that it shows; [`Lack::Null`] where no section stands behind it.
    pub fn control_area(&self) -> Result<Object<'s>, Lack> {
        // Ranges had a pointer of their own to it before Windows Vista.
        match self.long()?.field("Subsection") {
            Ok(subsection) => {
                subsection.pointee_as("nt!_SUBSECTION")?.field("ControlArea")?.pointee_as("nt!_CONTROL_AREA")
            }
            Err(_) => self.long()?.field("ControlArea")?.pointee_as("nt!_CONTROL_AREA"),
        }
    }

    /// The file that it shows, as its volume names it: `\Windows\System32\ntdll.dll`; [`Lack::Null`] for the page file.
    pub fn file(&self) -> Result<String, Lack> {
        file_of(&self.control_area()?)?.field("FileName")?.text()
    }

    /// Pages that are charged for a section in the page file.
    pub fn shared_commit(&self) -> Result<u64, Lack> {
        let segment = self.control_area()?.field("Segment")?.pointee_as("nt!_SEGMENT")?;
        segment.field("NumberOfCommittedPages")?.u64()
    }
}

/// The FILE_OBJECT of a control area; [`Lack::Null`] for sections in the page file.
fn file_of<'s>(area: &Object<'s>) -> Result<Object<'s>, Lack> {
    area.field("FilePointer")?.fast_ref("nt!_FILE_OBJECT")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names of public transcripts of `!vad`; numbers of MM_PROTECTION_MASK in the public material on page tables.
    #[test]
    fn protections_and_types_have_the_debuggers_names() {
        for (bits, name) in [
            (0x18, "NO_ACCESS"),
            (1, "READONLY"),
            (4, "READWRITE"),
            (7, "EXECUTE_WRITECOPY"),
            (0x14, "READWRITE, GUARD"),
            (0xc, "READWRITE, NOCACHE"),
        ] {
            assert_eq!(Protection::from(bits).to_string(), name);
        }
        assert_eq!(VadType::IMAGE.word(), Some("Exe"));
        assert_eq!((VadType::from(0).word(), VadType::from(0).name()), (None, Some("VadNone")));
        assert_eq!((VadType::from(9).word(), VadType::from(9).name()), (None, None));
    }
}
