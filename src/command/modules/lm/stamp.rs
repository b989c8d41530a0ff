//! The time stamp of an image, which in most images of today is no time.

use crate::debuggee::Module;
use crate::session::Session;
use crate::symbols::pe::Directory;
use crate::util::filetime::{Zone, asctime_unix, unix_seconds};

/// 2000-01-01: no compiler made code for 64-bit Windows before.
const EARLIEST: u32 = 946_684_800;
/// 2015-01-01, before the first release of Windows 10 (build 10240): none of its kernels is older.
const EARLIEST_TEN: u32 = 1_420_070_400;
const TEN: u32 = 10_240;
/// How far the clock of a computer that builds may be ahead of one that crashes.
const DAY: u64 = 86_400;

/// What a module's time stamp says: a date, or the hash of a reproducible build.
pub fn stamp(module: &Module, session: &Session) -> String {
    let zone = &session.settings.zone;
    let Some(value) = module.time_date_stamp.filter(|&value| value != 0) else {
        return timestamp(None, zone);
    };
    if session.target.image(module).is_ok_and(|image| image.is_reproducible()) {
        return format!("{value:08X} (This is a reproducible build file hash, not a timestamp)");
    }
    match is_hash(value, module, session) && value < PAST_DATES {
        true => format!("{value:08X} (reproducible build)"),
        false => timestamp(Some(value), zone),
    }
}

/// Whether a module's time stamp is known to be no date. Where the image's debug directory, which says it, cannot be read,
/// a date that cannot be one tells: older than any such code, or later than the crash.
pub fn is_hash(value: u32, module: &Module, session: &Session) -> bool {
    if let Ok(image) = session.target.image(module) {
        let has_directory = image.headers().directory(Directory::Debug).is_some();
        if image.is_reproducible() || !has_directory || !image.debug().is_empty() {
            return image.is_reproducible();
        }
    }
    let header = session.target.header().ok();
    let crash = header.and_then(|header| unix_seconds(header.system_time?));
    let is_ten = header.is_some_and(|header| header.minor_version >= TEN);
    let earliest = if is_ten && module.name == "nt" { EARLIEST_TEN } else { EARLIEST };
    !is_possible(value, earliest, crash)
}

/// Whether an image can have been built then, given the time of the crash in seconds since 1970.
fn is_possible(value: u32, earliest: u32, crash: Option<u64>) -> bool {
    value >= earliest && crash.is_none_or(|crash| u64::from(value) <= crash.saturating_add(DAY))
}

/// The first value that the debugger takes for no date at all.
const PAST_DATES: u32 = 0x8000_0000;

/// A PE time stamp as the debugger words it.
pub fn timestamp(stamp: Option<u32>, zone: &Zone) -> String {
    match stamp {
        None | Some(0) => "unavailable (00000000)".to_owned(),
        Some(stamp) => match asctime_unix(stamp, zone) {
            Some(date) if stamp < PAST_DATES => format!("{date} ({stamp:08X})"),
            _ => format!("***** Invalid ({stamp:08X})"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_are_dates_or_hashes() {
        assert_eq!(timestamp(Some(0x59ba_8548), &Zone::Utc), "Thu Sep 14 13:34:00 2017 (59BA8548)");
        assert_eq!(timestamp(Some(0xbf9e_e658), &Zone::Utc), "***** Invalid (BF9EE658)");
        assert_eq!(timestamp(None, &Zone::Utc), "unavailable (00000000)");
    }

    #[test]
    fn a_build_is_no_older_than_its_windows_and_no_younger_than_its_crash() {
        // Crash in September 2017.
        let crash = Some(0x59ba_8548);
        let is_possible = |value, crash| super::is_possible(value, EARLIEST, crash);
        assert!(is_possible(0x59ba_8548, crash) && is_possible(0x4a5b_c000, crash));
        assert!(!is_possible(0x1a7b_e8e9, crash) && !is_possible(0x6a1b_92ab, crash));
        assert!(is_possible(0x6a1b_92ab, None));
        // July 2009 is too old for a kernel of Windows 10, September 2017 is not.
        assert!(!super::is_possible(0x4a5b_c000, EARLIEST_TEN, crash));
        assert!(super::is_possible(0x59ba_8548, EARLIEST_TEN, crash));
    }
}
