//! What a parameter of a bug check is.

use serde::Deserialize;

/// What a parameter is, so that one can go from it to the thing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParameterKind {
    /// Nothing to go to: a small number, an enumeration, or not documented.
    #[default]
    Plain,
    /// Documented as reserved: whatever stands there has no documented meaning.
    Reserved,
    /// Documented as unused or zero.
    Unused,
    /// The address of something that has no kind of its own here, or of plain data.
    Address,
    /// The address of an instruction or routine.
    Code,
    /// An address on a stack.
    StackPointer,
    /// The base address of a module.
    Module,
    /// A status or exception code, often sign-extended to 64 bits.
    Ntstatus,
    /// Bits, each with its meaning.
    Flags,
    /// An interrupt request level.
    Irql,
    /// A number of bytes.
    Bytes,
    /// Milliseconds.
    Ms,
    /// Clock ticks.
    Ticks,
    /// The number of a processor.
    Processor,
    /// A page frame number.
    Pfn,
    /// The contents of a page table entry, not its address.
    Pte,
    /// A handle.
    Handle,
    /// The four characters of a pool tag.
    PoolTag,
    /// Address of a KTRAP_FRAME.
    TrapFrame,
    /// Address of a CONTEXT.
    ContextRecord,
    /// Address of an EXCEPTION_RECORD.
    ExceptionRecord,
    /// Address of an IRP.
    Irp,
    /// Address of an IRP, or zero.
    IrpOrNull,
    /// Address of an MDL.
    Mdl,
    /// Address of a DEVICE_OBJECT.
    DeviceObject,
    /// Address of a DRIVER_OBJECT.
    DriverObject,
    /// Address of a FILE_OBJECT.
    FileObject,
    /// Address of an ETHREAD.
    Thread,
    /// Address of an EPROCESS.
    Process,
    /// Address of a KPRCB.
    Kprcb,
    /// Address of a block of pool.
    PoolBlock,
    /// Address of characters that end with a zero byte.
    String,
    /// Address of a UNICODE_STRING.
    UnicodeString,
    /// Address of a structure, as `nt!_ERESOURCE`. Its leading underscore may be missing or one too many.
    Structure(String),
}

impl ParameterKind {
    /// Whether a value of this kind is the address of something.
    pub fn is_address(&self) -> bool {
        use ParameterKind::*;
        match self {
            Plain | Reserved | Unused | Ntstatus | Flags | Irql | Bytes | Ms | Ticks | Processor | Pfn
            | Pte | Handle | PoolTag => false,
            Address | Code | StackPointer | Module | TrapFrame | ContextRecord | ExceptionRecord | Irp
            | IrpOrNull | Mdl | DeviceObject | DriverObject | FileObject | Thread | Process | Kprcb
            | PoolBlock | String | UnicodeString | Structure(_) => true,
        }
    }

    /// What it is, in the words of the table; a structure's own name is [`ParameterKind::structure`].
    pub fn name(&self) -> &'static str {
        use ParameterKind::*;
        match self {
            Plain => "plain",
            Reserved => "reserved",
            Unused => "unused",
            Address => "address",
            Code => "code",
            StackPointer => "stack_pointer",
            Module => "module",
            Ntstatus => "ntstatus",
            Flags => "flags",
            Irql => "irql",
            Bytes => "bytes",
            Ms => "ms",
            Ticks => "ticks",
            Processor => "processor",
            Pfn => "pfn",
            Pte => "pte",
            Handle => "handle",
            PoolTag => "pool_tag",
            TrapFrame => "trap_frame",
            ContextRecord => "context_record",
            ExceptionRecord => "exception_record",
            Irp => "irp",
            IrpOrNull => "irp_or_null",
            Mdl => "mdl",
            DeviceObject => "device_object",
            DriverObject => "driver_object",
            FileObject => "file_object",
            Thread => "thread",
            Process => "process",
            Kprcb => "kprcb",
            PoolBlock => "pool_block",
            String => "string",
            UnicodeString => "unicode_string",
            Structure(_) => "structure",
        }
    }

    /// The structure at such an address; `None` for what is no structure or is shown in a way of its own.
    pub fn structure(&self) -> Option<&str> {
        Some(match self {
            ParameterKind::TrapFrame => "nt!_KTRAP_FRAME",
            ParameterKind::ContextRecord => "nt!_CONTEXT",
            ParameterKind::ExceptionRecord => "nt!_EXCEPTION_RECORD",
            ParameterKind::Irp | ParameterKind::IrpOrNull => "nt!_IRP",
            ParameterKind::Mdl => "nt!_MDL",
            ParameterKind::DeviceObject => "nt!_DEVICE_OBJECT",
            ParameterKind::DriverObject => "nt!_DRIVER_OBJECT",
            ParameterKind::FileObject => "nt!_FILE_OBJECT",
            ParameterKind::Thread => "nt!_ETHREAD",
            ParameterKind::Process => "nt!_EPROCESS",
            ParameterKind::Kprcb => "nt!_KPRCB",
            ParameterKind::UnicodeString => "nt!_UNICODE_STRING",
            ParameterKind::Structure(name) => name,
            _ => return None,
        })
    }
}
