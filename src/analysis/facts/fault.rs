//! The faulting instruction: where it stands, and what it could not do.

use super::modules::{described, name_origin_word, place};
use super::pattern;
use super::scene::{Access, Fault, Scene};
use super::{Crash, Fact, Value};
use crate::analysis::status::status_name;
use crate::debuggee::Target;
use crate::kernel::PteSpace;
use crate::output::Action;
use crate::words::Message;

/// Smaller addresses, and the last ones, are a null pointer and an offset.
const NULL_RANGE: u64 = 0x1_0000;

impl Access {
    fn word(self) -> &'static str {
        match self {
            Access::Read => "read",
            Access::Write => "write",
            Access::Execute => "execute",
            Access::Protection => "protection",
            Access::Other => "other",
        }
    }
}

/// `fault`; `bad_code` where the processor was sent to what is no code, with `called_from`; `unloaded` where a driver was.
pub(super) fn facts(crash: &Crash<'_>, scene: &Scene) -> Vec<Fact> {
    let target = crash.scope.target();
    let Some(fault) = &scene.fault else { return Vec::new() };
    let fact =
        Fact::new("fault").with("address", Value::Address(fault.ip)).with("access", fault.access.word());
    let fact = described(fact, target, fault.ip)
        .maybe("target", fault.address.map(Value::Address))
        .with("target_kind", kind(target, fault))
        .maybe("status", fault.status.map(|status| Value::Hex(status.into())))
        .with("nested", fault.is_first_of_several)
        .with("did", did(crash, fault))
        .worded(if fault.is_first_of_several { "evidence.first_fault" } else { "evidence.fault" });
    // What came first is not what `.ecxr` shows.
    let frame = scene.frames.first().map_or(0, |frame| frame.number);
    let fact = fact.link(if fault.is_first_of_several { Action::Frame(frame) } else { Action::Run(".ecxr") });
    let mut facts = vec![fact];
    if fault.access == Access::Execute || target.modules().at(fault.ip).is_none() {
        facts.extend(bad_code(crash, scene, fault.ip));
    }
    facts
}

/// Whether an address is one of those through which the page tables themselves are seen.
fn is_page_table(target: &Target, address: u64) -> bool {
    PteSpace::of(target).is_some_and(|space| space.contains(address))
}

fn kind(target: &Target, fault: &Fault) -> &'static str {
    match fault.address {
        _ if fault.access == Access::Protection => "none",
        None => "unknown",
        Some(address) if address.wrapping_add(NULL_RANGE) < 2 * NULL_RANGE => "null",
        Some(address) if address >> 47 == 0 => "user",
        Some(address) if is_page_table(target, address) => "page_table",
        Some(address) if address >> 47 == 0x1_ffff => "kernel",
        Some(_) => "non_canonical",
    }
}

/// What it could not do, in words.
fn did(crash: &Crash<'_>, fault: &Fault) -> Message {
    let at = |key, address: u64| Message::new(key).with("address", format!("{address:016x}"));
    match (fault.access, fault.address) {
        (Access::Read, Some(address)) => at("fault.read", address),
        (Access::Write, Some(address)) => at("fault.write", address),
        (Access::Execute, _) => at("fault.execute", fault.address.unwrap_or(fault.ip)),
        (Access::Protection, _) => Message::new("fault.protection"),
        _ => match fault.status {
            Some(status) => {
                let name = status_name(status).unwrap_or_else(|| format!("{status:08x}"));
                Message::new("fault.exception").with("status", name)
            }
            // UNEXPECTED_KERNEL_MODE_TRAP: its first parameter is the trap's number.
            None if crash.code() == 0x7f => Message::new("fault.trap")
                .with("number", format!("{:x}", crash.header.bug_check_parameters[0])),
            None => Message::new("fault.unknown"),
        },
    }
}

/// Where the processor was sent that is no code, and from where.
fn bad_code(crash: &Crash<'_>, scene: &Scene, ip: u64) -> Vec<Fact> {
    let target = crash.scope.target();
    if let Some(unloaded) = target.unloaded_at(ip) {
        let fact = Fact::new("unloaded")
            .with("address", Value::Address(ip))
            .with("module", unloaded.name.as_str())
            .with("origin", name_origin_word(&unloaded.name))
            .worded("evidence.unloaded")
            .link(Action::Run("lm"));
        return vec![fact];
    }
    let caller = scene.frames.get(1).map(|frame| {
        let fact = Fact::new("called_from").with("address", Value::Address(frame.ip));
        described(fact, target, frame.ip).worded("evidence.called_from").link(Action::Frame(frame.number))
    });
    let bad = Fact::new("bad_code")
        .with("address", Value::Address(ip))
        .with("place", place(target, ip))
        .with("looks", pattern::looks(ip).map_or_else(|| "".into(), Value::Words))
        .worded("evidence.bad_code")
        .link(Action::Number(ip));
    std::iter::once(bad).chain(caller).collect()
}
