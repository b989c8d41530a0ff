//! FILE_OBJECT: an open file, pipe or device.

use super::irp::Irp;
use super::object_header::ObjectHeader;
use crate::debuggee::{Lack, Object, Scope};

/// An open file. Every getter reads one fact and says why where it cannot.
#[derive(Clone)]
pub struct FileObject<'s>(Object<'s>);

/// IO_TYPE_FILE of wdm.h.
const TYPE: u64 = 5;

impl<'s> FileObject<'s> {
    /// The file object at an address.
    ///
    /// # Errors
    /// Where no layout of `_FILE_OBJECT` is at hand.
    pub fn at(scope: &'s Scope<'s>, address: u64) -> Result<FileObject<'s>, Lack> {
        scope.object("nt!_FILE_OBJECT", address).map(FileObject)
    }

    /// The object itself.
    pub fn object(&self) -> &Object<'s> {
        &self.0
    }

    /// Its address.
    pub fn address(&self) -> u64 {
        self.0.address()
    }

    /// Whether what lies there is a file object.
    pub fn is_file(&self) -> Result<bool, Lack> {
        Ok(self.0.field("Type")?.u64()? == TYPE)
    }

    /// A pointer or a number of its own: `Flags`, `Vpb`, `CurrentByteOffset` ...
    pub fn number(&self, member: &str) -> Result<u64, Lack> {
        self.0.field(member)?.u64()
    }

    /// The requests that wait for it; what is wrong with the list comes last.
    ///
    /// # Errors
    /// Where the types are not known.
    pub fn irps(&self) -> Result<impl Iterator<Item = Result<Irp<'s>, Lack>> + use<'s>, Lack> {
        let scope = self.0.scope();
        let head = self.0.field("IrpList")?;
        // A head that was never made has no requests.
        let is_list = head.field("Flink")?.u64()? != 0;
        let irps = head.list("nt!_IRP", "ThreadListEntry")?;
        Ok(irps.take_while(move |_| is_list).map(move |irp| Irp::at(scope, irp?.address())))
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
