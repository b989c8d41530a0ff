//! The storage port (storport): host adapters, the units behind them, and the requests that are on their way.
//!
//! The types are those of storport's own symbols, public since Windows 7. Adapters and units are found by way of the devices of
//! its miniports, so that no variable of storport is needed; which devices these are is known without any symbols.

mod adapter;
mod port_device;
mod request;
mod unit;

pub use adapter::StorageAdapter;
pub use port_device::PortDevice;
pub use request::{StorageRequest, function_name};
pub use unit::StorageUnit;

use super::device_object::DeviceObject;
use crate::debuggee::{Lack, Object};

/// The extension of a device as an object of a type, where that says itself that it belongs to the device.
fn extension<'s>(device: &DeviceObject<'s>, ty: &str) -> Result<Object<'s>, Lack> {
    let at = device.number("DeviceExtension")?;
    let object = device.object().scope().object(ty, at)?;
    match object.field("DeviceObject")?.u64()? == device.address() {
        true => Ok(object),
        false => Err(Lack::Shape { what: object.what(), wanted: "extension of that device" }),
    }
}

/// An enumerator without what all of its enumeration begin with; a value without a name is shown as a number.
fn word(value: &Object<'_>, prefix: &str) -> Result<String, Lack> {
    let number = value.u64()?;
    let name = value.enum_name().unwrap_or_default();
    Ok(name.map_or_else(|| number.to_string(), |name| name.strip_prefix(prefix).unwrap_or(&name).to_owned()))
}
