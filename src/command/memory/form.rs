//! How each spelling of a numeric `d` command lays out its rows.

use crate::debuggee::Target;

/// What a value is shown as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Hexadecimal digits; 8-byte cells with the back-tick.
    Hex,
    /// IEEE 754 single precision.
    Float,
    /// IEEE 754 double precision.
    Double,
}

/// The layout of a numeric form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Form {
    /// The letters after `d`.
    pub letters: &'static str,
    /// What its values are shown as.
    pub shape: Shape,
    /// Bytes in a cell.
    pub size: usize,
    /// Cells in a row.
    pub per_row: usize,
    /// Cells shown when no count is given.
    pub count: u64,
    /// Whether the row ends with its bytes as characters.
    pub text: bool,
}

const fn hex(letters: &'static str, size: usize, per_row: usize, text: bool) -> Form {
    Form { letters, shape: Shape::Hex, size, per_row, count: 0x80 / size as u64, text }
}

const FORMS: &[Form] = &[
    hex("b", 1, 16, true),
    hex("w", 2, 8, false),
    hex("W", 2, 8, true),
    hex("d", 4, 4, false),
    hex("c", 4, 4, true),
    hex("q", 8, 2, false),
    hex("p", 8, 2, false),
    Form { letters: "f", shape: Shape::Float, size: 4, per_row: 4, count: 16, text: false },
    Form { letters: "D", shape: Shape::Double, size: 8, per_row: 3, count: 15, text: false },
];

/// The form of these letters: `b` in `db` and `!db`.
pub fn form(letters: &str) -> Option<&'static Form> {
    FORMS.iter().find(|form| form.letters == letters)
}

/// The same where the cells of `p` have the size of the target's pointers.
pub fn form_in(letters: &str, target: &Target) -> Option<&'static Form> {
    match letters {
        "p" if target.pointer_size() == 4 => form("d"),
        letters => form(letters),
    }
}

impl Form {
    /// Columns of one cell.
    pub fn width(&self) -> usize {
        match (self.shape, self.size) {
            (Shape::Float, _) => 16,
            (Shape::Double, _) => 22,
            (Shape::Hex, 8) => 17,
            (Shape::Hex, size) => 2 * size,
        }
    }

    /// A row of this form with another number of cells, as `/c` asks for.
    pub fn with_columns(self, per_row: usize) -> Form {
        Form { per_row, ..self }
    }
}
