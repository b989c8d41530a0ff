//! What the I/O manager tells drivers: that the system shuts down, that there is another file system.

use super::super::device_object::DeviceObject;
use super::super::driver_object::DriverObject;
use super::record::{Record, ring, variable};
use super::{Callback, CallbackKind, Callbacks, Detail};
use crate::debuggee::{Lack, Scope};

/// Behind the links, a device (of a shutdown), or a driver and its routine (of a file system). The same in every 64-bit
/// Windows.
const TOLD: u64 = 0x10;
const ROUTINE: u64 = 0x18;
/// IRP_MJ_SHUTDOWN of wdm.h.
const SHUTDOWN: u64 = 0x10;

/// Devices whose drivers are sent IRP_MJ_SHUTDOWN (IoRegisterShutdownNotification).
pub(super) fn devices(scope: &Scope<'_>) -> Result<Callbacks, Lack> {
    shutdown(scope, CallbackKind::Shutdown, "nt!IopNotifyShutdownQueueHead")
}

/// The same after the file systems are gone (IoRegisterLastChanceShutdownNotification).
pub(super) fn last(scope: &Scope<'_>) -> Result<Callbacks, Lack> {
    shutdown(scope, CallbackKind::LastShutdown, "nt!IopNotifyLastChanceShutdownQueueHead")
}

fn shutdown(scope: &Scope<'_>, kind: CallbackKind, head: &str) -> Result<Callbacks, Lack> {
    ring(scope, variable(scope, &[head])?, "shutdown packet", |record| vec![of_device(record, kind)])
}

fn of_device(record: Record<'_>, kind: CallbackKind) -> Result<Callback, Lack> {
    let at = record.pointer(TOLD)?;
    let device = DeviceObject::at(record.scope(), at)?;
    if !device.is_device()? {
        return Err(record.refused());
    }
    let routine = device.driver()?.major_function(SHUTDOWN)?;
    Ok(Callback { kind, record: record.at, routine, context: None, detail: Some(Detail::Device(at)) })
}

/// Drivers that are told of file systems (IoRegisterFsRegistrationChange).
pub(super) fn file_systems(scope: &Scope<'_>) -> Result<Callbacks, Lack> {
    let head = variable(scope, &["nt!IopFsNotifyChangeQueueHead"])?;
    ring(scope, head, "file system notification", |record| vec![of_driver(record)])
}

fn of_driver(record: Record<'_>) -> Result<Callback, Lack> {
    let at = record.pointer(TOLD)?;
    if !DriverObject::at(record.scope(), at)?.is_driver()? {
        return Err(record.refused());
    }
    Ok(Callback {
        kind: CallbackKind::FileSystem,
        record: record.at,
        routine: record.pointer(ROUTINE)?,
        context: None,
        detail: Some(Detail::Driver(at)),
    })
}
