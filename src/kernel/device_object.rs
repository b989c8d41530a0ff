//! DEVICE_OBJECT: a device as a driver serves it.

use super::driver_object::DriverObject;
use super::object_header::ObjectHeader;
use crate::debuggee::{Lack, Object, Scope};
use crate::util::links::Broken;

/// A device object. Every getter reads one fact and says why where it cannot.
#[derive(Clone)]
pub struct DeviceObject<'s>(Object<'s>);

/// IO_TYPE_DEVICE of wdm.h.
const TYPE: u64 = 3;

/// A stack of devices, the top first, and what is wrong with its links.
pub struct DeviceStack<'s> {
    /// The devices.
    pub devices: Vec<DeviceObject<'s>>,
    /// Why what is above the first is not known.
    pub above: Option<Lack>,
    /// Why what is below the last is not known.
    pub below: Option<Lack>,
}

impl<'s> DeviceObject<'s> {
    /// The device object at an address.
    ///
    /// # Errors
    /// Where no layout of `_DEVICE_OBJECT` is at hand.
    pub fn at(scope: &'s Scope<'s>, address: u64) -> Result<DeviceObject<'s>, Lack> {
        scope.object("nt!_DEVICE_OBJECT", address).map(DeviceObject)
    }

    /// The object itself.
    pub fn object(&self) -> &Object<'s> {
        &self.0
    }

    /// Its address.
    pub fn address(&self) -> u64 {
        self.0.address()
    }

    /// Whether what lies there is a device object.
    pub fn is_device(&self) -> Result<bool, Lack> {
        Ok(self.0.field("Type")?.u64()? == TYPE)
    }

    /// The driver that serves it.
    pub fn driver(&self) -> Result<DriverObject<'s>, Lack> {
        let driver = self.0.field("DriverObject")?;
        match driver.u64()? {
            0 => Err(Lack::Null { what: driver.what() }),
            at => DriverObject::at(self.0.scope(), at),
        }
    }

    /// The name of that: `\Driver\disk`.
    pub fn driver_name(&self) -> Result<String, Lack> {
        self.driver()?.name()
    }

    /// Its name in its directory; [`Lack::Null`] for a device without one.
    pub fn name(&self) -> Result<String, Lack> {
        ObjectHeader::of_body(self.0.scope(), self.address())?.name()
    }

    /// A pointer or a number of its own: `CurrentIrp`, `Flags`, `Vpb` ...
    pub fn number(&self, member: &str) -> Result<u64, Lack> {
        self.0.field(member)?.u64()
    }

    /// DEVOBJ_EXTENSION, which the I/O manager keeps for it.
    fn extension(&self) -> Result<Object<'s>, Lack> {
        self.0.field("DeviceObjectExtension")?.pointee_as("nt!_DEVOBJ_EXTENSION")
    }

    /// A pointer or a number of that: `ExtensionFlags`, `DeviceNode`, `AttachedTo`.
    pub fn extended(&self, member: &str) -> Result<u64, Lack> {
        self.extension()?.field(member)?.u64()
    }

    /// The device that is attached to this one, above it; 0 for the top of a stack.
    pub fn upper(&self) -> Result<u64, Lack> {
        self.0.field("AttachedDevice")?.u64()
    }

    /// The device that this one is attached to, below it; 0 for the bottom of a stack.
    pub fn lower(&self) -> Result<u64, Lack> {
        self.extended("AttachedTo")
    }

    /// The devices above this one, upwards; what is wrong with the links comes last.
    pub fn upwards(&self) -> impl Iterator<Item = Result<DeviceObject<'s>, Lack>> + use<'s> {
        self.along("the devices above", DeviceObject::upper)
    }

    /// The devices below this one, downwards; what is wrong with the links comes last.
    pub fn downwards(&self) -> impl Iterator<Item = Result<DeviceObject<'s>, Lack>> + use<'s> {
        self.along("the devices below", DeviceObject::lower)
    }

    /// The devices that a link leads to, one from the other.
    fn along(
        &self,
        what: &'static str,
        link: fn(&DeviceObject<'s>) -> Result<u64, Lack>,
    ) -> impl Iterator<Item = Result<DeviceObject<'s>, Lack>> + use<'s> {
        let (object, device) = (self.0.clone(), self.0.clone());
        let next = move |at: u64| link(&DeviceObject(object.moved_to(at)));
        let steps = self.0.scope().steps(self.address(), what, next);
        steps.skip(1).map(move |at| at.map(|at| DeviceObject(device.moved_to(at))))
    }

    /// All devices of its stack. A device that cannot be read is listed: its neighbour says where it lies.
    pub fn stack(&self) -> DeviceStack<'s> {
        let mut stack = DeviceStack { devices: Vec::new(), above: None, below: None };
        for device in self.upwards() {
            match device {
                Ok(device) => stack.devices.push(device),
                Err(why) => stack.above = Some(why),
            }
        }
        stack.devices.reverse();
        stack.devices.push(self.clone());
        for device in self.downwards() {
            match device {
                // A stack whose links turn back to it.
                Ok(device) if stack.devices.iter().any(|known| known.address() == device.address()) => {
                    let what = "the devices below".to_owned();
                    stack.below = Some(Lack::List { what, why: Broken::Loop { at: device.address() } });
                    break;
                }
                Ok(device) => stack.devices.push(device),
                Err(why) => stack.below = Some(why),
            }
        }
        stack
    }

    /// Whether a request waits in its queue, or is worked at.
    pub fn is_busy(&self) -> Result<bool, Lack> {
        self.0.field("DeviceQueue.Busy")?.is_set()
    }

    /// The requests that wait in its queue, as addresses of their IRPs; what is wrong with the list comes last.
    ///
    /// # Errors
    /// Where the types are not known.
    pub fn queued(&self) -> Result<impl Iterator<Item = Result<u64, Lack>> + use<'s>, Lack> {
        let head = self.0.field("DeviceQueue.DeviceListHead")?;
        let irps = head.list("nt!_IRP", "Tail.Overlay.DeviceQueueEntry.DeviceListEntry")?;
        Ok(irps.map(|irp| irp.map(|irp| irp.address())))
    }
}
