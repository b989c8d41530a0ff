//! The time stamp of an image, which in most images of today is no time.

use crate::debuggee::Module;
use crate::session::Session;
use crate::util::filetime::{Zone, asctime_unix};

/// What a module's time stamp says: a date, or the hash of a reproducible build.
pub fn stamp(module: &Module, session: &Session) -> String {
    let zone = &session.settings.zone;
    let Some(value) = module.time_date_stamp.filter(|&value| value != 0) else {
        return timestamp(None, zone);
    };
    if session.target.image(module).is_ok_and(|image| image.is_reproducible()) {
        return format!("{value:08X} (This is a reproducible build file hash, not a timestamp)");
    }
    match session.target.stamp_is_hash(module) && value < PAST_DATES {
        true => format!("{value:08X} (reproducible build)"),
        false => timestamp(Some(value), zone),
    }
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
}
