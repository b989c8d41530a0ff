//! `!poolused`: how much of the pool each tag uses.

use crate::command::show::missing::Missing;
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::kernel::pool::{PoolTag, TagOwners, TagUse, Usage, matches, tracked};
use crate::output::{Cell, Column, Field, Line, Role, Table};
use crate::util::order::Order;
use crate::words::Language;

/// `!poolused`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!poolused"],
    group: Group::Kernel,
    arguments: &[Argument::new("[FLAGS]", Expects::Expression), Argument::new("[TAG]", Expects::Text)],
    summary: "Shows how much of the pool each tag uses, and who uses the tag",
    help: "By the kernel's own counts, which stand in a table for each processor: their sums are shown. Flags, to be added up: \
           1 with the blocks that were freed and those in use, 2 sorted by nonpaged, 4 by paged bytes in use (otherwise by \
           tag), 0x10 only tags that nobody is known for. A TAG may have * and ?.\n\n\
           kd> !poolused 2\n\
           \x20Sorting by NonPaged Pool Consumed\n\n\
           \x20              NonPaged                  Paged\n\
           \x20Tag     Allocs         Used     Allocs         Used\n\
           \x20Cont      1094      6525216          0            0    memory that devices use",
    needs: Needs::Memory,
    ..CommandSpec::runs(run)
};

/// Flags.
const VERBOSE: u64 = 1;
const BY_NONPAGED: u64 = 2;
const BY_PAGED: u64 = 4;
const SESSION: u64 = 8;
const UNKNOWN: u64 = 0x10;

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let mut words = args.words();
    let flags = words.next().map(|word| context.evaluate(word)).transpose()?.unwrap_or(0);
    let wanted = words.next().map(|word| word.trim_matches('"').as_bytes().to_vec());
    let owners = &context.session.pool_tags().owners;
    let language = context.session.settings.language;
    let scope = context.session.scope();
    let out = &mut context.out;
    let found = tracked(&scope)?;
    let mut rows: Vec<(PoolTag, Usage)> = found
        .tags
        .into_iter()
        .filter(|(tag, _)| wanted.as_ref().is_none_or(|wanted| matches(wanted, &tag.bytes())))
        .filter(|(tag, _)| flags & UNKNOWN == 0 || owners.of(*tag).is_none())
        .collect();
    let title = if flags & BY_NONPAGED != 0 {
        rows.order_by_key(|(_, usage)| std::cmp::Reverse(usage.nonpaged.bytes));
        "Sorting by NonPaged Pool Consumed"
    } else if flags & BY_PAGED != 0 {
        rows.order_by_key(|(_, usage)| std::cmp::Reverse(usage.paged.bytes));
        "Sorting by Paged Pool Consumed"
    } else {
        rows.order_by_key(|(tag, _)| tag.bytes());
        "Sorting by Tag"
    };
    out.emit(Line::new().text(" ").role(Role::Heading, title))?;
    out.blank()?;
    let is_verbose = flags & VERBOSE != 0;
    let mut total = Usage::default();
    let table = table(is_verbose);
    out.within(table.clone(), |out| {
        for (tag, usage) in &rows {
            total.add(usage);
            out.emit(table.row(cells(
                tag.to_string(),
                usage,
                is_verbose,
                described(*tag, owners, language),
            )))?;
        }
        out.emit(table.row(cells("TOTAL".to_owned(), &total, is_verbose, String::new())))
    })?;
    let mut missing = Missing::default();
    for why in &found.missing {
        missing.add(&why.to_string());
    }
    if flags & SESSION != 0 {
        missing.add("the pool of sessions: it is not counted apart here");
    }
    missing.say(out)
}

const SHORT: [Column; 6] = [
    Column::left("tag", "Tag", 4),
    Column::right("nonpaged_allocs", "Allocs", 9),
    Column::right("nonpaged_bytes", "Used", 12),
    Column::right("paged_allocs", "Allocs", 10),
    Column::right("paged_bytes", "Used", 12),
    Column::left("description", "", 0).after(4),
];
const LONG: [Column; 10] = [
    Column::left("tag", "Tag", 4),
    Column::right("nonpaged_allocs", "Allocs", 9),
    Column::right("nonpaged_frees", "Frees", 9),
    Column::right("nonpaged_blocks", "Diff", 9),
    Column::right("nonpaged_bytes", "Used", 12),
    Column::right("paged_allocs", "Allocs", 10),
    Column::right("paged_frees", "Frees", 9),
    Column::right("paged_blocks", "Diff", 9),
    Column::right("paged_bytes", "Used", 12),
    Column::left("description", "", 0).after(4),
];

fn table(is_verbose: bool) -> Table {
    let (columns, over) = match is_verbose {
        true => (&LONG[..], "               NonPaged                                         Paged"),
        false => (&SHORT[..], "               NonPaged                  Paged"),
    };
    let mut table = Table::new("pool_use", columns).indented(1);
    table.heading.insert(0, Line::new().role(Role::Label, over));
    table
}

fn cells(tag: String, usage: &Usage, is_verbose: bool, description: String) -> Vec<Cell> {
    let kind = |used: &TagUse| {
        let mut cells = vec![Cell::new(used.allocs)];
        if is_verbose {
            cells.push(Cell::new(used.frees));
            cells.push(Cell::new(Field::Signed(used.blocks())));
        }
        cells.push(Cell::new(used.bytes));
        cells
    };
    let mut cells = vec![Cell::new(tag)];
    cells.extend(kind(&usage.nonpaged));
    cells.extend(kind(&usage.paged));
    cells.push(Cell::new(description));
    cells
}

fn described(tag: PoolTag, owners: &TagOwners, language: Language) -> String {
    match owners.of(tag) {
        Some(owner) if owner.purpose.is_empty() => format!("Binary: {}", owner.owner),
        Some(owner) => format!("{} , Binary: {}", owner.purpose_in(language), owner.owner),
        None => format!("UNKNOWN pooltag '{tag}', please update pooltag.txt"),
    }
}
