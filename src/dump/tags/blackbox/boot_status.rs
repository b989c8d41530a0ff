//! The boot status record (RTL_BSD_DATA): how the last boots began and ended, power transitions, the power button.
//!
//! Newer builds append members, so the size says which there are: 0xb0 on 19041, 0xc0 on 22000, 0xc8 on 26100. Members
//! and places: the `!blackboxbsd` documentation and real dumps.

use super::super::Tagged;
use crate::util::bits::bits_of;
use crate::util::bounded;
use crate::util::guid::Guid;

const TAG: Guid = Guid::of(0xf57308df_cc45_4e01_ad76_29a4ebb010ec);

/// The record of the newest build seen; shorter ones end in zeros.
const WHOLE: usize = 0xc8;
/// Records that are not longer have another layout.
const OLD: usize = 0x40;

/// The boot status record of a dump.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BootStatus {
    /// The record's version, which is its size in bytes.
    pub version: u32,
    /// Bytes that the dump holds of it.
    pub held: usize,
    /// The members, in the groups in which they are shown. Members that the record is too short for are not there.
    pub groups: Vec<BootGroup>,
}

/// The name of a group, and its facts.
pub type BootGroup = (&'static str, Vec<BootFact>);

/// A member of the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BootFact {
    /// What it is, as the documentation of `!blackboxbsd` has it: `Last boot succeeded`.
    pub name: &'static str,
    /// What it holds.
    pub value: BootValue,
}

/// What a member holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BootValue {
    /// Yes or no.
    Flag(bool),
    /// A count, an identifier.
    Number(u64),
    /// A checksum, a stage: a number for programmers.
    Hex(u64),
    /// A FILETIME; 0 where it never happened.
    Time(u64),
    /// A FILETIME beside which its date is shown.
    Dated(u64),
    /// A status.
    Status(u32),
    /// A state that has a name.
    State(&'static str, u32),
}

impl BootFact {
    /// The name as a key of data: `last_boot_succeeded`.
    pub fn key(&self) -> String {
        self.name.to_ascii_lowercase().replace(' ', "_")
    }
}

impl BootStatus {
    /// The fact of this name.
    pub fn fact(&self, name: &str) -> Option<BootValue> {
        let facts = self.groups.iter().flat_map(|(_, facts)| facts);
        facts.into_iter().find(|fact| fact.name == name).map(|fact| fact.value)
    }
}

impl Tagged<'_> {
    /// The boot status; `None` where the dump has none, or one of a form that is not known.
    pub fn boot_status(self) -> Option<BootStatus> {
        parse(self.blob(TAG)?)
    }
}

fn parse(data: &[u8]) -> Option<BootStatus> {
    let version = bounded::u32_at(data, 0)?;
    let mut whole = [0u8; WHOLE];
    let held = data.len().min(WHOLE);
    if held <= OLD {
        return None;
    }
    whole.get_mut(..held)?.copy_from_slice(data.get(..held)?);
    let groups = LAYOUT.iter().filter(|(from, ..)| held >= *from).map(|(_, name, members)| {
        let facts = members
            .iter()
            .filter_map(|(name, at, kind)| Some(BootFact { name, value: kind.read(&whole, *at)? }));
        (*name, facts.collect())
    });
    Some(BootStatus { version, held, groups: groups.collect() })
}

/// How a member is stored.
#[derive(Clone, Copy)]
enum Kind {
    Bool,
    /// A bit of a byte.
    Bit(u32),
    /// Bits of a byte: the lowest, and how many.
    Bits(u8, u8),
    /// A number of so many bytes.
    Number(usize),
    Hex(usize),
    Time,
    Dated,
    Status,
    Features,
}

impl Kind {
    fn read(self, record: &[u8], at: usize) -> Option<BootValue> {
        let number = |size| bounded::uint_at(record, at, size);
        Some(match self {
            Kind::Bool => BootValue::Flag(number(1)? != 0),
            Kind::Bit(bit) => BootValue::Flag(number(1)? >> bit & 1 != 0),
            Kind::Bits(low, count) => BootValue::Number(bits_of(number(1)?, low, count)),
            Kind::Number(size) => BootValue::Number(number(size)?),
            Kind::Hex(size) => BootValue::Hex(number(size)?),
            Kind::Time => BootValue::Time(number(8)?),
            Kind::Dated => BootValue::Dated(number(8)?),
            Kind::Status => BootValue::Status(number(4)? as u32),
            Kind::Features => {
                let state = number(4)? as u32;
                let name = usize::try_from(state).ok().and_then(|state| FEATURES.get(state).copied());
                BootValue::State(name.unwrap_or("Unknown Value"), state)
            }
        })
    }
}

/// States of the feature configuration, from 0.
const FEATURES: [&str; 5] = ["Uninitialized", "Boot Pending", "LKG Pending", "Rollback Pending", "Committed"];

type Member = (&'static str, usize, Kind);

/// Each group: the size from which the record has it, its name, its members.
const LAYOUT: &[(usize, &str, &[Member])] = &[
    (0, "product", &[("Product type", 0x04, Kind::Number(4))]),
    (
        0,
        "boot",
        &[
            ("Auto advanced boot", 0x08, Kind::Bool),
            ("Advanced boot menu timeout", 0x09, Kind::Number(1)),
            ("Last boot succeeded", 0x0a, Kind::Bool),
            ("Last boot shutdown", 0x0b, Kind::Bool),
            ("Sleep in progress", 0x0c, Kind::Bool),
        ],
    ),
    (
        0,
        "power_state",
        &[
            ("Power button timestamp", 0x10, Kind::Time),
            ("System running", 0x18, Kind::Bit(0)),
            ("Connected standby in progress", 0x18, Kind::Bit(1)),
            ("User shutdown in progress", 0x18, Kind::Bit(2)),
            ("System shutdown in progress", 0x18, Kind::Bit(3)),
            ("Sleep in progress", 0x18, Kind::Bits(4, 4)),
            ("Connected standby scenario instance id", 0x19, Kind::Number(1)),
            ("Connected standby entry reason", 0x1a, Kind::Bits(0, 6)),
            ("Connected standby exit reason", 0x1b, Kind::Bits(0, 6)),
            ("System sleep transitions to on", 0x1c, Kind::Number(2)),
            ("Last reference time", 0x20, Kind::Dated),
            ("Last reference time checksum", 0x28, Kind::Hex(4)),
            ("Last update boot id", 0x2c, Kind::Number(4)),
        ],
    ),
    (
        0,
        "boots",
        &[
            ("Boot attempt count", 0x30, Kind::Number(1)),
            ("Last boot checkpoint", 0x31, Kind::Bool),
            ("Checksum", 0x32, Kind::Hex(1)),
            ("Last boot id", 0x34, Kind::Number(4)),
            ("Last successful shutdown boot id", 0x38, Kind::Number(4)),
            ("Last reported abnormal shutdown boot id", 0x3c, Kind::Number(4)),
        ],
    ),
    (
        0x58,
        "error_info",
        &[
            ("Error info boot id", 0x40, Kind::Number(4)),
            ("Error info repeat count", 0x44, Kind::Number(4)),
            ("Error info other error count", 0x48, Kind::Number(4)),
            ("Error info code", 0x4c, Kind::Number(4)),
            ("Error info status", 0x50, Kind::Status),
        ],
    ),
    (
        0x88,
        "power_button",
        &[
            ("Power button last press time", 0x58, Kind::Time),
            ("Power button cumulative press count", 0x60, Kind::Number(4)),
            ("Power button last press boot id", 0x64, Kind::Number(2)),
            ("Power button last power watchdog stage", 0x66, Kind::Hex(1)),
            ("Power button watchdog armed", 0x67, Kind::Bit(0)),
            ("Power button shutdown in progress", 0x67, Kind::Bit(1)),
            ("Power button last release time", 0x78, Kind::Time),
            ("Power button cumulative release count", 0x80, Kind::Number(4)),
            ("Power button last release boot id", 0x84, Kind::Number(2)),
            ("Power button error count", 0x86, Kind::Number(2)),
            ("Power button current connected standby phase", 0x88, Kind::Number(1)),
            ("Power button transition latest checkpoint id", 0x8c, Kind::Number(4)),
            ("Power button transition latest checkpoint type", 0x90, Kind::Number(4)),
            ("Power button transition latest checkpoint sequence number", 0x94, Kind::Number(4)),
        ],
    ),
    (
        0xa8,
        "power_transition",
        &[
            ("Power transition Shutdown Device Type", 0x98, Kind::Number(1)),
            ("Power transition Setup In Progress", 0x99, Kind::Bit(0)),
            ("Power transition OOBE In Progress", 0x99, Kind::Bit(1)),
            ("Power transition Sleep Checkpoint Source", 0x99, Kind::Bits(2, 2)),
            ("Power transition Sleep Checkpoint", 0x9a, Kind::Number(1)),
            ("Power transition Connected Standby Entry Reason Category", 0xaf, Kind::Bits(0, 4)),
            ("Power transition Connected Standby Exit Reason Category", 0xaf, Kind::Bits(4, 4)),
            ("Power transition Connected Standby Entry Scenario Instance Id", 0xb0, Kind::Hex(8)),
        ],
    ),
    (0xbc, "features", &[("Feature Configuration State", 0xb8, Kind::Features)]),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// A record written by hand: the values of the command's public documentation at their places.
    fn documented() -> Vec<u8> {
        let mut data = vec![0u8; 0x98];
        let mut put = |at: usize, bytes: &[u8]| data[at..at + bytes.len()].copy_from_slice(bytes);
        put(0, &136u32.to_le_bytes());
        put(4, &1u32.to_le_bytes());
        put(9, &[30, 1, 0, 0]);
        put(0x18, &[1 | 6 << 4, 5, 12, 31]);
        put(0x1c, &8u16.to_le_bytes());
        put(0x20, &0x1d3645f716b79e3u64.to_le_bytes());
        put(0x28, &0xb6ae84b7u32.to_le_bytes());
        put(0x2c, &6u32.to_le_bytes());
        put(0x30, &[1, 1, 0x7f]);
        put(0x34, &6u32.to_le_bytes());
        put(0x38, &2u32.to_le_bytes());
        put(0x3c, &5u32.to_le_bytes());
        put(0x58, &0x1d365b105eb9e3bu64.to_le_bytes());
        put(0x60, &6u32.to_le_bytes());
        put(0x66, &[0x20, 2]);
        put(0x94, &77u32.to_le_bytes());
        data
    }

    #[test]
    fn members_are_read_where_the_documentation_has_them() {
        let status = parse(&documented()).unwrap();
        assert_eq!((status.version, status.held), (136, 0x98));
        assert_eq!(status.fact("Last boot succeeded"), Some(BootValue::Flag(true)));
        assert_eq!(status.fact("Connected standby exit reason"), Some(BootValue::Number(31)));
        assert_eq!(status.fact("Last reference time"), Some(BootValue::Dated(0x1d3645f716b79e3)));
        assert_eq!(status.fact("Checksum"), Some(BootValue::Hex(0x7f)));
        assert_eq!(status.fact("Last reported abnormal shutdown boot id"), Some(BootValue::Number(5)));
        assert_eq!(status.fact("Power button last power watchdog stage"), Some(BootValue::Hex(0x20)));
        assert_eq!(status.fact("Power button watchdog armed"), Some(BootValue::Flag(false)));
        assert_eq!(status.fact("Power button shutdown in progress"), Some(BootValue::Flag(true)));
        let last = status.fact("Power button transition latest checkpoint sequence number");
        assert_eq!(last, Some(BootValue::Number(77)));
        // The record ends before these.
        assert_eq!(status.fact("Power transition Sleep Checkpoint"), None);
        assert_eq!(status.fact("Feature Configuration State"), None);
        // In two groups, and two different members.
        let running = status.groups[2].1.iter().find(|fact| fact.name == "Sleep in progress").unwrap();
        assert_eq!((running.value, running.key().as_str()), (BootValue::Number(6), "sleep_in_progress"));
    }

    #[test]
    fn short_records_are_refused_and_long_ones_cut() {
        let mut data = documented();
        assert_eq!(parse(&data[..0x40]), None);
        assert!(parse(&data[..0x57]).unwrap().fact("Error info code").is_none());
        data.resize(0x1000, 0xff);
        let status = parse(&data).unwrap();
        assert_eq!(status.held, WHOLE);
        assert_eq!(
            status.fact("Feature Configuration State"),
            Some(BootValue::State("Unknown Value", u32::MAX))
        );
    }
}
