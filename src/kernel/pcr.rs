//! KPCR: what a processor keeps at gs, around its KPRCB.

use super::processor::Processor;
use crate::debuggee::{Lack, Object};

/// The control region of a processor.
#[derive(Clone)]
pub struct Pcr<'s>(Object<'s>);

impl<'s> Pcr<'s> {
    /// That of a processor: its KPRCB is a part of it.
    ///
    /// # Errors
    /// Where the layout of `_KPCR` is not known.
    pub fn of(processor: &Processor<'s>) -> Result<Pcr<'s>, Lack> {
        processor.object().container("nt!_KPCR", "Prcb").map(Pcr)
    }

    /// Its address.
    pub fn address(&self) -> u64 {
        self.0.address()
    }

    /// Major and minor version.
    pub fn version(&self) -> Result<(u64, u64), Lack> {
        Ok((self.0.field("MajorVersion")?.u64()?, self.0.field("MinorVersion")?.u64()?))
    }

    /// A member of its beginning read as the NT_TIB that 32-bit Windows kept there. On x64 other things lie in the same
    /// place.
    pub fn tib(&self, member: &str) -> Result<u64, Lack> {
        self.0.field(&format!("NtTib.{member}"))?.u64()
    }

    /// The address that it gives as its own.
    pub fn own_address(&self) -> Result<u64, Lack> {
        self.0.field("Self")?.u64()
    }

    /// The IRQL as it stands here; x64 keeps it in cr8.
    pub fn irql(&self) -> Result<u64, Lack> {
        self.0.field("Irql")?.u64()
    }

    /// Address of the interrupt descriptor table.
    pub fn idt_base(&self) -> Result<u64, Lack> {
        self.0.field("IdtBase")?.u64()
    }

    /// Address of the global descriptor table.
    pub fn gdt_base(&self) -> Result<u64, Lack> {
        self.0.field("GdtBase")?.u64()
    }

    /// Address of the task state segment.
    pub fn tss_base(&self) -> Result<u64, Lack> {
        self.0.field("TssBase")?.u64()
    }

    /// A stack of the interrupt stack table, 1 to 7: where the processor begins when it takes such an interrupt.
    pub fn interrupt_stack(&self, index: u64) -> Result<u64, Lack> {
        self.0.field("TssBase")?.pointee_as("nt!_KTSS64")?.field("Ist")?.index(index)?.u64()
    }
}
