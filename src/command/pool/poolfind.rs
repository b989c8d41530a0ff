//! `!poolfind`: every block with a tag.

use super::pool::region;
use crate::command::show::missing::Missing;
use crate::command::{
    Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs, Switch, Switches, Takes,
};
use crate::kernel::pool::{BlockState, PoolBlock, PoolTag, Region, Step, each_block, matches};
use crate::output::{Action, Cell, Field, Line, Record};
use crate::words::Message;
use std::ops::ControlFlow;

/// `!poolfind`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!poolfind"],
    group: Group::Kernel,
    switches: Switches::words(&[
        Switch::with("-tag", Takes::Text, "TAG", "the tag, where it has blanks in quotes"),
        Switch::flag("-nonpaged", "only nonpaged pool"),
        Switch::flag("-paged", "only paged pool"),
        Switch::flag("-session", "only the pool of the session whose memory is shown"),
    ])
    .anywhere(),
    arguments: &[Argument::new("[TAG]", Expects::Text), Argument::new("[TYPE]", Expects::Expression)],
    summary: "Finds every block in use that has a tag",
    help: "TAG may have * and ?. TYPE 0 is nonpaged pool, 1 paged pool, 4 that of the session whose memory is shown; without one \
           all are searched. Large allocations come first, by their tables, then the blocks of the segment heaps, heap by heap; \
           where there are no such heaps (before Windows 10 1809) those of every page that is mapped in the regions of the pools. \
           Small blocks of a session's pool are not searched.\n\n\
           kd> !poolfind Proc\n\
           Scanning large pool allocation table and segment heaps for tag 0x636f7250 (Proc)\n\n\
           ffff8287ad34f000 : tag Proc, size    0x1000, Nonpaged pool",
    needs: Needs::Memory,
    ..CommandSpec::runs(run)
};

const BY_SWITCH: [(&str, Region); 3] =
    [("-nonpaged", Region::Nonpaged), ("-paged", Region::Paged), ("-session", Region::Session)];

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let mut words = args.words();
    let tag = args.text_of("-tag").or_else(|| words.next());
    let Some(tag) = tag.map(|tag| tag.trim_matches(['"', '\''])).filter(|tag| !tag.is_empty()) else {
        return Err(CommandError::Argument("!poolfind needs a tag: !poolfind TAG [TYPE]".to_owned()));
    };
    let kind = words.next().map(|word| context.evaluate(word)).transpose()?;
    let wanted = match kind {
        Some(0) => vec![Region::Nonpaged],
        Some(1) => vec![Region::Paged],
        Some(4) => vec![Region::Session],
        None => {
            let asked = |(switch, region)| args.has(switch).then_some(region);
            BY_SWITCH.into_iter().filter_map(asked).collect()
        }
        Some(other) => {
            return Err(CommandError::Argument(format!(
                "type {other:x} of !poolfind is not searched: 0 is nonpaged pool, 1 paged pool, 4 a session's"
            )));
        }
    };
    let pattern = tag.as_bytes().to_vec();
    let scope = context.session.scope();
    let out = &mut context.out;
    out.emit(heading(tag))?;
    out.blank()?;
    let mut failed = None;
    let mut count = 0u64;
    let missing = each_block(&scope, &mut |step| {
        let said = match step {
            Step::Segment(done) => {
                out.progress(&|| Message::new("progress.segments").with("done", done));
                out.check()
            }
            Step::Pages(done) => {
                out.progress(&|| Message::new("progress.pool_pages").with("done", done));
                out.check()
            }
            Step::Block(block, pool) => match fits(&block, pool, &pattern, &wanted) {
                Some(tag) => {
                    count += 1;
                    out.emit(row(&block, tag, pool))
                }
                None => Ok(()),
            },
        };
        match said {
            Ok(()) => ControlFlow::Continue(()),
            Err(why) => {
                failed = Some(why);
                ControlFlow::Break(())
            }
        }
    });
    if let Some(why) = failed {
        return Err(why);
    }
    let missing = missing?;
    if count == 0 {
        out.emit(Line::of(format!("no block in use has the tag {tag}")))?;
    }
    let mut told = Missing::default();
    for why in &missing {
        told.add(&why.to_string());
    }
    told.say(out)
}

fn heading(tag: &str) -> Record {
    let mut bytes = [b' '; 4];
    bytes.iter_mut().zip(tag.bytes()).for_each(|(to, from)| *to = from);
    let value = PoolTag::of(bytes);
    Record::new("pool_search")
        .text("Scanning large pool allocation table and segment heaps for tag ")
        .cell("value", Cell::new(Field::Hex(u64::from(value.0))).shown(format!("{:#x}", value.0)))
        .text(" (")
        .cell("tag", tag)
        .text(")")
}

fn fits(block: &PoolBlock, pool: Region, pattern: &[u8], wanted: &[Region]) -> Option<PoolTag> {
    let tag = block.tag?.unprotected();
    let is_one = block.state == BlockState::Allocated
        && (block.is_large || block.header.is_some())
        && (wanted.is_empty() || wanted.contains(&pool))
        && matches(pattern, &tag.bytes());
    is_one.then_some(tag)
}

fn row(block: &PoolBlock, tag: PoolTag, pool: Region) -> Record {
    let (word, shown) = region(pool);
    Record::new("pool_block")
        .cell("address", Cell::new(Field::Address(block.address)).digits(16).link(Action::Pool(block.data())))
        .text(" : tag ")
        .cell("tag", tag.to_string())
        .text(", size ")
        .cell("size", Cell::new(Field::Hex(block.size)).shown(format!("{:#x}", block.size)).right(9))
        .text(", ")
        .cell("region", Cell::new(word).shown(shown))
        .field("data", Field::Address(block.data()))
}
