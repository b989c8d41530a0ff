//! Where a variable is kept.

use super::register::memory_address;
use crate::symbols::registers::amd64_name;
use crate::symbols::source::{Location, Place, Variable};
use crate::unwind::Frame;

/// Where a variable is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Home {
    /// Nowhere at this instruction.
    Nowhere,
    /// In a register.
    Register(String),
    /// In memory at a register plus an offset.
    Memory {
        /// The register.
        register: String,
        /// Bytes added to it.
        offset: i64,
        /// The address, where the register is known.
        address: Option<u64>,
    },
    /// In the image.
    Static(u64),
    /// It is a constant in a part of its scope; in which is not recorded.
    Constant(i64),
    /// In several places.
    Parts,
}

impl Home {
    /// The home as `dv /V` writes it: `@rbx`, `@rsp+0x0040`.
    pub fn text(&self) -> String {
        match self {
            Home::Register(_) | Home::Memory { .. } => format!("@{}", self.bare()),
            _ => self.bare(),
        }
    }

    /// The same without the mark of a register: `rbx`, `rsp+0x0040`.
    pub fn bare(&self) -> String {
        match self {
            Home::Nowhere => "<nowhere>".to_owned(),
            Home::Register(register) => register.clone(),
            Home::Memory { register, offset, .. } if *offset < 0 => format!("{register}-0x{:04x}", -offset),
            Home::Memory { register, offset, .. } => format!("{register}+0x{offset:04x}"),
            Home::Static(_) => "<static>".to_owned(),
            Home::Constant(_) => "<constant>".to_owned(),
            Home::Parts => "<in parts>".to_owned(),
        }
    }

    /// Its address, if it has one.
    pub fn address(&self) -> Option<u64> {
        match self {
            Home::Memory { address, .. } => *address,
            Home::Static(address) => Some(*address),
            _ => None,
        }
    }
}

/// Where a variable is, with what is there.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) home: Home,
    pub(super) bytes: Option<Vec<u8>>,
}

/// What is known of a variable, from its place at the return address and from that at the call. Where the two contradict
/// each other neither is to be believed.
pub(super) fn either(back: Held, call: Held) -> Held {
    match (&back.bytes, &call.bytes) {
        (Some(after), Some(before)) if after != before => Held { home: Home::Nowhere, bytes: None },
        (Some(_), _) => back,
        (None, None) if call.home == Home::Nowhere => back,
        (None, _) => call,
    }
}

pub(super) fn home(variable: &Variable, frame: &Frame, base: u64) -> Home {
    match variable.locations.as_slice() {
        [] => Home::Nowhere,
        [Location { place, .. }] => match place {
            Place::Register(number) => match amd64_name(*number) {
                Some(name) => Home::Register(name),
                None => Home::Nowhere,
            },
            Place::RegisterRelative { register, offset } | Place::FrameRelative { register, offset } => {
                Home::Memory {
                    register: amd64_name(*register).unwrap_or_else(|| "unknown".to_owned()),
                    offset: i64::from(*offset),
                    address: memory_address(*register, *offset, frame),
                }
            }
            Place::Static { rva } => Home::Static(base.wrapping_add(u64::from(*rva))),
            Place::Constant(value) => Home::Constant(*value),
        },
        _ => Home::Parts,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_is_known_at_the_call_or_behind_it() {
        let held = |register: &str, byte: Option<u8>| Held {
            home: Home::Register(register.to_owned()),
            bytes: byte.map(|byte| vec![byte]),
        };
        assert_eq!(either(held("rbx", Some(1)), held("rcx", None)), held("rbx", Some(1)));
        assert_eq!(either(held("rax", None), held("rsi", Some(2))), held("rsi", Some(2)));
        assert_eq!(either(held("rbx", Some(3)), held("rsi", Some(3))), held("rbx", Some(3)));
        let nowhere = || Held { home: Home::Nowhere, bytes: None };
        assert_eq!(either(held("rbx", Some(1)), held("rsi", Some(2))), nowhere());
        assert_eq!(either(held("rax", None), nowhere()), held("rax", None));
        assert_eq!(either(nowhere(), held("rcx", None)), held("rcx", None));
    }

    #[test]
    fn homes_as_dv_writes_them() {
        let memory = |offset| Home::Memory { register: "rsp".into(), offset, address: None };
        assert_eq!(memory(0x40).text(), "@rsp+0x0040");
        assert_eq!(memory(-8).text(), "@rsp-0x0008");
        assert_eq!(memory(-8).bare(), "rsp-0x0008");
        assert_eq!(Home::Register("rbx".into()).text(), "@rbx");
    }
}
