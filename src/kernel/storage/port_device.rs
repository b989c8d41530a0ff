//! The devices of the storage port's miniports, which are known without symbols of storport.

use crate::debuggee::{Lack, Scope};
use crate::kernel::irp_function::INTERNAL_DEVICE_CONTROL;
use crate::kernel::{DeviceObject, DriverObject};

/// A device of a driver whose requests for devices (IRP_MJ_SCSI) go to storport.
pub struct PortDevice<'s> {
    /// The driver: a miniport.
    pub driver: DriverObject<'s>,
    /// The device.
    pub device: DeviceObject<'s>,
}

impl<'s> PortDevice<'s> {
    /// All of them, and why not all are known.
    ///
    /// # Errors
    /// No driver can be looked at; the search was stopped.
    pub fn all(scope: &'s Scope<'s>) -> Result<(Vec<PortDevice<'s>>, Option<Lack>), Lack> {
        let port = scope.target().modules().named("storport");
        let port = port.ok_or_else(|| Lack::NoTypes { module: "storport".to_owned() })?.base;
        let (mut found, mut lack) = (Vec::new(), None);
        for driver in DriverObject::all(scope)? {
            scope.check()?;
            let is_miniport = driver.major_function(INTERNAL_DEVICE_CONTROL).map(|routine| {
                scope.target().modules().at(routine).is_some_and(|module| module.base == port)
            });
            match is_miniport
                .and_then(|is_miniport| Ok(if is_miniport { Some(driver.devices()?) } else { None }))
            {
                Ok(None) => {}
                Ok(Some(devices)) => {
                    for device in devices {
                        match device.and_then(|at| DeviceObject::at(scope, at)) {
                            Ok(device) => {
                                let driver = DriverObject::at(scope, driver.address())?;
                                found.push(PortDevice { driver, device });
                            }
                            Err(Lack::Stopped) => return Err(Lack::Stopped),
                            Err(why) => lack = lack.or(Some(why)),
                        }
                    }
                }
                Err(why) => lack = lack.or(Some(why)),
            }
        }
        Ok((found, lack))
    }

    /// Whether it is an adapter, which stands above the device of its bus; a unit is the lowest of its stack.
    pub fn is_adapter(&self) -> Result<bool, Lack> {
        Ok(self.device.lower()? != 0)
    }
}
