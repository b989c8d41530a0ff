//! The instructions before an address: x64 code can only be read forwards.

use super::decode::{MAX_LENGTH, decode};
use crate::command::Context;

/// The starts of up to `count` instructions that end right before `address`, ascending.
///
/// Code is read from every byte of the stretch before; readings that start in the middle of an instruction fall in
/// step with the others after a few, so of the instructions that end at a place the one that most readings pass
/// through is taken.
pub fn before(context: &Context<'_>, address: u64, count: usize) -> Vec<u64> {
    // Room for readings to fall in step before the first instruction that is wanted.
    let stretch = (count.saturating_add(4) * MAX_LENGTH) as u64;
    let low = address.saturating_sub(stretch);
    let lengths: Vec<Option<u64>> = (low..address)
        .map(|at| {
            let instruction = decode(context, at)?;
            (instruction.mnemonic != "???").then_some(instruction.length)
        })
        .collect();
    chain(&lengths, low, address, count)
}

/// Chooses among the readings; `lengths` are those of the instruction at each byte from `low` to `address`.
fn chain(lengths: &[Option<u64>], low: u64, address: u64, count: usize) -> Vec<u64> {
    let index = |at: u64| usize::try_from(at.wrapping_sub(low)).unwrap_or(usize::MAX);
    let length = |at: u64| lengths.get(index(at)).copied().flatten();
    let votes = votes(lengths);
    let mut starts = Vec::new();
    let mut end = address;
    while starts.len() < count {
        // The lower one of two that are equally likely: it explains more bytes.
        let best = (low.max(end.saturating_sub(MAX_LENGTH as u64))..end)
            .rev()
            .filter(|&at| length(at).is_some_and(|length| at.wrapping_add(length) == end))
            .max_by_key(|&at| votes.get(index(at)).copied().unwrap_or(0));
        let Some(best) = best else { break };
        starts.push(best);
        end = best;
    }
    starts.reverse();
    starts
}

/// For each byte, how many readings pass through it and end where `lengths` ends.
fn votes(lengths: &[Option<u64>]) -> Vec<u32> {
    let next = |at: usize| {
        let length = usize::try_from(lengths.get(at).copied().flatten()?).ok()?;
        at.checked_add(length)
    };
    let mut arrives = vec![false; lengths.len()];
    for at in (0..lengths.len()).rev() {
        let reached =
            next(at).is_some_and(|next| next == lengths.len() || arrives.get(next).copied().unwrap_or(false));
        if let Some(slot) = arrives.get_mut(at) {
            *slot = reached;
        }
    }
    let mut votes: Vec<u32> = arrives.iter().map(|&arrives| u32::from(arrives)).collect();
    for at in 0..lengths.len() {
        let passing = votes.get(at).copied().unwrap_or(0);
        if let Some(slot) = next(at).and_then(|next| votes.get_mut(next)) {
            *slot = slot.saturating_add(passing);
        }
    }
    votes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::show::disassembly::x64;

    #[test]
    fn finds_the_instructions_that_were_assembled() {
        // mov [rsp+8],rcx; mov [rsp+10h],rdx; mov [rsp+18h],r8; mov [rsp+20h],r9; pushfq; sub rsp,30h; cli
        let code = [
            0x48, 0x89, 0x4c, 0x24, 0x08, 0x48, 0x89, 0x54, 0x24, 0x10, 0x4c, 0x89, 0x44, 0x24, 0x18, 0x4c,
            0x89, 0x4c, 0x24, 0x20, 0x9c, 0x48, 0x83, 0xec, 0x30, 0xfa,
        ];
        let lengths: Vec<Option<u64>> = (0..code.len())
            .map(|at| {
                let decoded = x64::instruction(&code[at..], at as u64, 64)?;
                (!decoded.is_invalid()).then_some(decoded.len() as u64)
            })
            .collect();
        let end = code.len() as u64;
        assert_eq!(chain(&lengths, 0, end, 7), [0, 5, 10, 15, 20, 21, 25]);
        assert_eq!(chain(&lengths, 0, end, 2), [21, 25]);
    }
}
