//! The bucket: a name under which crashes of the same cause are counted, in the form that scripts know.
//!
//! Rules observed in public transcripts; the place is the verdict's, not whatever lies on top of the stack.

use super::facts::{Fact, Value};
use super::rules::{Class, Confidence};
use super::verdict::Verdict;
use crate::debuggee::{NamedAddress, Target};

/// Where a crash is said to have happened, and its name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bucket {
    /// The code that is named.
    pub symbol: Option<NamedAddress>,
    /// The module that is named, or what stands for one: `memory_corruption`, `hardware`.
    pub module: Option<String>,
    /// Its file.
    pub image: Option<String>,
    /// `AV_wlanflt!unknown_function`
    pub id: String,
}

/// The bucket of a crash.
pub fn bucket(target: &Target, facts: &[Fact], verdict: &Verdict) -> Bucket {
    if is_one_bit(verdict) {
        return Bucket {
            symbol: None,
            module: Some("hardware".to_owned()),
            image: Some("memory_corruption".to_owned()),
            id: "MEMORY_CORRUPTION_ONE_BIT".to_owned(),
        };
    }
    let named = verdict.culprit.as_deref().or_else(|| {
        let is_suspected = verdict.class == Class::ThirdPartyDriver;
        verdict.suspects.first().map(String::as_str).filter(|_| is_suspected)
    });
    let address = match named {
        Some(module) => in_module(target, facts, module),
        None => ["fault", "raised_by"].into_iter().find_map(|kind| {
            of_kind(facts, kind).and_then(Fact::address).filter(|&at| target.modules().at(at).is_some())
        }),
    };
    let symbol = address.and_then(|address| target.name_address(address));
    let module = match (named, &symbol) {
        (Some(name), _) => target.modules().named(name),
        (None, Some(symbol)) => target.modules().named(&symbol.module),
        (None, None) => None,
    };
    let place = match (&symbol, module) {
        (Some(symbol), _) => {
            let function = symbol.symbol.as_deref().map_or("unknown_function", |name| name);
            format!("{}!{function}", symbol.module)
        }
        (None, Some(module)) => format!("IMAGE_{}", module.image_name),
        (None, None) => "ANALYSIS_INCONCLUSIVE!unknown_function".to_owned(),
    };
    Bucket {
        id: format!("{}_{place}", prefix(facts)),
        module: module.map(|module| module.name.clone()),
        image: module.map(|module| module.image_name.clone()),
        symbol,
    }
}

fn is_one_bit(verdict: &Verdict) -> bool {
    const RULES: [&str; 5] =
        ["pte-one-bit", "null-one-bit", "pointer-one-bit", "stack-pointer-one-bit", "pfn-one-bit"];
    verdict.confidence >= Confidence::Likely && verdict.rule.is_some_and(|rule| RULES.contains(&rule))
}

fn of_kind<'f>(facts: &'f [Fact], kind: &str) -> Option<&'f Fact> {
    facts.iter().find(|fact| fact.kind == kind)
}

/// The first address in a module that any fact names as code on the way to the crash.
fn in_module(target: &Target, facts: &[Fact], name: &str) -> Option<u64> {
    const CODE: [&str; 6] = ["overflow", "raised_by", "raised_under", "fault", "stack_module", "hung_in"];
    let module = target.modules().named(name)?;
    let named = facts.iter().filter(|fact| CODE.contains(&fact.kind)).filter_map(Fact::address);
    named.filter(|&address| module.contains(address)).collect::<Vec<_>>().first().copied()
}

/// What stands before the place: the kind of crash.
fn prefix(facts: &[Fact]) -> String {
    let number = |kind: &str, value: &str| match of_kind(facts, kind).and_then(|fact| fact.get(value)) {
        Some(Value::Hex(number) | Value::Number(number) | Value::Address(number)) => Some(*number),
        _ => None,
    };
    let word = |kind: &str, value: &str| match of_kind(facts, kind).and_then(|fact| fact.get(value)) {
        Some(Value::Text(text)) => Some(text.clone()),
        _ => None,
    };
    let parameter = |index: &'static str| number("bug_check", index).unwrap_or(0);
    let code = number("bug_check", "code").unwrap_or(0);
    let status = number("fault", "status");
    let access = word("fault", "access").unwrap_or_default();
    let is_access = matches!(code, 0xa | 0xd1) || status == Some(0xc000_0005);
    match code {
        0x50 if access == "write" => "AV_W_(null)".to_owned(),
        0x50 if access == "read" => "AV_R_(null)".to_owned(),
        0xa | 0xd1 | 0x50 | 0x1e | 0x3b | 0x7e | 0x8e if is_access || code == 0x50 => match access.as_str() {
            "execute" if word("fault", "target_kind").as_deref() == Some("null") => {
                "AV_CODE_AV_NULL_IP".to_owned()
            }
            "execute" => "AV_CODE_AV_BAD_IP".to_owned(),
            _ => "AV".to_owned(),
        },
        0x1e | 0x3b | 0x7e | 0x8e => {
            format!("0x{code:X}_{:08x}", status.or(number("bug_check", "status1")).unwrap_or(0))
        }
        0x139 if parameter("p1") == 4 => "0x139_MISSING_GSFRAME".to_owned(),
        0x139 => {
            let name = super::status::fast_fail_name(parameter("p1")).unwrap_or("UNKNOWN");
            format!("0x139_{:x}_{}", parameter("p1"), name.trim_start_matches("FAST_FAIL_"))
        }
        0x9f => match word("irp_holder", "module") {
            Some(holder) => format!("0x9F_{:x}_{holder}", parameter("p1")),
            None => format!("0x9F_{:x}", parameter("p1")),
        },
        0xef | 0xf4 => {
            format!(
                "0x{code:X}_{}_BUGCHECK_CRITICAL_PROCESS",
                word("critical_process", "name").unwrap_or_default()
            )
        }
        0x133 if parameter("p1") == 0 => "0x133_DPC".to_owned(),
        0x133 => "0x133_ISR".to_owned(),
        0x101 => "CLOCK_WATCHDOG_TIMEOUT".to_owned(),
        0x4a => format!("RAISED_IRQL_FAULT_{}", word("process", "name").unwrap_or_default()),
        // The code's letters follow the bug check, the first parameter is part of the name.
        0x19 | 0x1a | 0x13a | 0xc4 => format!("0x{code:x}_{:x}", parameter("p1")),
        0xca | 0xc2 | 0xc5 | 0x154 => format!("0x{code:X}_{:x}", parameter("p1")),
        0x117 | 0x141 | 0x193 | 0x1a1 | 0x15e => format!("LKD_0x{code:X}"),
        _ => format!("0x{code:X}"),
    }
}
