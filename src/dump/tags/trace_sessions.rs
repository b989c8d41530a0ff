//! The event tracing sessions (ETW) that the kernel saves under nt!EtwSecondaryDumpDataGuid: the last events of each.
//!
//! The places of the heads are from nineteen real dumps of 14393 to 26100. Events: EVENT_HEADER of the public header evntcons.h;
//! messages of drivers that trace with WPP: the header that TraceMessage of evntrace.h documents
//! (<https://learn.microsoft.com/windows/win32/api/evntrace/nf-evntrace-tracemessage>).

use super::Tagged;
use crate::util::bounded::{array, slice, u8_at, u16_at, u32_at, u64_at, utf16};
use crate::util::guid::Guid;

/// nt!EtwSecondaryDumpDataGuid.
const TAG: u128 = 0x2b88b710_1c93_4f7c_b06c_655ecc50decc;
/// What each session's head begins with.
const SESSION: [u8; 4] = 0x01eb_afe1u32.to_le_bytes();
/// Bytes of that head before the name.
const HEAD: usize = 0x30;
/// More sessions than Windows has.
const MOST: usize = 256;
/// Events lie at multiples of this, counted from the head of their buffer.
const ALIGNMENT: usize = 8;
/// The longest name of a session, in bytes.
const LONGEST_NAME: usize = 2048;

/// Sessions, and the clock that some of them count by.
#[derive(Debug, Clone)]
pub struct TraceSessions<'a> {
    /// Counts in a second of the performance counter.
    pub frequency: u64,
    /// The sessions, as they lie in the file.
    pub sessions: Vec<TraceSession<'a>>,
}

/// A session.
#[derive(Debug, Clone)]
pub struct TraceSession<'a> {
    /// Its number.
    pub id: u32,
    /// Its name.
    pub name: String,
    /// When it was started, as a FILETIME.
    pub started: u64,
    clock: u32,
    /// A moment as a FILETIME and as a stamp.
    reference: (u64, u64),
    frequency: u64,
    buffer_size: u32,
    /// The buffers, one behind the other.
    data: &'a [u8],
}

/// What was traced.
#[derive(Debug, Clone, Copy)]
pub struct TraceEvent<'a> {
    /// Who traced it: a provider, or of a message the class of messages.
    pub provider: Guid,
    /// Its number there.
    pub id: u16,
    /// Whether it is a message of WPP, whose text only the driver's own symbols tell.
    pub is_message: bool,
    /// When, in the session's clock.
    pub stamp: u64,
    /// The thread and the process that traced it, where that is told.
    pub client: Option<(u32, u32)>,
    /// What was traced besides.
    pub data: &'a [u8],
}

/// Bytes of a buffer's head (_WMI_BUFFER_HEADER of public symbols, x64 and ARM64).
const BUFFER_HEAD: usize = 0x48;
/// Where it says how many of its bytes are used, its head included.
const BUFFER_USED: usize = 0x30;

/// How many bytes a buffer of a session takes in the file: those that are used.
fn buffer(bytes: &[u8], size: u32) -> Option<usize> {
    let used = u32_at(bytes, BUFFER_USED)?;
    let fits = u32_at(bytes, 0)? == size && (BUFFER_HEAD as u32..=size).contains(&used);
    if fits { usize::try_from(used).ok() } else { None }
}

/// Reads them; `None` for a dump without such data.
pub(super) fn parse(tagged: Tagged<'_>) -> Option<TraceSessions<'_>> {
    let blob = tagged.blob(Guid::of(TAG))?;
    let frequency = u64_at(blob, 0x18)?;
    let mut heads: Vec<usize> = Vec::new();
    let mut at = 0x20;
    while heads.len() < MOST {
        let rest = blob.get(at..).unwrap_or_default();
        let Some(found) = rest.windows(SESSION.len()).position(|bytes| bytes == SESSION) else { break };
        heads.push(at + found);
        at += found + SESSION.len();
    }
    let ends = heads.iter().skip(1).copied().chain([blob.len()]);
    let sessions =
        heads.iter().zip(ends).filter_map(|(&start, end)| session(blob.get(start..end)?, frequency));
    Some(TraceSessions { frequency, sessions: sessions.collect() })
}

fn session(bytes: &[u8], frequency: u64) -> Option<TraceSession<'_>> {
    let length = usize::try_from(u32_at(bytes, 0x14)?).ok().filter(|&length| length <= LONGEST_NAME)?;
    let name = utf16(bytes, HEAD, length / 2)?;
    let buffer_size = u32_at(bytes, 0x10)?;
    // Up to 10.0.20348 the name takes twice its bytes; the first buffer tells which.
    let first = [length, 2 * length].map(|name| bytes.get(HEAD + name..).unwrap_or_default());
    let data = first.into_iter().find(|rest| buffer(rest, buffer_size).is_some()).unwrap_or_default();
    Some(TraceSession {
        id: u32_at(bytes, 4)?,
        name,
        clock: u32_at(bytes, 0xc)?,
        started: u64_at(bytes, 0x18)?,
        reference: (u64_at(bytes, 0x20)?, u64_at(bytes, 0x28)?),
        frequency,
        buffer_size,
        data,
    })
}

/// EVENT_TRACE_CLOCK of evntrace.h, as a session's head has it: performance counter, system time.
const PERFORMANCE_COUNTER: u32 = 1;
const SYSTEM_TIME: u32 = 2;
/// 100 ns in a second.
const SECOND: u128 = 10_000_000;

impl<'a> TraceSession<'a> {
    /// A stamp as a FILETIME; `None` where the session counts by another clock.
    pub fn time(&self, stamp: u64) -> Option<u64> {
        match self.clock {
            SYSTEM_TIME => Some(stamp),
            PERFORMANCE_COUNTER if self.frequency > 0 => {
                let since = u128::from(stamp.checked_sub(self.reference.1)?);
                let ticks = u64::try_from(since * SECOND / u128::from(self.frequency)).ok()?;
                self.reference.0.checked_add(ticks)
            }
            _ => None,
        }
    }

    /// What was traced, as it lies in the session's buffers.
    pub fn events(&self) -> impl Iterator<Item = TraceEvent<'a>> + use<'a> {
        let (mut rest, size) = (self.data, self.buffer_size);
        let buffers = std::iter::from_fn(move || {
            let used = buffer(rest, size)?;
            let whole = rest.get(..used).unwrap_or(rest);
            rest = rest.get(used..).unwrap_or_default();
            whole.get(BUFFER_HEAD..)
        });
        buffers.flat_map(in_buffer)
    }
}

/// What was traced, in one buffer. What is neither event nor message is passed over.
fn in_buffer(data: &[u8]) -> impl Iterator<Item = TraceEvent<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        while at + ALIGNMENT <= data.len() {
            match message(data, at).or_else(|| event(data, at)) {
                Some((event, size)) => {
                    at += size.next_multiple_of(ALIGNMENT);
                    return Some(event);
                }
                None => at += ALIGNMENT,
            }
        }
        None
    })
}

/// The upper half of the first word of a message: TRACE_HEADER_FLAG and its kind.
const MESSAGE: u16 = 0x9000;
/// TRACE_MESSAGE_... of evntrace.h: what stands in the head.
const SEQUENCE: u16 = 0x01;
const GUID: u16 = 0x02;
const COMPONENT: u16 = 0x04;
const TIMESTAMP: u16 = 0x08;
const PERFORMANCE_STAMP: u16 = 0x10;
const SYSTEM_INFO: u16 = 0x20;
/// Those, and the two that tell the size of pointers.
const KNOWN: u16 = 0xff;

/// A message at a place, with its size.
fn message(data: &[u8], at: usize) -> Option<(TraceEvent<'_>, usize)> {
    let size = usize::from(u16_at(data, at)?);
    let flags = u16_at(data, at + 6)?;
    let wanted = GUID | TIMESTAMP;
    if u16_at(data, at + 2)? != MESSAGE || flags & !KNOWN != 0 || flags & (wanted | COMPONENT) != wanted {
        return None;
    }
    let bytes = slice(data, at, size)?;
    let id = u16_at(bytes, 4)?;
    let mut next = 8 + if flags & SEQUENCE == 0 { 0 } else { 4 };
    let provider = Guid(array(bytes, next)?);
    next += 16;
    let stamp = u64_at(bytes, next)?;
    next += 8;
    let client = match flags & SYSTEM_INFO {
        0 => None,
        _ => {
            let client = (u32_at(bytes, next)?, u32_at(bytes, next + 4)?);
            next += 8;
            Some(client)
        }
    };
    if flags & PERFORMANCE_STAMP != 0 {
        next += 8;
    }
    let data = bytes.get(next..)?;
    Some((TraceEvent { provider, id, is_message: true, stamp, client, data }, size))
}

/// EVENT_HEADER's kinds, of 32 and 64 bits, and the mark of all heads of events.
const EVENT_KINDS: [u8; 2] = [0x12, 0x13];
const EVENT_MARK: u8 = 0xc0;
/// Bytes of an EVENT_HEADER.
const EVENT_HEAD: usize = 0x50;

/// An event at a place, with its size.
fn event(data: &[u8], at: usize) -> Option<(TraceEvent<'_>, usize)> {
    let size = usize::from(u16_at(data, at)?);
    if !EVENT_KINDS.contains(&u8_at(data, at + 2)?) || u8_at(data, at + 3)? != EVENT_MARK || size < EVENT_HEAD
    {
        return None;
    }
    let bytes = slice(data, at, size)?;
    let event = TraceEvent {
        provider: Guid(array(bytes, 0x18)?),
        id: u16_at(bytes, 0x28)?,
        is_message: false,
        stamp: u64_at(bytes, 0x10)?,
        client: Some((u32_at(bytes, 8)?, u32_at(bytes, 0xc)?)),
        data: bytes.get(EVENT_HEAD..)?,
    };
    Some((event, size))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dump::SecondaryBlob;

    /// A second of a performance counter of 10 MHz.
    const COUNTS: u64 = 10_000_000;
    const STARTED: u64 = 0x01db_5fb4_0000_0000;

    fn head(id: u32, clock: u32, name: &str) -> Vec<u8> {
        let name: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mut head = SESSION.to_vec();
        for number in [id, 0, clock, 0x1_0000, name.len() as u32] {
            head.extend(number.to_le_bytes());
        }
        for number in [STARTED, STARTED, 5 * COUNTS] {
            head.extend(number.to_le_bytes());
        }
        head.extend(name);
        head
    }

    /// A buffer with these events, each at a multiple of eight.
    fn filled(events: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = vec![0; BUFFER_HEAD];
        bytes[..4].copy_from_slice(&0x1_0000u32.to_le_bytes());
        for event in events {
            bytes.extend(event);
            bytes.resize(bytes.len().next_multiple_of(8), 0);
        }
        let used = (bytes.len() as u32).to_le_bytes();
        bytes[BUFFER_USED..BUFFER_USED + 4].copy_from_slice(&used);
        bytes
    }

    /// A message as TraceMessage lays it out: GUID, time stamp, thread and process.
    fn message(id: u16, stamp: u64, text: &[u8]) -> Vec<u8> {
        let size = 8 + 16 + 8 + 8 + text.len();
        let mut bytes = (size as u16).to_le_bytes().to_vec();
        bytes.extend(0x9000u16.to_le_bytes());
        bytes.extend(id.to_le_bytes());
        bytes.extend(0x00aau16.to_le_bytes());
        bytes.extend([0x11; 16]);
        bytes.extend(stamp.to_le_bytes());
        bytes.extend(4u32.to_le_bytes());
        bytes.extend(0x19cu32.to_le_bytes());
        bytes.extend(text);
        bytes
    }

    /// An EVENT_HEADER with data behind it.
    fn event(id: u16, stamp: u64, data: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0; EVENT_HEAD];
        bytes[..2].copy_from_slice(&((EVENT_HEAD + data.len()) as u16).to_le_bytes());
        bytes[2..4].copy_from_slice(&[0x13, 0xc0]);
        bytes[8..12].copy_from_slice(&7u32.to_le_bytes());
        bytes[12..16].copy_from_slice(&8u32.to_le_bytes());
        bytes[16..24].copy_from_slice(&stamp.to_le_bytes());
        bytes[24..40].copy_from_slice(&[0x22; 16]);
        bytes[40..42].copy_from_slice(&id.to_le_bytes());
        bytes.extend(data);
        bytes
    }

    #[test]
    fn sessions_and_their_events_are_read() {
        let mut blob = vec![0; 0x20];
        blob[0x18..0x20].copy_from_slice(&COUNTS.to_le_bytes());
        blob.extend(head(9, SYSTEM_TIME, "Log"));
        blob.extend(filled(&[event(1000, STARTED + 1, b"abc"), event(1001, STARTED + 2, b"")]));
        // Older builds leave the name's size free behind it; the first buffer may be empty.
        blob.extend(head(13, PERFORMANCE_COUNTER, "Driver"));
        blob.extend([0xee; 12]);
        blob.extend(filled(&[]));
        // What is neither event nor message lies between, and the last one would reach beyond its buffer's end.
        let messages = [
            message(39, 7 * COUNTS, b"the queue is blocked\0"),
            vec![0xff; 16],
            message(40, 8 * COUNTS, b""),
            vec![0xff, 0xff, 0, 0x90, 1, 0, 0xaa, 0],
        ];
        blob.extend(filled(&messages));
        let blobs = [SecondaryBlob { tag: Guid::of(TAG), data: 0..blob.len(), size: blob.len() as u32 }];
        let found = parse(Tagged::new(&blob, &blobs)).unwrap();
        let [log, driver] = &found.sessions[..] else { panic!("{found:?}") };
        assert_eq!((log.id, log.name.as_str(), driver.id, driver.name.as_str()), (9, "Log", 13, "Driver"));
        let events: Vec<_> = log.events().collect();
        assert_eq!(events.iter().map(|event| event.id).collect::<Vec<_>>(), [1000, 1001]);
        assert_eq!((events[0].client, events[0].is_message), (Some((7, 8)), false));
        assert_eq!(events[0].data, b"abc");
        assert_eq!(log.time(events[1].stamp), Some(STARTED + 2));
        let messages: Vec<_> = driver.events().collect();
        assert_eq!(messages.iter().map(|event| event.id).collect::<Vec<_>>(), [39, 40]);
        assert_eq!(messages[0].data, b"the queue is blocked\0");
        assert_eq!(messages[0].provider, Guid([0x11; 16]));
        assert_eq!((messages[0].client, messages[0].is_message), (Some((4, 0x19c)), true));
        // Seven seconds of a counter that stood at five when the session began.
        assert_eq!(driver.time(messages[0].stamp), Some(STARTED + 20_000_000));
        // A stamp from before is none of this session's.
        assert_eq!(driver.time(COUNTS), None);
        for cut in 0..blob.len() {
            let part = &blob[..cut];
            let blobs = [SecondaryBlob { tag: Guid::of(TAG), data: 0..cut, size: cut as u32 }];
            if let Some(found) = parse(Tagged::new(part, &blobs)) {
                assert!(found.sessions.iter().map(|session| session.events().count()).sum::<usize>() <= 4);
            }
        }
    }
}
