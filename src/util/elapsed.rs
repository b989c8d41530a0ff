//! How long something took, in the debugger's forms. Times are in 100 ns.

const SECOND: u64 = 10_000_000;

/// `00:10:08.787`, and `1 Day 01:53:14.490` above one day: the times of `!process` and `!thread`.
pub fn clock(time: u64) -> String {
    let (days, rest) = (time / SECOND / 86_400, time / 10_000 % 86_400_000);
    let (seconds, millis) = (rest / 1000, rest % 1000);
    let text = format!("{:02}:{:02}:{:02}.{millis:03}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    match days {
        0 => text,
        1 => format!("1 Day {text}"),
        days => format!("{days} Days {text}"),
    }
}

/// `0:00:04:42.656`: days, hours, minutes, seconds, as `!thread` writes the age of a wait.
pub fn days(time: u64) -> String {
    let (seconds, millis) = (time / SECOND, time / 10_000 % 1000);
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    format!("{days}:{hours:02}:{minutes:02}:{:02}.{millis:03}", seconds % 60)
}

/// `16ms`, `6s.718`, `12m:08.781`, `1h:02:03.456`, `1d.02:03:04.567`, `0`: the form of the MEX commands. Above a minute the
/// parts that follow have two digits.
pub fn short(time: u64) -> String {
    let (seconds, millis) = (time / SECOND, time / 10_000 % 1000);
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    match (days, hours, minutes, seconds % 60) {
        (0, 0, 0, 0) if millis == 0 => "0".to_owned(),
        (0, 0, 0, 0) => format!("{millis}ms"),
        (0, 0, 0, seconds) => format!("{seconds}s.{millis:03}"),
        (0, 0, minutes, seconds) => format!("{minutes}m:{seconds:02}.{millis:03}"),
        (0, hours, minutes, seconds) => format!("{hours}h:{minutes:02}:{seconds:02}.{millis:03}"),
        (days, hours, minutes, seconds) => {
            format!("{days}d.{hours:02}:{minutes:02}:{seconds:02}.{millis:03}")
        }
    }
}

/// The same to the nearest millisecond, as the MEX commands tell how long something ran: 16ms for a tick of 15.625 ms.
pub fn short_rounded(time: u64) -> String {
    short(time.saturating_add(5_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLI: u64 = 10_000;

    /// Spellings that stand in public transcripts of `!process`, `!thread`, `!mex.running` and `!mex.lt`.
    #[test]
    fn times_are_spelled_as_the_debugger_does() {
        assert_eq!(clock(608_787 * MILLI), "00:10:08.787");
        assert_eq!(clock(((86_400 + 6_794) * 1000 + 490) * MILLI), "1 Day 01:53:14.490");
        assert_eq!(clock(15 * MILLI), "00:00:00.015");
        assert_eq!(days(282_656 * MILLI), "0:00:04:42.656");
        for (millis, text) in [
            (0, "0"),
            (31, "31ms"),
            (1000, "1s.000"),
            (6_703, "6s.703"),
            (937_641, "15m:37.641"),
            (119_953, "1m:59.953"),
        ] {
            assert_eq!(short(millis * MILLI), text);
        }
        // Times of public transcripts of `!mex.t` and `!mex.running`, in ticks of 15.625 ms.
        for (ticks, text) in
            [(1, "16ms"), (9, "141ms"), (14, "219ms"), (59, "922ms"), (60_009, "15m:37.641"), (0, "0")]
        {
            assert_eq!(short_rounded(ticks * 156_250), text);
        }
    }
}
