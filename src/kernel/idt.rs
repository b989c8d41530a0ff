//! The interrupt descriptor table: which code each vector leads to. Its form is the x64 processor's, not Windows'.

use super::pcr::Pcr;
use super::processor::Processor;
use crate::debuggee::{Lack, Scope};
use crate::dump::Machine;
use crate::memory::Memory;
use std::collections::HashMap;

/// Vectors of an x64 processor.
pub const VECTORS: u64 = 256;
/// Bytes of a gate.
const GATE: u64 = 16;

/// The table of a processor.
#[derive(Clone)]
pub struct Idt<'s> {
    scope: &'s Scope<'s>,
    base: u64,
}

/// A gate that is present.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gate {
    /// The code that it leads to.
    pub handler: u64,
    /// Which stack of the interrupt stack table is used, 1 to 7; 0 for none.
    pub stack: u64,
    /// The lowest privilege that may ask for it by instruction: 0 or 3.
    pub privilege: u64,
}

impl<'s> Idt<'s> {
    /// The table of a processor: from the register that was saved, else from its KPCR.
    ///
    /// # Errors
    /// Where neither is known; other machines have no such table.
    pub fn of(processor: &Processor<'s>) -> Result<Idt<'s>, Lack> {
        let scope = processor.object().scope();
        let machine = scope.target().machine();
        if machine != Machine::Amd64 {
            return Err(Lack::UnknownMachine { machine, what: "an interrupt descriptor table" });
        }
        let base = match processor.special_register("idtr") {
            Some(base) => base,
            None => Pcr::of(processor)?.idt_base()?,
        };
        Ok(Idt { scope, base })
    }

    /// Its address.
    pub fn base(&self) -> u64 {
        self.base
    }

    /// The gate of a vector; `None` where it is not present.
    ///
    /// # Errors
    /// The table cannot be read there.
    pub fn gate(&self, vector: u64) -> Result<Option<Gate>, Lack> {
        let at = self.base.wrapping_add(vector.wrapping_mul(GATE));
        let word = |at: u64| {
            let what = || format!("the gate of vector {vector:#x}");
            self.scope.memory().u64(at).map_err(|why| Lack::Unreadable { what: what(), why })
        };
        let (low, high) = (word(at)?, word(at.wrapping_add(8))?);
        let gate = Gate {
            handler: low & 0xffff | low >> 32 & 0xffff_0000 | high << 32,
            stack: low >> 32 & 7,
            privilege: low >> 45 & 3,
        };
        Ok((low >> 47 & 1 == 1).then_some(gate))
    }

    /// The vectors to which nothing but the kernel's stub for them leads: Windows fills the table with stubs of one size in
    /// a row, in the order of the vectors, so that those that fit the same row are many.
    ///
    /// # Errors
    /// The table cannot be read.
    pub fn stubs(&self) -> Result<Vec<u64>, Lack> {
        let mut gates = Vec::new();
        for vector in 0..VECTORS {
            self.scope.check()?;
            gates.extend(self.gate(vector)?.map(|gate| (vector, gate.handler)));
        }
        Ok(stubs(&gates))
    }
}

/// Sizes that stubs have had: 8 bytes since Windows 10, 16 before.
const STUB_SIZES: [u64; 2] = [8, 16];
/// Fewer in a row are chance.
const FEWEST_STUBS: usize = 16;

fn stubs(gates: &[(u64, u64)]) -> Vec<u64> {
    let rows = STUB_SIZES.map(|size| {
        let mut rows: HashMap<u64, Vec<u64>> = HashMap::new();
        for &(vector, handler) in gates {
            rows.entry(handler.wrapping_sub(vector * size)).or_default().push(vector);
        }
        rows.into_values().max_by_key(Vec::len).unwrap_or_default()
    });
    rows.into_iter().max_by_key(Vec::len).filter(|row| row.len() >= FEWEST_STUBS).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The addresses of a published table of Windows 10: vectors 0x35 and 0xb0 lead to stubs eight bytes a vector apart.
    #[test]
    fn stubs_are_those_in_a_row() {
        let base = 0xffff_f805_2b22_f088 - 0x35 * 8;
        let mut gates: Vec<(u64, u64)> = (0x35..0x60).map(|vector| (vector, base + vector * 8)).collect();
        gates.push((0x0e, 0xffff_f805_2b23_c1c0));
        gates.push((0xb0, 0xffff_f805_2b22_f460));
        let found = stubs(&gates);
        assert!(found.contains(&0xb0) && found.contains(&0x35) && !found.contains(&0x0e));
        assert!(stubs(&gates[..15]).is_empty());
    }
}
