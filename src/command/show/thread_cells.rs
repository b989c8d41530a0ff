//! What the MEX tables tell of a thread, a column each.

use crate::command::show::thread::address;
use crate::debuggee::{Lack, Scope};
use crate::kernel::{Clock, Process, Thread};
use crate::output::{Action, Cell, Column, Field, Role};
use crate::util::elapsed;

/// A thread, and what its facts are told with.
pub struct ThreadCells<'t, 's> {
    thread: &'t Thread<'s>,
    clock: &'t Result<Clock<'s>, Lack>,
}

/// The clock that the ages of states are taken from.
pub fn clock<'s>(scope: &'s Scope<'s>) -> Result<Clock<'s>, Lack> {
    Clock::of(scope)
}

/// `Process`, `PID`, `Thread`, `Id`: who it is.
pub const IDENTITY: [Column; 4] = [
    Column::left("process", "Process", 7).yields(2),
    Column::right("process_id", "PID", 3).yields(5),
    Column::left("thread", "Thread", 16),
    Column::right("thread_id", "Id", 2).yields(4),
];
/// `State`, `Time`, `Reason`: what it does and for how long.
pub const STATE: [Column; 3] = [
    Column::left("state", "State", 5),
    Column::right("state_time", "Time", 4).yields(3),
    Column::left("wait_reason", "Reason", 6),
];

impl<'t, 's> ThreadCells<'t, 's> {
    /// The cells of a thread.
    pub fn of(thread: &'t Thread<'s>, clock: &'t Result<Clock<'s>, Lack>) -> ThreadCells<'t, 's> {
        ThreadCells { thread, clock }
    }

    /// Cells for [`IDENTITY`].
    pub fn identity(&self) -> [Cell; 4] {
        let thread = self.thread;
        let id = thread.client_id();
        [
            process_name(thread),
            Cell::new(id.clone().map(|id| Field::Hex(id.process))).mark("?"),
            address(thread.address()),
            Cell::new(id.map(|id| Field::Hex(id.thread))).mark("?"),
        ]
    }

    /// Cells for [`STATE`].
    pub fn state(&self) -> [Cell; 3] {
        let thread = self.thread;
        let name = |state: Result<String, Lack>| Cell::new(state).mark("?").role(Role::Text);
        [
            name(thread.state().map(|state| state.to_string())),
            self.state_time(),
            name(thread.wait_reason().map(|reason| reason.to_string())),
        ]
    }

    /// How long it has been in its state.
    fn state_time(&self) -> Cell {
        let clock = self.clock.as_ref().map_err(Clone::clone);
        let age = |clock: &Clock<'_>| clock.ticks_as_time(clock.ticks_since(self.thread.wait_time()?)?);
        spelled(clock.and_then(age), elapsed::short)
    }

    /// How long it ran user code.
    pub fn user_time(&self) -> Cell {
        self.ran(self.thread.user_time())
    }

    /// How long it ran in the kernel.
    pub fn kernel_time(&self) -> Cell {
        self.ran(self.thread.kernel_time())
    }

    fn ran(&self, ticks: Result<u64, Lack>) -> Cell {
        let clock = self.clock.as_ref().map_err(Clone::clone);
        spelled(clock.and_then(|clock| clock.ticks_as_time(ticks?)), elapsed::short_rounded)
    }
}

/// A number in decimal.
pub fn decimal(value: Result<u64, Lack>) -> Cell {
    Cell::new(value).mark("?").role(Role::Value)
}

/// A time in 100 ns: `16ms`, and the number in JSON.
fn spelled(value: Result<u64, Lack>, spelling: fn(u64) -> String) -> Cell {
    let text = value.as_ref().map_or(String::new(), |time| spelling(*time));
    Cell::new(value).shown(text).mark("?").role(Role::Value)
}

/// The name of the process that owns a thread, which leads to it.
fn process_name(thread: &Thread<'_>) -> Cell {
    let process = thread.process().and_then(|process| Process::at(thread.object().scope(), process));
    let link = process.as_ref().ok().map(|process| Action::Process(process.address()));
    let name = Cell::new(process.and_then(|process| process.name())).role(Role::Text);
    match link {
        Some(link) => name.link(link),
        None => name,
    }
}
