//! Which build of Windows a dump came from.

use crate::dump::Machine;
use crate::util::texts::{Texts, texts};

/// One kernel image that Microsoft shipped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KernelBuild {
    /// File name on the symbol server: `ntoskrnl.exe`, `ntkrla57.exe`.
    pub file: String,
    /// File version, as `10.0.19041.804`.
    pub version: String,
}

/// `arch,file,version,timestamp,size_of_image` of 3,658 kernels, the last two in hexadecimal. Source: the image keys of
/// Microsoft's public symbol server.
static BUILDS: Texts = texts!("nt_builds");

/// The kernel with this time stamp and size of image: the two together name one build.
pub fn kernel_build(machine: Machine, time_date_stamp: u32, size_of_image: u32) -> Option<KernelBuild> {
    let arch = match machine {
        Machine::Amd64 => "amd64",
        Machine::Arm64 => "arm64",
        _ => return None,
    };
    let key = format!("{time_date_stamp:08x},{size_of_image:08x}");
    BUILDS.get("nt_builds.csv").lines().filter(|line| line.starts_with(arch)).find_map(|line| {
        let (front, _) = line.split_once(&key)?;
        let mut columns = front.trim_end_matches(',').split(',').skip(1);
        Some(KernelBuild { file: columns.next()?.to_owned(), version: columns.next()?.to_owned() })
    })
}

/// The marketing name that the debugger's banner gives a build number.
pub fn windows_name(build: u32) -> &'static str {
    match build {
        3790 => "Windows Server 2003",
        6000..=6003 => "Windows Server 2008/Windows Vista",
        7600 | 7601 => "Windows 7",
        9200 => "Windows 8",
        9600 => "Windows 8.1",
        9841.. => "Windows 10",
        _ => "Windows",
    }
}

/// The words for SuiteMask's bits, low bit first, as the banner prints them.
pub fn suite_names(mask: u32) -> Vec<&'static str> {
    const NAMES: &[(u32, &str)] = &[
        (0x0001, "SmallBusiness"),
        (0x0002, "Enterprise"),
        (0x0004, "BackOffice"),
        (0x0008, "CommunicationServer"),
        (0x0010, "TerminalServer"),
        (0x0020, "SmallBusinessRestricted"),
        (0x0040, "EmbeddedNT"),
        (0x0080, "DataCenter"),
        (0x0100, "SingleUserTS"),
        (0x0200, "Personal"),
        (0x0400, "Blade"),
        (0x0800, "EmbeddedRestricted"),
        (0x1000, "SecurityAppliance"),
        (0x2000, "StorageServer"),
        (0x4000, "ComputeServer"),
        (0x8000, "HomeServer"),
    ];
    NAMES.iter().filter(|(bit, _)| mask & bit != 0).map(|(_, name)| *name).collect()
}

/// The banner's word for ProductType.
pub fn product_name(product: u32) -> &'static str {
    match product {
        1 => "WinNt",
        2 => "LanManNt",
        3 => "Server",
        _ => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_kernel_is_named_exactly() {
        let build = kernel_build(Machine::Amd64, 0x54be_00cf, 0x0080_b000).expect("in the table");
        assert_eq!((build.file.as_str(), build.version.as_str()), ("ntoskrnl.exe", "10.0.9926.0"));
        assert_eq!(kernel_build(Machine::Arm64, 0x54be_00cf, 0x0080_b000), None);
        assert_eq!(kernel_build(Machine::Amd64, 1, 2), None);
    }

    #[test]
    fn suites_in_the_order_of_their_bits() {
        assert_eq!(suite_names(0x310), ["TerminalServer", "SingleUserTS", "Personal"]);
    }
}
