//! Values by what they are, so that they can be compared, ordered and looked up.

use super::error::ModelError;
use super::evaluate::kind;
use super::machine::Model;
use super::value::{Object, Value};
use crate::symbols::types::BaseKind;
use std::sync::Arc;

/// What a value is, whatever its type.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Canon {
    /// A number, an address, yes or no.
    Number(i128),
    /// A number with a fraction, by bits that have the order of the numbers.
    Float(i64),
    /// A text.
    Text(Arc<str>),
    /// A thing of the debugger's: its kind, and what tells it from others of that kind.
    Object(&'static str, u64, u64),
    /// Values with names.
    Record(Vec<(Arc<str>, Canon)>),
}

impl Model<'_> {
    /// What a value is.
    ///
    /// # Errors
    /// It cannot be read, or is a list or a function.
    pub(super) fn canon(&self, value: &Value, what: &str) -> Result<Canon, ModelError> {
        Ok(match value {
            Value::Native(native) => {
                let number = self.loaded(native)?;
                match native.typed.ty.integer() {
                    Some(base) if base.kind == BaseKind::Float => Canon::Float(ordered(match base.size {
                        4 => f64::from(f32::from_bits(number as u32)),
                        _ => f64::from_bits(number),
                    })),
                    Some(base) if base.is_signed() => Canon::Number(number.cast_signed().into()),
                    _ => Canon::Number(number.into()),
                }
            }
            Value::Text(text) => Canon::Text(Arc::clone(text)),
            Value::Object(object) => {
                let (one, other) = identity(object);
                Canon::Object(object.kind(), one, other)
            }
            Value::Record(record) => {
                let part =
                    |(name, value): &(Arc<str>, Value)| Ok((Arc::clone(name), self.canon(value, what)?));
                Canon::Record(record.fields.iter().map(part).collect::<Result<_, ModelError>>()?)
            }
            Value::Error(why) => return Err((**why).clone()),
            other => return Err(kind(what, "values that can be compared", other)),
        })
    }
}

/// Bits that are ordered as the numbers are.
fn ordered(value: f64) -> i64 {
    let bits = (value + 0.0).to_bits().cast_signed();
    bits ^ (((bits >> 63).cast_unsigned()) >> 1).cast_signed()
}

fn identity(object: &Object) -> (u64, u64) {
    match object {
        Object::Session | Object::Collections | Object::Variables => (0, 0),
        Object::Process(address) | Object::Thread(address) | Object::Device(address) => (*address, 0),
        Object::Frame(frame) => (frame.thread.unwrap_or(0), frame.frame.number.into()),
        Object::Module(module) => (module.base, module.size),
        Object::Handle(handle) => (handle.process, handle.handle),
    }
}

#[cfg(test)]
mod tests {
    use super::ordered;

    #[test]
    fn fractions_keep_their_order() {
        let mut numbers = [3.5, -1.0, f64::INFINITY, -0.0, 0.25, f64::NEG_INFINITY, -1e300];
        numbers.sort_by_key(|number| ordered(*number));
        assert_eq!(numbers, [f64::NEG_INFINITY, -1e300, -1.0, 0.0, 0.25, 3.5, f64::INFINITY]);
        assert_eq!(ordered(0.0), ordered(-0.0));
    }
}
