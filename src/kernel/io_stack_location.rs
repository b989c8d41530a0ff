//! IO_STACK_LOCATION: what a request asks of one driver.

use super::device_object::DeviceObject;
use crate::debuggee::{Lack, Object};

/// A stack location of a request.
#[derive(Clone)]
pub struct StackLocation<'s> {
    object: Object<'s>,
    number: u64,
}

/// SL_PENDING_RETURNED of wdm.h: the driver has marked the request as pending.
const PENDING_RETURNED: u64 = 0x01;
/// How many pointers the parameters of a location take.
const PARAMETERS: u64 = 4;

impl<'s> StackLocation<'s> {
    /// The location that an object is; `number` counts from 1, the driver at the bottom of the stack.
    pub(super) fn new(object: Object<'s>, number: u64) -> StackLocation<'s> {
        StackLocation { object, number }
    }

    /// Its number, as CurrentLocation counts: the last driver has 1.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Its address.
    pub fn address(&self) -> u64 {
        self.object.address()
    }

    /// IRP_MJ_READ and the like.
    pub fn major(&self) -> Result<u64, Lack> {
        self.object.field("MajorFunction")?.u64()
    }

    /// What of that, for Plug and Play, power and WMI.
    pub fn minor(&self) -> Result<u64, Lack> {
        self.object.field("MinorFunction")?.u64()
    }

    /// SL_CASE_SENSITIVE and the like, by major function.
    pub fn flags(&self) -> Result<u64, Lack> {
        self.object.field("Flags")?.u64()
    }

    /// When the completion routine is called, and whether the request is pending.
    pub fn control(&self) -> Result<u64, Lack> {
        self.object.field("Control")?.u64()
    }

    /// Whether the driver has said that it will complete the request later.
    pub fn is_pending(&self) -> Result<bool, Lack> {
        Ok(self.control()? & PENDING_RETURNED != 0)
    }

    /// Address of the device object; 0 where there is none.
    pub fn device(&self) -> Result<u64, Lack> {
        self.object.field("DeviceObject")?.u64()
    }

    /// The device that the driver serves.
    pub fn device_object(&self) -> Result<DeviceObject<'s>, Lack> {
        match self.object.field("DeviceObject")? {
            pointer if pointer.u64()? == 0 => Err(Lack::Null { what: pointer.what() }),
            pointer => DeviceObject::at(self.object.scope(), pointer.u64()?),
        }
    }

    /// Address of the file object; 0 where there is none.
    pub fn file(&self) -> Result<u64, Lack> {
        self.object.field("FileObject")?.u64()
    }

    /// What the driver above wants called when the request is completed; 0 where nothing.
    pub fn completion_routine(&self) -> Result<u64, Lack> {
        self.object.field("CompletionRoutine")?.u64()
    }

    /// What that is given.
    pub fn context(&self) -> Result<u64, Lack> {
        self.object.field("Context")?.u64()
    }

    /// One of the four parameters, whose meaning is the function's.
    ///
    /// # Errors
    /// It cannot be read, or there are not so many.
    pub fn parameter(&self, index: u64) -> Result<u64, Lack> {
        let all = self.object.field("Parameters")?;
        if index >= PARAMETERS {
            return Err(Lack::Shape { what: all.what(), wanted: "list of so many parameters" });
        }
        // Four pointers or what takes their place, in every version of wdm.h; "Others" names them as such.
        let one = self.object.field("DeviceObject")?.moved_to(all.address().wrapping_add(index * 8));
        one.u64()
    }

    /// The four parameters.
    pub fn parameters(&self) -> [Result<u64, Lack>; 4] {
        [0, 1, 2, 3].map(|index| self.parameter(index))
    }
}
