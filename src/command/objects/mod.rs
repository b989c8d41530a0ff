//! Named objects, handles, locks and queues.

pub mod alpc;
pub mod callbacks;
pub mod exqueue;
pub mod findhandle;
pub mod handle;
pub mod locks;
pub mod mex_obj;
pub mod object;
pub mod qlocks;
pub mod waitchain;
