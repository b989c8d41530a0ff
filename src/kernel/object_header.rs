//! OBJECT_HEADER: what the object manager keeps before the body of every object.

use crate::debuggee::{Lack, Object, Scope};

/// The header of an object. Every getter reads one fact and says why where it cannot.
#[derive(Clone)]
pub struct ObjectHeader<'s>(Object<'s>);

/// What may stand before a header, nearest last: the bits of InfoMask in their order, with the structures that they stand
/// for (public symbols of ntoskrnl; the first two have kept their places since Windows 7).
const BEFORE: [&str; 2] = ["nt!_OBJECT_HEADER_CREATOR_INFO", "nt!_OBJECT_HEADER_NAME_INFO"];
/// The same for the bits that have kept their places since Windows 7.
const ALL_BEFORE: [&str; 5] = [
    "nt!_OBJECT_HEADER_CREATOR_INFO",
    "nt!_OBJECT_HEADER_NAME_INFO",
    "nt!_OBJECT_HEADER_HANDLE_INFO",
    "nt!_OBJECT_HEADER_QUOTA_INFO",
    "nt!_OBJECT_HEADER_PROCESS_INFO",
];
const CREATOR: u64 = 1;
const NAME: u64 = 2;

impl<'s> ObjectHeader<'s> {
    /// The header of the object whose body lies at an address.
    ///
    /// # Errors
    /// Where no layout of `_OBJECT_HEADER` is at hand.
    pub fn of_body(scope: &'s Scope<'s>, body: u64) -> Result<ObjectHeader<'s>, Lack> {
        let header = scope.object("nt!_OBJECT_HEADER", 0)?;
        let offset = header.field("Body")?.address();
        Ok(ObjectHeader(header.moved_to(body.wrapping_sub(offset))))
    }

    /// The header at an address.
    ///
    /// # Errors
    /// As [`ObjectHeader::of_body`].
    pub fn at(scope: &'s Scope<'s>, address: u64) -> Result<ObjectHeader<'s>, Lack> {
        scope.object("nt!_OBJECT_HEADER", address).map(ObjectHeader)
    }

    /// The header itself.
    pub fn object(&self) -> &Object<'s> {
        &self.0
    }

    /// Address of the header.
    pub fn address(&self) -> u64 {
        self.0.address()
    }

    /// Address of the object's body.
    pub fn body(&self) -> Result<u64, Lack> {
        Ok(self.0.field("Body")?.address())
    }

    /// How many handles refer to it.
    pub fn handle_count(&self) -> Result<i64, Lack> {
        self.0.field("HandleCount")?.i64()
    }

    /// How many references there are. Since Windows 8 each handle holds many in advance, so that large numbers are normal.
    pub fn pointer_count(&self) -> Result<i64, Lack> {
        self.0.field("PointerCount")?.i64()
    }

    /// The type's index as it is stored: Windows 10 encodes it ([`super::ObjectTypes`] decodes it).
    pub fn stored_type_index(&self) -> Result<u64, Lack> {
        self.0.field("TypeIndex")?.u64()
    }

    /// A bit for each structure before the header.
    pub fn info_mask(&self) -> Result<u64, Lack> {
        self.0.field("InfoMask")?.u64()
    }

    /// How many bytes the structures before it take.
    ///
    /// # Errors
    /// It has such whose size its mask does not tell.
    pub fn bytes_before(&self) -> Result<u64, Lack> {
        let mask = self.0.field("InfoMask")?;
        let bits = mask.u64()?;
        if bits >> ALL_BEFORE.len() != 0 {
            return Err(Lack::Shape { what: mask.what(), wanted: "mask of structures of a known size" });
        }
        let there = ALL_BEFORE.iter().enumerate().filter(|(bit, _)| bits >> bit & 1 == 1);
        there.map(|(_, ty)| Ok(self.0.scope().object(ty, 0)?.size().unwrap_or(0))).sum()
    }

    /// OBJECT_HEADER_NAME_INFO; [`Lack::Null`] for an object that was given none.
    pub fn name_info(&self) -> Result<Object<'s>, Lack> {
        let mask = self.0.field("InfoMask")?;
        let bits = mask.u64()?;
        if bits & NAME == 0 {
            return Err(Lack::Null { what: format!("the name in {}", mask.what()) });
        }
        let scope = self.0.scope();
        let sizes = BEFORE.iter().zip([CREATOR, NAME]).filter(|(_, bit)| bits & bit != 0);
        let before = sizes.into_iter().try_fold(0u64, |sum, (ty, _)| {
            let info = scope.object(ty, 0)?;
            let size = info
                .size()
                .ok_or_else(|| Lack::Shape { what: info.what(), wanted: "type of a known size" })?;
            Ok::<_, Lack>(sum + size)
        })?;
        scope.object("nt!_OBJECT_HEADER_NAME_INFO", self.address().wrapping_sub(before))
    }

    /// Its name in its directory.
    pub fn name(&self) -> Result<String, Lack> {
        self.name_info()?.field("Name")?.text()
    }

    /// Address of the directory that it stands in; 0 for objects that have a name but stand in none.
    pub fn directory(&self) -> Result<u64, Lack> {
        self.name_info()?.field("Directory")?.u64()
    }
}
