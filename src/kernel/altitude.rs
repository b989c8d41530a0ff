//! Altitudes of minifilters, and what a filter at one is for.

/// Load order groups with the altitudes that they have, from the highest down: "Load order groups and altitudes for
/// minifilter drivers", <https://learn.microsoft.com/windows-hardware/drivers/ifs/load-order-groups-and-altitudes-for-minifilter-drivers>.
const GROUPS: &[(u32, u32, &str)] = &[
    (420_000, 429_999, "Filter"),
    (400_000, 409_999, "FSFilter Top"),
    (360_000, 389_999, "FSFilter Activity Monitor"),
    (340_000, 349_999, "FSFilter Undelete"),
    (320_000, 329_999, "FSFilter Anti-Virus"),
    (300_000, 309_999, "FSFilter Replication"),
    (280_000, 289_999, "FSFilter Continuous Backup"),
    (260_000, 269_999, "FSFilter Content Screener"),
    (240_000, 249_999, "FSFilter Quota Management"),
    (220_000, 229_999, "FSFilter System Recovery"),
    (200_000, 209_999, "FSFilter Cluster File System"),
    (180_000, 189_999, "FSFilter HSM"),
    (170_000, 174_999, "FSFilter Imaging"),
    (160_000, 169_999, "FSFilter Compression"),
    (140_000, 149_999, "FSFilter Encryption"),
    (130_000, 139_999, "FSFilter Virtualization"),
    (120_000, 129_999, "FSFilter Physical Quota Management"),
    (100_000, 109_999, "FSFilter Open File"),
    (80_000, 89_999, "FSFilter Security Enhancer"),
    (60_000, 69_999, "FSFilter Copy Protection"),
    (40_000, 49_999, "FSFilter Bottom"),
    (20_000, 29_999, "FSFilter System"),
];

/// The load order group that an altitude belongs to: `FSFilter Anti-Virus` for `328010` and `328010.5`. `None` for altitudes
/// that Microsoft gives to no group, and for what is no altitude.
pub fn altitude_group(altitude: &str) -> Option<&'static str> {
    let (whole, part) = altitude.split_once('.').unwrap_or((altitude, "0"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
    if !is_number(whole) || !is_number(part) {
        return None;
    }
    let whole: u32 = whole.parse().ok()?;
    GROUPS.iter().find(|(low, high, _)| (low..=high).contains(&&whole)).map(|(_, _, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn altitudes_belong_to_groups() {
        assert_eq!(altitude_group("328010"), Some("FSFilter Anti-Virus"));
        assert_eq!(altitude_group("328010.25"), Some("FSFilter Anti-Virus"));
        assert_eq!(altitude_group("409800"), Some("FSFilter Top"));
        assert_eq!(altitude_group("40700"), Some("FSFilter Bottom"));
        for no_group in ["0", "500000", "350000", "", "328010.", ".5", "32801x", "-328010", "99999999999"] {
            assert_eq!(altitude_group(no_group), None, "{no_group}");
        }
    }
}
