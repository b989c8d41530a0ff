//! Timers of the newer kind, in trees for the whole computer.

use super::rows::{View, due};
use crate::command::CommandError;
use crate::command::line::Out;
use crate::command::show::processor::name_or_address;
use crate::debuggee::{Lack, Scope};
use crate::kernel::{Timer2, Timer2Collection};
use crate::output::{Action, Branch, Cell, Column, Field, Line, Record, Role, Table};

const HEADING: &str = "Timer             Interrupt Low/High Fire Time                  Callback (context)";

/// Every collection that is not empty; nothing where the kernel has none, or nothing tells of them.
pub(super) fn trees(scope: &Scope<'_>, view: &View<'_>, out: &mut Out<'_>) -> Result<(), CommandError> {
    let Ok(collections) = Timer2Collection::all(scope) else { return Ok(()) };
    for collection in collections {
        let timers = collection.timers();
        if timers.is_empty() {
            continue;
        }
        out.blank()?;
        let head = Record::new("timer2_collection")
            .text("KTIMER2 COLLECTION ")
            .cell("number", Cell::new(collection.number()).role(Role::Text))
            .text(collection.name().map(|name| format!(" ({name})")).unwrap_or_default())
            .field("name", collection.name());
        out.within(Branch::new(head), |out| {
            out.within(table(), |out| {
                timers.into_iter().try_for_each(|timer| match timer {
                    Ok(timer) => out.emit(row(&collection, &timer, view)),
                    Err(Lack::Stopped) => Err(CommandError::Cancelled),
                    Err(why) => {
                        let text = why.to_string();
                        out.emit(Record::new("timer2").field("address", why).role(Role::Unreadable, text))
                    }
                })
            })
        })?;
    }
    Ok(())
}

fn table() -> Table {
    let columns = [
        Column::left("address", "Timer", 16),
        Column::left("due", "Interrupt Low/High", 17).after(3),
        Column::left("due_utc", "Fire Time", 25),
        Column::left("symbol", "Callback (context)", 0).after(2),
    ];
    Table::new("timer2", &columns).headed(Line::new().role(Role::Label, HEADING))
}

fn row(collection: &Timer2Collection<'_>, timer: &Timer2<'_>, view: &View<'_>) -> Record {
    let address = timer.address();
    let period = timer.period();
    let periodic = if period.as_ref().is_ok_and(|period| *period != 0) { "P" } else { " " };
    let record = Record::new("timer2")
        .cell(
            "address",
            Cell::new(Field::Address(address)).digits(16).link(Action::object("nt!_KTIMER2", address)),
        )
        .text(format!(" {periodic} "))
        .field("period", period);
    // What lies in a tree and says that it is elsewhere is no timer.
    let elsewhere =
        timer.collection(collection.node()).is_ok_and(|number| number & 0xf != collection.number());
    if elsewhere {
        return record.role(Role::Unreadable, "no timer of this collection");
    }
    let record = due(record, "due", timer.due_time(collection.node()).map(Some), view).text("  ");
    let Some(key) = view.key else {
        let encoded = Cell::new(timer.stored_callback().map(Field::Hex)).digits(16);
        return record.text("encoded as ").cell("stored_callback", encoded);
    };
    let read = |stored: Result<u64, Lack>| stored.map(|stored| key.read(address, stored));
    match read(timer.stored_callback()) {
        // Threads wait for it.
        Ok(0) => record.field("callback", Field::Null),
        callback => {
            let context = read(timer.stored_context()).map(Field::Address);
            record
                .cell("symbol", name_or_address(view.target, &callback))
                .field("callback", callback.map(Field::Address))
                .text(" (")
                .cell("context", Cell::new(context).digits(16))
                .text(")")
        }
    }
}
