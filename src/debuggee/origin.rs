//! Who made a module: Windows or somebody else, and by what that is known.

use super::modules::{Module, ModuleKind};
use super::target::Target;
use crate::dump::Machine;
use crate::symbols::pe::Directory;
use crate::util::filetime::unix_seconds;
use crate::util::texts::{Texts, texts};
use std::collections::HashSet;
use std::sync::OnceLock;

/// The names of the kernel modules that come with Windows and are Microsoft's, without extensions: from the module lists of
/// machines, from what Windows has in `System32\drivers`, and from which drivers Windows' cumulative updates build anew.
/// Drivers of other makers that Windows brings along (`e1g6032e`, `amdgpio2`, `3ware`, `mlx4_bus`, `secdrv`) are not in it:
/// who asks for third-party drivers wants to know whose code it is and whom to ask, not how it came to the machine.
static INBOX: Texts = texts!("inbox");
/// Families of names: the kernel's debugger transports; Bluetooth profiles; Defender's driver, whose name ends in digits.
const INBOX_FAMILIES: [&str; 4] = ["kd_", "mcupdate_", "microsoft_bluetooth_", "mpksl"];
/// How the copies of the storage driver are called that write dumps and hibernation files.
const COPIES: [&str; 2] = ["dump_", "hiber_"];

/// Who made a module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Maker {
    /// It came with Windows.
    Windows,
    /// A copy of a storage driver, which only writes dumps or hibernation files.
    Copy,
    /// Somebody else.
    ThirdParty,
    /// Nothing decides.
    Unknown,
}

/// By what it is known who made a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MakerEvidence {
    /// The company in its version resource.
    Company(String),
    /// Its name, which is on the list of what comes with Windows, or is not.
    Name,
    /// Its name is not on the list, but its time stamp is a hash, as those of Windows' own builds are.
    Stamp,
    /// It is a program's module, of which there is no list.
    Nothing,
}

/// Who made a module, and by what that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Who.
    pub maker: Maker,
    /// By what.
    pub evidence: MakerEvidence,
}

/// Characters that Windows keeps of the file name of a module that it unloads.
const KEPT_OF_UNLOADED: usize = 12;

/// 2000-01-01: earlier than Windows XP, of which 32-bit dumps may be.
const EARLIEST: u32 = 946_684_800;
/// 2003-04-22: the first processor with the x64 instructions was sold; drivers for them, or for ARM64, are not older.
const EARLIEST_64: u32 = 1_050_969_600;
/// 2015-01-01, before the first release of Windows 10 (build 10240): none of its kernels is older.
const EARLIEST_TEN: u32 = 1_420_070_400;
const TEN: u32 = 10_240;
/// How far the clock of a computer that builds may be ahead of one that crashes.
const DAY: u64 = 86_400;

impl Target {
    /// Who made a module: by its name if that is one of Windows' own, else by its version resource where the dump or an
    /// image holds that.
    pub fn origin(&self, module: &Module) -> Origin {
        let by = |maker, evidence| Origin { maker, evidence };
        let name = module.name.to_ascii_lowercase();
        if self.kernel_base() == Some(module.base) {
            return by(Maker::Windows, MakerEvidence::Name);
        }
        if COPIES.iter().any(|copy| name.starts_with(copy)) {
            return by(Maker::Copy, MakerEvidence::Name);
        }
        // A name of Windows' own counts for more than what a resource says: nobody is to be blamed for looking foreign.
        let is_listed = module.kind == ModuleKind::Kernel && is_listed(&name);
        if let Some(company) = self.company(module).filter(|_| !is_listed) {
            let maker = if company.starts_with("Microsoft") { Maker::Windows } else { Maker::ThirdParty };
            return by(maker, MakerEvidence::Company(company));
        }
        match is_listed {
            _ if module.kind == ModuleKind::User => by(Maker::Unknown, MakerEvidence::Nothing),
            true => by(Maker::Windows, MakerEvidence::Name),
            false if self.stamp_is_hash(module) => by(Maker::Unknown, MakerEvidence::Stamp),
            false => by(Maker::ThirdParty, MakerEvidence::Name),
        }
    }

    /// Who made a kernel module of which nothing but its file's name is known, as of one that was unloaded. Windows keeps
    /// twelve characters of those names: one that ends there may go on.
    pub fn maker_by_name(file: &str) -> Maker {
        let file = file.to_ascii_lowercase();
        let name = file.rsplit_once('.').map_or(file.as_str(), |(name, _)| name);
        let is_begun = || {
            let kept = file.chars().count() >= KEPT_OF_UNLOADED;
            kept && listed().iter().any(|name| format!("{name}.sys").starts_with(&file))
        };
        match () {
            () if COPIES.iter().any(|copy| name.starts_with(copy)) => Maker::Copy,
            () if is_listed(name) || is_begun() => Maker::Windows,
            () => Maker::ThirdParty,
        }
    }

    /// The company that a module's version resource names.
    fn company(&self, module: &Module) -> Option<String> {
        let version = self.image(module).ok()?.version()?;
        let mut strings = version.tables.iter().flat_map(|table| &table.strings);
        let (_, company) = strings.find(|(key, _)| key.as_str() == "CompanyName")?;
        Some(company.trim().to_owned()).filter(|company| !company.is_empty())
    }

    /// Whether a module's time stamp is known to be no date but the hash of a reproducible build. Where the image's debug
    /// directory, which says it, cannot be read, a date that cannot be one tells: older than any such code, or later than the
    /// crash.
    pub fn stamp_is_hash(&self, module: &Module) -> bool {
        let Some(value) = module.time_date_stamp.filter(|&value| value != 0) else { return false };
        if let Ok(image) = self.image(module) {
            let has_directory = image.headers().directory(Directory::Debug).is_some();
            if image.is_reproducible() || !has_directory || !image.debug().is_empty() {
                return image.is_reproducible();
            }
        }
        let header = self.header().ok();
        let crash = header.and_then(|header| unix_seconds(header.system_time?));
        let is_ten = header.is_some_and(|header| header.minor_version >= TEN);
        let earliest = match self.machine() {
            _ if is_ten && module.name == "nt" => EARLIEST_TEN,
            Machine::I386 => EARLIEST,
            _ => EARLIEST_64,
        };
        !is_possible(value, earliest, crash)
    }
}

/// The names of Windows' own.
fn listed() -> &'static HashSet<&'static str> {
    static NAMES: OnceLock<HashSet<&str>> = OnceLock::new();
    NAMES.get_or_init(|| INBOX.get("inbox.txt").split_ascii_whitespace().collect())
}

/// Whether a name is one of Windows' own.
fn is_listed(name: &str) -> bool {
    listed().contains(name) || INBOX_FAMILIES.iter().any(|family| name.starts_with(family))
}

/// Whether an image can have been built then, given the time of the crash in seconds since 1970.
fn is_possible(value: u32, earliest: u32, crash: Option<u64>) -> bool {
    value >= earliest && crash.is_none_or(|crash| u64::from(value) <= crash.saturating_add(DAY))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_unloaded_is_told_by_a_name_that_may_be_cut() {
        let makers =
            ["WdFilter.sys", "dump_storpor", "BasicDisplay", "MpKsl0a1b2c3", "BasicDisplat", "Basic.sys"];
        let (inbox, other) = (Maker::Windows, Maker::ThirdParty);
        assert_eq!(makers.map(Target::maker_by_name), [inbox, Maker::Copy, inbox, inbox, other, other]);
    }

    #[test]
    fn a_build_is_no_older_than_its_windows_and_no_younger_than_its_crash() {
        // Crash in September 2017.
        let crash = Some(0x59ba_8548);
        let is_possible = |value, crash| super::is_possible(value, EARLIEST_64, crash);
        assert!(is_possible(0x59ba_8548, crash) && is_possible(0x4a5b_c000, crash));
        assert!(!is_possible(0x1a7b_e8e9, crash) && !is_possible(0x6a1b_92ab, crash));
        assert!(is_possible(0x6a1b_92ab, None));
        // November 2002: there was no x64 yet.
        assert!(!is_possible(0x3dc3_fe93, crash) && super::is_possible(0x3dc3_fe93, EARLIEST, crash));
        // July 2009 is too old for a kernel of Windows 10, September 2017 is not.
        assert!(!super::is_possible(0x4a5b_c000, EARLIEST_TEN, crash));
        assert!(super::is_possible(0x59ba_8548, EARLIEST_TEN, crash));
    }

    #[test]
    fn names_are_told_apart() {
        assert!(
            ["ntfs", "intelppm", "win32kfull", "kd_02_8086", "storport", "nvmedisk", "microsoft_bluetooth_x"]
                .into_iter()
                .all(is_listed)
        );
        assert!(
            ["nvlddmkm", "atikmdag", "rt640x64", "vgk", "wlanflt", "dump_storport"]
                .into_iter()
                .all(|name| !is_listed(name))
        );
        // Windows brings these along, but their makers are LSI, Chelsio, Mellanox, Macrovision, Microsemi, AMD, Intel, Adobe.
        assert!(
            [
                "3ware",
                "cht4iscsi",
                "ndfltr",
                "winmad",
                "winverbs",
                "secdrv",
                "smartsamd",
                "amdgpio2",
                "e1g6032e",
                "atmfd"
            ]
            .into_iter()
            .all(|name| !is_listed(name))
        );
    }
}
