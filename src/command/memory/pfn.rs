//! `!pfn`: what Windows keeps of a page of physical memory.

use crate::command::show::missing::Missing;
use crate::command::show::page_entry::{address, flagged, word};
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::debuggee::Lack;
use crate::kernel::{PageFrame, PageFrames, PageList};
use crate::memory::paging::Pte;
use crate::output::{Action, Cell, Field, Record};

/// `!pfn`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!pfn"],
    group: Group::Memory,
    arguments: &[Argument::new("PFN", Expects::Expression)],
    summary: "Shows a page of physical memory: who refers to it, its counts, which list it is on",
    help: "PFN is a page frame number, or the address of a record (MMPFN). Flink and blink are page frames where the page is \
           on a list; of an active page the second is how many entries refer to it. The restore PTE goes back into the page \
           table when the page is taken away. Letters: M modified, P of a prototype PTE, R being read, W being written.\n\n\
           kd> !pfn 2012\n    \
           PFN 00002012 at address FFFFF40000060360\n    \
           flink       00000000  blink / share count 00000001  pteaddress FFFFFAFC0118B090\n    \
           reference count 0001    used entry count  0000      Cached    color 0   Priority 4\n    \
           restore pte 00000080  containing page 000914  Active     M",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

/// Records are the kernel's; page frame numbers are far smaller.
const KERNEL: u64 = 1 << 63;

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    if args.text.is_empty() {
        return Err(CommandError::Syntax("!pfn".to_owned()));
    }
    let typed = context.evaluate(args.text)?;
    let scope = context.session.scope();
    let frames = PageFrames::of(&scope);
    let (number, frame) = match (typed, frames) {
        (KERNEL.., frames) => {
            let number = frames.map(|frames| frames.number_of(typed));
            (number.and_then(|number| number.ok_or_else(|| outside(typed))), PageFrame::at(&scope, typed)?)
        }
        (number, frames) => (Ok(number), frames?.frame(number)),
    };
    // Of a record that is nowhere there is one thing to say.
    if frame.pte_address().is_err() {
        frame.list()?;
    }
    let record = row(number, &frame);
    let mut missing = Missing::default();
    missing.note(&record);
    context.out.emit(record)?;
    missing.say(&mut context.out)
}

fn outside(at: u64) -> Lack {
    Lack::Shape { what: format!("{at:x}"), wanted: "record of the PFN database" }
}

fn row(number: Result<u64, Lack>, frame: &PageFrame<'_>) -> Record {
    let hex = |value: Result<u64, _>, digits| Cell::new(value.map(Field::Hex)).digits(digits);
    let list = frame.list();
    // Of pages on lists these are neighbours; the end of a list has all bits set.
    let on_list = list.as_ref().is_ok_and(|list| *list != PageList::ACTIVE);
    let page = |cell: Cell| if on_list { cell.follow(Action::PageFrame) } else { cell };
    let upper = |value: Result<u64, Lack>| {
        let shown = value.as_ref().map(|value| format!("{value:08X}")).unwrap_or_default();
        Cell::new(value.map(Field::Hex)).shown(shown).mark("????????")
    };
    let record = Record::new("pfn")
        .text("    PFN ")
        .cell("pfn", upper(number))
        .text(" at address ")
        .cell("address", address(Ok(frame.address()), |at| Action::object("nt!_MMPFN", at)))
        .line("    flink       ")
        .cell("flink", page(hex(frame.flink(), 8)))
        .text("  blink / share count ")
        .cell("blink", page(hex(frame.blink(), 8)))
        .text("  pteaddress ")
        .cell("pte_address", address(frame.pte_address(), Action::Pte))
        .line("    reference count ")
        .cell("reference_count", hex(frame.reference_count(), 4))
        .text("    used entry count  ")
        .cell("used_entries", hex(frame.used_entries(), 4))
        .text("      ")
        .cell("caching", Cell::new(frame.caching()).left(9));
    let record = match frame.color() {
        Some(color) => record.text(" color ").cell("color", color).text("  "),
        None => record,
    };
    record
        .text(" Priority ")
        .cell("priority", frame.priority())
        .line("    restore pte ")
        .cell("restore_pte", short(frame.original_pte()))
        .text("  containing page ")
        .cell("containing_page", hex(frame.containing_page(), 6).follow(Action::PageFrame))
        .text("  ")
        .cell("list", Cell::new(list.map(|list| list.word())).left(11))
        .list("flags", "", flagged(frame))
}

/// An entry in as many digits as it takes, eight at least.
fn short(entry: Result<Pte, Lack>) -> Cell {
    let shown = entry.as_ref().map(|entry| format!("{:08X}", entry.0)).unwrap_or_default();
    word(entry).shown(shown)
}
