//! The lines that begin everything that is said of a process: `PROCESS ffff...`, its ids, its tables, its image.

use crate::kernel::Process;
use crate::output::{Action, Cell, Field, Record, Role};
use crate::util::elapsed;

/// A process as an address that leads to it.
pub fn address(process: u64) -> Cell {
    Cell::new(Field::Address(process)).digits(16).follow(Action::Process)
}

/// The four lines of a process, with their facts. `now` is the time of the dump, in 100 ns since 1601.
pub fn heading(process: &Process<'_>, now: Option<u64>) -> Record {
    let own = process.address();
    let count = process.handle_count();
    let known = count.is_ok();
    let record = Record::new("process")
        .text("PROCESS ")
        .cell("address", address(own))
        .line("    ")
        .text("SessionId: ")
        .cell("session_id", session(process))
        .text("  Cid: ")
        .cell("process_id", Cell::new(process.id().map(Field::Hex)).digits(4))
        .text("    Peb: ")
        .cell("peb", eight(process.peb().map(Field::Address)).follow(|_| Action::Peb(own)))
        .text("  ParentCid: ")
        .cell("parent_process_id", Cell::new(process.parent_id().map(Field::Hex)).digits(4))
        .line("    ")
        .text("DirBase: ")
        .cell("directory_table_base", eight(process.directory_table_base().map(Field::Hex)))
        .text("  ObjectTable: ")
        .cell("object_table", eight(process.handle_table().map(Field::Address)).follow(handle_table))
        .text("  HandleCount: ")
        .cell("handle_count", Cell::new(count).right(3).mark("<Data Not Accessible>"))
        .text(if known { "." } else { "" })
        .line("    ")
        .text("Image: ")
        .cell("image", Cell::new(process.name()).role(Role::Text));
    ended(record, process, now)
}

fn eight(value: impl Into<Field>) -> Cell {
    Cell::new(value).digits(8)
}

fn handle_table(address: u64) -> Action {
    Action::object("nt!_HANDLE_TABLE", address)
}

fn session(process: &Process<'_>) -> Cell {
    Cell::new(process.session_id()).absent("none").mark("????")
}

/// Says of a process that has ended that somebody still refers to it.
fn ended(record: Record, process: &Process<'_>, now: Option<u64>) -> Record {
    let exit = match process.exit_time() {
        Ok(0) | Err(_) => return record,
        Ok(exit) => exit,
    };
    let ago = match now.and_then(|now| now.checked_sub(exit)) {
        Some(ago) => format!(" {} before the dump", elapsed::clock(ago)),
        None => String::new(),
    };
    let status = process.exit_status();
    record
        .field("exit_time", Field::Time(exit))
        .field("exit_status", status.map(Field::Hex))
        .role(Role::Warning, format!("  (zombie: ended{ago}, still referenced)"))
}
