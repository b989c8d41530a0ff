//! TRIAGE_DUMP64: what a triage dump ("minidump" of the kernel) holds. It follows the header; all offsets in it are
//! file offsets. Field order: ntiodump definitions published in WDK-derived headers and rizin's dmp_specs.h.

use crate::util::order::Order;
use std::ops::Range;

use super::kind::Bits;
use super::triage_drivers::{TriageDriver, UnloadedDriver};
use crate::util::bounded;

/// The marker at ValidOffset: the constant 'DGRT', thus `TRGD` in the file.
const VALID: &[u8] = b"TRGD";
/// Size of a TRIAGE_DATA_BLOCK: address, file offset, size.
const BLOCK_SIZE: usize = 0x10;

/// Everything the triage block says. Ranges are file ranges, already clipped to the file; an empty range means that
/// the part is absent.
#[derive(Debug, Clone)]
pub struct Triage {
    /// ServicePackBuild.
    pub service_pack_build: u32,
    /// SizeOfDump: end of the primary dump; secondary data follows.
    pub size_of_dump: u32,
    /// Where the marker `TRGD` should stand.
    pub valid_offset: u32,
    /// Whether it does: then the writer finished.
    pub valid: bool,
    /// File offset of the CONTEXT.
    pub context_offset: u32,
    /// File offset of the exception record.
    pub exception_offset: u32,
    /// TriageOptions; bit 0x100: the driver list did not fit. All ones: not filled.
    pub options: u32,
    /// DUMP_MM_STORAGE64.
    pub mm: Range<usize>,
    /// KPRCB of the crashing processor.
    pub prcb: Range<usize>,
    /// EPROCESS of the current process.
    pub process: Range<usize>,
    /// ETHREAD of the current thread.
    pub thread: Range<usize>,
    /// Virtual address of the first stack byte saved.
    pub top_of_stack: u64,
    /// The saved part of the stack.
    pub stack: Range<usize>,
    /// Virtual address of the data page.
    pub data_page_address: u64,
    /// The data page.
    pub data_page: Range<usize>,
    /// KDDEBUGGER_DATA64.
    pub debugger_data: Range<usize>,
    /// The data blocks, sorted by address.
    pub blocks: Vec<Block>,
    /// File offset of the driver list.
    pub driver_list_offset: u32,
    /// DriverCount as the file says.
    pub driver_count: u32,
    /// The names of the drivers.
    pub string_pool: Range<usize>,
    pub(super) drivers: Vec<TriageDriver>,
    /// The driver the kernel blames, if it names one.
    pub broken_driver: Option<TriageDriver>,
    /// Drivers that were unloaded, latest first.
    pub unloaded: Vec<UnloadedDriver>,
}

impl Triage {
    /// The loaded drivers in load order, the kernel first.
    pub fn drivers(&self) -> &[TriageDriver] {
        &self.drivers
    }
}

/// A saved range of virtual memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// First virtual address.
    pub address: u64,
    /// Bytes.
    pub size: u32,
    /// File offset.
    pub offset: u32,
}

/// The raw fields of the block, in the order of the file.
struct Fields<'a> {
    bytes: &'a [u8],
    bits: Bits,
    at: usize,
}

impl Fields<'_> {
    fn word(&mut self) -> Option<u32> {
        let value = bounded::u32_at(self.bytes, self.at)?;
        self.at += 4;
        Some(value)
    }

    /// A pointer: 4 or 8 bytes.
    fn pointer(&mut self) -> Option<u64> {
        match self.bits {
            Bits::Bits32 => self.word().map(u64::from),
            Bits::Bits64 => {
                let value = bounded::u64_at(self.bytes, self.at)?;
                self.at += 8;
                Some(value)
            }
        }
    }
}

/// Decodes the triage block that follows the header; `None` where the file ends inside it.
pub(super) fn parse(
    bytes: &[u8],
    bits: Bits,
    debugger_data_block: u64,
    warnings: &mut Vec<String>,
) -> Option<Triage> {
    let mut fields = Fields { bytes, bits, at: bits.header_size() };
    let service_pack_build = fields.word()?;
    let size_of_dump = fields.word()?;
    let valid_offset = fields.word()?;
    let context_offset = fields.word()?;
    let exception_offset = fields.word()?;
    let mm = fields.word()?;
    let unloaded = fields.word()?;
    let prcb = fields.word()?;
    let process = fields.word()?;
    let thread = fields.word()?;
    let (stack, stack_size) = (fields.word()?, fields.word()?);
    let (driver_list_offset, driver_count) = (fields.word()?, fields.word()?);
    let (string_pool, string_pool_size) = (fields.word()?, fields.word()?);
    let broken_driver = fields.word()?;
    let options = fields.word()?;
    let top_of_stack = fields.pointer()?;
    if bits == Bits::Bits64 {
        // ArchitectureSpecific: two backing store fields of Itanium.
        fields.at += 0x10;
    }
    let data_page_address = fields.pointer()?;
    let (data_page, data_page_size) = (fields.word()?, fields.word()?);
    let (debugger_data, debugger_data_size) = (fields.word()?, fields.word()?);
    let (blocks, block_count) = (fields.word()?, fields.word()?);

    let valid = bounded::slice(bytes, valid_offset as usize, VALID.len()) == Some(VALID);
    if !valid {
        warnings.push(format!(
            "the marker TRGD is not at {valid_offset:#x}, where the end of the triage dump should be: \
             the writing was not finished or the file is cut off"
        ));
    }
    if u64::from(size_of_dump) > bytes.len() as u64 {
        warnings.push(format!(
            "the file is cut off: it has {:#x} of the {size_of_dump:#x} bytes of the triage dump",
            bytes.len()
        ));
    }
    let clip = |what: &str, offset: u32, size: u32, warnings: &mut Vec<String>| {
        clip_part(bytes.len(), what, offset, size, warnings)
    };
    // Parts without a stored size end where the next part begins.
    let mut starts = vec![
        mm,
        unloaded,
        prcb,
        process,
        thread,
        stack,
        driver_list_offset,
        string_pool,
        broken_driver,
        data_page,
        debugger_data,
        blocks,
        size_of_dump,
    ];
    starts.sort_unstable();
    let until_next = |offset: u32| match offset {
        0 => 0,
        _ => starts.iter().copied().find(|&start| start > offset).map_or(0, |next| next - offset),
    };
    let layout = super::triage_drivers::Layout {
        bytes,
        bits,
        list: driver_list_offset,
        count: driver_count,
        string_pool,
        kernel_pointer: debugger_data_block,
    };
    let (drivers, stride) = layout.drivers(warnings);
    Some(Triage {
        service_pack_build,
        size_of_dump,
        valid_offset,
        valid,
        context_offset,
        exception_offset,
        options,
        mm: clip("memory manager data", mm, until_next(mm), warnings),
        prcb: clip("PRCB", prcb, until_next(prcb), warnings),
        process: clip("process", process, until_next(process), warnings),
        thread: clip("thread", thread, until_next(thread), warnings),
        top_of_stack,
        stack: clip("stack", stack, stack_size, warnings),
        data_page_address,
        data_page: clip("data page", data_page, data_page_size, warnings),
        debugger_data: clip("debugger data", debugger_data, debugger_data_size, warnings),
        blocks: data_blocks(bytes, bits, blocks, block_count, warnings),
        driver_list_offset,
        driver_count,
        string_pool: clip("driver names", string_pool, string_pool_size, warnings),
        drivers,
        broken_driver: layout.driver_at(broken_driver, stride),
        unloaded: layout.unloaded(unloaded, warnings),
    })
}

/// The file range of a part, cut at the end of the file.
fn clip_part(len: usize, what: &str, offset: u32, size: u32, warnings: &mut Vec<String>) -> Range<usize> {
    let (start, size) = (offset as usize, size as usize);
    if start == 0 || size == 0 {
        return 0..0;
    }
    let end = start.saturating_add(size);
    if end > len {
        warnings.push(format!("the {what} at {start:#x} ({size:#x} bytes) lies beyond the end of the file"));
    }
    start.min(len)..end.min(len)
}

/// The data blocks that have at least one byte in the file, sorted by address; the last one is cut at its end.
fn data_blocks(bytes: &[u8], bits: Bits, offset: u32, count: u32, warnings: &mut Vec<String>) -> Vec<Block> {
    // Blocks have 64-bit addresses in both forms; 32-bit kernels may store theirs sign-extended.
    let space = if bits == Bits::Bits32 { u64::from(u32::MAX) } else { u64::MAX };
    let mut outside = 0usize;
    let mut read = 0usize;
    // The number of entries is bounded by the file: `slice` fails past its end.
    let mut blocks: Vec<Block> = (0..count as usize)
        .map_while(|index| {
            let at = (offset as usize).checked_add(index.checked_mul(BLOCK_SIZE)?)?;
            let entry = bounded::slice(bytes, at, BLOCK_SIZE)?;
            read += 1;
            Some(Block {
                address: bounded::u64_at(entry, 0)? & space,
                offset: bounded::u32_at(entry, 8)?,
                size: bounded::u32_at(entry, 12)?,
            })
        })
        .filter_map(|mut block| {
            let room = bytes.len().saturating_sub(block.offset as usize);
            let room = u32::try_from(room).unwrap_or(u32::MAX);
            if block.size > room || block.address.checked_add(u64::from(block.size)).is_none() {
                outside += 1;
            }
            let to_end_of_space = u32::try_from(u64::MAX - block.address).unwrap_or(u32::MAX);
            block.size = block.size.min(room).min(to_end_of_space);
            (block.size > 0 && block.offset > 0).then_some(block)
        })
        .collect();
    if read < count as usize {
        warnings.push(format!("the list of {count:#x} data blocks is cut off after {read:#x}"));
    }
    if outside > 0 {
        warnings.push(format!("{outside} data blocks reach beyond the end of the file or of memory"));
    }
    blocks.order_by_key(|block| block.address);
    blocks
}

#[cfg(test)]
mod tests {
    use super::super::synth::{header32, put, put32, put64};
    use super::super::{DumpFile, Machine};
    use super::*;

    #[test]
    fn a_32_bit_dump_lists_its_drivers_and_blocks() {
        let mut file = header32(4);
        file.resize(0x2000, 0);
        let field = |file: &mut Vec<u8>, at: usize, value: u32| put32(file, 0x1000 + at, value);
        for (at, value) in [
            (0x04, 0x1f04u32),
            (0x08, 0x1f00),
            (0x18, 0x1100),
            (0x28, 0x1200),
            (0x2c, 0x10),
            (0x30, 0x1300),
            (0x34, 2),
            (0x38, 0x1300 + 2 * 0x4c),
            (0x48, 0x8a00_1000),
            (0x60, 0x1500),
            (0x64, 1),
        ] {
            field(&mut file, at, value);
        }
        put32(&mut file, 0x1100, 1);
        put(&mut file, 0x1104, &[8, 0]);
        put(&mut file, 0x110c, b"g\0.\0s\0y\0");
        put32(&mut file, 0x1124, 0x9000_0000);
        put32(&mut file, 0x1128, 0x9000_1000);
        for (index, name) in [(0u32, b"n\0t\0"), (1, b"x\0y\0")] {
            let (entry, text) = (0x1300 + index as usize * 0x4c, 0x1400 + index * 16);
            put32(&mut file, entry, text);
            put32(&mut file, entry + 4 + 0x18, 0x8260_0000 + (index << 24));
            put32(&mut file, entry + 4 + 0x20, 0x4_0000);
            put32(&mut file, entry + 4 + 0x40, 0x77);
            put32(&mut file, entry + 4 + 0x44, 0x4ce7_951a);
            put32(&mut file, text as usize, 2);
            put(&mut file, text as usize + 4, name);
        }
        put(&mut file, 0x1200, b"the saved stack.");
        put64(&mut file, 0x1500, 0xffff_ffff_8b00_0000);
        put32(&mut file, 0x1508, 0x1600);
        put32(&mut file, 0x150c, 4);
        put(&mut file, 0x1600, b"data");
        put(&mut file, 0x1f00, b"TRGD");
        let dump = DumpFile::from_bytes("old.dmp", file).unwrap();
        assert_eq!(dump.warnings(), &[] as &[String]);
        assert_eq!((dump.header().machine, dump.header().bug_check_code), (Machine::I386, 0x8e));
        let triage = dump.triage().unwrap();
        let drivers: Vec<(&str, u64, u32, u32, u32)> = triage
            .drivers()
            .iter()
            .map(|driver| {
                (driver.name.as_str(), driver.base, driver.size, driver.checksum, driver.time_date_stamp)
            })
            .collect();
        let stamp = 0x4ce7_951a;
        assert_eq!(
            drivers,
            [("nt", 0x8260_0000, 0x4_0000, 0x77, stamp), ("xy", 0x8360_0000, 0x4_0000, 0x77, stamp)]
        );
        let gone = triage.unloaded.first().unwrap();
        assert_eq!((gone.name.as_str(), gone.start, gone.end), ("g.sy", 0x9000_0000, 0x9000_1000));
        assert_eq!(triage.blocks, [Block { address: 0x8b00_0000, size: 4, offset: 0x1600 }]);
        assert_eq!((triage.top_of_stack, triage.stack.clone()), (0x8a00_1000, 0x1200..0x1210));
    }
}
