//! What is not known, as a value: cells and facts take a getter's result as it is.

use crate::debuggee::Lack;
use crate::output::Field;

impl From<Lack> for Field {
    /// A null pointer is nothing; everything else that is lacking says why.
    fn from(lack: Lack) -> Field {
        match lack {
            Lack::Null { .. } => Field::Null,
            lack => Field::unreadable(lack.to_string()),
        }
    }
}

impl<T: Into<Field>> From<Result<T, Lack>> for Field {
    fn from(value: Result<T, Lack>) -> Field {
        value.map_or_else(Field::from, Into::into)
    }
}
