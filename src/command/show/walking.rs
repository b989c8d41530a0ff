//! Walking the stacks of many threads, and telling meanwhile how far that is.

use crate::command::CommandError;
use crate::command::line::Out;
use crate::debuggee::{Lack, Scope};
use crate::kernel::{Process, Thread, WalkedThread, walk_each};
use crate::session::DEFAULT_FRAMES;
use crate::words::Message;

/// Walks the stacks of threads one by one. Each is a place where the command can be stopped, and is told as progress.
/// What is wrong with the list of threads is kept in `lacks`.
///
/// # Errors
/// [`CommandError::Cancelled`], and what `visit` fails with, which ends the walk.
pub fn walk_told<'s>(
    threads: impl Iterator<Item = Result<Thread<'s>, Lack>>,
    walking: &mut Walking,
    out: &mut Out<'_>,
    lacks: &mut Vec<String>,
    mut visit: impl FnMut(WalkedThread<'s>, &mut Out<'_>) -> Result<(), CommandError>,
) -> Result<(), CommandError> {
    walk_each(threads, DEFAULT_FRAMES, |walked| {
        out.check()?;
        match walked {
            Ok(walked) => {
                walking.done += 1;
                visit(walked, out)?;
                out.progress(&|| walking.message());
            }
            Err(Lack::Stopped) => return Err(CommandError::Cancelled),
            Err(why) => lacks.push(why.to_string()),
        }
        Ok(())
    })
}

/// How far the walk is.
#[derive(Debug, Default)]
pub struct Walking {
    done: u64,
    of: Option<u64>,
}

impl Walking {
    /// A walk over so many threads.
    pub fn of(threads: usize) -> Walking {
        Walking { done: 0, of: Some(threads as u64) }
    }

    /// A walk over the threads of all processes.
    pub fn of_all(scope: &Scope<'_>) -> Walking {
        let sum = |processes: &mut dyn Iterator<Item = Result<Process<'_>, Lack>>| -> Option<u64> {
            processes.map(|process| process.ok()?.active_threads().ok()).sum()
        };
        Walking { done: 0, of: Process::all(scope).ok().and_then(|mut all| sum(&mut all)) }
    }

    /// `stacks walked: 812 of 2004`
    fn message(&self) -> Message {
        match self.of.filter(|of| *of >= self.done) {
            Some(of) => Message::new("progress.stacks_of").with("done", self.done).with("total", of),
            None => Message::new("progress.stacks").with("done", self.done),
        }
    }
}
