//! The rows of `!mex.running`, `!mex.ready` and `!mex.standby`: threads that have a processor, or wait for one.

use crate::command::show::grid::Grid;
use crate::command::show::missing::not_all;
use crate::command::show::thread_cells::{self, IDENTITY, STATE, ThreadCells, decimal};
use crate::command::{Args, CommandError, Context};
use crate::debuggee::{Lack, Scope};
use crate::kernel::{Clock, Thread};
use crate::output::{Cell, Column, Field, Line};

/// The threads of a command, and whether its rows tell where they may run.
pub(super) struct Listed<'s> {
    pub(super) threads: Vec<Result<Thread<'s>, Lack>>,
    pub(super) affinity: bool,
    /// What stands behind their count: the way to their stacks.
    pub(super) stacks: Line,
}

/// Shows the threads that `list` finds.
pub(super) fn rows(
    args: &Args<'_>,
    context: &mut Context<'_>,
    list: for<'s> fn(&'s Scope<'s>) -> Listed<'s>,
) -> Result<(), CommandError> {
    args.none()?;
    let scope = context.session.scope();
    let Listed { threads, affinity, stacks } = list(&scope);
    let clock = thread_cells::clock(&scope);
    let mut lacks: Vec<String> = Vec::new();
    let mut grid = Grid::new("thread", &columns(affinity));
    for thread in threads {
        match thread {
            Ok(thread) => grid.add(row(&thread, &clock, affinity)),
            Err(Lack::Stopped) => return Err(CommandError::Cancelled),
            Err(why) => lacks.push(why.to_string()),
        }
    }
    grid.say_before("", &stacks, &mut context.out)?;
    context.out.warn(not_all(&lacks))
}

fn columns(affinity: bool) -> Vec<Column> {
    let mut columns = IDENTITY.to_vec();
    columns.push(Column::right("priority", "Pri", 3).yields(6));
    columns.push(Column::right("base_priority", "Base Pri", 8).yields(8));
    if affinity {
        columns.push(Column::right("affinity", "Affinity", 8).yields(9));
    }
    columns.push(Column::right("next_processor", "Next CPU", 8).yields(9));
    if affinity {
        columns.push(Column::right("ideal_processor", "Ideal CPU", 9).yields(9));
    }
    columns.push(Column::right("context_switches", "CSwitches", 9).yields(8));
    columns.push(Column::right("user_time", "User", 4).yields(7));
    columns.push(Column::right("kernel_time", "Kernel", 6).yields(7));
    columns.extend(STATE);
    columns
}

fn row<'s>(thread: &Thread<'s>, clock: &Result<Clock<'s>, Lack>, affinity: bool) -> Vec<Cell> {
    let cells = ThreadCells::of(thread, clock);
    let mut row = Vec::from(cells.identity());
    row.push(decimal(thread.priority()));
    row.push(decimal(thread.base_priority()));
    if affinity {
        row.push(Cell::new(thread.affinity().map(Field::Hex)).mark("?"));
    }
    row.push(decimal(thread.next_processor().map(|number| number & NUMBER)));
    if affinity {
        row.push(decimal(thread.ideal_processor()));
    }
    row.push(decimal(thread.context_switches()));
    row.push(cells.user_time());
    row.push(cells.kernel_time());
    row.extend(cells.state());
    row
}

/// The high bit of a thread's NextProcessor says that it stands in a shared queue.
const NUMBER: u64 = 0x7fff_ffff;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::Table;
    use crate::util::elapsed;

    /// Rows of a public transcript of `!mex.ready`, made of their values.
    #[test]
    fn rows_stand_in_the_columns_of_a_real_transcript() {
        let rows = [
            ("System", 0x4, 0xffff_988d_a1ed_8040, 0x4cf4, 30, 12, 0, 1, 0, 0, 63_843, "WrPreempted"),
            (
                "svchost.exe",
                0x61c,
                0xffff_988d_8bd0_b0c0,
                0xaf8,
                15,
                15,
                0,
                4474,
                16,
                0,
                119_953,
                "UserRequest",
            ),
            (
                "WmiPrvSE.exe",
                0x112c,
                0xffff_988d_9e83_f080,
                0x13c0,
                12,
                8,
                0,
                89264,
                1641,
                4906,
                13_203,
                "WrPreempted",
            ),
        ];
        let time = |millis: u64| Cell::new(millis).shown(elapsed::short(millis * 10_000));
        let cells: Vec<Vec<Cell>> = rows
            .map(|(name, pid, thread, id, level, base, ideal, switches, user, kernel, since, reason)| {
                let hex = |value| Cell::new(Field::Hex(value));
                let number = |value: u64| Cell::new(value);
                let thread = hex(thread).digits(16);
                let mut row =
                    vec![name.into(), hex(pid), thread, hex(id), number(level), number(base), number(1)];
                row.extend([number(0), number(ideal), number(switches), time(user), time(kernel)]);
                row.extend(["Ready".into(), time(since), reason.into()]);
                row
            })
            .into();
        let table = Table::new("thread", &columns(true)).fitted(&cells).ruled();
        let mut lines: Vec<String> = table.heading.iter().map(|line| line.plain()).collect();
        lines.extend(cells.into_iter().map(|row| table.row(row).lines[0].plain()));
        assert_eq!(
            lines,
            [
                "Process       PID Thread             Id Pri Base Pri Affinity Next CPU Ideal CPU CSwitches   User Kernel State      Time Reason",
                "============ ==== ================ ==== === ======== ======== ======== ========= ========= ====== ====== ===== ========= ===========",
                "System          4 ffff988da1ed8040 4cf4  30       12        1        0         0         1      0      0 Ready 1m:03.843 WrPreempted",
                "svchost.exe   61c ffff988d8bd0b0c0  af8  15       15        1        0         0      4474   16ms      0 Ready 1m:59.953 UserRequest",
                "WmiPrvSE.exe 112c ffff988d9e83f080 13c0  12        8        1        0         0     89264 1s.641 4s.906 Ready   13s.203 WrPreempted",
            ]
        );
    }
}
