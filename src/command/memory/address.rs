//! `!address`: what an address belongs to.

use super::address_map;
use crate::command::line::nothing_more;
use crate::command::pool::pool::region;
use crate::command::show::address_use::usage;
use crate::command::show::missing::Missing;
use crate::command::show::{process, thread};
use crate::command::{
    Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs, Switch, Switches,
};
use crate::kernel::{AddressUse, address_use, why_unreadable};
use crate::memory::{Memory, Reason};
use crate::output::{Action, Cell, Field, Record, Role};
use crate::util::hex;

/// `!address`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!address"],
    group: Group::Memory,
    switches: Switches::words(&[Switch::flag("-summary", "of the map only how much there is of each")]),
    arguments: &[Argument::new("[ADDRESS]", Expects::Expression)],
    summary: "Shows what an address belongs to, or the map of the address space",
    help: "Without an address the map is shown: the ranges of the current process, the regions that Windows set aside and what \
           each part of its half is for (VA Type), the page tables, the records of page frames, modules and stacks, and \
           below how much there is of each. Regions lie in one another; of what the dump does not tell the reason is said.\n\
           Of an address, asked are, in this order: the page that the kernel shares with programs, the module lists, the array of page \
           table entries, the records of page frames, the stacks of threads, those of processors (DPCs, interrupts, idle \
           threads) and their KPRCB, the allocators of the pool, the modules that were unloaded, and the regions that \
           Windows set aside (system cache, session, hyperspace ...); of a user address the ranges (VADs) of the current process. What could not be asked, as \
           most of it cannot in triage dumps, is said where nobody knew the address: then it may be any of these. VA \
           Type is what the kernel's own table says of that part of the address space.\n\n\
           kd> !address nt+1000\n\
           Usage:                  Module\n\
           Base Address:           fffff803`1aa00000\n\
           End Address:            fffff803`1ba46000\n\
           Region Size:            00000000`01046000\n\
           Module name:            ntoskrnl.exe\n\
           Module path:            [\\SystemRoot\\system32\\ntoskrnl.exe]",
    needs: Needs::Dump,
    ..CommandSpec::runs(run)
};

/// Columns of a label.
const LABEL: usize = 24;

fn run(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    if args.text.trim().is_empty() {
        return address_map::show(!args.has("-summary"), context);
    }
    let (address, rest) = context.evaluate_prefix(args.text)?;
    nothing_more(rest)?;
    let process = context.session.process();
    let scope = context.session.scope();
    let found = address_use(&scope, address, process)?;
    let gone = scope.memory().u8(address).err().map(|error| why_unreadable(&scope, error.reason));
    let page = gone.filter(|why| {
        matches!(why, Reason::Store { .. } | Reason::PageFile { .. } | Reason::Transition { .. })
    });
    let out = &mut context.out;
    let Some(used) = found.used else {
        out.emit(with_page(unknown(address, !found.missing.is_empty()), page))?;
        let mut missing = Missing::default();
        missing.add_alike(&found.missing);
        return missing.say(out);
    };
    out.emit(with_page(record(address, &used, found.va_type.as_deref()), page))
}

/// Adds where the page is that is not in memory.
fn with_page(record: Record, page: Option<Reason>) -> Record {
    match page {
        Some(why) => row(record, "Page:", "page", Cell::new(why.to_string())),
        None => record,
    }
}

/// The rows of an address of which something is known.
fn record(address: u64, used: &AddressUse<'_>, va_type: Option<&str>) -> Record {
    let (word, shown) = usage(used);
    let record = Record::new("address").field("address", Field::Address(address));
    let record = row(record, "Usage:", "usage", Cell::new(word).shown(shown).role(Role::Value));
    let place = |value: u64| Cell::new(Field::Address(value)).shown(hex::tick(value));
    let record = match used.base() {
        Some(base) => row(record, "Base Address:", "base", place(base).link(Action::Memory(base))),
        None => record,
    };
    let record = match used.end() {
        Some(end) => row(record, "End Address:", "end", place(end)),
        None => record,
    };
    let record = match used.base().zip(used.end()).and_then(|(base, end)| end.checked_sub(base)) {
        Some(size) => row(record, "Region Size:", "size", Cell::new(Field::Hex(size)).shown(hex::tick(size))),
        None => record,
    };
    let record = match va_type {
        Some(kind) => row(record, "VA Type:", "va_type", Cell::new(kind)),
        None => record,
    };
    details(record, address, used)
}

fn details(record: Record, address: u64, used: &AddressUse<'_>) -> Record {
    match used {
        AddressUse::Module(module) => {
            let name = Cell::new(module.image_name.as_str()).role(Role::Module);
            let record =
                row(record, "Module name:", "module", name.link(Action::Module(module.name.as_str().into())));
            let path = Cell::new(module.image_path.as_str()).shown(format!("[{}]", module.image_path));
            row(record, "Module path:", "path", path)
        }
        AddressUse::SharedData { base } => {
            let link = Action::object("nt!_KUSER_SHARED_DATA", *base);
            row(record, "Type:", "type", Cell::new("nt!_KUSER_SHARED_DATA").link(link))
        }
        AddressUse::PageTables(space) => match space.below(address) {
            Some((level, first)) => {
                let entry = Cell::new(level.to_string()).link(Action::Pte(address & !7));
                let record = row(record, "Entry:", "entry", entry);
                let cell = Cell::new(Field::Address(first)).shown(hex::tick(first));
                row(record, "Maps:", "maps", cell.link(Action::Memory(first)))
            }
            None => record,
        },
        AddressUse::PageFrames { number, .. } => row(
            record,
            "Page frame:",
            "page_frame",
            Cell::new(Field::Hex(*number)).link(Action::PageFrame(*number)),
        ),
        AddressUse::Stack(of) => {
            let record = row(record, "Thread:", "thread", thread::address(of.address()));
            let id = of.client_id().map(|cid| Field::Hex(cid.thread));
            row(record, "Thread id:", "thread_id", Cell::new(id))
        }
        AddressUse::ProcessorStack { processor: number, .. } | AddressUse::Processor { number, .. } => {
            let processor = Cell::new(*number).link(Action::Processor(*number));
            row(record, "Processor:", "processor", processor)
        }
        AddressUse::Region(region) => row(record, "Region:", "region", Cell::new(region.kind.as_str())),
        AddressUse::Pool(place) => {
            let (word, shown) = region(place.region);
            let record = row(record, "Pool:", "pool", Cell::new(word).shown(shown));
            let allocator = place.allocator.map(|allocator| allocator.word());
            let record = row(record, "Allocator:", "allocator", Cell::new(allocator));
            match place.block().and_then(|block| block.tag) {
                Some(tag) => {
                    let tag = Cell::new(tag.unprotected().to_string()).link(Action::Pool(address));
                    row(record, "Tag:", "tag", tag)
                }
                None => record,
            }
        }
        AddressUse::Vad(of, vad) => {
            let record = row(record, "Process:", "process", process::address(of.address()));
            let node = Cell::new(Field::Address(vad.address())).digits(16).link(Action::Vad(vad.address()));
            let record = row(record, "VAD:", "vad", node);
            match vad.file() {
                Ok(file) => row(record, "File:", "file", Cell::new(file)),
                Err(_) => record,
            }
        }
        AddressUse::Unloaded(image) => row(record, "Module name:", "module", Cell::new(image.name.as_str())),
        AddressUse::NotCanonical => record,
    }
}

fn row(record: Record, label: &str, key: &'static str, cell: Cell) -> Record {
    let label = format!("{label:<LABEL$}");
    // The first row begins the record.
    if key == "usage" { record.label(label).cell(key, cell) } else { record.labelled(label, key, cell) }
}

fn unknown(address: u64, lacks: bool) -> Record {
    let why = if lacks {
        "unknown: the dump, or symbols, do not hold all that could tell"
    } else {
        "unknown: no module, stack, pool block or other region that could be asked holds it"
    };
    let record = Record::new("address").field("address", Field::Address(address));
    row(record, "Usage:", "usage", Cell::new("unknown").shown(why))
}
