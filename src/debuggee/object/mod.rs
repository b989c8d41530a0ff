//! Typed objects of the target: a type, an address and whose memory it is read from; every read says why it failed.
//!
//! `scope.object("nt!_EPROCESS", address)?.field("Pcb.DirectoryTableBase")?.u64()?`

mod find;
mod lack;
mod list;
mod object;
mod paths;
mod place;
mod scope;
mod tree;

pub use lack::Lack;
pub use list::{Elements, Link, Steps, Walk};
pub use object::Object;
pub use place::{Place, Store};
pub use scope::Scope;
pub use tree::{Node, Nodes};
