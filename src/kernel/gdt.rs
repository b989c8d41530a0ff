//! The global descriptor table: what the segment registers may hold. Its form is the x64 processor's, not Windows'.

use super::processor::Processor;
use crate::debuggee::{Lack, Scope};
use crate::dump::Machine;
use crate::memory::Memory;

/// The table of a processor.
#[derive(Clone)]
pub struct Gdt<'s> {
    scope: &'s Scope<'s>,
    base: u64,
    /// Offset of its last byte.
    limit: u64,
}

/// A descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    low: u64,
    /// What follows it: the upper half of a system descriptor.
    high: u64,
}

impl<'s> Gdt<'s> {
    /// The table of a processor, from the register that was saved.
    ///
    /// # Errors
    /// Where it is not known; other machines have no such table.
    pub fn of(processor: &Processor<'s>) -> Result<Gdt<'s>, Lack> {
        let scope = processor.object().scope();
        let machine = scope.target().machine();
        if machine != Machine::Amd64 {
            return Err(Lack::UnknownMachine { machine, what: "a global descriptor table" });
        }
        let register = |name: &str| {
            let found = processor.special_register(name);
            found.ok_or_else(|| Lack::NoName { name: format!("{name} of processor {}", processor.number()) })
        };
        Ok(Gdt { scope, base: register("gdtr")?, limit: register("gdtl")? })
    }

    /// Its address.
    pub fn base(&self) -> u64 {
        self.base
    }

    /// Offset of its last byte.
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// The descriptor of a selector, whose lowest three bits do not count.
    ///
    /// # Errors
    /// The table is shorter, or cannot be read there.
    pub fn segment(&self, selector: u64) -> Result<Segment, Lack> {
        let offset = selector & !7;
        let what = format!("the descriptor of selector {selector:#x}");
        if offset.saturating_add(7) > self.limit {
            return Err(Lack::Shape { what, wanted: "part of the table" });
        }
        let at = self.base.wrapping_add(offset);
        let low = self.scope.memory().u64(at).map_err(|why| Lack::Unreadable { what, why })?;
        let high = self.scope.memory().u64(at.wrapping_add(8)).unwrap_or(0);
        Ok(Segment { low, high })
    }
}

impl Segment {
    fn bits(self, from: u32, count: u32) -> u64 {
        self.low >> from & ((1 << count) - 1)
    }

    /// Whether it describes something of the system's, in 16 bytes: a task state, a local table, a gate.
    pub fn is_system(self) -> bool {
        self.bits(44, 1) == 0 && self.low != 0
    }

    /// Whether nothing stands there.
    pub fn is_empty(self) -> bool {
        self.low == 0
    }

    /// Where the segment starts.
    pub fn base(self) -> u64 {
        let low = self.bits(16, 24) | self.bits(56, 8) << 24;
        if self.is_system() { low | self.high << 32 } else { low }
    }

    /// Offset of its last byte.
    pub fn limit(self) -> u64 {
        let limit = self.bits(0, 16) | self.bits(48, 4) << 16;
        if self.is_in_pages() { limit << 12 | 0xfff } else { limit }
    }

    /// Whether its limit counts pages.
    pub fn is_in_pages(self) -> bool {
        self.bits(55, 1) == 1
    }

    /// Whether operands are 32 bits wide.
    pub fn is_big(self) -> bool {
        self.bits(54, 1) == 1
    }

    /// Whether it is 64-bit code.
    pub fn is_long(self) -> bool {
        self.bits(53, 1) == 1
    }

    /// Whether it may be used at all.
    pub fn is_present(self) -> bool {
        self.bits(47, 1) == 1
    }

    /// Its privilege: 0 for the kernel, 3 for user code.
    pub fn privilege(self) -> u64 {
        self.bits(45, 2)
    }

    /// The four bits of its type, as the processor's manual numbers them.
    pub fn kind(self) -> u64 {
        self.bits(40, 4)
    }

    /// The type and all flags in one word: bits 40 to 47 and 52 to 55 of the descriptor.
    pub fn flags(self) -> u64 {
        self.bits(40, 8) | self.bits(52, 4) << 8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Descriptors that are in every x64 Windows, taken apart by the processor's manual.
    #[test]
    fn descriptors_are_taken_apart() {
        let code = Segment { low: 0x0020_9b00_0000_0000, high: 0 };
        assert_eq!((code.base(), code.limit(), code.flags()), (0, 0, 0x29b));
        assert!(code.is_long() && !code.is_big() && code.is_present() && !code.is_system());
        let user = Segment { low: 0x00cf_f300_0000_ffff, high: 0 };
        assert_eq!((user.limit(), user.privilege(), user.flags()), (0xffff_ffff, 3, 0xcf3));
        let task = Segment { low: 0x5d00_8b20_b180_0067, high: 0xffff_f807 };
        assert!(task.is_system());
        assert_eq!((task.base(), task.limit(), task.kind()), (0xffff_f807_5d20_b180, 0x67, 11));
    }
}
