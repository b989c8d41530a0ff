//! What a virtual address belongs to: a module, the pool, a stack, the page tables ...

use super::known_threads::known_threads;
use super::page_frame::PageFrames;
use super::physical_limit::highest_page;
use super::pool::{PoolPlace, classify};
use super::process::Process;
use super::processor::Processor;
use super::pte_space::PteSpace;
use super::system_regions::{SystemRegion, SystemRegions};
use super::thread::Thread;
use super::vad::Vad;
use crate::debuggee::{Lack, Module, Scope, UnloadedModule};
use crate::unwind::{StackRange, processor_stacks};
use crate::util::bits::extend;

/// Where KUSER_SHARED_DATA lies for the kernel and for programs, on every x64 and ARM64 Windows (public `ntddk.h`).
const SHARED_DATA: [u64; 2] = [0xffff_f780_0000_0000, 0x7ffe_0000];
/// Bytes of a page.
const PAGE: u64 = 0x1000;

/// What an address belongs to.
pub enum AddressUse<'s> {
    /// A loaded image.
    Module(&'s Module),
    /// The page that the kernel shares with all programs.
    SharedData {
        /// Its first byte.
        base: u64,
    },
    /// The array of page table entries.
    PageTables(PteSpace),
    /// The records of page frames.
    PageFrames {
        /// Its first byte.
        base: u64,
        /// The address after its last byte, where it is known how far memory goes.
        end: Option<u64>,
        /// The page that the record at the address stands for.
        number: u64,
    },
    /// A thread's kernel stack.
    Stack(Thread<'s>),
    /// A stack of a processor's own, for DPCs or interrupts.
    ProcessorStack {
        /// The processor.
        processor: u32,
        /// The range, and what it is for.
        stack: StackRange,
    },
    /// What the kernel keeps of a processor: its KPRCB.
    Processor {
        /// The processor.
        number: u32,
        /// The first byte of the KPRCB.
        base: u64,
        /// The address after its last.
        end: u64,
    },
    /// Memory that an allocator of the pool hands out.
    Pool(Box<PoolPlace>),
    /// A range of a process's address space.
    Vad(Process<'s>, Vad<'s>),
    /// Where an image was that is unloaded: something else may be there by now.
    Unloaded(&'s UnloadedModule),
    /// A region that Windows set aside; nothing tells what of it is in use there.
    Region(SystemRegion),
    /// No address can be so: bits that have to repeat the highest do not.
    NotCanonical,
}

/// What is known of an address.
pub struct UsedAddress<'s> {
    /// What it belongs to; `None` where nothing that can be asked knows it.
    pub used: Option<AddressUse<'s>>,
    /// What Windows set its slot of the root table aside for: `PagedPool`, where it tells.
    pub va_type: Option<String>,
    /// What could not be asked, and why.
    pub missing: Vec<Lack>,
}

/// Asks everything that knows whose addresses are, the surest first. User space is that of `process`.
///
/// # Errors
/// [`Lack::Stopped`].
pub fn address_use<'s>(
    scope: &'s Scope<'s>,
    address: u64,
    process: Option<u64>,
) -> Result<UsedAddress<'s>, Lack> {
    let mut missing = Vec::new();
    let regions = match address >> 63 {
        1 if scope.target().dump().is_ok() => SystemRegions::of(scope)?,
        _ => SystemRegions::default(),
    };
    let va_type = regions.slot(address).map(|slot| slot.kind.clone());
    let mut used = find(scope, address, process, &mut missing)?;
    if used.is_none() {
        used = regions.at(address).cloned().map(AddressUse::Region);
    }
    match used {
        Some(_) => missing.clear(),
        None => regions.missing.into_iter().for_each(|why| add(why, &mut missing)),
    }
    Ok(UsedAddress { used, va_type, missing })
}

fn find<'s>(
    scope: &'s Scope<'s>,
    address: u64,
    process: Option<u64>,
    missing: &mut Vec<Lack>,
) -> Result<Option<AddressUse<'s>>, Lack> {
    let target = scope.target();
    let space = PteSpace::of(target);
    let bits = if space.is_some_and(PteSpace::has_five_levels) { 57 } else { 48 };
    if target.pointer_size() == 8 && extend(address, bits).cast_unsigned() != address {
        return Ok(Some(AddressUse::NotCanonical));
    }
    let page = address & !(PAGE - 1);
    if SHARED_DATA.contains(&page) && target.dump().is_ok() {
        return Ok(Some(AddressUse::SharedData { base: page }));
    }
    // The scope's own list is that of its process, and holds the kernel's modules too.
    if let Some(module) = target.modules().at(address) {
        return Ok(Some(AddressUse::Module(module)));
    }
    if address >> 63 == 0 {
        return user(scope, address, process, missing);
    }
    if let Some(space) = space.filter(|space| space.contains(address)) {
        return Ok(Some(AddressUse::PageTables(space)));
    }
    if let Some(frames) = said(PageFrames::of(scope), missing)?
        && let Some(found) = in_frames(scope, &frames, address)
    {
        return Ok(Some(found));
    }
    if let Some(thread) = stack(scope, address, missing)? {
        return Ok(Some(AddressUse::Stack(thread)));
    }
    if let Some(found) = of_processor(scope, address) {
        return Ok(Some(found));
    }
    let pool = classify(scope, address)?;
    if pool.allocator.is_some() {
        return Ok(Some(AddressUse::Pool(Box::new(pool))));
    }
    for why in pool.missing {
        add(why, missing);
    }
    let unloaded = target.unloaded().iter().find(|image| (image.start..image.end).contains(&address));
    Ok(unloaded.map(AddressUse::Unloaded))
}

/// Nothing but how far memory goes tells where the records of pages end.
fn in_frames<'s>(scope: &Scope<'_>, frames: &PageFrames<'_>, address: u64) -> Option<AddressUse<'s>> {
    let number = frames.number_of(address)?;
    let highest = highest_page(scope)?.number;
    let end = frames.frame(highest.checked_add(1)?).address();
    (number <= highest).then(|| AddressUse::PageFrames { base: frames.base(), end: Some(end), number })
}

/// The thread on whose kernel stack an address lies.
fn stack<'s>(
    scope: &'s Scope<'s>,
    address: u64,
    missing: &mut Vec<Lack>,
) -> Result<Option<Thread<'s>>, Lack> {
    let Some(threads) = said(known_threads(scope), missing)? else { return Ok(None) };
    for thread in threads {
        scope.check()?;
        let Some(thread) = said(thread, missing)? else { continue };
        // What a stack that is not in memory had may be another's by now.
        let (Ok(limit), Ok(base)) = (thread.stack_limit(), thread.stack_base()) else { continue };
        if (limit..base).contains(&address) && thread.is_stack_resident() != Ok(false) {
            return Ok(Some(thread));
        }
    }
    Ok(None)
}

/// What belongs to a processor alone: its idle thread's stack, its stacks for DPCs and interrupts, its KPRCB.
fn of_processor<'s>(scope: &'s Scope<'s>, address: u64) -> Option<AddressUse<'s>> {
    let stacks = processor_stacks(scope.target(), scope.memory());
    for (processor, stack) in stacks {
        // The pointer may stand below the end of the stack, which is one of a page.
        let base = stack.base.checked_next_multiple_of(PAGE)?;
        let stack = StackRange { limit: stack.limit.next_multiple_of(PAGE), base, ..stack };
        if (stack.limit..stack.base).contains(&address) {
            return Some(AddressUse::ProcessorStack { processor, stack });
        }
    }
    Processor::all(scope).find_map(|(number, processor)| {
        let processor = processor.ok()?;
        let block = processor.object();
        let (base, end) = (block.address(), block.address().checked_add(block.size()?)?);
        if (base..end).contains(&address) {
            return Some(AddressUse::Processor { number, base, end });
        }
        let idle = processor.idle_thread().ok()?;
        (idle.stack_limit().ok()?..idle.stack_base().ok()?)
            .contains(&address)
            .then_some(AddressUse::Stack(idle))
    })
}

fn user<'s>(
    scope: &'s Scope<'s>,
    address: u64,
    process: Option<u64>,
    missing: &mut Vec<Lack>,
) -> Result<Option<AddressUse<'s>>, Lack> {
    let Some(process) = process.and_then(|process| Process::at(scope, process).ok()) else {
        add(Lack::Null { what: "the process whose user space it is".to_owned() }, missing);
        return Ok(None);
    };
    let Some(vads) = said(process.vads(), missing)? else { return Ok(None) };
    for vad in vads {
        scope.check()?;
        let Some(vad) = said(vad, missing)? else { continue };
        if vad.start().is_ok_and(|start| start <= address >> 12)
            && vad.end().is_ok_and(|end| address >> 12 <= end)
        {
            return Ok(Some(AddressUse::Vad(process, vad)));
        }
    }
    Ok(None)
}

/// A result, or its reason among those that are missing; only being stopped is an error.
fn said<T>(result: Result<T, Lack>, missing: &mut Vec<Lack>) -> Result<Option<T>, Lack> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Lack::Stopped) => Err(Lack::Stopped),
        Err(why) => {
            add(why, missing);
            Ok(None)
        }
    }
}

fn add(why: Lack, missing: &mut Vec<Lack>) {
    if !missing.contains(&why) {
        missing.push(why);
    }
}

impl AddressUse<'_> {
    /// The first byte of the region, where it is known.
    pub fn base(&self) -> Option<u64> {
        match self {
            AddressUse::Module(module) => Some(module.base),
            AddressUse::SharedData { base } | AddressUse::PageFrames { base, .. } => Some(*base),
            AddressUse::PageTables(space) => Some(space.base()),
            AddressUse::Stack(thread) => thread.stack_limit().ok(),
            AddressUse::ProcessorStack { stack, .. } => Some(stack.limit),
            AddressUse::Processor { base, .. } => Some(*base),
            AddressUse::Region(region) => Some(region.base),
            AddressUse::Pool(place) => place.block().map(|block| block.address),
            AddressUse::Vad(_, vad) => vad.start().ok()?.checked_mul(PAGE),
            AddressUse::Unloaded(image) => Some(image.start),
            AddressUse::NotCanonical => None,
        }
    }

    /// The address after the last byte of the region, where it is known.
    pub fn end(&self) -> Option<u64> {
        match self {
            AddressUse::Module(module) => Some(module.end()),
            AddressUse::SharedData { base } => Some(base + PAGE),
            AddressUse::PageFrames { end, .. } => *end,
            AddressUse::PageTables(space) => space.end(),
            AddressUse::Stack(thread) => thread.stack_base().ok(),
            AddressUse::ProcessorStack { stack, .. } => Some(stack.base),
            AddressUse::Processor { end, .. } => Some(*end),
            AddressUse::Region(region) => region.last.checked_add(1),
            AddressUse::Pool(place) => place.block().map(|block| block.end()),
            AddressUse::Vad(_, vad) => vad.end().ok()?.checked_add(1)?.checked_mul(PAGE),
            AddressUse::Unloaded(image) => Some(image.end),
            AddressUse::NotCanonical => None,
        }
    }
}
