//! Requests of NTFS that took too long, and broken oplocks that nobody acknowledged. Form: real dumps and their public
//! readers.

use super::super::Tagged;
use crate::util::bounded;
use crate::util::guid::Guid;
use crate::util::links::Links;

const TAG: Guid = Guid::of(0x00afe9c4_940d_4213_8016_cd3719b5bc20);
/// Bytes of a slot: IRP, SCB, thread, and one more.
const SLOT: usize = 32;
/// A chained record is at least its three numbers.
const CHAINED: usize = 6;
/// The names of processes in the record.
const NAME: usize = 15;
const OPLOCK_BREAK: u16 = 2;

/// What NTFS noted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NtfsTimeouts {
    /// When the record was begun: FILETIME; 0 is unknown.
    pub time: u64,
    /// What took too long, in the order of the data.
    pub records: Vec<NtfsRecord>,
    /// Why the list ends early, if it does.
    pub broken: Option<String>,
}

/// One note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NtfsRecord {
    /// Its bytes.
    pub length: usize,
    /// Address of the IRP; 0 for none.
    pub irp: u64,
    /// Address of NTFS' stream control block; 0 for none.
    pub scb: u64,
    /// What it is.
    pub kind: NtfsRecordKind,
}

/// What a note is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NtfsRecordKind {
    /// A request that took too long.
    SlowIo {
        /// Address of its thread; 0 for none.
        thread: u64,
    },
    /// An oplock was broken, and its owner did not answer.
    OplockBreak {
        /// Which operation broke it: 1 to 5, see [`NtfsRecordKind::reason`].
        reason: u32,
        /// The process that holds it.
        owner: String,
        /// The process that waits.
        breaker: String,
    },
    /// A record of a type that is not known.
    Other(u16),
}

impl NtfsRecordKind {
    /// The routine of NTFS in which an oplock was broken.
    pub fn reason(number: u32) -> Option<&'static str> {
        const ROUTINES: [&str; 5] =
            ["NtfsFsdSetInformation", "NtfsFspDispatch", "NtfsFsdCleanup", "NtfsFsdCreate", "NtfsFsdWrite"];
        ROUTINES.get(usize::try_from(number).ok()?.checked_sub(1)?).copied()
    }
}

impl Tagged<'_> {
    /// What NTFS noted.
    pub fn ntfs_timeouts(self) -> Option<NtfsTimeouts> {
        parse(self.blob(TAG)?)
    }
}

fn parse(data: &[u8]) -> Option<NtfsTimeouts> {
    if bounded::u16_at(data, 0)? != 0 {
        return None;
    }
    let mut found = NtfsTimeouts { time: bounded::u64_at(data, 8)?, ..NtfsTimeouts::default() };
    let slots = usize::from(bounded::u16_at(data, 0x10)?);
    let first = usize::from(bounded::u16_at(data, 0x12)?);
    for slot in 0..slots {
        let Some(slot) = bounded::slice(data, first + slot * SLOT, SLOT) else {
            found.broken = Some("the data end within the slow requests".to_owned());
            break;
        };
        let [Some(irp), Some(scb), Some(thread)] = [0, 8, 16].map(|at| bounded::u64_at(slot, at)) else {
            break;
        };
        if irp != 0 || scb != 0 {
            found.records.push(NtfsRecord {
                length: SLOT,
                irp,
                scb,
                kind: NtfsRecordKind::SlowIo { thread },
            });
        }
    }
    found.broken = chained(data, &mut found.records).err().or(found.broken);
    Some(found)
}

/// Adds the records that follow each other by their places in the data.
fn chained(data: &[u8], records: &mut Vec<NtfsRecord>) -> Result<(), String> {
    let cut = || "the data end within the chained records";
    let next = |at: u64| {
        let at = usize::try_from(at).map_err(|_| cut())?;
        bounded::u16_at(data, at + 4).map(u64::from).ok_or_else(cut)
    };
    for at in Links::chain(u64::from(bounded::u16_at(data, 4).ok_or_else(cut)?), next) {
        let at = usize::try_from(at.map_err(|broken| broken.to_string())?).map_err(|_| cut())?;
        // The list begins behind the slots, with zeros until there is a note.
        if bounded::u32_at(data, at) == Some(0) {
            break;
        }
        records.push(record(data, at).ok_or_else(cut)?);
    }
    Ok(())
}

/// Type, length, place of the next; then what the type asks for.
fn record(data: &[u8], at: usize) -> Option<NtfsRecord> {
    let kind = bounded::u16_at(data, at)?;
    let length = usize::from(bounded::u16_at(data, at + 2)?);
    let record = bounded::slice(data, at, length).filter(|_| length >= CHAINED)?;
    let wide = |place| bounded::u64_at(record, place).unwrap_or(0);
    let name = |place| bounded::ascii_z(record, place, NAME).unwrap_or_default();
    Some(NtfsRecord {
        length,
        irp: wide(8),
        scb: wide(16),
        kind: match kind {
            OPLOCK_BREAK => NtfsRecordKind::OplockBreak {
                reason: bounded::u32_at(record, 24).unwrap_or(0),
                owner: name(28),
                breaker: name(28 + NAME),
            },
            other => NtfsRecordKind::Other(other),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two slots, one of them empty, and two chained records of which the second leads to `last`.
    fn notes(last: u16) -> Vec<u8> {
        let mut data = vec![0u8; 0x18 + 2 * SLOT];
        data[4..6].copy_from_slice(&0x58u16.to_le_bytes());
        data[8..16].copy_from_slice(&77u64.to_le_bytes());
        data[0x10..0x14].copy_from_slice(&[2, 0, 0x18, 0]);
        data[0x38..0x40].copy_from_slice(&0xffff_8000_0000_1000u64.to_le_bytes());
        data[0x48..0x50].copy_from_slice(&0xffff_8000_0000_2000u64.to_le_bytes());
        let mut break_note = vec![2, 0, 60, 0, 0x94, 0, 0, 0];
        break_note.extend(0xaau64.to_le_bytes());
        break_note.extend(0xbbu64.to_le_bytes());
        break_note.extend(4u32.to_le_bytes());
        break_note.extend(b"owner.exe\0\0\0\0\0\0breaker.exe\0\0\0\0\0\0");
        data.extend(break_note);
        data.extend([9, 0, 8, 0]);
        data.extend(last.to_le_bytes());
        data.extend([0, 0]);
        data
    }

    #[test]
    fn notes_are_read_as_they_were_written() {
        let found = parse(&notes(0)).unwrap();
        assert_eq!((found.time, &found.broken), (77, &None));
        let [slow, oplock, other] = &found.records[..] else { panic!("{found:?}") };
        assert_eq!((slow.irp, slow.scb), (0xffff_8000_0000_1000, 0));
        assert_eq!(slow.kind, NtfsRecordKind::SlowIo { thread: 0xffff_8000_0000_2000 });
        assert_eq!((oplock.irp, oplock.scb, oplock.length), (0xaa, 0xbb, 60));
        let (owner, breaker) = ("owner.exe".to_owned(), "breaker.exe".to_owned());
        assert_eq!(oplock.kind, NtfsRecordKind::OplockBreak { reason: 4, owner, breaker });
        assert_eq!(NtfsRecordKind::reason(4), Some("NtfsFsdCreate"));
        assert_eq!((NtfsRecordKind::reason(0), NtfsRecordKind::reason(6)), (None, None));
        assert_eq!(other.kind, NtfsRecordKind::Other(9));
    }

    #[test]
    fn what_is_broken_is_said_and_the_rest_kept() {
        let looped = parse(&notes(0x58)).unwrap();
        assert_eq!(looped.records.len(), 3);
        assert!(looped.broken.unwrap().contains("turns back"));
        let mut empty = notes(0);
        empty[0x58..].fill(0);
        let none = parse(&empty).unwrap();
        assert_eq!((none.records.len(), none.broken), (1, None));
        assert!(parse(&notes(0x4000)).unwrap().broken.unwrap().contains("end within"));
        let whole = notes(0);
        for size in 0..whole.len() {
            let _ = parse(&whole[..size]);
        }
        let mut data = whole;
        data[0x10] = 200;
        assert!(parse(&data).unwrap().broken.is_some());
    }
}
