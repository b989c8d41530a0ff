//! The faulting instruction: where it stands, and what it could not do.

use super::modules::{described, place};
use super::stack::{fault_registers, true_stack};
use super::{Crash, Fact, Value};
use crate::analysis::context::{ContextKind, crash_context};
use crate::analysis::fault_address::fault_address;
use crate::analysis::status::{low_half, status_name};
use crate::debuggee::Target;
use crate::dump::ExceptionRecord;
use crate::memory::Memory;
use crate::output::Action;
use crate::words::Message;

/// What was done to an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    Read,
    Write,
    Execute,
    /// The processor forbade it without an address: a general protection fault.
    Protection,
    /// Something else: an illegal instruction, a breakpoint, a division.
    Other,
}

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

/// Smaller addresses are a null pointer and an offset.
const NULL_RANGE: u64 = 0x1_0000;
const ACCESS_VIOLATION: u32 = 0xc000_0005;
/// What stands for the address of a general protection fault.
const NO_ADDRESS: u64 = u64::MAX;

/// `fault`; `bad_code` where the processor was sent to what is no code, with `called_from`; `unloaded` where a driver was.
pub(super) fn facts(crash: &Crash<'_>) -> Vec<Fact> {
    let target = crash.scope.target();
    let Some(registers) = crash.stack.as_ref().and_then(|stack| fault_registers(crash, stack)) else {
        return Vec::new();
    };
    let ip = registers.rip.value;
    // A fault of user code is the business of its process.
    if ip >> 47 == 0
        && target.modules().at(ip).is_none()
        && ip > NULL_RANGE
        && registers.cs.known().is_some_and(|cs| cs & 3 == 3)
    {
        return Vec::new();
    }
    let trap = crash_context(target, || crash.stack.clone());
    let record = trap.as_ref().and_then(|found| found.record).and_then(|at| read_record(target, at));
    let record = record.or(crash.header.exception).filter(|record| record.address == ip);
    let trap_frame =
        trap.as_ref().filter(|found| found.kind == ContextKind::TrapFrame).map(|found| found.address);
    let address = fault_address(target, ip, trap_frame);
    let access = access(crash, record.as_ref(), ip, address);
    let fact = Fact::new("fault").with("address", Value::Address(ip)).with("access", access.word());
    let fact = described(fact, target, ip)
        .maybe("target", address.map(Value::Address))
        .with("target_kind", kind(address, access))
        .maybe("status", status(crash, record.as_ref()).map(|status| Value::Hex(status.into())))
        .with("did", did(crash, access, address, record.as_ref()))
        .worded("evidence.fault")
        .link(Action::Run(".ecxr"));
    let mut facts = vec![fact];
    if access == Access::Execute || target.modules().at(ip).is_none() {
        facts.extend(bad_code(crash, ip));
    }
    facts
}

fn read_record(target: &Target, at: u64) -> Option<ExceptionRecord> {
    ExceptionRecord::of_bytes(&target.memory().array(at).ok()?)
}

/// What was done, by the exception's own parameters or the bug check's.
fn access(crash: &Crash<'_>, record: Option<&ExceptionRecord>, ip: u64, address: Option<u64>) -> Access {
    let of_kind = |kind: u64| match kind {
        0 => Access::Read,
        1 => Access::Write,
        // 8 of the exception's parameters, 0x10 of the page fault's own error bits.
        _ => Access::Execute,
    };
    let [p1, p2, p3, p4] = crash.header.bug_check_parameters;
    if let Some(record) = record.filter(|record| record.code == ACCESS_VIOLATION) {
        return match record.parameters() {
            [_, NO_ADDRESS, ..] => Access::Protection,
            [kind, ..] => of_kind(*kind),
            [] => Access::Other,
        };
    }
    match crash.code() {
        0xa | 0xd1 => match p3 {
            _ if p1 == ip => Access::Execute,
            kind => of_kind(kind & 0x9),
        },
        0x50 => match p2 {
            _ if p1 == ip => Access::Execute,
            0 => Access::Read,
            2 | 1 => Access::Write,
            _ => Access::Execute,
        },
        0xbe => Access::Write,
        0xfc => Access::Execute,
        0x1e if low_half(p1) == Some(ACCESS_VIOLATION) => match p4 {
            NO_ADDRESS => Access::Protection,
            _ => of_kind(p3),
        },
        _ if address == Some(ip) => Access::Execute,
        _ => Access::Other,
    }
}

fn kind(address: Option<u64>, access: Access) -> &'static str {
    match address {
        _ if access == Access::Protection => "none",
        None => "unknown",
        Some(address) if address < NULL_RANGE || address > u64::MAX - NULL_RANGE => "null",
        Some(address) if address >> 47 == 0 => "user",
        Some(address) if address >> 47 == 0x1_ffff => "kernel",
        Some(_) => "non_canonical",
    }
}

fn status(crash: &Crash<'_>, record: Option<&ExceptionRecord>) -> Option<u32> {
    let by_check = || match crash.code() {
        0x1e | 0x3b | 0x7e | 0x8e => low_half(crash.header.bug_check_parameters[0]),
        _ => None,
    };
    record.map(|record| record.code).or_else(by_check)
}

/// What it could not do, in words.
fn did(crash: &Crash<'_>, access: Access, address: Option<u64>, record: Option<&ExceptionRecord>) -> Message {
    let at = |key, address: u64| Message::new(key).with("address", format!("{address:016x}"));
    match (access, address) {
        (Access::Read, Some(address)) => at("fault.read", address),
        (Access::Write, Some(address)) => at("fault.write", address),
        (Access::Execute, Some(address)) => at("fault.execute", address),
        (Access::Execute, None) => Message::new("fault.fetch"),
        (Access::Protection, _) => Message::new("fault.protection"),
        _ => match status(crash, record) {
            Some(status) => {
                let name = status_name(status).unwrap_or_else(|| format!("{status:08x}"));
                Message::new("fault.exception").with("status", name)
            }
            None => Message::new("fault.unknown"),
        },
    }
}

/// Where the processor was sent that is no code, and from where.
fn bad_code(crash: &Crash<'_>, ip: u64) -> Vec<Fact> {
    let target = crash.scope.target();
    let unloaded = target.unloaded().iter().find(|module| (module.start..module.end).contains(&ip));
    if let Some(unloaded) = unloaded {
        let fact = Fact::new("unloaded")
            .with("address", Value::Address(ip))
            .with("module", unloaded.name.as_str())
            .worded("evidence.unloaded")
            .link(Action::Run("lm u"));
        return vec![fact];
    }
    let frames = true_stack(crash);
    let caller = frames.get(1).map(|frame| {
        let fact = Fact::new("called_from").with("address", Value::Address(frame.ip));
        described(fact, target, frame.ip).worded("evidence.called_from").link(Action::Frame(frame.number))
    });
    let bad = Fact::new("bad_code")
        .with("address", Value::Address(ip))
        .with("place", place(target, ip))
        .with("looks", looks(ip))
        .worded("evidence.bad_code")
        .link(Action::Number(ip));
    std::iter::once(bad).chain(caller).collect()
}

/// What a value that is no address looks like: `; its bytes are the text "562"`.
fn looks(value: u64) -> Value {
    match super::text::in_bytes(value) {
        Some(text) => Message::new("fault.looks_text").with("text", text).into(),
        None => "".into(),
    }
}
