//! The methods of strings.

use super::error::ModelError;
use super::machine::Model;
use super::operators::MAX_TEXT;
use super::query::{count, text};
use super::value::Value;
use std::sync::Arc;

/// The methods of strings.
pub(super) const METHODS: &[&str] = &[
    "Contains",
    "EndsWith",
    "IndexOf",
    "LastIndexOf",
    "PadLeft",
    "PadRight",
    "Remove",
    "Replace",
    "StartsWith",
    "Substring",
    "ToDisplayString",
    "ToLower",
    "ToUpper",
];

impl Model<'_> {
    pub(super) fn text_method(
        &self,
        of: &Arc<str>,
        name: &str,
        arguments: &[Value],
    ) -> Result<Value, ModelError> {
        let other = || match arguments {
            [other] => text(other, name),
            _ => Err(count(name, "1", arguments)),
        };
        let numbers = || -> Result<(usize, Option<usize>), ModelError> {
            let number = |value: &Value| {
                let number = self.loaded(&self.native(value.clone(), name)?)?;
                Ok::<usize, ModelError>(usize::try_from(number).unwrap_or(usize::MAX))
            };
            match arguments {
                [first] => Ok((number(first)?, None)),
                [first, second] => Ok((number(first)?, Some(number(second)?))),
                _ => Err(count(name, "1 or 2", arguments)),
            }
        };
        Ok(match name {
            "Contains" => Value::is(of.contains(&*other()?)),
            "StartsWith" => Value::is(of.starts_with(&*other()?)),
            "EndsWith" => Value::is(of.ends_with(&*other()?)),
            "IndexOf" => place(of, of.find(&*other()?)),
            "LastIndexOf" => place(of, of.rfind(&*other()?)),
            "ToLower" => Value::text(of.to_lowercase()),
            "ToUpper" => Value::text(of.to_uppercase()),
            "Substring" => {
                let (start, length) = numbers()?;
                let rest = of.chars().skip(start);
                Value::text(rest.take(length.unwrap_or(usize::MAX)).collect::<String>())
            }
            "Remove" => {
                let (start, length) = numbers()?;
                let end = start.saturating_add(length.unwrap_or(usize::MAX));
                let kept = (0..).zip(of.chars()).filter(|(at, _)| !(start..end).contains(at));
                Value::text(kept.map(|(_, c)| c).collect::<String>())
            }
            "PadLeft" | "PadRight" => {
                let (width, _) = numbers()?;
                if width > MAX_TEXT {
                    return Err(ModelError::TooMuch { what: "a string", limit: MAX_TEXT });
                }
                let blanks = " ".repeat(width.saturating_sub(of.chars().count()));
                Value::text(if name == "PadLeft" { format!("{blanks}{of}") } else { format!("{of}{blanks}") })
            }
            "Replace" => match arguments {
                [from, to] => {
                    let (from, to) = (text(from, name)?, text(to, name)?);
                    let times = if from.is_empty() { 0 } else { of.matches(&*from).count() };
                    if of.len().saturating_add(times.saturating_mul(to.len())) > MAX_TEXT {
                        return Err(ModelError::TooMuch { what: "a string", limit: MAX_TEXT });
                    }
                    Value::text(if times == 0 { of.to_string() } else { of.replace(&*from, &to) })
                }
                _ => return Err(count(name, "2", arguments)),
            },
            _ => return Err(self.unknown(&Value::Text(Arc::clone(of)), name)),
        })
    }
}

/// A place in a text, in characters; -1 where there is none.
fn place(of: &str, at: Option<usize>) -> Value {
    use crate::eval::cxx::{CType, Typed};
    let characters = at.map(|at| of.get(..at).unwrap_or_default().chars().count() as u64);
    Value::Native(Typed::number(CType::I64, characters.unwrap_or(u64::MAX)).into())
}
