//! WHEA_ERROR_RECORD: what the hardware reported, in memory, in the ranges of a triage dump or in its tagged data.

use crate::debuggee::{Lack, Scope};
use crate::dump::cper::{ErrorRecord, HEADER, LARGEST, McaStatus, SIGNATURE, Vendor};
use crate::memory::Memory;
use crate::util::bounded::u32_at;
use crate::util::guid::Guid;
use memchr::memmem;

/// More records than a dump has: an error that floods the machine leaves a few.
const MOST: usize = 64;
/// WHEA_UNCORRECTABLE_ERROR; its second parameter is the record.
const WHEA_UNCORRECTABLE_ERROR: u32 = 0x124;
/// The mark of bug checks that are live reports or small dumps.
const CODE: u32 = 0x0fff_ffff;
/// A record's severity (UEFI appendix N.2.1): recoverable, fatal, corrected, informational.
const CORRECTED: u32 = 2;

/// A record of a hardware error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HardwareError {
    /// Where it lies.
    pub source: ErrorSource,
    /// What it says, as far as the dump holds it.
    pub record: ErrorRecord,
    /// Bytes of it that the dump holds.
    pub held: usize,
}

/// Where a record was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorSource {
    /// In memory, at this address.
    Memory(u64),
    /// In tagged data, so many bytes from their beginning.
    Tagged(Guid, usize),
}

impl HardwareError {
    /// The record at an address.
    ///
    /// # Errors
    /// What is there cannot be read, or is no record.
    pub fn at(scope: &Scope<'_>, address: u64) -> Result<HardwareError, Lack> {
        let what = || format!("WHEA_ERROR_RECORD at {address:x}");
        let unreadable = |why| Lack::Unreadable { what: what(), why };
        let mut head = [0; HEADER];
        scope.memory().read(address, &mut head).map_err(unreadable)?;
        let shape = || Lack::Shape { what: what(), wanted: "a record that begins with CPER" };
        let length = ErrorRecord::parse(&head).ok_or_else(shape)?.length as usize;
        let mut bytes = vec![0; length.clamp(HEADER, LARGEST)];
        let (held, _) = scope.memory().read_partial(address, &mut bytes);
        bytes.truncate(held);
        HardwareError::of(ErrorSource::Memory(address), &bytes).ok_or_else(shape)
    }

    /// The record of the bug check; `None` where it is another bug check.
    pub fn of_bug_check(scope: &Scope<'_>) -> Option<Result<HardwareError, Lack>> {
        let header = scope.target().header().ok()?;
        let [_, record, ..] = header.bug_check_parameters;
        (header.bug_check_code & CODE == WHEA_UNCORRECTABLE_ERROR).then(|| HardwareError::at(scope, record))
    }

    /// The status of the bank as the parameters of bug check 0x124 say it for a machine check, and whose processor it is,
    /// where the registry's values tell; `None` for other sources of errors and other bug checks.
    pub fn stated_status(scope: &Scope<'_>) -> Option<(McaStatus, Vendor)> {
        const MACHINE_CHECK: u64 = 0;
        let header = scope.target().header().ok()?;
        let [source, _, high, low] = header.bug_check_parameters;
        if header.bug_check_code & CODE != WHEA_UNCORRECTABLE_ERROR || source != MACHINE_CHECK {
            return None;
        }
        let cpu = scope.target().dump().ok()?.tagged().hardware().cpu;
        let vendor = match cpu.and_then(|cpu| cpu.identifier) {
            Some(name) if name.starts_with("Intel") => Vendor::Intel,
            Some(name) if name.starts_with("AMD") => Vendor::Amd,
            _ => Vendor::Other,
        };
        Some((McaStatus(high << 32 | low & 0xffff_ffff), vendor))
    }

    /// How many records of errors that the hardware corrected the dump holds in the places of [`HardwareError::saved`].
    ///
    /// # Errors
    /// [`Lack::Stopped`].
    pub fn corrected(scope: &Scope<'_>) -> Result<usize, Lack> {
        Ok(HardwareError::saved(scope)?.iter().filter(|error| error.record.severity == CORRECTED).count())
    }

    /// Every record in the tagged data and in the ranges of a triage dump; pages of whole dumps are not searched.
    ///
    /// # Errors
    /// [`Lack::Stopped`].
    pub fn saved(scope: &Scope<'_>) -> Result<Vec<HardwareError>, Lack> {
        let mut found = Vec::new();
        let ranges = scope.memory().blocks().into_iter().flat_map(|blocks| blocks.ranges());
        for (start, size, _) in ranges {
            scope.check()?;
            let mut at = start;
            // A range may lie in pieces in the file.
            while at < start.saturating_add(size) && found.len() < MOST {
                let Ok(window) = scope.memory().window(at) else { break };
                let places =
                    memmem::find_iter(window, &SIGNATURE).map(|offset| at.wrapping_add(offset as u64));
                found.extend(places.filter_map(|place| HardwareError::at(scope, place).ok()).take(MOST));
                at = at.saturating_add((window.len() as u64).max(1));
            }
        }
        let Ok(dump) = scope.target().dump() else { return Ok(found) };
        for blob in dump.secondary() {
            scope.check()?;
            let Some(data) = dump.bytes().get(blob.data.clone()) else { continue };
            let records = memmem::find_iter(data, &SIGNATURE).filter_map(|offset| {
                HardwareError::of(ErrorSource::Tagged(blob.tag, offset), data.get(offset..)?)
            });
            found.extend(records.take(MOST));
        }
        found.truncate(MOST);
        Ok(found)
    }

    fn of(source: ErrorSource, bytes: &[u8]) -> Option<HardwareError> {
        let length = u32_at(bytes, 0x14)? as usize;
        let record = ErrorRecord::parse(bytes.get(..bytes.len().min(LARGEST))?)?;
        Some(HardwareError { source, record, held: bytes.len().min(length) })
    }
}
