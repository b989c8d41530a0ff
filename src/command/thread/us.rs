//! `!us`: the stacks of threads, those that are alike once.

use super::lt::has_module;
use crate::command::line::Out;
use crate::command::process::processes::Which;
use crate::command::show::missing::not_all;
use crate::command::show::thread::address;
use crate::command::show::thread_stack::{name, source};
use crate::command::show::walking::{Walking, walk_told};
use crate::command::{
    Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs, Switch, Switches, Takes,
};
use crate::debuggee::{Lack, Scope};
use crate::kernel::{
    Processor, Thread, ThreadState, UniqueStack, UniqueStacks, WalkedThread, known_threads, known_threads_of,
};
use crate::output::{Action, Branch, Cell, Field, Line, Record, Role};
use crate::unwind::{Frame, Stack};
use regex::{Regex, RegexBuilder};

/// `!us`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!us", "!uniquestacks"],
    group: Group::Kernel,
    switches: Switches::words(&[
        Switch::flag("-a", "the threads of all processes"),
        Switch::with("-p", Takes::Name, "PROCESS", "those of this process"),
        Switch::flag("-cpu", "those that processors run"),
        Switch::flag("-w", "those that wait"),
        Switch::flag("-k", "the kernel's part of the stacks of all processes"),
        Switch::with("-m", Takes::Name, "MODULE", "those with this module on their stack"),
        Switch::with("-e", Takes::Name, "TEXT", "those without this text in any frame"),
        Switch::with("-r", Takes::Name, "REGEX", "those with a frame that fits"),
    ])
    .anywhere(),
    arguments: &[Argument::new("[TEXT]", Expects::Text)],
    summary: "Shows the stacks of threads, those that are alike once with the threads that have them",
    help: "Without a process the current one's threads are looked at. TEXT leaves those with it in a frame, in either \
           case: a module, a function, or both. Stacks are alike if all their return addresses are; those of few \
           threads come first. Each stack is walked in its own process's address space. What is left out is told at \
           the end.\n\n\
           kd> !us -cpu\n\
           1 thread [stats]: ffff8004cf5ed2c0\n    \
               fffff8034501fe86 nt!KiSwapContext+0x76\n    \
               fffff80344e6d645 nt!KiSwapThread+0xab5\n\n\
           1 stack(s) with 1 threads displayed (1 Total threads)",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

/// Which stacks are shown.
struct Filter {
    text: Option<String>,
    without: Option<String>,
    regex: Option<Regex>,
    module: Option<String>,
    waiting: bool,
    kernel: bool,
}

impl Filter {
    fn of(args: &Args<'_>, text: Option<&str>) -> Result<Filter, CommandError> {
        let regex = |text: &str| {
            let built = RegexBuilder::new(text).case_insensitive(true).size_limit(1 << 20).build();
            built.map_err(|error| {
                CommandError::Argument(format!("'{text}' is no regular expression: {error}"))
            })
        };
        Ok(Filter {
            text: text.map(str::to_lowercase),
            without: args.text_of("-e").map(str::to_lowercase),
            regex: args.text_of("-r").map(regex).transpose()?,
            module: args.text_of("-m").map(str::to_owned),
            waiting: args.has("-w"),
            kernel: args.has("-k"),
        })
    }

    /// Whether stacks are chosen by what they hold.
    fn is_set(&self) -> bool {
        self.text.is_some() || self.without.is_some() || self.regex.is_some() || self.module.is_some()
    }

    /// Whether a frame belongs to what is shown.
    fn counts(&self, frame: &Frame) -> bool {
        !self.kernel || frame.ip >> 63 == 1
    }

    fn takes(&self, stack: &Stack, space: &Scope<'_>) -> bool {
        if self.module.as_ref().is_some_and(|module| !has_module(stack, space, module)) {
            return false;
        }
        if self.text.is_none() && self.without.is_none() && self.regex.is_none() {
            return true;
        }
        let names: Vec<String> = stack
            .frames
            .iter()
            .filter(|frame| self.counts(frame))
            .filter_map(|frame| name(frame, space))
            .collect();
        let any = |text: &str| names.iter().any(|name| name.to_lowercase().contains(text));
        self.text.as_ref().is_none_or(|text| any(text))
            && !self.without.as_ref().is_some_and(|text| any(text))
            && self.regex.as_ref().is_none_or(|regex| names.iter().any(|name| regex.is_match(name)))
    }
}

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let mut words = args.words();
    let filter = Filter::of(args, words.next())?;
    if let Some(more) = words.next() {
        return Err(CommandError::Syntax(more.to_owned()));
    }
    let process = match (args.has("-a") || filter.kernel || args.has("-cpu"), args.text_of("-p")) {
        (true, None) => None,
        (_, typed) => Some(Which::read(typed, context)?),
    };
    let scope = context.session.scope();
    let out = &mut context.out;
    let threads: Box<dyn Iterator<Item = Result<Thread<'_>, Lack>>> = match &process {
        None if args.has("-cpu") => {
            Box::new(Processor::all(&scope).map(|(_, processor)| processor?.current_thread()))
        }
        None | Some(Which::All) => Box::new(known_threads(&scope)?),
        Some(process) => Box::new(known_threads_of(&process.one(&scope)?)?),
    };
    let mut walking = match &process {
        None | Some(Which::All) if !args.has("-cpu") => Walking::of_all(&scope),
        _ => Walking::default(),
    };
    let waits = |thread: &Result<Thread<'_>, Lack>| match thread {
        Ok(thread) => !filter.waiting || thread.state() == Ok(ThreadState::WAITING),
        Err(_) => true,
    };
    let Gathered { unique, total, lost, lacks } = gather(threads.filter(waits), &mut walking, &filter, out)?;
    if filter.kernel {
        out.emit(Line::of("Kernel Summary"))?;
        out.emit(Line::of("=".repeat(60)))?;
    }
    let (mut stacks, mut displayed) = (0u64, 0u64);
    for group in unique.by_count() {
        out.check()?;
        if filter.is_set() && !filter.takes(&group.stack, &group.space) {
            continue;
        }
        stacks += 1;
        displayed += group.threads.len() as u64;
        show(&group, &filter, out)?;
        out.blank()?;
    }
    let count = |value: u64| Cell::new(value).role(Role::Value);
    let record = Record::new("count");
    out.emit(match filter.is_set() {
        true => record
            .label("Threads matching filter: ")
            .cell("threads", count(displayed))
            .label(" out of ")
            .cell("total", count(total))
            .field("stacks", stacks),
        false => record
            .cell("stacks", count(stacks))
            .label(" stack(s) with ")
            .cell("threads", count(displayed))
            .label(" threads displayed (")
            .cell("total", count(total))
            .label(" Total threads)"),
    })?;
    if let Some(why) = lost.first() {
        let text = " stack(s) were not displayed because we could not switch to thread context, or stack trace was empty";
        out.emit(
            Record::new("lost")
                .cell("stacks", count(lost.len() as u64))
                .text(text)
                .field("why", Field::unreadable(why.to_string())),
        )?;
        out.emit(Line::new().role(Role::Dim, format!("The first of these: {why}")))?;
    }
    out.warn(not_all(&lacks))
}

struct Gathered<'s> {
    unique: UniqueStacks<'s>,
    /// Threads whose stacks were looked at.
    total: u64,
    /// Why stacks are not known.
    lost: Vec<Lack>,
    /// Why threads are not known.
    lacks: Vec<String>,
}

fn gather<'s>(
    threads: impl Iterator<Item = Result<Thread<'s>, Lack>>,
    walking: &mut Walking,
    filter: &Filter,
    out: &mut Out<'_>,
) -> Result<Gathered<'s>, CommandError> {
    let mut found = Gathered { unique: UniqueStacks::new(), total: 0, lost: Vec::new(), lacks: Vec::new() };
    walk_told(threads, walking, out, &mut found.lacks, |WalkedThread { thread, space, stack }, _| {
        found.total += 1;
        match stack {
            Ok(stack) => found.unique.add(thread, space, stack, |frame| filter.counts(frame)),
            Err(why) => found.lost.push(why),
        }
        Ok(())
    })?;
    Ok(found)
}

/// Threads that the heading of a stack names.
const NAMED: usize = 10;

/// A stack under the threads that have it.
fn show(group: &UniqueStack<'_>, filter: &Filter, out: &mut Out<'_>) -> Result<(), CommandError> {
    let count = group.threads.len();
    let head = Record::new("unique_stack")
        .cell("count", Cell::new(count as u64).role(Role::Value))
        .label(if count == 1 { " thread [stats]:" } else { " threads [stats]:" });
    let head = group
        .threads
        .iter()
        .take(NAMED)
        .fold(head, |head, thread| head.text(" ").show(address(thread.address())));
    let head = if count > NAMED { head.text(" ...") } else { head };
    let all = group.threads.iter().map(|thread| Field::Address(thread.address())).collect();
    let frames: Vec<&Frame> = group.stack.frames.iter().filter(|frame| filter.counts(frame)).collect();
    let names: Vec<Option<String>> = frames.iter().map(|frame| name(frame, &group.space)).collect();
    let sources: Vec<Option<(String, u32)>> =
        frames.iter().map(|frame| source(frame, &group.space)).collect();
    // Source lines stand in a column of their own.
    let widest = names.iter().map(|name| name.as_ref().map_or(18, String::len)).max().unwrap_or(0);
    let width = if sources.iter().any(Option::is_some) { widest } else { 0 };
    out.within(Branch::new(head.field("threads", Field::List(all))), |out| {
        for ((frame, name), source) in frames.iter().zip(names).zip(sources) {
            let cell = Cell::new(name)
                .absent(format!("0x{:016x}", frame.ip))
                .role(Role::Symbol)
                .link(Action::Code(frame.ip));
            let record = Record::new("frame")
                .text("    ")
                .cell("ip", Cell::new(Field::Address(frame.ip)).digits(16).link(Action::Code(frame.ip)))
                .text(" ")
                .cell("symbol", cell.left(if source.is_some() { width } else { 0 }));
            let record = match source {
                Some((file, line)) => record
                    .role(Role::Dim, " (")
                    .cell("file", Cell::new(file).role(Role::Dim))
                    .role(Role::Dim, " @ ")
                    .cell("line", Cell::new(line).role(Role::Dim))
                    .role(Role::Dim, ")"),
                None => record,
            };
            let record = match frame.trust.is_scan() {
                true => record.role(Role::Warning, " [scan]"),
                false => record,
            };
            out.emit(record.field("trust", frame.trust.word()))?;
        }
        Ok(())
    })
}
