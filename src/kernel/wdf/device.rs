//! FxDevice: a device of the framework.

use crate::debuggee::{Lack, Object, Scope};
use crate::kernel::DeviceObject;

/// A device of the framework.
pub struct WdfDevice<'s>(Object<'s>);

/// A handle is the address of its object with all bits turned but the lowest three, which are flags (the framework's published
/// sources, fxobject.hpp).
const HANDLE: u64 = !7;

impl<'s> WdfDevice<'s> {
    /// The name of its type.
    pub const TYPE: &'static str = "Wdf01000!FxDevice";

    /// The device that a handle stands for.
    ///
    /// # Errors
    /// The symbols of Wdf01000 are not known; what the handle leads to is no device.
    pub fn of_handle(scope: &'s Scope<'s>, handle: u64) -> Result<WdfDevice<'s>, Lack> {
        WdfDevice::at(scope, (handle & HANDLE) ^ HANDLE)
    }

    /// The device at an address, which its device object leads back to.
    ///
    /// # Errors
    /// As [`WdfDevice::of_handle`].
    pub fn at(scope: &'s Scope<'s>, address: u64) -> Result<WdfDevice<'s>, Lack> {
        let device = WdfDevice(scope.object(WdfDevice::TYPE, address)?);
        let own = device.number("m_DeviceObject")?;
        let back = WdfDevice::of(&DeviceObject::at(scope, own)?)?;
        match back.address() == address {
            true => Ok(device),
            false => Err(Lack::Shape { what: device.0.what(), wanted: "device of the framework" }),
        }
    }

    /// The device that a device object belongs to. Its extension is the first context of the device, and before every context
    /// stands what it belongs to.
    ///
    /// # Errors
    /// The symbols of Wdf01000 are not known; the device is not the framework's.
    pub fn of(device: &DeviceObject<'s>) -> Result<WdfDevice<'s>, Lack> {
        let scope = device.object().scope();
        let pattern = scope.object("Wdf01000!FxContextHeader", 0)?;
        let inside = pattern.field("Context")?.address();
        let header = pattern.moved_to(device.number("DeviceExtension")?.wrapping_sub(inside));
        let object = scope.object(WdfDevice::TYPE, header.field("Object")?.u64()?)?;
        match object.field("m_DeviceObject")?.u64()? == device.address() {
            true => Ok(WdfDevice(object)),
            false => Err(Lack::Shape { what: object.what(), wanted: "device of the framework" }),
        }
    }

    /// Its address.
    pub fn address(&self) -> u64 {
        self.0.address()
    }

    /// Its handle.
    pub fn handle(&self) -> u64 {
        self.0.address() ^ HANDLE
    }

    /// A pointer or a number of its own: `m_DeviceObject`, `m_PhysicalDevice` ...
    pub fn number(&self, member: &str) -> Result<u64, Lack> {
        self.0.field(member)?.u64()
    }

    /// What drives its Plug and Play: `WdfDevStatePnpStarted`, and the state as a number.
    pub fn pnp_state(&self) -> Result<(u64, Option<String>), Lack> {
        self.state("m_CurrentPnpState")
    }

    /// The same of its power.
    pub fn power_state(&self) -> Result<(u64, Option<String>), Lack> {
        self.state("m_CurrentPowerState")
    }

    /// The same of its power policy.
    pub fn policy_state(&self) -> Result<(u64, Option<String>), Lack> {
        self.state("m_CurrentPowerPolicyState")
    }

    fn state(&self, member: &str) -> Result<(u64, Option<String>), Lack> {
        let state = self.0.field(member)?;
        Ok((state.u64()?, state.enum_name().unwrap_or_default()))
    }
}
