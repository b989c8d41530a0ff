//! Whose handle a net buffer list carries.

use super::{FilterModule, NetAdapter, NetBinding};
use crate::debuggee::{Lack, Scope};

/// Who has a handle.
pub enum NblOwner<'s> {
    /// The driver of an adapter: lists that were received.
    Adapter(NetAdapter<'s>),
    /// A filter on an adapter.
    Filter(FilterModule<'s>),
    /// A protocol that is bound to an adapter: lists that are sent.
    Protocol(NetBinding<'s>),
}

/// Who has a handle, by the adapters, their filters and their bindings; `None` where nobody has it.
///
/// # Errors
/// Nobody was found who has it, and not all could be looked at: why.
pub fn owner_of<'s>(scope: &'s Scope<'s>, handle: u64) -> Result<Option<NblOwner<'s>>, Lack> {
    let mut lack = None;
    for adapter in NetAdapter::all(scope)? {
        let owner = adapter.and_then(|adapter| owner_on(adapter, handle, &mut lack));
        match owner {
            Ok(None) => {}
            Ok(found) => return Ok(found),
            Err(Lack::Stopped) => return Err(Lack::Stopped),
            Err(why) => lack = lack.or(Some(why)),
        }
    }
    lack.map_or(Ok(None), Err)
}

fn owner_on<'s>(
    adapter: NetAdapter<'s>,
    handle: u64,
    lack: &mut Option<Lack>,
) -> Result<Option<NblOwner<'s>>, Lack> {
    if adapter.address() == handle {
        return Ok(Some(NblOwner::Adapter(adapter)));
    }
    for filter in adapter.filters()? {
        match filter {
            Ok(filter) if filter.address() == handle => return Ok(Some(NblOwner::Filter(filter))),
            Ok(_) => {}
            Err(Lack::Stopped) => return Err(Lack::Stopped),
            Err(why) => *lack = lack.take().or(Some(why)),
        }
    }
    for binding in adapter.bindings()? {
        let binding = binding?;
        if binding.address() == handle {
            return Ok(Some(NblOwner::Protocol(binding)));
        }
    }
    Ok(None)
}
