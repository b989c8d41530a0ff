//! `!waitchain`: who waits for whom, and who waits in a circle.

use crate::command::line::Out;
use crate::command::show::thread::{address, heading};
use crate::command::show::wait_object::{kind_word, wait_object};
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::debuggee::{Lack, Scope};
use crate::kernel::{Awaited, Clock, Thread, Wait, WaitChains, WaitGraph};
use crate::output::{Action, Branch, Cell, Field, Record, Role};
use crate::util::elapsed;

/// `!waitchain`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!waitchain"],
    group: Group::Kernel,
    arguments: &[Argument::new("[THREAD]", Expects::Expression)],
    summary: "Shows who waits for whom: from a thread to those that hold what it waits for, and deadlocks",
    help: "With a thread: what it waits for, who holds that, what those wait for, and so on; a chain that comes back to one of \
           its threads is a deadlock. Without one: every deadlock, then the threads that hold what others wait for, those that \
           hold up most first. Holders are known for resources, mutants, fast mutexes, threads whose end is waited for, and \
           ALPC messages that a server's thread is working on; nobody in particular ends a wait for an event or a timer. A push \
           lock does not say who holds it: what the threads' own lock entries (KLOCK_ENTRY) say does, from Windows 10 up to \
           builds whose types do not tell where those lie (26100): there the lock is named, and its holder is not.\n\n\
           kd> !waitchain ffffa405`8c02b050",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

/// How long a chain is followed.
const DEPTH: usize = 32;
/// How many threads are listed that hold up others.
const HOLDERS: usize = 32;

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let start = context.evaluate_any(args.text)?;
    let scope = context.session.scope();
    let chains = WaitChains::new(&scope)?;
    let view = View { chains: &chains, scope: &scope, clock: Clock::of(&scope) };
    match start {
        Some(thread) => view.chain(thread, &mut Vec::new(), &mut context.out),
        None => view.all(&mut context.out),
    }
}

struct View<'v, 's> {
    chains: &'v WaitChains<'s>,
    scope: &'s Scope<'s>,
    clock: Result<Clock<'s>, Lack>,
}

impl<'s> View<'_, 's> {
    /// A thread, what it waits for, and the same of those that hold it.
    fn chain(&self, at: u64, path: &mut Vec<u64>, out: &mut Out<'_>) -> Result<(), CommandError> {
        let indent = path.len() * 4;
        let thread = Thread::at(self.scope, at)?;
        if path.contains(&at) {
            let record = Record::new("cycle").text(" ".repeat(indent)).role(Role::Warning, "back to ");
            return out.emit(record.cell("thread", address(at)).role(Role::Warning, ": a deadlock"));
        }
        path.push(at);
        let outcome = out.within(Branch::new(heading(&thread, indent)), |out| {
            let waits = match self.chains.of(&thread) {
                Err(Lack::Stopped) => return Err(CommandError::Cancelled),
                Err(why) => return out.lacking(why),
                Ok(waits) => waits,
            };
            for wait in waits {
                out.emit(self.wait(&thread, &wait, indent + 4))?;
                if path.len() >= DEPTH {
                    out.warn(Some(format!("not followed beyond {DEPTH} threads")))?;
                    continue;
                }
                for holder in wait.holders.unwrap_or_default() {
                    self.chain(holder, path, out)?;
                }
            }
            Ok(())
        });
        path.pop();
        outcome
    }

    /// `waits 1s.625 for Resource ffff..., held by`
    fn wait(&self, thread: &Thread<'s>, wait: &Wait<'s>, indent: usize) -> Record {
        let clock = self.clock.as_ref().map_err(Clone::clone);
        let time = clock.and_then(|clock| clock.ticks_as_time(clock.ticks_since(thread.wait_time()?)?));
        let spelled = time.as_ref().map_or(String::new(), |time| elapsed::short(*time));
        let record = Record::new("wait")
            .text(" ".repeat(indent))
            .text("waits ")
            .cell("time", Cell::new(time).shown(spelled).mark("?"))
            .text(" for ");
        let record = match &wait.awaited {
            Awaited::Resource(resource) => {
                let at = Cell::new(Field::Address(resource.address())).digits(16);
                let link = Action::object("nt!_ERESOURCE", resource.address());
                record.cell("kind", "Resource").text(" ").cell("object", at.link(link))
            }
            Awaited::PushLock(lock) => {
                let at = Cell::new(Field::Address(lock.address())).digits(16);
                let link = Action::object("nt!_EX_PUSH_LOCK", lock.address());
                record.cell("kind", "PushLock").text(" ").cell("object", at.link(link))
            }
            Awaited::FastMutex(object) => {
                record.cell("kind", "FastMutex").text(" with the event ").cell("object", wait_object(object))
            }
            Awaited::Object(object) => {
                let kind = object.kind().map(kind_word);
                record.cell("kind", Cell::new(kind)).text(" ").cell("object", wait_object(object))
            }
            Awaited::Reply(message) => {
                let link = Action::AlpcMessage(*message);
                let at = Cell::new(Field::Address(*message)).digits(16).link(link);
                record.cell("kind", "AlpcReply").text(" to the message ").cell("object", at)
            }
        };
        match &wait.holders {
            Ok(holders) if holders.is_empty() => record.text(", which no thread holds"),
            Ok(holders) => {
                let list: Vec<Field> = holders.iter().map(|&holder| Field::Address(holder)).collect();
                record.text(", held by").field("holders", list)
            }
            Err(why) => record
                .text(", held by ")
                .cell("holders", Cell::new(Field::from(why.clone())))
                .role(Role::Unreadable, format!(" ({why})")),
        }
    }

    /// Every deadlock, then those that hold up others.
    fn all(&self, out: &mut Out<'_>) -> Result<(), CommandError> {
        let graph = WaitGraph::of(self.chains, self.scope)?;
        let cycles = graph.cycles(self.scope)?;
        for cycle in &cycles {
            let count = cycle.len();
            let title = format!("Deadlock of {count} threads: each waits for what the next one holds");
            let head = Record::new("deadlock").field("threads", count as u64).role(Role::Warning, title);
            out.within(Branch::new(head), |out| {
                cycle.first().map_or(Ok(()), |&first| self.chain(first, &mut Vec::new(), out))
            })?;
            out.blank()?;
        }
        let held_up = graph.held_up();
        for (holder, waiters) in held_up.iter().take(HOLDERS) {
            let count = waiters.len();
            let head = Record::new("holder").cell("held_up", count as u64).text(if count == 1 {
                " thread waits, itself or through others, for"
            } else {
                " threads wait, themselves or through others, for"
            });
            out.within(Branch::new(head), |out| self.chain(*holder, &mut Vec::new(), out))?;
            out.blank()?;
        }
        if held_up.len() > HOLDERS {
            out.warn(Some(format!("{} more threads hold up others", held_up.len() - HOLDERS)))?;
        }
        let record = Record::new("wait_chains")
            .cell("threads", graph.threads)
            .text(" threads, ")
            .cell("waiting", graph.waiting)
            .text(" of them waiting, ")
            .cell("held_up", graph.held_up_count() as u64)
            .text(" for threads that are known; deadlocks: ")
            .cell("deadlocks", cycles.len() as u64);
        out.emit(match graph.unknown {
            0 => record,
            unknown => record.text("; not known of ").cell("unknown", unknown),
        })
    }
}
