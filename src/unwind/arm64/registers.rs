//! The ARM64 registers that a function gives back unchanged, and for each where it was found.

use crate::unwind::registers::{Origin, Slot};

/// x29.
pub const FP: u8 = 29;
/// x30.
pub const LR: u8 = 30;

/// A register that an unwind code names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arm64Register {
    /// x0 to x30.
    X(u8),
    /// d0 to d31.
    D(u8),
    /// q0 to q31, of which the low half is kept.
    Q(u8),
}

impl std::fmt::Display for Arm64Register {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Arm64Register::X(FP) => f.write_str("fp"),
            Arm64Register::X(LR) => f.write_str("lr"),
            Arm64Register::X(number) => write!(f, "x{number}"),
            Arm64Register::D(number) => write!(f, "d{number}"),
            Arm64Register::Q(number) => write!(f, "q{number}"),
        }
    }
}

/// x19 to x30, sp, pc and d8 to d15 of one frame.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Arm64Registers {
    /// Program counter.
    pub pc: u64,
    /// Stack pointer.
    pub sp: u64,
    pub(super) general: [Slot<u64>; 12],
    pub(super) vector: [Slot<u64>; 8],
}

impl Arm64Registers {
    /// The slot of a register; `None` for those that calls may change.
    pub fn get(&self, register: Arm64Register) -> Option<Slot<u64>> {
        let (vector, at) = place(register)?;
        match vector {
            true => self.vector.get(at).copied(),
            false => self.general.get(at).copied(),
        }
    }

    /// The value, where it is known.
    pub fn known(&self, register: Arm64Register) -> Option<u64> {
        self.get(register)?.known()
    }

    /// Sets a register; those that calls may change are not kept.
    pub fn set(&mut self, register: Arm64Register, value: u64, origin: Origin) {
        let Some((vector, at)) = place(register) else {
            return;
        };
        let slot = match vector {
            true => self.vector.get_mut(at),
            false => self.general.get_mut(at),
        };
        if let Some(slot) = slot {
            *slot = Slot { value, origin, unchanged: false };
        }
    }

    /// The registers that are known, with their names in ascending order (`x19` to `x28`, `fp`, `lr`, `d8` to `d15`).
    pub fn recovered(&self) -> impl Iterator<Item = (String, Slot<u64>)> + '_ {
        let general = (19u8..).zip(&self.general).map(|(number, slot)| {
            let name = match number {
                FP => "fp".to_owned(),
                LR => "lr".to_owned(),
                _ => format!("x{number}"),
            };
            (name, *slot)
        });
        let vector = (8u8..).zip(&self.vector).map(|(number, slot)| (format!("d{number}"), *slot));
        general.chain(vector).filter(|(_, slot)| slot.known().is_some())
    }

    /// Before a step: what is carried over is unchanged until a code restores it.
    pub(crate) fn begin_step(&mut self) {
        for slot in self.general.iter_mut().chain(&mut self.vector) {
            slot.unchanged = true;
        }
    }

    /// Forgets everything but fp: nobody said where the others were saved.
    pub(crate) fn lose_all(&mut self) {
        self.general = Default::default();
        self.vector = Default::default();
    }
}

/// Whether it is a vector register, and its place in its list.
fn place(register: Arm64Register) -> Option<(bool, usize)> {
    match register {
        Arm64Register::X(number @ 19..=30) => Some((false, usize::from(number - 19))),
        Arm64Register::D(number @ 8..=15) | Arm64Register::Q(number @ 8..=15) => {
            Some((true, usize::from(number - 8)))
        }
        _ => None,
    }
}
