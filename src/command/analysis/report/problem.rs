//! The first part: what happened, on which machine, when.

use crate::analysis::{Argument, Explanation, Value, plain_code};
use crate::command::analysis::analyze::{argument, verdict::Judged};
use crate::command::system::{cn, vertarget::hardware};
use crate::command::{CommandError, Context};
use crate::debuggee::windows_name;
use crate::dump::{DumpKind, Header};
use crate::output::paper::{Part, Stated};
use crate::output::{Field, sanitize};
use crate::util::filetime;
use crate::words::{Language, Message, text};

/// `KMODE_EXCEPTION_NOT_HANDLED (0x1E)`, or the number alone.
pub fn name(code: u32, explained: Option<&Explanation>) -> String {
    let number = format!("0x{:X}", plain_code(code));
    match explained {
        Some(explained) => format!("{} ({number})", explained.check.name),
        None => number,
    }
}

/// The part.
///
/// # Errors
/// The command was stopped.
pub fn part(
    explained: Option<&Explanation>,
    judged: &Judged,
    context: &Context<'_>,
) -> Result<Part, CommandError> {
    let language = context.session.settings.language;
    let happened = happened(explained, context)?;
    let facts = facts(explained, judged, context)?;
    Ok(Part::new("problem", text("report.problem", language)).prose("happened", happened).facts(facts))
}

/// What happened, in two sentences.
fn happened(explained: Option<&Explanation>, context: &Context<'_>) -> Result<String, CommandError> {
    let settings = &context.session.settings;
    let language = settings.language;
    let header = context.session.target.header()?;
    let is_report = explained.is_some_and(|explained| explained.check.live_report);
    let time = header.system_time.and_then(|time| filetime::sortable_in_zone(time, &settings.zone));
    let words = match (time, header.uptime) {
        (Some(time), Some(uptime)) => Message::new(match is_report {
            true => "report.reported_after",
            false => "report.happened_after",
        })
        .with("time", time)
        .with("uptime", duration(uptime, language)),
        (Some(time), None) => {
            Message::new(if is_report { "report.reported_at" } else { "report.happened_at" })
                .with("time", time)
        }
        _ => Message::new(if is_report { "report.reported" } else { "report.happened" }),
    };
    let words = words.with("name", name(header.bug_check_code, explained)).in_language(language).into_owned();
    let summary = explained.and_then(|explained| explained.check.summary.as_ref());
    let summary = summary.map(|summary| summary.in_language(language)).unwrap_or_default();
    Ok(format!("{words}{}{summary}", language.pick(" ", "")).trim_end().to_owned())
}

/// An interval of 100 ns units in words, by its two largest units.
fn duration(interval: u64, language: Language) -> String {
    let seconds = interval / 10_000_000;
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    let words = match (days, hours) {
        (0, 0) => Message::new("report.minutes").with("minutes", minutes).with("seconds", seconds % 60),
        (0, _) => Message::new("report.hours").with("hours", hours).with("minutes", minutes),
        _ => Message::new("report.days").with("days", days).with("hours", hours),
    };
    words.in_language(language).into_owned()
}

fn facts(
    explained: Option<&Explanation>,
    judged: &Judged,
    context: &Context<'_>,
) -> Result<Vec<Stated>, CommandError> {
    let session = &*context.session;
    let language = session.settings.language;
    let said = |key| text(key, language);
    let (dump, header) = (session.target.dump()?, session.target.header()?);
    let file = dump
        .member()
        .map(str::to_owned)
        .or_else(|| dump.path().file_name().map(|name| name.to_string_lossy().into_owned()));
    let mut facts = vec![
        Stated::text("dump", said("report.dump"), file.unwrap_or_default()),
        Stated::value("dump_kind", said("report.dump_kind"), dump.kind().name(), kind(dump.kind(), language)),
    ];
    let computer = cn::record(context)?;
    if let Some(Field::Text(name)) = computer.get("name") {
        facts.push(Stated::text("computer", said("report.computer"), name.as_str()));
    }
    let between = language.pick(", ", "，");
    let windows = format!(
        "{} {}{between}{}{between}{}",
        sold_as(header),
        session.target.build_lab().map_or_else(|| header.minor_version.to_string(), str::to_owned),
        header.machine.banner_name(),
        Message::new("report.processors").with("count", header.processors).in_language(language),
    );
    facts.push(Stated::text("windows", said("report.windows"), windows));
    for (_, key, value) in hardware::known(&dump.tagged().hardware(), language) {
        let label = match key {
            "processor" => "report.cpu",
            "machine" => "report.machine",
            "board" => "report.board",
            "firmware" => "report.firmware",
            "hypervisor" => "report.hypervisor",
            _ => continue,
        };
        facts.push(Stated::text(key, said(label), value));
    }
    let process = judged.facts.iter().find(|fact| fact.kind == "process").and_then(|fact| fact.get("name"));
    if let Some(Value::Text(name)) = process {
        let shown = format!("{name}{}", said("report.process_why"));
        facts.push(Stated::value("process", said("report.process"), name.as_str(), shown));
    }
    let undocumented = header.bug_check_parameters.map(|value| Argument { value, ..Argument::default() });
    let arguments = explained.map_or(undocumented, |explained| explained.arguments.clone());
    let keys = ["argument1", "argument2", "argument3", "argument4"];
    for ((argument, key), number) in arguments.iter().zip(keys).zip(1..) {
        let meaning = argument::meaning(argument, language);
        let meaning = meaning.map(|meaning| format!("{between}{meaning}")).unwrap_or_default();
        let shown = format!("{:016x}{meaning}", argument.value);
        let label = Message::new("report.argument").with("number", number).in_language(language).into_owned();
        facts.push(Stated::value(key, sanitize(&label), Field::Hex(argument.value), shown));
    }
    Ok(facts)
}

/// The name that Windows is sold by; the kernel's own number is 10 in all of them. Windows 11 begins with build 22000, by the public
/// list of releases.
fn sold_as(header: &Header) -> &'static str {
    const WORKSTATION: u32 = 1;
    match (header.minor_version, header.product_type) {
        (22000.., Some(WORKSTATION)) => "Windows 11",
        (10240.., Some(other)) if other != WORKSTATION => "Windows Server",
        (build, _) => windows_name(build),
    }
}

/// What kind of dump it is, in words that its owner knows from Windows' settings.
fn kind(kind: DumpKind, language: Language) -> &'static str {
    match kind {
        DumpKind::Triage => text("report.kind_small", language),
        DumpKind::Full | DumpKind::BitmapFull | DumpKind::DebuggerComplete => {
            text("report.kind_full", language)
        }
        DumpKind::HeaderOnly | DumpKind::Other(_) => text("report.kind_other", language),
        _ => text("report.kind_kernel", language),
    }
}
