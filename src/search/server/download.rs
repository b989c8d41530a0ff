//! Fetching from symbol servers, with a memory of what failed.

use std::collections::HashMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use super::address::host_of;
#[cfg(feature = "download")]
use super::connection::Clients;
use super::destination::Destination;
pub use super::fetch_error::FetchError;
#[cfg(feature = "download")]
use super::transfer::Transfer;
#[cfg(not(feature = "download"))]
use super::without::Clients;
pub use crate::search::limits::Limits;

/// A client with its memory. Nothing is set up before it is used.
#[derive(Debug)]
pub struct Http {
    clients: OnceLock<Clients>,
    limits: Limits,
    memory: Mutex<HashMap<String, (Instant, Duration, String)>>,
    /// What was asked once for each server.
    answers: Mutex<HashMap<String, Arc<Mutex<Option<bool>>>>>,
}

impl Http {
    /// A client with these limits. On first use it takes its proxy from `_NT_SYMBOL_PROXY`, else from `HTTPS_PROXY`,
    /// `HTTP_PROXY`, `ALL_PROXY` (all with `NO_PROXY`), and certificates from `SSL_CERT_FILE`, else from the system's
    /// bundle, else the built-in ones.
    pub fn new(limits: Limits) -> Http {
        Http { clients: OnceLock::new(), limits, memory: Mutex::default(), answers: Mutex::default() }
    }

    fn clients(&self) -> &Clients {
        self.clients.get_or_init(|| Clients::new(&self.limits))
    }

    /// The limits.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Which proxy and which certificates are used, each with its name, for display.
    pub fn describe(&self) -> [(&'static str, String); 2] {
        self.clients().describe()
    }

    /// Settings of the environment that could not be used.
    pub fn warnings(&self) -> &[String] {
        &self.clients().warnings
    }

    /// Why `url` need not be asked now: its server or the file itself failed a short while ago. The boolean tells
    /// that it is the server.
    pub fn remembered(&self, url: &str) -> Option<(String, bool)> {
        let told = |(age, reason): (Duration, String)| format!("{} s ago: {reason}", age.as_secs());
        match self.fresh(host_of(url)).map(told) {
            Some(reason) => Some((format!("not asked, because this server failed {reason}"), true)),
            None => self.fresh(url).map(|known| (format!("not asked again, {}", told(known)), false)),
        }
    }

    /// Why the server at `url` failed a short while ago, if it did.
    pub fn failure(&self, url: &str) -> Option<String> {
        self.fresh(host_of(url)).map(|(_, reason)| reason)
    }

    /// What is remembered, and how old that is.
    fn fresh(&self, key: &str) -> Option<(Duration, String)> {
        let memory = self.memory.lock().ok()?;
        let (at, lasts, reason) = memory.get(key)?;
        let age = at.elapsed();
        (age < *lasts).then(|| (age, reason.clone()))
    }

    /// Forgets all failures (`.reload /f`).
    pub fn forget(&self) {
        if let Ok(mut memory) = self.memory.lock() {
            memory.clear();
        }
        if let Ok(mut answers) = self.answers.lock() {
            answers.clear();
        }
    }

    /// What `ask` says of a server, asked once: of several threads that want to know, the others wait for the first.
    pub(crate) fn once_for(
        &self,
        base: &str,
        ask: impl FnOnce() -> Result<bool, FetchError>,
    ) -> Result<bool, FetchError> {
        let answer = match self.answers.lock() {
            Ok(mut answers) => Arc::clone(answers.entry(base.to_owned()).or_default()),
            Err(_) => Arc::default(),
        };
        let mut answer = answer.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = *answer {
            return Ok(known);
        }
        // The first may have found out that the server does not work.
        if let Some((reason, true)) = self.remembered(base) {
            return Err(FetchError::Host(reason));
        }
        let known = ask()?;
        *answer = Some(known);
        Ok(known)
    }

    pub(crate) fn remember(&self, url: &str, error: &FetchError) {
        let (key, lasts) = match error {
            FetchError::Host(_) => (host_of(url), self.limits.host_memory),
            FetchError::Missing(_) | FetchError::Answer(_) => (url, self.limits.miss_memory),
            FetchError::Cancelled | FetchError::Local(_) => return,
        };
        if let Ok(mut memory) = self.memory.lock() {
            // Bounded, should a dump name files without end.
            if memory.len() > 10_000 {
                memory.clear();
            }
            memory.insert(key.to_owned(), (Instant::now(), lasts, error.to_string()));
        }
    }

    /// Fetches a short text; an answer longer than `limit` is none.
    pub(crate) fn get_text(&self, url: &str, limit: u64, abandon: &AtomicBool) -> Result<String, FetchError> {
        let mut out = Vec::new();
        let result = self.try_get(url, &mut out, limit, false, abandon, &mut |_, _| {});
        if let Err(error) = &result {
            self.remember(url, error);
        }
        result?;
        Ok(String::from_utf8_lossy(&out).into_owned())
    }

    /// Fetches `url` into `out` and says how many bytes came. `out` is emptied first; what a failed download left in
    /// it is of no use.
    pub(super) fn get(
        &self,
        url: &str,
        out: &mut dyn Destination,
        abandon: &AtomicBool,
        progress: &mut dyn FnMut(u64, Option<u64>),
    ) -> Result<u64, FetchError> {
        let result = self.try_get(url, out, self.limits.size, true, abandon, progress);
        if let Err(error) = &result {
            self.remember(url, error);
        }
        result
    }

    #[cfg(not(feature = "download"))]
    fn try_get(
        &self,
        _url: &str,
        _out: &mut dyn Destination,
        _limit: u64,
        _symbols: bool,
        _abandon: &AtomicBool,
        _progress: &mut dyn FnMut(u64, Option<u64>),
    ) -> Result<u64, FetchError> {
        Err(FetchError::Host(super::NO_DOWNLOAD.to_owned()))
    }

    #[cfg(feature = "download")]
    fn try_get(
        &self,
        url: &str,
        out: &mut dyn Destination,
        limit: u64,
        symbols: bool,
        abandon: &AtomicBool,
        progress: &mut dyn FnMut(u64, Option<u64>),
    ) -> Result<u64, FetchError> {
        let client = self.clients().client(url);
        Transfer { client, url, limits: &self.limits, size: limit, symbols, abandon }.run(out, progress)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_remembered_and_expire() {
        let limits = Limits { host_memory: Duration::from_millis(80), ..Limits::default() };
        let http = Http::new(limits);
        let url = "http://h/a/b";
        http.remember(url, &FetchError::Missing(404));
        assert!(http.remembered(url).is_some_and(|(_, host)| !host));
        assert!(http.remembered("http://h/other").is_none());
        http.remember(url, &FetchError::Host("down".into()));
        assert!(http.remembered("http://h/other").is_some_and(|(why, host)| host && why.contains("down")));
        std::thread::sleep(Duration::from_millis(100));
        assert!(http.remembered("http://h/other").is_none());
        http.forget();
        assert!(http.remembered(url).is_none());
    }
}
