//! `!error` and `!ntstatus`: what a code of an error means.

use crate::analysis::{HResult, NtStatus, Severity, Wrapped, low_half, readings, status_name, win32_name};
use crate::command::{Args, Argument, CommandError, CommandSpec, Context, Expects, Group, Needs};
use crate::output::{Cell, Field, Record, Role};

/// `!error`
pub const SPEC: CommandSpec = CommandSpec {
    names: &["!error"],
    group: Group::Language,
    arguments: &[Argument::new("CODE", Expects::Expression), Argument::new("[1]", Expects::Expression)],
    summary: "Shows what an error code means: NTSTATUS, Windows error, HRESULT, bug check",
    help: "Every reading in which the code has a name is a line of its own: one number may be several things. Where it has \
           none, its bits are told: severity, facility, code. An HRESULT that wraps another code is followed. Windows \
           errors are known by name for those that drivers and their programs meet most. With 1 only the NTSTATUS is \
           looked at, as !ntstatus does.\n\n\
           kd> !error c000009a\n\
           Error code: (NTSTATUS) 0xc000009a (3221225626) - STATUS_INSUFFICIENT_RESOURCES\n\
           kd> !error 80070020\n\
           Error code: (HRESULT) 0x80070020 (2147942432) - error, facility 7 (WIN32), code 0x20\n\
           Error code: (Win32) 0x20 (32) - ERROR_SHARING_VIOLATION",
    needs: Needs::Nothing,
    ..CommandSpec::runs(any)
};

/// `!ntstatus`
pub const STATUS: CommandSpec = CommandSpec {
    names: &["!ntstatus"],
    group: Group::Language,
    arguments: &[Argument::new("CODE", Expects::Expression)],
    summary: "Shows what an NTSTATUS means",
    help: "Its name; where it has none, severity, facility and code.\n\n\
           kd> !ntstatus c0000005\n\
           Error code: (NTSTATUS) 0xc0000005 (3221225477) - STATUS_ACCESS_VIOLATION",
    needs: Needs::Nothing,
    ..CommandSpec::runs(status)
};

fn any(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    say(args, context, false)
}

fn status(args: &Args<'_>, context: &mut Context<'_>) -> Result<(), CommandError> {
    say(args, context, true)
}

fn say(args: &Args<'_>, context: &mut Context<'_>, only_status: bool) -> Result<(), CommandError> {
    let mut words = args.words();
    let mut number = || words.next().map(|word| context.evaluate(word)).transpose();
    let Some(value) = number()? else {
        return Err(CommandError::Argument("which code? For example: !error c0000005".to_owned()));
    };
    let only_status = only_status || number()? == Some(1);
    if let Some(more) = words.next() {
        return Err(CommandError::Syntax(more.to_owned()));
    }
    let code = low_half(value).ok_or_else(|| {
        CommandError::Argument(format!("{value:x} is no code of an error: those have 32 bits"))
    })?;
    for row in rows(code, only_status) {
        context.out.emit(row)?;
    }
    Ok(())
}

/// The readings of a code; where it has no name in any, what its bits say.
fn rows(code: u32, only_status: bool) -> Vec<Record> {
    if only_status {
        return vec![row("NTSTATUS", code, status_name(code).unwrap_or_else(|| status_bits(code)))];
    }
    let (checks, named): (Vec<_>, Vec<_>) =
        readings(code).into_iter().partition(|reading| reading.of == "Bug check");
    let mut rows: Vec<Record> =
        named.into_iter().map(|reading| row(reading.of, code, reading.name)).collect();
    let result = HResult(code);
    if result.name().is_none() && result.wrapped() != Wrapped::Nothing {
        rows.push(row("HRESULT", code, result_bits(result)));
    }
    match result.wrapped() {
        Wrapped::Win32(inner) => {
            rows.push(row("Win32", inner, win32_name(inner).map_or_else(nameless, str::to_owned)));
        }
        Wrapped::Status(inner) => {
            rows.push(row("NTSTATUS", inner, status_name(inner).unwrap_or_else(nameless)))
        }
        Wrapped::Nothing => {}
    }
    rows.extend(checks.into_iter().map(|reading| row(reading.of, code, reading.name)));
    if rows.is_empty() {
        rows.push(row("NTSTATUS", code, status_bits(code)));
        rows.push(row("HRESULT", code, result_bits(result)));
    }
    rows
}

fn nameless() -> String {
    "a code whose name is not known".to_owned()
}

fn status_bits(code: u32) -> String {
    let status = NtStatus(code);
    let severity = match status.severity() {
        Severity::Success => "success",
        Severity::Informational => "information",
        Severity::Warning => "warning",
        Severity::Error => "error",
    };
    let whose = if status.is_customer() { ", not Microsoft's" } else { "" };
    let facility = facility(status.facility(), status.facility_name());
    format!("no name; {severity}{whose}, {facility}, code {:#x}", code & 0xffff)
}

fn result_bits(result: HResult) -> String {
    let severity = if result.0 >> 31 == 1 { "error" } else { "success" };
    let facility = facility(result.facility(), result.facility_name());
    format!("{severity}, {facility}, code {:#x}", result.code())
}

fn facility(number: u32, name: Option<&str>) -> String {
    match name {
        Some(name) => format!("facility {number:x} ({name})"),
        None => format!("facility {number:x}"),
    }
}

fn row(reading: &'static str, code: u32, meaning: String) -> Record {
    Record::new("error_code")
        .label("Error code: ")
        .cell("reading", Cell::new(reading).shown(format!("({reading})")))
        .text(" ")
        .cell("code", Cell::new(Field::Hex(code.into())).shown(format!("{code:#x}")))
        .text(format!(" ({code}) - "))
        .cell("meaning", Cell::new(meaning).role(Role::Value))
}
