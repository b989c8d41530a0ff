//! The log of a KMDF driver (in-flight recorder), which wdf01000 adds to a dump under wdf01000!WdfDumpGuid.
//!
//! Layout: `WDF_IFR_HEADER` and `WDF_IFR_RECORD` of fxifr.h in <https://github.com/microsoft/Windows-Driver-Frameworks> (MIT).
//! Frameworks of Windows 11 24H2 write records with another signature and a time in the head (from seven real dumps).

use super::Tagged;
use crate::util::bounded::{array, ascii_z, slice, u16_at, u32_at, u64_at};
use crate::util::guid::Guid;

/// wdf01000!WdfDumpGuid.
const TAG: u128 = 0x54c84888_01d1_4c1e_bed6_282c98241303;
/// Bytes of the header, after which the records lie; where it says where the last record lies, and the driver's name.
const HEADER: usize = 0x48;
const PREVIOUS: usize = 0x1e;
const NAME: usize = 0x24;
/// The longest name, and the signature and the head of a record.
const LONGEST_NAME: usize = 32;
const SIGNATURE: u16 = u16::from_le_bytes(*b"LR");
const RECORD: usize = 0x1c;
/// The same of a record with a time, which stands behind what both have.
const TIMED_SIGNATURE: u16 = u16::from_le_bytes(*b"L2");
const TIMED_RECORD: usize = 0x24;
/// More records than 64 KB hold.
const MOST: usize = 0x1_0000 / RECORD;

/// A driver's log.
#[derive(Debug, Clone)]
pub struct DriverLog<'a> {
    /// The driver.
    pub driver: String,
    data: &'a [u8],
    last: usize,
}

/// What was logged.
#[derive(Debug, Clone, Copy)]
pub struct LogRecord<'a> {
    /// Its number in the log.
    pub sequence: u32,
    /// Which file of messages it belongs to.
    pub messages: Guid,
    /// Which of those it is.
    pub message: u16,
    /// When, as a FILETIME, where the record says so.
    pub time: Option<u64>,
    /// What the message is filled with.
    pub data: &'a [u8],
}

/// Reads them, a driver each.
pub(super) fn parse(tagged: Tagged<'_>) -> Vec<DriverLog<'_>> {
    let logs = tagged.blobs(Guid::of(TAG)).filter_map(|blob| {
        let driver = ascii_z(blob, NAME, LONGEST_NAME).filter(|name| !name.is_empty())?;
        Some(DriverLog { driver, data: blob.get(HEADER..)?, last: u16_at(blob, PREVIOUS)?.into() })
    });
    logs.collect()
}

impl<'a> DriverLog<'a> {
    /// What was logged, the oldest first: each record leads to the one before, until one was overwritten.
    pub fn records(&self) -> Vec<LogRecord<'a>> {
        let mut found: Vec<LogRecord<'a>> = Vec::new();
        let mut at = self.last;
        while found.len() < MOST {
            let Some((record, previous)) = record(self.data, at) else { break };
            // Numbers fall on the way back; one that does not belongs to a later turn round the buffer.
            if found.last().is_some_and(|later| record.sequence >= later.sequence) {
                break;
            }
            found.push(record);
            if previous == at {
                break;
            }
            at = previous;
        }
        found.reverse();
        found
    }
}

/// The record at a place, and where the one before it lies.
fn record(data: &[u8], at: usize) -> Option<(LogRecord<'_>, usize)> {
    let length = usize::from(u16_at(data, at.checked_add(2)?)?);
    let head = match u16_at(data, at)? {
        SIGNATURE => RECORD,
        TIMED_SIGNATURE => TIMED_RECORD,
        _ => return None,
    };
    if length < head {
        return None;
    }
    let bytes = slice(data, at, length)?;
    let record = LogRecord {
        sequence: u32_at(bytes, 4)?,
        message: u16_at(bytes, 0xa)?,
        messages: Guid(array(bytes, 0xc)?),
        time: if head == TIMED_RECORD { u64_at(bytes, RECORD) } else { None },
        data: bytes.get(head..)?,
    };
    Some((record, usize::from(u16_at(bytes, 8)?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dump::SecondaryBlob;

    fn record_of(sequence: u32, previous: u16, message: u16, data: &[u8]) -> Vec<u8> {
        let mut bytes = b"LR".to_vec();
        bytes.extend(((RECORD + data.len()) as u16).to_le_bytes());
        bytes.extend(sequence.to_le_bytes());
        bytes.extend(previous.to_le_bytes());
        bytes.extend(message.to_le_bytes());
        bytes.extend([0x33; 16]);
        bytes.extend(data);
        bytes
    }

    #[test]
    fn records_are_followed_from_the_last_one_back() {
        let mut blob = vec![0; HEADER];
        blob[NAME..NAME + 8].copy_from_slice(b"HDAudBus");
        let (first, second) = (record_of(7, 0x300, 12, b"abcd"), record_of(8, 0, 30, b""));
        let at = first.len() as u16;
        blob.extend(&first);
        blob.extend(&second);
        // What lies behind the last one is of an earlier turn.
        blob.extend(record_of(2, at, 99, b""));
        blob[PREVIOUS..PREVIOUS + 2].copy_from_slice(&at.to_le_bytes());
        let blobs = [SecondaryBlob { tag: Guid::of(TAG), data: 0..blob.len(), size: blob.len() as u32 }];
        let logs = parse(Tagged::new(&blob, &blobs));
        assert_eq!(logs.len(), 1);
        assert_eq!(logs[0].driver, "HDAudBus");
        let records = logs[0].records();
        assert_eq!(
            records.iter().map(|record| (record.sequence, record.message)).collect::<Vec<_>>(),
            [(7, 12), (8, 30)]
        );
        assert_eq!((records[0].data, records[0].time), (&b"abcd"[..], None));
        // The second with a time, which its length counts.
        let mut timed = blob.clone();
        let place = HEADER + usize::from(at);
        timed[place..place + 4].copy_from_slice(&[b'L', b'2', 0x24, 0]);
        timed[place + RECORD..place + TIMED_RECORD].copy_from_slice(&0x01dd_2391_ae5a_a6f2u64.to_le_bytes());
        let records = parse(Tagged::new(&timed, &blobs))[0].records();
        assert_eq!((records[1].time, records[1].data.len()), (Some(0x01dd_2391_ae5a_a6f2), 0));
        // A record that leads to itself, or to a later one.
        let at = usize::from(at);
        for wrong in [at as u16, (at + second.len()) as u16] {
            let mut turned = blob.clone();
            turned[HEADER + at + 8..HEADER + at + 10].copy_from_slice(&wrong.to_le_bytes());
            let logs = parse(Tagged::new(&turned, &blobs));
            assert!(logs[0].records().len() <= 2);
        }
    }
}
