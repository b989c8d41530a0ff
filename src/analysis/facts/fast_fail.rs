//! `int 29h`: code that found its data damaged and stopped at once, in the kernel or in a process that Windows needs.

use super::modules::described;
use super::scene::{Scene, record_about};
use super::{Crash, Fact, Value};
use crate::analysis::bugcheck::ParameterKind;
use crate::analysis::status::{fast_fail_name, status_name};
use crate::kernel::Process;
use crate::output::Action;
use crate::unwind::{FrameKind, TRAP_FRAME_SIZE};

/// KERNEL_SECURITY_CHECK_FAILURE.
const SECURITY_CHECK: u32 = 0x139;
/// CRITICAL_PROCESS_DIED and its older form.
const PROCESS_DIED: [u32; 2] = [0xef, 0xf4];
/// STATUS_STACK_BUFFER_OVERRUN.
const FAST_FAIL: u32 = 0xc000_0409;

/// `fast_fail`, `critical_process`.
pub(super) fn facts(crash: &Crash<'_>, scene: &Scene) -> Vec<Fact> {
    if crash.code() == SECURITY_CHECK {
        return in_kernel(crash, scene).into_iter().collect();
    }
    if !PROCESS_DIED.contains(&crash.code()) {
        return Vec::new();
    }
    process(crash).into_iter().chain(in_user_mode(crash)).collect()
}

fn in_kernel(crash: &Crash<'_>, scene: &Scene) -> Option<Fact> {
    let fault = scene.fault.as_ref()?;
    let code = crash.header.bug_check_parameters[0];
    let fact = Fact::new("fast_fail").with("mode", "kernel").with("code", Value::Hex(code));
    let fact =
        fact.with("name", fast_fail_name(code).unwrap_or("?")).with("address", Value::Address(fault.ip));
    Some(
        described(fact, crash.scope.target(), fault.ip)
            .worded("evidence.fast_fail")
            .link(Action::Run(".ecxr")),
    )
}

/// The process that died, with its exit status where that is known.
fn process(crash: &Crash<'_>) -> Option<Fact> {
    let arguments = crash.explanation()?.arguments;
    let mut named = arguments.iter().filter(|argument| argument.kind == ParameterKind::Process);
    let address = named.next()?.value;
    // Recent builds say who ended it.
    let by = named.next().map(|argument| argument.value).filter(|&by| by != address);
    let by = by.and_then(|by| Process::at(crash.scope, by).ok());
    let process = Process::at(crash.scope, address).ok()?;
    // What has no name in the dump may be no process at all.
    let name = process.name().ok()?;
    let status = process.exit_status().ok();
    let shown = status.and_then(|status| u32::try_from(status & 0xffff_ffff).ok());
    // STATUS_PENDING: it has not ended yet.
    let shown = shown.filter(|&status| status != 0x103);
    Some(
        Fact::new("critical_process")
            .with("address", Value::Address(address))
            .with("name", name)
            .maybe("id", process.id().ok().map(Value::Hex))
            .maybe("status", shown.map(|status| Value::Hex(status.into())))
            .maybe("status_name", shown.and_then(status_name))
            .maybe("by", by.as_ref().map(|by| Value::Address(by.address())))
            .maybe("by_name", by.as_ref().and_then(|by| by.name().ok()))
            .worded("evidence.critical_process")
            .link(Action::Process(address)),
    )
}

/// What the current thread raised in user mode, by the exception's record on its kernel stack.
fn in_user_mode(crash: &Crash<'_>) -> Option<Fact> {
    let stack = crash.stack.as_ref()?;
    let frame = stack.physical().find(|frame| frame.kind == FrameKind::Interrupted && frame.ip >> 47 == 0)?;
    let (start, end) = (
        stack.frames.first()?.sp & !7,
        stack.physical().take_while(|it| it.number < frame.number).last()?.sp,
    );
    let record = record_about(crash, frame.ip, start, end.saturating_add(TRAP_FRAME_SIZE))?;
    let about = |kind| {
        Fact::new(kind)
            .with("mode", "user")
            .with("address", Value::Address(frame.ip))
            .link(Action::Frame(frame.number))
    };
    Some(match record.code {
        // What the kernel calls every fast fail; the first parameter is its code (winnt.h).
        FAST_FAIL => {
            let code = record.parameters().first().copied()?;
            about("fast_fail")
                .with("code", Value::Hex(code))
                .with("name", fast_fail_name(code).unwrap_or("?"))
                .worded("evidence.fast_fail_user")
        }
        code => about("user_exception")
            .with("code", Value::Hex(code.into()))
            .with("name", status_name(code).unwrap_or_default())
            .worded("evidence.user_exception"),
    })
}
