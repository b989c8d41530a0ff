//! An object that threads wait for, in the lines of `!thread`.

use crate::command::CommandError;
use crate::command::line::Out;
use crate::kernel::{Dispatcher, DispatcherKind, Thread};
use crate::output::{Action, Cell, Field, Record};

/// The objects that a thread waits for, a line each, so many columns from the left.
///
/// # Errors
/// As [`Out::emit`].
pub fn waits(thread: &Thread<'_>, indent: usize, out: &mut Out<'_>) -> Result<(), CommandError> {
    out.rows(Dispatcher::waited_for(thread), |object| {
        let record = Record::new("wait_object").text(" ".repeat(indent));
        let kind = object.kind();
        let record = record.cell("address", wait_object(&object)).text("  ");
        let word = Cell::new(kind.as_ref().map(|kind| kind_word(*kind)).map_err(Clone::clone));
        let record = record.cell("type", word);
        match kind {
            Ok(DispatcherKind::Mutant) => {
                let owner = object.owner_thread().map(Field::Address);
                let owner = Cell::new(owner).digits(16).absent("0".repeat(16)).follow(Action::Thread);
                record.text(" - owning thread ").cell("owner", owner)
            }
            Ok(DispatcherKind::Semaphore) => {
                record.text(" Limit 0x").cell("limit", object.limit().map(Field::Hex))
            }
            _ => record,
        }
    })
}

/// The address of an object that can be waited for, which leads to what shows it.
pub fn wait_object(object: &Dispatcher<'_>) -> Cell {
    let at = object.address();
    let link = match object.kind() {
        Ok(DispatcherKind::Thread) => Action::Thread(at),
        Ok(DispatcherKind::Process) => Action::Process(at),
        Ok(DispatcherKind::NotificationEvent | DispatcherKind::SynchronizationEvent) => {
            Action::object("nt!_KEVENT", at)
        }
        Ok(DispatcherKind::Mutant) => Action::object("nt!_KMUTANT", at),
        Ok(DispatcherKind::Semaphore) => Action::object("nt!_KSEMAPHORE", at),
        Ok(DispatcherKind::NotificationTimer | DispatcherKind::SynchronizationTimer) => {
            Action::object("nt!_KTIMER", at)
        }
        Ok(DispatcherKind::Queue) => Action::object("nt!_KQUEUE", at),
        _ => Action::object("nt!_DISPATCHER_HEADER", at),
    };
    Cell::new(Field::Address(at)).digits(16).link(link)
}

/// The debugger's word for a kind of object.
pub fn kind_word(kind: DispatcherKind) -> &'static str {
    match kind {
        DispatcherKind::NotificationEvent => "NotificationEvent",
        DispatcherKind::SynchronizationEvent => "SynchronizationEvent",
        DispatcherKind::Mutant => "Mutant",
        DispatcherKind::Process => "ProcessObject",
        DispatcherKind::Queue => "QueueObject",
        DispatcherKind::Semaphore => "Semaphore",
        DispatcherKind::Thread => "Thread",
        DispatcherKind::Gate => "Gate",
        DispatcherKind::NotificationTimer => "NotificationTimer",
        DispatcherKind::SynchronizationTimer => "SynchronizationTimer",
        DispatcherKind::PriQueue => "PriQueueObject",
        DispatcherKind::Timer2Notification => "Timer2NotificationObject",
        DispatcherKind::Timer2Synchronization => "Timer2SynchronizationObject",
        DispatcherKind::Unknown(_) => "Unknown",
    }
}
