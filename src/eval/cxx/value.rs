//! Typed values.

use super::ctype::CType;
use crate::eval::{EvalHost, Fault};
use crate::symbols::types::{Base, BaseKind};

/// A value with its type.
#[derive(Debug, Clone)]
pub struct Typed {
    /// Its type.
    pub ty: CType,
    /// What it is.
    pub kind: Kind,
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A number or address, sign-extended where its type has a sign; the bits of a floating-point number.
    Value(u64),
    /// Something in memory.
    At {
        /// Where.
        address: u64,
        /// Lowest bit and number of bits of a bit-field.
        bits: Option<(u8, u8)>,
    },
}

impl Typed {
    /// A number of a type.
    pub fn number(ty: CType, value: u64) -> Typed {
        Typed { ty, kind: Kind::Value(value) }
    }

    /// A floating-point number of 4 or 8 bytes.
    pub fn float(size: u8, value: f64) -> Typed {
        Typed::number(CType::Base(Base::new(BaseKind::Float, size)), from_float(value, size))
    }

    /// Something in memory.
    pub fn at(ty: CType, address: u64) -> Typed {
        Typed { ty, kind: Kind::At { address, bits: None } }
    }

    /// A number or pointer that was gathered from registers, lowest byte first; `None` for other types.
    pub fn of_bytes(ty: CType, bytes: &[u8]) -> Option<Typed> {
        let base = ty.integer()?;
        let mut raw = [0u8; 8];
        raw.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(Typed::number(ty, base.number(u64::from_le_bytes(raw), None)))
    }

    /// Where it is in memory; `None` for computed values and bit-fields.
    pub fn address(&self) -> Option<u64> {
        match self.kind {
            Kind::At { address, bits: None } => Some(address),
            _ => None,
        }
    }

    /// Its value as a number: an array's or structure's is its address, a floating-point number's its bits.
    ///
    /// # Errors
    /// Memory that cannot be read.
    pub fn load(&self, host: &dyn EvalHost) -> Result<u64, Fault> {
        let (address, bits) = match self.kind {
            Kind::Value(value) => return Ok(value),
            Kind::At { address, bits } => (address, bits),
        };
        let Some(base) = self.ty.integer() else {
            return Ok(address);
        };
        let raw = host.memory(address, usize::from(base.size)).ok_or(Fault::Memory(address))?;
        Ok(base.number(raw, bits))
    }

    /// Its value as MASM takes it: a floating-point number without its fraction.
    ///
    /// # Errors
    /// As [`Typed::load`].
    pub fn integer(&self, host: &dyn EvalHost) -> Result<u64, Fault> {
        let value = self.load(host)?;
        Ok(match self.ty.integer() {
            Some(base) if base.kind == BaseKind::Float => (to_float(value, base) as i64).cast_unsigned(),
            _ => value,
        })
    }
}

/// The number that the bits of a floating-point type stand for; an integer as it is.
pub(super) fn to_float(raw: u64, base: Base) -> f64 {
    match (base.kind, base.size) {
        (BaseKind::Float, 4) => f64::from(f32::from_bits(raw as u32)),
        (BaseKind::Float, _) => f64::from_bits(raw),
        _ if base.is_signed() => raw.cast_signed() as f64,
        _ => raw as f64,
    }
}

/// The bits of a floating-point number of 4 or 8 bytes.
pub(super) fn from_float(value: f64, size: u8) -> u64 {
    if size == 4 { u64::from((value as f32).to_bits()) } else { value.to_bits() }
}
