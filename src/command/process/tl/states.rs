//! What `!tl -t` counts: what the threads of a process do, or wait for.

use crate::debuggee::Lack;
use crate::kernel::{Dispatcher, DispatcherKind, Process, Processor, Thread, ThreadState};
use crate::output::{Cell, Column};

/// Key and title of each count, in MEX's order. A published guide to it says what they count: threads that run, that are
/// ready, that are blocked by a mutex or a push lock, that wait for the answer of a server thread, for pages to be read
/// or written, for an ERESOURCE.
const COUNTS: [(&str, &str); 6] = [
    ("running", "Rn"),
    ("ready", "Ry"),
    ("blocked", "Bk"),
    ("server_answer", "Lc"),
    ("paging", "IO"),
    ("resource", "Er"),
];

/// A place in [`COUNTS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Count {
    Running,
    Ready,
    Blocked,
    ServerAnswer,
    Paging,
    Resource,
}

impl Count {
    /// Where those are counted who wait for such a reason, with the names of the public header wdm.h.
    fn of_reason(reason: &str) -> Option<Count> {
        Some(match reason {
            "WrPushLock" | "WrMutex" | "WrFastMutex" | "WrGuardedMutex" | "WrRundown" => Count::Blocked,
            "WrLpcReply" => Count::ServerAnswer,
            "FreePage" | "PageIn" | "WrFreePage" | "WrPageIn" | "WrPageOut" => Count::Paging,
            "WrResource" => Count::Resource,
            _ => return None,
        })
    }
}

pub(super) fn columns() -> impl Iterator<Item = Column> {
    COUNTS.into_iter().map(|(key, title)| Column::right(key, title, 2).yields(1))
}

/// A cell for each count; a dot for none.
pub(super) fn cells(process: &Process<'_>) -> impl Iterator<Item = Cell> {
    let counted = count(process);
    (0..COUNTS.len()).map(move |at| {
        let count = counted.as_ref().map(|counts| counts.get(at).copied().unwrap_or(0));
        let shown = match count {
            Ok(0) => ".".to_owned(),
            Ok(count) => count.to_string(),
            Err(_) => String::new(),
        };
        Cell::new(count.map_err(Clone::clone)).shown(shown).mark("?")
    })
}

fn count(process: &Process<'_>) -> Result<[u64; COUNTS.len()], Lack> {
    let mut counts = [0; COUNTS.len()];
    let mut add = |count: Count, threads: u64| {
        if let Some(sum) = counts.get_mut(count as usize) {
            *sum += threads;
        }
    };
    // Threads of the Idle process are in no list: those that have a processor now are told.
    if process.id() == Ok(0) {
        let idle = Processor::all(process.object().scope()).filter(|(_, processor)| idles(processor));
        add(Count::Running, idle.count() as u64);
    }
    for thread in Thread::of_process(process)? {
        if let Some(count) = of_thread(&thread?)? {
            add(count, 1);
        }
    }
    Ok(counts)
}

/// Where a thread counts.
fn of_thread(thread: &Thread<'_>) -> Result<Option<Count>, Lack> {
    Ok(match thread.state()? {
        ThreadState::RUNNING => Some(Count::Running),
        state if state.is_ready() => Some(Count::Ready),
        ThreadState::WAITING => match thread.wait_reason()?.to_string().as_str() {
            // A mutex is waited for as any other object is, too.
            "Executive" | "UserRequest" | "WrExecutive" | "WrUserRequest" => {
                waits_for_mutex(thread)?.then_some(Count::Blocked)
            }
            reason => Count::of_reason(reason),
        },
        _ => None,
    })
}

fn waits_for_mutex(thread: &Thread<'_>) -> Result<bool, Lack> {
    for object in Dispatcher::waited_for(thread)? {
        if object?.kind()? == DispatcherKind::Mutant {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a processor has nothing to do.
fn idles(processor: &Result<Processor<'_>, Lack>) -> bool {
    processor.as_ref().is_ok_and(|processor| match (processor.current_thread(), processor.idle_thread()) {
        (Ok(current), Ok(idle)) => current.address() == idle.address(),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What each column counts, in the order of the published titles.
    #[test]
    fn a_count_stands_under_its_title() {
        let title = |count: Count| COUNTS[count as usize].1;
        let titles = [
            (Count::Running, "Rn"),
            (Count::Ready, "Ry"),
            (Count::Blocked, "Bk"),
            (Count::ServerAnswer, "Lc"),
            (Count::Paging, "IO"),
            (Count::Resource, "Er"),
        ];
        for (count, wanted) in titles {
            assert_eq!(title(count), wanted);
        }
        for (reason, wanted) in [
            ("WrPushLock", Some("Bk")),
            ("WrResource", Some("Er")),
            ("WrPageIn", Some("IO")),
            ("WrQueue", None),
        ] {
            assert_eq!(Count::of_reason(reason).map(title), wanted);
        }
    }
}
