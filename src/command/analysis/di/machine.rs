//! The machine: maker, model, processor, memory.

use crate::debuggee::{Lack, Scope, Target};
use crate::kernel::{Cpu, Processor};
use crate::output::{Cell, Line, Record, Role};

/// Maker, model and processor, a line each; what the tagged data do not tell of the processor the kernel knows.
pub(super) fn record(target: &Target, scope: &Scope<'_>) -> Record {
    let hardware = target.dump().map(|dump| dump.tagged().hardware()).unwrap_or_default();
    let firmware = hardware.firmware.unwrap_or_default();
    let named = |name: Option<String>| Cell::new(name).absent("unknown").role(Role::Value);
    let told = hardware.cpu.and_then(|cpu| cpu.name.or(cpu.identifier));
    let processor = match told {
        Some(name) => Cell::new(name),
        None => Cell::new(noted(scope)).mark("unknown"),
    };
    Record::new("machine")
        .line(Line::new().label("SystemManufacturer = "))
        .cell("manufacturer", named(firmware.manufacturer))
        .line(Line::new().label("SystemProductName = "))
        .cell("product", named(firmware.product))
        .line(Line::new().label("Processor: "))
        .cell("processor", processor.role(Role::Value))
}

/// The first processor as the kernel noted it, in the registry's words.
fn noted(scope: &Scope<'_>) -> Result<String, Lack> {
    let processor = Processor::numbered(scope, 0)?;
    let cpu = Cpu::of(&processor);
    let (family, model, stepping) = (cpu.family()?, cpu.model()?, cpu.stepping()?);
    Ok(format!("{} Family {family} Model {model} Stepping {stepping}", cpu.vendor()?))
}
