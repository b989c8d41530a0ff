//! Windows times: FILETIME (100 ns since 1601 UTC), 32-bit `time_t`, and intervals, in the debugger's wording.

use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, Zoned};
use std::time::SystemTime;

/// 100 ns units between 1601-01-01 and 1970-01-01.
const UNIX_EPOCH: i64 = 116_444_736_000_000_000;
/// 100 ns units in a second.
const SECOND: u64 = 10_000_000;

/// The zone in which times are shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Zone {
    /// Universal time: the default in scripts, because the same dump then gives the same text everywhere.
    #[default]
    Utc,
    /// The zone of this computer.
    Local,
    /// A fixed offset in seconds east of UTC.
    Fixed(i32),
}

impl Zone {
    /// Reads `utc`, `local`, or an offset such as `+08:00`, `-3`, `+5:30`.
    pub fn parse(text: &str) -> Option<Zone> {
        match text.to_ascii_lowercase().as_str() {
            "utc" => return Some(Zone::Utc),
            "local" => return Some(Zone::Local),
            _ => {}
        }
        let (sign, rest) = match text.split_at_checked(1)? {
            ("+", rest) => (1, rest),
            ("-", rest) => (-1, rest),
            _ => return None,
        };
        let (hours, minutes) = rest.split_once(':').unwrap_or((rest, "0"));
        let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
        let in_range = (0..=14).contains(&hours) && (0..60).contains(&minutes);
        in_range.then_some(Zone::Fixed(sign * (hours * 3600 + minutes * 60)))
    }

    fn time_zone(&self) -> TimeZone {
        match self {
            Zone::Utc => TimeZone::UTC,
            Zone::Local => TimeZone::system(),
            Zone::Fixed(seconds) => Offset::from_seconds(*seconds).map_or(TimeZone::UTC, TimeZone::fixed),
        }
    }
}

/// A FILETIME in a zone, or `None` where it lies outside years -9999 to 9999 or is zero.
fn zoned(filetime: u64, zone: &Zone) -> Option<Zoned> {
    if filetime == 0 {
        return None;
    }
    let ticks = i64::try_from(filetime).ok()?.checked_sub(UNIX_EPOCH)?;
    let nanos = i128::from(ticks) * 100;
    Some(Timestamp::from_nanosecond(nanos).ok()?.to_zoned(zone.time_zone()))
}

/// `Sun Feb 21 01:38:22.987 2021 (UTC + 0:00)`, the form of `.time`; `None` for zero or absurd values.
pub fn session_time(filetime: u64, zone: &Zone) -> Option<String> {
    let Some(at) = zoned(filetime, zone) else {
        return far(filetime, zone);
    };
    let offset = at.offset().seconds();
    let zone = offset_text(offset);
    Some(format!(
        "{} {:2} {}.{:03} {} {zone}",
        at.strftime("%a %b"),
        at.day(),
        at.strftime("%H:%M:%S"),
        at.millisecond(),
        at.year()
    ))
}

/// `(UTC + 5:30)`
fn offset_text(offset: i32) -> String {
    let sign = if offset < 0 { '-' } else { '+' };
    let (hours, minutes) = (offset.abs() / 3600, offset.abs() / 60 % 60);
    format!("(UTC {sign} {hours}:{minutes:02})")
}

/// A time after the year 9999, which a FILETIME still holds; such a number is rarely meant as a time, and the debugger shows
/// it as one.
fn far(filetime: u64, zone: &Zone) -> Option<String> {
    const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let ticks = i64::try_from(filetime).ok().filter(|&ticks| ticks > 0)?;
    let offset = zone.time_zone().to_offset(Timestamp::MAX).seconds();
    let millis = ticks / 10_000 + i64::from(offset) * 1000;
    let (days, time) = (millis.div_euclid(86_400_000), millis.rem_euclid(86_400_000));
    // 1601 begins a cycle of 400 years, 146,097 days; its first of January was a Monday.
    let (cycle, mut day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let mut year = cycle * 400 + 1601;
    let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = |year: i64| if leap(year) { 366 } else { 365 };
    while day >= length(year) {
        day -= length(year);
        year += 1;
    }
    let february = if leap(year) { 29 } else { 28 };
    let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = MONTHS.iter().zip(lengths);
    let name = month.find_map(|(name, length)| {
        let within = day < length;
        day -= if within { 0 } else { length };
        within.then_some(*name)
    })?;
    let weekday = WEEKDAYS.get(usize::try_from(days.rem_euclid(7)).ok()?)?;
    let (hours, minutes, seconds) = (time / 3_600_000, time / 60_000 % 60, time / 1000 % 60);
    Some(format!(
        "{weekday} {name} {:2} {hours:02}:{minutes:02}:{seconds:02}.{:03} {year} {}",
        day + 1,
        time % 1000,
        offset_text(offset)
    ))
}

/// `Sun Feb 21 01:38:22 2021`: a FILETIME without fraction or zone.
pub fn asctime(filetime: u64, zone: &Zone) -> Option<String> {
    zoned(filetime, zone).map(|at| asctime_of(&at))
}

/// ` 2/21/2021 01:38:22.987`: a FILETIME in columns, as `!timer` has it; `None` for zero and absurd values.
pub fn slashes(filetime: u64, zone: &Zone) -> Option<String> {
    let at = zoned(filetime, zone)?;
    let date = format!("{:2}/{:2}/{:4}", at.month(), at.day(), at.year());
    Some(format!("{date} {}.{:03}", at.strftime("%H:%M:%S"), at.millisecond()))
}

/// `2021-02-21T01:38:22.987Z`: a FILETIME as data; `None` for zero and for what lies after the year 9999.
pub fn iso8601(filetime: u64) -> Option<String> {
    zoned(filetime, &Zone::Utc).map(|at| at.timestamp().to_string())
}

/// The moment that a text such as `2021-02-21T01:38:22.987Z` names; `None` for what is none, or lies before 1601.
pub fn of_iso8601(text: &str) -> Option<u64> {
    of_timestamp(text.parse().ok()?)
}

/// The moment of a time stamp; `None` for what lies before 1601.
pub fn of_timestamp(at: Timestamp) -> Option<u64> {
    let ticks = i64::try_from(at.as_nanosecond().div_euclid(100)).ok()?.checked_add(UNIX_EPOCH)?;
    u64::try_from(ticks).ok()
}

/// `2021-02-21 01:38:22`: a FILETIME in columns that sort as text.
pub fn sortable(filetime: u64, zone: &Zone) -> Option<String> {
    Some(zoned(filetime, zone)?.strftime("%Y-%m-%d %H:%M:%S").to_string())
}

/// `2021-02-21 01:38:22 (UTC + 8:00)`: the same with its zone, for readers elsewhere.
pub fn sortable_in_zone(filetime: u64, zone: &Zone) -> Option<String> {
    let at = zoned(filetime, zone)?;
    Some(format!("{} {}", at.strftime("%Y-%m-%d %H:%M:%S"), offset_text(at.offset().seconds())))
}

/// The time of this computer.
pub fn now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let units = u64::try_from(since.as_nanos() / 100).unwrap_or(u64::MAX);
    units.saturating_add(UNIX_EPOCH.unsigned_abs())
}

/// A FILETIME in seconds since 1970; `None` for zero and for what lies before.
pub fn unix_seconds(filetime: u64) -> Option<u64> {
    let ticks = i64::try_from(filetime).ok()?.checked_sub(UNIX_EPOCH)?;
    Some(u64::try_from(ticks).ok()? / SECOND)
}

/// A 32-bit `time_t` (PE time stamps) as `Thu Sep 14 13:34:00 2017`.
pub fn asctime_unix(seconds: u32, zone: &Zone) -> Option<String> {
    let at = Timestamp::from_second(i64::from(seconds)).ok()?.to_zoned(zone.time_zone());
    Some(asctime_of(&at))
}

/// The same as `Sep 14 13:34:00 2017`, the form of `!peb`.
pub fn date_unix(seconds: u32, zone: &Zone) -> Option<String> {
    let at = Timestamp::from_second(i64::from(seconds)).ok()?.to_zoned(zone.time_zone());
    Some(at.strftime("%b %d %H:%M:%S %Y").to_string())
}

/// The same as `2017-09-14`.
pub fn day_unix(seconds: u32, zone: &Zone) -> Option<String> {
    let at = Timestamp::from_second(i64::from(seconds)).ok()?.to_zoned(zone.time_zone());
    Some(at.strftime("%Y-%m-%d").to_string())
}

/// `2021-02-21_01-38-22-987`: a moment as a part of file names.
pub fn for_file_names(filetime: u64, zone: &Zone) -> Option<String> {
    let at = zoned(filetime, zone)?;
    Some(format!("{}-{:03}", at.strftime("%Y-%m-%d_%H-%M-%S"), at.millisecond()))
}

/// A moment as `08/13/2023 04:53:59.028 AM`, the form of the MEX commands.
pub fn american(filetime: u64, zone: &Zone) -> Option<String> {
    let at = zoned(filetime, zone)?;
    Some(format!("{}.{:03} {}", at.strftime("%m/%d/%Y %I:%M:%S"), at.millisecond(), at.strftime("%p")))
}

fn asctime_of(at: &Zoned) -> String {
    format!("{} {:2} {} {}", at.strftime("%a %b"), at.day(), at.strftime("%H:%M:%S"), at.year())
}

/// An interval of 100 ns units as `0 days 2:04:57.880`, the form of `System Uptime`.
pub fn uptime(interval: u64) -> String {
    let (days, rest) = (interval / SECOND / 86_400, interval % (SECOND * 86_400));
    let (hours, minutes, seconds) = (rest / SECOND / 3600, rest / SECOND / 60 % 60, rest / SECOND % 60);
    format!("{days} days {hours}:{minutes:02}:{seconds:02}.{:03}", rest % SECOND / 10_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2021-02-21 01:38:22.987 UTC, from `date -u -d @1613871502`.
    const MOMENT: u64 = (1_613_871_502 * SECOND) + 9_870_000 + UNIX_EPOCH as u64;

    #[test]
    fn sortable_times_can_name_their_zone() {
        let named = sortable_in_zone(MOMENT, &Zone::Fixed(8 * 3600));
        assert_eq!(named.as_deref(), Some("2021-02-21 09:38:22 (UTC + 8:00)"));
        assert_eq!(sortable_in_zone(u64::MAX, &Zone::Utc), None);
    }

    #[test]
    fn session_time_names_its_zone() {
        let utc = session_time(MOMENT, &Zone::Utc);
        assert_eq!(utc.as_deref(), Some("Sun Feb 21 01:38:22.987 2021 (UTC + 0:00)"));
        let east = session_time(MOMENT, &Zone::Fixed(5 * 3600 + 1800));
        assert_eq!(east.as_deref(), Some("Sun Feb 21 07:08:22.987 2021 (UTC + 5:30)"));
        let west = session_time(MOMENT, &Zone::Fixed(-3 * 3600));
        assert_eq!(west.as_deref(), Some("Sat Feb 20 22:38:22.987 2021 (UTC - 3:00)"));
    }

    /// Stamps of a public transcript of `!peb`, whose writer lives in India, and the form of those of `!mex.p`.
    #[test]
    fn dates_of_other_commands() {
        let india = Zone::Fixed(5 * 3600 + 1800);
        assert_eq!(date_unix(0xe1cb_fc53, &india).as_deref(), Some("Jan 16 14:56:43 2090"));
        assert_eq!(date_unix(0x71a4_3e4a, &india).as_deref(), Some("Jun 02 05:37:38 2030"));
        assert_eq!(american(MOMENT, &Zone::Utc).as_deref(), Some("02/21/2021 01:38:22.987 AM"));
        assert_eq!(american(MOMENT, &Zone::Fixed(-5 * 3600)).as_deref(), Some("02/20/2021 08:38:22.987 PM"));
    }

    #[test]
    fn absurd_times_are_none() {
        assert_eq!(session_time(0, &Zone::Utc), None);
        assert_eq!(session_time(u64::MAX, &Zone::Utc), None);
    }

    #[test]
    fn day_of_month_is_padded_with_a_blank() {
        assert_eq!(asctime_unix(0x0283_9b66, &Zone::Utc).as_deref(), Some("Tue May  4 04:30:30 1971"));
    }

    #[test]
    fn uptime_counts_days() {
        assert_eq!(uptime(37_470_000), "0 days 0:00:03.747");
        assert_eq!(uptime(86_400 * SECOND * 3 + SECOND * 3661), "3 days 1:01:01.000");
    }

    #[test]
    fn zones_parse() {
        assert_eq!(Zone::parse("+08:00"), Some(Zone::Fixed(28800)));
        assert_eq!(Zone::parse("-3"), Some(Zone::Fixed(-10800)));
        assert_eq!(Zone::parse("Local"), Some(Zone::Local));
        assert_eq!(Zone::parse("mars"), None);
    }
}
