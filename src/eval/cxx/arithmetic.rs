//! What operators do to numbers and pointers.
//!
//! As in the debugger, and unlike C, small integers are not widened to `int`: two `unsigned char` add up to one.

use super::ctype::CType;
use super::value::{Typed, from_float, to_float};
use crate::eval::Fault;
use crate::symbols::types::{Base, BaseKind};

/// A value that was read: its type, and a number, an address or the bits of a floating-point number.
#[derive(Debug, Clone)]
pub struct Number {
    /// Its type.
    pub ty: CType,
    /// Its value.
    pub value: u64,
}

impl Number {
    /// The basic type that it is computed as.
    fn base(&self, operator: &str, other: &CType) -> Result<Base, Fault> {
        let base = self.ty.integer().filter(|base| base.size <= 8);
        base.ok_or_else(|| {
            Fault::Type(format!("'{operator}' does not apply to {} and {}", self.ty.name(), other.name()))
        })
    }
}

fn is_float(base: Base) -> bool {
    base.kind == BaseKind::Float
}

/// The type in which two numbers are combined: the larger; of two of one size the unsigned one.
fn common(a: Base, b: Base) -> Base {
    let counted = |base: Base| match base.kind {
        BaseKind::Bool => Base::new(BaseKind::Int, 4),
        _ => base,
    };
    let (a, b) = (counted(a), counted(b));
    match (is_float(a), is_float(b)) {
        (true, false) => return a,
        (false, true) => return b,
        _ => {}
    }
    match a.size.cmp(&b.size) {
        std::cmp::Ordering::Less => b,
        std::cmp::Ordering::Greater => a,
        std::cmp::Ordering::Equal if !a.is_signed() || b.is_signed() => a,
        std::cmp::Ordering::Equal => b,
    }
}

/// Applies a binary operator that is no `&&` or `||`.
///
/// # Errors
/// A division by zero; types to which it does not apply.
pub fn binary(operator: &str, a: &Number, b: &Number) -> Result<Typed, Fault> {
    if let Some(moved) = pointers(operator, a, b) {
        return Ok(moved);
    }
    let (left, right) = (a.base(operator, &b.ty)?, b.base(operator, &a.ty)?);
    if is_float(left) || is_float(right) {
        return floats(operator, to_float(a.value, left), to_float(b.value, right), common(left, right));
    }
    // A shift's result has the type of its left side alone.
    let shifts = matches!(operator, "<<" | ">>");
    let base = if shifts { common(left, left) } else { common(left, right) };
    let (x, y) = (base.number(a.value, None), if shifts { b.value } else { base.number(b.value, None) });
    let (signed_x, signed_y, signed) = (x.cast_signed(), y.cast_signed(), base.is_signed());
    let shift = u32::try_from(y).unwrap_or(u32::MAX);
    let less = if signed { signed_x < signed_y } else { x < y };
    let truth = |is| Ok(Typed::number(CType::BOOL, u64::from(is)));
    let value = match operator {
        "/" | "%" if y == 0 => return Err(Fault::Operand),
        "+" => x.wrapping_add(y),
        "-" => x.wrapping_sub(y),
        "*" => x.wrapping_mul(y),
        "/" if signed => signed_x.wrapping_div(signed_y).cast_unsigned(),
        "/" => x / y,
        "%" if signed => signed_x.wrapping_rem(signed_y).cast_unsigned(),
        "%" => x % y,
        "<<" => x.checked_shl(shift).unwrap_or(0),
        ">>" if signed => (signed_x >> shift.min(63)).cast_unsigned(),
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
        _ => return Err(Fault::Syntax),
    };
    Ok(Typed::number(CType::Base(base), base.number(value, None)))
}

/// What `+` and `-` do to pointers: they count in elements.
fn pointers(operator: &str, a: &Number, b: &Number) -> Option<Typed> {
    let step = |ty: &CType| ty.size().unwrap_or(1);
    let moved = |ty: &CType, at: u64| {
        let base = ty.integer()?;
        Some(Typed::number(ty.clone(), base.number(at, None)))
    };
    match (&a.ty, &b.ty, operator) {
        (CType::Pointer(to, _), CType::Pointer(..), "-") => {
            let bytes = a.value.wrapping_sub(b.value).cast_signed();
            let elements = bytes.checked_div(step(to).cast_signed()).unwrap_or(bytes);
            Some(Typed::number(CType::I64, elements.cast_unsigned()))
        }
        (CType::Pointer(..), CType::Pointer(..), _) => None,
        (CType::Pointer(to, _), _, "+") => moved(&a.ty, a.value.wrapping_add(b.value.wrapping_mul(step(to)))),
        (CType::Pointer(to, _), _, "-") => moved(&a.ty, a.value.wrapping_sub(b.value.wrapping_mul(step(to)))),
        (_, CType::Pointer(to, _), "+") => moved(&b.ty, b.value.wrapping_add(a.value.wrapping_mul(step(to)))),
        _ => None,
    }
}

fn floats(operator: &str, x: f64, y: f64, base: Base) -> Result<Typed, Fault> {
    let truth = |is| Ok(Typed::number(CType::BOOL, u64::from(is)));
    let value = match operator {
        "/" if y == 0.0 => return Err(Fault::Operand),
        "+" => x + y,
        "-" => x - y,
        "*" => x * y,
        "/" => x / y,
        "==" => return truth(x == y),
        "!=" => return truth(x != y),
        "<" => return truth(x < y),
        ">=" => return truth(x >= y),
        ">" => return truth(x > y),
        "<=" => return truth(x <= y),
        _ => {
            return Err(Fault::Type(format!("'{operator}' does not apply to floating-point numbers")));
        }
    };
    Ok(Typed::float(base.size, value))
}

/// Applies a unary operator: `- + ~ !`.
///
/// # Errors
/// A type to which it does not apply.
pub fn unary(operator: char, of: &Number) -> Result<Typed, Fault> {
    let base = of.base(&operator.to_string(), &of.ty)?;
    if operator == '!' {
        let zero = if is_float(base) { to_float(of.value, base) == 0.0 } else { of.value == 0 };
        return Ok(Typed::number(CType::BOOL, u64::from(zero)));
    }
    if is_float(base) {
        return match operator {
            '-' => Ok(Typed::float(base.size, -to_float(of.value, base))),
            '+' => Ok(Typed::number(of.ty.clone(), of.value)),
            _ => Err(Fault::Type(format!("'{operator}' does not apply to {}", of.ty.name()))),
        };
    }
    let base = common(base, base);
    let value = match operator {
        '-' => of.value.wrapping_neg(),
        '~' => !of.value,
        _ => of.value,
    };
    Ok(Typed::number(CType::Base(base), base.number(value, None)))
}

/// Casts a number to a type that is a number or pointer; `None` for other types.
pub fn cast(to: &CType, of: &Number) -> Option<Typed> {
    let (from, base) = (of.ty.integer().unwrap_or(Base::new(BaseKind::UInt, 8)), to.integer()?);
    let value = match (is_float(from), is_float(base)) {
        (_, true) => from_float(to_float(of.value, from), base.size),
        (true, false) => match to_float(of.value, from) {
            value if base.kind == BaseKind::Bool => u64::from(value != 0.0),
            value if base.is_signed() => base.number((value as i64).cast_unsigned(), None),
            value => base.number(value as u64, None),
        },
        (false, false) => base.number(of.value, None),
    };
    Some(Typed::number(to.clone(), value))
}

/// Whether a number is not zero.
pub fn is_true(of: &Number) -> bool {
    match of.ty.integer() {
        Some(base) if is_float(base) => to_float(of.value, base) != 0.0,
        _ => of.value != 0,
    }
}
