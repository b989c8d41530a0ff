//! `!stacks`: where every thread stands, a line each.

use crate::command::line::Out;
use crate::command::show::blocker::blocker;
use crate::command::show::missing::not_all;
use crate::command::show::thread::address;
use crate::command::show::thread_stack::name;
use crate::command::show::walking::{Walking, walk_told};
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::debuggee::{Lack, Scope};
use crate::kernel::{Clock, Process, Thread, ThreadState, WalkedThread, running_besides};
use crate::output::{Action, Cell, Field, Line, Record, Role};
use crate::unwind::Frame;
use std::collections::HashSet;

/// `!stacks`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!stacks"],
    group: Group::Kernel,
    arguments: &[
        Argument::new("[0 | 1 | 2]", Expects::Word(&["0", "1", "2"])),
        Argument::new("[TEXT]", Expects::Text),
    ],
    summary: "Shows where each thread stands, process by process",
    help: "0 shows the function that a thread waits in, 1 also threads whose stack is paged out, 2 whole stacks. TEXT \
           leaves the threads with it in a frame, in either case. Ticks is how long a thread has been in its state, in \
           hexadecimal.\n\n\
           kd> !stacks 2 wlanflt",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

/// Where the last column begins.
const BLOCKER: usize = 50;

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let mut words = args.words().peekable();
    let level = words.next_if(|word| matches!(*word, "0" | "1" | "2")).unwrap_or("0");
    let text = words.next().map(str::to_lowercase);
    if let Some(more) = words.next() {
        return Err(CommandError::Syntax(more.to_owned()));
    }
    let scope = context.session.scope();
    let out = &mut context.out;
    out.emit(Line::new().label("Proc.Thread  .Thread  Ticks   ThreadState Blocker"))?;
    let asked = Asked { level, text: text.as_deref(), clock: Clock::of(&scope) };
    let mut found = Found { seen: HashSet::new(), lacks: Vec::new(), walking: Walking::of_all(&scope) };
    for process in Process::all(&scope)? {
        match process {
            Ok(process) => asked.process(&process, &mut found, out)?,
            Err(Lack::Stopped) => return Err(CommandError::Cancelled),
            Err(why) => found.lacks.push(why.to_string()),
        }
    }
    if !found.lacks.is_empty() {
        // No list led to these, but processors run them.
        for thread in running_besides(&scope, &found.seen) {
            let process = thread.process().and_then(|process| Process::at(&scope, process));
            if let Ok(process) = process {
                asked.threads(&process, std::iter::once(Ok(thread)), &mut found, out)?;
            }
        }
    }
    let count = Cell::new(found.seen.len() as u64).role(Role::Value);
    out.emit(Record::new("count").label("Threads Processed: ").cell("threads", count))?;
    out.warn(not_all(&found.lacks))
}

struct Found {
    /// Threads whose stacks were walked.
    seen: HashSet<u64>,
    /// Why not all are known.
    lacks: Vec<String>,
    walking: Walking,
}

struct Asked<'a, 's> {
    level: &'a str,
    text: Option<&'a str>,
    clock: Result<Clock<'s>, Lack>,
}

impl Asked<'_, '_> {
    /// The threads of a process under its name; nothing where none is to be shown.
    fn process(
        &self,
        process: &Process<'_>,
        found: &mut Found,
        out: &mut Out<'_>,
    ) -> Result<(), CommandError> {
        match Thread::of_process(process) {
            Ok(threads) => self.threads(process, threads, found, out),
            Err(why) => {
                found.lacks.push(why.to_string());
                Ok(())
            }
        }
    }

    fn threads<'t>(
        &self,
        process: &Process<'t>,
        threads: impl Iterator<Item = Result<Thread<'t>, Lack>>,
        found: &mut Found,
        out: &mut Out<'_>,
    ) -> Result<(), CommandError> {
        // Without a filter a process without threads is named, too.
        let mut headed = self.text.is_none();
        if headed {
            out.emit(heading(process))?;
        }
        let Found { seen, lacks, walking } = found;
        walk_told(threads, walking, out, lacks, |walked, out| {
            seen.insert(walked.thread.address());
            if !self.takes(&walked) {
                return Ok(());
            }
            if !headed {
                headed = true;
                out.emit(heading(process))?;
            }
            self.thread(&walked, out)
        })?;
        if headed { out.blank() } else { Ok(()) }
    }

    fn takes(&self, walked: &WalkedThread<'_>) -> bool {
        let Ok(stack) = &walked.stack else { return self.level != "0" && self.text.is_none() };
        self.text.is_none_or(|text| {
            let names = stack.frames.iter().filter_map(|frame| name(frame, &walked.space));
            names.into_iter().any(|name| name.to_lowercase().contains(text))
        })
    }

    fn thread(&self, walked: &WalkedThread<'_>, out: &mut Out<'_>) -> Result<(), CommandError> {
        let record = self.columns(&walked.thread);
        let stack = match &walked.stack {
            Ok(stack) => stack,
            Err(why) => {
                let text = match walked.thread.is_stack_resident() {
                    Ok(false) => "Stack paged out".to_owned(),
                    _ => why.to_string(),
                };
                return out.emit(record.role(Role::Unreadable, text).field("blocker", why.clone()));
            }
        };
        if self.level != "2" {
            let frame = blocker(stack, &walked.space);
            return out.emit(match frame {
                Some(frame) => record.cell("blocker", site(frame, &walked.space)),
                None => record.field("blocker", Field::Null),
            });
        }
        let mut frames = stack.frames.iter().map(|frame| site(frame, &walked.space));
        let first = frames.next().unwrap_or(Cell::new(Field::Null));
        out.emit(record.cell("blocker", first))?;
        frames.try_for_each(|cell| {
            out.emit(Record::new("frame").text(" ".repeat(BLOCKER)).cell("symbol", cell))
        })
    }

    /// Ids, address, ticks and state: `   4.000018  ffffa604f24b1040 ffffff12 Blocked    `.
    fn columns(&self, thread: &Thread<'_>) -> Record {
        let id = thread.client_id();
        let process = id.clone().map(|id| Field::Hex(id.process));
        let number = id.map(|id| Field::Hex(id.thread));
        let clock = self.clock.as_ref().map_err(Clone::clone);
        let ticks = thread.wait_time().and_then(|since| clock?.ticks_since(since));
        // Seven digits behind a blank; a negative number takes all eight places.
        let spelled = ticks.as_ref().map_or(String::new(), |ticks| match *ticks {
            0..0x1000_0000 => format!(" {ticks:07x}"),
            _ => format!("{ticks:08x}"),
        });
        Record::new("thread")
            .cell("process_id", Cell::new(process).mark("????").role(Role::Text).right(4))
            .text(".")
            .cell("thread_id", Cell::new(number).digits(6).role(Role::Text))
            .text("  ")
            .cell("address", address(thread.address()))
            .text(" ")
            .cell("ticks", Cell::new(ticks).shown(spelled).role(Role::Text).left(8))
            .text(" ")
            .cell("state", state(thread).left(10))
            .text(" ")
    }
}

fn state(thread: &Thread<'_>) -> Cell {
    let state = thread.state();
    let shown = match &state {
        Ok(ThreadState::WAITING) => "Blocked".to_owned(),
        Ok(other) => other.to_string().to_uppercase(),
        Err(_) => String::new(),
    };
    Cell::new(state.map(|state| state.to_string())).shown(shown).role(Role::Text)
}

fn site(frame: &Frame, space: &Scope<'_>) -> Cell {
    let shown = Cell::new(name(frame, space)).absent(format!("0x{:016x}", frame.ip));
    shown.role(Role::Symbol).link(Action::Code(frame.ip))
}

/// `[fffff8013ed5d3c0 Idle]`
fn heading(process: &Process<'_>) -> Record {
    let at = Cell::new(Field::Address(process.address())).digits(16).follow(Action::Process);
    Record::new("process")
        .text(" ".repeat(28))
        .text("[")
        .cell("address", at)
        .text(" ")
        .cell("name", Cell::new(process.name()).role(Role::Text))
        .text("]")
}
