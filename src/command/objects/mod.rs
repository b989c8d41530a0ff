//! Named objects, handles, locks and queues.

pub mod locks;
pub mod object;
