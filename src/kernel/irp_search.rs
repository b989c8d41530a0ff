//! IRPs wherever the dump holds them: a request of a driver's own is on nobody's list.

use super::irp::Irp;
use super::saved_structures::saved_structures;
use crate::debuggee::{Lack, Scope};
use crate::memory::Memory;
use crate::util::bounded::{u8_at, u16_at, u64_at};
use std::collections::HashSet;

/// IO_TYPE_IRP of wdm.h.
const TYPE: u16 = 6;
/// How requests are aligned: they come from pools.
const ALIGNMENT: usize = 16;
/// Bytes of a page.
const PAGE: usize = 0x1000;
/// More requests than are listed: each costs an address of memory.
const MOST: usize = 1 << 18;

/// Where in a request lies what tells that it is one.
struct Signs {
    stack_count: usize,
    current_location: usize,
    current_pointer: usize,
    /// Bytes before the first stack location.
    head: u64,
    location: u64,
}

impl Signs {
    fn of(scope: &Scope<'_>) -> Result<Signs, Lack> {
        let irp = scope.object("nt!_IRP", 0)?;
        let location = scope.object("nt!_IO_STACK_LOCATION", 0)?;
        let offset = |member: &str| -> Result<usize, Lack> {
            Ok(usize::try_from(irp.field(member)?.address()).unwrap_or(usize::MAX))
        };
        let sized = |size: Option<u64>| {
            size.ok_or_else(|| Lack::Shape { what: irp.what(), wanted: "type of a known size" })
        };
        Ok(Signs {
            stack_count: offset("StackCount")?,
            current_location: offset("CurrentLocation")?,
            current_pointer: offset("Tail.Overlay.CurrentStackLocation")?,
            head: sized(irp.size())?,
            location: sized(location.size())?,
        })
    }

    /// The address of the request whose bytes begin here, if it is one: a request points to its own current location, so
    /// its bytes tell its address.
    fn address(&self, bytes: &[u8], at: usize) -> Option<u64> {
        if u16_at(bytes, at)? != TYPE {
            return None;
        }
        let count = u64::from(u8_at(bytes, at.checked_add(self.stack_count)?)?);
        let current = u64::from(u8_at(bytes, at.checked_add(self.current_location)?)?);
        // A completed request's location is one or two behind the last one.
        if !(1..=127).contains(&count) || !(1..=count + 2).contains(&current) {
            return None;
        }
        let size = u64::from(u16_at(bytes, at.checked_add(2)?)?);
        if size < self.head + count * self.location {
            return None;
        }
        let pointer = u64_at(bytes, at.checked_add(self.current_pointer)?)?;
        let address =
            pointer.checked_sub(self.head)?.checked_sub((current - 1).checked_mul(self.location)?)?;
        (address >> 47 == 0x1_ffff && address.is_multiple_of(ALIGNMENT as u64)).then_some(address)
    }
}

/// Calls `found` with every request that the dump holds, until it returns false. In a dump of pages the whole file is looked
/// through, which takes as long as reading it; a request whose first bytes lie in two pages is not found there.
///
/// # Errors
/// The types are not known; the search was stopped; what `found` fails with.
pub fn each_irp<'s, E: From<Lack>>(
    scope: &'s Scope<'s>,
    mut found: impl FnMut(Irp<'s>) -> Result<bool, E>,
) -> Result<(), E> {
    let signs = Signs::of(scope)?;
    let mut seen = HashSet::new();
    let mut known = |address: u64| -> Result<bool, E> {
        let irp = Irp::at(scope, address)?;
        let points = irp.number("Tail.Overlay.CurrentStackLocation");
        let fits = irp.is_request().unwrap_or(false)
            && points.is_ok_and(|points| irp.current_address().is_ok_and(|at| at == points));
        if !fits || seen.len() >= MOST || !seen.insert(address) {
            return Ok(true);
        }
        found(irp)
    };
    if scope.memory().blocks().is_some() {
        for address in saved_structures(scope, u64::from(TYPE), u64::from(u16::MAX))? {
            if !known(address)? {
                break;
            }
        }
        return Ok(());
    }
    let Some(physical) = scope.target().physical() else { return Ok(()) };
    let Some(pages) = physical.dump().pages() else { return Ok(()) };
    for run in pages.runs() {
        for pfn in run.pfn..run.pfn.saturating_add(run.pages) {
            if pfn % 0x100 == 0 {
                scope.check()?;
            }
            let Some(page) = pages.page(pfn) else { break };
            for at in (0..PAGE).step_by(ALIGNMENT) {
                let Some(address) = signs.address(page, at) else { continue };
                // What lies in this page lies in the page that the address says.
                let is_here = address % PAGE as u64 == at as u64 && scope.memory().u16(address).is_ok();
                if is_here && !known(address)? {
                    return Ok(());
                }
            }
        }
    }
    Ok(())
}
