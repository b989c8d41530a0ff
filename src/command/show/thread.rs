//! The line that begins everything that is said of a thread: `THREAD ffff...  Cid 0e34.3814  Teb: ...`.

use crate::debuggee::Lack;
use crate::kernel::{Thread, ThreadState};
use crate::output::{Action, Cell, Field, Record, Role};

/// A thread as an address that leads to it.
pub fn address(thread: u64) -> Cell {
    Cell::new(Field::Address(thread)).digits(16).follow(Action::Thread)
}

/// The heading line of a thread, with its facts, so many columns from the left.
pub fn heading(thread: &Thread<'_>, indent: usize) -> Record {
    let cid = thread.client_id();
    let process = cid.clone().map(|cid| Field::Hex(cid.process));
    let pointer = |value| Cell::new(value).digits(16);
    let record = Record::new("thread")
        .text(" ".repeat(indent))
        .text("THREAD ")
        .cell("address", address(thread.address()))
        .text("  Cid ")
        .cell("process_id", Cell::new(process).digits(4))
        .text(".")
        .cell("thread_id", Cell::new(cid.map(|cid| Field::Hex(cid.thread))).digits(4))
        .text("  Teb: ")
        .cell("teb", pointer(thread.teb().map(Field::Address)))
        .text(" Win32Thread: ")
        .cell("win32_thread", pointer(thread.win32_thread().map(Field::Address)))
        .text(" ")
        .cell("state", state(thread));
    // A thread that is held back: by SuspendThread, or with its process.
    let held = |record: Record, label: &str, key: &'static str, count: Result<u64, Lack>| match count {
        Ok(0) | Err(_) => record,
        Ok(count) => record.label(label).cell(key, Cell::new(count).role(Role::Value)),
    };
    let record = held(record, " SuspendCount ", "suspend_count", thread.suspend_count());
    held(record, " FreezeCount ", "freeze_count", thread.freeze_count())
}

/// What the scheduler does with it, in the debugger's words; of a waiting thread for what.
fn state(thread: &Thread<'_>) -> Cell {
    let state = thread.state();
    let name = Cell::new(state.as_ref().map(ToString::to_string).map_err(Clone::clone));
    let on = || thread.next_processor().map_or("?".to_owned(), |number| format!("{number:x}"));
    match state {
        Ok(ThreadState::RUNNING) => name.shown(format!("RUNNING on processor {}", on())),
        Ok(ThreadState::READY) => name.shown(format!("READY on processor {}", on())),
        Ok(ThreadState::WAITING) => {
            let reason = thread.wait_reason().map_or("?".to_owned(), |reason| reason.to_string());
            let mode = match thread.waits_in_user_mode() {
                Ok(true) => "UserMode",
                Ok(false) => "KernelMode",
                Err(_) => "?",
            };
            let alertable = match thread.is_alertable() {
                Ok(true) => "Alertable",
                Ok(false) => "Non-Alertable",
                Err(_) => "?",
            };
            name.shown(format!("WAIT: ({reason}) {mode} {alertable}"))
        }
        Ok(other) => name.shown(other.to_string().to_uppercase()),
        Err(_) => name,
    }
}
