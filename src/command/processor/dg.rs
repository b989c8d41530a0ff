//! `dg`: what segment selectors stand for.

use crate::command::line::nothing_more;
use crate::command::show::processor::{Failure, lacking};
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::kernel::{Gdt, Processor, Segment};
use crate::output::{Cell, Column, Field, Line, Record, Role, Table};

/// `dg`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["dg"],
    group: Group::Registers,
    arguments: &[Argument::new("FIRST [LAST]", Expects::Expression)],
    summary: "Shows what segment selectors stand for",
    help: "The descriptors of one selector, or of all from the first to the last, of the current processor. Pl is the \
           privilege; Size Bg or Nb: 32-bit operands or not; Gran Pg or By: a limit in pages or bytes; Pres P or Np: \
           present or not; Long Lo or Nl: 64-bit code or not.\n\n\
           kd> dg 10\n\
           \u{20}                                                   P Si Gr Pr Lo\n\
           Sel        Base              Limit          Type    l ze an es ng Flags\n\
           ---- ----------------- ----------------- ---------- - -- -- -- -- --------\n\
           0010 00000000`00000000 00000000`00000000 Code RE Ac 0 Nb By P  Lo 0000029b",
    needs: Needs::Dump,
    ..CommandSpec::runs(run)
};

/// As many descriptors as WinDbg shows at once.
const MOST: u64 = 256;

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    if args.text.is_empty() {
        return Err(CommandError::Syntax(String::new()));
    }
    let (first, rest) = context.evaluate_prefix(args.text)?;
    let last = match rest.trim() {
        "" => first,
        rest => {
            let (last, rest) = context.evaluate_prefix(rest)?;
            nothing_more(rest)?;
            last
        }
    };
    let selectors = selectors(first, last);
    show(context, |_| selectors, false)
}

/// The selectors of the descriptors from one to another.
pub(super) fn selectors(first: u64, last: u64) -> Vec<u64> {
    (0..MOST)
        .map(|index| (first & !7).saturating_add(index * 8))
        .take_while(|selector| *selector <= last)
        .collect()
}

/// Shows descriptors; of the whole table those that are not empty.
///
/// # Errors
/// The output's end.
pub(super) fn show(
    context: &mut Context<'_>,
    selectors: impl FnOnce(&Gdt<'_>) -> Vec<u64>,
    whole: bool,
) -> Result<(), CommandError> {
    let number = context.session.focus.processor;
    let outcome = rows(number, context, selectors, whole);
    lacking(number, outcome, context)
}

fn rows(
    number: u32,
    context: &mut Context<'_>,
    selectors: impl FnOnce(&Gdt<'_>) -> Vec<u64>,
    whole: bool,
) -> Result<(), Failure> {
    let scope = context.session.scope();
    let gdt = Gdt::of(&Processor::numbered(&scope, number)?)?;
    let selectors = selectors(&gdt);
    // Nothing is said of a table that cannot be read.
    if let [first, ..] = selectors.as_slice() {
        gdt.segment(*first)?;
    }
    let out = &mut context.out;
    if whole {
        let base = Cell::new(Field::Address(gdt.base())).digits(16);
        let limit = Cell::new(Field::Hex(gdt.limit())).digits(4);
        out.emit(Record::new("gdt").text("GDT: ").cell("base", base).text(" Limit: ").cell("limit", limit))?;
    }
    let table = table();
    let shown = out.within(table.clone(), |out| {
        let mut upper_half = false;
        selectors.into_iter().try_for_each(|selector| {
            if std::mem::take(&mut upper_half) {
                return out.check();
            }
            match gdt.segment(selector) {
                Ok(segment) => {
                    upper_half = whole && segment.is_system();
                    if whole && segment.is_empty() {
                        out.check()
                    } else {
                        out.emit(row(&table, selector, segment))
                    }
                }
                Err(why) => {
                    let text = format!("{selector:04x} {why}");
                    let record =
                        Record::new("segment").field("selector", Field::Hex(selector)).field("base", why);
                    out.emit(record.role(Role::Unreadable, text))
                }
            }
        })
    });
    Ok(shown?)
}

fn table() -> Table {
    let columns = [
        Column::left("selector", "", 4),
        Column::left("base", "", 17),
        Column::left("limit", "", 17),
        Column::left("type", "", 10),
        Column::left("privilege", "", 1),
        Column::left("size", "", 2),
        Column::left("granularity", "", 2),
        Column::left("present", "", 2),
        Column::left("long", "", 2),
        Column::left("flags", "", 8),
    ];
    let heading = [
        "                                                    P Si Gr Pr Lo",
        "Sel        Base              Limit          Type    l ze an es ng Flags",
        "---- ----------------- ----------------- ---------- - -- -- -- -- --------",
    ];
    Table { heading: heading.map(|line| Line::new().label(line)).to_vec(), ..Table::new("segment", &columns) }
}

fn row(table: &Table, selector: u64, segment: Segment) -> Record {
    let either =
        |is: bool, yes: &str, no: &str| Cell::new(is).shown(if is { yes } else { no }).role(Role::Value);
    table.row([
        Cell::new(Field::Hex(selector)).digits(4),
        Field::Address(segment.base()).into(),
        Cell::new(Field::Address(segment.limit())).role(Role::Value),
        Cell::new(kind(segment)),
        Cell::new(segment.privilege()),
        either(segment.is_big(), "Bg", "Nb"),
        either(segment.is_in_pages(), "Pg", "By"),
        either(segment.is_present(), "P", "Np"),
        either(segment.is_long(), "Lo", "Nl"),
        Cell::new(Field::Hex(segment.flags())).digits(8),
    ])
}

/// The type in the debugger's words; the bits are the processor's.
fn kind(segment: Segment) -> String {
    let bits = segment.kind();
    let has = |bit: u64, yes: &'static str, no: &'static str| if bits & bit != 0 { yes } else { no };
    if segment.is_empty() {
        return "<Reserved>".to_owned();
    }
    if segment.is_system() {
        return match bits {
            2 => "LDT",
            9 => "TSS Avail",
            11 => "TSS Busy",
            12 => "Call Gate",
            14 => "Int Gate",
            15 => "Trap Gate",
            _ => "<Reserved>",
        }
        .to_owned();
    }
    let accessed = has(1, " Ac", "");
    match bits & 8 {
        0 => format!("Data {}{accessed}", has(2, "RW", "RO")),
        _ => format!("Code {}{accessed}", has(2, "RE", "EO")),
    }
}
