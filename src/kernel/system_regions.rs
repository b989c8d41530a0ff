//! What Windows uses its half of the address space for, as it keeps it: MI_VISIBLE_STATE, and older variables that the
//! debugger data block points to.

use super::fixed_regions::{fixed_regions, keeps_table};
use crate::debuggee::{Lack, Object, Scope};
use crate::memory::Memory;
use crate::symbols::types::Type;
use crate::util::order::Order;

/// A stretch of the kernel's half, and what it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SystemRegion {
    /// Windows' own word: `PagedPool`, `SystemCache`, `HyperSpace`.
    pub kind: String,
    /// Its first byte.
    pub base: u64,
    /// Its last byte: the highest region ends where addresses do.
    pub last: u64,
}

/// Slots of the root table that the kernel's half has: a type each (`SystemVaType`, 256 bytes on all builds that have it).
const SLOTS: u64 = 256;
/// Bits of an address below a slot with four levels of page tables.
const SLOT_BITS: u32 = 39;
/// The first address of the kernel's half with four levels.
const FIRST: u64 = 0xffff_8000_0000_0000;
/// The first address of the kernel's half with five levels.
const LOWEST: u64 = 0xff00_0000_0000_0000;
/// More assigned regions than any build has (14 on builds 14393 to 22621).
const MOST_ASSIGNED: u64 = 64;
/// What the enumerators' names begin with.
const SLOT_PREFIX: &str = "MiVa";
const ASSIGNED_PREFIX: &str = "AssignedRegion";
/// What belongs to one session, as a region and as a slot.
const SESSION: [&str; 2] = ["Session", "SessionSpace"];
/// A slot that nothing uses.
const UNUSED: &str = "Unused";
/// Variables with the first address and the last, or the one after it (`wdbgexts.h`).
const VARIABLES: [(&str, &str, &str); 3] = [
    ("NonPagedPool", "MmNonPagedPoolStart", "MmNonPagedPoolEnd"),
    ("PagedPool", "MmPagedPoolStart", "MmPagedPoolEnd"),
    ("SystemCache", "MmSystemCacheStart", "MmSystemCacheEnd"),
];

impl SystemRegion {
    /// Whether an address lies in it.
    pub fn contains(&self, address: u64) -> bool {
        (self.base..=self.last).contains(&address)
    }

    /// Its bytes; all of the address space has one more than fits.
    pub fn size(&self) -> u64 {
        (self.last - self.base).saturating_add(1)
    }
}

/// The regions of the kernel's half.
#[derive(Debug, Clone, Default)]
pub struct SystemRegions {
    /// Those with a base and a size of their own.
    pub assigned: Vec<SystemRegion>,
    /// Neighbouring slots of the root table with the same type.
    pub slots: Vec<SystemRegion>,
    /// What could not be read, and why.
    pub missing: Vec<Lack>,
}

impl SystemRegions {
    /// Those of the target's kernel, as far as it tells them.
    ///
    /// # Errors
    /// [`Lack::Stopped`].
    pub fn of(scope: &Scope<'_>) -> Result<SystemRegions, Lack> {
        scope.check()?;
        let mut regions = SystemRegions::default();
        let build = scope.target().header().map_or(0, |header| header.minor_version);
        if !keeps_table(build) {
            regions.assigned = variables(scope);
            match fixed_regions(build) {
                Some(fixed) => regions.add_fixed(fixed),
                None => regions.missing.push(no_table(build)),
            }
            return Ok(regions);
        }
        match visible_state(scope) {
            Ok(state) => {
                regions.assigned = told(assigned(&state), &mut regions.missing);
                regions.slots = told(slots(&state), &mut regions.missing);
            }
            Err(why) => regions.missing.push(why),
        }
        if regions.assigned.is_empty() {
            regions.assigned = variables(scope);
        }
        Ok(regions)
    }

    /// Adds fixed regions but those of which a variable tells more.
    fn add_fixed(&mut self, fixed: &[(u64, u64, &str)]) {
        for &(base, last, kind) in fixed {
            let region = SystemRegion { kind: kind.to_owned(), base, last };
            if !self.assigned.iter().any(|known| region.contains(known.base) || known.contains(base)) {
                self.assigned.push(region);
            }
        }
        self.assigned.sort_by_key(|region| region.base);
    }

    /// The region that an address lies in: the one with a size of its own, else that of its slot.
    pub fn at(&self, address: u64) -> Option<&SystemRegion> {
        self.assigned.iter().chain(&self.slots).find(|region| region.contains(address))
    }

    /// Whether an address is of a session's own memory.
    pub fn is_session(&self, address: u64) -> bool {
        let mut all = self.assigned.iter().chain(&self.slots);
        all.any(|region| region.contains(address) && SESSION.contains(&region.kind.as_str()))
    }

    /// What the slot of an address is for.
    pub fn slot(&self, address: u64) -> Option<&SystemRegion> {
        self.slots.iter().find(|region| region.contains(address))
    }
}

/// Windows before 10 has no table, and where Windows 8 and 8.1 have their regions was not published.
fn no_table(build: u32) -> Lack {
    Lack::NoName {
        name: format!("where Windows of build {build} has its regions, of which it keeps no table,"),
    }
}

fn told(result: Result<Vec<SystemRegion>, Lack>, missing: &mut Vec<Lack>) -> Vec<SystemRegion> {
    result.unwrap_or_else(|why| {
        missing.push(why);
        Vec::new()
    })
}

/// MI_VISIBLE_STATE, to which a variable points since Windows 10.
fn visible_state<'s>(scope: &'s Scope<'_>) -> Result<Object<'s>, Lack> {
    let name = "nt!MiVisibleState";
    match scope.pointer_of(name)? {
        0 => Err(Lack::Null { what: name.to_owned() }),
        state => scope.object("nt!_MI_VISIBLE_STATE", state),
    }
}

/// The names of an enumeration's values without what all of them begin with.
fn word(scope: &Scope<'_>, names: &str, prefix: &str, value: u64) -> Result<Option<String>, Lack> {
    let found = scope.find_type(names)?;
    let Some(Type::Enum(names)) = found.source.get(found.id) else { return Ok(None) };
    let name = names.name_of(value);
    Ok(name.map(|name| name.strip_prefix(prefix).unwrap_or(name).to_owned()))
}

/// Regions with a base and a size, in the order of addresses.
fn assigned(state: &Object<'_>) -> Result<Vec<SystemRegion>, Lack> {
    let regions = state.field("SystemVaRegions")?;
    let mut found = Vec::new();
    for index in 0..MOST_ASSIGNED {
        let Ok(region) = regions.index(index) else { break };
        let base = region.field("BaseAddress")?.u64()?;
        let size = region.field("NumberOfBytes")?.u64()?;
        let last = size.checked_sub(1).and_then(|more| base.checked_add(more));
        let Some(last) = last.filter(|_| base >= LOWEST) else { continue };
        let names = "nt!_MI_ASSIGNED_REGION_TYPES";
        if let Some(kind) = word(state.scope(), names, ASSIGNED_PREFIX, index)? {
            found.push(SystemRegion { kind, base, last });
        }
    }
    found.order_by_key(|region| region.base);
    Ok(found)
}

/// Neighbouring slots of the same type. The array has a byte for each slot of four levels; with five a slot is 256 times as
/// large, and no public build tells what the array holds then.
fn slots(state: &Object<'_>) -> Result<Vec<SystemRegion>, Lack> {
    if state.field("PagingLevels").and_then(|levels| levels.u64()) == Ok(5) {
        return Err(Lack::Shape { what: state.what(), wanted: "state of a kernel with four levels" });
    }
    let types = state.field("SystemVaType")?;
    let mut found: Vec<SystemRegion> = Vec::new();
    for slot in 0..SLOTS {
        let value = types.index(slot)?.u64()?;
        let base = FIRST | slot << SLOT_BITS;
        let last = base | ((1 << SLOT_BITS) - 1);
        let kind = word(state.scope(), "nt!_MI_SYSTEM_VA_TYPE", SLOT_PREFIX, value)?;
        let Some(kind) = kind.filter(|kind| kind != UNUSED) else { continue };
        match found.last_mut() {
            Some(before) if before.kind == kind && before.last.checked_add(1) == Some(base) => {
                before.last = last;
            }
            _ => found.push(SystemRegion { kind, base, last }),
        }
    }
    Ok(found)
}

/// The regions that older kernels keep in variables of their own.
fn variables(scope: &Scope<'_>) -> Vec<SystemRegion> {
    let Some(data) = scope.target().debugger_data() else { return Vec::new() };
    let value = |name| scope.memory().u64(data.nonzero(name)?).ok();
    let regions = VARIABLES.iter().filter_map(|(kind, start, end)| {
        let (base, end) = value(start).zip(value(end))?;
        // The last byte, or the address after it.
        let last = if end & 0xfff == 0 { end.checked_sub(1)? } else { end };
        (base >= LOWEST && base < last).then(|| SystemRegion { kind: (*kind).to_owned(), base, last })
    });
    regions.collect()
}
