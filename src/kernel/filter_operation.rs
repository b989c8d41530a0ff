//! FLT_OPERATION_REGISTRATION: which requests a minifilter sees, and what it is called with.

use super::irp_function::major_name;
use crate::debuggee::{Lack, Object};

/// A kind of request that a minifilter registered for.
pub struct FilterOperation<'s>(Object<'s>);

/// IRP_MJ_OPERATION_END, which ends the array (fltkernel.h).
const END: u64 = 0x80;
/// There are 50 kinds (28 of wdm.h, those below, some without a name).
const MOST: u64 = 64;

/// The functions that the filter manager adds to those of wdm.h (fltkernel.h), as unsigned bytes.
const OWN: &[(u64, &str)] = &[
    (0xff, "IRP_MJ_ACQUIRE_FOR_SECTION_SYNCHRONIZATION"),
    (0xfe, "IRP_MJ_RELEASE_FOR_SECTION_SYNCHRONIZATION"),
    (0xfd, "IRP_MJ_ACQUIRE_FOR_MOD_WRITE"),
    (0xfc, "IRP_MJ_RELEASE_FOR_MOD_WRITE"),
    (0xfb, "IRP_MJ_ACQUIRE_FOR_CC_FLUSH"),
    (0xfa, "IRP_MJ_RELEASE_FOR_CC_FLUSH"),
    (0xf9, "IRP_MJ_QUERY_OPEN"),
    (0xf3, "IRP_MJ_FAST_IO_CHECK_IF_POSSIBLE"),
    (0xf2, "IRP_MJ_NETWORK_QUERY_OPEN"),
    (0xf1, "IRP_MJ_MDL_READ"),
    (0xf0, "IRP_MJ_MDL_READ_COMPLETE"),
    (0xef, "IRP_MJ_PREPARE_MDL_WRITE"),
    (0xee, "IRP_MJ_MDL_WRITE_COMPLETE"),
    (0xed, "IRP_MJ_VOLUME_MOUNT"),
    (0xec, "IRP_MJ_VOLUME_DISMOUNT"),
];

impl<'s> FilterOperation<'s> {
    /// The operations of an array, up to its end; what is wrong with it comes last.
    ///
    /// # Errors
    /// The type is not known, or the pointer to the array cannot be read or is null.
    pub(super) fn all(
        array: &Object<'s>,
    ) -> Result<impl Iterator<Item = Result<FilterOperation<'s>, Lack>> + use<'s>, Lack> {
        let first = array.pointee_as("FLTMGR!_FLT_OPERATION_REGISTRATION")?;
        let size = first.size().filter(|&size| size > 0);
        let size = size.ok_or_else(|| Lack::Shape { what: first.what(), wanted: "type of a known size" })?;
        let mut index = 0;
        let mut is_over = false;
        Ok(std::iter::from_fn(move || {
            if is_over || index >= MOST {
                return None;
            }
            let operation = FilterOperation(first.moved_to(first.address().wrapping_add(index * size)));
            index += 1;
            match operation.major() {
                Ok(END) => None,
                Ok(_) => Some(Ok(operation)),
                Err(why) => {
                    is_over = true;
                    Some(Err(why))
                }
            }
        }))
    }

    /// The function.
    pub fn major(&self) -> Result<u64, Lack> {
        self.0.field("MajorFunction")?.u64()
    }

    /// `IRP_MJ_CREATE`; `None` for a function without a public name.
    pub fn name(&self) -> Result<Option<String>, Lack> {
        let major = self.major()?;
        let own = OWN.iter().find(|(known, _)| *known == major).map(|(_, name)| (*name).to_owned());
        Ok(own.or_else(|| major_name(major)))
    }

    /// FLTFL_OPERATION_REGISTRATION_...
    pub fn flags(&self) -> Result<u64, Lack> {
        self.0.field("Flags")?.u64()
    }

    /// What is called before the request goes down; 0 where nothing.
    pub fn before(&self) -> Result<u64, Lack> {
        self.0.field("PreOperation")?.u64()
    }

    /// What is called when it comes back; 0 where nothing.
    pub fn after(&self) -> Result<u64, Lack> {
        self.0.field("PostOperation")?.u64()
    }
}
