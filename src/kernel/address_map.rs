//! What the address space is used for, region by region: the kernel's half, and the ranges of a process.

use super::known_threads::known_threads;
use super::page_frame::PageFrames;
use super::physical_limit::highest_page;
use super::process::Process;
use super::pte_space::PteSpace;
use super::system_regions::SystemRegions;
use crate::debuggee::{Lack, ModuleKind, Scope};
use crate::unwind::{StackKind, processor_stacks};
use crate::util::order::Order;

/// What a region is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MapKind {
    /// A range of the process: of its image and libraries, mapped files, private memory.
    Range,
    /// What Windows set aside, by its own word.
    Region,
    /// What a slot of the root table is for, by Windows' own word.
    Slot,
    /// The array of page table entries.
    PageTables,
    /// The records of page frames.
    PageFrames,
    /// A module of the kernel.
    Module,
    /// A thread's kernel stack.
    Stack,
    /// A processor's stack for DPCs.
    DpcStack,
    /// A processor's stack for interrupts.
    InterruptStack,
}

/// A region of the map. Regions lie in one another: modules and stacks in what Windows set aside for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MapRegion {
    /// What it is used for.
    pub kind: MapKind,
    /// Its first byte.
    pub base: u64,
    /// Its last byte.
    pub last: u64,
    /// Whose it is: a module, a word of Windows' own, a file; empty where the kind says all.
    pub name: String,
    /// The thread whose stack it is.
    pub thread: Option<u64>,
}

/// The map, and what of it is not known.
#[derive(Debug, Default)]
pub struct AddressMap {
    /// The regions, by address; those that hold others before them.
    pub regions: Vec<MapRegion>,
    /// Why not all are known.
    pub missing: Vec<Lack>,
}

/// Bytes of a page.
const PAGE: u64 = 0x1000;

impl AddressMap {
    /// The map as far as the dump tells it; user space is that of `process`.
    ///
    /// # Errors
    /// [`Lack::Stopped`].
    pub fn of(scope: &Scope<'_>, process: Option<u64>) -> Result<AddressMap, Lack> {
        let mut map = AddressMap::default();
        let ranges = process.map(|process| map.ranges(scope, process));
        map.told(ranges.unwrap_or(Ok(())))?;
        let system = SystemRegions::of(scope)?;
        for (kind, regions) in [(MapKind::Region, system.assigned), (MapKind::Slot, system.slots)] {
            for region in regions {
                map.add(kind, region.base, Some(region.last), region.kind);
            }
        }
        map.missing.extend(system.missing);
        if let Some(space) = PteSpace::of(scope.target()) {
            let last = space.end().map_or(u64::MAX, |end| end.saturating_sub(1));
            map.add(MapKind::PageTables, space.base(), Some(last), String::new());
        }
        let frames = map.page_frames(scope);
        map.told(frames)?;
        for module in scope.target().modules().iter().filter(|module| module.kind == ModuleKind::Kernel) {
            map.add(MapKind::Module, module.base, module.end().checked_sub(1), module.name.clone());
        }
        for (number, stack) in processor_stacks(scope.target(), scope.memory()) {
            let kind = match stack.kind {
                StackKind::Dpc => MapKind::DpcStack,
                _ => MapKind::InterruptStack,
            };
            map.add(kind, stack.limit, stack.base.checked_sub(1), number.to_string());
        }
        let stacks = map.stacks(scope);
        map.told(stacks)?;
        map.regions.order_by_key(|region| (region.base, std::cmp::Reverse(region.last), region.kind));
        Ok(map)
    }

    fn add(&mut self, kind: MapKind, base: u64, last: Option<u64>, name: String) {
        // What ends before it begins is damaged.
        if let Some(last) = last.filter(|last| *last >= base) {
            self.regions.push(MapRegion { kind, base, last, name, thread: None });
        }
    }

    fn told(&mut self, result: Result<(), Lack>) -> Result<(), Lack> {
        match result {
            Err(Lack::Stopped) => Err(Lack::Stopped),
            Err(why) if !self.missing.contains(&why) => {
                self.missing.push(why);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn ranges(&mut self, scope: &Scope<'_>, process: u64) -> Result<(), Lack> {
        for vad in Process::at(scope, process)?.vads()? {
            scope.check()?;
            let range = vad.and_then(|vad| {
                let name = vad.file().unwrap_or_default();
                Ok((vad.start()?, vad.end()?, name))
            });
            match range {
                Ok((start, end, name)) => {
                    let last = end.checked_add(1).and_then(|page| page.checked_mul(PAGE)?.checked_sub(1));
                    self.add(MapKind::Range, start.saturating_mul(PAGE), last, name);
                }
                Err(why) => self.told(Err(why))?,
            }
        }
        Ok(())
    }

    fn page_frames(&mut self, scope: &Scope<'_>) -> Result<(), Lack> {
        let frames = PageFrames::of(scope)?;
        let highest = highest_page(scope).and_then(|highest| highest.number.checked_add(1));
        let last = highest.and_then(|number| frames.frame(number).address().checked_sub(1));
        self.add(MapKind::PageFrames, frames.base(), last, String::new());
        Ok(())
    }

    fn stacks(&mut self, scope: &Scope<'_>) -> Result<(), Lack> {
        for thread in known_threads(scope)? {
            scope.check()?;
            let range = thread.and_then(|thread| {
                Ok((
                    thread.address(),
                    thread.stack_limit()?,
                    thread.stack_base()?,
                    thread.is_stack_resident(),
                ))
            });
            match range {
                // What a stack that is not in memory had may be another's by now.
                Ok((_, _, _, Ok(false))) => {}
                Ok((thread, base, end, _)) if base < end => self.regions.push(MapRegion {
                    kind: MapKind::Stack,
                    base,
                    last: end - 1,
                    name: String::new(),
                    thread: Some(thread),
                }),
                Ok(_) => {}
                Err(why) => self.told(Err(why))?,
            }
        }
        Ok(())
    }
}

impl MapRegion {
    /// Its bytes.
    pub fn size(&self) -> u64 {
        (self.last - self.base).saturating_add(1)
    }
}
