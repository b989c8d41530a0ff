//! An address: what it belongs to.

use super::{Certainty, Meanings, Question};
use crate::analysis::facts::modules::{described, place};
use crate::analysis::facts::pattern::half_fill;
use crate::analysis::facts::{Fact, Value};
use crate::kernel::pool::{Allocator, BlockState, PoolBlock, PoolPlace, Region};
use crate::kernel::{AddressUse, PageFrames, Process, PteSpace, Thread, Vad, stack};
use crate::output::Action;
use crate::unwind::{StackKind, TargetHost, UnwindHost};
use crate::words::Message;

/// Frames that are walked to find the one whose part of the stack it is.
const FRAMES: usize = 512;

pub(super) fn add(question: &Question<'_>, used: &AddressUse<'_>, found: &mut Meanings) {
    use Certainty::{Certain, Likely, Possible};
    let value = question.value;
    let (certainty, fact) = match used {
        // What memory is marked with lies in a module by chance.
        AddressUse::Module(_) if half_fill(value).is_some() => (Possible, module(question)),
        AddressUse::Module(_) => (Certain, module(question)),
        AddressUse::SharedData { base } => {
            let fact = offset(Fact::new("shared_data").worded("what.shared_data"), value, *base);
            (Certain, fact.link(Action::object("nt!_KUSER_SHARED_DATA", *base)))
        }
        AddressUse::PageTables(space) => (Certain, entry(value, *space)),
        AddressUse::PageFrames { number, .. } => (Certain, page_frame(question, *number)),
        AddressUse::Stack(thread) => (Certain, on_stack(question, thread)),
        AddressUse::ProcessorStack { processor, stack } => {
            let fact = match stack.kind {
                StackKind::Dpc => Fact::new("dpc_stack").worded("what.dpc_stack"),
                _ => Fact::new("interrupt_stack").worded("what.interrupt_stack"),
            };
            let fact = fact.with("processor", *processor).with("base", Value::Address(stack.base));
            (Certain, fact.link(Action::Pointers(value & !7)))
        }
        AddressUse::Processor { number, base, .. } => {
            let fact = Fact::new("processor").with("processor", *number).worded("what.processor");
            (Certain, offset(fact, value, *base).link(Action::object("nt!_KPRCB", *base)))
        }
        AddressUse::Pool(place) => pool(question, place),
        AddressUse::Vad(process, vad) => (Certain, range(value, process, vad)),
        AddressUse::Unloaded(image) => {
            let fact = Fact::new("unloaded_module").with("image", image.name.as_str());
            let fact = offset(fact.worded("what.unloaded"), value, image.start);
            (Likely, fact.link(Action::Run("lm")))
        }
        AddressUse::Region(region) => {
            let fact = Fact::new("region").with("region", region.kind.as_str()).worded("what.region");
            (Likely, fact.link(Action::Pte(value)))
        }
        AddressUse::NotCanonical => {
            let fact = Fact::new("not_canonical").worded("what.not_canonical");
            (Certain, fact.link(Action::Number(value)))
        }
    };
    found.add(certainty, fact);
}

/// How far behind the beginning of what it belongs to.
pub(super) fn offset(fact: Fact, value: u64, base: u64) -> Fact {
    fact.with("offset", Value::Offset(value.wrapping_sub(base)))
}

fn module(question: &Question<'_>) -> Fact {
    let target = question.scope.target();
    let is_code = TargetHost::in_scope(question.scope, None).is_executable(question.value);
    let (wording, link) = match is_code {
        Some(true) => ("what.module_code", Action::Code(question.value)),
        Some(false) => ("what.module_data", Action::Pointers(question.value & !7)),
        None => ("what.module", Action::Code(question.value)),
    };
    let fact = Fact::new("module").maybe("code", is_code);
    described(fact, target, question.value).worded(wording).link(link)
}

/// An address among those of page table entries: what the entry maps.
pub(super) fn entry(value: u64, space: PteSpace) -> Fact {
    let fact = Fact::new("page_table_entry").link(Action::Pte(value & !7));
    match space.below(value) {
        Some((level, maps)) => {
            fact.with("level", level.to_string()).with("maps", Value::Address(maps)).worded("what.entry_of")
        }
        None => fact.worded("what.page_tables"),
    }
}

fn page_frame(question: &Question<'_>, number: u64) -> Fact {
    let base = PageFrames::of(question.scope).map(|frames| frames.frame(number).address());
    let fact = Fact::new("page_frame").with("page", Value::Hex(number)).worded("what.page_frame");
    offset(fact, question.value, base.unwrap_or(question.value)).link(Action::PageFrame(number))
}

/// The thread, and whether that part of its stack is in use.
fn on_stack(question: &Question<'_>, thread: &Thread<'_>) -> Fact {
    let value = question.value;
    let start = stack::start(thread).ok().map(|start| start.registers().rsp());
    let state = match start {
        // An interrupted or running stack goes on below the pointer that is known only where a bug check was called.
        Some(sp) if value < sp => Message::new("what.stack_below").with("sp", format!("{sp:016x}")),
        Some(_) => frame(question, thread).unwrap_or_else(|| Message::new("what.stack_in_use")),
        None => Message::new("what.stack_unknown"),
    };
    of_thread(Fact::new("stack"), question, thread)
        .with("state", state)
        .worded("what.stack")
        .link(Action::Thread(thread.address()))
}

/// Adds which thread of which process it is.
pub(super) fn of_thread(fact: Fact, question: &Question<'_>, thread: &Thread<'_>) -> Fact {
    let ids = thread.client_id().map(|id| format!("{:x}.{:x}", id.process, id.thread));
    let name = thread
        .process()
        .and_then(|process| Process::at(question.scope, process)?.name())
        .unwrap_or_else(|_| "?".to_owned());
    fact.with("thread", Value::Address(thread.address()))
        .with("process", name)
        .with("ids", ids.unwrap_or_else(|_| "?".to_owned()))
}

/// The frame in whose part of the stack the address lies.
fn frame(question: &Question<'_>, thread: &Thread<'_>) -> Option<Message> {
    let walked = stack::walk_thread(thread, FRAMES).ok()?;
    let holds = |frame: &&crate::unwind::Frame| {
        frame.sp <= question.value && frame.caller_sp.is_some_and(|end| question.value < end)
    };
    let frame = walked.physical().find(holds)?;
    let place = place(question.scope.target(), frame.ip);
    Some(Message::new("what.stack_frame").with("frame", format!("{:x}", frame.number)).with("place", place))
}

fn pool(question: &Question<'_>, place: &PoolPlace) -> (Certainty, Fact) {
    let value = question.value;
    let region = match place.region {
        Region::Nonpaged => "nonpaged",
        Region::Paged => "paged",
        Region::Special => "special",
        Region::Session => "session",
        Region::Unknown => "unknown",
    };
    let allocator = place.allocator.map_or("unknown", Allocator::word);
    let fact = Fact::new("pool").with("pool", region).with("allocator", allocator).link(Action::Pool(value));
    let Some(block) = place.block() else {
        return (Certainty::Certain, fact.worded("what.pool_page"));
    };
    // A page of small blocks is known by its headers alone.
    let is_sure = place.damage.is_empty()
        && place.allocator != Some(Allocator::Page)
        && !matches!(block.state, BlockState::Unknown | BlockState::NotTold);
    let certainty = if is_sure { Certainty::Certain } else { Certainty::Likely };
    (certainty, in_block(fact, question, block))
}

fn in_block(fact: Fact, question: &Question<'_>, block: &PoolBlock) -> Fact {
    let tag = block.tag.map(|tag| tag.unprotected());
    let owner = tag.and_then(|tag| question.tags.of(tag)).map(|owner| owner.owner.as_str());
    let (state, wording) = match block.state {
        BlockState::Allocated => ("allocated", "what.pool_block"),
        BlockState::Free => ("free", "what.pool_free"),
        BlockState::Unknown => ("unknown", "what.pool_damaged"),
        BlockState::NotTold => ("not_told", "what.pool_not_told"),
    };
    let from = if question.value < block.data() { block.address } else { block.data() };
    let part = if question.value < block.data() { "header" } else { "data" };
    let fact = fact
        .with("block", Value::Address(block.address))
        .with("size", Value::Hex(block.size))
        .with("state", state)
        .with("tag", tag.map_or_else(|| "?".to_owned(), |tag| tag.to_string()))
        .maybe("owner", owner)
        .with("shown_owner", owner.map_or_else(String::new, |owner| format!(" ({owner})")))
        .with("part", part);
    offset(fact, question.value, from).worded(wording)
}

fn range(value: u64, process: &Process<'_>, vad: &Vad<'_>) -> Fact {
    let page = |number: Result<u64, _>| number.ok().map(|page: u64| page.wrapping_mul(0x1000));
    let holds = match (vad.file(), vad.is_private()) {
        (Ok(file), _) => file,
        (Err(_), Ok(true)) => "private".to_owned(),
        (Err(_), _) => "mapped".to_owned(),
    };
    Fact::new("vad")
        .with("process", process.name().unwrap_or_else(|_| "?".to_owned()))
        .maybe("start", page(vad.start()).map(Value::Address))
        .with("offset", Value::Offset(value.wrapping_sub(page(vad.start()).unwrap_or(value))))
        .with("holds", holds)
        .maybe("protection", vad.protection().ok().map(|protection| protection.to_string()))
        .worded("what.vad")
        .link(Action::Vad(vad.address()))
}
