//! The row that tells who a thread is and what it does.

use crate::command::CommandError;
use crate::command::line::Out;
use crate::command::show::thread::address;
use crate::command::show::thread_cells::{self, ThreadCells, decimal};
use crate::kernel::{Process, Thread, ThreadState};
use crate::output::{Action, Cell, Column, Field, Record, Role, Side, Table};

/// Says the row.
///
/// # Errors
/// As [`Out::emit`].
pub(super) fn summary(thread: &Thread<'_>, out: &mut Out<'_>) -> Result<(), CommandError> {
    let scope = thread.object().scope();
    let clock = thread_cells::clock(scope);
    let cells = ThreadCells::of(thread, &clock);
    let has_teb = thread.teb() != Ok(0);
    let row = cells_of(thread, &cells, has_teb);
    let table = Table::new("thread", &columns(has_teb)).fitted(std::slice::from_ref(&row));
    let record = with_views(&table, row, thread);
    out.within(table, |out| out.emit(record))?;
    attached(thread).map_or(Ok(()), |record| out.emit(record))
}

/// The process whose memory the thread uses, where that is not its own.
fn attached(thread: &Thread<'_>) -> Option<Record> {
    let attached = thread.attached_process().ok()?;
    if attached == 0 || Ok(attached) == thread.process() {
        return None;
    }
    let process = Process::at(thread.object().scope(), attached);
    let name = Cell::new(process.and_then(|process| process.name())).mark("?").role(Role::Text);
    let at = Cell::new(Field::Address(attached)).digits(16).follow(Action::Process);
    let record = Record::new("attached_process").label("Attached Process: ").cell("image", name);
    Some(record.text(" (").cell("address", at).text(")"))
}

/// What stands behind the thread's address: everything, its KTHREAD, the 32-bit stack, the raw stack, variables.
const VIEWS: &str = " (E|K|W|R|V)";

/// What is to be said of a thread's 32-bit stack.
fn thirty_two_bit(thread: &Thread<'_>) -> Action {
    let process = thread.process().and_then(|process| Process::at(thread.object().scope(), process));
    Action::Reason(match process.and_then(|process| process.is_wow64()) {
        Ok(true) => "the process runs 32-bit code; its 32-bit stacks are not walked".into(),
        Ok(false) => "the process runs no 32-bit code, so the thread has no 32-bit stack".into(),
        Err(why) => format!("whether the process runs 32-bit code is not known: {why}").into(),
    })
}

/// The row with a link for each of the views.
fn with_views(table: &Table, row: Vec<Cell>, thread: &Thread<'_>) -> Record {
    let at = thread.address();
    let view = |text: &str, link: Action| Cell::new(text).role(Role::Address).link(link);
    let raw = thread.kernel_stack().map_or(Cell::new("R"), |stack| view("R", Action::Pointers(stack)));
    let cells = row.into_iter().zip(&table.columns).enumerate();
    cells.fold(Record::new(table.kind), |record, (index, (cell, column))| {
        let record = if index > 0 { record.text(" ") } else { record };
        match (column.key, column.side) {
            ("thread", _) => record
                .cell("thread", address(at))
                .text(" (")
                .show(view("E", Action::Thread(at)))
                .text("|")
                .show(view("K", Action::object("nt!_KTHREAD", at)))
                .text("|")
                .show(view("W", thirty_two_bit(thread)))
                .text("|")
                .show(raw.clone())
                .text("|")
                .show(view("V", Action::ThreadVariables(at)))
                .text(")"),
            ("state", _) => record.cell("state", cell),
            (key, Side::Left) => record.cell(key, cell.left(column.width.max(column.title.len()))),
            (key, Side::Right) => record.cell(key, cell.right(column.width.max(column.title.len()))),
        }
    })
}

/// The columns; threads without user space have no TEB.
fn columns(has_teb: bool) -> Vec<Column> {
    let mut columns = vec![
        Column::left("process", "Process", 7),
        Column::left("thread", "Thread", 28),
        Column::left("id", "CID", 9),
    ];
    if has_teb {
        columns.push(Column::left("teb", "TEB", 16));
    }
    columns.extend([
        Column::right("user_time", "UserTime", 8),
        Column::right("kernel_time", "KernelTime", 10),
        Column::right("context_switches", "ContextSwitches", 15),
        Column::left("wait_reason", "Wait Reason", 11),
        Column::right("state_time", "Time", 4),
        Column::left("state", "State", 5),
    ]);
    columns
}

fn cells_of(thread: &Thread<'_>, cells: &ThreadCells<'_, '_>, has_teb: bool) -> Vec<Cell> {
    let at = thread.address();
    let owner = thread.process().and_then(|process| Process::at(thread.object().scope(), process));
    let process = match &owner {
        Ok(process) => {
            let name = process.name().unwrap_or_else(|_| "?".to_owned());
            let text = format!("{name} ({:016x})", process.address());
            Cell::new(Field::Address(process.address())).shown(text).follow(Action::Process)
        }
        Err(why) => Cell::new(Field::from(why.clone())),
    };
    let id = thread.client_id();
    let text = id.as_ref().map_or(String::new(), |id| format!("{:x}.{:x}", id.process, id.thread));
    let ids = id.map(|id| {
        Field::Object(vec![
            ("process".into(), Field::Hex(id.process)),
            ("thread".into(), Field::Hex(id.thread)),
        ])
    });
    let mut row = vec![
        process,
        address(at).shown(format!("{at:016x}{VIEWS}")),
        Cell::new(ids).shown(text).mark("????.????").role(Role::Text),
    ];
    if has_teb {
        row.push(Cell::new(thread.teb().map(Field::Address)).digits(16));
    }
    let [_, time, reason] = cells.state();
    let state = thread.state();
    let number = thread.next_processor();
    let on = number.map_or("?".to_owned(), |number| (number & 0x7fff_ffff).to_string());
    let shown = match state {
        Ok(ThreadState::RUNNING) => format!("Running on processor {on}"),
        Ok(ThreadState::STANDBY) => format!("Standby on processor {on}"),
        ref other => other.as_ref().map_or(String::new(), ToString::to_string),
    };
    row.extend([
        cells.user_time(),
        cells.kernel_time(),
        decimal(thread.context_switches()),
        reason,
        time,
        Cell::new(state.map(|state| state.to_string())).shown(shown).mark("?").role(Role::Text),
    ]);
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of public transcripts of `!mex.t`: a user thread, and one without user space.
    #[test]
    fn rows_stand_in_the_columns_of_real_transcripts() {
        let row = |teb: Option<&str>, texts: [&str; 9]| {
            let mut row: Vec<Cell> = texts.map(Cell::from).into();
            if let Some(teb) = teb {
                row.insert(3, teb.into());
            }
            let table = Table::new("thread", &columns(teb.is_some())).fitted(std::slice::from_ref(&row));
            [table.heading[0].plain(), table.row(row).lines[0].plain()]
        };
        let process = "Sysmon.exe (ffffa389b3d44080)";
        let thread = "ffffa389b411c080 (E|K|W|R|V)";
        let rest = ["f30.12c0", "0", "0", "2", "Executive", "27m:55.218", "Waiting"];
        let [id, user, kernel, switches, reason, time, state] = rest;
        assert_eq!(
            row(Some("0000005871e61000"), [process, thread, id, user, kernel, switches, reason, time, state]),
            [
                "Process                       Thread                       CID       TEB              UserTime KernelTime ContextSwitches Wait Reason       Time State",
                "Sysmon.exe (ffffa389b3d44080) ffffa389b411c080 (E|K|W|R|V) f30.12c0  0000005871e61000        0          0               2 Executive   27m:55.218 Waiting",
            ]
        );
        let [process, thread] = ["System (ffffc181e8eea040)", "ffffc181f0960040 (E|K|W|R|V)"];
        assert_eq!(
            row(
                None,
                [process, thread, "4.1d5c", "0", "0", "1", reason, "15m:08.984", "Running on processor 5"]
            ),
            [
                "Process                   Thread                       CID       UserTime KernelTime ContextSwitches Wait Reason       Time State",
                "System (ffffc181e8eea040) ffffc181f0960040 (E|K|W|R|V) 4.1d5c           0          0               1 Executive   15m:08.984 Running on processor 5",
            ]
        );
    }
}
