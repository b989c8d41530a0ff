//! `!obj`, `!mut`, `!evt`, `!sem`: the members of an object that can be waited for, and the threads that wait for it.

use crate::command::show::blocker::blocker_name;
use crate::command::show::grid::Grid;
use crate::command::show::missing::Missing;
use crate::command::show::object::Described;
use crate::command::show::thread_cells::{self, IDENTITY, STATE, ThreadCells, decimal};
use crate::command::{
    Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs, Switch, Switches,
};
use crate::debuggee::{Lack, Scope};
use crate::kernel::{Dispatcher, DispatcherKind, ObjectTypes, Thread, WalkedThread, walk_each};
use crate::output::{Cell, Column, Line, Role};
use crate::session::DEFAULT_FRAMES;
use crate::util::hex::tick;

/// `!obj`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!obj"],
    group: Group::Kernel,
    switches: Switches::words(&[Switch::flag("-waiters", "only the threads that wait for it")]).anywhere(),
    arguments: &[Argument::new("OBJECT", Expects::Expression)],
    summary: "Shows an object, its members and the threads that wait for it",
    help: "OBJECT is the address of an object's body: its type, header and name, the members of its structure where its type \
           has one, and a row for each thread that waits for it, the longest first. For a file, waiters are those of the \
           event inside it.\n\n\
           kd> !obj -waiters ffffa405`8c0320a0",
    needs: Needs::Types,
    ..CommandSpec::runs(|args, context| run(args, context, Wanted::Any))
};

/// `!mut`
pub const MUTANT: CommandSpec = CommandSpec {
    names: &["!mut"],
    group: Group::Kernel,
    arguments: &[Argument::new("MUTEX", Expects::Expression)],
    summary: "Shows the members of a mutex and the threads that wait for it",
    help: "The members of the KMUTANT, its owner among them, and a row for each thread that waits.\n\n\
           kd> !mut ffffa405`8c032170",
    needs: Needs::Types,
    ..CommandSpec::runs(|args, context| run(args, context, Wanted::Mutant))
};

/// `!evt`
pub const EVENT: CommandSpec = CommandSpec {
    names: &["!evt"],
    group: Group::Kernel,
    arguments: &[Argument::new("EVENT", Expects::Expression)],
    summary: "Shows the members of an event and the threads that wait for it",
    help: "The members of the KEVENT, and a row for each thread that waits.\n\n\
           kd> !evt ffffa405`8c0320a0",
    needs: Needs::Types,
    ..CommandSpec::runs(|args, context| run(args, context, Wanted::Event))
};

/// `!sem`
pub const SEMAPHORE: CommandSpec = CommandSpec {
    names: &["!sem"],
    group: Group::Kernel,
    arguments: &[Argument::new("SEMAPHORE", Expects::Expression)],
    summary: "Shows the members of a semaphore and the threads that wait for it",
    help: "The members of the KSEMAPHORE, its limit among them, and a row for each thread that waits.\n\n\
           kd> !sem ffffa405`8c032270",
    needs: Needs::Types,
    ..CommandSpec::runs(|args, context| run(args, context, Wanted::Semaphore))
};

/// Which objects a command takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Any,
    Mutant,
    Event,
    Semaphore,
}

/// The structures of types that begin with what threads wait for.
const WAITED_FOR: [(&str, &str); 7] = [
    ("Event", "nt!_KEVENT"),
    ("Mutant", "nt!_KMUTANT"),
    ("Semaphore", "nt!_KSEMAPHORE"),
    ("Timer", "nt!_ETIMER"),
    ("Process", "nt!_EPROCESS"),
    ("Thread", "nt!_ETHREAD"),
    ("File", FILE),
];
const FILE: &str = "nt!_FILE_OBJECT";

fn run(args: &Args<'_>, context: &mut Context<'_>, wanted: Wanted) -> Result<(), CommandError> {
    let words: Vec<&str> = args.words().collect();
    if words.is_empty() {
        return Err(CommandError::Syntax(args.name.to_owned()));
    }
    let address = context.evaluate(&words.join(" "))?;
    let only_waiters = wanted == Wanted::Any && args.has("-waiters");
    let structure = match wanted {
        Wanted::Any => described(address, only_waiters, context)?,
        wanted => Some(of_kind(address, wanted, context)?),
    };
    if let Some(structure) = structure.filter(|_| !only_waiters) {
        context.out.blank()?;
        context.run_line(&format!("!ddt {structure} {}", tick(address)))?;
        context.out.blank()?;
    }
    match structure {
        Some(structure) => waiters(address, structure, context),
        None => context
            .out
            .emit(Line::of("No thread can wait for an object of this type, as far as it is known here")),
    }
}

/// Says what an object is; the structure of its type, where threads can wait for it.
fn described(
    address: u64,
    quiet: bool,
    context: &mut Context<'_>,
) -> Result<Option<&'static str>, CommandError> {
    let scope = context.session.scope();
    let types = ObjectTypes::of(&scope);
    let described = Described::new(&scope, &types, address)?;
    let name = match &described.type_name {
        Ok(name) => name.clone(),
        Err(why) => {
            // What is no object of the object manager's may still be something that threads wait for.
            let text = format!("{address:016x} is no object whose type is known: {why}");
            context.out.warn(Some(text))?;
            return Ok(Some(of_kind(address, Wanted::Any, context)?));
        }
    };
    if !quiet {
        context.out.emit(described.counts(described.heading(address), 4))?;
    }
    Ok(WAITED_FOR.iter().find(|(ty, _)| *ty == name).map(|(_, structure)| *structure))
}

/// The structure of what lies at an address, which must be what a command takes.
fn of_kind(address: u64, wanted: Wanted, context: &Context<'_>) -> Result<&'static str, CommandError> {
    let scope = context.session.scope();
    let kind = Dispatcher::at(&scope, address)?.kind()?;
    let (is, structure, name) = match kind {
        DispatcherKind::Mutant => (Wanted::Mutant, "nt!_KMUTANT", "mutex"),
        DispatcherKind::NotificationEvent | DispatcherKind::SynchronizationEvent => {
            (Wanted::Event, "nt!_KEVENT", "event")
        }
        DispatcherKind::Semaphore => (Wanted::Semaphore, "nt!_KSEMAPHORE", "semaphore"),
        _ => (Wanted::Any, "nt!_DISPATCHER_HEADER", "other object"),
    };
    let asked = match wanted {
        Wanted::Any if matches!(kind, DispatcherKind::Unknown(_)) => "object that threads wait for",
        Wanted::Any => return Ok(structure),
        wanted if wanted == is => return Ok(structure),
        Wanted::Mutant => "mutex",
        Wanted::Event => "event",
        Wanted::Semaphore => "semaphore",
    };
    let found = match kind {
        DispatcherKind::Unknown(number) => format!("an unknown object of type {number}"),
        _ => format!("its dispatcher header is that of another kind ({name})"),
    };
    Err(CommandError::Missing(format!("no {asked} lies at {address:016x}: {found}")))
}

fn columns() -> Vec<Column> {
    let mut columns = Vec::from(IDENTITY);
    columns.push(Column::right("context_switches", "CSwitches", 9));
    columns.push(Column::right("user_time", "User", 4));
    columns.push(Column::right("kernel_time", "Kernel", 6));
    columns.extend(STATE);
    columns.push(Column::left("wait_function", "Wait Function", 13));
    columns
}

/// The threads that wait for an object, a row each.
fn waiters(address: u64, structure: &str, context: &mut Context<'_>) -> Result<(), CommandError> {
    let scope = context.session.scope();
    let out = &mut context.out;
    let mut missing = Missing::default();
    let threads: Vec<Result<Thread<'_>, Lack>> = match dispatcher(&scope, address, structure) {
        Ok(object) => object.waiters()?.collect(),
        Err(why) => vec![Err(why)],
    };
    let clock = thread_cells::clock(&scope);
    let mut grid = Grid::new("thread", &columns());
    walk_each(threads.into_iter(), DEFAULT_FRAMES, |walked| {
        out.check()?;
        match walked {
            Ok(WalkedThread { thread, space, stack }) => {
                let cells = ThreadCells::of(&thread, &clock);
                let mut row = Vec::from(cells.identity());
                row.push(decimal(thread.context_switches()));
                row.push(cells.user_time());
                row.push(cells.kernel_time());
                row.extend(cells.state());
                let function = stack.map(|stack| blocker_name(&stack, &space));
                row.push(Cell::new(function).mark("?").role(Role::Symbol));
                grid.add(row);
            }
            Err(Lack::Stopped) => return Err(CommandError::Cancelled),
            Err(why) => missing.add(&why.to_string()),
        }
        Ok(())
    })?;
    grid.say("Waiter", out)?;
    missing.say(out)
}

/// What threads wait for: the object itself, or the event inside a file.
fn dispatcher<'s>(scope: &'s Scope<'s>, address: u64, structure: &str) -> Result<Dispatcher<'s>, Lack> {
    let at = match structure {
        FILE => scope.object(FILE, address)?.field("Event")?.address(),
        _ => address,
    };
    Dispatcher::at(scope, at)
}
