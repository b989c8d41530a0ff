//! Reading a log.
//!
//! A log is a header of 4096 bytes and chunks of 65536 bytes, each of which can be read by itself (MS-EVEN6 and the public
//! documentation of the format, <https://github.com/libyal/libevtx>). The header may be stale while Windows has the log open,
//! and is not asked: every chunk that is there is read, also those behind the ones that it counts.

use super::decode::decode;
use super::event::Event;
use crate::util::cancel::CancelToken;
use crate::util::{files, filetime};
use evtx::{EvtxChunkData, ParserSettings};
use std::io::{self, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use thiserror::Error;

/// Where the chunks begin.
const HEADER: usize = 4096;
const FILE_MAGIC: &[u8] = b"ElfFile\0";
/// A chunk, and what it begins with.
const CHUNK: usize = 0x1_0000;
const CHUNK_MAGIC: &[u8] = b"ElfChnk\0";
/// Records of a chunk: each has at least its header of 24 bytes.
const MOST_RECORDS: usize = CHUNK / 24;

/// Why a log was not read.
#[derive(Debug, Error)]
pub enum LogError {
    /// It cannot be opened or read.
    #[error("event log {}: {error}", path.display())]
    Io {
        /// The log.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// It is something else.
    #[error(
        "{}: no event log (neither the mark ElfFile nor a chunk was found). Name a .evtx file, such as System.evtx of \
         C:\\Windows\\System32\\winevt\\Logs",
        path.display()
    )]
    NotALog {
        /// The file.
        path: PathBuf,
    },
    /// The user stopped it.
    #[error("stopped")]
    Stopped,
}

/// What was read of a log, and what could not be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// Events that were read.
    pub events: u64,
    /// Records that are damaged.
    pub damaged_records: u64,
    /// Chunks that are used and cannot be read at all, or not to their end.
    pub damaged_chunks: u64,
    /// Chunks that were looked at.
    pub chunks: u64,
    /// The header of the file is damaged.
    pub damaged_header: bool,
    /// The last chunk is cut off.
    pub is_cut: bool,
}

/// Reads a log and hands on each event, in the order in which the file holds them; after each chunk `step` is told how many there
/// were so far.
///
/// # Errors
/// The file cannot be opened or is no log; the user stopped it. Damage is no error: [`Reading`] says what was left out.
pub fn read(
    path: &Path,
    stop: &CancelToken,
    each: &mut dyn FnMut(Event),
    step: &mut dyn FnMut(&Reading),
) -> Result<Reading, LogError> {
    let io = |error| LogError::Io { path: path.to_owned(), error };
    let mut file = files::open_found(path).map_err(io)?;
    let mut head = [0; FILE_MAGIC.len()];
    let read = fill(&mut file, &mut head).map_err(io)?;
    let mut reading = Reading { damaged_header: !head.starts_with(FILE_MAGIC), ..Reading::default() };
    file.seek(SeekFrom::Start(HEADER as u64)).map_err(io)?;
    let settings = Arc::new(ParserSettings::default().separate_json_attributes(true));
    let mut is_log = !reading.damaged_header && read == head.len();
    let mut bytes = vec![0; CHUNK];
    loop {
        stop.check().map_err(|_| LogError::Stopped)?;
        let length = fill(&mut file, &mut bytes).map_err(io)?;
        if length == 0 {
            break;
        }
        bytes.get_mut(length..).into_iter().for_each(|rest| rest.fill(0));
        reading.chunks += 1;
        reading.is_cut |= length < CHUNK;
        match bytes.starts_with(CHUNK_MAGIC) {
            true => {
                is_log = true;
                chunk(bytes.clone(), &settings, each, &mut reading);
            }
            // Windows makes the file larger before it needs it.
            false if bytes.iter().all(|&byte| byte == 0) => {}
            false => reading.damaged_chunks += 1,
        }
        if !is_log {
            return Err(LogError::NotALog { path: path.to_owned() });
        }
        step(&reading);
    }
    match is_log {
        true => Ok(reading),
        false => Err(LogError::NotALog { path: path.to_owned() }),
    }
}

/// Reads until the buffer is full or the file ends.
fn fill(file: &mut impl Read, into: &mut [u8]) -> io::Result<usize> {
    let mut read = 0;
    while let Some(rest) = into.get_mut(read..).filter(|rest| !rest.is_empty()) {
        match file.read(rest) {
            Ok(0) => break,
            Ok(count) => read += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(read)
}

/// The events of one chunk.
fn chunk(bytes: Vec<u8>, settings: &Arc<ParserSettings>, each: &mut dyn FnMut(Event), reading: &mut Reading) {
    // A defect of the reader on damaged bytes costs a chunk, not the session.
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let Ok(mut data) = EvtxChunkData::new(bytes, false) else { return false };
        // Without its sums a chunk may still be read, and be wrong in places: that is said.
        let is_whole = data.validate_checksum();
        let Ok(mut chunk) = data.parse(settings.clone()) else { return false };
        for record in chunk.iter().take(MOST_RECORDS) {
            let Ok(record) = record else {
                reading.damaged_records += 1;
                continue;
            };
            let (number, written) = (record.event_record_id, record.timestamp);
            let json = record.into_json_value().ok();
            let written = filetime::of_timestamp(written).unwrap_or(0);
            match json.and_then(|json| decode(number, written, &json.data)) {
                Some(event) => {
                    reading.events += 1;
                    each(event);
                }
                None => reading.damaged_records += 1,
            }
        }
        is_whole
    }));
    if !outcome.unwrap_or(false) {
        reading.damaged_chunks += 1;
    }
}
