//! A processor's registers as Windows' CONTEXT record holds them.
//!
//! The record stays as bytes; a table a machine says where each register lies. Offsets: the public SDK's `winnt.h`
//! (CONTEXT for AMD64, 0x4d0 bytes; ARM64_NT_CONTEXT, 0x390 bytes).

use crate::dump::Machine;
use crate::util::bounded::{slice, u32_at, uint_at};

/// A register in a CONTEXT record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RegisterSlot {
    /// Offset in the record.
    pub offset: usize,
    /// Bytes: 1 to 16.
    pub size: usize,
    /// For a flag: its bit within the bytes.
    pub bit: Option<u32>,
}

/// A CONTEXT record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisterContext {
    machine: Machine,
    bytes: Vec<u8>,
}

const AMD64_SIZE: usize = 0x4d0;
const ARM64_SIZE: usize = 0x390;
/// CONTEXT_AMD64 in ContextFlags.
const AMD64_FLAG: u32 = 0x0010_0000;
/// CONTEXT_ARM64 in ContextFlags.
const ARM64_FLAG: u32 = 0x0040_0000;

impl RegisterContext {
    /// The record at the start of `bytes`; `None` for machines without a known layout or too few bytes.
    pub fn new(machine: Machine, bytes: &[u8]) -> Option<RegisterContext> {
        let size = RegisterContext::size_of(machine)?;
        Some(RegisterContext { machine, bytes: slice(bytes, 0, size)?.to_vec() })
    }

    /// Bytes in a record of this machine.
    pub fn size_of(machine: Machine) -> Option<usize> {
        match machine {
            Machine::Amd64 => Some(AMD64_SIZE),
            Machine::Arm64 => Some(ARM64_SIZE),
            _ => None,
        }
    }

    /// The machine whose registers these are.
    pub fn machine(&self) -> Machine {
        self.machine
    }

    /// ContextFlags.
    pub fn flags(&self) -> u32 {
        let offset = if self.machine == Machine::Amd64 { 0x30 } else { 0 };
        u32_at(&self.bytes, offset).unwrap_or(0)
    }

    /// Whether the record looks filled in: the right machine's flag, and a place to execute.
    pub fn is_plausible(&self) -> bool {
        let flag = if self.machine == Machine::Amd64 { AMD64_FLAG } else { ARM64_FLAG };
        self.flags() & flag != 0 && self.flags() & 0x3 != 0 && self.ip() != 0 && self.sp() != 0
    }

    /// The instruction pointer.
    pub fn ip(&self) -> u64 {
        self.get(if self.machine == Machine::Amd64 { "rip" } else { "pc" }).unwrap_or(0)
    }

    /// The stack pointer.
    pub fn sp(&self) -> u64 {
        self.get(if self.machine == Machine::Amd64 { "rsp" } else { "sp" }).unwrap_or(0)
    }

    /// The names of a machine's registers, without their parts and flags.
    pub fn names(machine: Machine) -> Vec<String> {
        let numbered =
            |kind: &'static str, count: usize| (0..count).map(move |number| format!("{kind}{number}"));
        let named = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        match machine {
            Machine::Amd64 => {
                let other: Vec<&str> = AMD64_OTHER.iter().map(|(name, ..)| *name).collect();
                named(&AMD64_INTEGER).into_iter().chain(named(&other)).chain(numbered("xmm", 16)).collect()
            }
            Machine::Arm64 => {
                let other = named(&["fp", "lr", "sp", "pc", "psr", "cpsr", "fpcr", "fpsr"]);
                numbered("x", 31).chain(other).chain(numbered("v", 32)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Where a register lies, by any of its names, in any case.
    pub fn slot(&self, name: &str) -> Option<RegisterSlot> {
        slot(self.machine, &name.to_ascii_lowercase())
    }

    /// A register of at most 64 bits, or a flag, by name. `rip` and `rsp` name `pc` and `sp` on ARM64 too, so that
    /// one script serves both machines.
    pub fn get(&self, name: &str) -> Option<u64> {
        let slot = self.slot(name)?;
        let value = uint_at(&self.bytes, slot.offset, slot.size)?;
        Some(slot.bit.map_or(value, |bit| value >> bit & 1))
    }

    /// Whether a place is the lower part of a wider integer register: `eax`, `al`, `w0`.
    pub fn is_part(&self, slot: RegisterSlot) -> bool {
        let integer = match self.machine {
            Machine::Amd64 => 0x78..0x100,
            _ => 8..0x110,
        };
        slot.bit.is_none() && slot.size < 8 && integer.contains(&slot.offset)
    }

    /// A register's bytes, low byte first: the way to those wider than 64 bits.
    pub fn bytes_of(&self, name: &str) -> Option<&[u8]> {
        let slot = self.slot(name)?;
        slice(&self.bytes, slot.offset, slot.size)
    }

    /// Sets a register of at most 64 bits or a flag; false if there is none of that name. Writing the 32-bit form of
    /// a 64-bit register keeps the upper half, as in the debugger.
    pub fn set(&mut self, name: &str, value: u64) -> bool {
        let Some(slot) = self.slot(name).filter(|slot| slot.size <= 8) else {
            return false;
        };
        let old = uint_at(&self.bytes, slot.offset, slot.size).unwrap_or(0);
        let value = match slot.bit {
            Some(bit) => old & !(1 << bit) | (value & 1) << bit,
            None => value,
        };
        let Some(target) = self.bytes.get_mut(slot.offset..slot.offset + slot.size) else {
            return false;
        };
        for (byte, new) in target.iter_mut().zip(value.to_le_bytes()) {
            *byte = new;
        }
        true
    }
}

impl RegisterContext {
    /// Sets a register of any width from its bytes, low byte first; false if there is none of that name and width.
    pub fn set_bytes(&mut self, name: &str, value: &[u8]) -> bool {
        let slot = self.slot(name).filter(|slot| slot.size == value.len() && slot.bit.is_none());
        let target = slot.and_then(|slot| self.bytes.get_mut(slot.offset..slot.offset + slot.size));
        target.map(|target| target.copy_from_slice(value)).is_some()
    }
}

fn slot(machine: Machine, name: &str) -> Option<RegisterSlot> {
    match machine {
        Machine::Amd64 => amd64_slot(name),
        Machine::Arm64 => arm64_slot(name),
        _ => None,
    }
}

/// The integer registers in the record's order, from 0x78 on.
const AMD64_INTEGER: [&str; 17] = [
    "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
    "r15", "rip",
];

/// Names with a place of their own: (name, offset, size).
const AMD64_OTHER: &[(&str, usize, usize)] = &[
    ("mxcsr", 0x34, 4),
    ("cs", 0x38, 2),
    ("ds", 0x3a, 2),
    ("es", 0x3c, 2),
    ("fs", 0x3e, 2),
    ("gs", 0x40, 2),
    ("ss", 0x42, 2),
    ("efl", 0x44, 4),
    ("eflags", 0x44, 4),
    ("dr0", 0x48, 8),
    ("dr1", 0x50, 8),
    ("dr2", 0x58, 8),
    ("dr3", 0x60, 8),
    ("dr6", 0x68, 8),
    ("dr7", 0x70, 8),
    ("fpcw", 0x100, 2),
    ("fpsw", 0x102, 2),
    ("fptw", 0x104, 1),
];

/// The flags by name and bit in EFLAGS.
const AMD64_FLAGS: &[(&str, u32)] = &[
    ("cf", 0),
    ("pf", 2),
    ("af", 4),
    ("zf", 6),
    ("sf", 7),
    ("tf", 8),
    ("if", 9),
    ("df", 10),
    ("of", 11),
    ("vif", 19),
    ("vip", 20),
];

fn amd64_slot(name: &str) -> Option<RegisterSlot> {
    let whole = |offset, size| RegisterSlot { offset, size, bit: None };
    if let Some(&(_, offset, size)) = AMD64_OTHER.iter().find(|(other, ..)| *other == name) {
        return Some(whole(offset, size));
    }
    if let Some(&(_, bit)) = AMD64_FLAGS.iter().find(|(flag, _)| *flag == name) {
        return Some(RegisterSlot { offset: 0x44, size: 4, bit: Some(bit) });
    }
    if let Some(number) = name.strip_prefix("xmm").and_then(|digits| digits.parse::<usize>().ok()) {
        return (number < 16).then(|| whole(0x1a0 + 16 * number, 16));
    }
    AMD64_INTEGER.iter().enumerate().find_map(|(index, full)| {
        let (shift, size) = amd64_part(full, name)?;
        Some(whole(0x78 + 8 * index + shift, size))
    })
}

/// Whether `name` is `full` or a part of it: (byte shift, bytes).
fn amd64_part(full: &str, name: &str) -> Option<(usize, usize)> {
    if name == full {
        return Some((0, 8));
    }
    if let Some(suffix) = name.strip_prefix(full).filter(|_| full.starts_with("r") && full != "rip") {
        let numbered = full.ends_with(|c: char| c.is_ascii_digit());
        return match suffix {
            "d" if numbered => Some((0, 4)),
            "w" if numbered => Some((0, 2)),
            "b" if numbered => Some((0, 1)),
            _ => None,
        };
    }
    let base = full.strip_prefix('r').filter(|base| !base.starts_with(|c: char| c.is_ascii_digit()))?;
    if name.strip_prefix('e') == Some(base) {
        return Some((0, 4));
    }
    if name == base {
        return Some((0, 2));
    }
    let letter = base.strip_suffix('x');
    match (letter, name.strip_suffix(['l', 'h'])) {
        (Some(letter), Some(stem)) if stem == letter => Some((usize::from(name.ends_with('h')), 1)),
        (None, Some(stem)) if stem == base && name.ends_with('l') => Some((0, 1)),
        _ => None,
    }
}

fn arm64_slot(name: &str) -> Option<RegisterSlot> {
    let whole = |offset, size| Some(RegisterSlot { offset, size, bit: None });
    match name {
        "psr" | "cpsr" => return whole(4, 4),
        "fp" => return whole(0xf0, 8),
        "lr" => return whole(0xf8, 8),
        "sp" | "rsp" => return whole(0x100, 8),
        "pc" | "rip" => return whole(0x108, 8),
        "fpcr" => return whole(0x310, 4),
        "fpsr" => return whole(0x314, 4),
        _ => {}
    }
    let (kind, digits) = name.split_at_checked(1)?;
    let number: usize = digits.parse().ok()?;
    match kind {
        "x" if number <= 30 => whole(8 + 8 * number, 8),
        "w" if number <= 30 => whole(8 + 8 * number, 4),
        "v" | "q" if number < 32 => whole(0x110 + 16 * number, 16),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> RegisterContext {
        let mut bytes = vec![0u8; AMD64_SIZE];
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = index as u8;
        }
        RegisterContext::new(Machine::Amd64, &bytes).expect("a context")
    }

    #[test]
    fn parts_of_registers() {
        let context = sample();
        assert_eq!(context.get("rax"), Some(0x7f7e_7d7c_7b7a_7978));
        assert_eq!(context.get("EAX"), Some(0x7b7a_7978));
        assert_eq!(context.get("ax"), Some(0x7978));
        assert_eq!(context.get("al"), Some(0x78));
        assert_eq!(context.get("ah"), Some(0x79));
        assert_eq!(context.get("sil"), Some(0xa8));
        assert_eq!(context.get("sih"), None);
        assert_eq!(context.get("r8"), Some(0xbfbe_bdbc_bbba_b9b8));
        assert_eq!(context.get("r8d"), Some(0xbbba_b9b8));
        assert_eq!(context.get("r15b"), Some(0xf0));
        assert_eq!(context.get("rip"), Some(0xfffe_fdfc_fbfa_f9f8));
        assert_eq!(context.get("xmm0"), None);
        assert_eq!(context.bytes_of("xmm1").map(<[u8]>::len), Some(16));
        assert_eq!(context.get("xmm16"), None);
        assert_eq!(context.get("8"), None);
    }

    #[test]
    fn flags_are_single_bits() {
        let mut context = sample();
        assert!(context.set("efl", 0x246));
        assert_eq!((context.get("zf"), context.get("cf"), context.get("if")), (Some(1), Some(0), Some(1)));
        assert!(context.set("cf", 1));
        assert_eq!(context.get("efl"), Some(0x247));
    }

    #[test]
    fn arm64_answers_to_both_names() {
        let mut context = RegisterContext::new(Machine::Arm64, &[0; ARM64_SIZE]).expect("a context");
        assert!(context.set("pc", 5) && context.set("x28", 7));
        assert_eq!((context.get("rip"), context.get("w28")), (Some(5), Some(7)));
        assert_eq!(context.get("rax"), None);
    }

    #[test]
    fn every_name_is_that_of_a_register() {
        for (machine, size, count) in [(Machine::Amd64, AMD64_SIZE, 51), (Machine::Arm64, ARM64_SIZE, 71)] {
            let context = RegisterContext::new(machine, &vec![0; size]).expect("a context");
            let names = RegisterContext::names(machine);
            assert!(names.iter().all(|name| context.slot(name).is_some()), "{names:?}");
            assert_eq!(names.len(), count);
        }
        assert!(RegisterContext::names(Machine::Other(0x1c4)).is_empty());
    }

    #[test]
    fn too_few_bytes_are_no_context() {
        assert_eq!(RegisterContext::new(Machine::Amd64, &[0; 100]), None);
    }
}
