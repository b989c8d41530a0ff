//! The dump file and the computer it came from.

pub mod blackboxbsd;
pub mod blackboxntfs;
pub mod blackboxpnp;
pub mod blackboxwinlogon;
pub mod cn;
pub mod dumpdebug;
pub mod effmach;
pub mod enumtag;
pub mod error;
pub mod errrec;
pub mod opendump;
pub mod sysinfo;
pub mod systems;
pub mod time;
pub mod verifier;
pub mod version;
pub mod vertarget;
pub mod wdflogdump;
pub mod whea;
pub mod wmitrace;
