//! What a processor is: maker, model, features, place among its neighbours.

use super::processor::Processor;
use crate::debuggee::{Lack, Object};

/// The identity of a processor, from its KPRCB.
#[derive(Clone)]
pub struct Cpu<'s>(Object<'s>);

impl<'s> Cpu<'s> {
    /// That of a processor.
    pub fn of(processor: &Processor<'s>) -> Cpu<'s> {
        Cpu(processor.object().clone())
    }

    /// Family, as CPUID gives it.
    pub fn family(&self) -> Result<u64, Lack> {
        self.0.field("CpuType")?.u64()
    }

    /// Model, the extended part included.
    pub fn model(&self) -> Result<u64, Lack> {
        self.0.field("CpuModel")?.u64()
    }

    /// Stepping.
    pub fn stepping(&self) -> Result<u64, Lack> {
        self.0.field("CpuStepping")?.u64()
    }

    /// The maker's name: `GenuineIntel`, `AuthenticAMD`.
    pub fn vendor(&self) -> Result<String, Lack> {
        self.0.field("VendorString")?.text()
    }

    /// Its speed when Windows started, in MHz.
    pub fn mhz(&self) -> Result<u64, Lack> {
        self.0.field("MHz")?.u64()
    }

    /// The revision of its microcode (MSR 8B).
    pub fn update_signature(&self) -> Result<u64, Lack> {
        self.0.field("UpdateSignature")?.u64()
    }

    /// What it can do: the KF_ bits.
    pub fn features(&self) -> Result<u64, Lack> {
        self.0.field("FeatureBits")?.u64()
    }

    /// What kind of core it is among those of the computer: 0 for the slowest, or where all are alike.
    pub fn architecture_class(&self) -> Result<u64, Lack> {
        // Renamed in 1709.
        self.0.first_of(&["PowerState.ArchitecturalEfficiencyClass", "PowerState.EfficiencyClass"])?.u64()
    }

    /// Its number on the interrupt bus.
    pub fn apic_id(&self) -> Result<u64, Lack> {
        self.0.field("InitialApicId")?.u64()
    }

    /// The processors of its group that are threads of the same core, itself included: a bit for each.
    pub fn smt_set(&self) -> Result<u64, Lack> {
        // Windows 10 renamed it.
        self.0.first_of(&["CoreProcessorSet", "MultiThreadProcessorSet"])?.u64()
    }

    /// The processors of its node that the scheduler counts as idle: a bit for each.
    pub fn idle_set(&self) -> Result<u64, Lack> {
        // Windows 11 divided nodes.
        let node = self.0.first_of(&["SchedulerSubNode", "ParentNode"])?;
        let ty = if self.0.has("SchedulerSubNode") { "nt!_KSCHEDULER_SUBNODE" } else { "nt!_KNODE" };
        node.pointee_as(ty)?.field("IdleCpuSet")?.u64()
    }

    /// Cores in its package.
    pub fn cores(&self) -> Result<u64, Lack> {
        self.0.field("CoresPerPhysicalProcessor")?.u64()
    }

    /// Threads in a core.
    pub fn threads_per_core(&self) -> Result<u64, Lack> {
        self.0.field("LogicalProcessorsPerCore")?.u64()
    }
}
