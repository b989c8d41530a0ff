//! Sizes in words: `7.05 MB`.

const UNITS: [&str; 5] = ["B", "KB", "MB", "GB", "TB"];

/// Bytes in the largest unit of which there is one, with at most two decimals and no zeros at their end: `2 TB`,
/// `153.1 MB`, `272 B`. The form of the MEX commands.
pub fn sized(bytes: u64) -> String {
    let (mut unit, mut whole) = (0, 1u64);
    while unit + 1 < UNITS.len() && bytes / whole >= 1024 {
        (unit, whole) = (unit + 1, whole << 10);
    }
    let hundredths = (u128::from(bytes) * 100 + u128::from(whole) / 2) / u128::from(whole);
    let number = format!("{}.{:02}", hundredths / 100, hundredths % 100);
    let number = number.trim_end_matches('0').trim_end_matches('.');
    format!("{number} {}", UNITS.get(unit).unwrap_or(&"B"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sizes of public transcripts: a process's quotas and pages in `!process`, and in words in `!mex.p`.
    #[test]
    fn sizes_are_worded_as_in_transcripts() {
        for (bytes, text) in [
            (185_888, "181.53 KB"),
            (13_712, "13.39 KB"),
            (1805 * 4096, "7.05 MB"),
            (2_101_370 << 20, "2 TB"),
            (272, "272 B"),
            (0, "0 B"),
            (40 << 10, "40 KB"),
            (u64::MAX, "16777216 TB"),
        ] {
            assert_eq!(sized(bytes), text);
        }
    }
}
