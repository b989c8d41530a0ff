//! Whether two dumps are of one machine.

use super::super::facts::Crash;
use crate::debuggee::{Maker, ModuleKind};
use crate::kernel::{Cpu, Processor};
use std::collections::BTreeSet;

/// What tells one machine from another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Machine {
    /// The processor's name, where the tagged data have it.
    pub cpu: Option<String>,
    /// Vendor, family, model and stepping, as the kernel noted them.
    pub signature: Option<String>,
    /// Maker and model, where the tagged data have them.
    pub product: Option<String>,
    /// How many processors Windows used.
    pub processors: u32,
    /// The files of the third-party drivers that were loaded, in lower case.
    pub drivers: BTreeSet<String>,
}

/// What comparing two machines gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compared {
    /// Nothing tells them apart, and maker and model or the drivers are the same.
    Same,
    /// The processors differ.
    OtherProcessor,
    /// Maker or model differ.
    OtherProduct,
    /// The number of processors differs.
    OtherCount,
    /// It is a dump of the same crash: seen twice, it is no second witness.
    SameCrash,
    /// Too few drivers are the same, and nothing else says that it is one machine.
    Unknown,
}

impl Machine {
    /// The machine of a dump.
    pub fn of(crash: &Crash<'_>) -> Machine {
        let target = crash.scope.target();
        let hardware = target.dump().map(|dump| dump.tagged().hardware()).unwrap_or_default();
        let firmware = hardware.firmware.unwrap_or_default();
        let product = match (firmware.manufacturer, firmware.product) {
            (Some(maker), Some(product)) => Some(format!("{maker} {product}")),
            (maker, product) => product.or(maker),
        };
        let drivers = target.modules().iter().filter(|module| {
            module.kind == ModuleKind::Kernel && target.origin(module).maker == Maker::ThirdParty
        });
        Machine {
            cpu: hardware.cpu.and_then(|cpu| cpu.name),
            signature: signature(crash),
            product,
            processors: crash.header.processors,
            drivers: drivers.map(|module| module.image_name.to_ascii_lowercase()).collect(),
        }
    }

    /// Whether another dump is of this machine. Windows and drivers change; processor, board and most drivers stay.
    pub fn compare(&self, other: &Machine) -> Compared {
        let differ = |one: &Option<String>, two: &Option<String>| {
            one.as_ref().zip(two.as_ref()).is_some_and(|(one, two)| one != two)
        };
        let agree = |one: &Option<String>, two: &Option<String>| one.is_some() && one == two;
        if differ(&self.cpu, &other.cpu) || differ(&self.signature, &other.signature) {
            return Compared::OtherProcessor;
        }
        if differ(&self.product, &other.product) {
            return Compared::OtherProduct;
        }
        if self.processors != other.processors {
            return Compared::OtherCount;
        }
        let both = self.drivers.intersection(&other.drivers).count();
        let all = self.drivers.union(&other.drivers).count();
        let known = agree(&self.cpu, &other.cpu) || agree(&self.signature, &other.signature);
        match known && (agree(&self.product, &other.product) || all > 0 && both * 2 >= all) {
            true => Compared::Same,
            false => Compared::Unknown,
        }
    }
}

fn signature(crash: &Crash<'_>) -> Option<String> {
    let processor = Processor::numbered(crash.scope, 0).ok()?;
    let cpu = Cpu::of(&processor);
    let (family, model, stepping) = (cpu.family().ok()?, cpu.model().ok()?, cpu.stepping().ok()?);
    Some(format!("{} {family}/{model}/{stepping}", cpu.vendor().ok()?))
}
