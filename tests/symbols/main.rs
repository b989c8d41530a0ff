//! Symbols, types and layouts: files, stores, servers, what the records say.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../support/bench.rs"]
mod bench;
#[path = "../support/golden.rs"]
mod golden;
#[path = "../support/http.rs"]
mod http;
#[path = "../../assets/packer.rs"]
mod packer;
#[path = "../support/shared.rs"]
mod shared;

mod cxx_types;
mod damaged;
mod fetching;
mod files;
mod forged;
mod forms;
mod hostile;
mod layout_statements;
mod layouts_asset;
mod member_names;
mod nearest;
mod oracle;
mod pdb;
mod pointers;
mod resume;
mod scopes;
mod server;
mod stores;
mod tls;
mod types;
