//! What the tests of this program need to happen on demand: a command that panics, one that takes long. Not in release
//! builds.

use crate::util::cancel::CancelToken;

/// `DUMPSCOPE_TEST_PANIC` holds a line that panics on the engine's thread, `DUMPSCOPE_TEST_ABORT` one that aborts the
/// process, `DUMPSCOPE_TEST_OVERFLOW` one that uses up the stack, `DUMPSCOPE_TEST_SLOW` one that runs until it is cancelled
/// (half a minute at most).
#[cfg(debug_assertions)]
#[expect(clippy::panic, reason = "a panic is what the test asks for")]
pub(super) fn in_engine(line: &str, cancel: &CancelToken) {
    let is = |variable| std::env::var(variable).is_ok_and(|wanted| wanted == line);
    if is("DUMPSCOPE_TEST_PANIC") {
        panic!("asked for by DUMPSCOPE_TEST_PANIC");
    }
    if is("DUMPSCOPE_TEST_ABORT") {
        std::process::abort();
    }
    if is("DUMPSCOPE_TEST_OVERFLOW") {
        std::hint::black_box(overflow(1));
    }
    if is("DUMPSCOPE_TEST_SLOW") {
        for _ in 0..15_000 {
            if cancel.is_cancelled() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
    }
}

/// Calls itself until there is no stack left.
#[cfg(debug_assertions)]
#[expect(unconditional_recursion, reason = "a stack overflow is what the test asks for")]
fn overflow(depth: u64) -> u64 {
    let room = std::hint::black_box([depth; 64]);
    overflow(depth + 1) + room.first().copied().unwrap_or(0)
}

/// `DUMPSCOPE_TEST_SCREEN_PANIC` holds a line that panics on the screen's thread when it is entered.
#[cfg(debug_assertions)]
#[expect(clippy::panic, reason = "a panic is what the test asks for")]
pub(super) fn in_screen(line: &str) {
    if std::env::var("DUMPSCOPE_TEST_SCREEN_PANIC").is_ok_and(|wanted| wanted == line) {
        panic!("asked for by DUMPSCOPE_TEST_SCREEN_PANIC");
    }
}

/// Nothing.
#[cfg(not(debug_assertions))]
pub(super) fn in_engine(_line: &str, _cancel: &CancelToken) {}

/// Nothing.
#[cfg(not(debug_assertions))]
pub(super) fn in_screen(_line: &str) {}
