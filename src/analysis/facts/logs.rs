//! What drivers wrote last about trouble, in the event tracing sessions that they keep for their own log.

use super::{Crash, Fact};
use crate::dump::tags::TraceSession;
use crate::output::Action;
use crate::util::pieces::pieces;

/// Bug checks in which a device did not answer.
const CODES: [u32; 8] = [0x77, 0x7a, 0x7b, 0x9f, 0xef, 0xf4, 0x133, 0x101];
/// Words with which logs say that a device does not answer.
const TROUBLE: [&str; 8] =
    ["blocked", "timeout", "timed out", "failed", "failure", " is off", "hung", "not responding"];
/// Sessions of Windows' own, which report on everything.
const OF_WINDOWS: [&str; 8] =
    ["Microsoft", "EventLog", "Circular", "Diag", "Wdi", "WiFi", "CldFlt", "ReadyBoot"];
/// The fewest and the most letters of a text.
const TEXT: (usize, usize) = (12, 200);
/// Events from the end that are looked at.
const MOST: usize = 200;

/// `driver_log`, the last complaint of each session.
pub(super) fn facts(crash: &Crash<'_>) -> Vec<Fact> {
    if !CODES.contains(&crash.code()) {
        return Vec::new();
    }
    let Ok(dump) = crash.scope.target().dump() else { return Vec::new() };
    let sessions = dump.tagged().trace_sessions().map(|found| found.sessions).unwrap_or_default();
    let of_drivers =
        sessions.iter().filter(|session| OF_WINDOWS.iter().all(|name| !session.name.starts_with(name)));
    of_drivers.filter_map(|session| last_complaint(session, crash.header.system_time)).collect()
}

fn last_complaint(session: &TraceSession<'_>, crashed: Option<u64>) -> Option<Fact> {
    let mut events: Vec<_> = session.events().collect();
    events.sort_unstable_by_key(|event| event.stamp);
    let complains = |text: &String| {
        let text = text.to_lowercase();
        TROUBLE.iter().any(|word| text.contains(word))
    };
    let (stamp, line) = events.iter().rev().take(MOST).find_map(|event| {
        Some((event.stamp, pieces(event.data, TEXT.0, TEXT.1).into_iter().find(complains)?))
    })?;
    let before = crashed.and_then(|crashed| crashed.checked_sub(session.time(stamp)?));
    Some(
        Fact::new("driver_log")
            .with("session", session.name.as_str())
            .with("line", line)
            .with("before", before.map_or("?".to_owned(), |before| format!("{} s", before / 10_000_000)))
            .worded("evidence.driver_log")
            .link(Action::TraceSession(session.id)),
    )
}
