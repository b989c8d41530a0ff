//! Full unwind records (`.xdata`) of ARM64 functions.
//!
//! Facts: "ARM64 exception handling" of Microsoft's public documentation.

use super::registers::Arm64Register::{self, D, Q, X};
use super::registers::{FP, LR};
use crate::unwind::error::UnwindError;
use crate::unwind::host::{FunctionEntry, UnwindHost};
use crate::util::bounded;

/// One unwind code: one instruction of a prolog, to be undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arm64Code {
    /// `sub sp` by this many bytes.
    Allocate(u32),
    /// One register, or two beside each other, stored.
    Save {
        /// The first register.
        first: Arm64Register,
        /// The one behind it.
        second: Option<Arm64Register>,
        /// Bytes above sp; with `push`, bytes that sp went down before the store at sp.
        offset: u32,
        /// Whether sp went down with the store.
        push: bool,
    },
    /// The pair after the one that the next save names was stored 16 bytes above it.
    SaveNext,
    /// `mov fp, sp`.
    SetFp,
    /// `add fp, sp` with this many bytes.
    AddFp(u32),
    /// `pacibsp`.
    SignLr,
    /// An instruction that need not be undone.
    Nop,
    /// End of the codes; in an epilog the return.
    End,
    /// End of the codes of this fragment; those of its parent follow.
    EndChained,
    /// A frame laid out by the system's own assembly: its name.
    Custom(&'static str),
}

impl Arm64Code {
    /// Whether an instruction stands behind it, apart from the return.
    pub fn is_instruction(self) -> bool {
        !matches!(self, Arm64Code::End | Arm64Code::EndChained | Arm64Code::Custom(_))
    }
}

/// Bytes of codes that a record can have: 255 words.
const MAX_CODE_BYTES: usize = 255 * 4;

/// One parsed record.
#[derive(Debug, Clone)]
pub struct Xdata {
    /// Where it stands.
    pub address: u64,
    /// Length of the function in bytes.
    pub length: u32,
    /// The only epilog ends the function, and its codes begin at this byte.
    pub end_epilog: Option<usize>,
    scopes: u32,
    scopes_at: u64,
    bytes: Vec<u8>,
}

impl Xdata {
    /// Reads the record that `entry.unwind` gives the offset of.
    pub fn read(host: &dyn UnwindHost, entry: &FunctionEntry) -> Result<Xdata, UnwindError> {
        let address = entry.image_base.wrapping_add(u64::from(entry.unwind));
        let word = |address: u64| {
            read_u32(host, address).ok_or(UnwindError::InfoUnreadable { function: entry.begin_va(), address })
        };
        let header = word(address)?;
        let version = header >> 18 & 3;
        if version != 0 {
            return Err(UnwindError::Arm64Version { address, version });
        }
        let packed_epilog = header >> 21 & 1 == 1;
        let (mut count, mut words) = (header >> 22 & 31, header >> 27);
        let mut at = address.wrapping_add(4);
        if count == 0 && words == 0 {
            let extension = word(at)?;
            (count, words) = (extension & 0xffff, extension >> 16 & 0xff);
            at = at.wrapping_add(4);
        }
        let scopes = if packed_epilog { 0 } else { count };
        let codes_at = at.wrapping_add(4 * u64::from(scopes));
        let mut bytes = vec![0; (words as usize * 4).min(MAX_CODE_BYTES)];
        if !host.read(codes_at, &mut bytes) {
            return Err(UnwindError::InfoUnreadable { function: entry.begin_va(), address: codes_at });
        }
        Ok(Xdata {
            address,
            length: (header & 0x3_ffff) * 4,
            end_epilog: packed_epilog.then_some(count as usize),
            scopes,
            scopes_at: at,
            bytes,
        })
    }

    /// The codes from byte `index` on, up to and with [`Arm64Code::End`].
    pub fn codes(&self, index: usize) -> Result<Vec<Arm64Code>, UnwindError> {
        let mut at = index;
        let mut codes = Vec::new();
        // Each turn takes at least one of at most 1,020 bytes.
        loop {
            let bad = |operation| UnwindError::BadCode {
                address: self.address,
                slot: u8::try_from(at).unwrap_or(u8::MAX),
                operation,
            };
            let Some(rest) = self.bytes.get(at..) else {
                return Err(bad(0));
            };
            let (code, size) = decode(rest).ok_or_else(|| bad(rest.first().copied().unwrap_or(0)))?;
            at += size;
            codes.push(code);
            if code == Arm64Code::End {
                return Ok(codes);
            }
        }
    }

    /// The epilog that holds the instruction `offset` bytes into the function: the codes that are still to be undone.
    pub fn in_epilog(
        &self,
        host: &dyn UnwindHost,
        offset: u32,
    ) -> Result<Option<Vec<Arm64Code>>, UnwindError> {
        let inside = |start: u32, codes: &[Arm64Code]| {
            let size = epilog_instructions(codes).saturating_mul(4);
            (start..start.saturating_add(size)).contains(&offset)
        };
        if let Some(index) = self.end_epilog {
            let codes = self.codes(index)?;
            let size = epilog_instructions(&codes).saturating_mul(4);
            let start = self.length.saturating_sub(size);
            return Ok(inside(start, &codes).then(|| skip(codes, (offset - start) / 4)));
        }
        for scope in 0..u64::from(self.scopes) {
            let at = self.scopes_at.wrapping_add(4 * scope);
            // A scope that cannot be read leaves the body's codes, which are right nearly everywhere.
            let Some(word) = read_u32(host, at) else { break };
            let start = (word & 0x3_ffff) * 4;
            if start > offset {
                break;
            }
            let codes = self.codes((word >> 22) as usize)?;
            if inside(start, &codes) {
                return Ok(Some(skip(codes, (offset - start) / 4)));
            }
        }
        Ok(None)
    }
}

/// Instructions of an epilog with these codes, its return counted; a fragment without an epilog has none.
pub(crate) fn epilog_instructions(codes: &[Arm64Code]) -> u32 {
    let body = prolog_instructions(codes);
    let ended = codes.iter().find(|code| is_end(**code));
    match (body, ended) {
        (0, Some(Arm64Code::EndChained)) | (_, None) => 0,
        _ => body + 1,
    }
}

/// Instructions of a prolog with these codes.
pub(crate) fn prolog_instructions(codes: &[Arm64Code]) -> u32 {
    let count = codes.iter().take_while(|code| !is_end(**code)).filter(|code| code.is_instruction()).count();
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// The codes without the first `instructions` of this fragment.
pub(crate) fn skip(mut codes: Vec<Arm64Code>, instructions: u32) -> Vec<Arm64Code> {
    let mut left = instructions;
    let mut cut = codes.len();
    for (at, code) in codes.iter().enumerate() {
        if left == 0 || is_end(*code) {
            cut = at;
            break;
        }
        left -= u32::from(code.is_instruction());
    }
    codes.drain(..cut);
    codes
}

fn is_end(code: Arm64Code) -> bool {
    matches!(code, Arm64Code::End | Arm64Code::EndChained)
}

fn read_u32(host: &dyn UnwindHost, address: u64) -> Option<u32> {
    let mut raw = [0; 4];
    host.read(address, &mut raw).then(|| u32::from_le_bytes(raw))
}

/// The code at the start of `bytes` and its size.
fn decode(bytes: &[u8]) -> Option<(Arm64Code, usize)> {
    let first = *bytes.first()?;
    let low = |mask: u8| u32::from(first & mask);
    let one = |first, offset, push| Arm64Code::Save { first, second: None, offset, push };
    let two = |first, second, offset, push| Arm64Code::Save { first, second: Some(second), offset, push };
    let single = match first {
        0x00..=0x1f => Some(Arm64Code::Allocate(low(31) * 16)),
        0x20..=0x3f => Some(two(X(19), X(20), low(31) * 8, true)),
        0x40..=0x7f => Some(two(X(FP), X(LR), low(63) * 8, false)),
        0x80..=0xbf => Some(two(X(FP), X(LR), low(63) * 8 + 8, true)),
        0xe1 => Some(Arm64Code::SetFp),
        0xe3 => Some(Arm64Code::Nop),
        0xe4 => Some(Arm64Code::End),
        0xe5 => Some(Arm64Code::EndChained),
        0xe6 => Some(Arm64Code::SaveNext),
        0xe8 => Some(Arm64Code::Custom("a trap frame")),
        0xe9 => Some(Arm64Code::Custom("a machine frame")),
        0xea => Some(Arm64Code::Custom("a context record")),
        0xeb => Some(Arm64Code::Custom("an emulation context record")),
        // Only says that the frame was not entered by a call.
        0xec => Some(Arm64Code::Custom("an entry that was not called")),
        0xfc => Some(Arm64Code::SignLr),
        _ => None,
    };
    if let Some(code) = single {
        return Some((code, 1));
    }
    if first == 0xe0 {
        let size = bounded::u32_at(bytes, 0)?.swap_bytes() & 0xff_ffff;
        return Some((Arm64Code::Allocate(size * 16), 4));
    }
    let second = *bytes.get(1)?;
    let number = first << 2 | second >> 6;
    let (wide, eights, narrow) = (number & 15, number & 7, first << 3 & 8 | second >> 5);
    let offset = u32::from(second & 63) * 8;
    let short = u32::from(second & 31) * 8 + 8;
    let code = match first {
        0xc0..=0xc7 => Arm64Code::Allocate((low(7) << 8 | u32::from(second)) * 16),
        0xc8..=0xcb if wide <= 10 => two(X(19 + wide), X(20 + wide), offset, false),
        0xcc..=0xcf if wide <= 10 => two(X(19 + wide), X(20 + wide), offset + 8, true),
        0xd0..=0xd3 if wide <= 11 => one(X(19 + wide), offset, false),
        0xd4 | 0xd5 if narrow <= 11 => one(X(19 + narrow), short, true),
        0xd6 | 0xd7 if eights <= 4 => two(X(19 + 2 * eights), X(LR), offset, false),
        0xd8 | 0xd9 if eights <= 6 => two(D(8 + eights), D(9 + eights), offset, false),
        0xda | 0xdb if eights <= 6 => two(D(8 + eights), D(9 + eights), offset + 8, true),
        0xdc | 0xdd => one(D(8 + eights), offset, false),
        0xde => one(D(8 + (second >> 5)), short, true),
        0xe2 => Arm64Code::AddFp(u32::from(second) * 8),
        0xe7 => return Some((any_register(second, *bytes.get(2)?)?, 3)),
        _ => return None,
    };
    Some((code, 2))
}

/// The three-byte code that names any register.
fn any_register(register: u8, place: u8) -> Option<Arm64Code> {
    let (reserved, pair, push) = (register & 0x80, register & 0x40 != 0, register & 0x20 != 0);
    let make = match place >> 6 {
        0 => X,
        1 => D,
        2 => Q,
        _ => return None,
    };
    let number = register & 31;
    if reserved != 0 || place >> 6 == 0 && number + u8::from(pair) > LR || number + u8::from(pair) > 31 {
        return None;
    }
    let scale = if pair || push || place >> 6 == 2 { 16 } else { 8 };
    Some(Arm64Code::Save {
        first: make(number),
        second: pair.then(|| make(number + 1)),
        offset: (u32::from(place & 63) + u32::from(push)) * scale,
        push,
    })
}
