//! FILE_OBJECT: an open file, pipe or device.

use super::object_header::ObjectHeader;
use crate::debuggee::{Lack, Object, Scope};

/// An open file. Every getter reads one fact and says why where it cannot.
#[derive(Clone)]
pub struct FileObject<'s>(Object<'s>);

impl<'s> FileObject<'s> {
    /// The file object at an address.
    ///
    /// # Errors
    /// Where no layout of `_FILE_OBJECT` is at hand.
    pub fn at(scope: &'s Scope<'s>, address: u64) -> Result<FileObject<'s>, Lack> {
        scope.object("nt!_FILE_OBJECT", address).map(FileObject)
    }

    /// The path behind the device, as it was opened.
    pub fn file_name(&self) -> Result<String, Lack> {
        self.0.field("FileName")?.text()
    }

    /// Address of the device object.
    pub fn device(&self) -> Result<u64, Lack> {
        self.0.field("DeviceObject")?.u64()
    }

    /// The name of the device object: `HarddiskVolume4`.
    pub fn device_name(&self) -> Result<String, Lack> {
        ObjectHeader::of_body(self.0.scope(), self.device()?)?.name()
    }
}
