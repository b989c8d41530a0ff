//! Typed values.

use super::ctype::CType;
use crate::debuggee::{Lack, Object, Place, Scope};
use crate::eval::{EvalHost, Fault};
use crate::symbols::types::{Base, BaseKind};
use crate::util::hex::tick;

/// A value with its type.
#[derive(Debug, Clone)]
pub struct Typed {
    /// Its type.
    pub ty: CType,
    /// What it is.
    pub kind: Kind,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A number or address, sign-extended where its type has a sign; the bits of a floating-point number.
    Value(u64),
    /// Something that lies in memory, or that a frame's registers held.
    At {
        /// Where.
        place: Place,
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

    /// Something at a place.
    pub fn at(ty: CType, place: Place) -> Typed {
        Typed { ty, kind: Kind::At { place, bits: None } }
    }

    /// Where its bytes are; `None` for computed values and bit-fields.
    pub fn place(&self) -> Option<&Place> {
        match &self.kind {
            Kind::At { place, bits: None } => Some(place),
            _ => None,
        }
    }

    /// Where it is in memory; `None` for what is not there.
    pub fn address(&self) -> Option<u64> {
        self.place()?.address()
    }

    /// The object that it is, where its type is one of a source's: a structure, union or enumeration.
    pub fn object<'s>(&self, scope: &'s Scope<'_>) -> Option<Object<'s>> {
        match &self.ty {
            CType::Named(found) => Some(scope.object_in(found.clone(), self.place()?.clone())),
            _ => None,
        }
    }

    /// Its value as a number: an array's or structure's is its address, a floating-point number's its bits.
    ///
    /// # Errors
    /// What cannot be read, and why; an array or structure that is not in memory.
    pub fn load(&self, host: &dyn EvalHost) -> Result<u64, Fault> {
        let (place, bits) = match &self.kind {
            Kind::Value(value) => return Ok(*value),
            Kind::At { place, bits } => (place, *bits),
        };
        let Some(base) = self.ty.integer() else {
            let no_address =
                || Fault::Type(format!("{} is kept in a register and has no address", self.ty.name()));
            return place.address().ok_or_else(no_address);
        };
        let raw = host.read(place, usize::from(base.size)).map_err(|why| {
            let what = match place.address() {
                Some(address) => format!("{} at {}", self.ty.name(), tick(address)),
                None => self.ty.name(),
            };
            Fault::Lack(Box::new(Lack::Unreadable { what, why }))
        })?;
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
