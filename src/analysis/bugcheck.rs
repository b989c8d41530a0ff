//! Bug checks: their names and what their arguments mean.
//!
//! `assets/bugchecks.json` holds 548 of them, worded for this project from the public driver documentation; each entry
//! names its page.

use serde_json::Value;
use std::sync::OnceLock;

/// What is known of one bug check with its arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BugCheck {
    /// The code without the bit that marks a triage dump.
    pub code: u32,
    /// `KMODE_EXCEPTION_NOT_HANDLED`
    pub name: String,
    /// One line on what it means, where documented.
    pub summary: Option<String>,
    /// What the sub-code in the key argument means, where there is one.
    pub sub_code: Option<String>,
    /// The four arguments with their meanings.
    pub arguments: [Argument; 4],
}

/// One argument.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Argument {
    /// Its value.
    pub value: u64,
    /// What it means; `None` where undocumented.
    pub meaning: Option<String>,
}

static ASSET: &str = include_str!("../../assets/bugchecks.json");

fn table() -> &'static Value {
    static TABLE: OnceLock<Value> = OnceLock::new();
    TABLE.get_or_init(|| serde_json::from_str(ASSET).unwrap_or(Value::Null))
}

/// The code as people know it: minidumps of some bug checks carry 0x10000000 in addition.
pub fn plain_code(code: u32) -> u32 {
    match code >> 28 {
        1 => code & 0x0fff_ffff,
        _ => code,
    }
}

/// For codes that a driver or tool made up (customer bit 29 set, as in 0xA0000001): the bare number.
pub fn decode_user_code(code: u32) -> Option<u32> {
    (code & 0x2000_0000 != 0).then_some(code & 0x0fff_ffff)
}

/// What is known of a bug check; `None` for codes nobody documented.
pub fn bug_check(code: u32, parameters: [u64; 4]) -> Option<BugCheck> {
    let plain = plain_code(code);
    let entry = table().get(format!("0x{plain:08X}")).or_else(|| table().get(format!("0x{code:08X}")))?;
    let sub = sub_entry(entry, parameters);
    let arguments = [0, 1, 2, 3].map(|index| Argument {
        value: parameters.get(index).copied().unwrap_or(0),
        meaning: meaning(entry, sub, index, parameters),
    });
    Some(BugCheck {
        code: plain,
        name: text(entry, "name")?,
        summary: text(entry, "summary"),
        sub_code: sub.and_then(|sub| text(sub, "text")),
        arguments,
    })
}

/// The row for the value of the argument that selects rows. Only values that stand in the table word for word count:
/// a wrong meaning is worse than none.
fn sub_entry(entry: &Value, parameters: [u64; 4]) -> Option<&Value> {
    let key = entry.get("key_param").and_then(Value::as_u64).unwrap_or(1);
    let value = parameters.get(usize::try_from(key).ok()?.checked_sub(1)?)?;
    entry.get("sub")?.get(format!("0x{value:X}"))
}

fn meaning(entry: &Value, sub: Option<&Value>, index: usize, parameters: [u64; 4]) -> Option<String> {
    let specific = sub.and_then(|sub| match index {
        0 => text(sub, "text"),
        index => text(sub, ["", "p2", "p3", "p4"].get(index)?),
    });
    let general = entry.get("params").and_then(|params| params.get(index)).and_then(Value::as_str);
    let general =
        general.filter(|text| !text.is_empty() && *text != "depends on parameter 1").map(str::to_owned);
    let value = parameters.get(index)?;
    let note =
        entry.get("other_values").and_then(|notes| text(notes, &format!("P{}=0x{value:X}", index + 1)));
    match (specific.or(general), note) {
        (Some(meaning), Some(note)) => Some(format!("{meaning}: {note}")),
        (meaning, note) => meaning.or(note),
    }
}

fn text(value: &Value, key: &str) -> Option<String> {
    value.get(key)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_asset_is_read() {
        assert_eq!(table().as_object().map(|table| table.len()), Some(549));
    }

    #[test]
    fn sub_codes_explain_their_arguments() {
        let check = bug_check(0x9f, [3, 0x10, 0x20, 0x30]).expect("documented");
        assert_eq!(check.name, "DRIVER_POWER_STATE_FAILURE");
        assert_eq!(check.arguments[3].meaning.as_deref(), Some("blocked IRP"));
        let unknown = bug_check(0x9f, [0x777, 0, 0, 0]).expect("documented");
        assert_eq!(unknown.sub_code, None);
        assert_eq!(unknown.arguments[1].meaning, None);
    }

    #[test]
    fn minidump_codes_mean_the_plain_ones() {
        let check = bug_check(0x1000_007e, [0xffff_ffff_c000_0005, 0, 0, 0]).expect("documented");
        assert_eq!((check.code, check.name.as_str()), (0x7e, "SYSTEM_THREAD_EXCEPTION_NOT_HANDLED"));
        assert_eq!(bug_check(0xa000_0001, [5, 0, 0, 0]).map(|check| check.code), None);
        assert_eq!(decode_user_code(0xa000_0001), Some(1));
    }

    #[test]
    fn values_with_a_note_of_their_own() {
        let check = bug_check(0x50, [0, 0, 0, 2]).expect("documented");
        assert!(
            check.arguments[3]
                .meaning
                .as_deref()
                .is_some_and(|text| text.ends_with("page table not present"))
        );
    }
}
