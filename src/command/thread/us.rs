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
    out.emit(count(stacks, displayed, total, filter.is_set()))?;
    if let Some(why) = lost.first() {
        out.emit(not_displayed(lost.len() as u64, why))?;
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
    let threads: Vec<u64> = group.threads.iter().map(Thread::address).collect();
    let frames: Vec<&Frame> = group.stack.frames.iter().filter(|frame| filter.counts(frame)).collect();
    let names: Vec<Option<String>> = frames.iter().map(|frame| name(frame, &group.space)).collect();
    let sources: Vec<Option<(String, u32)>> =
        frames.iter().map(|frame| source(frame, &group.space)).collect();
    // Source lines stand in a column of their own.
    let widest = names.iter().map(|name| name.as_ref().map_or(18, String::len)).max().unwrap_or(0);
    let width = if sources.iter().any(Option::is_some) { widest } else { 0 };
    out.within(Branch::new(heading(&threads)), |out| {
        for ((frame, name), source) in frames.iter().zip(names).zip(sources) {
            let record = row(frame.ip, name, source, width);
            let record = match frame.trust.is_scan() {
                true => record.role(Role::Warning, " [scan]"),
                false => record,
            };
            out.emit(record.field("trust", frame.trust.word()))?;
        }
        Ok(())
    })
}

/// `3 threads [stats]: ffffa389b2f06080 ...`
fn heading(threads: &[u64]) -> Record {
    let head = Record::new("unique_stack")
        .cell("count", Cell::new(threads.len() as u64).role(Role::Value))
        .label(if threads.len() == 1 { " thread [stats]:" } else { " threads [stats]:" });
    let head = threads.iter().take(NAMED).fold(head, |head, thread| head.text(" ").show(address(*thread)));
    let head = if threads.len() > NAMED { head.text(" ...") } else { head };
    head.field("threads", Field::List(threads.iter().copied().map(Field::Address).collect()))
}

/// A frame: where it is, its name, in so many columns where a source line follows.
fn row(ip: u64, name: Option<String>, source: Option<(String, u32)>, width: usize) -> Record {
    let cell = Cell::new(name).absent(format!("0x{ip:016x}")).role(Role::Symbol).link(Action::Code(ip));
    let record = Record::new("frame")
        .text("    ")
        .cell("ip", Cell::new(Field::Address(ip)).digits(16).link(Action::Code(ip)))
        .text(" ")
        .cell("symbol", cell.left(if source.is_some() { width } else { 0 }));
    match source {
        Some((file, line)) => record
            .role(Role::Dim, " (")
            .cell("file", Cell::new(file).role(Role::Dim))
            .role(Role::Dim, " @ ")
            .cell("line", Cell::new(line).role(Role::Dim))
            .role(Role::Dim, ")"),
        None => record,
    }
}

/// How many stacks and threads are shown; of those that a filter chose, among how many.
fn count(stacks: u64, shown: u64, total: u64, filtered: bool) -> Record {
    let count = |value: u64| Cell::new(value).role(Role::Value);
    let record = Record::new("count");
    match filtered {
        true => record
            .label("Threads matching filter: ")
            .cell("threads", count(shown))
            .label(" out of ")
            .cell("total", count(total))
            .field("stacks", stacks),
        false => record
            .cell("stacks", count(stacks))
            .label(" stack(s) with ")
            .cell("threads", count(shown))
            .label(" threads displayed (")
            .cell("total", count(total))
            .label(" Total threads)"),
    }
}

/// How many stacks are not known, and why the first is not.
fn not_displayed(lost: u64, why: &Lack) -> Record {
    Record::new("lost")
        .cell("stacks", Cell::new(lost).role(Role::Value))
        .text(
            " stack(s) were not displayed because we could not switch to thread context, or stack trace was empty",
        )
        .field("why", Field::unreadable(why.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(record: &Record) -> String {
        record.lines[0].plain()
    }

    /// Lines of public transcripts (Mex, kernel dumps of Windows 11), made of their values.
    #[test]
    fn lines_are_those_of_real_transcripts() {
        assert_eq!(plain(&heading(&[0xffff_a389_b2f0_6080])), "1 thread [stats]: ffffa389b2f06080");
        assert_eq!(
            plain(&heading(&[0xffff_a389_b109_8040, 0xffff_a389_b109_9040])),
            "2 threads [stats]: ffffa389b1098040 ffffa389b1099040"
        );
        let twelve: Vec<u64> = (0..12).map(|at| 0xffff_a389_b262_20c0 + at).collect();
        let named = plain(&heading(&twelve));
        assert!(named.starts_with("12 threads [stats]: ffffa389b26220c0 "), "{named}");
        assert!(named.ends_with(" ffffa389b26220c9 ..."), "{named}");
        // In a stack without source lines, and outside all modules.
        let bare = row(0xffff_f801_51a3_a756, Some("nt!KiSwapContext+0x76".to_owned()), None, 0);
        assert_eq!(plain(&bare), "    fffff80151a3a756 nt!KiSwapContext+0x76");
        assert_eq!(
            plain(&row(0xffff_8004_d52d_4080, None, None, 0)),
            "    ffff8004d52d4080 0xffff8004d52d4080"
        );
        let driver = "C:\\Users\\User\\source\\repos\\TestDriver\\TestDriver\\Driver.c".to_owned();
        let site = "TestDriver!FileCreationThread+0x164";
        let with_source =
            row(0xffff_f805_735d_1244, Some(site.to_owned()), Some((driver.clone(), 47)), site.len());
        assert_eq!(plain(&with_source), format!("    fffff805735d1244 {site} ({driver} @ 47)"));
        assert_eq!(plain(&count(4, 7, 8, false)), "4 stack(s) with 7 threads displayed (8 Total threads)");
        assert_eq!(plain(&count(2, 3, 7, true)), "Threads matching filter: 3 out of 7");
        assert_eq!(
            plain(&not_displayed(6, &Lack::Stopped)),
            "6 stack(s) were not displayed because we could not switch to thread context, or stack trace was empty"
        );
    }
}
