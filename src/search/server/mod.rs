//! Symbol servers: connections, downloads, and what may be believed of an answer.

pub mod address;
pub(super) mod ask;
mod connection;
pub mod download;
mod fetch_error;
mod inquiry;
pub mod pointer;
mod proxy;
mod transfer;
