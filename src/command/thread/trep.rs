//! `!trep`: how many threads are in each state.

use crate::command::line::Out;
use crate::command::show::missing::not_all;
use crate::command::{Args, CommandError, CommandSpec, Context, Group, Needs};
use crate::debuggee::Lack;
use crate::kernel::{Thread, known_threads};
use crate::output::{Cell, Column, Record, Role, Table};
use std::collections::BTreeMap;

/// `!trep`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!trep"],
    group: Group::Kernel,
    summary: "Counts the threads of all processes by what the scheduler does with them",
    help: "Idle threads are not counted. !lt -a -s STATE lists those in a state, !mex.ready those that wait for a processor.\n\n\
           kd> !mex.trep\n\
           Count State\n\
           ===== =======\n    \
           1 Ready\n    \
           4 Running\n\
           1,831 Waiting\n\
           ===== =======\n\
           1,836",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    args.none()?;
    let scope = context.session.scope();
    report(known_threads(&scope)?, &mut context.out)
}

/// How many threads are in which state.
pub(super) fn report<'s>(
    threads: impl IntoIterator<Item = Result<Thread<'s>, Lack>>,
    out: &mut Out<'_>,
) -> Result<(), CommandError> {
    let mut states: BTreeMap<String, u64> = BTreeMap::new();
    let mut lacks = Vec::new();
    for thread in threads {
        out.check()?;
        match thread {
            Ok(thread) => {
                let state = thread.state().map_or("?".to_owned(), |state| state.to_string());
                *states.entry(state).or_default() += 1;
            }
            Err(Lack::Stopped) => return Err(CommandError::Cancelled),
            Err(why) => lacks.push(why.to_string()),
        }
    }
    let total: u64 = states.values().sum();
    let count = |count: u64| Cell::new(count).shown(thousands(count)).role(Role::Value);
    let columns = [Column::right("count", "Count", 5), Column::left("state", "State", 7)];
    let rows: Vec<Vec<Cell>> = states.into_iter().map(|(name, n)| vec![count(n), name.into()]).collect();
    let table = Table::new("state", &columns).fitted(&rows).ruled();
    let rule = table.heading.last().cloned().unwrap_or_default();
    let width = table.columns.first().map_or(5, |column| column.width);
    out.within(table.clone(), |out| rows.into_iter().try_for_each(|row| out.emit(table.row(row))))?;
    out.emit(rule)?;
    out.emit(Record::new("count").cell("threads", count(total).right(width)))?;
    out.warn(not_all(&lacks))
}

/// `12,345`
fn thousands(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::thousands;

    #[test]
    fn counts_have_commas() {
        let spelled = [(0, "0"), (999, "999"), (1836, "1,836"), (12_365_520, "12,365,520")];
        for (number, text) in spelled {
            assert_eq!(thousands(number), text);
        }
    }
}
