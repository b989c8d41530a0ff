//! Symbol servers: connections, downloads, and what may be believed of an answer.

pub mod address;
#[cfg(feature = "download")]
mod answer;
pub(super) mod ask;
#[cfg(feature = "download")]
mod connection;
mod destination;
pub mod download;
mod fetch_error;
mod inquiry;
pub mod pointer;
#[cfg(feature = "download")]
mod proxy;
#[cfg(feature = "download")]
mod transfer;
#[cfg(not(feature = "download"))]
mod without;

/// Why no server is asked where the feature `download` was left out.
pub(super) const NO_DOWNLOAD: &str = "this build cannot download (its feature `download` was left out): fetch the files elsewhere, \
    see `dumpscope symbols manifest`";
