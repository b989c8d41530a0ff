//! `!memusage`: how many pages of memory are on each list, and of which files they are.

use crate::command::line::Out;
use crate::command::show::missing::Missing;
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::debuggee::{Lack, Object, Scope};
use crate::kernel::{FilePages, PageCounts, PageFrames, PageTables, highest_page};
use crate::output::{Action, Cell, Column, Field, Line, Record, Table};

/// `!memusage`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!memusage"],
    group: Group::Memory,
    arguments: &[Argument::new("[FLAGS]", Expects::Expression)],
    summary: "Counts the pages of memory by the list that each is on, and by the file that they belong to",
    help: "Reads the record of every page (MMPFN), as far as the dump holds them: those that it does not hold are counted as \
           such. Below, by file (control area), in kilobytes: pages in use (Valid), on a standby list, changed and not yet \
           written (Dirty), and of those in use such to which several entries refer (Shared); at the end those of sections \
           in the page file. Pages of one process alone are in no row. With the flag 8 the lists alone.\n\n\
           kd> !memusage\n             \
           Zeroed:      218 (     872 kb)\n               \
           Free:      831 (    3324 kb)\n            \
           Standby:   124049 (  496196 kb)\n\n  \
           Usage Summary (in Kb):\n\
           Control             Valid  Standby    Dirty   Shared  name\n\
           ffffa4058c034c90      112     1464        0       48  mapped_file( \\Windows\\System32\\ntdll.dll )",
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
/// A flag: no files.
const LISTS_ALONE: u64 = 8;
/// Records between two looks at whether to stop.
const STRIDE: u64 = 0x1000;

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let flags = context.evaluate_any(args.text)?.unwrap_or(0);
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
    let encoding = PageTables::of(&scope)?.encoding();
    let mut files = FilePages::default();
    let mut counts = [0u64; LISTS.len()];
    let (mut not_held, mut total) = (0u64, 0u64);
    for (start, end) in runs {
        let mut at = start.min(highest.number.saturating_add(1));
        let end = end.min(highest.number.saturating_add(1));
        while at < end {
            out.check()?;
            let next = end.min(at.saturating_add(STRIDE));
            for page in frames.uses(at..next)? {
                total += 1;
                let Some(page) = page else {
                    not_held += 1;
                    continue;
                };
                let list = usize::try_from(page.list.number()).ok().and_then(|list| counts.get_mut(list));
                list.into_iter().for_each(|count| *count += 1);
                files.take(&page, encoding);
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
    out.emit(record)?;
    match flags & LISTS_ALONE {
        0 => by_file(&scope, &files, out),
        _ => Ok(()),
    }
}

/// `ffffa4058c034c90   1576      0      0    812  mapped_file( \Windows\System32\ntdll.dll )`
fn by_file(scope: &Scope<'_>, files: &FilePages, out: &mut Out<'_>) -> Result<(), CommandError> {
    let columns = [
        Column::left("control_area", "Control", 16),
        Column::right("valid", "Valid", 8),
        Column::right("standby", "Standby", 8),
        Column::right("dirty", "Dirty", 8),
        Column::right("shared", "Shared", 8).yields(1),
        Column::left("name", "name", 0).after(2),
    ];
    let table = Table::new("file_usage", &columns);
    let rows = files.files(scope)?;
    let mut missing = Missing::default();
    out.blank()?;
    out.emit(Line::of("  Usage Summary (in Kb):"))?;
    out.within(table.clone(), |out| {
        for file in &rows {
            out.check()?;
            let area = file.area.as_ref().map(Object::address).map_err(Clone::clone);
            let link = |at| Action::object("nt!_CONTROL_AREA", at);
            let name = match file.name() {
                Err(Lack::Null { .. }) => Cell::new("page file section").shown("page file section"),
                name => {
                    let shown =
                        name.as_ref().map(|name| format!("mapped_file( {name} )")).unwrap_or_default();
                    Cell::new(name).shown(shown)
                }
            };
            let area = Cell::new(area.map(Field::Address)).digits(16).follow(link);
            let record = row(&table, area, &file.counts, name);
            missing.note(&record);
            out.emit(record)?;
        }
        if files.in_page_file.total() > 0 {
            let name = Cell::new("page file sections");
            let none = Cell::new(Field::Null).absent("-".repeat(16));
            out.emit(row(&table, none, &files.in_page_file, name))?;
        }
        Ok(())
    })?;
    out.warn(
        (files.beyond > 0).then(|| format!("{} more pages are of files beyond those listed", files.beyond)),
    )?;
    missing.say(out)
}

fn row(table: &Table, area: Cell, counts: &PageCounts, name: Cell) -> Record {
    let kilobytes = |pages: u64| Cell::new(pages.saturating_mul(4));
    let numbers = [counts.valid, counts.standby, counts.modified, counts.shared].map(kilobytes);
    table.row(std::iter::once(area).chain(numbers).chain([name]))
}
