//! `!w`: where one stands: what is selected now.

use crate::command::{Args, CommandError, CommandSpec, Context, Group, Needs};
use crate::debuggee::Lack;
use crate::kernel::{Process, Thread};
use crate::output::{Action, Cell, Field, Line, Record, Role};

/// `!w`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!w"],
    group: Group::Kernel,
    summary: "Shows what is selected: session, process, thread, frame, processor",
    help: "What .process, .thread, .frame and ~ chose, or what the crash left selected.\n\n\
           kd> !w\n\
           Session: none\n\
           Process: ffffa4058c01a350 smss.exe\n\
           Thread:  ffffa4058c040050 smss.exe\n\
           Pid: 15c\n\
           Tid: 16c\n\
           Frame: 0\n\
           Teb: c554404000\n\
           Dbgid: 6 (processor)",
    needs: Needs::Dump,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    args.none()?;
    let record = record(context);
    context.out.emit(record)
}

fn record(context: &Context<'_>) -> Record {
    let session = &*context.session;
    let scope = session.scope();
    let absent = |what: &str| Lack::NoName { name: what.to_owned() };
    let process = session
        .process()
        .ok_or_else(|| absent("the current process"))
        .and_then(|address| Process::at(&scope, address));
    let thread = session
        .thread()
        .ok_or_else(|| absent("the current thread"))
        .and_then(|address| Thread::at(&scope, address));
    let at = |address: Option<u64>, link: fn(u64) -> Action| {
        Cell::new(address.map(Field::Address)).digits(16).absent("unknown").follow(link)
    };
    let hex = |value: Result<u64, Lack>| Cell::new(value.map(Field::Hex)).mark("?").absent("none");
    let id = thread.clone().and_then(|thread| thread.client_id());
    let owner = thread.clone().and_then(|thread| Process::at(&scope, thread.process()?));
    let owner_at = Cell::new(owner.clone().map(|owner| Field::Address(owner.address()))).digits(16);
    let frame = session.focus.frame.as_ref().map_or(0, |selected| selected.frame.number);
    let text = |value: Result<String, Lack>| Cell::new(value).mark("?").role(Role::Text);
    let session_id = process.clone().and_then(|process| process.session_id());
    Record::new("where")
        .line(Line::new().label("Session: "))
        .cell("session", Cell::new(session_id).mark("?").absent("none"))
        .line(Line::new().label("Process: "))
        .cell("process", at(session.process(), Action::Process))
        .text(" ")
        .cell("process_name", text(process.clone().and_then(|process| process.name())))
        .line(Line::new().label("Thread:  "))
        .cell("thread", at(session.thread(), Action::Thread))
        .text(" ")
        .cell("thread_process_name", text(owner.and_then(|owner| owner.name())))
        .text(" ")
        .cell("thread_process", owner_at.follow(Action::Process))
        .line(Line::new().label("Pid: "))
        .cell("process_id", hex(process.and_then(|process| process.id())))
        .line(Line::new().label("Tid: "))
        .cell("thread_id", hex(id.map(|id| id.thread)))
        .line(Line::new().label("Frame: "))
        .cell("frame", Cell::new(Field::Hex(u64::from(frame))).digits(1))
        .line(Line::new().label("Teb: "))
        .cell("teb", hex(thread.and_then(|thread| thread.teb())))
        .line(Line::new().label("Dbgid: "))
        .cell("processor", Cell::new(session.focus.processor))
        .text(" (processor)")
}
