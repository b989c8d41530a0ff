//! Whose a net buffer list is, in words.

use super::handle;
use crate::command::show::maker;
use crate::debuggee::{Lack, Scope};
use crate::kernel::ndis::{NblOwner, owner_of};
use crate::memory::Memory;
use crate::output::{Action, Cell, Field, Record, Role, Structure};
use crate::util::bounded::u64_at;

/// How much of a handle's block is looked through.
const BLOCK: usize = 0x600;
/// Drivers that are named.
const NAMED: usize = 4;

/// Whose the list is, by its source handle.
pub(super) fn whose(scope: &Scope<'_>, source: Result<u64, Lack>) -> Record {
    let record = Record::new("net_buffer_list_owner");
    let handle = match source {
        Ok(0) => return record.text("    Whose it is: not known, its source handle is null."),
        Ok(handle) => handle,
        Err(why) => return record.role(Role::Unreadable, format!("    Whose it is is not known: {why}")),
    };
    // Where the lists of NDIS are not known, or break before they name somebody, the handle itself says what it can.
    if let Ok(Some(owner)) = owner_of(scope, handle) {
        return by_list(scope, record, &owner);
    }
    if let Some(module) = scope.target().modules().at(handle) {
        let name = module.name.clone();
        let link = Action::Module(name.as_str().into());
        return record
            .text("    Whose it is: ")
            .cell("owner", Cell::new(name).role(Role::Module).link(link))
            .text("; its source handle lies in that driver's image.");
    }
    let mut bytes = vec![0; BLOCK];
    let (read, why) = scope.memory().read_partial(handle, &mut bytes);
    if read < 8 {
        let why = why.map_or(String::new(), |why| format!(": {why}"));
        let text = format!(
            "    Whose it is: no loaded driver has that source handle, and nothing can be read there{why}"
        );
        return record.role(Role::Warning, text);
    }
    let mut found: Vec<String> = Vec::new();
    for at in (0..read.saturating_sub(7)).step_by(8) {
        let Some(module) = u64_at(&bytes, at).and_then(|pointer| scope.target().modules().at(pointer)) else {
            continue;
        };
        let is_base = ["nt", "ndis", "hal"].iter().any(|name| module.name.eq_ignore_ascii_case(name));
        if !is_base && !found.contains(&module.name) && found.len() < NAMED {
            found.push(module.name.clone());
        }
    }
    let text = "    Whose it is: the source handle is a block in memory";
    match found.is_empty() {
        true => record
            .text(format!("{text} that holds no routines of any driver: no loaded driver is tied to it.")),
        false => {
            let cells = found.into_iter().map(|name| {
                let link = Action::Module(name.as_str().into());
                Cell::new(name).role(Role::Module).link(link)
            });
            record
                .text(format!("{text} that holds routines of "))
                .list("routines_of", ", ", cells)
                .text(" (no proof of who owns it).")
        }
    }
}

/// The adapter, filter or protocol whose handle it is.
fn by_list(scope: &Scope<'_>, record: Record, owner: &NblOwner<'_>) -> Record {
    let target = scope.target();
    let (kind, words, named, place, adapter) = match owner {
        NblOwner::Adapter(adapter) => {
            let driver = adapter.driver().and_then(|driver| driver.driver());
            let link = handle(Structure::NetAdapter, adapter.address());
            ("adapter", "the adapter ", adapter.name(), (maker::of_driver(target, &driver), link), None)
        }
        NblOwner::Filter(filter) => {
            let driver = filter.driver().and_then(|driver| driver.driver());
            let name = filter.driver().and_then(|driver| driver.name());
            let link = handle(Structure::NetFilter, filter.address());
            ("filter", "the filter ", name, (maker::of_driver(target, &driver), link), Some(filter.adapter()))
        }
        NblOwner::Protocol(binding) => {
            let protocol = binding.protocol();
            let routine = protocol.as_ref().ok().and_then(|protocol| protocol.routine().ok());
            let place = routine.and_then(|at| maker::of_address(target, at));
            let name = protocol.and_then(|protocol| protocol.name());
            let at = binding.address();
            let link = Cell::new(Field::Address(at)).digits(16);
            ("protocol", "the protocol ", name, (place, link), Some(binding.adapter()))
        }
    };
    let (module, link) = place;
    let role = maker::role(module.map(|(_, maker)| maker), Role::Text);
    let record = record
        .text("    Whose it is: ")
        .text(words)
        .field("owner_kind", kind)
        .cell("owner_name", Cell::new(named).role(role));
    let record = match module {
        Some((module, maker)) => {
            let action = Action::Module(module.name.as_str().into());
            record.text(" of ").cell(
                "owner",
                Cell::new(module.name.as_str()).role(maker::role(Some(maker), Role::Module)).link(action),
            )
        }
        None => record,
    };
    let record = match adapter {
        Some(adapter) => record.text(" on ").cell("adapter", adapter.and_then(|adapter| adapter.name())),
        None => record,
    };
    record.text("; the source handle is its own, ").cell("owner_handle", link)
}
