//! MM_SESSION_SPACE: what the processes of one logged-on user share.

use crate::debuggee::{Lack, Object};

/// A session. Every getter reads one fact and says why where it cannot.
#[derive(Clone)]
pub struct Session<'s>(Object<'s>);

/// Says which type is missing: what the pointer is declared to point to, where that is known.
fn unknown(pointer: &Object<'_>, names: &[&str]) -> Lack {
    let declared = pointer.pointee().map(|session| format!("nt!{}", session.type_name()));
    let declared = declared.ok().filter(|declared| names.contains(&declared.as_str()));
    Lack::NoName { name: declared.unwrap_or_else(|| names.join(" or ")) }
}

impl<'s> Session<'s> {
    /// The session of a process.
    ///
    /// # Errors
    /// [`Lack::Null`] where it has none.
    pub(super) fn of(process: &Object<'s>) -> Result<Session<'s>, Lack> {
        let pointer = process.field("Session")?;
        // Windows 11 24H2 has a structure of another name.
        let names = ["nt!_PSP_SESSION_SPACE", "nt!_MM_SESSION_SPACE"];
        let found = names.into_iter().map(|name| pointer.pointee_as(name));
        let known = found.into_iter().find(|found| !matches!(found, Err(Lack::NoName { .. })));
        known.map_or_else(|| Err(unknown(&pointer, &names)), |session| session.map(Session))
    }

    /// Its address.
    pub fn address(&self) -> u64 {
        self.0.address()
    }

    /// Its structure's name: `_MM_SESSION_SPACE`.
    pub fn type_name(&self) -> String {
        self.0.type_name()
    }

    /// Its number.
    pub fn id(&self) -> Result<u64, Lack> {
        self.0.field("SessionId")?.u64()
    }

    /// How many refer to it.
    pub fn references(&self) -> Result<u64, Lack> {
        self.0.field("ReferenceCount")?.u64()
    }

    /// The table of the large allocations of its pool, as the session's processes see it, and how many entries that has.
    pub fn big_pages(&self) -> Result<(u64, u64), Lack> {
        Ok((self.0.field("PoolTrackBigPages")?.u64()?, self.0.field("PoolTrackBigPagesSize")?.u64()?))
    }

    /// The first address of its pool, and the last.
    pub fn paged_pool(&self) -> Result<(u64, u64), Lack> {
        Ok((self.0.field("PagedPoolStart")?.u64()?, self.0.field("PagedPoolEnd")?.u64()?))
    }

    /// The list of its processes, whose EPROCESSes are linked by `SessionProcessLinks`.
    pub fn process_list(&self) -> Result<Object<'s>, Lack> {
        self.0.field("ProcessList")
    }
}
