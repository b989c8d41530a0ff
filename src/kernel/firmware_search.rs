//! The firmware's table (SMBIOS) in physical memory, by its entry point (DMTF DSP0134, 5.2).

use crate::debuggee::{Lack, Scope};
use crate::dump::tags::FirmwareTable;
use crate::memory::{Memory, PhysicalMemory};
use crate::util::bounded::{slice, u8_at, u16_at, u32_at, u64_at};
use memchr::memmem;

const PAGE: u64 = 0x1000;
/// Firmware puts both into the lowest 4 GiB, where code of 32 bits reaches them.
const SEARCHED: u64 = 1 << 32;
/// Bytes that are searched between two places where the search can be stopped.
const STEP: usize = 1 << 20;
/// Entry points lie at multiples of this.
const ALIGNED: u64 = 16;
/// What every entry point begins with.
const ANCHOR: &[u8] = b"_SM";
/// Tables are some kilobytes; the field of the 64-bit entry point is a limit that firmware may choose freely.
const MOST_TABLE: usize = 1 << 20;

/// A table that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundFirmware {
    /// Physical address of the entry point.
    pub entry_point: u64,
    /// Physical address of the table.
    pub at: u64,
    /// The table.
    pub table: FirmwareTable<'static>,
}

/// The first table in the pages of a dump whose entry point's sum holds and which the dump has as a whole; `None` in dumps
/// without pages.
///
/// # Errors
/// [`Lack::Stopped`].
pub fn find_firmware(scope: &Scope<'_>) -> Result<Option<FoundFirmware>, Lack> {
    let target = scope.target();
    let (Some(memory), Ok(dump)) = (target.physical(), target.dump()) else { return Ok(None) };
    let Some(pages) = dump.pages() else { return Ok(None) };
    let finder = memmem::Finder::new(ANCHOR);
    for run in pages.runs().take_while(|run| run.pfn < SEARCHED / PAGE) {
        let start = usize::try_from(run.offset).unwrap_or(usize::MAX);
        let size = run.pages.min(SEARCHED / PAGE - run.pfn).saturating_mul(PAGE);
        let rest = dump.bytes().get(start..).unwrap_or_default();
        let bytes =
            rest.get(..usize::try_from(size).unwrap_or(usize::MAX).min(rest.len())).unwrap_or_default();
        let mut first = run.pfn * PAGE;
        for step in bytes.chunks(STEP) {
            scope.check()?;
            // An anchor lies within one step, since it is aligned.
            let anchors = finder.find_iter(step).map(|place| first + place as u64);
            let found = anchors.filter(|at| at % ALIGNED == 0).find_map(|at| found_at(memory, at));
            if found.is_some() {
                return Ok(found);
            }
            first += step.len() as u64;
        }
    }
    Ok(None)
}

/// What an entry point says: version, revision, where the table lies, its size or a limit of that.
struct EntryPoint {
    version: (u8, u8),
    revision: u8,
    table: u64,
    size: usize,
}

fn found_at(memory: &PhysicalMemory, at: u64) -> Option<FoundFirmware> {
    let mut bytes = [0; 32];
    let (read, _) = memory.read_partial(at, &mut bytes);
    let entry = entry_point(bytes.get(..read)?)?;
    let mut table = vec![0; entry.size.min(MOST_TABLE)];
    let (read, _) = memory.read_partial(entry.table, &mut table);
    let table = FirmwareTable::of(entry.version, entry.revision, table.get(..read)?)?;
    Some(FoundFirmware { entry_point: at, at: entry.table, table })
}

/// The entry point that these bytes are, by its anchors and sums.
fn entry_point(bytes: &[u8]) -> Option<EntryPoint> {
    if bytes.starts_with(b"_SM3_") {
        sums_up(slice(bytes, 0, usize::from(u8_at(bytes, 6)?))?).then_some(())?;
        return Some(EntryPoint {
            version: (u8_at(bytes, 7)?, u8_at(bytes, 8)?),
            revision: u8_at(bytes, 9)?,
            table: u64_at(bytes, 0x10)?,
            size: u32_at(bytes, 0xc)? as usize,
        });
    }
    let is_whole = bytes.starts_with(b"_SM_")
        && slice(bytes, 0x10, 5)? == b"_DMI_"
        // The older half has a sum of its own; the length of the whole is misstated by some firmware as that of version 2.1.
        && sums_up(slice(bytes, 0x10, 0xf)?)
        && sums_up(slice(bytes, 0, usize::from(u8_at(bytes, 5)?).clamp(0x1f, bytes.len()))?);
    is_whole.then_some(())?;
    Some(EntryPoint {
        version: (u8_at(bytes, 6)?, u8_at(bytes, 7)?),
        revision: u8_at(bytes, 0x1e)?,
        table: u64::from(u32_at(bytes, 0x18)?),
        size: usize::from(u16_at(bytes, 0x16)?),
    })
}

/// Whether the bytes add up to zero, as those of something with a check sum do; nothing does not.
fn sums_up(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte)) == 0
}
