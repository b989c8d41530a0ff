//! The objects that a thread waits for, with who else waits for them.

use super::section::section;
use crate::command::CommandError;
use crate::command::line::Out;
use crate::command::show::thread_cells::decimal;
use crate::command::show::wait_object::wait_object;
use crate::debuggee::Lack;
use crate::kernel::{Dispatcher, DispatcherKind, Thread, ThreadState, WaitReason};
use crate::output::{Action, Cell, Column, Field, Table};

/// Says them; nothing for a thread that does not wait.
///
/// # Errors
/// As [`Out::emit`].
pub(super) fn waits(thread: &Thread<'_>, out: &mut Out<'_>) -> Result<(), CommandError> {
    if thread.state() != Ok(ThreadState::WAITING) {
        return Ok(());
    }
    let is_fast_mutex = matches!(
        thread.wait_reason().map(|reason: WaitReason| reason.to_string()).as_deref(),
        Ok("WrFastMutex" | "WrGuardedMutex")
    );
    let mut columns = vec![
        Column::left("object", "Object", 16),
        Column::left("type", "Type", 4),
        Column::right("other_waiters", "Other Waiters", 13),
    ];
    let mut rows = Vec::new();
    let mut broken = None;
    let mut any_info = false;
    match Dispatcher::waited_for(thread) {
        Err(why) => broken = Some(why),
        Ok(objects) => {
            for object in objects {
                out.check()?;
                match object {
                    Ok(object) => {
                        let info = info(&object, is_fast_mutex);
                        any_info |= info.is_some();
                        let kind = object.kind();
                        rows.push(vec![
                            wait_object(&object),
                            Cell::new(kind.map(word)).mark("????"),
                            decimal(others(&object, thread)),
                            info.unwrap_or(Cell::new(Field::Null)),
                        ]);
                    }
                    Err(why) => broken = Some(why),
                }
            }
        }
    }
    if any_info {
        columns.push(Column::left("owner", "Info", 4));
    } else {
        rows.iter_mut().for_each(|row| row.truncate(3));
    }
    section("WaitBlockList:", &Table::new("wait_object", &columns), rows, out)?;
    out.warn(broken.map(|why| format!("not all that it waits for is known: {why}")))
}

/// The thread that holds what is waited for, where that can be told.
fn info(object: &Dispatcher<'_>, is_fast_mutex: bool) -> Option<Cell> {
    let owner = |owner: Result<u64, Lack>, what: &str| {
        let text = owner.as_ref().map_or(String::new(), |owner| format!("{what}: {owner:016x}"));
        Some(Cell::new(owner.map(Field::Address)).shown(text).follow(Action::Thread))
    };
    match object.kind() {
        Ok(DispatcherKind::Mutant) => owner(object.owner_thread(), "Owner"),
        Ok(DispatcherKind::SynchronizationEvent) if is_fast_mutex => {
            owner(object.fast_mutex_owner(), "Fast Mutex Owner")
        }
        _ => None,
    }
}

/// How many other threads wait for an object.
fn others(object: &Dispatcher<'_>, thread: &Thread<'_>) -> Result<u64, Lack> {
    let mut count = 0;
    for waiter in object.waiters()? {
        count += u64::from(waiter?.address() != thread.address());
    }
    Ok(count)
}

/// MEX's word for a kind of object.
fn word(kind: DispatcherKind) -> &'static str {
    match kind {
        DispatcherKind::NotificationEvent => "NotificationEvent",
        DispatcherKind::SynchronizationEvent => "SynchronizationEvent",
        DispatcherKind::Mutant => "Mutant",
        DispatcherKind::Process => "Process",
        DispatcherKind::Queue => "Queue",
        DispatcherKind::Semaphore => "Semaphore",
        DispatcherKind::Thread => "Thread",
        DispatcherKind::Gate => "Gate",
        DispatcherKind::NotificationTimer => "NotificationTimer",
        DispatcherKind::SynchronizationTimer => "SynchronizationTimer",
        DispatcherKind::PriQueue => "PriQueue",
        DispatcherKind::Timer2Notification => "Timer2Notification",
        DispatcherKind::Timer2Synchronization => "Timer2Synchronization",
        DispatcherKind::Unknown(_) => "Unknown",
    }
}
