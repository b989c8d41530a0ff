//! Times: 100 ns since 1601, or seconds since 1970.

use super::{Certainty, Meanings, Question};
use crate::analysis::facts::Fact;
use crate::output::Action;
use crate::util::filetime::{asctime_unix, session_time, unix_seconds};

/// Seconds of twenty years: files and keys are seldom older than Windows, and clocks seldom wrong by more.
const NEAR: u64 = 20 * 365 * 86_400;

pub(super) fn add(question: &Question<'_>, found: &mut Meanings) {
    let value = question.value;
    let crash = question.scope.target().header().ok().and_then(|header| header.system_time);
    let Some(crash) = crash.and_then(unix_seconds) else { return };
    let is_near = |seconds: u64| seconds.abs_diff(crash) < NEAR;
    if let Some(time) =
        unix_seconds(value).filter(|&at| is_near(at)).and_then(|_| session_time(value, question.zone))
    {
        let fact = Fact::new("filetime").with("time", time).worded("what.filetime");
        found.add(Certainty::Likely, fact.link(Action::Number(value)));
    }
    let seconds = u32::try_from(value).ok().filter(|&seconds| is_near(seconds.into()));
    if let Some(time) = seconds.and_then(|seconds| asctime_unix(seconds, question.zone)) {
        let fact = Fact::new("unix_time").with("time", time).worded("what.unix_time");
        found.add(Certainty::Possible, fact.link(Action::Number(value)));
    }
}
