//! Requests, devices, drivers and files on the forge's dumps, against what the emulator recorded, on dumps changed by hand, and
//! with the values of public samples.

pub mod device_nodes;
mod devices;
mod net_buffers;
mod requests;

use crate::forge::{self, list};
use crate::golden::session;
use dumpscope::session::Session;
use serde_json::Value;

const WIFI: &str = "tests/data/wifi-full.dmp.gz";

/// The whole dumps of all cases that record devices, with their records.
fn whole() -> impl Iterator<Item = (Session, Value)> {
    forge::whole()
        .filter(|(_, truth, _)| !list(truth, "devices").is_empty())
        .map(|(_, truth, dump)| (session(&dump), truth))
}

/// A pointer as the commands print it: a null one has eight digits.
fn pointer(value: u64) -> String {
    format!("{value:08x}")
}
