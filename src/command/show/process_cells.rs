//! What the MEX tables tell of a process, a column each.

use crate::debuggee::Lack;
use crate::kernel::{Clock, Process, Thread, hosted_service};
use crate::output::{Action, Cell, Field, Role};
use crate::util::elapsed;
use crate::util::sizes::sized;

/// The name with what tells processes of one image apart: `svchost.exe(Schedule)` by its service or group, `app.exe*32`
/// for 32-bit code.
pub fn name(process: &Process<'_>) -> Result<String, Lack> {
    let mut name = process.name()?;
    if name.eq_ignore_ascii_case("svchost.exe")
        && let Some(service) = process.command_line().ok().as_deref().and_then(hosted_service)
    {
        name = format!("{name}({service})");
    }
    if process.is_wow64() == Ok(true) {
        name.push_str("*32");
    }
    Ok(name)
}

/// The address, which leads to the process.
pub fn address(process: &Process<'_>) -> Cell {
    super::process::address(process.address())
}

/// A name, which leads to the process.
pub fn named(process: &Process<'_>, name: Result<String, Lack>) -> Cell {
    Cell::new(name).role(Role::Text).link(Action::Process(process.address()))
}

/// A size in words: `7.05 MB`.
pub fn size(bytes: Result<u64, Lack>) -> Cell {
    let shown = bytes.as_ref().map_or(String::new(), |bytes| sized(*bytes));
    Cell::new(bytes).shown(shown).mark("?").role(Role::Value)
}

/// The size of so many pages.
pub fn pages(count: Result<u64, Lack>) -> Cell {
    size(count.map(|count| count.saturating_mul(4096)))
}

/// A size, and nothing where it is zero.
pub fn size_if_any(bytes: Result<u64, Lack>) -> Cell {
    match bytes {
        Ok(0) => Cell::new(0u64).shown(""),
        bytes => size(bytes),
    }
}

/// A time in 100 ns: `16ms`.
pub fn time(value: Result<u64, Lack>) -> Cell {
    let shown = value.as_ref().map_or(String::new(), |time| elapsed::short_rounded(*time));
    Cell::new(value).shown(shown).mark("?").role(Role::Value)
}

/// How long a process ran user code and the kernel's, in 100 ns: its threads that have ended, and those that live.
pub fn times(process: &Process<'_>, clock: &Result<Clock<'_>, Lack>) -> [Result<u64, Lack>; 2] {
    let clock = clock.as_ref().map_err(Clone::clone);
    let mut ticks = [process.user_time(), process.kernel_time()];
    match Thread::of_process(process) {
        Ok(threads) => {
            for thread in threads {
                let more = match thread {
                    Ok(thread) => [thread.user_time(), thread.kernel_time()],
                    Err(why) => [Err(why.clone()), Err(why)],
                };
                for (sum, more) in ticks.iter_mut().zip(more) {
                    *sum = sum.clone().and_then(|sum| Ok(sum.saturating_add(more?)));
                }
            }
        }
        Err(why) => ticks = [Err(why.clone()), Err(why)],
    }
    ticks.map(|ticks| clock.clone().and_then(|clock| clock.ticks_as_time(ticks?)))
}

/// An id in both bases, each as wide as the widest of its column: `0x4    0n4    `.
pub fn id(process: &Process<'_>, widths: [usize; 2]) -> Cell {
    let id = process.id();
    let shown = id.as_ref().map_or(String::new(), |id| {
        let [hex, decimal] = [format!("{id:#x}"), format!("0n{id}")];
        format!("{hex:0$} {decimal:1$}", widths[0], widths[1])
    });
    Cell::new(id.map(Field::Hex)).shown(shown).mark("?").role(Role::Value)
}
