//! IRP: a request on its way through drivers.

use super::io_stack_location::StackLocation;
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

/// IO_TYPE_IRP of wdm.h.
const TYPE: u64 = 6;
/// More stack locations than any request has: the count is a signed byte.
const MOST_LOCATIONS: u64 = 127;

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
        Ok(if self.current()?.is_pending()? { IrpState::Pending } else { IrpState::Active })
    }

    /// Whether what lies there is a request: its type, and counts that fit together.
    pub fn is_request(&self) -> Result<bool, Lack> {
        let (count, current) = (self.stack_count()?, self.current_location()?);
        Ok(self.kind()? == TYPE
            && (1..=MOST_LOCATIONS).contains(&count)
            && (1..=count + 2).contains(&current))
    }

    /// A pointer or a number of its own: `Flags`, `Tail.Overlay.Thread` ...
    pub fn number(&self, member: &str) -> Result<u64, Lack> {
        self.0.field(member)?.u64()
    }

    /// Where a member lies.
    pub fn address_of(&self, member: &str) -> Result<u64, Lack> {
        Ok(self.0.field(member)?.address())
    }

    /// The thread that asked; 0 for a request of a driver's own.
    pub fn thread(&self) -> Result<u64, Lack> {
        self.number("Tail.Overlay.Thread")
    }

    /// The buffer in system memory; 0 where there is none.
    pub fn system_buffer(&self) -> Result<u64, Lack> {
        self.number("AssociatedIrp.SystemBuffer")
    }

    /// Whether the driver below has returned it as pending.
    pub fn is_pending_returned(&self) -> Result<bool, Lack> {
        self.0.field("PendingReturned")?.is_set()
    }

    /// Whether somebody has asked to cancel it.
    pub fn is_cancelled(&self) -> Result<bool, Lack> {
        self.0.field("Cancel")?.is_set()
    }

    /// Address of the location of the driver that has it, also where that is behind the last one: of a completed request.
    pub fn current_address(&self) -> Result<u64, Lack> {
        let current = self.current_location()?;
        Ok(self
            .location(1)?
            .address()
            .wrapping_add(current.wrapping_sub(1).wrapping_mul(self.location_size()?)))
    }

    fn location_size(&self) -> Result<u64, Lack> {
        let location = self.0.scope().object("nt!_IO_STACK_LOCATION", 0)?;
        location.size().ok_or_else(|| Lack::Shape { what: location.what(), wanted: "type of a known size" })
    }

    /// The location of a number, 1 that of the driver at the bottom.
    fn location(&self, number: u64) -> Result<StackLocation<'s>, Lack> {
        let size = self.0.size();
        let size = size.ok_or_else(|| Lack::Shape { what: self.0.what(), wanted: "type of a known size" })?;
        let first = self.0.address().wrapping_add(size);
        let location = self.0.scope().object("nt!_IO_STACK_LOCATION", first)?;
        let offset = number.wrapping_sub(1).wrapping_mul(self.location_size()?);
        Ok(StackLocation::new(location.moved_to(first.wrapping_add(offset)), number))
    }

    /// All stack locations, the last driver's first, as they lie in memory.
    ///
    /// # Errors
    /// The count cannot be read, or no request has so many.
    pub fn locations(&self) -> Result<Vec<StackLocation<'s>>, Lack> {
        let count = self.0.field("StackCount")?;
        let number = count.u64()?;
        if number > MOST_LOCATIONS {
            return Err(Lack::Shape { what: count.what(), wanted: "number of stack locations" });
        }
        (1..=number).map(|number| self.location(number)).collect()
    }

    /// The stack location of the driver that has it.
    ///
    /// # Errors
    /// It is completed, or its counts cannot be.
    pub fn current(&self) -> Result<StackLocation<'s>, Lack> {
        let number = self.0.field("CurrentLocation")?;
        let current = number.u64()?;
        if current == 0 || current > self.stack_count()? {
            return Err(Lack::Shape { what: number.what(), wanted: "number of a stack location" });
        }
        self.location(current)
    }

    /// Address of the device object that the driver that has it serves; 0 where there is none.
    pub fn device(&self) -> Result<u64, Lack> {
        self.current()?.device()
    }

    /// Address of the file object that the driver that has it was given; 0 where there is none.
    pub fn file(&self) -> Result<u64, Lack> {
        self.current()?.file()
    }

    /// Name of the driver that has it: `\Driver\disk`, `\FileSystem\Ntfs`.
    pub fn driver_name(&self) -> Result<String, Lack> {
        self.current()?.device_object()?.driver_name()
    }
}
