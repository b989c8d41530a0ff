//! Status codes that the bug check states: as parameters, and in the exception information of a store (0x154).

use super::{Crash, Fact, Value};
use crate::analysis::bugcheck::ParameterKind;
use crate::analysis::status::{low_half, status_name};
use crate::dump::ExceptionRecord;
use crate::memory::Memory;
use crate::output::Action;
use crate::unwind::exception_record::is_record;

/// UNEXPECTED_STORE_EXCEPTION: its second parameter leads to the exception.
const STORE: u32 = 0x154;
/// STATUS_IN_PAGE_ERROR: the third parameter of its record is the status of the read (winnt.h).
const IN_PAGE_ERROR: u32 = 0xc000_0006;

/// `status` for each parameter that is one; `exception` for that of a store, with the status of the read that failed.
pub(super) fn facts(crash: &Crash<'_>) -> Vec<Fact> {
    let Some(explained) = crash.explanation() else { return Vec::new() };
    let parameters = (1usize..).zip(&explained.arguments);
    let statuses = parameters.filter(|(_, argument)| argument.kind == ParameterKind::Ntstatus);
    let statuses = statuses.filter_map(|(number, argument)| {
        let code = low_half(argument.value).filter(|&code| code != 0)?;
        let fact = Fact::new("status").with("number", number).with("code", Value::Hex(code.into()));
        Some(fact.with("name", status_name(code).unwrap_or_else(|| "?".to_owned())).worded("evidence.status"))
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
    let name = |code: u32| status_name(code).unwrap_or_else(|| "?".to_owned());
    Some(
        Fact::new("exception")
            .with("code", Value::Hex(record.code.into()))
            .with("name", name(record.code))
            .with("address", Value::Address(record.address))
            .maybe("io_status", read.map(|code| Value::Hex(code.into())))
            .with("io_name", read.map_or_else(String::new, name))
            .worded(if read.is_some() { "evidence.exception_read" } else { "evidence.exception" })
            .link(Action::ExceptionRecord(information)),
    )
}
