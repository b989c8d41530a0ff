//! `!lookaside`: lists of blocks that are kept for the next one who wants such.

use crate::command::show::missing::Missing;
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::debuggee::Lack;
use crate::kernel::pool::{HEADS, Lookaside};
use crate::output::{Action, Cell, Field, Record};

/// `!lookaside`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!lookaside"],
    group: Group::Kernel,
    arguments: &[Argument::new("[ADDRESS]", Expects::Expression)],
    summary: "Shows lookaside lists: blocks of one size that drivers keep for reuse, and how often they helped",
    help: "All lists of nonpaged and paged blocks, or the one at ADDRESS (a GENERAL_LOOKASIDE). Depth counts the blocks that are \
           kept now.\n\n\
           kd> !lookaside nt!CcTwilightLookasideList\n\n\
           Lookaside \"nt!CcTwilightLookasideList\" @ 0xfffff80002c49280  Tag(hex): 0x6b576343 \"CcWk\"\n\
           \x20   Type           =       0000  NonPagedPool\n\
           \x20   Current Depth  =          0  Max Depth  =         34",
    needs: Needs::Types,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let mut words = args.words();
    let address =
        words.next().map(|word| context.evaluate(word)).transpose()?.filter(|address| *address != 0);
    let scope = context.session.scope();
    let mut missing = Missing::default();
    if let Some(address) = address {
        let name = context.symbol_text(address);
        let record = record(&Lookaside::at(&scope, address)?, name);
        missing.note(&record);
        context.out.emit(record)?;
        return missing.say(&mut context.out);
    }
    let mut kept = [0u64; 2];
    for (head, is_paged) in HEADS {
        let lists = match Lookaside::all(&scope, head) {
            Ok(lists) => lists,
            Err(why) => {
                missing.add(&why.to_string());
                continue;
            }
        };
        for list in lists {
            match list {
                Ok(list) => {
                    let bytes = list.depth().and_then(|depth| Ok(depth.saturating_mul(list.number("Size")?)));
                    if let Some(sum) = kept.get_mut(usize::from(is_paged)) {
                        *sum = sum.saturating_add(bytes.unwrap_or(0));
                    }
                    let record = record(&list, context.symbol_text(list.address()));
                    missing.note(&record);
                    context.out.emit(record)?;
                    context.out.blank()?;
                }
                Err(Lack::Stopped) => return Err(CommandError::Cancelled),
                Err(why) => missing.add(&why.to_string()),
            }
        }
    }
    let [nonpaged, paged] = kept;
    context.out.emit(
        Record::new("lookaside_totals")
            .text("Total NonPaged currently allocated for above lists = ")
            .cell("nonpaged", Cell::new(nonpaged).right(8)),
    )?;
    context.out.emit(
        Record::new("lookaside_totals")
            .text("Total Paged    currently allocated for above lists = ")
            .cell("paged", Cell::new(paged).right(8)),
    )?;
    missing.say(&mut context.out)
}

/// `POOL_TYPE` (wdm.h), of which the bits count that tell what kind of memory it is.
fn type_name(kind: u64) -> &'static str {
    match kind & 0x201 {
        0x200 => "NonPagedPoolNx",
        0 => "NonPagedPool",
        _ => "PagedPool",
    }
}

fn record(list: &Lookaside<'_>, name: Option<String>) -> Record {
    let tag = list.tag();
    let number = |member: &str| Cell::new(list.number(member)).right(10);
    let rate = |misses: &str, total: &str| -> Result<u64, Lack> {
        let (misses, total) = (list.number(misses)?, list.number(total)?);
        Ok(100u64.saturating_sub(misses.saturating_mul(100).checked_div(total).unwrap_or(100)))
    };
    let percent = |rate: Result<u64, Lack>| match rate {
        Ok(rate) => Cell::new(rate).shown(format!("{rate}%")).right(11),
        Err(why) => Cell::new(Field::from(why)).right(11),
    };
    let hits = (rate("AllocateMisses", "TotalAllocates"), rate("FreeMisses", "TotalFrees"));
    let link = Action::object("nt!_GENERAL_LOOKASIDE", list.address());
    let kind = list.number("Type");
    let shown = kind.as_ref().map(|kind| type_name(*kind)).unwrap_or_default().to_owned();
    Record::new("lookaside")
        .text("Lookaside \"")
        .cell("name", Cell::new(name).absent(""))
        .text("\" @ 0x")
        .cell("address", Cell::new(Field::Address(list.address())).digits(16).link(link))
        .text("  Tag(hex): 0x")
        .cell("tag_value", Cell::new(tag.clone().map(|tag| Field::Hex(u64::from(tag.0)))).digits(8))
        .text(" \"")
        .cell("tag", tag.map(|tag| tag.to_string()))
        .text("\"")
        .line("")
        .text("    Type           =       ")
        .cell("type", Cell::new(kind.map(Field::Hex)).digits(4))
        .text("  ")
        .cell("type_name", shown)
        .line("")
        .text("    Current Depth  = ")
        .cell("depth", Cell::new(list.depth()).right(10))
        .text("  Max Depth  = ")
        .cell("maximum_depth", number("MaximumDepth"))
        .line("")
        .text("    Size           = ")
        .cell("size", number("Size"))
        .text("  Max Alloc  = ")
        .cell(
            "maximum_bytes",
            Cell::new(
                list.number("MaximumDepth").and_then(|depth| Ok(depth.saturating_mul(list.number("Size")?))),
            )
            .right(10),
        )
        .line("")
        .text("    AllocateMisses = ")
        .cell("allocate_misses", number("AllocateMisses"))
        .text("  FreeMisses = ")
        .cell("free_misses", number("FreeMisses"))
        .line("")
        .text("    TotalAllocates = ")
        .cell("allocates", number("TotalAllocates"))
        .text("  TotalFrees = ")
        .cell("frees", number("TotalFrees"))
        .line("")
        .text("    Hit Rate       =")
        .cell("allocate_hits", percent(hits.0))
        .text("  Hit Rate   =")
        .cell("free_hits", percent(hits.1))
}
