//! Stopping work that has become unwanted.

use std::io::{self, BufRead, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The work was stopped by the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cancelled;

/// Asked many times a second by what may take long: true once nobody wants its result.
pub type Stop<'s> = &'s dyn Fn() -> bool;

/// The same for what outlives the caller.
pub type SharedStop = Arc<dyn Fn() -> bool + Send + Sync>;

/// Reads or writes until nobody wants the result, then fails.
pub struct Stoppable<'s, T> {
    inner: T,
    stop: Stop<'s>,
}

impl<'s, T> Stoppable<'s, T> {
    /// Reads from or writes to `inner` until `stop` says so.
    pub fn new(inner: T, stop: Stop<'s>) -> Stoppable<'s, T> {
        Stoppable { inner, stop }
    }

    fn check(&self) -> io::Result<()> {
        if (self.stop)() { Err(stopped()) } else { Ok(()) }
    }
}

/// The error of what was stopped. Not `Interrupted`: that is what readers try again.
pub fn stopped() -> io::Error {
    io::Error::other("stopped before it was done")
}

impl<T: Read> Read for Stoppable<'_, T> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.check()?;
        self.inner.read(into)
    }
}

impl<T: BufRead> BufRead for Stoppable<'_, T> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.check()?;
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.inner.consume(amount);
    }
}

impl<T: Write> Write for Stoppable<'_, T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.check()?;
        self.inner.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// A generation counter shared between the engine and whoever may stop it: work remembers the generation in which it
/// began and ends when that is over. Testing it costs one load.
#[derive(Debug, Clone, Default)]
pub struct CancelToken {
    generation: Arc<AtomicU64>,
    started: u64,
}

impl CancelToken {
    /// A token for work that begins now.
    pub fn begin(&self) -> CancelToken {
        CancelToken {
            generation: Arc::clone(&self.generation),
            started: self.generation.load(Ordering::Relaxed),
        }
    }

    /// Stops all work begun so far.
    pub fn cancel(&self) {
        self.generation.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether the work that this token was made for should stop.
    pub fn is_cancelled(&self) -> bool {
        self.generation.load(Ordering::Relaxed) != self.started
    }

    /// `Err` when the work should stop.
    ///
    /// # Errors
    /// [`Cancelled`].
    pub fn check(&self) -> Result<(), Cancelled> {
        if self.is_cancelled() { Err(Cancelled) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cancelling_ends_what_began_before_and_nothing_after() {
        let root = CancelToken::default();
        let first = root.begin();
        assert!(!first.is_cancelled());
        root.cancel();
        assert!(first.is_cancelled());
        assert!(!root.begin().is_cancelled());
    }
}
