//! `!memusage`: how many pages of memory are on each list.

use crate::command::{Args, CommandError, CommandSpec, Context, Group, Needs};
use crate::kernel::{PageFrames, PageList, highest_page};
use crate::output::{Cell, Record};

/// `!memusage`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!memusage"],
    group: Group::Memory,
    summary: "Counts the pages of memory by the list that each is on: zeroed, free, standby, active",
    help: "Reads the record of every page (MMPFN), as far as the dump holds them: those that it does not hold are counted as \
           such. Which files the pages belong to is not told.\n\n\
           kd> !memusage\n             \
           Zeroed:      218 (     872 kb)\n               \
           Free:      831 (    3324 kb)\n            \
           Standby:   124049 (  496196 kb)",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

/// Labels and names, by the number of the list (MMLISTS).
const LISTS: [(&str, &str); 8] = [
    ("Zeroed", "zeroed"),
    ("Free", "free"),
    ("Standby", "standby"),
    ("Modified", "modified"),
    ("ModifiedNoWrite", "modified_no_write"),
    ("Bad", "bad"),
    ("Active/Valid", "active"),
    ("Transition", "transition"),
];
/// Records between two looks at whether to stop.
const STRIDE: u64 = 0x1000;

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    args.none()?;
    let scope = context.session.scope();
    let out = &mut context.out;
    let frames = PageFrames::of(&scope)?;
    let highest = highest_page(&scope)
        .ok_or_else(|| CommandError::Missing("the dump does not tell how much memory there is".to_owned()))?;
    let runs = scope.target().header()?.physical_memory.as_ref();
    // Between the runs there is no memory; where they are not known, records that are zero count as pages of zeros.
    let runs: Vec<(u64, u64)> = match runs {
        Some(memory) if u64::from(memory.number_of_runs) == memory.runs.len() as u64 => memory
            .runs
            .iter()
            .map(|run| (run.base_page, run.base_page.saturating_add(run.page_count)))
            .collect(),
        _ => vec![(0, highest.number.saturating_add(1))],
    };
    let mut counts = [0u64; LISTS.len()];
    let (mut not_held, mut total) = (0u64, 0u64);
    for (start, end) in runs {
        let mut at = start.min(highest.number.saturating_add(1));
        let end = end.min(highest.number.saturating_add(1));
        while at < end {
            out.check()?;
            let next = end.min(at.saturating_add(STRIDE));
            for list in frames.lists(at..next)? {
                total += 1;
                match list.map(PageList::number).and_then(|list| usize::try_from(list).ok()) {
                    Some(list) => counts.get_mut(list).into_iter().for_each(|count| *count += 1),
                    None => not_held += 1,
                }
            }
            at = next;
        }
    }
    if not_held == total {
        let why = frames.frame(highest.number).list().err().map(|why| why.to_string()).unwrap_or_default();
        return Err(CommandError::Missing(format!("the dump holds no records of pages: {why}")));
    }
    let rows = LISTS.iter().zip(counts).map(|((label, name), count)| (*label, *name, count));
    // The debugger's order has the bad ones last.
    let (bad, others): (Vec<_>, Vec<_>) = rows.partition(|(label, ..)| *label == "Bad");
    let last = [("not in the dump", "not_in_dump", not_held), ("TOTAL", "total", total)];
    let rows = others.into_iter().chain(bad).chain(last);
    let record = rows.fold(Record::new("memusage"), |record, (label, name, count)| {
        record
            .line("")
            .label(format!("{label:>19}: "))
            .cell(name, Cell::new(count).right(8))
            .text(format!(" ({:>8} kb)", count.saturating_mul(4)))
    });
    out.emit(record)
}
