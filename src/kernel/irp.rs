//! IRP: a request on its way through drivers. As much of it as the list of a thread's requests tells.

use super::thread::Thread;
use crate::debuggee::{Lack, Object, Scope};

/// A request. Every getter reads one fact and says why where it cannot.
#[derive(Clone)]
pub struct Irp<'s>(Object<'s>);

/// How far a request has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IrpState {
    /// Every driver has completed it.
    Completed,
    /// A driver has it and has said that it will complete it later.
    Pending,
    /// A driver has it.
    Active,
}

/// SL_PENDING_RETURNED of the public headers: the driver of a stack location has marked the request as pending.
const PENDING_RETURNED: u64 = 1;

impl<'s> Irp<'s> {
    /// The request at an address.
    ///
    /// # Errors
    /// Where no layout of `_IRP` is at hand.
    pub fn at(scope: &'s Scope<'s>, address: u64) -> Result<Irp<'s>, Lack> {
        scope.object("nt!_IRP", address).map(Irp)
    }

    /// The requests that a thread has begun and that have not ended; what is wrong with the list comes last.
    ///
    /// # Errors
    /// Where the types are not known.
    pub fn of_thread(
        thread: &Thread<'s>,
    ) -> Result<impl Iterator<Item = Result<Irp<'s>, Lack>> + use<'s>, Lack> {
        let irps = thread.object().field("IrpList")?.list("nt!_IRP", "ThreadListEntry")?;
        Ok(irps.map(|irp| irp.map(Irp)))
    }

    /// Address of the IRP.
    pub fn address(&self) -> u64 {
        self.0.address()
    }

    /// 6 in every request.
    pub fn kind(&self) -> Result<u64, Lack> {
        self.0.field("Type")?.u64()
    }

    /// Bytes of the request with its stack locations.
    pub fn size(&self) -> Result<u64, Lack> {
        self.0.field("Size")?.u64()
    }

    /// IRP_NOCACHE and the like.
    pub fn flags(&self) -> Result<u64, Lack> {
        self.0.field("Flags")?.u64()
    }

    /// Address of the memory descriptor list; 0 where there is none.
    pub fn mdl(&self) -> Result<u64, Lack> {
        self.0.field("MdlAddress")?.u64()
    }

    /// The number of the stack location of the driver that has it, counted from 1.
    pub fn current_location(&self) -> Result<u64, Lack> {
        self.0.field("CurrentLocation")?.u64()
    }

    /// How many stack locations it has.
    pub fn stack_count(&self) -> Result<u64, Lack> {
        self.0.field("StackCount")?.u64()
    }

    /// How far it has come.
    pub fn state(&self) -> Result<IrpState, Lack> {
        if self.current_location()? > self.stack_count()? {
            return Ok(IrpState::Completed);
        }
        let control = self.location()?.field("Control")?.u64()?;
        Ok(if control & PENDING_RETURNED == 0 { IrpState::Active } else { IrpState::Pending })
    }

    /// The stack location of the driver that has it.
    fn location(&self) -> Result<Object<'s>, Lack> {
        let number = self.0.field("CurrentLocation")?;
        let current = number.u64()?;
        if current == 0 || current > self.stack_count()? {
            return Err(Lack::Shape { what: number.what(), wanted: "number of a stack location" });
        }
        // The locations lie behind the request, the first driver's last.
        let first = self.0.address().wrapping_add(self.0.size().unwrap_or(0xd0));
        let location = self.0.scope().object("nt!_IO_STACK_LOCATION", first)?;
        let size = location.size().unwrap_or(0x48);
        Ok(location.moved_to(first.wrapping_add((current - 1) * size)))
    }

    /// Address of the device object that the driver that has it serves; 0 where there is none.
    pub fn device(&self) -> Result<u64, Lack> {
        self.location()?.field("DeviceObject")?.u64()
    }

    /// Address of the file object that the driver that has it was given; 0 where there is none.
    pub fn file(&self) -> Result<u64, Lack> {
        self.location()?.field("FileObject")?.u64()
    }

    /// Name of the driver that has it: `\Driver\disk`, `\FileSystem\Ntfs`.
    pub fn driver_name(&self) -> Result<String, Lack> {
        let device = self.location()?.field("DeviceObject")?.pointee_as("nt!_DEVICE_OBJECT")?;
        let driver = device.field("DriverObject")?.pointee_as("nt!_DRIVER_OBJECT")?;
        driver.field("DriverName")?.text()
    }
}
