//! `!process`: processes with their memory, times, threads.

use super::processes::{self, Which, is_called, listed};
use crate::command::line::Out;
use crate::command::show::missing::Missing;
use crate::command::show::thread_block::{self, Detail};
use crate::command::show::{process, process_body};
use crate::command::{
    Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs, Switch, Switches, Takes,
};
use crate::debuggee::{Lack, Scope};
use crate::kernel::{Clock, Process, Thread};
use crate::output::{Branch, Cell, Line, Record};
use crate::symbols::wildcard::Wildcard;

/// `!process`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!process"],
    group: Group::Kernel,
    switches: Switches::letters(&[
        Switch::with("/s", Takes::Value, "SESSION", "only processes of this session"),
        Switch::with("/m", Takes::Name, "MODULE", "only processes that have loaded a module of this name"),
    ]),
    arguments: &[
        Argument::new("[PROCESS]", Expects::Expression),
        Argument::new("[FLAGS]", Expects::Expression),
        Argument::new("[IMAGE]", Expects::Text),
    ],
    summary: "Shows processes: ids, image, memory, token, times, threads",
    help: "PROCESS is an EPROCESS address, an id, a name, 0 for all, -1 or nothing for the current one; IMAGE is a name or \
           a pattern (svc*). FLAGS: 1 memory, token and times; 2 threads and what they wait for; 4 (with 2) all that \
           !thread tells of each; 8 stacks without arguments; 0x10 is taken: every stack is read in its own address \
           space. Without FLAGS: 3 for one process, 0 for all. Times are those of threads that have ended. A zombie has ended, and somebody still refers to it.\n\n\
           kd> !process 0 0 smss.exe\n\
           PROCESS ffffa4058c00e050\n    \
           SessionId: none  Cid: 015c    Peb: c554400000  ParentCid: 0004\n    \
           DirBase: 00146000  ObjectTable: ffffd30a110023d0  HandleCount:   3.\n    \
           Image: smss.exe",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

/// Bits of FLAGS.
const COUNTERS: u64 = 1;
const THREADS: u64 = 2;
/// Columns before a thread.
const INDENT: usize = 8;

/// What was asked for.
struct Asked {
    which: Which,
    flags: u64,
    image: Option<Wildcard>,
    session: Option<u64>,
    module: Option<Wildcard>,
}

fn read(args: &Args<'_>, context: &Context<'_>) -> Result<Asked, CommandError> {
    let mut words = args.words();
    let which = Which::read(words.next(), context)?;
    let flags = match words.next() {
        Some(flags) => context.evaluate(flags)?,
        None if which == Which::All => 0,
        None => COUNTERS | THREADS,
    };
    let image = words.collect::<Vec<_>>().join(" ");
    let image = (!image.is_empty()).then(|| Wildcard::new(&image));
    let module = args.text_of("/m").map(Wildcard::new);
    Ok(Asked { which, flags, image, session: args.number("/s"), module })
}

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let asked = read(args, context)?;
    let now = processes::now(context.session);
    let scope = context.session.scope();
    let clock = Clock::of(&scope);
    let mut missing = Missing::default();
    let mut show = |process: &Process<'_>, out: &mut Out<'_>| {
        let record = block(process, &clock, asked.flags, now);
        missing.note(&record);
        out.within(Branch::new(record), |out| {
            out.blank()?;
            if asked.flags & THREADS == 0 { Ok(()) } else { threads(process, asked.flags, out) }
        })
    };
    let out = &mut context.out;
    match &asked.which {
        Which::At(address) => {
            let process = Process::at(&scope, *address)?;
            processes::check(&process)?;
            show(&process, out)?;
        }
        Which::Id(id) => {
            out.emit(Line::of(format!("Searching for Process with Cid == {id:x}")))?;
            match with_id(&scope, *id, out)? {
                Some(process) => show(&process, out)?,
                None => return Err(CommandError::Missing(format!("no process has the id {id:x}"))),
            }
        }
        Which::All | Which::Named(_) => list(&asked, &scope, show, out)?,
    }
    missing.say(out)
}

/// The threads of a process, and a blank line after each. Where their list breaks, those that processors run come after it.
fn threads(of: &Process<'_>, flags: u64, out: &mut Out<'_>) -> Result<(), CommandError> {
    let mut known = Vec::new();
    let mut broken = false;
    for thread in Thread::of_process(of)? {
        match thread {
            Ok(thread) => {
                known.push(thread.address());
                thread_block::show(&thread, Detail::of(flags), INDENT, out)?;
            }
            Err(Lack::Stopped) => return Err(CommandError::Cancelled),
            Err(why) => {
                broken = true;
                out.warn(Some(format!("not all threads are known: {why}")))?;
            }
        }
        out.blank()?;
    }
    let of_process = |thread: &Thread<'_>| thread.process() == Ok(of.address());
    for thread in processes::running(of.object().scope()).filter(of_process) {
        if broken && !known.contains(&thread.address()) {
            thread_block::show(&thread, Detail::of(flags), INDENT, out)?;
            out.blank()?;
        }
    }
    if broken || !known.is_empty() { Ok(()) } else { out.emit(Line::of("No active threads")) }
}

/// The process with an id.
fn with_id<'s>(
    scope: &'s Scope<'s>,
    id: u64,
    out: &mut Out<'_>,
) -> Result<Option<Process<'s>>, CommandError> {
    for process in listed(scope)? {
        match process {
            Ok(process) if process.id() == Ok(id) => return Ok(Some(process)),
            Err(Lack::Stopped) => return Err(CommandError::Cancelled),
            Err(why) => out.warn(Some(format!("not all processes are known: {why}")))?,
            Ok(_) => {}
        }
    }
    Ok(None)
}

/// All processes that pass the filters, and how many there are.
fn list(
    asked: &Asked,
    scope: &Scope<'_>,
    mut show: impl FnMut(&Process<'_>, &mut Out<'_>) -> Result<(), CommandError>,
    out: &mut Out<'_>,
) -> Result<(), CommandError> {
    let named = match &asked.which {
        Which::Named(name) => Some(Wildcard::new(name)),
        _ => None,
    };
    let is_filtered =
        asked.image.is_some() || named.is_some() || asked.session.is_some() || asked.module.is_some();
    if !is_filtered {
        out.emit(Line::of("**** NT ACTIVE PROCESS DUMP ****"))?;
    }
    let (mut shown, mut all, mut ended) = (0u64, 0u64, 0u64);
    for process in listed(scope)? {
        let process = match process {
            Ok(process) => process,
            Err(Lack::Stopped) => return Err(CommandError::Cancelled),
            Err(why) => {
                out.warn(Some(format!("not all processes are known: {why}")))?;
                continue;
            }
        };
        all += 1;
        let called = |pattern: &Option<Wildcard>| pattern.as_ref().is_none_or(|p| is_called(&process, p));
        let in_session = asked.session.is_none_or(|session| process.session_id() == Ok(Some(session)));
        let has_module = asked.module.as_ref().is_none_or(|module| has_module(&process, module));
        if called(&asked.image) && called(&named) && in_session && has_module {
            shown += 1;
            ended += u64::from(process.has_exited() == Ok(true));
            show(&process, out)?;
        }
    }
    out.emit(count(shown, all, ended))
}

/// `9 processes`, `2 of 9 processes, 1 has ended`
fn count(shown: u64, all: u64, ended: u64) -> Record {
    let record = Record::new("count").cell("shown", Cell::new(shown));
    let record = if shown == all { record } else { record.text(" of ").cell("all", Cell::new(all)) };
    let record = record.text(if all == 1 { " process" } else { " processes" });
    match ended {
        0 => record.field("ended", 0u64),
        ended => record.text(", ").cell("ended", Cell::new(ended)).text(if ended == 1 {
            " has ended"
        } else {
            " have ended"
        }),
    }
}

/// Whether the loader of a process has a module of a name. What its memory does not tell is no match.
fn has_module(process: &Process<'_>, pattern: &Wildcard) -> bool {
    let found = process.ask_peb(|peb| {
        for module in peb.modules()? {
            let name = module?.name()?;
            let base = name.rsplit_once('.').map_or(name.as_str(), |(base, _)| base);
            if pattern.is_match(&name) || pattern.is_match(base) {
                return Ok(true);
            }
        }
        Ok(false)
    });
    found == Ok(true)
}

/// Everything that is said of one process before its threads.
fn block<'s>(of: &Process<'s>, clock: &Result<Clock<'s>, Lack>, flags: u64, now: Option<u64>) -> Record {
    let record = process::heading(of, now);
    if flags & COUNTERS == 0 { record } else { process_body::counters(record, of, clock, now) }
}
