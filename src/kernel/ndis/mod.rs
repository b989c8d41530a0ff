//! NDIS: network adapters, the drivers behind them, and the filters and protocols above.
//!
//! The types are those of ndis's own symbols (ndis.pdb); nothing is known without them. The lists hang on the variables
//! ndisMiniportList, ndisMiniDriverList, ndisFilterDriverList and ndisProtocolList; members are named as the public symbols
//! of Windows 7 to 10 have them.

mod adapter;
mod binding;
mod filter_driver;
mod filter_module;
mod miniport_driver;
mod name;
mod nbl_pool;
mod oid;
mod owner;
mod protocol;
mod relations;

pub use adapter::NetAdapter;
pub use binding::NetBinding;
pub use filter_driver::FilterDriver;
pub use filter_module::FilterModule;
pub use miniport_driver::MiniportDriver;
pub use nbl_pool::NblPool;
pub use oid::{OidRequest, oid_name};
pub use owner::{NblOwner, owner_of};
pub use protocol::NetProtocol;

use super::driver_object::DriverObject;
use crate::debuggee::{Lack, Object, Scope};

/// The blocks of a type that a variable leads to, each by the pointer `link` of the one before; what is wrong with the list
/// comes last.
fn listed<'s>(
    scope: &'s Scope<'s>,
    variable: &str,
    (ty, link): (&str, &'static str),
    what: &'static str,
) -> Result<impl Iterator<Item = Result<Object<'s>, Lack>> + use<'s>, Lack> {
    // What types there are says more than that a variable is not known.
    scope.find_type(ty)?;
    chain(scope, scope.pointer_of(variable)?, (ty, link), what)
}

/// The same from a first block on.
fn chain<'s>(
    scope: &'s Scope<'s>,
    first: u64,
    (ty, link): (&str, &'static str),
    what: &'static str,
) -> Result<impl Iterator<Item = Result<Object<'s>, Lack>> + use<'s>, Lack> {
    let pattern = scope.object(ty, 0)?;
    pattern.field(link)?;
    let element = pattern.clone();
    let next = move |at: u64| pattern.moved_to(at).field(link)?.u64();
    Ok(scope.steps(first, what, next).map(move |at| Ok(element.moved_to(at?))))
}

/// An enumerator without what all of its enumeration begin with: `Running` of NdisMiniportRunning. A value without a name
/// is shown as a number.
fn word(value: &Object<'_>, prefix: &str) -> Result<String, Lack> {
    let number = value.u64()?;
    let name = value.enum_name().unwrap_or_default();
    Ok(name.map_or_else(|| number.to_string(), |name| name.strip_prefix(prefix).unwrap_or(&name).to_owned()))
}

/// Two members that are the halves of a version: `6.20`.
fn version(block: &Object<'_>, major: &str, minor: &str) -> Result<String, Lack> {
    Ok(format!("{}.{}", block.field(major)?.u64()?, block.field(minor)?.u64()?))
}

/// The driver object that a block names, whose image is its driver's.
fn driver<'s>(block: &Object<'s>) -> Result<DriverObject<'s>, Lack> {
    let pointer = block.field("DriverObject")?;
    match pointer.u64()? {
        0 => Err(Lack::Null { what: pointer.what() }),
        at => DriverObject::at(block.scope(), at),
    }
}
