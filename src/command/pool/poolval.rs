//! `!poolval`: whether the headers of a page of the pool are sound.

use super::damage;
use super::pool::{evidence, heading};
use crate::command::show::missing::Missing;
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::kernel::pool::{Allocator, Evidence, PoolPlace, Trust, classify};
use crate::output::{Cell, Field, Line, Record, Role};

/// `!poolval`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!poolval"],
    group: Group::Kernel,
    arguments: &[
        Argument::new("ADDRESS", Expects::Expression),
        Argument::new("[LEVEL]", Expects::Expression),
    ],
    summary: "Checks the headers of a page of the pool by the allocator that it belongs to",
    help: "Says what was checked, VALID where nothing contradicts, INVALID where something does, DOUBTFUL where only a count \
           does, UNKNOWN where the dump does not hold what tells it; then what is wrong as !pool does. LEVEL is taken for \
           WinDbg's sake.\n\n\
           kd> !poolval ffffa4058c003000\n\
           Pool page ffffa4058c003000 region is Nonpaged pool\n\n\
           Validating Pool headers for pool page: ffffa4058c003000\n\n\
           Pool page [ ffffa4058c003000 ] is VALID.",
    needs: Needs::Memory,
    ..CommandSpec::runs(run)
};

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let mut words = args.words();
    let Some(address) = words.next().map(|word| context.evaluate(word)).transpose()? else {
        return Err(CommandError::Argument("!poolval needs an address: !poolval ADDRESS".to_owned()));
    };
    let language = context.session.settings.language;
    let scope = context.session.scope();
    let out = &mut context.out;
    let place = classify(&scope, address)?;
    out.emit(heading(&place))?;
    out.blank()?;
    let page = |record: Record| record.cell("page", Cell::new(Field::Address(place.page)).digits(16));
    out.emit(page(Record::new("pool_check").text("Validating Pool headers for pool page: ")))?;
    out.blank()?;
    let (word, role) = verdict(&place);
    out.emit(
        page(Record::new("pool_verdict").text("Pool page [ "))
            .text(" ] is ")
            .cell("verdict", Cell::new(word).role(role))
            .text(".")
            .field("allocator", Field::from(place.allocator.map(|allocator| allocator.word()))),
    )?;
    out.emit(Line::new().role(Role::Dim, format!("Checked: {}", checks(&place))))?;
    evidence(&place, language, out)?;
    for found in place.damage.iter().chain(&place.elsewhere) {
        damage::say(found, out)?;
    }
    let mut missing = Missing::default();
    for why in &place.missing {
        missing.add(&why.to_string());
    }
    missing.say(out)
}

fn verdict(place: &PoolPlace) -> (&'static str, Role) {
    let worst = place.damage.iter().map(|damage| damage.trust).max();
    match (worst, place.allocator) {
        (Some(Trust::Certain | Trust::Likely), _) => ("INVALID", Role::Warning),
        (Some(Trust::Possible), _) => ("DOUBTFUL", Role::Warning),
        (None, None | Some(Allocator::Unused)) => ("UNKNOWN", Role::Text),
        // What the allocator says of equal blocks stands in other pages.
        (None, Some(Allocator::Lfh)) if place.evidence == Evidence::PageAlone => ("UNKNOWN", Role::Text),
        (None, Some(_)) if place.blocks.is_empty() => ("UNKNOWN", Role::Text),
        (None, Some(_)) => ("VALID", Role::Text),
    }
}

/// What the verdict rests on.
fn checks(place: &PoolPlace) -> &'static str {
    match place.allocator {
        Some(Allocator::Lfh) if place.evidence == Evidence::PageAlone => {
            "that headers of one size stand at equal distances; the subsegment's header and bitmap are not in the dump"
        }
        Some(Allocator::Vs) if place.evidence == Evidence::PageAlone => {
            "each chunk's encoded size against the next chunk's previous size, with the key that the page's own headers give"
        }
        Some(Allocator::Vs) => {
            "the segment's and the subsegment's signature, each chunk's encoded size against the next chunk's previous size"
        }
        Some(Allocator::Lfh) => {
            "the segment's signature, the subsegment's encoded offsets, its bitmap against its count, the POOL_HEADERs of blocks in use"
        }
        Some(Allocator::Page) => {
            "each block's size against the next block's previous size, from end to end of the page"
        }
        Some(Allocator::Backend | Allocator::Large) => "that it is a large allocation, which has no headers",
        Some(Allocator::Special) => "the header of the page, the pattern before and behind the block",
        Some(Allocator::Unused) => "the segment's descriptors: no allocation uses these units",
        None => "no allocator knows the page",
    }
}
