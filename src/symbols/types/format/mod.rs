//! `dt` as data: the lines of a type's layout, with or without values, and how each is written.

pub mod number;
pub mod options;
pub mod value;
pub mod view;
mod walk;
pub mod words;

pub use options::{FieldPath, FormatOptions};
pub use value::{Value, ValueKind};
pub use view::View;
pub use walk::{End, Lines, header_of, lines, lines_to};

use super::{Enum, TypeId};
use crate::util::hex;

/// Where a line's member is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// At an offset in bytes.
    Offset(u64),
    /// A static member: its address, 0 where unknown.
    Static(u64),
    /// An array's element.
    Index(u64),
    /// A virtual base class whose place only an object's table tells.
    Virtual,
    /// None: a value of an enumeration.
    Constant,
}

/// One line of a layout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldLine {
    /// How deep it is nested.
    pub level: usize,
    /// Where the member is in the structure that it belongs to.
    pub place: Place,
    /// Its name.
    pub name: String,
    /// The columns that names take at least.
    pub width: usize,
    /// What stands after the colon: the type's word or the value.
    pub value: Value,
    /// Its type.
    pub ty: TypeId,
    /// Its address, where values are shown.
    pub address: Option<u64>,
}

impl FieldLine {
    /// The line up to the value: blanks, offset, name and colon.
    pub fn lead(&self, options: &FormatOptions) -> String {
        let indent = match options.no_indent {
            true => 0,
            false => 3 * (self.level + 1),
        };
        let place = match self.place {
            Place::Index(index) => return format!("{:indent$} [{index:02}] ", ""),
            Place::Constant => return format!("{:indent$}{} = ", "", self.name),
            _ if options.no_offset => String::new(),
            Place::Offset(offset) => format!("+0x{offset:03x} "),
            Place::Static(address) => format!("={} ", hex::tick(address)),
            Place::Virtual => "virtual ".to_owned(),
        };
        let (name, width) = (&self.name, self.width);
        format!("{:indent$}{place}{name:width$} : ", "")
    }

    /// The whole line.
    pub fn text(&self, options: &FormatOptions) -> String {
        format!("{}{}", self.lead(options), self.value.text)
    }
}

/// The lines of an enumeration: `   WrQueue = 0n15`.
pub fn enum_lines(e: &Enum) -> Vec<String> {
    let line = |(name, value): &(String, i64)| format!("   {name} = {}", number::signed(*value));
    e.values.iter().map(line).collect()
}
