//! What operators between two values do.

use super::error::ModelError;
use super::evaluate::kind;
use super::machine::Model;
use super::value::{Native, Value};
use crate::eval::Fault;
use crate::eval::cxx::{Kind, Typed, operate};
use std::cmp::Ordering;

/// Longer texts are not made.
pub(super) const MAX_TEXT: usize = 1 << 20;

impl Model<'_> {
    /// An operator that is no `&&` or `||`; `fail` says where a fault is.
    pub(super) fn binary(
        &self,
        operator: &'static str,
        a: Value,
        b: Value,
        fail: impl Fn(Fault) -> ModelError,
    ) -> Result<Value, ModelError> {
        match (operator, &a, &b) {
            (_, Value::Error(why), _) | (_, _, Value::Error(why)) => Err((**why).clone()),
            (_, Value::Native(a), Value::Native(b)) => {
                let (left, right) = (self.settled(a)?, self.settled(b)?);
                let eyes = self.eyes(a.of.or(b.of));
                let typed = operate::binary(operator, &left, &right, &*eyes).map_err(fail)?;
                Ok(Value::Native(Native { typed, of: a.of.or(b.of) }))
            }
            ("+", Value::Text(_), _) | ("+", _, Value::Text(_)) => {
                let text = format!("{}{}", self.shown(&a, "")?, self.shown(&b, "")?);
                if text.len() > MAX_TEXT {
                    return Err(ModelError::TooMuch { what: "a string", limit: MAX_TEXT });
                }
                Ok(Value::text(text))
            }
            (_, Value::Text(left), Value::Text(right)) => {
                let ordering = left.cmp(right);
                Ok(Value::is(match operator {
                    "==" => ordering == Ordering::Equal,
                    "!=" => ordering != Ordering::Equal,
                    "<" => ordering == Ordering::Less,
                    "<=" => ordering != Ordering::Greater,
                    ">" => ordering == Ordering::Greater,
                    ">=" => ordering != Ordering::Less,
                    _ => return Err(kind(format!("'{operator}'"), "numbers", &a)),
                }))
            }
            ("==" | "!=", Value::Object(_), Value::Object(_)) => {
                let same = self.canon(&a, "'=='")? == self.canon(&b, "'=='")?;
                Ok(Value::is(same == (operator == "==")))
            }
            (_, Value::Text(_), other) | (_, other, _) => {
                let other = if matches!(other, Value::Native(_)) { &b } else { other };
                Err(kind(format!("'{operator}'"), "two numbers or two strings", other))
            }
        }
    }

    /// A value that memory is not asked for any more, so that each is read with the eyes of its own process.
    fn settled(&self, of: &Native) -> Result<Typed, ModelError> {
        let is_read = matches!(of.typed.kind, Kind::At { .. }) && of.typed.ty.integer().is_some();
        Ok(match is_read {
            true => Typed::number(of.typed.ty.clone(), self.loaded(of)?),
            false => of.typed.clone(),
        })
    }
}
