//! Rows of memory: address, cells, and the same bytes as characters.

use super::form::{Form, Shape};
use crate::debuggee::Scope;
use crate::kernel::why_unreadable;
use crate::memory::{Memory, Reason};
use crate::output::{Cell, Field, Record, Role};
use crate::util::bounded::uint_at;
use crate::util::{float, hex};
use std::ops::{Deref, Range};

/// Bytes of memory, with the reasons for those that cannot be read.
pub struct Bytes {
    bytes: Vec<Option<u8>>,
    /// From which place on a reason holds.
    reasons: Vec<(usize, Reason)>,
}

impl Bytes {
    /// `count` bytes from `address` on.
    pub fn at(memory: &dyn Memory, address: u64, count: usize) -> Bytes {
        let mut read = Bytes { bytes: Vec::with_capacity(count), reasons: Vec::new() };
        while read.bytes.len() < count {
            let Some(at) = address.checked_add(read.bytes.len() as u64) else {
                read.lack(Reason::EndOfSpace);
                continue;
            };
            match memory.window(at) {
                Ok(window) => {
                    let wanted = count - read.bytes.len();
                    read.bytes.extend(window.iter().take(wanted).copied().map(Some));
                }
                Err(error) => read.lack(error.reason),
            }
        }
        read
    }

    /// The same with the reasons as the kernel that was running tells them ([`why_unreadable`]).
    #[must_use]
    pub fn told(mut self, scope: &Scope<'_>) -> Bytes {
        for (_, why) in &mut self.reasons {
            *why = why_unreadable(scope, why.clone());
        }
        self
    }

    fn lack(&mut self, why: Reason) {
        if self.reasons.last().is_none_or(|(_, last)| *last != why) {
            self.reasons.push((self.bytes.len(), why));
        }
        self.bytes.push(None);
    }

    /// Why the byte of that place cannot be read.
    fn reason(&self, place: usize) -> Reason {
        let known = self.reasons.iter().rev().find(|(start, _)| *start <= place);
        known.map_or(Reason::EndOfSpace, |(_, why)| why.clone())
    }

    /// The little-endian value of some of them.
    ///
    /// # Errors
    /// Why one of them cannot be read.
    pub fn value(&self, range: Range<usize>) -> Result<u64, Reason> {
        let bytes = self.bytes.get(range.clone()).unwrap_or_default();
        if let Some(at) = bytes.iter().position(Option::is_none) {
            return Err(self.reason(range.start + at));
        }
        let bytes: Vec<u8> = bytes.iter().flatten().copied().collect();
        uint_at(&bytes, 0, range.len()).ok_or(Reason::EndOfSpace)
    }

    /// The value of all of them, which are at most eight.
    ///
    /// # Errors
    /// As [`Bytes::value`].
    pub fn whole(&self) -> Result<u64, Reason> {
        self.value(0..self.bytes.len())
    }

    /// Why the first that cannot be read cannot.
    pub fn first_reason(&self) -> Option<Reason> {
        self.bytes.iter().position(Option::is_none).map(|place| self.reason(place))
    }
}

impl Deref for Bytes {
    type Target = [Option<u8>];

    fn deref(&self) -> &[Option<u8>] {
        &self.bytes
    }
}

/// What could not be read, as a value.
pub fn unreadable(why: &Reason) -> Field {
    Field::unreadable(why.to_string())
}

/// Bytes as characters: `.` for what does not print, `?` for what cannot be read.
pub fn characters(bytes: &[Option<u8>]) -> String {
    bytes
        .iter()
        .map(|byte| match byte {
            Some(byte @ 0x20..=0x7e) => char::from(*byte),
            Some(_) => '.',
            None => '?',
        })
        .collect()
}

/// A value in a form's spelling, or the mark of one that cannot be read and why.
pub fn cell(form: &Form, value: Result<u64, Reason>) -> Cell {
    let width = form.width();
    let cell = match (value, form.shape) {
        (Err(why), Shape::Hex) if form.size == 8 => Cell::new(unreadable(&why)).mark("????????`????????"),
        (Err(why), _) => Cell::new(unreadable(&why)).mark("?".repeat(2 * form.size)),
        (Ok(value), Shape::Hex) if form.size == 8 => Cell::new(Field::Hex(value)).shown(hex::tick(value)),
        (Ok(value), Shape::Hex) => Cell::new(Field::Hex(value)).digits(width),
        (Ok(value), Shape::Float) => {
            let single = f32::from_bits((value & 0xffff_ffff) as u32);
            float::general(f64::from(single), 8).into()
        }
        (Ok(value), Shape::Double) => float::general(f64::from_bits(value), 12).into(),
    };
    cell.role(Role::Value).right(width)
}

/// The start of a row: where it stands.
pub fn lead(kind: &'static str, address: u64) -> Record {
    Record::new(kind).cell("address", Field::Address(address)).text("  ")
}

/// `row` with the values that `bytes` make, and the same as characters where the form has them, `gap` columns after the
/// values of a full row.
pub fn with_values(row: Record, form: &Form, bytes: &Bytes, gap: usize) -> Record {
    let starts = (0..bytes.len()).step_by(form.size);
    let values = Cell::list(starts.map(|at| cell(form, bytes.value(at..at + form.size))), |index| {
        if form.size == 1 && index * 2 == form.per_row { "-" } else { " " }
    });
    let row = row.field("size", form.size as u64);
    if !form.text {
        return row.cell("values", values);
    }
    let full = form.per_row * (form.width() + 1) - 1;
    let row = row.cell("values", values.left(full)).text(" ".repeat(gap));
    row.cell("text", characters(bytes))
}

/// A row of virtual memory at `address`.
pub fn record(form: &Form, address: u64, bytes: &Bytes) -> Record {
    with_values(lead("memory", address), form, bytes, 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::memory::form::form;
    use crate::output::Line;

    fn bytes(bytes: &[Option<u8>]) -> Bytes {
        Bytes { bytes: bytes.to_vec(), reasons: vec![(0, Reason::NotInTriage)] }
    }

    fn row(letters: &str, some: &[Option<u8>]) -> String {
        let record = record(form(letters).expect("a form"), 0xfffff800_15e50000, &bytes(some));
        record.lines.iter().map(Line::plain).collect()
    }

    const HEADER: [u8; 16] = [0x4d, 0x5a, 0x90, 0, 3, 0, 0, 0, 4, 0, 0, 0, 0xff, 0xff, 0, 0];

    /// The layouts of spec/COMMANDS.md section 6.
    #[test]
    fn full_rows() {
        let bytes = HEADER.map(Some);
        let expected = [
            ("b", "fffff800`15e50000  4d 5a 90 00 03 00 00 00-04 00 00 00 ff ff 00 00  MZ.............."),
            ("w", "fffff800`15e50000  5a4d 0090 0003 0000 0004 0000 ffff 0000"),
            ("W", "fffff800`15e50000  5a4d 0090 0003 0000 0004 0000 ffff 0000  MZ.............."),
            ("d", "fffff800`15e50000  00905a4d 00000003 00000004 0000ffff"),
            ("c", "fffff800`15e50000  00905a4d 00000003 00000004 0000ffff  MZ.............."),
            ("q", "fffff800`15e50000  00000003`00905a4d 0000ffff`00000004"),
        ];
        for (letters, text) in expected {
            assert_eq!(row(letters, &bytes), text);
        }
    }

    #[test]
    fn short_rows_keep_the_text_column() {
        let bytes = HEADER.map(Some);
        assert_eq!(
            row("b", &bytes[..9]),
            "fffff800`15e50000  4d 5a 90 00 03 00 00 00-04                       MZ......."
        );
        assert_eq!(row("c", &bytes[..4]), "fffff800`15e50000  00905a4d                             MZ..");
    }

    #[test]
    fn missing_bytes_are_marked_each_by_itself() {
        let mut bytes = HEADER.map(Some);
        bytes[5] = None;
        assert_eq!(
            row("b", &bytes),
            "fffff800`15e50000  4d 5a 90 00 03 ?? 00 00-04 00 00 00 ff ff 00 00  MZ...?.........."
        );
        assert_eq!(row("d", &bytes), "fffff800`15e50000  00905a4d ???????? 00000004 0000ffff");
        assert_eq!(row("q", &bytes), "fffff800`15e50000  ????????`???????? 0000ffff`00000004");
    }

    /// Each value is known by itself, and what is not says why.
    #[test]
    fn values_are_facts() {
        let mut some = HEADER.map(Some);
        some[5] = None;
        let record = record(form("d").expect("a form"), 0x1_0000, &bytes(&some));
        let gone = Field::unreadable("not among the memory saved in this triage dump");
        let values = vec![Field::Hex(0x0090_5a4d), gone, Field::Hex(4), Field::Hex(0xffff)];
        assert_eq!(record.get("values"), Some(&Field::List(values)));
        assert_eq!(record.get("size"), Some(&Field::Number(4)));
        assert_eq!(record.get("address"), Some(&Field::Address(0x1_0000)));
    }

    #[test]
    fn numbers_with_a_point() {
        let mut bytes = 1.5f32.to_le_bytes().map(Some).to_vec();
        bytes.extend([None; 4]);
        assert_eq!(row("f", &bytes), "fffff800`15e50000               1.5         ????????");
        let bytes = (-0.1f64).to_le_bytes().map(Some);
        assert_eq!(row("D", &bytes), "fffff800`15e50000                    -0.1");
    }
}
