//! Code that was not in memory: fetched at an IRQL at which nothing can be read back from disk.

use super::modules::described;
use super::scene::{Access, Scene};
use super::{Crash, Fact, Value};
use crate::kernel::Irql;
use crate::output::Action;

/// Sections so called may be paged out (public driver documentation, "Making drivers pageable").
const PAGEABLE: &str = "PAGE";
/// DISPATCH_LEVEL.
const DISPATCH: u64 = 2;

/// `paged_code`, where the code that could not be fetched is in a pageable section of its image.
pub(super) fn facts(crash: &Crash<'_>, scene: &Scene) -> Option<Fact> {
    let target = crash.scope.target();
    let fault = scene.fault.as_ref().filter(|fault| fault.access == Access::Execute)?;
    let [_, irql, ..] = crash.header.bug_check_parameters;
    // 0xFF says that interrupts were off, whatever the level was.
    let is_high =
        matches!(crash.code(), 0xa | 0xd1) && (irql == 0xff || irql >= DISPATCH && Irql::of(irql).is_some());
    let module = target.modules().at(fault.ip).filter(|_| is_high)?;
    let image = target.image(module).ok()?;
    let rva = u32::try_from(fault.ip.checked_sub(module.base)?).ok()?;
    let section = image.headers().section_of(rva).filter(|section| section.name.starts_with(PAGEABLE))?;
    let fact = Fact::new("paged_code")
        .with("address", Value::Address(fault.ip))
        .with("section", section.name.as_str())
        .with("irql", Value::Hex(irql));
    Some(described(fact, target, fault.ip).worded("evidence.paged_code").link(Action::Code(fault.ip)))
}
