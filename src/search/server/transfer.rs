//! One file from one address, bounded in size and time. A transfer that breaks off goes on where it broke off, if the
//! server vouches (by `If-Range`) that the rest belongs to the same file.

use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use ureq::Agent;
use ureq::http::HeaderMap;

use super::answer::{
    body_error, html, looks_like_markup, may_be_symbols, no_symbols, over_limit, request_error, status_error,
};
use super::destination::Destination;
use super::fetch_error::FetchError;
use crate::search::limits::Limits;

/// How often a broken transfer goes on.
const MAX_RESUMES: u32 = 4;

/// What is to be transferred, and within what bounds.
pub(super) struct Transfer<'a> {
    /// The client.
    pub(super) client: &'a Agent,
    /// The address.
    pub(super) url: &'a str,
    /// Limits of time.
    pub(super) limits: &'a Limits,
    /// Bytes at most.
    pub(super) size: u64,
    /// Whether only what begins as a PDB, an image or a compressed one is taken.
    pub(super) symbols: bool,
    /// Set when nobody wants the file any more.
    pub(super) abandon: &'a AtomicBool,
}

/// How far a transfer is.
#[derive(Default)]
struct State {
    done: u64,
    total: Option<u64>,
    /// What names this very content, where the server said so.
    validator: Option<String>,
}

/// What came since when, to see how fast it comes.
struct Pace {
    since: Instant,
    done: u64,
}

/// Why a part of a transfer ended.
enum Ended {
    /// The connection broke off.
    Broken(FetchError),
    /// Anything else.
    Failed(FetchError),
}

impl<E: Into<FetchError>> From<E> for Ended {
    fn from(error: E) -> Ended {
        Ended::Failed(error.into())
    }
}

impl Transfer<'_> {
    /// Fetches into `out`, which is emptied first, and says how many bytes came.
    pub(super) fn run(
        &self,
        out: &mut dyn Destination,
        progress: &mut dyn FnMut(u64, Option<u64>),
    ) -> Result<u64, FetchError> {
        let (mut state, started) = (State::default(), Instant::now());
        let mut resumes = 0;
        loop {
            let before = state.done;
            match self.part(&mut state, out, started, progress) {
                Ok(()) => return Ok(state.done),
                Err(Ended::Failed(error)) => return Err(error),
                // Without progress it would break off again.
                Err(Ended::Broken(error)) => {
                    if state.validator.is_none() || state.done == before || resumes == MAX_RESUMES {
                        return Err(error);
                    }
                    resumes += 1;
                }
            }
        }
    }

    /// Asks for what is missing and takes it as far as it comes.
    fn part(
        &self,
        state: &mut State,
        out: &mut dyn Destination,
        started: Instant,
        progress: &mut dyn FnMut(u64, Option<u64>),
    ) -> Result<(), Ended> {
        // What begins encrypted must not be redirected to a plain connection.
        let secure = self.url.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"));
        let mut request = self.client.get(self.url);
        if let (Some(validator), 1..) = (&state.validator, state.done) {
            let range = format!("bytes={}-", state.done);
            request = request.header("Range", range).header("If-Range", validator.as_str());
        }
        let response =
            request.config().https_only(secure).build().call().map_err(|error| request_error(&error))?;
        match response.status().as_u16() {
            206 if state.done > 0 && continues(response.headers(), state) => {}
            status => {
                status_error(status)?;
                // The whole file: the first answer, or another content than before.
                *state = State { total: response.body().content_length(), ..State::default() };
                state.validator = validator(response.headers());
            }
        }
        if is_page(response.headers()) {
            return Err(html().into());
        }
        if state.total.is_some_and(|total| total > self.size) {
            return Err(over_limit(self.size).into());
        }
        out.go_on_after(state.done)?;
        out.expect(state.total.map_or(0, |total| total.saturating_sub(state.done)))?;
        let mut reader = response.into_body().into_with_config().limit(u64::MAX).reader();
        let mut buffer = vec![0; 1 << 16];
        let mut pace = Pace { since: Instant::now(), done: state.done };
        loop {
            self.check(started)?;
            self.check_pace(&mut pace, state.done)?;
            let read = reader.read(&mut buffer).map_err(|error| broken(&error, state))?;
            let Some(piece) = buffer.get(..read).filter(|piece| !piece.is_empty()) else {
                break;
            };
            if state.done == 0 && looks_like_markup(piece) {
                return Err(html().into());
            }
            if state.done == 0 && self.symbols && !may_be_symbols(piece) {
                return Err(no_symbols().into());
            }
            state.done += read as u64;
            if state.done > self.size {
                return Err(over_limit(self.size).into());
            }
            out.take(piece)?;
            progress(state.done, state.total);
        }
        match state.total {
            Some(total) if total != state.done => Err(broken(&io::ErrorKind::UnexpectedEof.into(), state)),
            _ => Ok(()),
        }
    }

    /// A server that sends a little now and then would otherwise hold a search up to the time limit.
    fn check_pace(&self, pace: &mut Pace, done: u64) -> Result<(), FetchError> {
        let (window, rate) = (self.limits.window, self.limits.rate);
        let elapsed = pace.since.elapsed();
        if elapsed < window {
            return Ok(());
        }
        let came = done.saturating_sub(pace.done);
        if (came as f64) < rate as f64 * elapsed.as_secs_f64() {
            return Err(FetchError::Host(format!(
                "too slow: {came} bytes in {:.1} s; at least {rate} a second must come",
                elapsed.as_secs_f64()
            )));
        }
        *pace = Pace { since: Instant::now(), done };
        Ok(())
    }

    fn check(&self, started: Instant) -> Result<(), FetchError> {
        if self.abandon.load(Ordering::Relaxed) {
            return Err(FetchError::Cancelled);
        }
        match started.elapsed() > self.limits.total {
            true => {
                Err(FetchError::Host(format!("over the time limit of {} s", self.limits.total.as_secs())))
            }
            false => Ok(()),
        }
    }
}

fn broken(error: &io::Error, state: &State) -> Ended {
    match body_error(error, state.done, state.total) {
        // A server that stalls is left alone.
        error @ FetchError::Host(_) => Ended::Failed(error),
        error => Ended::Broken(error),
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

fn is_page(headers: &HeaderMap) -> bool {
    text(headers, "content-type").is_some_and(|kind| kind.to_ascii_lowercase().starts_with("text/html"))
}

/// A strong entity tag; dates have seconds only, and weak tags allow for differences (RFC 9110, 13.1.5). Bytes that were
/// decoded cannot be counted in a range.
fn validator(headers: &HeaderMap) -> Option<String> {
    if headers.contains_key("content-encoding") {
        return None;
    }
    text(headers, "etag").filter(|tag| tag.starts_with('"')).map(str::to_owned)
}

/// Whether a partial answer begins where the state ends and belongs to a file of the same size and content.
fn continues(headers: &HeaderMap, state: &State) -> bool {
    let range = || {
        let range = text(headers, "content-range")?.strip_prefix("bytes ")?;
        let (span, total) = range.split_once('/')?;
        let (first, last) = span.split_once('-')?;
        Some((first.parse::<u64>().ok()?, last.parse::<u64>().ok()?, total.parse::<u64>().ok()?))
    };
    let Some((first, last, total)) = range() else {
        return false;
    };
    let same = text(headers, "etag").is_none_or(|tag| state.validator.as_deref() == Some(tag));
    let plain = !headers.contains_key("content-encoding");
    same && plain
        && first == state.done
        && last.checked_add(1) == Some(total)
        && state.total.is_none_or(|t| t == total)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn only_strong_tags_vouch() {
        assert_eq!(validator(&headers(&[("ETag", "\"a\"")])).as_deref(), Some("\"a\""));
        assert_eq!(validator(&headers(&[("ETag", "W/\"a\"")])), None);
        assert_eq!(validator(&headers(&[("Last-Modified", "Sat, 21 Nov 2026 07:00:00 GMT")])), None);
    }

    #[test]
    fn only_the_rest_of_the_same_file_continues_it() {
        let state = State { done: 10, total: Some(30), validator: Some("\"a\"".to_owned()) };
        let with = |range: &'static str| continues(&headers(&[("Content-Range", range)]), &state);
        assert!(with("bytes 10-29/30"));
        for other in
            ["bytes 9-29/30", "bytes 10-28/30", "bytes 10-39/40", "bytes 10-29/*", "items 10-29/30", ""]
        {
            assert!(!with(other), "{other}");
        }
        let tagged = |tag: &'static str| {
            continues(&headers(&[("Content-Range", "bytes 10-29/30"), ("ETag", tag)]), &state)
        };
        assert!(tagged("\"a\"") && !tagged("\"b\""));
        assert!(!continues(&headers(&[]), &state));
    }
}
