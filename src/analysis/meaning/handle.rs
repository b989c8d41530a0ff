//! A handle of the process, and the number of a process or thread.

use super::object::{named, shown};
use super::place::of_thread;
use super::{Certainty, Meanings, Question};
use crate::analysis::facts::{Fact, Value};
use crate::debuggee::Lack;
use crate::kernel::{Dispatcher, DispatcherKind, HandleTable, ObjectTypes, Process, Thread};
use crate::output::Action;

/// Handles and ids count in fours, and a table has room for so many.
const STEP: u64 = 4;
const LAST: u64 = 1 << 26;
/// What handles of the kernel's own table have set, where programs cannot use them.
const KERNEL: u64 = 0xffff_ffff_8000_0000;

pub(super) fn add(question: &Question<'_>, found: &mut Meanings) -> Result<(), Lack> {
    if question.scope.target().dump().is_err() {
        return Ok(());
    }
    let number = match question.value {
        kernel if kernel & KERNEL == KERNEL => kernel & !KERNEL,
        number => number,
    };
    if number == 0 || number >= LAST || !number.is_multiple_of(STEP) {
        return Ok(());
    }
    let is_kernel = number != question.value;
    let process = match (is_kernel, question.process) {
        (true, _) => Process::system(question.scope).ok(),
        (false, process) => process.and_then(|process| Process::at(question.scope, process).ok()),
    };
    question.scope.check()?;
    if let Some(fact) = process.and_then(|process| handle(question, &process, number)) {
        found.add(if is_kernel { Certainty::Likely } else { Certainty::Possible }, fact);
    }
    if let Some(fact) = (!is_kernel).then(|| id(question, number)).flatten() {
        found.add(Certainty::Possible, fact);
    }
    Ok(())
}

fn handle(question: &Question<'_>, process: &Process<'_>, number: u64) -> Option<Fact> {
    let table = process.handle_table().ok().filter(|&table| table != 0)?;
    let entry = HandleTable::at(question.scope, table).ok()?.entry(number).ok()?;
    if !entry.is_used() {
        return None;
    }
    let header = entry.header().ok()?;
    let body = header.body().ok()?;
    let types = ObjectTypes::of(question.scope);
    let ty = types.and_then(|types| types.of_object(&header)?.name()).ok()?;
    let name = named(&header, &ty);
    Some(
        Fact::new("handle")
            .with("process", process.name().unwrap_or_else(|_| "?".to_owned()))
            .with("object", Value::Address(body))
            .with("type", ty)
            .maybe("name", name.as_deref())
            .with("shown_name", shown(name.as_deref()))
            .worded("what.handle")
            .link(Action::Handle { handle: number, process: process.address() }),
    )
}

fn id(question: &Question<'_>, number: u64) -> Option<Fact> {
    let scope = question.scope;
    let entry = HandleTable::of_ids(scope).ok()?.entry(number).ok()?;
    let at = entry.is_used().then(|| entry.process_or_thread().ok()).flatten()?;
    match Dispatcher::at(scope, at).ok()?.kind().ok()? {
        DispatcherKind::Process => {
            let process = Process::at(scope, at).ok().filter(|process| process.id() == Ok(number))?;
            Some(
                Fact::new("process_id")
                    .with("address", Value::Address(at))
                    .with("process", process.name().ok()?)
                    .worded("what.process_id")
                    .link(Action::Process(at)),
            )
        }
        DispatcherKind::Thread => {
            let thread = Thread::at(scope, at).ok()?;
            thread.client_id().ok().filter(|id| id.thread == number)?;
            let fact = of_thread(Fact::new("thread_id"), question, &thread).worded("what.thread_id");
            Some(fact.link(Action::Thread(at)))
        }
        _ => None,
    }
}
