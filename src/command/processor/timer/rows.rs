//! Rows of timers: when they are due, and what waits for them.

use crate::command::CommandError;
use crate::command::line::Out;
use crate::command::show::processor::name_or_address;
use crate::command::show::thread;
use crate::debuggee::{Lack, Scope, Target};
use crate::kernel::{Clock, Dpc, Timer, TimerKey, TimerList, TimerTable};
use crate::output::{Action, Branch, Cell, Column, Field, Line, Record, Role, Table};
use crate::util::filetime::{Zone, slashes};

const HEADING: &str = "List Timer             Interrupt Low/High Fire Time                  DPC/thread";
/// What stands for a time of day that never comes, or is not known.
const NEVER: &str = "         NEVER         ";
const UNKNOWN: &str = "??/??/???? ??:??:??.???";

/// The moment at which the computer stopped, by two clocks.
pub(super) struct Moment {
    interrupt_time: u64,
    system_time: u64,
}

impl Moment {
    /// The clocks that every process sees; where they are not in the dump, the uptime and time of its header, which are
    /// the same.
    pub fn of(scope: &Scope<'_>) -> Result<Moment, Lack> {
        let shared = Clock::of(scope).and_then(|clock| {
            Ok(Moment { interrupt_time: clock.interrupt_time()?, system_time: clock.system_time()? })
        });
        shared.or_else(|why| {
            let header = scope.target().header().ok();
            let times = header.and_then(|header| header.uptime.zip(header.system_time));
            let (interrupt_time, system_time) = times.ok_or(why)?;
            Ok(Moment { interrupt_time, system_time })
        })
    }

    /// When a due time of the interrupt clock comes, in 100 ns since 1601.
    fn day(&self, due: u64) -> u64 {
        self.system_time.wrapping_add(due.wrapping_sub(self.interrupt_time))
    }
}

/// What rows are shown with.
pub(super) struct View<'v> {
    /// Names code.
    pub target: &'v Target,
    /// The zone of times of day.
    pub zone: &'v Zone,
    /// The clocks at the crash, where known.
    pub clock: Option<&'v Moment>,
    /// How pointers to DPCs are read, where known.
    pub key: Option<TimerKey>,
}

/// How many timers were shown.
#[derive(Default)]
pub(super) struct Counts {
    /// All of them.
    pub timers: u64,
    /// Those of the longest list.
    pub longest: u64,
    /// Lists that break off at a timer that cannot be read,
    pub broken: u64,
    /// and why, of the first.
    pub lost: Option<String>,
}

/// The interrupt time at the crash, with the time of day.
pub(super) fn now(clock: &Result<Moment, Lack>, view: &View<'_>) -> Record {
    let record = Record::new("clock").label("Interrupt time: ");
    match clock {
        Ok(clock) => due(record, "interrupt_time", Ok(Some(clock.interrupt_time)), view),
        Err(why) => record.field("interrupt_time", why.clone()).role(Role::Unreadable, why.to_string()),
    }
}

/// A time of the interrupt clock: its low and high half, and the time of day; `None` for a time that never comes.
pub(super) fn due(
    record: Record,
    key: &'static str,
    time: Result<Option<u64>, Lack>,
    view: &View<'_>,
) -> Record {
    let (halves, day) = match time {
        Ok(Some(time)) => {
            let halves = format!("{:08x} {:08x}", time & u64::from(u32::MAX), time >> 32);
            (halves, view.clock.and_then(|clock| slashes(clock.day(time), view.zone)))
        }
        _ => (String::new(), None),
    };
    let moment = time.as_ref().ok().copied().flatten().and_then(|time| Some(view.clock?.day(time)));
    let day = match time {
        Ok(None) => NEVER.to_owned(),
        _ => day.unwrap_or_else(|| UNKNOWN.to_owned()),
    };
    let time = time.map(|time| time.map(Field::Hex));
    record
        .cell(key, Cell::new(time).shown(halves).mark("???????? ????????").absent(" ".repeat(17)))
        .text(" [")
        .role(Role::Value, day)
        .text("]")
        .field(format!("{key}_utc"), moment.map(Field::Time))
}

/// Four columns of a timer and what it is for. `P` for a periodic one stands between the first two.
fn table() -> Table {
    let columns = [
        Column::right("list", "List", 3),
        Column::left("address", "Timer", 16),
        Column::left("due", "Interrupt Low/High", 17).after(3),
        Column::left("due_utc", "Fire Time", 25),
        Column::left("symbol", "DPC/thread", 0).after(2),
    ];
    Table::new("timer", &columns).headed(Line::new().role(Role::Label, HEADING))
}

/// The timers of a processor.
pub(super) fn show(
    number: u32,
    timers: &TimerTable<'_>,
    view: &View<'_>,
    counts: &mut Counts,
    out: &mut Out<'_>,
) -> Result<(), CommandError> {
    let address = timers.address();
    let link = Action::object("nt!_KTIMER_TABLE", address);
    // The first row stands for the processor even where it has no timers.
    for row in (0..timers.rows()).filter(|&row| row == 0 || !timers.is_empty(row)) {
        out.blank()?;
        let head = Record::new("timer_table")
            .text("PROCESSOR ")
            .cell("processor", Cell::new(number).role(Role::Text))
            .text(" (nt!_KTIMER_TABLE ")
            .cell("address", Cell::new(Field::Address(address)).digits(16).link(link.clone()))
            .text(if row == 0 { ")".to_owned() } else { format!(", row {row})") })
            .field("row", row as u64);
        out.within(Branch::new(head), |out| {
            if timers.is_empty(row) {
                return out.check();
            }
            out.within(table(), |out| {
                timers.lists(row).try_for_each(|(list, found)| match found {
                    Ok(found) => one_list(list, &found, view, counts, out),
                    Err(why) => out.emit(lacking(list, &why)),
                })
            })
        })?;
    }
    Ok(())
}

fn one_list(
    list: u64,
    found: &TimerList<'_>,
    view: &View<'_>,
    counts: &mut Counts,
    out: &mut Out<'_>,
) -> Result<(), CommandError> {
    let timers = match found.is_empty() {
        Ok(true) => return out.check(),
        Ok(false) => found.timers(),
        Err(why) => Err(why),
    };
    let timers = match timers {
        Ok(timers) => timers,
        Err(why) => return out.emit(lacking(list, &why)),
    };
    let mut count = 0;
    // Whether the last timer could not be read: then its row says what the list's end would say again.
    let mut unread = false;
    for timer in timers {
        match timer {
            Ok(timer) => {
                count += 1;
                let lack = timer.stored_due_time().err();
                unread = lack.is_some();
                out.emit(match lack {
                    Some(why) => unreadable(list, count == 1, &timer, &why),
                    None => one(list, count == 1, &timer, view),
                })?;
            }
            Err(Lack::Stopped) => return Err(CommandError::Cancelled),
            Err(why) if unread => {
                counts.broken += 1;
                counts.lost.get_or_insert_with(|| why.to_string());
            }
            Err(why) => out.emit(lacking(list, &why))?,
        }
    }
    counts.timers += count;
    counts.longest = counts.longest.max(count);
    Ok(())
}

/// A list that is not known, or breaks off.
fn lacking(list: u64, why: &Lack) -> Record {
    Record::new("timer")
        .cell("list", Cell::new(list).right(3).role(Role::Text))
        .text(" ")
        .field("address", why.clone())
        .role(Role::Unreadable, why.to_string())
}

/// The beginning of a timer's row; the number of its list stands only before the first.
fn start(list: u64, first: bool, timer: &Timer<'_>) -> Record {
    let address = timer.address();
    Record::new("timer")
        .cell("list", Cell::new(list).shown(if first { list.to_string() } else { String::new() }).right(3))
        .text(" ")
        .cell(
            "address",
            Cell::new(Field::Address(address)).digits(16).link(Action::object("nt!_KTIMER", address)),
        )
}

/// A timer that a list leads to and that cannot be read.
fn unreadable(list: u64, first: bool, timer: &Timer<'_>, why: &Lack) -> Record {
    start(list, first, timer).text("   ").cell("due", Cell::new(why.clone()).mark("???????? ????????"))
}

/// A timer.
fn one(list: u64, first: bool, timer: &Timer<'_>, view: &View<'_>) -> Record {
    let period = timer.period();
    let periodic = if period.as_ref().is_ok_and(|period| *period != 0) { "P" } else { " " };
    let record = start(list, first, timer).text(format!(" {periodic} ")).field("period", period);
    let record = due(record, "due", timer.due_time(), view).text("  ");
    match timer.thread() {
        Ok(Some(owner)) => record.text("thread ").cell("thread", thread::address(owner.address())),
        _ => dpc(record, timer, view),
    }
}

/// The DPC that a timer queues.
fn dpc(record: Record, timer: &Timer<'_>, view: &View<'_>) -> Record {
    let stored = timer.stored_dpc();
    let Some(key) = view.key else {
        return match stored {
            Ok(0) => record.field("dpc", Field::Null),
            Ok(stored) => {
                record.text("DPC encoded as ").cell("stored_dpc", Cell::new(Field::Hex(stored)).digits(16))
            }
            Err(why) => record.cell("stored_dpc", why),
        };
    };
    let address = match key.dpc(timer) {
        Ok(Some(address)) => address,
        Ok(None) => return record.field("dpc", Field::Null),
        Err(why) => return record.cell("dpc", why),
    };
    let routine = Dpc::at(timer.scope(), address).and_then(|dpc| dpc.routine());
    record
        .cell("symbol", name_or_address(view.target, &routine))
        .field("routine", routine.map(Field::Address))
        .text(" (DPC @ ")
        .cell("dpc", Cell::new(Field::Address(address)).digits(16).link(Action::object("nt!_KDPC", address)))
        .text(")")
}
