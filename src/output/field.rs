//! A fact's value.

use super::sanitize::CleanText;
use std::borrow::Cow;

/// A fact's value.
#[derive(Debug, Clone, PartialEq)]
pub enum Field {
    /// There is none.
    Null,
    /// Yes or no.
    Bool(bool),
    /// A count, a size, a number without sign.
    Number(u64),
    /// A number with its sign.
    Signed(i64),
    /// A number with a fraction.
    Float(f64),
    /// A bit pattern: JSON writes it as `0x` text, because 64 bits do not survive as a JSON number.
    Hex(u64),
    /// An address; in JSON as [`Field::Hex`].
    Address(u64),
    /// A moment, in 100 ns since 1601; in JSON as `2021-02-21T01:38:22.987Z`.
    Time(u64),
    /// Text, clean.
    Text(CleanText),
    /// Several values.
    List(Vec<Field>),
    /// Values with names.
    Object(Vec<(Cow<'static, str>, Field)>),
    /// What could not be had, and why; in JSON as `{"unreadable": "why"}`.
    Unreadable(CleanText),
}

impl Field {
    /// What could not be had, and why.
    pub fn unreadable(why: impl AsRef<str>) -> Field {
        Field::Unreadable(CleanText::new(why))
    }

    /// Whether there is a value.
    pub fn is_known(&self) -> bool {
        !matches!(self, Field::Null | Field::Unreadable(_))
    }
}

impl From<bool> for Field {
    fn from(value: bool) -> Field {
        Field::Bool(value)
    }
}

impl From<u64> for Field {
    fn from(value: u64) -> Field {
        Field::Number(value)
    }
}

impl From<u32> for Field {
    fn from(value: u32) -> Field {
        Field::Number(u64::from(value))
    }
}

impl From<i64> for Field {
    fn from(value: i64) -> Field {
        Field::Signed(value)
    }
}

impl From<f64> for Field {
    fn from(value: f64) -> Field {
        Field::Float(value)
    }
}

impl From<&str> for Field {
    fn from(value: &str) -> Field {
        Field::Text(CleanText::new(value))
    }
}

impl From<String> for Field {
    fn from(value: String) -> Field {
        Field::Text(CleanText::new(value))
    }
}

impl<T: Into<Field>> From<Option<T>> for Field {
    fn from(value: Option<T>) -> Field {
        value.map_or(Field::Null, Into::into)
    }
}

impl<T: Into<Field>> From<Vec<T>> for Field {
    fn from(values: Vec<T>) -> Field {
        Field::List(values.into_iter().map(Into::into).collect())
    }
}
