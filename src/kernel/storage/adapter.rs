//! _RAID_ADAPTER_EXTENSION: a host adapter.

use super::port_device::PortDevice;
use super::unit::StorageUnit;
use super::{extension, word};
use crate::debuggee::{Lack, Object, Scope};
use crate::kernel::DriverObject;

/// A host adapter of the storage port.
pub struct StorageAdapter<'s>(Object<'s>);

impl<'s> StorageAdapter<'s> {
    /// The name of its type.
    pub const TYPE: &'static str = "storport!_RAID_ADAPTER_EXTENSION";

    /// The adapter that a device is.
    ///
    /// # Errors
    /// The symbols of storport are not known; it is no adapter.
    pub fn of(device: &PortDevice<'s>) -> Result<StorageAdapter<'s>, Lack> {
        let object = extension(&device.device, StorageAdapter::TYPE)?;
        match device.is_adapter()? {
            true => Ok(StorageAdapter(object)),
            false => Err(Lack::Shape { what: object.what(), wanted: "adapter" }),
        }
    }

    /// The adapter whose extension lies at an address.
    ///
    /// # Errors
    /// The symbols of storport are not known.
    pub fn at(scope: &'s Scope<'s>, address: u64) -> Result<StorageAdapter<'s>, Lack> {
        scope.object(StorageAdapter::TYPE, address).map(StorageAdapter)
    }

    /// The address of its extension.
    pub fn address(&self) -> u64 {
        self.0.address()
    }

    /// A pointer or a number of its own: `DeviceObject`, `Gateway.Outstanding` ...
    pub fn number(&self, member: &str) -> Result<u64, Lack> {
        self.0.field(member)?.u64()
    }

    /// `Working`, `Stopped`, `SurpriseRemoval` ...
    pub fn state(&self) -> Result<String, Lack> {
        word(&self.0.field("DeviceState")?, "DeviceState")
    }

    /// Its bus: `Sata`, `Nvme`, `Usb` ... (STORAGE_BUS_TYPE of ntddstor.h).
    pub fn bus(&self) -> Result<String, Lack> {
        word(&self.0.field("Parameters.BusType")?, "BusType")
    }

    /// Its power state: PowerDeviceD0 is 1.
    pub fn power(&self) -> Result<u64, Lack> {
        self.number("Power.DeviceState")
    }

    /// The driver: a miniport.
    pub fn driver(&self) -> Result<DriverObject<'s>, Lack> {
        let driver = self.0.field("Driver")?.pointee_as("storport!_RAID_DRIVER_EXTENSION")?;
        DriverObject::at(self.0.scope(), driver.field("DriverObject")?.u64()?)
    }

    /// Its units; what is wrong with the list comes last.
    ///
    /// # Errors
    /// The types are not known.
    pub fn units(&self) -> Result<impl Iterator<Item = Result<StorageUnit<'s>, Lack>> + use<'s>, Lack> {
        let units = self.0.field("UnitList.List")?.list(StorageUnit::TYPE, "NextUnit")?;
        Ok(units.map(|unit| unit.map(StorageUnit)))
    }
}
