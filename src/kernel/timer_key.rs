//! How a KTIMER's pointer to its DPC, and a KTIMER2's callback, are read.

use super::dpc::Dpc;
use super::timer::Timer;
use crate::debuggee::{Lack, Scope};
use std::collections::HashMap;

/// Windows 7 and later on x64 store the pointer as `rotr(bswap(dpc ^ KiWaitAlways) ^ timer, KiWaitNever & 0xff) ^
/// KiWaitNever`, with two values that are drawn when Windows starts (as Volatility 3's plugin `windows.timers` reads it).
/// Of these the rotation and one word are enough: `dpc = word ^ bswap(timer ^ rol(stored, rotation))`. A KTIMER2 keeps its
/// callbacks and their contexts in the same way (seen in a dump of build 19041: nulls become null, functions fall into
/// modules).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimerKey {
    rotation: u32,
    word: u64,
}

impl TimerKey {
    fn new(never: u64, always: u64) -> TimerKey {
        let rotation = u32::try_from(never & 0xff).unwrap_or(0) % 64;
        TimerKey { rotation, word: always ^ never.rotate_left(rotation).swap_bytes() }
    }

    /// The key from the kernel's two variables.
    ///
    /// # Errors
    /// Where no symbols tell where they are, or they cannot be read.
    pub fn of_variables(scope: &Scope<'_>) -> Result<TimerKey, Lack> {
        Ok(TimerKey::new(scope.pointer_of("nt!KiWaitNever")?, scope.pointer_of("nt!KiWaitAlways")?))
    }

    /// The key that makes DPCs of the most timers, and of how many, found without symbols: drivers keep a DPC beside its
    /// timer, so each DPC near a timer and each rotation give a key to try.
    pub fn of_timers(timers: &[Timer<'_>]) -> Option<(TimerKey, usize)> {
        let stored: Vec<(u64, u64, &Timer<'_>)> = timers
            .iter()
            .filter_map(|timer| {
                Some((timer.address(), timer.stored_dpc().ok().filter(|&dpc| dpc != 0)?, timer))
            })
            .take(MOST_WITNESSES)
            .collect();
        let mut votes: HashMap<(u32, u64), usize> = HashMap::new();
        for &(address, stored, timer) in &stored {
            for dpc in neighbours(timer) {
                for rotation in 0..64 {
                    let word = dpc ^ (address ^ stored.rotate_left(rotation)).swap_bytes();
                    *votes.entry((rotation, word)).or_default() += 1;
                }
            }
        }
        let most = votes.values().max().copied().filter(|&most| most >= FEWEST_WITNESSES)?;
        // Where DPCs lie side by side several keys may have as many votes: the right one makes DPCs of timers whose DPCs
        // lie elsewhere as well.
        let known = |key: TimerKey| {
            let makes = |(address, stored, timer): &&(u64, u64, &Timer<'_>)| {
                is_dpc(timer.scope(), key.decoded(*address, *stored))
            };
            stored.iter().filter(makes).count()
        };
        let candidates = votes.iter().filter(|(_, count)| **count == most).take(MOST_CANDIDATES);
        let mut scored: Vec<(usize, TimerKey)> = candidates
            .map(|(&(rotation, word), _)| TimerKey { rotation, word })
            .map(|key| (known(key), key))
            .collect();
        scored.sort_unstable_by_key(|(score, _)| std::cmp::Reverse(*score));
        match scored.as_slice() {
            [(best, _), (second, _), ..] if best == second => None,
            [(score, key), ..] => Some((*key, *score)),
            [] => None,
        }
    }

    /// The address of a timer's DPC; `None` for a timer without one.
    ///
    /// # Errors
    /// Where the timer cannot be read.
    pub fn dpc(&self, timer: &Timer<'_>) -> Result<Option<u64>, Lack> {
        Ok(Some(self.read(timer.address(), timer.stored_dpc()?)).filter(|&dpc| dpc != 0))
    }

    /// What is stored in a timer at an address; nothing is stored as it is.
    pub fn read(&self, timer: u64, stored: u64) -> u64 {
        if stored == 0 { 0 } else { self.decoded(timer, stored) }
    }

    fn decoded(self, timer: u64, stored: u64) -> u64 {
        self.word ^ (timer ^ stored.rotate_left(self.rotation)).swap_bytes()
    }
}

/// How many timers are asked for their neighbours.
const MOST_WITNESSES: usize = 256;
/// One timer agrees with any key; two by chance do not.
const FEWEST_WITNESSES: usize = 2;
/// How many keys with as many votes are tried on all timers.
const MOST_CANDIDATES: usize = 64;
/// How far from a timer its DPC is looked for, in bytes either way.
const NEAR: u64 = 0x100;

/// The DPCs that lie near a timer.
fn neighbours(timer: &Timer<'_>) -> Vec<u64> {
    let start = timer.address().saturating_sub(NEAR);
    let places = (0..NEAR * 2 / 8).map(|step| start.wrapping_add(step * 8));
    places.filter(|&place| is_dpc(timer.scope(), place)).collect()
}

/// Whether a DPC lies there: it has a DPC's type, and a function in a module.
fn is_dpc(scope: &Scope<'_>, place: u64) -> bool {
    let Ok(dpc) = Dpc::at(scope, place) else { return false };
    let in_module = |routine| scope.target().modules().at(routine).is_some();
    dpc.kind().is_ok() && dpc.routine().is_ok_and(in_module)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Encoded as Windows does, by the inverse of what Volatility does.
    #[test]
    fn a_pointer_is_read_as_it_was_stored() {
        let (timer, dpc) = (0xffff_a405_8c02_f560, 0xffff_a405_8c02_f500);
        for (never, always) in
            [(0x00d1_5a3b_9e47_c26d, 0x7b24_e8f0_51a6_930c), (0xffff_ffff_0000_00c0, 1), (0x40, 0)]
        {
            let stored = (u64::swap_bytes(dpc ^ always) ^ timer).rotate_right((never & 0xff) as u32) ^ never;
            assert_eq!(TimerKey::new(never, always).decoded(timer, stored), dpc);
        }
    }
}
