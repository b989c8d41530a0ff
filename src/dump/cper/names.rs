//! Names of the GUIDs and bits of records: UEFI specification, appendix N, and the public headers of the driver kit
//! (`ntddk.h`) for Windows' own.

use crate::util::guid::Guid;

pub(super) const GENERIC_PROCESSOR: u128 = 0x9876ccad_47b4_4bdb_b65e_16f193c4f3db;
pub(super) const XPF_PROCESSOR: u128 = 0xdc3ea0b0_a144_4797_b95b_53fa242b6e1d;
pub(super) const MCA: u128 = 0x8a1e1d01_42f9_4557_9c33_565e5cc3f7e8;
pub(super) const MEMORY: u128 = 0xa5bc1114_6f64_4ede_b863_3e83ed7c83b1;
pub(super) const PCIE: u128 = 0xd995e954_bbc1_430f_ad91_b44dcb3c6f35;
pub(super) const NMI: u128 = 0xe71254e7_c1b9_4940_ab76_909703a4320f;
pub(super) const FIRMWARE: u128 = 0x81212a96_09ed_4996_9471_8d729c8e69ed;

pub(super) const SECTIONS: [(u128, &str); 14] = [
    (GENERIC_PROCESSOR, "Processor Generic"),
    (XPF_PROCESSOR, "x86/x64 Processor Specific"),
    (MCA, "x86/x64 MCA"),
    (MEMORY, "Memory"),
    (PCIE, "PCI Express"),
    (NMI, "NMI"),
    (FIRMWARE, "Firmware Error Record"),
    (0xc5753963_3b84_4095_bf78_eddad3f9c9dd, "PCI/PCI-X Bus"),
    (0xeb5e4685_ca66_4769_b6a2_26068b001326, "PCI/PCI-X Device"),
    (0xe71254e8_c1b9_4940_ab76_909703a4320f, "Generic"),
    (0xe71254e9_c1b9_4940_ab76_909703a4320f, "WHEA Error Packet"),
    (0xe19e3d16_bc11_11e4_9caa_c2051d5d46b0, "ARM Processor Specific"),
    (0x81687003_dbfd_4728_9ffd_f0904f97597d, "Persistent Memory"),
    (0xc34832a1_02c3_4c52_a9f1_9f1d5d7723fc, "Error Recovery Information"),
];

const NOTIFY_TYPES: [(u128, &str); 13] = [
    (0xe8f56ffe_919c_4cc5_ba88_65abe14913bb, "Machine Check Exception"),
    (0x2dce8bb1_bdd7_450e_b9ad_9cf4ebd4f890, "Corrected Machine Check"),
    (0x919448b2_3739_4b7f_a8f1_e0062805c2a3, "Corrected Machine Check Interrupt"),
    (0x4e292f96_d843_4a55_a8c2_d481f27ebeee, "Corrected Platform Error"),
    (0xcc5263e8_9308_454a_89d0_340bd39bc98e, "INIT"),
    (0x5bad89ff_b7e6_42c9_814a_cf2485d6e98a, "NMI"),
    (0xcf93c01f_1a16_4dfc_b8bc_9c4daf67c104, "PCI Express Error"),
    (0x3d61a466_ab40_409a_a698_f362d464b38f, "Boot Error"),
    (0x3e62a467_ab40_409a_a698_f362d464b38f, "Generic Error"),
    (0xe9d59197_94ee_4a4f_8ad8_9b7d8bd93d2e, "System Control Interrupt"),
    (0xfe84086e_b557_43cf_ac1b_17982e078470, "External Interrupt"),
    (0x487565ba_6494_4367_95ca_4eff893522f6, "BMC"),
    (0x0033f803_2e70_4e88_992c_6f26daf3db7a, "Device Driver"),
];

const CREATORS: [(u128, &str); 2] = [
    (0xcf07c4bd_b789_4e18_b3c4_1f732cb57131, "Microsoft"),
    (0x57217c8d_5e66_44fb_8033_9b74cacedf5b, "Device Driver"),
];

/// Flags of a record.
pub const FLAGS: [&str; 4] = ["Recovered", "PreviousError", "Simulated", "DeviceDriver"];
/// Flags of a section.
pub const SECTION_FLAGS: [&str; 8] = [
    "Primary",
    "ContainmentWarning",
    "Reset",
    "ThresholdExceeded",
    "ResourceNotAvailable",
    "LatentError",
    "Propagated",
    "FruTextByPlugin",
];

fn find(known: &[(u128, &'static str)], guid: Guid) -> Option<&'static str> {
    known.iter().find(|(digits, _)| Guid::of(*digits) == guid).map(|(_, name)| *name)
}

/// How an error was reported.
pub fn notify_type(guid: Guid) -> Option<&'static str> {
    find(&NOTIFY_TYPES, guid)
}

/// Who made a record.
pub fn creator(guid: Guid) -> Option<&'static str> {
    find(&CREATORS, guid)
}

/// How bad an error is.
pub fn severity(severity: u32) -> Option<&'static str> {
    ["Recoverable", "Fatal", "Corrected", "Informational"].get(severity as usize).copied()
}

/// The names of the bits that are set; those without a name are left out.
pub fn flags(names: &[&'static str], value: u32) -> Vec<&'static str> {
    names.iter().enumerate().filter(|(bit, _)| value >> bit & 1 != 0).map(|(_, name)| *name).collect()
}
