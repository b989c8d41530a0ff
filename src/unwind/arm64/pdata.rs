//! What the function table (`.pdata`) says of an ARM64 function: packed entries turned into codes, others looked up.

use super::registers::Arm64Register::{D, X};
use super::registers::{FP, LR};
use super::xdata::{self, Arm64Code, Xdata};
use crate::unwind::error::UnwindError;
use crate::unwind::host::{FunctionEntry, UnwindHost};

/// Where in a function the processor stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arm64Position {
    /// Some of the prolog has not happened.
    Prolog,
    /// Between prolog and epilogs.
    Body,
    /// Some of an epilog has happened.
    Epilog,
}

/// The codes that undo all of a function's prolog, last instruction first.
///
/// # Errors
/// Unwind data that cannot be read or makes no sense.
pub fn prolog_codes(host: &dyn UnwindHost, entry: &FunctionEntry) -> Result<Vec<Arm64Code>, UnwindError> {
    match entry.unwind & 3 {
        0 => Xdata::read(host, entry)?.codes(0),
        1 | 2 => packed_codes(entry),
        _ => Err(bad(entry)),
    }
}

/// The most that one `sub sp` of a packed function takes.
const STEP: u32 = 4080;

/// The codes that lead out of the function of `entry` from `pc`, and where in it `pc` is.
pub fn codes_at(
    host: &dyn UnwindHost,
    entry: &FunctionEntry,
    pc: u64,
) -> Result<(Vec<Arm64Code>, Arm64Position), UnwindError> {
    // An offset that does not fit lies behind every function.
    let offset = u32::try_from(pc.wrapping_sub(entry.begin_va())).unwrap_or(u32::MAX);
    match entry.unwind & 3 {
        0 => {
            let record = Xdata::read(host, entry)?;
            let codes = record.codes(0)?;
            if let Some(started) = in_prolog(&codes, offset) {
                return Ok((started, Arm64Position::Prolog));
            }
            Ok(match record.in_epilog(host, offset)? {
                Some(left) => (left, Arm64Position::Epilog),
                None => (codes, Arm64Position::Body),
            })
        }
        flag @ (1 | 2) => {
            let codes = packed_codes(entry)?;
            if flag == 2 {
                return Ok((codes, Arm64Position::Body));
            }
            if let Some(started) = in_prolog(&codes, offset) {
                return Ok((started, Arm64Position::Prolog));
            }
            // The epilog neither reloads the home area nor takes sp from fp.
            let epilog: Vec<Arm64Code> = codes
                .iter()
                .copied()
                .filter(|code| !matches!(code, Arm64Code::Nop | Arm64Code::SetFp))
                .collect();
            let length = (entry.unwind >> 2 & 0x7ff) * 4;
            let start = length.saturating_sub(xdata::epilog_instructions(&epilog) * 4);
            Ok(match (start..length).contains(&offset) {
                true => (xdata::skip(epilog, (offset - start) / 4), Arm64Position::Epilog),
                false => (codes, Arm64Position::Body),
            })
        }
        _ => Err(bad(entry)),
    }
}

/// In the prolog: the codes of what has happened.
fn in_prolog(codes: &[Arm64Code], offset: u32) -> Option<Vec<Arm64Code>> {
    let missing = xdata::prolog_instructions(codes).checked_sub(offset / 4)?;
    (missing > 0).then(|| xdata::skip(codes.to_vec(), missing))
}

fn bad(entry: &FunctionEntry) -> UnwindError {
    UnwindError::Arm64Packed { function: entry.begin_va(), word: entry.unwind }
}

/// The codes of the canonical prolog that a packed entry stands for, last instruction first.
pub fn packed_codes(entry: &FunctionEntry) -> Result<Vec<Arm64Code>, UnwindError> {
    let word = entry.unwind;
    let (reg_f, reg_i) = (word >> 13 & 7, word >> 16 & 15);
    let (homes, chain) = (word >> 20 & 1 == 1, word >> 21 & 3);
    let frame = (word >> 23) * 16;
    let lr_only = chain == 1;
    let general = (reg_i + u32::from(lr_only)) * 8;
    let vector = if reg_f == 0 { 0 } else { (reg_f + 1) * 8 };
    let saves = (general + vector + if homes { 64 } else { 0 }).next_multiple_of(16);
    let (Some(locals), 0..=10) = (frame.checked_sub(saves), reg_i) else {
        return Err(bad(entry));
    };
    // In the order in which the prolog does them.
    let mut codes = Vec::new();
    if chain == 2 {
        codes.push(Arm64Code::SignLr);
    }
    let mut list: Vec<_> = (0u8..).zip(0..reg_i).map(|(at, _)| X(19 + at)).collect();
    if lr_only {
        list.push(X(LR));
    }
    let vectors: Vec<_> =
        (0u8..).zip(0..if reg_f == 0 { 0 } else { reg_f + 1 }).map(|(at, _)| D(8 + at)).collect();
    // An even number of general registers keeps lr apart: only an odd one shares its store with it.
    let split = list.len() - usize::from(lr_only && reg_i.is_multiple_of(2));
    let (pairs, alone) = list.split_at_checked(split).unwrap_or((&list, &[]));
    let groups = pairs.chunks(2).chain(alone.chunks(1)).chain(vectors.chunks(2));
    let mut offset = 0;
    for group in groups {
        let (Some(&first), second) = (group.first(), group.get(1).copied()) else {
            continue;
        };
        let mut push = offset == 0;
        if push && second == Some(X(LR)) {
            // No code stands for a store of a register and lr that moves sp.
            codes.push(Arm64Code::Allocate(saves));
            push = false;
        }
        codes.push(Arm64Code::Save { first, second, offset: if push { saves } else { offset }, push });
        offset += if second.is_some() { 16 } else { 8 };
    }
    if homes {
        // Where nothing else was saved, the first of the four stores moves sp.
        codes.push(match offset {
            0 => Arm64Code::Allocate(saves),
            _ => Arm64Code::Nop,
        });
        codes.extend([Arm64Code::Nop; 3]);
    }
    let chained = chain >= 2;
    if chained && locals <= 512 {
        if locals < 16 {
            return Err(bad(entry));
        }
        codes.push(Arm64Code::Save { first: X(FP), second: Some(X(LR)), offset: locals, push: true });
    } else {
        codes.extend(
            [locals.min(STEP), locals.saturating_sub(STEP)]
                .into_iter()
                .filter_map(|size| (size > 0).then_some(Arm64Code::Allocate(size))),
        );
        if chained {
            codes.push(Arm64Code::Save { first: X(FP), second: Some(X(LR)), offset: 0, push: false });
        }
    }
    if chained {
        codes.push(Arm64Code::SetFp);
    }
    codes.reverse();
    codes.push(Arm64Code::End);
    Ok(codes)
}
