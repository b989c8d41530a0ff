//! What winlogon was doing. Form: real dumps and their public readers.

use super::super::Tagged;
use crate::util::bounded;
use crate::util::guid::Guid;

const TAG: Guid = Guid::of(0x80cc79cf_a719_4af1_bf97_fe29ff76ebc1);

/// The state of winlogon at the crash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogonState {
    /// What its thread names itself: `ShellStartupShellStarted`, `WluiRequestCredentials`.
    pub thread: String,
    /// Whether that was going on.
    pub pending: bool,
}

impl Tagged<'_> {
    /// What winlogon was doing.
    pub fn logon_state(self) -> Option<LogonState> {
        parse(self.blob(TAG)?)
    }
}

/// Version 1, size of the whole, whether an operation is pending, UTF-16 with a NUL.
fn parse(data: &[u8]) -> Option<LogonState> {
    if bounded::u32_at(data, 0)? != 1 {
        return None;
    }
    let size = (bounded::u32_at(data, 4)? as usize).min(data.len());
    let text = bounded::utf16_lossy(data.get(0xc..size)?);
    Some(LogonState {
        thread: text.split('\0').next().unwrap_or_default().to_owned(),
        pending: bounded::u32_at(data, 8)? != 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_is_read_as_it_was_written() {
        let mut data = Vec::new();
        for number in [1u32, 0x18, 1] {
            data.extend(number.to_le_bytes());
        }
        data.extend("Shell\0junk".encode_utf16().flat_map(u16::to_le_bytes));
        assert_eq!(parse(&data), Some(LogonState { thread: "Shell".into(), pending: true }));
        assert_eq!(parse(&data[..0xe]).unwrap().thread, "S");
        assert_eq!(parse(&data[..0xb]), None);
        data[0] = 2;
        assert_eq!(parse(&data), None);
    }
}
