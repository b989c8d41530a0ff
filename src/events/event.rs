//! One event of a log, as its provider wrote it.

/// One event of a log. Texts are as the log holds them: whoever shows them cleans them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Event {
    /// Its number in the log.
    pub record: u64,
    /// When it happened: a FILETIME.
    pub time: u64,
    /// Who wrote it: `Microsoft-Windows-Kernel-Power`, `disk`.
    pub provider: String,
    /// Its number among the provider's events.
    pub id: u32,
    /// How bad it is: 1 critical, 2 error, 3 warning, 4 information (the event schema's `Level`); 0 where it is not said.
    pub level: u8,
    /// The computer that wrote it.
    pub computer: String,
    /// What it says: names and values in the log's order; values of classic providers have no name.
    pub data: Vec<(String, String)>,
}

impl Event {
    /// The value of that name.
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.data.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        Some(&found.1)
    }

    /// The value at that place, from 0, whatever its name.
    pub fn nth(&self, place: usize) -> Option<&str> {
        self.data.get(place).map(|(_, value)| value.as_str())
    }

    /// The value of that name, or where values have no names the one at that place.
    pub fn value(&self, name: &str, place: usize) -> Option<&str> {
        self.get(name).or_else(|| {
            let (known, value) = self.data.get(place)?;
            known.is_empty().then_some(value.as_str())
        })
    }

    /// A value that is a number, in decimal or, behind `0x`, in hexadecimal.
    pub fn number(&self, name: &str) -> Option<u64> {
        number(self.get(name)?)
    }
}

/// A number as event logs write it.
fn number(text: &str) -> Option<u64> {
    let text = text.trim();
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}
