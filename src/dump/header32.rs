//! DUMP_HEADER32 (0x1000 bytes): described, so that a 32-bit dump says what it is. Offsets: Windows SDK metadata
//! (Diagnostics::Debug::DUMP_HEADER32) and rizin's dmp_specs.h.

use super::header::{
    ExceptionRecord, Header, PhysicalMemoryRuns, PhysicalRun, text_field, unless_filler, unless_filler64,
};
use super::kind::{Bits, DumpKind, Machine};
use crate::util::bounded;

/// First bytes of a 32-bit dump.
pub(super) const SIGNATURE: &[u8; 8] = b"PAGEDUMP";

const RUNS: usize = 0x64;
const RUNS_SIZE: usize = 700;
const CONTEXT: usize = 0x320;
const EXCEPTION: usize = 0x7d0;

/// Decodes the header; `None` if `bytes` are shorter than it.
pub(super) fn parse(bytes: &[u8], warnings: &mut Vec<String>) -> Option<Header> {
    let raw = bounded::slice(bytes, 0, Bits::Bits32.header_size())?;
    let u32_at = |offset| bounded::u32_at(raw, offset).unwrap_or(0);
    let pointer = |offset| u64::from(u32_at(offset));
    let machine = Machine::from_image_type(u32_at(0x20));
    let dump_type = u32_at(0xf88);
    Some(Header {
        bits: Bits::Bits32,
        machine,
        major_version: u32_at(8),
        minor_version: u32_at(0xc),
        directory_table_base: pointer(0x10),
        pfn_database: pointer(0x14),
        ps_loaded_module_list: pointer(0x18),
        ps_active_process_head: pointer(0x1c),
        processors: u32_at(0x24),
        bug_check_code: u32_at(0x28),
        bug_check_parameters: [pointer(0x2c), pointer(0x30), pointer(0x34), pointer(0x38)],
        version_user: text_field(bounded::slice(raw, 0x3c, 32)?),
        kd_debugger_data_block: pointer(0x60),
        physical_memory: runs(bounded::slice(raw, RUNS, RUNS_SIZE)?, warnings),
        context: CONTEXT..CONTEXT + machine.context_size(),
        exception: exception(raw),
        kind: DumpKind::from_type(dump_type),
        dump_type,
        required_size: unless_filler64(bounded::u64_at(raw, 0xfa0)?),
        system_time: unless_filler64(bounded::u64_at(raw, 0xfc0)?),
        comment: text_field(bounded::slice(raw, 0x820, 128)?),
        uptime: unless_filler64(bounded::u64_at(raw, 0xfb8)?),
        mini_dump_fields: unless_filler(u32_at(0xf8c)),
        secondary_data_state: unless_filler(u32_at(0xf90)),
        product_type: unless_filler(u32_at(0xf94)),
        suite_mask: unless_filler(u32_at(0xf98)),
        writer_status: unless_filler(u32_at(0xf9c)),
        kd_secondary_version: bounded::u8_at(raw, 0x5d).filter(|&b| b != b'A'),
        attributes: unless_filler(u32_at(0x8a0)),
        boot_id: unless_filler(u32_at(0x8a4)),
        pae_enabled: bounded::u8_at(raw, 0x5c).filter(|&b| b != b'P').map(|b| b != 0),
    })
}

/// EXCEPTION_RECORD32: code, flags, record, address, number of parameters, 15 parameters, all 32-bit.
fn exception(raw: &[u8]) -> Option<ExceptionRecord> {
    let word = |index: usize| bounded::u32_at(raw, EXCEPTION + 4 * index);
    let mut information = [0u64; 15];
    for (index, slot) in information.iter_mut().enumerate() {
        *slot = u64::from(word(5 + index)?);
    }
    Some(ExceptionRecord {
        code: unless_filler(word(0)?)?,
        flags: word(1)?,
        record: u64::from(word(2)?),
        address: u64::from(word(3)?),
        number_parameters: word(4)?,
        information,
    })
}

/// PHYSICAL_MEMORY_DESCRIPTOR32: number of runs, number of pages, then pairs, all 32-bit.
fn runs(block: &[u8], warnings: &mut Vec<String>) -> Option<PhysicalMemoryRuns> {
    let number_of_runs = unless_filler(bounded::u32_at(block, 0)?)?;
    let number_of_pages = u64::from(bounded::u32_at(block, 4)?);
    let run = |index: usize| {
        let at = index.checked_mul(8)?.checked_add(8)?;
        let base_page = u64::from(bounded::u32_at(block, at)?);
        let page_count = u64::from(bounded::u32_at(block, at + 4)?);
        Some(PhysicalRun { base_page, page_count })
    };
    Some(PhysicalMemoryRuns::read(number_of_runs, number_of_pages, run, warnings))
}
