//! Rows of memory: address, cells, and the same bytes as characters.

use super::form::{Cell, Form};
use crate::memory::Memory;
use crate::output::{Field, Line, Record, Role};
use crate::util::bounded::uint_at;
use crate::util::{float, hex};

/// `count` bytes from `address` on; `None` where memory cannot be read.
pub fn bytes_at(memory: &dyn Memory, address: u64, count: usize) -> Vec<Option<u8>> {
    let mut bytes = Vec::with_capacity(count);
    while bytes.len() < count {
        let Some(at) = address.checked_add(bytes.len() as u64) else {
            bytes.resize(count, None);
            break;
        };
        match memory.window(at) {
            Ok(window) => {
                let wanted = count - bytes.len();
                bytes.extend(window.iter().take(wanted).copied().map(Some));
            }
            Err(_) => bytes.push(None),
        }
    }
    bytes
}

/// The little-endian value of a cell; `None` if a byte of it is missing.
pub fn value(cell: &[Option<u8>]) -> Option<u64> {
    let bytes: Option<Vec<u8>> = cell.iter().copied().collect();
    let bytes = bytes?;
    uint_at(&bytes, 0, bytes.len())
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

/// The text of a value, or the mark of one that cannot be read.
pub fn cell_text(form: &Form, value: Option<u64>) -> String {
    let Some(value) = value else {
        return match (form.cell, form.size) {
            (Cell::Hex, 8) => "????????`????????".to_owned(),
            (Cell::Hex, size) => "?".repeat(2 * size),
            _ => format!("{:>width$}", "?".repeat(2 * form.size), width = form.width()),
        };
    };
    let width = form.width();
    match form.cell {
        Cell::Float => {
            let single = f32::from_bits((value & 0xffff_ffff) as u32);
            format!("{:>width$}", float::general(f64::from(single), 8))
        }
        Cell::Double => format!("{:>width$}", float::general(f64::from_bits(value), 12)),
        Cell::Hex if form.size == 8 => hex::tick(value),
        Cell::Hex => format!("{value:0width$x}"),
    }
}

/// `line` with the cells that `bytes` make, and their characters where the form has them, `gap` columns after the
/// cells of a full row.
pub fn with_cells(line: Line, form: &Form, bytes: &[Option<u8>], gap: usize) -> Line {
    let start = line.columns();
    let mut line = line;
    for (index, cell) in bytes.chunks(form.size).enumerate() {
        if index > 0 {
            let middle = form.size == 1 && index * 2 == form.per_row;
            line = line.text(if middle { "-" } else { " " });
        }
        let value = value(cell).filter(|_| cell.len() == form.size);
        let role = if value.is_some() { Role::Value } else { Role::Unreadable };
        line = line.role(role, cell_text(form, value));
    }
    if !form.text {
        return line;
    }
    let full = form.per_row * (form.width() + 1) - 1;
    line.pad_to(start + full + gap).text(characters(bytes))
}

/// A row of virtual memory at `address`.
pub fn record(form: &Form, address: u64, bytes: &[Option<u8>]) -> Record {
    let line = with_cells(Line::new().address(address).text("  "), form, bytes, 2);
    fields(Record::new("memory"), form, address, bytes).line(line)
}

/// `record` with the facts of a row.
pub fn fields(record: Record, form: &Form, address: u64, bytes: &[Option<u8>]) -> Record {
    let values: Vec<Field> = bytes
        .chunks(form.size)
        .map(|cell| match (value(cell), form.cell) {
            (None, _) => Field::Null,
            (Some(value), Cell::Hex) => Field::Hex(value),
            (Some(_), _) => cell_text(form, value(cell)).trim().into(),
        })
        .collect();
    let record = record
        .field("address", Field::Hex(address))
        .field("size", form.size as u64)
        .field("values", Field::List(values));
    if form.text { record.field("text", characters(bytes)) } else { record }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::memory::form::form;

    fn row(letters: &str, bytes: &[Option<u8>]) -> String {
        let record = record(form(letters).expect("a form"), 0xfffff800_15e50000, bytes);
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

    #[test]
    fn numbers_with_a_point() {
        let mut bytes = 1.5f32.to_le_bytes().map(Some).to_vec();
        bytes.extend([None; 4]);
        assert_eq!(row("f", &bytes), "fffff800`15e50000               1.5         ????????");
        let bytes = (-0.1f64).to_le_bytes().map(Some);
        assert_eq!(row("D", &bytes), "fffff800`15e50000                    -0.1");
    }
}
