//! Timers: KTIMERs in the tables of the processors.

use super::processor::Processor;
use super::thread::Thread;
use crate::debuggee::{Lack, Object, Scope};
use crate::symbols::types::Type;

/// A due time with this bit never comes.
const NEVER: u64 = 1 << 63;
/// KOBJECTS of wdm.h: ThreadObject.
const THREAD: u64 = 6;

/// A KTIMER.
#[derive(Clone)]
pub struct Timer<'s>(Object<'s>);

impl<'s> Timer<'s> {
    /// The timer at an address.
    ///
    /// # Errors
    /// Where the layout of `_KTIMER` is not known.
    pub fn at(scope: &'s Scope<'s>, address: u64) -> Result<Timer<'s>, Lack> {
        scope.object("nt!_KTIMER", address).map(Timer)
    }

    /// Its address.
    pub fn address(&self) -> u64 {
        self.0.address()
    }

    /// The scope that it is read in.
    pub fn scope(&self) -> &'s Scope<'s> {
        self.0.scope()
    }

    /// When it is due, in interrupt time; `None` where that is never.
    pub fn due_time(&self) -> Result<Option<u64>, Lack> {
        Ok(Some(self.stored_due_time()?).filter(|due| due & NEVER == 0))
    }

    /// The due time as it is stored.
    pub fn stored_due_time(&self) -> Result<u64, Lack> {
        self.0.field("DueTime")?.u64()
    }

    /// After how many milliseconds it is due again; 0 for a timer that goes off once.
    pub fn period(&self) -> Result<u64, Lack> {
        self.0.field("Period")?.u64()
    }

    /// The pointer to its DPC as it is stored: see [`super::TimerKey`].
    pub fn stored_dpc(&self) -> Result<u64, Lack> {
        self.0.field("Dpc")?.u64()
    }

    /// The thread whose own timer it is, for sleeping and for waits that end; `None` where it lies elsewhere.
    pub fn thread(&self) -> Result<Option<Thread<'s>>, Lack> {
        let thread = self.0.container("nt!_ETHREAD", "Tcb.Timer")?;
        // What stands before a timer of a driver need not be in the dump, and is no thread's header.
        let Ok(kind) = thread.field("Tcb.Header.Type")?.u64() else { return Ok(None) };
        let thread = Thread::at(self.0.scope(), thread.address())?;
        let is_thread = kind == THREAD && thread.process().is_ok_and(|process| process >= NEVER);
        Ok(is_thread.then_some(thread))
    }
}

/// KTIMER_TABLE: the timers of a processor, in lists by when they are due.
#[derive(Clone)]
pub struct TimerTable<'s> {
    table: Object<'s>,
    rows: Vec<Object<'s>>,
}

impl<'s> TimerTable<'s> {
    /// The table of a processor.
    ///
    /// # Errors
    /// Where the layout is not known; Windows before 7 had one table for all processors.
    pub fn of(processor: &Processor<'s>) -> Result<TimerTable<'s>, Lack> {
        let table = processor.object().field("TimerTable")?;
        let entries = table.field("TimerEntries")?;
        let first = entries.index(0)?;
        // Windows 10 2004 made two rows of lists of one.
        let rows = match (first.ty(), entries.ty()) {
            (Some(Type::Array { .. }), Some(Type::Array { count, .. })) => {
                (0..count.min(MOST_ROWS)).map(|row| entries.index(row)).collect::<Result<_, _>>()?
            }
            _ => vec![entries],
        };
        Ok(TimerTable { table, rows })
    }

    /// Its address.
    pub fn address(&self) -> u64 {
        self.table.address()
    }

    /// How many rows of lists it has.
    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    /// Whether nothing is in any list of a row.
    pub fn is_empty(&self, row: usize) -> bool {
        self.lists(row).all(|(_, list)| list.and_then(|list| list.is_empty()).is_ok_and(|empty| empty))
    }

    /// The lists of a row, in the order of their numbers.
    pub fn lists(&self, row: usize) -> impl Iterator<Item = (u64, Result<TimerList<'s>, Lack>)> + use<'s> {
        let row = self.rows.get(row).cloned();
        let count = match row.as_ref().and_then(Object::ty) {
            Some(Type::Array { count, .. }) => count.min(MOST_LISTS),
            _ => 0,
        };
        (0..count).filter_map(move |list| Some((list, row.as_ref()?.index(list).map(TimerList))))
    }
}

/// More rows or lists than this no Windows has.
const MOST_ROWS: u64 = 8;
const MOST_LISTS: u64 = 4096;

/// KTIMER_TABLE_ENTRY: the timers whose due times fall into the same slots of time.
#[derive(Clone)]
pub struct TimerList<'s>(Object<'s>);

impl<'s> TimerList<'s> {
    /// Whether nothing is in it.
    ///
    /// # Errors
    /// Where the list's head cannot be read.
    pub fn is_empty(&self) -> Result<bool, Lack> {
        let head = self.0.field("Entry")?;
        Ok(head.field("Flink")?.u64()? == head.address())
    }

    /// Its timers, next first; what is wrong with the list comes last.
    ///
    /// # Errors
    /// Where the types are not known.
    pub fn timers(&self) -> Result<impl Iterator<Item = Result<Timer<'s>, Lack>> + use<'s>, Lack> {
        let elements = self.0.field("Entry")?.list("nt!_KTIMER", "TimerListEntry")?;
        Ok(elements.map(|timer| timer.map(Timer)))
    }
}
