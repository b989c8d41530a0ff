//! `!qlocks`: the queued spin locks, who owns them and in which order processors wait.

use crate::command::{Args, CommandError, CommandSpec, Context, Group, Needs};
use crate::debuggee::{Lack, Scope};
use crate::kernel::{LockState, Processor, QueuedLock};
use crate::memory::Memory;
use crate::output::{Cell, Field, Line, Record, Role};
use crate::symbols::types::Type;

/// `!qlocks`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!qlocks"],
    group: Group::Kernel,
    summary: "Shows the queued spin locks of every processor: who owns them, who waits in which order",
    help: "A row for each numbered lock, a column for each processor. O owns the lock, 1 waits behind it and gets it next, 2 \
           after that; C is a queue that contradicts itself: two owners, or one who waits and whom the queue does not \
           reach. Numbers that newer Windows does not use any more are shown only if somebody uses them.\n\n\
           kd> !qlocks\n\
           Key: O = Owner, 1-n = Wait order, blank = not owned/waiting, C = Corrupt\n\n                       \
           Processor Number\n    \
           Lock Name         0  1\n\n\
           CC   - Vacb\n\
           CC   - Master         O  1",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

/// The locks by the names that KSPIN_LOCK_QUEUE_NUMBER of the public header wdm.h gives them, and by what they are shown.
const NAMES: [(&str, &str, &str); 17] = [
    ("LockQueueDispatcherLock", "KE", "Dispatcher"),
    ("LockQueueExpansionLock", "MM", "Expansion"),
    ("LockQueuePfnLock", "MM", "PFN"),
    ("LockQueueSystemSpaceLock", "MM", "System Space"),
    ("LockQueueVacbLock", "CC", "Vacb"),
    ("LockQueueMasterLock", "CC", "Master"),
    ("LockQueueNonPagedPoolLock", "EX", "NonPagedPool"),
    ("LockQueueIoCancelLock", "IO", "Cancel"),
    ("LockQueueWorkQueueLock", "EX", "WorkQueue"),
    ("LockQueueIoVpbLock", "IO", "Vpb"),
    ("LockQueueIoDatabaseLock", "IO", "Database"),
    ("LockQueueIoCompletionLock", "IO", "Completion"),
    ("LockQueueNtfsStructLock", "NTFS", "Struct"),
    ("LockQueueAfdWorkQueueLock", "AFD", "WorkQueue"),
    ("LockQueueBcbLock", "CC", "Bcb"),
    ("LockQueueMmNonPagedPoolLock", "MM", "NonPagedPool"),
    ("LockQueueUnusedSpare16", "", ""),
];
/// The numbers that still mean something since Windows 7, where the types do not say.
const IN_USE: [usize; 10] = [4, 5, 6, 7, 9, 10, 11, 12, 13, 14];

/// Where the first processor's column begins.
const CELLS: usize = 20;
/// The longest queue: more processors than Windows supports, each with locks on its stack.
const MOST: u64 = 1 << 14;

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    args.none()?;
    let scope = context.session.scope();
    let processors: Vec<Locks> =
        Processor::all(&scope).map(|(_, processor)| processor?.queued_locks()).collect();
    let out = &mut context.out;
    let key = "Key: O = Owner, 1-n = Wait order, blank = not owned/waiting, C = Corrupt";
    out.emit(Line::new().role(Role::Label, key))?;
    out.blank()?;
    out.emit(Line::new().text(" ".repeat(23)).role(Role::Label, "Processor Number"))?;
    out.emit(heading(processors.len()))?;
    out.blank()?;
    let names = names(&scope);
    let follow = |place: u64| scope.memory().u64(place).ok();
    let count = processors.iter().flatten().map(Vec::len).max().unwrap_or(0);
    for number in 0..count {
        let locks: Vec<Option<QueuedLock>> =
            processors.iter().map(|locks| lock(locks, number).ok()).collect();
        let marks = marks(&locks, follow);
        let is_used = marks.iter().any(|mark| *mark != Mark::Free);
        let name = names.get(number).cloned().flatten();
        if name.is_some() || is_used {
            out.emit(row(number, name, &marks, &processors))?;
        }
    }
    let unknown: Vec<(usize, &Lack)> = processors
        .iter()
        .enumerate()
        .filter_map(|(number, locks)| Some((number, locks.as_ref().err()?)))
        .collect();
    match unknown.as_slice() {
        [] => {}
        [(number, why)] => {
            out.warn(Some(format!("the locks of processor {number} are not known: {why}")))?;
        }
        [(_, why), ..] => {
            let (count, of) = (unknown.len(), processors.len());
            out.warn(Some(format!("the locks of {count} of {of} processors are not known: {why}")))?;
        }
    }
    for (number, locks) in processors.iter().enumerate() {
        out.warn(locks.as_ref().ok().and_then(|locks| not_all(number, locks)))?;
    }
    Ok(())
}

/// The locks of a processor.
type Locks = Result<Vec<Result<QueuedLock, Lack>>, Lack>;

/// One of them.
fn lock(locks: &Locks, number: usize) -> Result<QueuedLock, Lack> {
    let none = || Lack::NoName { name: format!("queued lock {number}") };
    locks.as_ref().map_err(Clone::clone)?.get(number).cloned().unwrap_or_else(|| Err(none()))
}

/// Why some locks of a processor are not known.
fn not_all(processor: usize, locks: &[Result<QueuedLock, Lack>]) -> Option<String> {
    let lacks: Vec<&Lack> = locks.iter().filter_map(|lock| lock.as_ref().err()).collect();
    let (why, of) = (lacks.first()?, locks.len());
    Some(format!("{} of {of} locks of processor {processor} are not known: {why}", lacks.len()))
}

/// `    Lock Name         0  1  2  3`
fn heading(processors: usize) -> Line {
    let line = Line::new().role(Role::Label, "    Lock Name").pad_to(CELLS);
    (0..processors).fold(line, |line, number| line.role(Role::Label, format!("{number:>3}")))
}

/// What each number is shown by; `None` for those that mean nothing on this Windows.
fn names(scope: &Scope<'_>) -> Vec<Option<String>> {
    let shown = |owner: &str, name: &str| format!("{owner:<5}- {name}");
    let known = scope.find_type("nt!_KSPIN_LOCK_QUEUE_NUMBER").ok().and_then(|found| match found.get() {
        Some(Type::Enum(found)) => Some(found),
        _ => None,
    });
    let name = |number: usize, (symbol, owner, name): (&str, &str, &str)| {
        let in_use = match &known {
            Some(known) => known.name_of(number as u64) == Some(symbol),
            None => IN_USE.contains(&number),
        };
        (in_use && !name.is_empty()).then(|| shown(owner, name))
    };
    NAMES.into_iter().enumerate().map(|(number, names)| name(number, names)).collect()
}

fn row(number: usize, name: Option<String>, marks: &[Mark], processors: &[Locks]) -> Record {
    let name = name.unwrap_or_else(|| format!("{:<5}- Lock {number}", ""));
    let cells = marks.iter().zip(processors).map(|(mark, locks)| {
        let cell = match (mark, lock(locks, number)) {
            (_, Err(why)) => Cell::new(Field::from(why)).mark("?"),
            (Mark::Free, _) => Cell::new(Field::Null),
            (Mark::Owner, _) => Cell::new("owner").shown("O").role(Role::Value),
            (Mark::Waits(order), _) => Cell::new(*order).role(Role::Value),
            (Mark::Corrupt, _) => Cell::new("corrupt").shown("C").role(Role::Warning),
        };
        cell.right(3)
    });
    Record::new("queued_lock")
        .field("number", number as u64)
        .cell("name", Cell::new(name).role(Role::Text))
        .pad_to(CELLS)
        .list("processors", "", cells)
}

/// What a processor does with a lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Free,
    Owner,
    /// It waits as the one of that number.
    Waits(u64),
    /// The queue contradicts itself here.
    Corrupt,
}

/// What every processor does with one lock. Between processors' places others may stand, on the stacks of those who took
/// the lock there: `follow` reads the link of such a one, which is its first member.
fn marks(locks: &[Option<QueuedLock>], follow: impl Fn(u64) -> Option<u64>) -> Vec<Mark> {
    let is = |lock: &Option<QueuedLock>, state| lock.is_some_and(|lock| lock.state == state);
    let owners: Vec<usize> =
        (0..locks.len()).filter(|&at| locks.get(at).is_some_and(|lock| is(lock, LockState::Owned))).collect();
    let waits: Vec<usize> = (0..locks.len())
        .filter(|&at| locks.get(at).is_some_and(|lock| is(lock, LockState::Waiting)))
        .collect();
    let place = |at: usize| locks.get(at).copied().flatten();
    let mut marks = vec![Mark::Free; locks.len()];
    let mut mark = |at: usize, with: Mark| {
        if let Some(mark) = marks.get_mut(at) {
            *mark = with;
        }
    };
    // With no owner among the processors somebody has it on his stack: the first who waits is the one to whom no other leads.
    let first = match owners.as_slice() {
        [owner] => {
            mark(*owner, Mark::Owner);
            place(*owner).map(|owner| owner.next)
        }
        [] => {
            let led_to: Vec<u64> = waits.iter().filter_map(|&at| place(at)).map(|lock| lock.next).collect();
            let firsts =
                waits.iter().filter_map(|&at| place(at)).filter(|lock| !led_to.contains(&lock.address));
            firsts.map(|lock| lock.address).next()
        }
        several => {
            several.iter().for_each(|&owner| mark(owner, Mark::Corrupt));
            None
        }
    };
    let mut order = vec![None; locks.len()];
    let (mut at, mut number) = (first.unwrap_or(0), 0);
    while at != 0 && number < MOST {
        number += 1;
        let found = (0..locks.len()).find(|&index| place(index).is_some_and(|lock| lock.address == at));
        match found.and_then(|index| Some((index, order.get_mut(index)?))) {
            // The queue comes back to one whom it has passed, or to one who does not wait.
            Some((_, Some(_))) => break,
            Some((index, slot)) => {
                *slot = Some(number);
                at = place(index).map_or(0, |lock| lock.next);
            }
            None => at = follow(at).unwrap_or(0),
        }
    }
    for (index, order) in order.into_iter().enumerate() {
        match (order, waits.contains(&index)) {
            (Some(number), true) => mark(index, Mark::Waits(number)),
            (Some(_), false) | (None, true) => mark(index, Mark::Corrupt),
            (None, false) => {}
        }
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: u64 = 0xffff_8000_0000_1000;

    fn place(number: u64, next: Option<u64>, state: LockState) -> Option<QueuedLock> {
        Some(QueuedLock {
            address: AT + number * 0x100,
            next: next.map_or(0, |next| AT + next * 0x100),
            state,
        })
    }

    #[test]
    fn queues_are_followed_from_their_owners() {
        use LockState::{Free, Owned, Waiting};
        let none = |_| None;
        let locks = [
            place(0, None, Waiting),
            place(1, Some(3), Owned),
            place(2, None, Free),
            place(3, Some(0), Waiting),
        ];
        assert_eq!(marks(&locks, none), [Mark::Waits(2), Mark::Owner, Mark::Free, Mark::Waits(1)]);
        // Somebody on a stack stands between them.
        let locks = [place(0, Some(9), Owned), place(1, None, Waiting)];
        let follow = |at| (at == AT + 0x900).then_some(AT + 0x100);
        assert_eq!(marks(&locks, follow), [Mark::Owner, Mark::Waits(2)]);
        // Somebody on a stack owns it.
        let locks = [place(0, None, Waiting), place(1, Some(0), Waiting)];
        assert_eq!(marks(&locks, none), [Mark::Waits(2), Mark::Waits(1)]);
    }

    #[test]
    fn contradictions_are_said() {
        use LockState::{Free, Owned, Waiting};
        let none = |_| None;
        let locks = [place(0, None, Owned), place(1, None, Owned), place(2, None, Waiting)];
        assert_eq!(marks(&locks, none), [Mark::Corrupt; 3]);
        let locks = [place(0, Some(1), Owned), place(1, Some(1), Waiting), place(2, None, Waiting)];
        assert_eq!(marks(&locks, none), [Mark::Owner, Mark::Waits(1), Mark::Corrupt]);
        let locks = [place(0, Some(1), Owned), place(1, None, Free), None];
        assert_eq!(marks(&locks, none), [Mark::Owner, Mark::Corrupt, Mark::Free]);
        // Everybody waits for everybody.
        let locks = [place(0, Some(1), Waiting), place(1, Some(0), Waiting)];
        assert_eq!(marks(&locks, none), [Mark::Corrupt; 2]);
    }

    /// The lines of the public documentation, made of their values.
    #[test]
    fn rows_stand_under_their_heading() {
        assert_eq!(heading(4).plain(), "    Lock Name         0  1  2  3");
        let free = place(0, None, LockState::Free).ok_or(Lack::Stopped);
        let processors = [free.clone(), free.clone(), free, Err(Lack::Stopped)].map(|lock| Ok(vec![lock]));
        let name = Some("KE   - Dispatcher".to_owned());
        let free = row(0, name.clone(), &[Mark::Free; 4], &processors);
        assert_eq!(free.lines[0].plain(), "KE   - Dispatcher              ?");
        let marks = [Mark::Waits(1), Mark::Owner, Mark::Free, Mark::Corrupt];
        let known: Vec<Locks> = vec![processors[0].clone(); 4];
        assert_eq!(row(0, name, &marks, &known).lines[0].plain(), "KE   - Dispatcher     1  O     C");
    }
}
