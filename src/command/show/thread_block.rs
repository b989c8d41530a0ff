//! All that `!thread` tells of a thread, and `!process` of each thread of a process.

use super::irp::request;
use super::thread::heading;
use super::thread_stack::{Layout, ThreadStack};
use super::wait_object::waits;
use crate::command::CommandError;
use crate::command::line::Out;
use crate::debuggee::{Lack, Scope};
use crate::kernel::{Clock, Irp, Level, Process, Thread, ThreadState, stack};
use crate::output::{Action, Branch, Cell, Field, Line, Record, Role};
use crate::session::DEFAULT_FRAMES;
use crate::util::elapsed;

/// How much is told: the flags of `!thread` and, in their higher bits, of `!process`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Detail {
    /// What a waiting thread waits for (2).
    pub waits: bool,
    /// Requests, owner, times, priorities and the stack (4, which needs 2).
    pub stack: bool,
    /// The stack without argument slots (8).
    pub plain: bool,
}

impl Detail {
    /// What flags ask for.
    pub fn of(flags: u64) -> Detail {
        let waits = flags & 2 != 0;
        Detail { waits, stack: waits && flags & 4 != 0, plain: flags & 8 != 0 }
    }
}

/// Says a thread, so many columns from the left. Its stack is read in the address space of the process that it is
/// attached to, whatever the user looks at.
///
/// # Errors
/// As [`Out::emit`].
pub fn show(
    thread: &Thread<'_>,
    detail: Detail,
    indent: usize,
    out: &mut Out<'_>,
) -> Result<(), CommandError> {
    out.within(Branch::new(heading(thread, indent)), |out| {
        // Of a thread whose memory cannot be read at all the heading says all that there is to say.
        if let (Err(why), Err(_)) = (thread.state(), thread.client_id()) {
            return out.emit(unreadable(&" ".repeat(indent + 4), &why));
        }
        if detail.waits && thread.state() == Ok(ThreadState::WAITING) {
            waits(thread, indent + 4, out)?;
        }
        if detail.stack {
            let space = stack::space(thread);
            requests(thread, indent, out)?;
            out.emit(facts(thread, &space, indent))?;
            frames(thread, &space, detail, indent, out)?;
        }
        Ok(())
    })
}

/// The debugger lists as many requests; `!t` lists all.
const MOST_REQUESTS: usize = 17;

/// The requests that a thread has begun, each with the driver that has it; nothing where there is none.
fn requests(thread: &Thread<'_>, indent: usize, out: &mut Out<'_>) -> Result<(), CommandError> {
    let margin = " ".repeat(indent);
    let mut irps = match Irp::of_thread(thread) {
        Ok(irps) => irps.peekable(),
        Err(why) => {
            let text = format!("{margin}IRP List: {why}");
            return out.emit(
                Record::new("irps").field("why", Field::unreadable(&text)).role(Role::Unreadable, text),
            );
        }
    };
    if irps.peek().is_none() {
        return Ok(());
    }
    let head = Record::new("irps").text(&margin).label("IRP List:");
    out.within(Branch::new(head), |out| {
        let mut lost = false;
        for irp in irps.by_ref().take(MOST_REQUESTS) {
            match irp {
                Ok(irp) => {
                    lost = irp.kind().is_err();
                    out.emit(request(&irp, indent))?;
                }
                Err(Lack::Stopped) => return Err(CommandError::Cancelled),
                // That the list cannot be followed beyond a request that cannot be read has been said.
                Err(_) if lost => {}
                Err(why) => out.emit(unreadable(&format!("{margin}    "), &why))?,
            }
        }
        match irps.count() {
            0 => Ok(()),
            more => out.emit(Line::of(format!("{margin}    ... and {more} more, which !t lists"))),
        }
    })
}

fn unreadable(margin: &str, why: &Lack) -> Record {
    let text = why.to_string();
    Record::new("unreadable").text(margin).role(Role::Unreadable, &text).field("why", Field::unreadable(text))
}

/// The lines from the impersonation to the priorities, as one thing's facts.
fn facts(thread: &Thread<'_>, space: &Scope<'_>, indent: usize) -> Record {
    let margin = " ".repeat(indent);
    let scope = thread.object().scope();
    let clock = Clock::of(scope);
    let owner = thread.process().and_then(|process| Process::at(scope, process));
    let line = |record: Record, label: &str| {
        record.line(Line::of(&margin).label(label)).pad_to(if label.len() < VALUE {
            indent + VALUE
        } else {
            0
        })
    };
    let record = alpc(thread, Record::new("thread_facts"), &margin);
    let record = impersonation(thread, record, &margin);
    let map = owner.as_ref().map_err(Clone::clone).and_then(|process| process.device_map());
    let record = line(record, "DeviceMap").cell("device_map", pointer(map.map(Field::Address)));
    let record = line(record, "Owning Process");
    let record = process(record, ["process", "image"], owner);
    let record = line(record, "Attached Process");
    let attached = thread.attached_process();
    let record = match (thread.process(), attached) {
        (Ok(owner), Ok(attached)) if owner == attached => record
            .cell("attached_process", Cell::new(Field::Null).absent("N/A"))
            .text("            Image:         N/A"),
        (_, attached) => {
            let attached = attached.and_then(|process| Process::at(scope, process));
            process(record, ["attached_process", "attached_image"], attached)
        }
    };
    let record = times(thread, &clock, record, line);
    let record = start(thread, space, record, &margin);
    let record = record.line(Line::of(&margin).label("Stack Init "));
    let record = record
        .cell("initial_stack", pointer(thread.initial_stack().map(Field::Address)))
        .label(" Current ")
        .cell("kernel_stack", pointer(thread.kernel_stack().map(Field::Address)))
        .line(Line::of(&margin).label("Base "))
        .cell("stack_base", pointer(thread.stack_base().map(Field::Address)))
        .label(" Limit ")
        .cell("stack_limit", pointer(thread.stack_limit().map(Field::Address)))
        .label(" Call ");
    let call = match thread.callback_stack() {
        Err(Lack::NoMember { .. }) => Field::Null,
        call => call.map(Field::Address).into(),
    };
    let record = record.cell("callback_stack", pointer(call).absent("0".repeat(16)));
    priorities(thread, record.line(Line::of(&margin)))
}

/// Where values stand behind their labels.
const VALUE: usize = 26;

fn pointer(value: impl Into<Field>) -> Cell {
    Cell::new(value).digits(16)
}

/// A process with its image's name: its address, seven blanks, the name.
fn process(record: Record, [key, image]: [&'static str; 2], process: Result<Process<'_>, Lack>) -> Record {
    let at = process.as_ref().map(|process| Field::Address(process.address())).map_err(Clone::clone);
    let name = process.and_then(|process| process.name());
    record
        .cell(key, pointer(at).follow(Action::Process))
        .label("       Image:         ")
        .cell(image, Cell::new(name).role(Role::Text))
}

/// The message that a thread waits to be answered.
fn alpc(thread: &Thread<'_>, record: Record, margin: &str) -> Record {
    let message = match thread.alpc_message() {
        Err(Lack::Null { .. } | Lack::NoMember { .. }) => return record,
        Ok(message) => message,
        Err(why) => {
            return record
                .line(Line::of(margin).label("Waiting for reply to ALPC Message "))
                .cell("alpc_message", pointer(Field::from(why)))
                .text(":");
        }
    };
    let address = message.address();
    let port = message.field("PortQueue").and_then(|port| port.pointee_as("nt!_ALPC_PORT"));
    let owner = port.as_ref().map_err(Clone::clone);
    let owner = owner.and_then(|port| port.field("OwnerProcess")?.u64());
    let at = port.map(|port| port.address());
    let link = at.clone().map(Action::AlpcPort);
    let cell = pointer(at.map(Field::Address)).absent("0".repeat(16));
    let cell = link.map_or(cell.clone(), |link| cell.link(link));
    record
        .line(Line::of(margin).label("Waiting for reply to ALPC Message "))
        .cell("alpc_message", pointer(Field::Address(address)).link(Action::AlpcMessage(address)))
        .label(": queued at port ")
        .cell("alpc_port", cell)
        .label(": owned by process ")
        .cell(
            "alpc_server",
            pointer(owner.map(Field::Address)).absent("0".repeat(16)).follow(Action::Process),
        )
}

fn impersonation(thread: &Thread<'_>, record: Record, margin: &str) -> Record {
    let record = record.line(Line::of(margin));
    match thread.impersonation() {
        Ok(None) => record.label("Not impersonating").field("impersonation_token", Field::Null),
        Ok(Some(acting)) => {
            let level = match acting.level {
                Level::Anonymous => "Anonymous",
                Level::Identification => "Identification",
                Level::Impersonation => "Impersonation",
                Level::Delegation => "Delegation",
            };
            let link = Action::object("nt!_TOKEN", acting.token);
            record
                .label("Impersonation token:  ")
                .cell("impersonation_token", pointer(Field::Address(acting.token)).link(link))
                .text(" (Level ")
                .cell("impersonation_level", level)
                .text(")")
        }
        Err(why) => {
            record.label("Impersonation token:  ").cell("impersonation_token", pointer(Field::from(why)))
        }
    }
}

fn times(
    thread: &Thread<'_>,
    clock: &Result<Clock<'_>, Lack>,
    record: Record,
    line: impl Fn(Record, &str) -> Record,
) -> Record {
    let clock = || clock.as_ref().map_err(Clone::clone);
    let number = |value: Result<u64, Lack>| Cell::new(value).role(Role::Value);
    let waited = thread.wait_time().and_then(|since| clock()?.ticks_since(since));
    let age = waited.clone().and_then(|ticks| clock()?.ticks_as_time(ticks));
    let record = line(record, "Wait Start TickCount");
    let record = record.cell("wait_start", number(thread.wait_time()).left(15)).label("Ticks: ");
    let record = record.cell("wait_ticks", number(waited.clone()));
    let record = match (waited, age) {
        (Ok(0) | Err(_), age) => record.field("wait_time", age),
        (Ok(_), age) => {
            let text = age.as_ref().map_or(String::new(), |age| elapsed::days(*age));
            record.text(" (").cell("wait_time", number(age).shown(text)).text(")")
        }
    };
    let record = line(record, "Context Switch Count");
    let record = record
        .cell("context_switches", number(thread.context_switches()).left(15))
        .label("IdealProcessor: ")
        .cell("ideal_processor", number(thread.ideal_processor()))
        // The debugger leaves room there for notes on the stack.
        .text(" ".repeat(13));
    let time = |ticks: Result<u64, Lack>| {
        let value = match &ticks {
            // Nothing is nothing, however long a tick is.
            Ok(0) => Ok(0),
            ticks => clock().and_then(|clock| clock.ticks_as_time(ticks.clone()?)),
        };
        let text = value.as_ref().map_or(String::new(), |time| elapsed::clock(*time));
        // Where it is not known how long a tick is, the ticks are.
        let mark = ticks.map_or("??:??:??.???".to_owned(), |ticks| format!("{ticks} ticks"));
        number(value).shown(text).mark(mark)
    };
    let (user, kernel) = (thread.user_time(), thread.kernel_time());
    let record = line(record, "UserTime").cell("user_time", time(user.clone())).field("user_ticks", user);
    let record = record.field("kernel_ticks", kernel.clone());
    line(record, "KernelTime").cell("kernel_time", time(kernel))
}

/// Where the thread began, by name where it has one.
fn start(thread: &Thread<'_>, space: &Scope<'_>, record: Record, margin: &str) -> Record {
    let record = record.line(Line::of(margin).label("Win32 Start Address "));
    let start = match thread.start_address() {
        Ok(start) => start,
        Err(why) => return record.cell("start_address", pointer(Field::from(why))),
    };
    let at = Cell::new(Field::Address(start)).shown(format!("0x{start:016x}")).link(Action::Code(start));
    match space.name_address(start) {
        Some(named) => {
            let name = Cell::new(named.text()).role(Role::Symbol).link(Action::Code(start));
            record.cell("start_symbol", name).text(" (").cell("start_address", at).text(")")
        }
        None => record.field("start_symbol", Field::Null).cell("start_address", at),
    }
}

fn priorities(thread: &Thread<'_>, record: Record) -> Record {
    let level = |record: Record, label: &str, key: &'static str, value: Result<u64, Lack>| {
        record.label(label).cell(key, Cell::new(value).mark("??").role(Role::Value))
    };
    let record = level(record, "Priority ", "priority", thread.priority());
    let record = level(record, "  BasePriority ", "base_priority", thread.base_priority());
    // Boosts are told where there are any.
    let boost = |record: Record, label: &str, key: &'static str, value: Result<u64, Lack>| match value {
        Ok(0) => record.field(key, 0u64),
        value => level(record, label, key, value),
    };
    let record = boost(record, "  Foreground Boost ", "foreground_boost", thread.foreground_boost());
    let record = boost(record, "  Unusual Boost ", "unusual_boost", thread.unusual_boost());
    let record = level(record, "  IoPriority ", "io_priority", thread.io_priority());
    level(record, "  PagePriority ", "page_priority", thread.page_priority())
}

fn frames(
    thread: &Thread<'_>,
    space: &Scope<'_>,
    detail: Detail,
    indent: usize,
    out: &mut Out<'_>,
) -> Result<(), CommandError> {
    match stack::Walker::new(space).walk(thread, DEFAULT_FRAMES) {
        Ok(stack) => {
            let layout = if detail.plain { Layout::Plain } else { Layout::Arguments };
            ThreadStack { stack: &stack, space }.say(layout, indent, out)
        }
        Err(why) => out.emit(no_stack(thread, &why, indent)),
    }
}

/// Says the threads of a list: a row each, or as much as flags ask for.
///
/// # Errors
/// As [`Out::emit`].
pub fn rows<'s>(
    threads: Result<impl IntoIterator<Item = Result<Thread<'s>, Lack>>, Lack>,
    flags: u64,
    indent: usize,
    out: &mut Out<'_>,
) -> Result<(), CommandError> {
    let detail = Detail::of(flags);
    match threads {
        Ok(threads) if detail.waits => threads.into_iter().try_for_each(|thread| match thread {
            Ok(thread) => show(&thread, detail, indent, out).and_then(|()| out.blank()),
            Err(why) => out.lacking(why),
        }),
        threads => out.rows(threads, |thread| heading(&thread, indent)),
    }
}

/// Why a thread's stack is not shown.
pub fn no_stack(thread: &Thread<'_>, why: &Lack, indent: usize) -> Record {
    let text = match (thread.state(), thread.is_stack_resident()) {
        (Ok(ThreadState::RUNNING), _) => {
            let on = thread.next_processor().map_or("?".to_owned(), |number| format!("{number:x}"));
            format!("Unable to get context for thread running on processor {on}: {why}")
        }
        (_, Ok(false)) => "Kernel stack not resident.".to_owned(),
        _ => format!("The stack is not known: {why}"),
    };
    Record::new("no_stack")
        .text(" ".repeat(indent))
        .role(Role::Unreadable, text)
        .field("why", Field::unreadable(why.to_string()))
}
