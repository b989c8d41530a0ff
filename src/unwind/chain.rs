//! Chooses the most credible sequence of return addresses on a part of a stack.

use std::collections::HashSet;

use super::calls::{self, Before};
use super::host::UnwindHost;
use super::poison::is_poison;
use super::score::{Evidence, Weight};
use super::stack_bytes::StackBytes;
use super::structures::Mask;

/// Least distance between two return addresses: every function that calls sets aside four home slots for the
/// function it calls, keeps rsp on 16 bytes, and has its own return address above that.
const LEAST_FRAME: u64 = 0x30;
/// Candidates at most in one part; a stack of this many is all return addresses and cannot be judged anyway.
const MAX_CANDIDATES: usize = 4096;
/// Code never starts earlier in a module: the headers are there.
const HEADERS: u64 = 0x1000;

/// A stack slot that may hold a return address.
#[derive(Debug, Clone)]
pub(crate) struct Candidate {
    pub(crate) slot: u64,
    pub(crate) ip: u64,
    /// 0 to 100.
    pub(crate) score: u8,
    pub(crate) evidence: Vec<Evidence>,
    /// The KEXCEPTION_FRAME below it, which holds the nonvolatile registers of the function returned to.
    pub(crate) exception_frame: Option<u64>,
    weight: f64,
    fixed: bool,
}

impl Candidate {
    /// A slot whose place is known from the layout of a kernel structure.
    pub(crate) fn fixed(slot: u64, ip: u64, score: u8, evidence: Vec<Evidence>) -> Candidate {
        Candidate { slot, ip, score, evidence, exception_frame: None, weight: 0.0, fixed: true }
    }

    /// What speaks for it, as [`Weight::total`].
    pub(crate) fn weight(&self) -> f64 {
        self.weight
    }

    /// Whether its place is known.
    pub(crate) fn is_fixed(&self) -> bool {
        self.fixed
    }
}

/// A part of a stack.
pub(crate) struct Input<'a> {
    pub(crate) host: &'a dyn UnwindHost,
    pub(crate) stack: &'a StackBytes,
    pub(crate) masks: &'a [Mask],
    /// Stack pointer of the frame before.
    pub(crate) from: u64,
    /// Past the last slot.
    pub(crate) to: u64,
    /// The frame before is a context or an interruption, which may stand anywhere in a function; else it is a
    /// return address and its frame is whole.
    pub(crate) exact: bool,
    /// Instructions that were interrupted: copies of these addresses are no return addresses.
    pub(crate) interrupted: &'a [u64],
    /// Code addresses on the stack outside an exception that is dispatched in this part.
    pub(crate) outer: &'a HashSet<u64>,
    /// Slots that are known, lowest first.
    pub(crate) fixed: Vec<Candidate>,
    /// Whether only the kernel's own code can be in this part.
    pub(crate) kernel_only: bool,
    /// Slots that registers point at.
    pub(crate) pointed: Vec<u64>,
    /// Slots at which the same code's frame ends elsewhere on this stack.
    pub(crate) vouched: HashSet<u64>,
    /// Slots that are known to hold something else.
    pub(crate) excluded: HashSet<u64>,
}

/// The chosen candidates, lowest slot first; the fixed ones are among them.
pub(crate) fn choose(input: &Input<'_>) -> Vec<Candidate> {
    let mut chosen = Vec::new();
    // An interrupted leaf function may have pushed as little as one register; a calling function has home slots.
    let mut low = match input.exact {
        true => input.from,
        false => input.from.wrapping_add(LEAST_FRAME - 8),
    };
    for fixed in &input.fixed {
        // Between an exception frame and its return address nothing else returns.
        if !fixed.evidence.contains(&Evidence::SavedRegisters) {
            chosen.extend(best(input, low, fixed.slot.saturating_sub(LEAST_FRAME - 8)));
        }
        chosen.push(fixed.clone());
        low = fixed.slot.wrapping_add(LEAST_FRAME);
        if fixed.evidence.contains(&Evidence::BelowTrapFrame) {
            low = input.to;
        } else if fixed.evidence.contains(&Evidence::ExceptionRecord) {
            // The dispatcher's frame reaches up to the handler's return address.
            low = input.fixed.iter().map(|next| next.slot).find(|&slot| slot > fixed.slot).unwrap_or(low);
        }
    }
    chosen.extend(best(input, low, input.to));
    chosen
}

/// The heaviest sequence of candidates in `low..high` whose slots keep their distance.
fn best(input: &Input<'_>, low: u64, high: u64) -> Vec<Candidate> {
    let candidates = candidates(input, low, high);
    let mut totals: Vec<(f64, Option<usize>)> = Vec::with_capacity(candidates.len());
    // Best total among candidates up to an index, for those that are far enough below.
    let mut heads: Vec<usize> = Vec::with_capacity(candidates.len());
    let mut near = 0usize;
    for (index, candidate) in candidates.iter().enumerate() {
        while candidates
            .get(near)
            .is_some_and(|other| other.slot.saturating_add(LEAST_FRAME) <= candidate.slot)
        {
            near += 1;
        }
        let before = near
            .checked_sub(1)
            .and_then(|last| heads.get(last))
            .and_then(|&head| Some((totals.get(head)?.0, head)));
        totals.push(match before {
            Some((total, head)) => (total + candidate.weight, Some(head)),
            None => (candidate.weight, None),
        });
        let total = |at: usize| totals.get(at).map_or(0.0, |entry| entry.0);
        let head = match heads.last() {
            Some(&last) if total(last) >= total(index) => last,
            _ => index,
        };
        heads.push(head);
    }
    let mut picked = Vec::new();
    let mut at = heads.last().copied();
    while let Some(index) = at {
        picked.extend(candidates.get(index).cloned());
        at = totals.get(index).and_then(|entry| entry.1);
    }
    picked.reverse();
    picked
}

/// The slots in `low..high` that are worth choosing from: their evidence is in favour.
fn candidates(input: &Input<'_>, low: u64, high: u64) -> Vec<Candidate> {
    let mut found = Vec::new();
    // A call pushes the return address onto a stack pointer that is a multiple of 16.
    let mut slot = (low.wrapping_add(7) & !15) | 8;
    while slot < high && found.len() < MAX_CANDIDATES {
        let masked = input.masks.iter().any(|mask| mask.holds(slot)) || input.excluded.contains(&slot);
        if !masked
            && let Some(value) = input.stack.u64_at(slot)
            && let Some(candidate) = judge(input, slot, value)
            && candidate.weight > 0.0
        {
            found.push(candidate);
        }
        slot = slot.wrapping_add(16);
    }
    found
}

/// What speaks for the word in `slot` being a return address; `None` where it cannot be one.
pub(crate) fn judge(input: &Input<'_>, slot: u64, value: u64) -> Option<Candidate> {
    let module = input.host.module_at(value)?;
    if value.wrapping_sub(module.base) < HEADERS {
        return None;
    }
    if is_poison(value) || (input.kernel_only && !module.is_kernel()) {
        return None;
    }
    if input.host.is_executable(value) == Some(false) {
        return None;
    }
    let mut evidence = vec![Evidence::InModule(module.name.clone())];
    let mut weight = Weight::default();
    // Data never lies inside a function, so what is known to point into one needs no further look at its alignment.
    let symbol = input.host.symbol(value);
    let in_code = symbol.as_ref().is_some_and(|symbol| symbol.code == Some(true) && symbol.address != value);
    if !in_code {
        weight.aligned(value, &mut evidence);
    }
    if input.interrupted.contains(&value) {
        weight.interrupted(&mut evidence);
    }
    if is_repeated(input, slot, value) {
        weight.repeated(&mut evidence);
    }
    if input.pointed.contains(&slot) {
        weight.pointed(&mut evidence);
    }
    if input.outer.contains(&value) {
        weight.copied(&mut evidence);
    }
    if input.vouched.contains(&slot) {
        weight.vouched(&mut evidence);
    }
    match calls::before(input.host, value) {
        Before::Call(_) => weight.call(&mut evidence),
        Before::NoCall => weight.no_call(&mut evidence),
        Before::Missing => {}
    }
    if let Some(symbol) = symbol {
        weight.symbol(value, &symbol, &mut evidence);
    }
    Some(Candidate {
        slot,
        ip: value,
        score: weight.percent(),
        evidence,
        exception_frame: None,
        weight: weight.total(),
        fixed: false,
    })
}

/// How far apart the same word is looked for.
const REPEATED_WITHIN: u64 = 0x40;

/// Whether the same word stands nearby in a place where no recursion would put it: copies of a code address are kept
/// in home slots and variables. A function that calls itself has its return addresses whole frames apart.
fn is_repeated(input: &Input<'_>, slot: u64, value: u64) -> bool {
    let same = |at: u64| input.stack.u64_at(at) == Some(value);
    (8..=REPEATED_WITHIN).step_by(8).any(|distance| {
        let recursion = |next: u64| distance >= LEAST_FRAME && distance % 16 == 0 && same(next);
        let (below, above) = (slot.wrapping_sub(distance), slot.wrapping_add(distance));
        (same(above) && !recursion(above.wrapping_add(distance)) && !recursion(below))
            || (same(below) && !recursion(below.wrapping_sub(distance)) && !recursion(above))
    })
}
