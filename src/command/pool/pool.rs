//! `!pool`: the blocks of the page that an address lies in.

use super::damage;
use super::owner_line::owner_line;
use super::rows::{block_row, content};
use super::told::told;
use crate::command::line::Out;
use crate::command::show::address_use::usage;
use crate::command::show::missing::Missing;
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::debuggee::Scope;
use crate::kernel::pool::{Allocator, BlockState, Evidence, Lookaside, PoolPlace, Region, classify};
use crate::kernel::{AddressUse, address_use};
use crate::output::{Action, Cell, Field, Line, Record, Role};
use crate::session::PoolTags;
use crate::words::{Language, Message, text};

/// `!pool`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!pool"],
    group: Group::Kernel,
    arguments: &[
        Argument::new("[ADDRESS]", Expects::Expression),
        Argument::new("[FLAGS]", Expects::Expression),
    ],
    summary: "Shows the pool blocks of an address's page: size, state, tag, who uses the tag, damage",
    help: "The block that holds ADDRESS is marked by an asterisk, and the line behind it says who uses its tag: by the \
           pooltag.txt that --pooltag names, the one in a folder of the symbol path, or a built-in list. Flags, to be \
           added up: 1 shows what blocks hold, 2 that block alone, 0x80000000 leaves out who uses the tag.\n\
           The allocator that the memory belongs to is asked: in segment heaps (Windows 10 1809 and later) encoded headers \
           and bitmaps tell blocks and their state, in older pools the headers of the page. Of a chunk that is free the \
           four bytes in the place of a tag are shown as they are. Headers are held against their neighbours: where one is \
           damaged, what stands there, what should and which block may have been written past its end are said. Of the marked \
           block it is said when a lookaside list keeps it for reuse. Without ADDRESS the first argument of the \
           bug check that lies in a block is taken, else the first register of the chosen frame.\n\n\
           kd> !pool ffffa405`8c00d010\n\
           Pool page ffffa4058c00d010 region is Nonpaged pool\n\
           *ffffa4058c00d000 size:  100 previous size:    0  (Allocated) *Filt\n\
           \x20               Owning component : Unknown (update pooltag.txt)\n\
           \x20ffffa4058c00d110 size:   60 previous size:    0  (Allocated)  File",
    needs: Needs::Memory,
    ..CommandSpec::runs(run)
};

/// Flags.
const CONTENT: u64 = 1;
const ALONE: u64 = 2;
const NO_OWNER: u64 = 0x8000_0000;

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    let mut words = args.words();
    let mut number = || words.next().map(|word| context.evaluate(word)).transpose();
    let typed = number()?;
    let flags = number()?.unwrap_or(0);
    if let Some(more) = words.next() {
        return Err(CommandError::Syntax(more.to_owned()));
    }
    let address = match typed {
        Some(address) => address,
        None => match told(context)? {
            Some((address, said)) => {
                context.out.emit(said)?;
                address
            }
            None => return nothing_told(context),
        },
    };
    let tags = (flags & NO_OWNER == 0).then(|| context.session.pool_tags());
    let language = context.session.settings.language;
    let scope = context.session.scope();
    let out = &mut context.out;
    let place = classify(&scope, address)?;
    out.warn(tags.and_then(|tags| tags.warning.clone()))?;
    out.emit(heading(&place))?;
    for record in rows(&scope, &place, flags, tags, language) {
        out.emit(record)?;
    }
    if let Some(record) = lookaside(&scope, &place)? {
        out.emit(record)?;
    }
    for found in &place.damage {
        damage::say(found, out)?;
    }
    if !place.elsewhere.is_empty() {
        out.emit(Line::of("Elsewhere in the same subsegment:"))?;
        for found in &place.elsewhere {
            damage::say(found, out)?;
        }
    }
    evidence(&place, language, out)?;
    let is_empty = place.blocks.is_empty() && place.damage.is_empty();
    let is_other = is_empty && unknown(&place, &scope, context.session.process(), out)?;
    let mut missing = Missing::default();
    // What is known to be no pool needs no reasons.
    for why in place.missing.iter().filter(|_| !is_other) {
        missing.add(&why.to_string());
    }
    missing.say(out)
}

/// That nothing is shown, why, and what to choose.
fn nothing_told(context: &mut Context<'_>) -> Result<(), CommandError> {
    let language = context.session.settings.language;
    context.lack(text("pool.told.nothing", language))?;
    context.out.emit(Line::new().role(Role::Dim, text("pool.told.choose", language)))
}

/// `Pool page ffffa4058c00d010 region is Nonpaged pool`
pub fn heading(place: &PoolPlace) -> Record {
    let (word, shown) = region(place.region);
    Record::new("pool_page")
        .text("Pool page ")
        .cell("address", Cell::new(Field::Address(place.address)).digits(16))
        .text(" region is ")
        .cell("region", Cell::new(word).shown(shown))
        .field("page", Field::Address(place.page))
        .field("allocator", Field::from(place.allocator.map(|allocator| allocator.word())))
}

/// The words for a kind of pool: for JSON, and for the text.
pub fn region(region: Region) -> (&'static str, &'static str) {
    match region {
        Region::Nonpaged => ("nonpaged", "Nonpaged pool"),
        Region::Paged => ("paged", "Paged pool"),
        Region::Special => ("special", "Special pool"),
        Region::Session => ("session", "Paged session pool"),
        Region::Unknown => ("unknown", "Unknown"),
    }
}

fn rows(
    scope: &Scope<'_>,
    place: &PoolPlace,
    flags: u64,
    tags: Option<&PoolTags>,
    language: Language,
) -> Vec<Record> {
    let marked = place.block().map(|block| block.address);
    let mut rows = Vec::new();
    for block in &place.blocks {
        let is_marked = Some(block.address) == marked;
        if flags & ALONE != 0 && !is_marked {
            continue;
        }
        rows.push(block_row(scope, block, is_marked, place.is_paged));
        if let (true, Some(tags), Some(tag)) = (is_marked, tags, block.tag)
            && block.state != BlockState::Free
        {
            rows.push(owner_line(tag, &tags.owners, language));
        }
        if flags & CONTENT != 0 {
            rows.extend(content(scope, block));
        }
    }
    rows
}

/// The lookaside list that keeps the marked block: then nobody uses it, though the allocator does not know.
fn lookaside(scope: &Scope<'_>, place: &PoolPlace) -> Result<Option<Record>, CommandError> {
    let block = place.block().filter(|block| block.state == BlockState::Allocated && !block.is_large);
    let Some(block) = block else { return Ok(None) };
    let list = Lookaside::keeping(scope, block)?;
    Ok(list.map(|list| {
        let name = scope.name_address(list.address());
        let shown = name.map_or_else(|| format!("{:016x}", list.address()), |name| name.text());
        let link = Action::object("nt!_GENERAL_LOOKASIDE", list.address());
        Record::new("pool_lookaside")
            .text("The marked block is free for reuse: the lookaside list ")
            .cell("list", Cell::new(Field::Address(list.address())).shown(shown).link(link))
            .text(" keeps it")
    }))
}

/// What the answer rests on, where that is not what symbols name.
///
/// # Errors
/// As [`Out::emit`].
pub fn evidence(place: &PoolPlace, language: Language, out: &mut Out<'_>) -> Result<(), CommandError> {
    let key = match place.evidence {
        Evidence::Named => return Ok(()),
        Evidence::Searched => "pool.evidence.searched",
        Evidence::PageAlone if place.allocator == Some(Allocator::Lfh) => "pool.evidence.equal",
        Evidence::PageAlone => "pool.evidence.page",
    };
    let words = Message::new(key).in_language(language).into_owned();
    out.emit(
        Record::new("pool_evidence")
            .cell("text", Cell::new(words).role(Role::Dim))
            .field("evidence", place.evidence.word()),
    )
}

/// No allocator knows the address. Whether something else has it is the answer.
fn unknown(
    place: &PoolPlace,
    scope: &Scope<'_>,
    process: Option<u64>,
    out: &mut Out<'_>,
) -> Result<bool, CommandError> {
    let page = format!("{:016x}", place.page);
    let other = match place.allocator {
        None => address_use(scope, place.address, process)?.used.filter(is_no_pool),
        Some(_) => None,
    };
    let text = match (place.allocator, &other) {
        (Some(Allocator::Unused), _) => {
            format!("{page} lies in a segment of a pool's heap, in units that no allocation uses")
        }
        (Some(Allocator::Special), _) => format!(
            "{page} is a page of special pool that is not mapped: its block was freed. What accesses it uses freed memory"
        ),
        (_, Some(AddressUse::Module(module))) => {
            format!("{page} is no pool: it lies in the module {}", module.name)
        }
        (_, Some(used)) => {
            let shown = usage(used).1;
            format!("{page} is no pool: !address {:x} tells what it is ({shown})", place.address)
        }
        _ if !place.missing.is_empty() => {
            format!(
                "Whether {page} is a page of the pool is not known: the dump, or symbols, do not hold what tells it"
            )
        }
        _ => format!(
            "{page} is not a valid large pool allocation, and no block of a pool page: it may be freed, damaged or no pool"
        ),
    };
    out.emit(Line::of(text))?;
    Ok(other.is_some())
}

/// Regions hold pools too, and where a module was something else may be.
fn is_no_pool(used: &AddressUse<'_>) -> bool {
    !matches!(used, AddressUse::Region(_) | AddressUse::Pool(_) | AddressUse::Unloaded(_))
}
