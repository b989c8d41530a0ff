//! In place of connections, in a build without the feature `download`.

use crate::search::limits::Limits;

/// No clients.
#[derive(Debug)]
pub(super) struct Clients {
    /// Nothing of the environment is looked at.
    pub(super) warnings: Vec<String>,
}

impl Clients {
    pub(super) fn new(_limits: &Limits) -> Clients {
        Clients { warnings: Vec::new() }
    }

    /// For display: what would be used for connections.
    pub(super) fn describe(&self) -> [(&'static str, String); 2] {
        ["Proxy", "CA bundle"].map(|name| (name, super::NO_DOWNLOAD.to_owned()))
    }
}
