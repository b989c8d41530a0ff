//! _NDIS_NET_BUFFER_LIST_POOL: where a driver takes its net buffer lists from.

use crate::debuggee::{Lack, Object, Scope};
use crate::kernel::NetBufferList;

/// A pool of net buffer lists.
#[derive(Clone)]
pub struct NblPool<'s>(Object<'s>);

/// What stands before each list: of ndis's public symbols of Windows 10, with its link.
const ENTRY: (&str, &str) = ("ndis!_NDIS_ENTRY_HEADER", "Linkage");
/// The link of all pools.
const POOLS: &str = "GlobalNetBufferListPoolList";

impl<'s> NblPool<'s> {
    /// The name of its type, for links.
    pub const TYPE: &'static str = "ndis!_NDIS_NET_BUFFER_LIST_POOL";

    /// The pool at an address.
    ///
    /// # Errors
    /// The symbols of ndis are not known.
    pub fn at(scope: &'s Scope<'s>, address: u64) -> Result<NblPool<'s>, Lack> {
        scope.object(NblPool::TYPE, address).map(NblPool)
    }

    /// Its address, which is its handle.
    pub fn address(&self) -> u64 {
        self.0.address()
    }

    /// A pointer or a number of its own: `OwnerHandle`, `Allocator`, `Tag`, `DataSize` ...
    pub fn number(&self, member: &str) -> Result<u64, Lack> {
        self.0.field(member)?.u64()
    }

    /// The lists that were taken from it and not given back; what is wrong comes in its place. A list says which pool it is
    /// of: what does not say this pool is none of its lists.
    ///
    /// # Errors
    /// The types are not known.
    pub fn allocated(&self) -> Result<impl Iterator<Item = Result<NetBufferList<'s>, Lack>> + use<'s>, Lack> {
        let (scope, pool) = (self.0.scope(), self.address());
        let (ty, link) = ENTRY;
        let entries = self.0.field("AllocatedList")?.list(ty, link)?;
        Ok(entries.map(move |entry| {
            let entry = entry?;
            let shape = |wanted| Lack::Shape { what: entry.what(), wanted };
            let size = entry.size().ok_or_else(|| shape("type of a known size"))?;
            let list = NetBufferList::at(scope, entry.address().wrapping_add(size));
            match list.number("NdisPoolHandle")? == pool {
                true => Ok(list),
                false => Err(shape("head of a net buffer list of the pool")),
            }
        }))
    }

    /// The other pools: all hang in one ring, whose head is a variable of ndis that no public source names. What lies in an
    /// image is that head, no pool. What is wrong with the ring comes last.
    ///
    /// # Errors
    /// The types are not known.
    pub fn others(&self) -> Result<impl Iterator<Item = Result<NblPool<'s>, Lack>> + use<'s>, Lack> {
        let scope = self.0.scope();
        let pools = self.0.field(POOLS)?.list(NblPool::TYPE, POOLS)?;
        let is_head = move |pool: &Result<Object<'s>, Lack>| {
            pool.as_ref().is_ok_and(|pool| scope.target().modules().at(pool.address()).is_some())
        };
        Ok(pools.filter(move |pool| !is_head(pool)).map(|pool| pool.map(NblPool)))
    }
}
