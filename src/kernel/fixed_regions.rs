//! Where Windows 7 and Server 2008 R2 for x64 have the regions of the kernel's half: at fixed places, for which they keep no
//! table.
//!
//! Source: CodeMachine, "Kernel Virtual Address Layout" (x64 versions of Windows 7 and Server 2008 R2). What begins or ends
//! where a variable says is not here, nor is the page that the kernel shares with programs.

/// Builds that have them: Windows 7 and its service pack.
const BUILDS: std::ops::RangeInclusive<u32> = 7600..=7601;
/// The first build that keeps a table of its regions (MI_VISIBLE_STATE).
const FIRST_WITH_TABLE: u32 = 10240;

/// First address, last address, and what for: words of later versions for the same where there are any.
type Fixed = (u64, u64, &'static str);

const REGIONS: [Fixed; 9] = [
    (0xffff_f680_0000_0000, 0xffff_f6ff_ffff_ffff, "PageTables"),
    (0xffff_f700_0000_0000, 0xffff_f77f_ffff_ffff, "HyperSpace"),
    (0xffff_f780_0000_1000, 0xffff_f7ff_ffff_ffff, "WorkingSetSystemCache"),
    (0xffff_f800_0000_0000, 0xffff_f87f_ffff_ffff, "LoaderMappings"),
    (0xffff_f880_0000_0000, 0xffff_f89f_ffff_ffff, "SystemPtes"),
    (0xffff_f8a0_0000_0000, 0xffff_f8bf_ffff_ffff, "PagedPool"),
    (0xffff_f900_0000_0000, 0xffff_f97f_ffff_ffff, "Session"),
    (0xffff_f980_0000_0000, 0xffff_fa7f_ffff_ffff, "DynamicVa"),
    (0xffff_ffff_ffc0_0000, 0xffff_ffff_ffff_ffff, "Hal"),
];

/// Those of a build, in the order of addresses; `None` where they are not known to be fixed.
pub(super) fn fixed_regions(build: u32) -> Option<&'static [Fixed]> {
    BUILDS.contains(&build).then_some(REGIONS.as_slice())
}

/// Whether a build keeps a table of its regions.
pub(super) fn keeps_table(build: u32) -> bool {
    build >= FIRST_WITH_TABLE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_in_order_and_of_windows_7_alone() {
        let regions = fixed_regions(7601).unwrap();
        assert!(regions.windows(2).all(|pair| pair[0].1 < pair[1].0));
        // Sizes that the source states: 128 GB of system PTEs and of paged pool, 1 TB of dynamic space.
        let size = |kind: &str| {
            regions.iter().find(|region| region.2 == kind).map(|(base, last, _)| last - base + 1)
        };
        let sizes = ["SystemPtes", "PagedPool", "DynamicVa"].map(size);
        assert_eq!(sizes, [Some(128 << 30), Some(128 << 30), Some(1 << 40)]);
        assert_eq!([9200, 9600, 19041].map(fixed_regions), [None, None, None]);
        assert!(!keeps_table(9600) && keeps_table(14393));
    }
}
