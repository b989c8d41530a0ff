//! The processors of the crashed computer and each one's registers.

use super::context::RegisterContext;
use super::debugger_data::DebuggerData;
use super::subject::NoCrash;
use crate::dump::{Bits, Header, Machine};
use crate::memory::{Memory, ReadError};
use crate::util::bounded::{array, slice, u16_at, u32_at, u64_at};
use thiserror::Error;

/// One processor.
#[derive(Debug, Clone)]
pub struct Processor {
    /// Its number.
    pub number: u32,
    /// Address of its KPRCB, where known.
    pub prcb: Option<u64>,
    /// The thread it ran, where known.
    pub current_thread: Option<u64>,
    /// Its registers, or why they cannot be given.
    pub context: Result<RegisterContext, NoRegisters>,
    /// Its control registers, where its KPRCB can be read.
    pub special: Option<SpecialRegisters>,
}

/// Why registers are not known.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NoRegisters {
    /// An image was opened.
    #[error(transparent)]
    NoCrash(#[from] NoCrash),
    /// The crashed computer had no such processor.
    #[error("the dump has no processor {0}")]
    NoProcessor(u32),
    /// Nothing leads to the processor's block; the text says why.
    #[error("{0}")]
    NoBlock(&'static str),
    /// How registers of this machine are saved is not known.
    #[error("no CONTEXT layout is known for this machine")]
    UnknownMachine,
    /// The dump header holds none for the processor that crashed.
    #[error("the dump header holds no context")]
    NotInHeader,
    /// The processor's block says of none where they are.
    #[error("KPRCB {prcb:#x} holds no saved registers for this processor")]
    NotSaved {
        /// The block.
        prcb: u64,
    },
    /// They were saved and cannot be read.
    #[error("{what}: {why}")]
    Unreadable {
        /// What holds them.
        what: String,
        /// Why it cannot be read.
        why: ReadError,
    },
}

/// KSPECIAL_REGISTERS: what a CONTEXT has no room for. Offsets: stable from 6.0 to 10.0.26100 (checked in the type
/// information of eight builds).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpecialRegisters {
    bytes: [u8; 0xe0],
}

const SPECIAL: &[(&str, usize, usize)] = &[
    ("cr0", 0x00, 8),
    ("cr2", 0x08, 8),
    ("cr3", 0x10, 8),
    ("cr4", 0x18, 8),
    ("gdtl", 0x56, 2),
    ("gdtr", 0x58, 8),
    ("idtl", 0x66, 2),
    ("idtr", 0x68, 8),
    ("tr", 0x70, 2),
    ("ldtr", 0x72, 2),
    ("cr8", 0xa0, 8),
];
/// MsrGsBase of KSPECIAL_REGISTERS.
const GS_BASE: usize = 0xa8;
/// Where in a KPCR its KPRCB lies, on every x64 build.
const PRCB_IN_PCR: u64 = 0x180;

impl Processor {
    /// Address of its KPCR; only x64 is known.
    pub fn pcr(&self, machine: Machine) -> Option<u64> {
        self.prcb.filter(|_| machine == Machine::Amd64)?.checked_sub(PRCB_IN_PCR)
    }

    /// What gs addresses in kernel code on this processor: its KPCR, where the address of the KPRCB and the register
    /// that was saved agree.
    pub fn kernel_gs(&self) -> Option<u64> {
        let saved = u64_at(&self.special.as_ref()?.bytes, GS_BASE)?;
        (self.pcr(Machine::Amd64)? == saved).then_some(saved)
    }
}

impl SpecialRegisters {
    /// A control register, descriptor table register or segment register by name.
    pub fn get(&self, name: &str) -> Option<u64> {
        let (_, offset, size) = SPECIAL.iter().find(|(known, ..)| name.eq_ignore_ascii_case(known))?;
        match size {
            2 => u16_at(&self.bytes, *offset).map(u64::from),
            _ => u64_at(&self.bytes, *offset),
        }
    }

    /// The names it answers to.
    pub fn names() -> impl Iterator<Item = &'static str> {
        SPECIAL.iter().map(|(name, ..)| *name)
    }

    /// A record from its first 0xe0 bytes.
    fn new(bytes: &[u8], offset: usize) -> Option<SpecialRegisters> {
        Some(SpecialRegisters { bytes: array(bytes, offset)? })
    }
}

/// More processors than Windows supports are a damaged header.
const MAX_PROCESSORS: u32 = 2048;
/// A KPRCB larger than this is damage (builds so far: 0x4e00 to 0xd380 bytes).
const MAX_PRCB: usize = 0x2_0000;

/// Everything the walk needs.
pub struct ProcessorSources<'t> {
    /// The dump's header.
    pub header: &'t Header,
    /// Virtual memory.
    pub memory: &'t dyn Memory,
    /// The debugger data block, where there is one.
    pub debugger_data: Option<&'t DebuggerData>,
    /// The CONTEXT that the header holds for the crashing processor.
    pub crash_context: Option<RegisterContext>,
    /// The KPRCB image that a triage dump carries, which needs no address to be read.
    pub prcb_image: Option<&'t [u8]>,
    /// The address of that KPRCB, where the image itself gave it away.
    pub prcb_address: Option<u64>,
}

/// Lists the processors; the second value is the number of the one that crashed. A context that cannot be read is a
/// fact of that processor, never a failure of the whole.
pub fn processors(sources: &ProcessorSources<'_>) -> (Vec<Processor>, u32) {
    let count = sources.header.processors.clamp(1, MAX_PROCESSORS);
    let mut processors: Vec<Processor> = (0..count).map(|number| processor(sources, number)).collect();
    let crashed = crashed_processor(sources, &processors).unwrap_or(0);
    if let Some(processor) = processors.get_mut(crashed as usize) {
        fill_crashed(sources, processor);
    }
    (processors, crashed)
}

fn processor(sources: &ProcessorSources<'_>, number: u32) -> Processor {
    let unread = |why: NoRegisters| Processor {
        number,
        prcb: None,
        current_thread: None,
        context: Err(why),
        special: None,
    };
    if sources.header.bits != Bits::Bits64 {
        return unread(NoRegisters::NoBlock("processor blocks of 32-bit dumps are not supported"));
    }
    let Some(data) = sources.debugger_data else {
        return unread(NoRegisters::NoBlock("the dump holds no debugger data block"));
    };
    let Some(block) = data.nonzero("KiProcessorBlock") else {
        return unread(NoRegisters::NoBlock("KDBG has no KiProcessorBlock"));
    };
    let address = match sources.memory.u64(block.wrapping_add(u64::from(number) * 8)) {
        Ok(0) => return unread(NoRegisters::NoBlock("KiProcessorBlock has no such processor")),
        Ok(address) => address,
        Err(why) => {
            return unread(NoRegisters::Unreadable { what: format!("KiProcessorBlock[{number}]"), why });
        }
    };
    let image = prcb_bytes(sources.memory, data, address);
    let special = special_registers(data, &image);
    let context = saved_context(sources, data, address, &image);
    let current_thread = current_thread(data, &image);
    Processor { number, prcb: Some(address), current_thread, context, special }
}

/// As much of a KPRCB as can be read, from its start.
fn prcb_bytes(memory: &dyn Memory, data: &DebuggerData, address: u64) -> Vec<u8> {
    let size = data.nonzero("SizePrcb").map_or(0x1000, |size| size as usize).min(MAX_PRCB);
    let mut image = vec![0u8; size];
    let (read, _) = memory.read_partial(address, &mut image);
    image.truncate(read);
    image
}

fn current_thread(data: &DebuggerData, prcb: &[u8]) -> Option<u64> {
    u64_at(prcb, data.nonzero("OffsetPrcbCurrentThread")? as usize).filter(|&thread| thread != 0)
}

fn special_registers(data: &DebuggerData, prcb: &[u8]) -> Option<SpecialRegisters> {
    SpecialRegisters::new(prcb, data.nonzero("OffsetPrcbProcStateSpecialReg")? as usize)
}

/// The registers that the processor saved when it was stopped: inside the KPRCB (ProcessorState), or where its RegisterContext
/// pointer leads on builds that save them outside.
fn saved_context(
    sources: &ProcessorSources<'_>,
    data: &DebuggerData,
    address: u64,
    prcb: &[u8],
) -> Result<RegisterContext, NoRegisters> {
    let machine = sources.header.machine;
    let size = RegisterContext::size_of(machine).ok_or(NoRegisters::UnknownMachine)?;
    let inside = data.nonzero("OffsetPrcbProcStateContext").unwrap_or(0) as usize;
    let frame = slice(prcb, inside, size)
        .filter(|_| inside != 0)
        .and_then(|bytes| RegisterContext::new(machine, bytes));
    if let Some(context) = frame.filter(RegisterContext::is_plausible) {
        return Ok(context);
    }
    if let Some(context) = pointed_context(sources, data, prcb)? {
        return Ok(context);
    }
    Err(NoRegisters::NotSaved { prcb: address })
}

/// The registers where the KPRCB's RegisterContext pointer leads.
fn pointed_context(
    sources: &ProcessorSources<'_>,
    data: &DebuggerData,
    prcb: &[u8],
) -> Result<Option<RegisterContext>, NoRegisters> {
    let machine = sources.header.machine;
    let size = RegisterContext::size_of(machine).unwrap_or(0);
    let pointer = data.nonzero("OffsetPrcbContext").and_then(|offset| u64_at(prcb, offset as usize));
    let Some(pointer) = pointer.filter(|&pointer| pointer != 0) else {
        return Ok(None);
    };
    let mut bytes = vec![0u8; size];
    sources
        .memory
        .read(pointer, &mut bytes)
        .map_err(|why| NoRegisters::Unreadable { what: "saved CONTEXT".to_owned(), why })?;
    Ok(RegisterContext::new(machine, &bytes).filter(RegisterContext::is_plausible))
}

/// Which processor called KeBugCheckEx: the one whose KPRCB is in a triage dump; otherwise the one whose saved
/// registers or current thread's stack agree with the header's context.
fn crashed_processor(sources: &ProcessorSources<'_>, processors: &[Processor]) -> Option<u32> {
    let data = sources.debugger_data?;
    if let Some(image) = sources.prcb_image {
        let offset = data.nonzero("OffsetPrcbNumber").map_or(0x24, |offset| offset as usize);
        return u32_at(image, offset).filter(|&number| (number as usize) < processors.len());
    }
    let crash = sources.crash_context.as_ref()?;
    let same = processors.iter().find(|processor| {
        processor.context.as_ref().is_ok_and(|saved| (saved.ip(), saved.sp()) == (crash.ip(), crash.sp()))
    });
    let on_stack =
        || processors.iter().find(|processor| stack_holds(sources.memory, data, processor, crash.sp()));
    same.or_else(on_stack).map(|processor| processor.number)
}

fn stack_holds(memory: &dyn Memory, data: &DebuggerData, processor: &Processor, sp: u64) -> bool {
    let limit_of = |field| {
        let offset = data.nonzero(field)?;
        memory.u64(processor.current_thread?.wrapping_add(offset)).ok()
    };
    match (limit_of("OffsetKThreadStackLimit"), limit_of("OffsetKThreadInitialStack")) {
        (Some(limit), Some(base)) => (limit..base.saturating_add(0x1000)).contains(&sp),
        _ => false,
    }
}

/// The crashing processor's registers are those of the header. A triage dump carries that processor's KPRCB as well,
/// and its RegisterContext pointer wins: for bug check 0x1000007E the header of a triage dump holds the registers of the
/// exception, while the saved stack is that of KeBugCheckEx (seen on builds 19041).
fn fill_crashed(sources: &ProcessorSources<'_>, processor: &mut Processor) {
    if let (Some(image), Some(data)) = (sources.prcb_image, sources.debugger_data) {
        processor.prcb = processor.prcb.or(sources.prcb_address);
        processor.special = special_registers(data, image).or(processor.special.take());
        processor.current_thread = current_thread(data, image).or(processor.current_thread);
        if let Ok(Some(context)) = pointed_context(sources, data, image) {
            processor.context = Ok(context);
            return;
        }
    }
    processor.context = match &sources.crash_context {
        Some(context) => Ok(context.clone()),
        None if matches!(sources.header.machine, Machine::Amd64 | Machine::Arm64) => {
            Err(NoRegisters::NotInHeader)
        }
        None => Err(NoRegisters::UnknownMachine),
    };
}
