//! `!locks`: the kernel's resources, who owns them and who waits.

use crate::command::line::Out;
use crate::command::show::thread::address;
use crate::command::{
    Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs, Switch, Switches,
};
use crate::debuggee::{Lack, Scope};
use crate::kernel::{Resource, ResourceOwner, Thread, Waiters};
use crate::output::{Action, Branch, Cell, Field, Line, Record, Role};

/// `!locks`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!locks"],
    group: Group::Kernel,
    switches: Switches::letters(&[
        Switch::flag("-d", "resources that nobody owns, too"),
        Switch::flag("-v", "the heading of each thread"),
        Switch::ignored("-p"),
    ])
    .anywhere(),
    arguments: &[Argument::new("[ADDRESS]", Expects::Expression)],
    summary: "Shows the executive resources (ERESOURCE) that are held, their owners and those who wait",
    help: "All resources of the system, of which those that somebody owns are shown; with an address that one. An owner is \
           a thread and how often it took the resource; `<*>` stands behind threads that are there. Threads that wait are \
           listed in their order.\n\n\
           kd> !locks\n\
           kd> !locks -v ffffa405`8c029910",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let (all, verbose) = (args.has("-d"), args.has("-v"));
    let words: Vec<&str> = args.words().collect();
    let one = match words.as_slice() {
        [] => None,
        words => Some(context.evaluate(&words.join(" "))?),
    };
    let scope = context.session.scope();
    if let Some(address) = one {
        let resource = Resource::at(&scope, address)?;
        let held = show(&scope, &resource, verbose, &mut context.out)?;
        return total(1, usize::from(held), &mut context.out);
    }
    context.out.emit(Line::new().role(Role::Heading, "**** DUMP OF ALL RESOURCE OBJECTS ****"))?;
    context.out.emit(Line::of("KD: Scanning for held locks..."))?;
    let (mut count, mut held, mut whole) = (0usize, 0usize, true);
    for resource in Resource::all(&scope)? {
        context.out.check()?;
        let resource = match resource {
            Ok(resource) => resource,
            Err(Lack::Stopped) => return Err(CommandError::Cancelled),
            Err(why) => {
                context.out.warn(Some(format!("not all resources are known: {why}")))?;
                whole = false;
                break;
            }
        };
        count += 1;
        let free = resource.active_entries().is_ok_and(|active| active == 0);
        if !free || all {
            context.out.blank()?;
            held += usize::from(show(&scope, &resource, verbose, &mut context.out)?);
        }
    }
    if whole {
        return total(count, held, &mut context.out);
    }
    // Where the list breaks nobody knows how many there are.
    let record = Record::new("resources").cell("seen", count as u64).text(" locks seen, ");
    context.out.emit(record.cell("held", held as u64).text(" of them held"))
}

/// `27708 total locks, 3 locks currently held`
fn total(count: usize, held: usize, out: &mut Out<'_>) -> Result<(), CommandError> {
    let record = Record::new("resources").cell("total", count as u64).text(" total locks");
    out.emit(match held {
        0 => record.field("held", 0u64),
        held => record.text(", ").cell("held", held as u64).text(" locks currently held"),
    })
}

/// A resource's block; whether somebody holds it.
fn show(
    scope: &Scope<'_>,
    resource: &Resource<'_>,
    verbose: bool,
    out: &mut Out<'_>,
) -> Result<bool, CommandError> {
    let active = resource.active_entries();
    let exclusive = resource.is_owned_exclusively();
    let place = Cell::new(Field::Address(resource.address()))
        .link(Action::object("nt!_ERESOURCE", resource.address()));
    let record = Record::new("resource").text("Resource @ ");
    let record = match scope.target().name_address(resource.address()).map(|named| named.text()) {
        Some(name) => {
            let record = record.cell("name", Cell::new(name).role(Role::Symbol)).text(" (");
            record.cell("address", place.shown(format!("0x{:016x}", resource.address()))).text(")    ")
        }
        None => record.cell("address", place.shown(format!("0x{:016x}", resource.address()))).text("    "),
    };
    let state = match (&active, &exclusive) {
        (Ok(0), _) => Cell::new("available").shown("Available"),
        (Ok(_), Ok(true)) => Cell::new("exclusive").shown("Exclusively owned"),
        (Ok(count), Ok(false)) => Cell::new("shared").shown(format!("Shared {count} owning threads")),
        (Err(why), _) | (_, Err(why)) => Cell::new(Field::from(why.clone())),
    };
    let mut record = record.cell("state", state);
    let counts = [
        ("contention_count", "    Contention Count = ", resource.contention_count()),
        ("shared_waiters", "    NumberOfSharedWaiters = ", resource.waiter_count(Waiters::Shared)),
        ("exclusive_waiters", "    NumberOfExclusiveWaiters = ", resource.waiter_count(Waiters::Exclusive)),
    ];
    for (key, label, count) in counts {
        // What is nothing is a fact that needs no line.
        if count == Ok(0) {
            record = record.field(key, 0u64);
            continue;
        }
        record = record.line(label).cell(key, count);
    }
    out.within(Branch::new(record), |out| {
        match resource.owners() {
            Ok(owners) if owners.is_empty() => {}
            Ok(owners) => owners_lines(scope, &owners, out)?,
            Err(why) => out.warn(Some(format!("     Threads: {why}")))?,
        }
        for kind in [Waiters::Shared, Waiters::Exclusive] {
            if resource.waiter_count(kind).is_ok_and(|count| count > 0) {
                waiting(resource.waiters(kind), kind, out)?;
            }
        }
        match verbose {
            true => threads(scope, resource, out),
            false => Ok(()),
        }
    })?;
    Ok(active.is_ok_and(|active| active != 0))
}

/// `     Threads: ffff8b0351756040-01<*> `, an owner a line.
fn owners_lines(scope: &Scope<'_>, owners: &[ResourceOwner], out: &mut Out<'_>) -> Result<(), CommandError> {
    owners.iter().enumerate().try_for_each(|(index, owner)| {
        let thread = Thread::at(scope, owner.address());
        // A thread that is there has a priority that threads can have.
        let there = thread.and_then(|thread| thread.priority()).is_ok();
        let record = Record::new("resource_owner")
            .text(if index == 0 { "     Threads: " } else { "              " })
            .cell("thread", address(owner.thread))
            .text("-")
            .cell("count", Cell::new(Field::Hex(owner.count)).digits(2))
            .field("is_thread", there)
            .text(if there { "<*> " } else { " " });
        out.emit(match owner.thread == owner.address() {
            true => record,
            false => record.text("*** Actual Thread ").cell("actual_thread", address(owner.address())),
        })
    })
}

fn waiting(
    threads: Result<Vec<Result<u64, Lack>>, Lack>,
    kind: Waiters,
    out: &mut Out<'_>,
) -> Result<(), CommandError> {
    let (title, access) = match kind {
        Waiters::Shared => ("Shared", "shared"),
        Waiters::Exclusive => ("Exclusive", "exclusive"),
    };
    out.blank()?;
    out.emit(Line::of(format!("     Threads Waiting On {title} Access:")))?;
    out.rows(threads, |thread| {
        let record = Record::new("resource_waiter").text("              ").cell("thread", address(thread));
        record.field("access", access).text("       ")
    })
}

/// The headings of the threads of a resource.
fn threads(scope: &Scope<'_>, resource: &Resource<'_>, out: &mut Out<'_>) -> Result<(), CommandError> {
    let owners = resource.owners().unwrap_or_default().into_iter().map(|owner| Ok(owner.address()));
    let waiters =
        [Waiters::Shared, Waiters::Exclusive].map(|kind| resource.waiters(kind).unwrap_or_default());
    let all: Vec<Result<u64, Lack>> = owners.chain(waiters.into_iter().flatten()).collect();
    out.blank()?;
    let known = all.into_iter().map(|thread| Thread::at(scope, thread?)).collect::<Vec<_>>();
    out.rows(Ok(known), |thread| crate::command::show::thread::heading(&thread, 4))
}
