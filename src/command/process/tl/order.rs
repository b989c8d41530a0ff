//! In which order the rows of `!tl` come: by a value, or each under its creator.

use super::Row;
use crate::command::CommandError;
use crate::command::show::process_cells::{self, pages, size, time};
use crate::debuggee::Lack;
use crate::kernel::{Clock, Process};
use crate::output::{Cell, Column, Field};
use std::collections::{HashMap, HashSet};

/// What rows are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Id,
    Name,
    Created,
    Session,
    Threads,
    Handles,
    VirtualSize,
    Commit,
    Cpu,
}

/// How a value is shown.
pub(super) type Shown = fn(Result<u64, Lack>) -> Cell;

impl Key {
    pub(super) fn named(word: &str) -> Result<Key, CommandError> {
        Ok(match word.to_ascii_lowercase().as_str() {
            "pid" | "id" => Key::Id,
            "name" => Key::Name,
            "created" | "time" => Key::Created,
            "session" | "ses" => Key::Session,
            "thread" | "threads" | "thd" => Key::Threads,
            "handle" | "handles" => Key::Handles,
            "vm" => Key::VirtualSize,
            "commit" | "mem" => Key::Commit,
            "cpu" => Key::Cpu,
            _ => {
                let known = "pid, name, created, session, thread, handle, vm, commit, cpu";
                return Err(CommandError::Argument(format!("-sort {word}: it sorts by {known}")));
            }
        })
    }

    pub(super) fn value(self, process: &Process<'_>, clock: &Result<Clock<'_>, Lack>) -> Result<u64, Lack> {
        match self {
            Key::Id | Key::Name => process.id(),
            Key::Created => process.create_time(),
            Key::Session => process.session_id().map(|id| id.map_or(0, |id| id + 1)),
            Key::Threads => process.active_threads(),
            Key::Handles => process.handle_count(),
            Key::VirtualSize => process.virtual_size(),
            Key::Commit => process.commit_charge(),
            Key::Cpu => {
                let [user, kernel] = process_cells::times(process, clock);
                Ok(user?.saturating_add(kernel?))
            }
        }
    }

    /// Upwards, as MEX does: the most stands last, next to the prompt. What is not known comes first.
    pub(super) fn sort(self, rows: &mut [Row<'_>], clock: &Result<Clock<'_>, Lack>) {
        match self {
            Key::Name => rows.sort_by_cached_key(|row| row.name.clone().unwrap_or_default().to_lowercase()),
            _ => rows.sort_by_cached_key(|row| self.value(&row.process, clock).ok()),
        }
    }

    /// The column that it adds.
    pub(super) fn column(self) -> Option<(Column, Shown)> {
        let plain: Shown = |value| Cell::new(value).mark("?");
        Some(match self {
            Key::Id | Key::Name => return None,
            Key::Created => (Column::left("create_time", "Create Time", 0), |time| {
                Cell::new(time.map(Field::Time)).mark("?")
            }),
            Key::Session => (Column::right("session_id", "Ses", 0), |id| match id {
                Ok(0) => Cell::new(Field::Null),
                id => Cell::new(id.map(|id| id - 1)).mark("?"),
            }),
            Key::Threads => (Column::right("threads", "Thd", 0), plain),
            Key::Handles => (Column::right("handles", "Handle", 0), plain),
            Key::VirtualSize => (Column::right("virtual_size", "VM", 0), size),
            Key::Commit => (Column::right("commit", "Commit Size", 0), pages),
            Key::Cpu => (Column::right("total_time", "Total", 0), time),
        })
    }
}

/// Each process after the one that created it. A creator that has ended, or whose id went to a younger process, is none.
pub(super) fn as_tree(rows: Vec<Row<'_>>) -> Vec<Row<'_>> {
    let by_id: HashMap<u64, usize> =
        rows.iter().enumerate().filter_map(|(at, row)| Some((row.process.id().ok()?, at))).collect();
    let parent = |row: &Row<'_>, own: usize| {
        let at = *by_id.get(&row.process.parent_id().ok()?)?;
        let creator = rows.get(at)?;
        let older = creator.process.create_time().ok()? <= row.process.create_time().ok()?;
        (at != own && older).then_some(at)
    };
    let parents: Vec<Option<usize>> = rows.iter().enumerate().map(|(at, row)| parent(row, at)).collect();
    let mut children: HashMap<Option<usize>, Vec<usize>> = HashMap::new();
    for (at, parent) in parents.iter().enumerate() {
        children.entry(*parent).or_default().push(at);
    }
    // Damaged ids may make a ring of creators: whoever no root leads to comes last.
    let mut order: Vec<(usize, usize)> = Vec::new();
    let mut seen = HashSet::new();
    let mut visit = |start: usize, order: &mut Vec<(usize, usize)>| {
        let mut stack = vec![(start, 0)];
        while let Some((at, depth)) = stack.pop() {
            if seen.insert(at) {
                order.push((at, depth));
                let below = children.get(&Some(at)).into_iter().flatten().rev();
                stack.extend(below.map(|child| (*child, depth + 1)));
            }
        }
    };
    children.get(&None).into_iter().flatten().for_each(|root| visit(*root, &mut order));
    (0..rows.len()).for_each(|at| visit(at, &mut order));
    let mut rows: Vec<Option<Row<'_>>> = rows.into_iter().map(Some).collect();
    let place =
        |(at, depth): (usize, usize)| rows.get_mut(at).and_then(Option::take).map(|row| Row { depth, ..row });
    order.into_iter().filter_map(place).collect()
}
