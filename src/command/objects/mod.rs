//! Named objects, handles, locks and queues.

pub mod exqueue;
pub mod locks;
pub mod object;
pub mod waitchain;
