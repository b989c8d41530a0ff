//! What facts say of a module: its name, its file, and who made it.

use super::fact::Fact;
use crate::debuggee::{Maker, Module, Target};

/// Inbox drivers that call into drivers written for them: who calls them, and who is called by them, is somebody else
/// (<https://learn.microsoft.com/windows-hardware/drivers/gettingstarted/minidrivers-and-driver-pairs>).
const LIBRARIES: [&str; 22] = [
    "dxgkrnl", "dxgmms1", "dxgmms2", "watchdog", "ndis", "storport", "scsiport", "ataport", "classpnp",
    "wdf01000", "ucx01000", "usbport", "ks", "portcls", "hidclass", "fltmgr", "netio", "tcpip", "tdx",
    "videoprt", "mouclass", "kbdclass",
];

/// Who made a module, in the words of the rules: `kernel`, `inbox`, `third_party`, `unknown`.
pub fn origin_word(target: &Target, module: &Module) -> &'static str {
    let is_kernel = target.kernel_base() == Some(module.base);
    if is_kernel || module.name.eq_ignore_ascii_case("hal") {
        return "kernel";
    }
    match target.origin(module).maker {
        Maker::Windows | Maker::Copy => "inbox",
        Maker::ThirdParty => "third_party",
        Maker::Unknown => "unknown",
    }
}

/// The same of a module that is known by the name of its file alone, such as one that was unloaded.
pub fn name_origin_word(file: &str) -> &'static str {
    match Target::maker_by_name(file) {
        Maker::Windows | Maker::Copy => "inbox",
        Maker::ThirdParty => "third_party",
        Maker::Unknown => "unknown",
    }
}

/// Whether it is an inbox driver that stands between Windows and drivers of its class.
pub fn is_library(name: &str) -> bool {
    LIBRARIES.iter().any(|library| library.eq_ignore_ascii_case(name))
}

/// The module that covers an address.
pub fn at(target: &Target, address: u64) -> Option<&Module> {
    target.modules().at(address)
}

/// Adds to a fact which module lies at an address, with whose it is and the place in it: `nt+0x3f2151`.
pub fn described(fact: Fact, target: &Target, address: u64) -> Fact {
    match at(target, address) {
        Some(module) => fact
            .with("module", module.name.as_str())
            .with("image", module.image_name.as_str())
            .with("origin", origin_word(target, module))
            .with("library", is_library(&module.name))
            .with("place", place(target, address)),
        None => fact.with("origin", "none").with("place", format!("{address:016x}")),
    }
}

/// An address as text: by its symbol where there is one, else by its module, else in digits.
pub fn place(target: &Target, address: u64) -> String {
    target.name_address(address).map_or_else(|| format!("{address:016x}"), |named| named.text())
}
