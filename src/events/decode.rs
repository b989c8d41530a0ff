//! From a decoded record to an event.
//!
//! The shape is that of the event schema (<https://learn.microsoft.com/windows/win32/wes/eventschema-schema>): `System` says who,
//! when and what; `EventData` or an element of `UserData` holds the values.

use super::event::Event;
use crate::util::filetime;
use serde_json::Value;

/// Values of one event that are kept, and characters of each: events say a few short things.
const MOST_VALUES: usize = 64;
const LONGEST: usize = 1024;
/// What holds a value where attributes stand beside it.
const TEXT: &str = "#text";

/// The event that a record in JSON holds, with attributes in members of their own; `None` where it says neither who wrote it nor
/// what it is. `record` and `written` are the record's own number and time, which stand where the event has none.
pub fn decode(record: u64, written: u64, json: &Value) -> Option<Event> {
    let event = json.get("Event")?;
    let system = event.get("System")?;
    let provider = system.get("Provider_attributes")?;
    let name = provider.get("Name").or_else(|| provider.get("EventSourceName"))?;
    let id = plain(system.get("EventID")?)?.parse().ok()?;
    let time = system.get("TimeCreated_attributes").and_then(|time| time.get("SystemTime"));
    let time = time.and_then(Value::as_str).and_then(filetime::of_iso8601);
    let level = system.get("Level").and_then(plain).and_then(|level| level.parse().ok());
    let mut found = Event {
        record,
        time: time.unwrap_or(written),
        provider: plain(name)?,
        id,
        level: level.unwrap_or(0),
        computer: system.get("Computer").and_then(plain).unwrap_or_default(),
        data: Vec::new(),
    };
    if let Some(data) = event.get("EventData") {
        add(data, &mut found);
    }
    // One element of the provider's own, which holds the values.
    let elements = event.get("UserData").and_then(Value::as_object);
    let element = elements.and_then(|all| all.iter().find(|(name, _)| !is_attributes(name)));
    if let Some((_, data)) = element {
        add(data, &mut found);
    }
    Some(found)
}

fn is_attributes(name: &str) -> bool {
    name.ends_with("_attributes")
}

/// Adds the members of an element: a value each, or a list of values without names.
fn add(data: &Value, event: &mut Event) {
    for (name, value) in data.as_object().into_iter().flatten().filter(|(name, _)| !is_attributes(name)) {
        let name = if matches!(name.as_str(), "Data" | TEXT) { "" } else { name };
        let inner = value.get(TEXT).unwrap_or(value);
        let values = inner.as_array().map_or_else(|| std::slice::from_ref(inner), Vec::as_slice);
        for value in values {
            if event.data.len() >= MOST_VALUES {
                return;
            }
            event.data.extend(plain(value).map(|value| (name.to_owned(), value)));
        }
    }
}

/// A value as text; `None` for what holds others.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.chars().take(LONGEST).collect()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null => Some(String::new()),
        Value::Object(members) => plain(members.get(TEXT)?),
        Value::Array(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The form of EventLog 6009: values without names, of which one is empty.
    #[test]
    fn classic_values_have_places() {
        let json = json!({"Event": {"System": {
            "Provider_attributes": {"Name": "EventLog"}, "EventID_attributes": {"Qualifiers": 32768}, "EventID": 6009, "Level": 4,
            "TimeCreated_attributes": {"SystemTime": "2017-07-12T17:16:28.2141616Z"}, "Computer": "PC"},
            "EventData": {"Data": {"#text": ["10.00.", "15063", "", "Multiprocessor Free"]}, "Binary": "00"}}});
        let event = decode(1, 5, &json).expect("an event");
        assert_eq!((event.provider.as_str(), event.id, event.level), ("EventLog", 6009, 4));
        assert_eq!((event.nth(1), event.nth(2), event.get("Binary")), (Some("15063"), Some(""), Some("00")));
        assert_eq!(event.value("param2", 1), Some("15063"));
        // 2017-07-12 17:16:28 is 1499879788 in seconds since 1970 (date -u -d).
        assert_eq!(filetime::unix_seconds(event.time), Some(1_499_879_788));
    }

    /// The form of UserPnp 20001: the values stand in an element of the provider's own.
    #[test]
    fn user_data_is_read_as_well() {
        let json = json!({"Event": {"System": {
            "Provider_attributes": {"Name": "Microsoft-Windows-UserPnp"}, "EventID": {"#text": "20001"}},
            "UserData": {"InstallDeviceID_attributes": {"xmlns": "x"},
                "InstallDeviceID": {"DriverVersion": "1.2", "UpgradeDevice": true, "InstallStatus": "0x5"}}}});
        let event = decode(7, 9, &json).expect("an event");
        assert_eq!((event.id, event.time, event.record), (20001, 9, 7));
        assert_eq!(event.get("UpgradeDevice"), Some("true"));
        assert_eq!((event.number("InstallStatus"), event.value("param1", 0)), (Some(5), None));
    }

    #[test]
    fn what_says_nothing_is_no_event() {
        for json in [json!(null), json!({"Event": 1}), json!({"Event": {"System": {"EventID": 1}}})] {
            assert_eq!(decode(1, 1, &json), None);
        }
    }
}
