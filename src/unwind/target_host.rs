//! The open dump as the unwinder's host.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;

use super::host::{
    CodeModule, FunctionEntry, InlineFrame, Lookup, StackKind, StackRange, SymbolHint, UnwindHost,
};
use super::registers::{GENERAL_NAMES, Origin, Registers};
use crate::debuggee::{MemoryImage, ModuleList, RegisterContext, Scope, SymbolStatus, Target};
use crate::memory::{Memory, VirtualMemory};
use crate::symbols::pe::{FunctionLookup, FunctionTable, Headers};
use crate::symbols::source::SymbolKind;
use crate::util::bounded;

/// Bytes of a processor's DPC or interrupt stack: that of a kernel stack.
const KERNEL_STACK: u64 = 0x6000;

/// What a module's headers say, read once.
#[derive(Debug, Clone)]
struct ImageFacts {
    functions: Option<FunctionTable>,
    /// Executable sections as (first offset, offset past the last byte).
    code: Vec<(u64, u64)>,
}

/// Gives the unwinder a target's memory, modules and stacks.
pub struct TargetHost<'t> {
    target: &'t Target,
    memory: &'t VirtualMemory,
    listed: &'t ModuleList,
    modules: Vec<CodeModule>,
    stacks: Vec<StackRange>,
    images: RefCell<HashMap<u64, Option<ImageFacts>>>,
}

impl<'t> TargetHost<'t> {
    /// A host for the stack of `thread` (an ETHREAD), or of whatever runs where none is given.
    pub fn new(target: &'t Target, thread: Option<u64>) -> TargetHost<'t> {
        TargetHost::of(target, target.memory(), target.modules(), thread)
    }

    /// The same with the memory and the modules of a scope's process.
    pub fn in_scope(scope: &'t Scope<'_>, thread: Option<u64>) -> TargetHost<'t> {
        TargetHost::of(scope.target(), scope.memory(), scope.modules(), thread)
    }

    fn of(
        target: &'t Target,
        memory: &'t VirtualMemory,
        listed: &'t ModuleList,
        thread: Option<u64>,
    ) -> TargetHost<'t> {
        let modules = listed
            .iter()
            .map(|module| CodeModule { base: module.base, size: module.size, name: module.name.clone() })
            .collect();
        TargetHost {
            target,
            memory,
            listed,
            modules,
            stacks: stacks(target, memory, thread),
            images: RefCell::default(),
        }
    }

    /// The same for another thread of the process: what was read of images stays known.
    pub fn set_thread(&mut self, thread: u64) {
        self.stacks = stacks(self.target, self.memory, Some(thread));
    }

    fn module(&self, va: u64) -> Option<&CodeModule> {
        // The target's list is sorted by address, and so is its copy.
        let after = self.modules.partition_point(|module| module.base <= va);
        self.modules.get(after.checked_sub(1)?).filter(|module| module.contains(va))
    }

    fn with_image<T>(&self, base: u64, use_it: impl FnOnce(&ImageFacts) -> T) -> Option<T> {
        let mut images = self.images.borrow_mut();
        let facts = images.entry(base).or_insert_with(|| self.read_image(base));
        facts.as_ref().map(use_it)
    }

    fn read_image(&self, base: u64) -> Option<ImageFacts> {
        let bytes = MemoryImage::new(self.memory, base);
        let headers = Headers::read(&bytes).ok()?;
        let code = headers
            .sections
            .iter()
            .filter(|section| section.is_executable())
            .map(|section| {
                let start = u64::from(section.rva);
                (start, start + u64::from(section.memory_size()))
            })
            .collect();
        Some(ImageFacts { functions: FunctionTable::of(&headers), code })
    }
}

impl UnwindHost for TargetHost<'_> {
    fn read(&self, va: u64, buf: &mut [u8]) -> bool {
        self.memory.read(va, buf).is_ok()
    }

    fn module_at(&self, va: u64) -> Option<Cow<'_, CodeModule>> {
        self.module(va).map(Cow::Borrowed)
    }

    fn function_entry(&self, va: u64) -> Lookup {
        let Some(base) = self.module(va).map(|module| module.base) else {
            return Lookup::NoModule;
        };
        let Ok(rva) = u32::try_from(va.wrapping_sub(base)) else {
            return Lookup::NoData;
        };
        let Some(table) = self.with_image(base, |image| image.functions) else {
            return Lookup::NoData;
        };
        // An image without a table has leaf functions only.
        let Some(table) = table.filter(|table| table.count != 0) else {
            return Lookup::Leaf;
        };
        let bytes = MemoryImage::new(self.memory, base);
        match table.lookup(&bytes, rva) {
            FunctionLookup::Found(function) => Lookup::Entry(FunctionEntry {
                image_base: base,
                begin: function.begin,
                end: function.end,
                unwind: function.unwind,
            }),
            FunctionLookup::NotListed => Lookup::Leaf,
            FunctionLookup::Unreadable(_) => Lookup::NoData,
        }
    }

    fn symbol(&self, va: u64) -> Option<SymbolHint> {
        // The kernel's names only: a searched stack points into any module, and names of modules that turn out to be
        // no part of it are not worth a download.
        let module = self.listed.at(va)?;
        let kernel = self.target.kernel_base() == Some(module.base);
        let symbols = kernel.then(|| self.target.module_symbols(module))?;
        let rva = u32::try_from(va.wrapping_sub(module.base)).ok()?;
        let names = symbols.names.as_ref()?;
        let symbol = names.nearest(rva)?;
        let at = |rva: u32| module.base.wrapping_add(u64::from(rva));
        let next = || names.following(symbol.rva).map(|next| next.rva);
        let end = symbol.size.map(|size| symbol.rva.saturating_add(size)).or_else(next);
        Some(SymbolHint {
            name: symbol.name.to_owned(),
            address: at(symbol.rva),
            end: end.map(at),
            // Volatility's tables do not tell code from data.
            code: match symbol.kind {
                _ if symbols.status == SymbolStatus::Isf => None,
                SymbolKind::Function
                | SymbolKind::PublicCode
                | SymbolKind::Thunk
                | SymbolKind::Label
                | SymbolKind::Inline => Some(true),
                SymbolKind::Data | SymbolKind::PublicData => Some(false),
                SymbolKind::Export => None,
            },
        })
    }

    fn inline_chain(&self, va: u64) -> Vec<InlineFrame> {
        let Some(module) = self.listed.at(va) else {
            return Vec::new();
        };
        let Ok(rva) = u32::try_from(va.wrapping_sub(module.base)) else {
            return Vec::new();
        };
        let symbols = self.target.module_symbols_in(module, self.memory);
        let Some(names) = symbols.names.as_ref() else {
            return Vec::new();
        };
        let frame = |inline: crate::symbols::source::InlineFrame| InlineFrame {
            name: inline.name,
            begin: Some(va.wrapping_sub(u64::from(inline.offset))),
            source: inline.line.map(|line| (line.file, line.line)),
        };
        names.inline_chain(rva).into_iter().map(frame).collect()
    }

    fn stacks(&self) -> Vec<StackRange> {
        self.stacks.clone()
    }

    fn named_addresses(&self) -> Vec<u64> {
        self.target.header().map_or_else(|_| Vec::new(), |header| header.bug_check_parameters.to_vec())
    }

    fn pointer_auth_mask(&self) -> Option<u64> {
        let mask = self.target.debugger_data()?.nonzero("PointerAuthMask")?;
        // Bit 55 selects the half of the address space, and the low bits address: a mask with these is no signature's.
        (mask & (1 << 55) == 0 && mask.trailing_zeros() >= 32).then_some(mask)
    }

    fn is_executable(&self, va: u64) -> Option<bool> {
        let base = self.module(va)?.base;
        let offset = va.wrapping_sub(base);
        let inside =
            |image: &ImageFacts| image.code.iter().any(|&(start, end)| (start..end).contains(&offset));
        self.with_image(base, inside)
    }
}

/// Every stack that is known: the thread's kernel and user stacks, each processor's DPC and interrupt stacks, and the
/// stack bytes that a triage dump saved.
fn stacks(target: &Target, memory: &VirtualMemory, thread: Option<u64>) -> Vec<StackRange> {
    let mut found = Vec::new();
    let mut add = |limit: u64, base: u64, kind: StackKind| {
        if limit < base {
            found.push(StackRange { limit, base, kind });
        }
    };
    let data = target.debugger_data();
    let at = |object: u64, offset: &str| {
        let offset = data?.nonzero(offset)?;
        memory.u64(object.wrapping_add(offset)).ok()
    };
    if let Some(thread) = thread {
        let limit = at(thread, "OffsetKThreadStackLimit");
        let base = at(thread, "OffsetKThreadStackBase");
        if let (Some(limit), Some(base)) = (limit, base) {
            add(limit, base, StackKind::Thread);
        }
        if let Some(teb) = target.teb(thread)
            && let (Ok(base), Ok(limit)) =
                (memory.u64(teb.wrapping_add(8)), memory.u64(teb.wrapping_add(0x10)))
        {
            add(limit, base, StackKind::User);
        }
    }
    for (_, stack) in processor_stacks(target, memory) {
        add(stack.limit, stack.base, stack.kind);
    }
    if let Some(triage) = target.dump().ok().and_then(|dump| dump.triage()) {
        let limit = triage.top_of_stack;
        add(limit, limit.saturating_add(triage.stack.len() as u64), StackKind::Saved);
    }
    found
}

/// The DPC and interrupt stacks of the processors whose KPRCB can be read, each with the processor's number.
pub fn processor_stacks(target: &Target, memory: &VirtualMemory) -> Vec<(u32, StackRange)> {
    let data = target.debugger_data();
    let mut found = Vec::new();
    for processor in target.processors() {
        for (field, kind) in
            [("OffsetPrcbDpcStack", StackKind::Dpc), ("OffsetPrcbIsrStack", StackKind::Interrupt)]
        {
            let place = data.and_then(|data| data.nonzero(field)).zip(processor.prcb);
            let base = place.and_then(|(offset, prcb)| memory.u64(prcb.wrapping_add(offset)).ok());
            if let Some(base) = base.filter(|&base| base > KERNEL_STACK) {
                found.push((processor.number, StackRange { limit: base - KERNEL_STACK, base, kind }));
            }
        }
    }
    found
}

impl From<&RegisterContext> for Registers {
    /// The registers of an x64 context; those of another machine have none of the names and stay not recovered.
    fn from(context: &RegisterContext) -> Registers {
        let mut registers = Registers::default();
        for (number, name) in (0u8..).zip(GENERAL_NAMES) {
            if let Some(value) = context.get(name) {
                registers.set_general(number, value, Origin::Context);
            }
        }
        for number in 0u8..16 {
            let raw = context.bytes_of(&format!("xmm{number}")).and_then(|raw| bounded::array(raw, 0));
            if let Some(raw) = raw {
                registers.set_xmm(number, u128::from_le_bytes(raw), Origin::Context);
            }
        }
        registers.set_rip(context.ip(), Origin::Context);
        registers.set_flags(
            context.get("efl").unwrap_or(0),
            context.get("cs").unwrap_or(0),
            context.get("ss").unwrap_or(0),
        );
        registers
    }
}
