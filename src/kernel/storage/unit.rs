//! _RAID_UNIT_EXTENSION: a unit behind a host adapter, a disk mostly.

use super::request::StorageRequest;
use super::word;
use crate::debuggee::{Lack, Object, Scope};
use crate::kernel::Irp;

/// A unit behind a host adapter.
pub struct StorageUnit<'s>(pub(super) Object<'s>);

/// Queues of requests that a unit may have: one a processor, of which Windows has this many at most on x64.
const MOST_QUEUES: u64 = 2048;
/// Flags that tell that something is wrong with it, or that it is going away.
const TROUBLE: [&str; 7] = [
    "Unresponsive",
    "DeviceFailed",
    "Zombie",
    "RescanNeeded",
    "PoweringUp",
    "PoweringDown",
    "DisabledPendingTimer",
];

impl<'s> StorageUnit<'s> {
    /// The name of its type.
    pub const TYPE: &'static str = "storport!_RAID_UNIT_EXTENSION";

    /// The unit whose extension lies at an address.
    ///
    /// # Errors
    /// The symbols of storport are not known.
    pub fn at(scope: &'s Scope<'s>, address: u64) -> Result<StorageUnit<'s>, Lack> {
        scope.object(StorageUnit::TYPE, address).map(StorageUnit)
    }

    /// The address of its extension.
    pub fn address(&self) -> u64 {
        self.0.address()
    }

    /// A pointer or a number of its own: `DeviceObject`, `MaxQueueDepth` ...
    pub fn number(&self, member: &str) -> Result<u64, Lack> {
        self.0.field(member)?.u64()
    }

    /// Its bus, target and number there.
    pub fn place(&self) -> Result<(u64, u64, u64), Lack> {
        let part = |new: &str, old: &str| self.0.first_of(&[new, old])?.u64();
        Ok((
            part("StorAddressBTL8.Path", "Address.PathId")?,
            part("StorAddressBTL8.Target", "Address.TargetId")?,
            part("StorAddressBTL8.Lun", "Address.Lun")?,
        ))
    }

    /// Who made it, what it is and its revision, as its inquiry data say.
    pub fn inquiry(&self) -> Result<[String; 3], Lack> {
        let data = self.0.field("Identity.InquiryData")?.pointee()?;
        let text = |member: &str| {
            let bytes = data.field(member)?.bytes(64)?;
            Ok(String::from_utf8_lossy(&bytes).trim_matches(['\0', ' ']).to_owned())
        };
        Ok([text("VendorId")?, text("ProductId")?, text("ProductRevisionLevel")?])
    }

    /// `Working`, `Stopped`, `SurpriseRemoval` ...
    pub fn state(&self) -> Result<String, Lack> {
        word(&self.0.field("DeviceState")?, "DeviceState")
    }

    /// Its power state: PowerDeviceD0 is 1.
    pub fn power(&self) -> Result<u64, Lack> {
        self.number("Power.DeviceState")
    }

    /// What is wrong with it, by the names of its flags.
    pub fn trouble(&self) -> Result<Vec<&'static str>, Lack> {
        let flags = self.0.field("Flags")?;
        let set = TROUBLE.iter().filter_map(|name| match flags.field(name).ok()?.is_set() {
            Ok(true) => Some(Ok(*name)),
            Ok(false) => None,
            Err(why) => Some(Err(why)),
        });
        set.collect()
    }

    /// A number of its queue: `PauseCount`, `BusyCount`, `Frozen` ...
    pub fn queue(&self, member: &str) -> Result<u64, Lack> {
        self.0.field("IoQueue.DeviceQueue")?.field(member)?.u64()
    }

    /// Requests that wait for it; what is wrong with the list comes last.
    ///
    /// # Errors
    /// The types are not known.
    pub fn waiting(&self) -> Result<impl Iterator<Item = Result<Irp<'s>, Lack>> + use<'s>, Lack> {
        let scope = self.0.scope();
        let list = self.0.field("IoQueue.DeviceQueue.DeviceList")?;
        let irps = list.list("nt!_IRP", "Tail.Overlay.DeviceQueueEntry")?;
        Ok(irps.map(|irp| Irp::at(scope, irp?.address())))
    }

    /// The requests that the miniport has; what is wrong with a queue comes where it is. There is a queue a processor, as
    /// many as look like one: whose head its first entry points back to.
    ///
    /// # Errors
    /// The types are not known; the queues cannot be read.
    pub fn outstanding(&self) -> Result<Vec<Result<StorageRequest<'s>, Lack>>, Lack> {
        let queue = self.0.field("PendingQueue")?;
        let queue = queue.pointee().or_else(|why| match why {
            // Up to Windows 8.1 the queue is a part of the unit.
            Lack::Shape { .. } => Ok(queue),
            why => Err(why),
        })?;
        let mut found = Vec::new();
        let Ok(first) = queue.field("Queues[0]") else {
            let list = queue.field("List")?.list(StorageRequest::TYPE, StorageRequest::LINK)?;
            return Ok(list.map(|request| request.map(StorageRequest)).collect());
        };
        let size = first.size().filter(|&size| size > 0);
        let size = size.ok_or_else(|| Lack::Shape { what: first.what(), wanted: "type of a known size" })?;
        for index in 0..MOST_QUEUES {
            self.0.scope().check()?;
            let head = first.moved_to(first.address().wrapping_add(index * size)).field("List")?;
            if index > 0 && !is_head(&head) {
                break;
            }
            let list = head.list(StorageRequest::TYPE, StorageRequest::LINK)?;
            found.extend(list.map(|request| request.map(StorageRequest)));
        }
        Ok(found)
    }
}

/// Whether a LIST_ENTRY is the head of a list: what it leads to leads back to it.
fn is_head(entry: &Object<'_>) -> bool {
    let back = entry.field("Flink").and_then(|next| entry.moved_to(next.u64()?).field("Blink")?.u64());
    back.is_ok_and(|back| back == entry.address())
}
