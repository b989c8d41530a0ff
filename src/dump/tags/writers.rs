//! Who wrote a blob of tagged data. Names with `!` are symbols of public PDBs whose 16 bytes are the GUID; the others are
//! from the data of real dumps. GUIDs in which a counter was seen to vary are listed one by one.

use crate::util::bounded;
use crate::util::guid::Guid;

/// Who adds tagged data under a GUID, and what they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Writer {
    /// The symbol or module.
    pub name: &'static str,
    /// What the data are.
    pub what: &'static str,
}

/// The writer of data under `tag`; `None` where it is not known.
pub fn writer(tag: Guid) -> Option<Writer> {
    let (_, name, what) = WRITERS.iter().find(|(known, ..)| Guid::of(*known) == tag)?;
    Some(Writer { name, what })
}

/// The driver that the data under `tag` are about, where they begin with its name: `USBXHCI` of a KMDF driver's log,
/// `storport.sys` of the dump device. (Places from real dumps.)
pub fn driver(tag: Guid, data: &[u8]) -> Option<String> {
    let (_, at) = DRIVERS.iter().find(|(known, _)| Guid::of(*known) == tag)?;
    let name = bounded::ascii_z(data, *at, LONGEST_DRIVER)?;
    let is_name = name.chars().all(|letter| letter.is_ascii_alphanumeric() || "._-".contains(letter));
    (!name.is_empty() && is_name).then_some(name)
}

/// The longest name of a driver that is kept.
const LONGEST_DRIVER: usize = 32;

/// Where the names lie.
const DRIVERS: &[(u128, usize)] =
    &[(0x54c84888_01d1_4c1e_bed6_282c98241303, 0x24), (0xda82441d_7142_4bc1_b844_0807c5a4b67f, 0x10)];

const WRITERS: &[(u128, &str, &str)] = &[
    (0xf57308df_cc45_4e01_ad76_29a4ebb010ec, "nt!PopBlackBoxBsdGuid", "boot status"),
    (0x00afe9c4_940d_4213_8016_cd3719b5bc20, "nt!PopBlackBoxNtfsGuid", "NTFS timeouts"),
    (0xb7631941_532a_4cd6_b1b1_edb5917d4557, "nt!PopBlackBoxPnpGuid", "last Plug and Play event"),
    (0x80cc79cf_a719_4af1_bf97_fe29ff76ebc1, "nt!PopBlackBoxWinLogonGuid", "state of winlogon"),
    (
        0x4ee76bd8_3cf4_44a0_a0ac_3937643e37a3,
        "nt!PopBlackBoxCodeIntegrityGuid",
        "last refusal of code integrity",
    ),
    (0xbe84d651_a550_4367_8e63_ab792b631f94, "nt", "last program that crashed before"),
    (0xfe96ddbf_850d_4c4a_a7bf_c686be526047, "nt", "driver that the kernel names (KiBugCheckDriver)"),
    (0x2b4ae195_a64d_4f04_8ede_7e4f981bd42a, "nt!GUID_TRIAGEDUMP_DATA", "addresses saved for triage"),
    (0x0d910545_e694_4b15_870c_01625fb32a6f, "nt", "memory saved for triage"),
    (0x2b88b710_1c93_4f7c_b06c_655ecc50decc, "nt!EtwSecondaryDumpDataGuid", "buffers of an event logger"),
    (0xb0692a5e_6b7b_4073_8a7c_604e35032970, "nt!HvlSkCrashdumpGuid", "secure kernel"),
    (0x9282756a_ab95_4d24_a137_ecddc5de53f5, "nt!PspVsmLogBugCheckCallback", "log of virtual secure mode"),
    (0x5bc8704a_6cb7_4378_ac72_ad06e2416e4a, "nt!CarSecondaryDataGuid", ""),
    (
        0x0f1f53f3_561f_42e7_bdb4_ba8e66b726d5,
        "nt!CmFcpSecondaryMultiPartDumpDataCallback",
        "feature configuration",
    ),
    (0x7b581fa7_81c2_423f_a65c_1266fb10603d, "nt", "the hypervisor's identity"),
    (0x9276c055_eb87_425c_b8b5_04e4d247f6cd, "pci!PCI_CFG_RECORD_GUID", "configuration of PCI devices"),
    (0x54c84888_01d1_4c1e_bed6_282c98241303, "wdf01000!WdfDumpGuid", "log of one KMDF driver"),
    (0xf87e4a4c_c5a1_4d2f_bff0_d5de63a5e4c3, "wdf01000!WdfDumpGuid2", "list of KMDF drivers"),
    (0xc939c73b_17dc_4a44_904c_e2d987f52649, "storport", "paging device"),
    (0xda82441d_7142_4bc1_b844_0807c5a4b67f, "storport or ataport", "state of the dump device"),
    (0x270a33fd_3da6_460d_ba89_3c1bae21e39b, "watchdog!WdDxgkSecondaryDataGUID", "state of dxgkrnl"),
    (0x65755a40_f146_43ea_8c91_36b85728fd35, "crashdmp!CRASHDUMP_GUID_ID", ""),
    (0xbc5c008f_1e3a_44d7_988d_86f6884c6758, "mssmbios!SMBiosGuidSMBios", "SMBIOS table"),
    (0x6c7ac389_4313_47dc_9f34_a8800a0fb56c, "mssmbios!SMBiosGuidBios", "processor, from the registry"),
    (0xd03dc06f_d88e_44c5_ba2a_fae035172d19, "mssmbios!SMBiosGuidRegisters", "CPUID registers"),
    (0xe83b40d2_b0a0_4842_abea_71c9e3463dd1, "mssmbios!SMBiosGuidAcpi", "ACPI tables"),
    (0x00dae7ca_6833_45c5_b147_bdaed7b61fd6, "hvservice", "boot log of Hyper-V"),
    (0x335d5e04_5638_4e58_aa36_7ed1cfe76fd6, "win32kfull", "trace recorder"),
    (0x335d5e04_563a_4e58_aa36_7ed1cfe76fd6, "win32kfull", "trace recorder"),
    (0x335d5e04_563b_4e58_aa36_7ed1cfe76fd6, "win32kfull", "trace recorder"),
    (0x0f81ec00_9e50_48e6_b899_eb3bbeede741, "win32kbase", "trace recorder"),
    (0x0f81ec00_9e51_48e6_b899_eb3bbeede741, "win32kbase", "trace recorder"),
    (0x0f81ec00_9e52_48e6_b899_eb3bbeede741, "win32kbase", "trace recorder"),
    (0x0f81ec00_9e56_48e6_b899_eb3bbeede741, "win32kbase", "trace recorder"),
    (0x21ba7b61_05f8_41f1_9048_c09493dcfe38, "wdiwifi", "trace recorder"),
    (0x21ba7b61_05f9_41f1_9048_c09493dcfe38, "wdiwifi", "trace recorder"),
    (0x67fc721a_2852_4f62_a3b1_2afc53953777, "amdppm", "trace recorder"),
    (0x67fc721a_2853_4f62_a3b1_2afc53953777, "amdppm", "trace recorder"),
    (0xbf2297dc_34ba_11dc_868a_e19155d89593, "nvlddmkm", "the driver's own log"),
];
