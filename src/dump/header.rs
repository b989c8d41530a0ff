//! The header of a dump, the same for 32-bit and 64-bit files. Fields that the writer left at the filler `PAGE` are
//! `None`.

use crate::util::bounded;
use std::ops::Range;

use super::kind::{Bits, DumpKind, Machine};

/// Bytes the writer puts where it has nothing to say, as a 32-bit value.
pub(super) const FILLER: u32 = u32::from_le_bytes(*b"PAGE");

/// `None` for the filler.
pub(super) fn unless_filler(value: u32) -> Option<u32> {
    (value != FILLER).then_some(value)
}

/// `None` for the filler in both halves.
pub(super) fn unless_filler64(value: u64) -> Option<u64> {
    (value != (u64::from(FILLER) << 32 | u64::from(FILLER))).then_some(value)
}

/// Everything the header of a dump file says.
#[derive(Debug, Clone)]
pub struct Header {
    /// Width of the header's pointers.
    pub bits: Bits,
    /// The processor.
    pub machine: Machine,
    /// 0xf for a free build of Windows, 0xc for a checked one.
    pub major_version: u32,
    /// The build number of Windows.
    pub minor_version: u32,
    /// CR3 of the process that was current; low bits may hold a PCID.
    pub directory_table_base: u64,
    /// Virtual address of the PFN database.
    pub pfn_database: u64,
    /// Virtual address of `nt!PsLoadedModuleList`.
    pub ps_loaded_module_list: u64,
    /// Virtual address of `nt!PsActiveProcessHead`.
    pub ps_active_process_head: u64,
    /// Number of processors.
    pub processors: u32,
    /// The bug check code.
    pub bug_check_code: u32,
    /// Its four arguments.
    pub bug_check_parameters: [u64; 4],
    /// Free text of the build; seldom filled.
    pub version_user: Option<String>,
    /// Virtual address of KDDEBUGGER_DATA64.
    pub kd_debugger_data_block: u64,
    /// The machine's physical memory.
    pub physical_memory: Option<PhysicalMemoryRuns>,
    /// Where in the file the CONTEXT of the crashing processor lies.
    pub context: Range<usize>,
    /// The exception record; `None` where the writer left the filler.
    pub exception: Option<ExceptionRecord>,
    /// The kind of dump.
    pub kind: DumpKind,
    /// The DumpType value as it stands in the file.
    pub dump_type: u32,
    /// RequiredDumpSpace: bytes the writer reckoned with. Triage dumps are often shorter, never wrong for it.
    pub required_size: Option<u64>,
    /// When the dump was written: FILETIME, UTC.
    pub system_time: Option<u64>,
    /// A comment given to the writer.
    pub comment: Option<String>,
    /// Time since start, in 100 ns.
    pub uptime: Option<u64>,
    /// Which parts a triage dump has (see [`mini_dump_field_names`]).
    pub mini_dump_fields: Option<u32>,
    /// NTSTATUS of writing the secondary data.
    pub secondary_data_state: Option<u32>,
    /// 1 workstation, 2 domain controller, 3 server.
    pub product_type: Option<u32>,
    /// Suite bits (VER_SUITE_*).
    pub suite_mask: Option<u32>,
    /// Status of the writer; 0 is success.
    pub writer_status: Option<u32>,
    /// Layout version of the CONTEXT.
    pub kd_secondary_version: Option<u8>,
    /// DUMP_FILE_ATTRIBUTES bits; see [`attribute_names`].
    pub attributes: Option<u32>,
    /// Number of the boot.
    pub boot_id: Option<u32>,
    /// 32-bit only: whether page tables have PAE form.
    pub pae_enabled: Option<bool>,
}

/// An exception record in its 64-bit form; 32-bit addresses are zero-extended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ExceptionRecord {
    /// NTSTATUS of the exception.
    pub code: u32,
    /// 1 noncontinuable, 0x80 raised by software, and others.
    pub flags: u32,
    /// Address of a nested record, or 0.
    pub record: u64,
    /// Where it happened.
    pub address: u64,
    /// How many of `information` count, as the file says; may exceed 15 in a damaged file.
    pub number_parameters: u32,
    /// The parameters.
    pub information: [u64; 15],
}

impl ExceptionRecord {
    /// Size of an EXCEPTION_RECORD64.
    pub const SIZE: usize = 0x98;

    /// Reads an EXCEPTION_RECORD64 (winnt.h).
    pub fn of_bytes(bytes: &[u8; Self::SIZE]) -> Option<ExceptionRecord> {
        let mut information = [0u64; 15];
        for (slot, at) in information.iter_mut().zip((0x20..).step_by(8)) {
            *slot = bounded::u64_at(bytes, at)?;
        }
        Some(ExceptionRecord {
            code: bounded::u32_at(bytes, 0)?,
            flags: bounded::u32_at(bytes, 4)?,
            record: bounded::u64_at(bytes, 8)?,
            address: bounded::u64_at(bytes, 0x10)?,
            number_parameters: bounded::u32_at(bytes, 0x18)?,
            information,
        })
    }

    /// The parameters that count: at most 15.
    pub fn parameters(&self) -> &[u64] {
        let count = (self.number_parameters as usize).min(self.information.len());
        self.information.get(..count).unwrap_or(&[])
    }
}

/// The runs of physical memory that the header lists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PhysicalMemoryRuns {
    /// NumberOfRuns as the file says; `runs` is shorter where the header has no room for as many.
    pub number_of_runs: u32,
    /// NumberOfPages as the file says.
    pub number_of_pages: u64,
    /// The runs.
    pub runs: Vec<PhysicalRun>,
}

impl PhysicalMemoryRuns {
    /// Reads the runs, as far as the header has room for them; `run` reads one.
    pub(super) fn read(
        number_of_runs: u32,
        number_of_pages: u64,
        run: impl Fn(usize) -> Option<PhysicalRun>,
        warnings: &mut Vec<String>,
    ) -> PhysicalMemoryRuns {
        let runs: Vec<PhysicalRun> = (0..number_of_runs as usize).map_while(run).collect();
        if runs.len() < number_of_runs as usize {
            warnings.push(format!(
                "the header says {number_of_runs:#x} runs of physical memory; it has room for {:#x}: the rest is unknown",
                runs.len()
            ));
        }
        PhysicalMemoryRuns { number_of_runs, number_of_pages, runs }
    }
}

/// Consecutive physical pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PhysicalRun {
    /// First page frame number.
    pub base_page: u64,
    /// Number of 4 KiB pages.
    pub page_count: u64,
}

/// Names of the set bits of the header's attributes, lowest first; bits without a public name as `bit N`.
///
/// Bit names: DUMP_FILE_ATTRIBUTES in the Windows SDK's metadata.
pub fn attribute_names(attributes: u32) -> Vec<String> {
    const NAMES: [&str; 10] = [
        "HiberCrash",
        "DumpDevicePowerOff",
        "InsufficientDumpfileSize",
        "KernelGeneratedTriageDump",
        "LiveDumpGeneratedDump",
        "DumpIsGeneratedOffline",
        "FilterDumpFile",
        "EarlyBootCrash",
        "EncryptedDumpData",
        "DecryptedDump",
    ];
    (0..32usize)
        .filter(|bit| attributes >> bit & 1 == 1)
        .map(|bit| NAMES.get(bit).map_or_else(|| format!("bit {bit}"), |&name| name.to_owned()))
        .collect()
}

/// Names of the set bits of MiniDumpFields, lowest first.
pub fn mini_dump_field_names(fields: u32) -> Vec<String> {
    const NAMES: [&str; 12] = [
        "context",
        "exception",
        "PRCB",
        "process",
        "thread",
        "stack",
        "driver list",
        "broken driver",
        "MM info",
        "data page",
        "debugger data",
        "data blocks",
    ];
    (0..32usize)
        .filter(|bit| fields >> bit & 1 == 1)
        .map(|bit| NAMES.get(bit).map_or_else(|| format!("bit {bit}"), |&name| name.to_owned()))
        .collect()
}

/// ASCII text of a fixed-size field: `None` if it is filler or empty.
pub(super) fn text_field(raw: &[u8]) -> Option<String> {
    if raw.starts_with(b"PAGE") {
        return None;
    }
    let text = crate::util::bounded::ascii_z(raw, 0, raw.len())?;
    (!text.is_empty()).then_some(text)
}
