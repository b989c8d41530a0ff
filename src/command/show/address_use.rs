//! What an address belongs to, in a word.

use crate::kernel::AddressUse;
use crate::unwind::StackKind;

/// The words for what an address belongs to: for JSON, and for the text.
pub fn usage(used: &AddressUse<'_>) -> (&'static str, &'static str) {
    match used {
        AddressUse::Module(_) => ("module", "Module"),
        AddressUse::SharedData { .. } => ("shared_data", "KUSER_SHARED_DATA"),
        AddressUse::PageTables(_) => ("page_tables", "Page Tables"),
        AddressUse::PageFrames { .. } => ("page_frames", "PFN Database"),
        AddressUse::Stack(_) => ("stack", "Stack"),
        AddressUse::ProcessorStack { stack, .. } => match stack.kind {
            StackKind::Dpc => ("dpc_stack", "DPC stack"),
            _ => ("interrupt_stack", "Interrupt stack"),
        },
        AddressUse::Processor { .. } => ("processor", "Processor (KPRCB)"),
        AddressUse::Region(_) => ("region", "Region (nothing tells what is there)"),
        AddressUse::Pool(_) => ("pool", "Pool"),
        AddressUse::Vad(..) => ("vad", "VAD"),
        AddressUse::Unloaded(_) => {
            ("unloaded_module", "Unloaded module (something else may be there by now)")
        }
        AddressUse::NotCanonical => ("not_canonical", "None: the address is not canonical"),
    }
}
