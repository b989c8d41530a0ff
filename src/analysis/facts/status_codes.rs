//! Status codes that the bug check states: as parameters, and in the exception information of a store (0x154).

use super::modules::described;
use super::scene::{IN_PAGE_ERROR, Scene};
use super::{Crash, Fact, Value};
use crate::analysis::bugcheck::ParameterKind;
use crate::analysis::status::{low_half, status_name};
use crate::dump::ExceptionRecord;
use crate::memory::Memory;
use crate::output::Action;
use crate::unwind::exception_record::is_record;

/// UNEXPECTED_STORE_EXCEPTION: its second parameter leads to the exception.
const STORE: u32 = 0x154;
/// Bug checks for an exception that nobody handled, whose first parameters are its status and its place.
const UNHANDLED: [u32; 4] = [0x1e, 0x3b, 0x7e, 0x8e];

/// `status` for each parameter that is one; `exception` for that of a store, with the status of the read that failed;
/// `in_page` where the exception is a page that could not be read in.
pub(super) fn facts(crash: &Crash<'_>, scene: &Scene) -> Vec<Fact> {
    in_page(crash, scene).into_iter().chain(of_parameters(crash)).collect()
}

/// The page that could not be read in: whoever needed it only met that.
fn in_page(crash: &Crash<'_>, scene: &Scene) -> Option<Fact> {
    let [status, place, ..] = crash.header.bug_check_parameters;
    let fault = scene.fault.as_ref().filter(|fault| fault.status == Some(IN_PAGE_ERROR));
    let stated = UNHANDLED.contains(&crash.code()) && low_half(status) == Some(IN_PAGE_ERROR);
    let (ip, read) = match fault {
        Some(fault) => (fault.ip, fault.read_status),
        None if stated => (place, None),
        None => return None,
    };
    let fact = Fact::new("in_page").with("address", Value::Address(ip));
    let fact = described(fact, crash.scope.target(), ip).link(Action::Run(".exr -1"));
    Some(match read {
        Some(read) => fact
            .with("io_status", Value::Hex(read.into()))
            .with("io_name", name_of(read))
            .worded("evidence.in_page_read"),
        None => fact.with("io_name", "STATUS_IN_PAGE_ERROR").worded("evidence.in_page"),
    })
}

fn name_of(status: u32) -> String {
    status_name(status).unwrap_or_else(|| format!("{status:08x}"))
}

fn of_parameters(crash: &Crash<'_>) -> Vec<Fact> {
    let Some(explained) = crash.explanation() else { return Vec::new() };
    let parameters = (1usize..).zip(&explained.arguments);
    let statuses = parameters.filter(|(_, argument)| argument.kind == ParameterKind::Ntstatus);
    let statuses = statuses.filter_map(|(number, argument)| {
        let code = low_half(argument.value).filter(|&code| code != 0)?;
        let fact = Fact::new("status").with("number", number).with("code", Value::Hex(code.into()));
        Some(fact.with("name", name_of(code)).worded("evidence.status"))
    });
    statuses.chain(store(crash)).collect()
}

fn store(crash: &Crash<'_>) -> Option<Fact> {
    let [_, information, ..] = crash.header.bug_check_parameters;
    if crash.code() != STORE {
        return None;
    }
    let memory = crash.scope.memory();
    let record_at = |at: u64| {
        let bytes = memory.array(at).ok()?;
        let record = ExceptionRecord::of_bytes(&bytes)?;
        let word = |offset| memory.u32(at.wrapping_add(offset)).ok();
        is_record(word(0)?, word(4)?, word(0x18)?).then_some(record)
    };
    // The record itself, or EXCEPTION_POINTERS, whose first pointer leads to it.
    let pointed = || memory.u64(information).ok().and_then(record_at);
    let record = record_at(information).or_else(pointed)?;
    let read = (record.code == IN_PAGE_ERROR).then(|| record.parameters().get(2).copied()).flatten();
    let read = read.and_then(low_half);
    Some(
        Fact::new("exception")
            .with("code", Value::Hex(record.code.into()))
            .with("name", name_of(record.code))
            .with("address", Value::Address(record.address))
            .maybe("io_status", read.map(|code| Value::Hex(code.into())))
            .with("io_name", read.map_or_else(String::new, name_of))
            .worded(if read.is_some() { "evidence.exception_read" } else { "evidence.exception" })
            .link(Action::ExceptionRecord(information)),
    )
}
