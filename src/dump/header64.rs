//! DUMP_HEADER64 (0x2000 bytes). The structure is `kdmp-parser`'s.

use std::mem::offset_of;

use kdmp_parser::structs::{ExceptionRecord64, Header64};

use super::header::{
    ExceptionRecord, FILLER, Header, PhysicalMemoryRuns, PhysicalRun, text_field, unless_filler,
    unless_filler64,
};
use super::kind::{Bits, DumpKind, Machine};
use super::pod;
use crate::util::bounded;

/// First bytes of a 64-bit dump.
pub(super) const SIGNATURE: &[u8; 8] = b"PAGEDU64";

/// Decodes the header; `None` if `bytes` are shorter than it.
pub(super) fn parse(bytes: &[u8], warnings: &mut Vec<String>) -> Option<Header> {
    let raw = pod::read::<Header64>(bytes, 0)?;
    let machine = Machine::from_image_type(raw.machine_image_type);
    let context = offset_of!(Header64, context_record_buffer);
    // KdSecondaryVersion is one byte; its filler is the `A` of `PAGE`.
    let filler_byte = u8_of_filler(1);
    let secondary_version = (raw.kd_secondary_version != filler_byte).then_some(raw.kd_secondary_version);
    Some(Header {
        bits: Bits::Bits64,
        machine,
        major_version: raw.major_version,
        minor_version: raw.minor_version,
        directory_table_base: raw.directory_table_base,
        pfn_database: raw.pfn_database,
        ps_loaded_module_list: raw.ps_loaded_module_list,
        ps_active_process_head: raw.ps_active_process_head,
        processors: raw.number_processors,
        bug_check_code: raw.bug_check_code,
        bug_check_parameters: raw.bug_check_code_parameters,
        version_user: text_field(&raw.version_user),
        kd_debugger_data_block: raw.kd_debugger_data_block,
        physical_memory: runs(&raw.physical_memory_block_buffer, warnings),
        context: context..context + machine.context_size(),
        exception: exception(&raw.exception),
        kind: DumpKind::from_type(raw.dump_type),
        dump_type: raw.dump_type,
        required_size: unless_filler64(raw.required_dump_space.cast_unsigned()),
        system_time: unless_filler64(raw.system_time.cast_unsigned()),
        comment: text_field(&raw.comment),
        uptime: unless_filler64(raw.system_up_time.cast_unsigned()),
        mini_dump_fields: unless_filler(raw.minidump_fields),
        secondary_data_state: unless_filler(raw.secondary_data_state),
        product_type: unless_filler(raw.product_type),
        suite_mask: unless_filler(raw.suite_mask),
        writer_status: unless_filler(raw.writer_status),
        kd_secondary_version: secondary_version,
        attributes: unless_filler(raw.attributes),
        boot_id: unless_filler(raw.boot_id),
        pae_enabled: None,
    })
}

fn u8_of_filler(byte: usize) -> u8 {
    FILLER.to_le_bytes().get(byte).copied().unwrap_or(0)
}

fn exception(raw: &ExceptionRecord64) -> Option<ExceptionRecord> {
    unless_filler(raw.exception_code)?;
    Some(ExceptionRecord {
        code: raw.exception_code,
        flags: raw.exception_flags,
        record: raw.exception_record,
        address: raw.exception_address,
        number_parameters: raw.number_parameters,
        information: raw.exception_information,
    })
}

/// PHYSICAL_MEMORY_DESCRIPTOR64: number of runs (u32), number of pages (u64 at 8), runs from 0x10.
fn runs(block: &[u8], warnings: &mut Vec<String>) -> Option<PhysicalMemoryRuns> {
    let number_of_runs = unless_filler(bounded::u32_at(block, 0)?)?;
    let number_of_pages = bounded::u64_at(block, 8)?;
    let run = |index: usize| {
        let at = index.checked_mul(0x10)?.checked_add(0x10)?;
        let base_page = bounded::u64_at(block, at)?;
        let page_count = bounded::u64_at(block, at + 8)?;
        Some(PhysicalRun { base_page, page_count })
    };
    Some(PhysicalMemoryRuns::read(number_of_runs, number_of_pages, run, warnings))
}
