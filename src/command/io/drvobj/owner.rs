//! Whose a driver's routines are.

use crate::debuggee::Scope;
use crate::kernel::DriverObject;

/// Whose a routine is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// There is none.
    None,
    /// The driver's own.
    Driver,
    /// The kernel's: what stands where a driver has no routine.
    Kernel,
    /// That of a driver whose work it is to dispatch for others: which.
    Library(String),
    /// Somebody else's: whose.
    Stranger(String),
    /// The driver has no image of its own, so that nobody's would be out of place.
    Unknown,
}

impl Owner {
    /// A word for JSON.
    pub fn word(&self) -> &'static str {
        match self {
            Owner::None => "none",
            Owner::Driver => "driver",
            Owner::Kernel => "kernel",
            Owner::Library(_) => "library",
            Owner::Stranger(_) => "other",
            Owner::Unknown => "unknown",
        }
    }
}

/// Port, class and framework drivers of Windows that fill in the dispatch routines of the drivers above or below them, by
/// the driver kit's documentation (<https://learn.microsoft.com/windows-hardware/drivers/gettingstarted/minidrivers-and-driver-pairs>
/// and the chapters of each class).
const LIBRARIES: [(&str, &str); 28] = [
    ("storport", "storage port driver"),
    ("scsiport", "storage port driver"),
    ("ataport", "ATA port driver"),
    ("classpnp", "storage class driver"),
    ("portcls", "audio port class driver"),
    ("ks", "kernel streaming"),
    ("stream", "streaming class driver"),
    ("bdasup", "broadcast streaming"),
    ("ndis", "network driver library"),
    ("hidclass", "HID class driver"),
    ("usbport", "USB port driver"),
    ("usbhub3", "USB hub library"),
    ("bthport", "Bluetooth port driver"),
    ("videoprt", "video port driver"),
    ("dxgkrnl", "graphics port driver"),
    ("wdf01000", "driver framework"),
    ("sdport", "SD port driver"),
    ("sdbus", "SD bus library"),
    ("tape", "tape class driver"),
    ("mcd", "changer class driver"),
    ("smclib", "smart card library"),
    ("smbclass", "SMBus class driver"),
    ("rdbss", "redirector library"),
    ("vmbkmcl", "VMBus client library"),
    ("usbd", "USB library"),
    ("mpio", "multipath driver"),
    ("netadaptercx", "network adapter class extension"),
    ("hal", "hardware abstraction layer"),
];

/// The image of a driver.
pub struct Own<'s> {
    scope: &'s Scope<'s>,
    image: Option<(u64, u64)>,
}

impl<'s> Own<'s> {
    /// That of a driver.
    pub fn of(scope: &'s Scope<'s>, driver: &DriverObject<'s>) -> Own<'s> {
        // Drivers that IoCreateDriver makes have none.
        let image = driver.image().ok().filter(|(start, end)| *start != 0 && end > start);
        Own { scope, image }
    }

    /// Whose a routine is.
    pub fn owner(&self, routine: u64) -> Owner {
        if routine == 0 {
            return Owner::None;
        }
        let (start, end) = self.image.unwrap_or_default();
        if (start..end).contains(&routine) {
            return Owner::Driver;
        }
        let Some(module) = self.scope.target().modules().at(routine) else {
            return Owner::Stranger("in no loaded module".to_owned());
        };
        if self.scope.target().kernel_base() == Some(module.base) {
            return Owner::Kernel;
        }
        let library = LIBRARIES.iter().find(|(name, _)| module.name.eq_ignore_ascii_case(name));
        match (library, self.image) {
            (Some((_, what)), _) => Owner::Library((*what).to_owned()),
            (None, None) => Owner::Unknown,
            (None, Some(_)) => Owner::Stranger(format!("in {}", module.name)),
        }
    }
}
