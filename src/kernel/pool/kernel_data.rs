//! The kernel's own variables, quadword by quadword: where no symbols name what stands in them, their content has to tell.

use super::header::PAGE;
use crate::debuggee::{Lack, Scope};
use crate::memory::Memory as _;
use crate::util::bounded::u64_at;
use std::ops::ControlFlow;

/// The most bytes of variables that are looked at: kernels have a few megabytes.
const MOST: u64 = 64 << 20;

/// Tells `visit` the address and the value of every quadword in the writable sections of the kernel's image, until that breaks.
/// Nothing is told where the image's headers, or the pages, are not in the dump.
///
/// # Errors
/// [`Lack::Stopped`].
pub(super) fn each_quadword(
    scope: &Scope<'_>,
    visit: &mut dyn FnMut(u64, u64) -> ControlFlow<()>,
) -> Result<(), Lack> {
    let Some(kernel) = scope.modules().named("nt") else { return Ok(()) };
    let Ok(image) = scope.target().image(kernel) else { return Ok(()) };
    let mut left = MOST;
    for section in image.headers().sections.iter().filter(|section| section.is_writable()) {
        let start = kernel.base.saturating_add(section.rva.into());
        let end = start.saturating_add(section.memory_size().into()).min(kernel.end());
        let mut at = start;
        while at < end && left > 0 {
            scope.check()?;
            let next = (at & !(PAGE - 1)).saturating_add(PAGE).min(end);
            let mut bytes = vec![0; usize::try_from(next.saturating_sub(at)).unwrap_or(0)];
            let (filled, _) = scope.memory().read_partial(at, &mut bytes);
            let bytes = bytes.get(..filled).unwrap_or_default();
            for offset in (0..filled).step_by(8) {
                let Some(value) = u64_at(bytes, offset) else { break };
                if visit(at + offset as u64, value).is_break() {
                    return Ok(());
                }
            }
            left = left.saturating_sub(PAGE);
            at = next;
        }
    }
    Ok(())
}

/// Whether a value could point to a page of kernel memory: heaps and tables begin on one.
pub(super) fn is_kernel_page(value: u64) -> bool {
    value >> 47 == 0x1_FFFF && value & (PAGE - 1) == 0
}
