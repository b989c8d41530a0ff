//! Typed values, and what operators do to them.

use super::ctype::CType;
use crate::eval::{EvalError, EvalHost};
use crate::symbols::types::layout::bits_of;
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
    /// A number or address; sign-extended where its type has a sign.
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

    /// Something in memory.
    pub fn at(ty: CType, address: u64) -> Typed {
        Typed { ty, kind: Kind::At { address, bits: None } }
    }

    /// A number or pointer that was gathered from registers, lowest byte first; `None` for other types.
    pub fn of_bytes(ty: CType, bytes: &[u8]) -> Option<Typed> {
        let base = ty.integer()?;
        let mut raw = [0u8; 8];
        raw.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(Typed::number(ty, convert(u64::from_le_bytes(raw), base)))
    }

    /// Where it is in memory; `None` for computed values and bit-fields.
    pub fn address(&self) -> Option<u64> {
        match self.kind {
            Kind::At { address, bits: None } => Some(address),
            _ => None,
        }
    }

    /// Its value as a number: an array's or structure's is its address.
    ///
    /// # Errors
    /// Memory that cannot be read; `text` is the part of the expression that is blamed.
    pub fn load(&self, host: &dyn EvalHost, text: &str) -> Result<u64, EvalError> {
        let Kind::At { address, bits } = self.kind else {
            let Kind::Value(value) = self.kind else {
                return Ok(0);
            };
            return Ok(value);
        };
        let Some(base) = self.ty.integer() else {
            return Ok(address);
        };
        let raw = host
            .memory(address, usize::from(base.size))
            .ok_or_else(|| EvalError::Memory { text: text.to_owned(), address })?;
        Ok(match bits {
            Some((position, length)) => bits_of(raw, position, length),
            None => convert(raw, base),
        })
    }

    /// The same as a number without a place in memory; an array becomes a pointer to its first element.
    pub(super) fn decay(&self, host: &dyn EvalHost, text: &str) -> Result<Typed, EvalError> {
        let value = self.load(host, text)?;
        let ty = match &self.ty {
            CType::Array(element, _) => (**element).clone().pointer(),
            ty => ty.clone(),
        };
        Ok(Typed::number(ty, value))
    }
}

/// A number cut to a type's size, with its sign extended where it has one.
pub(super) fn convert(raw: u64, base: Base) -> u64 {
    if base.kind == BaseKind::Bool {
        return u64::from(raw != 0);
    }
    if base.size == 0 || base.size >= 8 {
        return raw;
    }
    let unused = 64 - u32::from(base.size) * 8;
    match base.is_signed() {
        true => (((raw << unused) as i64) >> unused) as u64,
        false => (raw << unused) >> unused,
    }
}

/// The type in which two numbers are combined, as C has it.
fn common(a: Base, b: Base) -> Base {
    let promoted = |base: Base| match base.size {
        4 | 8 if base.kind != BaseKind::Float => base,
        _ => Base::new(BaseKind::Int, 4),
    };
    let (a, b) = (promoted(a), promoted(b));
    if a.size != b.size {
        return if a.size > b.size { a } else { b };
    }
    if !a.is_signed() { a } else { b }
}

/// Applies a binary operator.
pub(super) fn binary(
    operator: &str,
    a: &Typed,
    b: &Typed,
    host: &dyn EvalHost,
    text: &str,
) -> Result<Typed, EvalError> {
    let (a, b) = (a.decay(host, text)?, b.decay(host, text)?);
    let (Kind::Value(x), Kind::Value(y)) = (a.kind, b.kind) else {
        return Err(EvalError::Syntax(text.to_owned()));
    };
    let step = |ty: &CType| ty.size().unwrap_or(1);
    match (&a.ty, &b.ty, operator) {
        (CType::Pointer(to), CType::Pointer(_), "-") => {
            let bytes = x.wrapping_sub(y) as i64;
            let elements = bytes.checked_div(step(to) as i64).unwrap_or(bytes);
            return Ok(Typed::number(CType::I64, elements as u64));
        }
        (CType::Pointer(to), _, "+") => {
            return Ok(Typed::number(a.ty.clone(), x.wrapping_add(y.wrapping_mul(step(to)))));
        }
        (CType::Pointer(to), _, "-") => {
            return Ok(Typed::number(a.ty.clone(), x.wrapping_sub(y.wrapping_mul(step(to)))));
        }
        (_, CType::Pointer(to), "+") => {
            return Ok(Typed::number(b.ty.clone(), y.wrapping_add(x.wrapping_mul(step(to)))));
        }
        _ => {}
    }
    let wrong =
        || EvalError::Type(format!("'{operator}' does not apply to {} and {}", a.ty.name(), b.ty.name()));
    let (left, right) = (a.ty.integer().ok_or_else(wrong)?, b.ty.integer().ok_or_else(wrong)?);
    if [left, right].iter().any(|base| base.kind == BaseKind::Float) {
        return Err(wrong());
    }
    // A shift's result has the type of its left side alone.
    let base = if matches!(operator, "<<" | ">>") { common(left, left) } else { common(left, right) };
    let (x, y) = (convert(x, base), if matches!(operator, "<<" | ">>") { y } else { convert(y, base) });
    let signed = base.is_signed();
    let zero = || EvalError::DivisionByZero(text.to_owned());
    let shift = u32::try_from(y).unwrap_or(u32::MAX);
    let less = if signed { (x as i64) < (y as i64) } else { x < y };
    let truth = |is| Ok(Typed::number(CType::BOOL, u64::from(is)));
    let value = match operator {
        "+" => x.wrapping_add(y),
        "-" => x.wrapping_sub(y),
        "*" => x.wrapping_mul(y),
        "/" if signed => (x as i64).checked_div(y as i64).ok_or_else(zero)? as u64,
        "/" => x.checked_div(y).ok_or_else(zero)?,
        "%" if signed => (x as i64).checked_rem(y as i64).ok_or_else(zero)? as u64,
        "%" => x.checked_rem(y).ok_or_else(zero)?,
        "<<" => x.checked_shl(shift).unwrap_or(0),
        ">>" if signed => ((x as i64) >> shift.min(63)) as u64,
        ">>" => x.checked_shr(shift).unwrap_or(0),
        "&" => x & y,
        "|" => x | y,
        "^" => x ^ y,
        "==" => return truth(x == y),
        "!=" => return truth(x != y),
        "<" => return truth(less),
        ">=" => return truth(!less),
        ">" => return truth(!less && x != y),
        "<=" => return truth(less || x == y),
        _ => return Err(EvalError::Syntax(text.to_owned())),
    };
    Ok(Typed::number(CType::Base(base), convert(value, base)))
}

/// Applies a unary operator: `- + ~ !`.
pub(super) fn unary(operator: char, of: &Typed, host: &dyn EvalHost, text: &str) -> Result<Typed, EvalError> {
    let of = of.decay(host, text)?;
    let value = of.load(host, text)?;
    if operator == '!' {
        return Ok(Typed::number(CType::BOOL, u64::from(value == 0)));
    }
    let base = of.ty.integer().filter(|base| base.kind != BaseKind::Float);
    let base =
        base.ok_or_else(|| EvalError::Type(format!("'{operator}' does not apply to {}", of.ty.name())))?;
    let base = common(base, base);
    let value = match operator {
        '-' => value.wrapping_neg(),
        '~' => !value,
        _ => value,
    };
    Ok(Typed::number(CType::Base(base), convert(value, base)))
}

/// Casts a value to a type.
pub(super) fn cast(to: CType, of: &Typed, host: &dyn EvalHost, text: &str) -> Result<Typed, EvalError> {
    let value = of.decay(host, text)?.load(host, text)?;
    let is_float = |base: Base| base.kind == BaseKind::Float;
    match to.integer() {
        // Floating-point numbers are shown and not computed.
        Some(base) if is_float(base) || of.ty.integer().is_some_and(is_float) => {
            Err(EvalError::Type(format!("{} cannot be cast to {}", of.ty.name(), to.name())))
        }
        Some(base) => Ok(Typed::number(to, convert(value, base))),
        // A structure cannot be made from a number; one that is already of that size in memory can be looked at so.
        None => match of.address() {
            Some(address) => Ok(Typed::at(to, address)),
            None => Err(EvalError::Type(format!("{} cannot be cast to {}", of.ty.name(), to.name()))),
        },
    }
}
