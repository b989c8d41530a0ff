//! `!pte`: the page table entries of an address.

use crate::command::show::page_entry::{address, details, flags, oddity, page_file, word};
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::debuggee::{Lack, Scope};
use crate::kernel::{PageFileKind, PageTables, PteSpace, TableEntry, highest_page};
use crate::memory::Level;
use crate::memory::paging::{Pte, PteEncoding, PteKind};
use crate::output::{Action, Cell, Field, Record, Role};

/// `!pte`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!pte"],
    group: Group::Memory,
    arguments: &[Argument::new("ADDRESS", Expects::Expression), Argument::new("[1]", Expects::Expression)],
    summary: "Shows the page table entries of an address, or what an entry maps",
    help: "Each level of the page tables: where its entry lies, what it contains, the page frame and the flags of a valid \
           one; of one that is not valid, where the page is. In a console that is too narrow for that each level has a \
           line. An ADDRESS among the page table entries is the entry's own; \
           with 1 any ADDRESS is, a prototype PTE's too, and it is said when it lies outside the page tables. Of a page in a \
           page file that file is named, or that it is the store of compressed pages. Triage dumps hold few of these words: the others are question \
           marks. What broken memory leaves is said: a single bit that is set, a page beyond memory.\n\n\
           Flags: C copy on write, G global, L large page, D dirty, A accessed, N not cached, T write through, U user or K \
           kernel, W writable or R read-only, E executable, V valid.\n\n\
           kd> !pte 21866001000\n                                           \
           VA 0000021866001000\n\
           PXE at FFFFFA7D3E9F4020    PPE at FFFFFA7D3E804308    PDE at FFFFFA7D00861980    PTE at FFFFFA010C330008\n\
           contains 000000000024A067  contains 000000000024B067  contains 000000000024C067  contains 000020000089E880\n\
           pfn 24a       ---DA--UWEV  pfn 24b       ---DA--UWEV  pfn 24c       ---DA--UWEV  not valid\n                 \
           \x20                                                                Transition: 89e\n                        \
           \x20                                                         Protect: 4 - ReadWrite",
    needs: Needs::Memory,
    ..CommandSpec::runs(run)
};

/// Columns of a level.
const WIDTH: usize = 27;
/// Columns before the address.
const LEAD: usize = 43;

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let mut words = args.words();
    let mut number = || words.next().map(|word| context.evaluate(word)).transpose();
    let (Some(typed), flag) = (number()?, number()?) else {
        return Err(CommandError::Syntax("!pte".to_owned()));
    };
    let scope = context.session.scope();
    let tables = PageTables::of(&scope)?;
    let is_entry = flag == Some(1);
    let of_entry = tables.space().and_then(|space| space.below(typed));
    let highest = highest_page(&scope);
    let out = &mut context.out;
    let encoding = tables.encoding();
    let entries = match (of_entry, is_entry) {
        (Some((_, mapped)), _) => (mapped, tables.entries(mapped)?),
        (None, false) => (typed, tables.entries(typed)?),
        (None, true) => {
            if let Some(space) = tables.space() {
                out.emit(outside(typed, space))?;
            }
            let entry = tables.word(Level::Pte, typed)?;
            out.emit(alone(typed, entry, encoding.prototype_kind(entry)))?;
            for odd in encoding.oddities(Level::Pte, entry, highest) {
                out.emit(oddity("PTE", &odd))?;
            }
            return match in_page_file(&scope, Level::Pte, encoding.kind(Level::Pte, entry)) {
                Some(record) => out.emit(record),
                None => Ok(()),
            };
        }
    };
    let (mapped, entries) = entries;
    let record = match out.breaks(entries.len() * WIDTH) {
        false => side_by_side(mapped, &entries, encoding),
        true => one_a_line(mapped, &entries, encoding),
    };
    out.emit(record)?;
    for entry in &entries {
        let Some(value) = entry.kind(encoding).and(entry.value.as_ref().ok()) else { continue };
        for odd in encoding.oddities(entry.level, *value, highest) {
            out.emit(oddity(&entry.level.to_string(), &odd))?;
        }
        if let Some(record) = in_page_file(&scope, entry.level, encoding.kind(entry.level, *value)) {
            out.emit(record)?;
        }
    }
    if tables.space().is_none() && of_entry.is_none() {
        out.warn(Some(format!(
            "the dump does not tell where page table entries begin: '!pte {typed:x} 1' takes {typed:x} as one"
        )))?;
    }
    match unknown(&entries) {
        Some(record) => out.emit(record),
        None => Ok(()),
    }
}

/// What is taken for an entry, and is no entry of a page table.
fn outside(typed: u64, space: PteSpace) -> Record {
    let last = space.end().map_or(u64::MAX, |end| end.wrapping_sub(1));
    Record::new("pte_outside")
        .cell("address", Cell::new(Field::Address(typed)).digits(16).link(Action::What(typed)))
        .text(" lies outside the page tables (")
        .cell("tables", Cell::new(Field::Address(space.base())).digits(16))
        .text(" to ")
        .cell("tables_last", Cell::new(Field::Address(last)).digits(16))
        .text("): if an entry, it is a prototype PTE")
}

/// What the page file of an entry is, if its page is in one.
fn in_page_file(scope: &Scope<'_>, level: Level, kind: PteKind) -> Option<Record> {
    let PteKind::PageFile { number: Some(number), .. } = kind else { return None };
    Some(page_file(&level.to_string(), number, PageFileKind::of(scope, number)))
}

/// An entry that is known by its address alone.
fn alone(at: u64, entry: Pte, kind: PteKind) -> Record {
    let record = Record::new("pte")
        .text("PTE at ")
        .cell("pte_address", address(Ok(at), Action::Numbers))
        .line("contains ")
        .cell("pte", word(Ok(entry)));
    let record = match kind {
        PteKind::Valid { pfn, .. } => valid(record.line(""), "pte", pfn, entry),
        _ => record.line("not valid"),
    };
    details(record, kind, 1, true)
}

/// The page frame and the flags of a valid entry.
fn valid(record: Record, name: &str, pfn: u64, entry: Pte) -> Record {
    record
        .text("pfn ")
        .cell(format!("{name}_pfn"), Cell::new(Field::Hex(pfn)).left(9).link(Action::PageFrame(pfn)))
        .text(" ")
        .cell(format!("{name}_flags"), flags(entry))
}

/// What a level is called in JSON.
fn key(entry: &TableEntry) -> String {
    entry.level.to_string().to_lowercase()
}

/// The entries down to the one that leads nowhere: there are none below it.
fn shown(entries: &[TableEntry], encoding: PteEncoding) -> &[TableEntry] {
    let ends = |entry: &TableEntry| {
        !matches!(entry.kind(encoding), None | Some(PteKind::Valid { .. } | PteKind::Transition { .. }))
    };
    let last = entries.iter().position(ends).unwrap_or(entries.len());
    entries.get(..=last).unwrap_or(entries)
}

/// The address that the entries map.
fn of_address(record: Record, mapped: u64) -> Record {
    let address = Cell::new(Field::Address(mapped)).digits(16).link(Action::Memory(mapped));
    record.text("VA ").cell("va", address)
}

/// Where an entry lies; `width` is that of the level's name.
fn place(record: Record, entry: &TableEntry, width: usize) -> Record {
    let at = address(entry.address.clone(), Action::Numbers);
    let level = entry.level.to_string();
    record.text(format!("{level:<width$} at ")).cell(format!("{}_address", key(entry)), at)
}

/// What an entry contains.
fn content(record: Record, entry: &TableEntry) -> Record {
    record.text("contains ").cell(key(entry), word(entry.value.clone()))
}

/// The page of an entry that has one, and whether it has none.
fn page(record: Record, entry: &TableEntry, encoding: PteEncoding) -> Record {
    match (entry.in_large_page, entry.kind(encoding), &entry.value) {
        (Some(pfn), ..) => record
            .text("LARGE PAGE pfn ")
            .cell(format!("{}_pfn", key(entry)), Cell::new(Field::Hex(pfn)).link(Action::PageFrame(pfn))),
        (None, Some(PteKind::Valid { pfn, .. }), Ok(value)) => valid(record, &key(entry), pfn, *value),
        (None, Some(_), _) => record.text("not valid"),
        (None, None, _) => record,
    }
}

/// The levels side by side: where each entry lies, what it contains, what that says.
fn side_by_side(mapped: u64, entries: &[TableEntry], encoding: PteEncoding) -> Record {
    let shown = shown(entries, encoding);
    let is_middle = |entry: &TableEntry| {
        let kind = entry.kind(encoding);
        entry.level != Level::Pte && kind.is_some_and(|kind| !matches!(kind, PteKind::Valid { .. }))
    };
    let mut record = of_address(Record::new("pte").text(" ".repeat(LEAD)), mapped).line("");
    for (column, entry) in entries.iter().enumerate() {
        record = place(record.pad_to(column * WIDTH), entry, 0);
    }
    record = record.line("");
    for (column, entry) in shown.iter().enumerate() {
        record = content(record.pad_to(column * WIDTH), entry);
    }
    record = record.line("");
    for (column, entry) in shown.iter().enumerate() {
        if entry.value.is_ok() || entry.in_large_page.is_some() {
            record = record.pad_to(column * WIDTH);
        }
        record = match &entry.value {
            // As the debugger does, which says in the line below that it is not valid.
            Ok(value) if entry.in_large_page.is_none() && is_middle(entry) => {
                record.text(format!("contains {:016X}", value.0))
            }
            _ => page(record, entry, encoding),
        };
    }
    for (column, entry) in shown.iter().enumerate() {
        let Some(kind) = entry.kind(encoding) else { continue };
        if entry.level != Level::Pte {
            if !is_middle(entry) {
                continue;
            }
            record = record.line("not valid");
        }
        record = details(record, kind, column * WIDTH + 1, mapped >> 63 != 0);
    }
    record
}

/// A level a line, for less room than all take side by side.
fn one_a_line(mapped: u64, entries: &[TableEntry], encoding: PteEncoding) -> Record {
    let shown = shown(entries, encoding).len();
    let name = entries.iter().map(|entry| entry.level.to_string().len()).max().unwrap_or(0);
    let mut record = of_address(Record::new("pte"), mapped);
    for (index, entry) in entries.iter().enumerate() {
        record = place(record.line(""), entry, name);
        if index < shown {
            record = page(content(record.text("  "), entry).text("  "), entry, encoding);
        }
        if let Some(kind) = entry.kind(encoding).filter(|_| index < shown) {
            record = details(record, kind, 4, mapped >> 63 != 0);
        }
    }
    record
}

/// Which entries are not known, and why; where one leads nowhere or to a large page, those below are not missed.
fn unknown(entries: &[TableEntry]) -> Option<Record> {
    let small = entries.iter().filter(|entry| entry.in_large_page.is_none());
    let mut reasons = small.filter_map(|entry| Some((entry.level, entry.value.as_ref().err()?)));
    let (first, why) = reasons.next()?;
    let above = entries.iter().take_while(|entry| entry.level != first).last();
    if above
        .is_some_and(|above| above.value.as_ref().is_ok_and(|value| !value.valid() && !value.transition()))
    {
        return None;
    }
    let levels: Vec<String> = std::iter::once(first)
        .chain(reasons.map(|(level, _)| level))
        .map(|level| level.to_string())
        .collect();
    let why = match why {
        Lack::Unreadable { why, .. } => why.reason.to_string(),
        why => why.to_string(),
    };
    Some(
        Record::new("pte_unknown")
            .role(Role::Dim, "Not known: ")
            .cell("levels", Cell::new(levels.clone()).shown(levels.join(", ")))
            .text(": ")
            .cell("why", why),
    )
}
