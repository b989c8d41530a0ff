//! `!findstack`: the threads with a function or module on their stack.

use crate::command::show::missing::not_all;
use crate::command::show::thread::address;
use crate::command::show::thread_stack::name;
use crate::command::show::walking::{Walking, walk_told};
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::kernel::{WalkedThread, known_threads};
use crate::output::{Action, Branch, Cell, Field, Record, Role};
use crate::symbols::wildcard::Wildcard;

/// `!findstack`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!findstack"],
    group: Group::Kernel,
    arguments: &[
        Argument::new("SYMBOL | MODULE", Expects::Symbol),
        Argument::new("[0 | 1 | 2]", Expects::Word(&["0", "1", "2"])),
    ],
    summary: "Finds the threads with a function or module on their stack",
    help: "All threads are looked at. A word with an exclamation mark is a symbol, as MODULE!FUNCTION; without one it \
           is a module or a function. * and ? stand for any text and any character. 0 counts the frames that match, 1 \
           shows them, 2 shows whole stacks in which they are marked.\n\n\
           kd> !findstack wlanflt 1",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let mut words = args.words();
    let Some(typed) = words.next() else {
        return Err(CommandError::Argument("a symbol or a module to look for is missing".to_owned()));
    };
    let level = words.next().unwrap_or("1");
    if !matches!(level, "0" | "1" | "2") {
        return Err(CommandError::Syntax(level.to_owned()));
    }
    let wanted = Wanted::of(typed);
    let scope = context.session.scope();
    let out = &mut context.out;
    let (mut found, mut looked_at, mut lacks) = (0u64, 0u64, Vec::new());
    let mut walking = Walking::of_all(&scope);
    walk_told(known_threads(&scope)?, &mut walking, out, &mut lacks, |walked, out| {
        let WalkedThread { thread, space, stack } = walked;
        looked_at += 1;
        let Ok(stack) = stack else { return Ok(()) };
        let frames: Vec<_> = stack.frames.iter().map(|frame| (frame, name(frame, &space))).collect();
        let fits = |name: &Option<String>| name.as_ref().is_some_and(|name| wanted.fits(name));
        let count = frames.iter().filter(|(_, name)| fits(name)).count();
        if count == 0 {
            return Ok(());
        }
        found += 1;
        let head = Record::new("thread")
            .label("Thread ")
            .cell("address", address(thread.address()))
            .text(", ")
            .cell("frames", Cell::new(count as u64).role(Role::Value))
            .text(" frame(s) match");
        out.within(Branch::new(head), |out| {
            for (frame, name) in frames {
                let is_match = fits(&name);
                if level == "0" || level == "1" && !is_match {
                    continue;
                }
                let number = Cell::new(frame.number).shown(format!("{:02x}", frame.number)).role(Role::Text);
                let symbol = Cell::new(name).absent(format!("0x{:016x}", frame.ip)).role(Role::Symbol);
                out.emit(
                    Record::new("frame")
                        .text(if is_match { "        * " } else { "          " })
                        .field("matches", is_match)
                        .cell("number", number)
                        .text(" ")
                        .cell("sp", Cell::new(Field::Address(frame.sp)).digits(16))
                        .text(" ")
                        .cell("return_address", Cell::new(Field::Address(frame.return_address)).digits(16))
                        .text(" ")
                        .cell("symbol", symbol.link(Action::Code(frame.ip))),
                )?;
            }
            Ok(())
        })?;
        out.blank()
    })?;
    out.emit(
        Record::new("count")
            .cell("threads", Cell::new(found).role(Role::Value))
            .text(" of ")
            .cell("total", Cell::new(looked_at).role(Role::Value))
            .text(" threads match"),
    )?;
    out.warn(not_all(&lacks))
}

/// What is looked for.
enum Wanted {
    /// `MODULE!FUNCTION`
    Symbol(Wildcard),
    /// A module, or a function of any.
    Part(Wildcard),
}

impl Wanted {
    fn of(typed: &str) -> Wanted {
        let pattern = Wildcard::new(typed);
        if typed.contains('!') { Wanted::Symbol(pattern) } else { Wanted::Part(pattern) }
    }

    /// Whether a frame of that name is meant: `nt!KiSwapThread+0xae5`, `wlanflt+0x1f92`.
    fn fits(&self, name: &str) -> bool {
        let name = name.rsplit_once("+0x").map_or(name, |(name, _)| name);
        match self {
            Wanted::Symbol(pattern) => pattern.is_match(name),
            Wanted::Part(pattern) => name.split('!').any(|part| pattern.is_match(part)),
        }
    }
}
