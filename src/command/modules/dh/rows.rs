//! Rows of header values: the value, then what it is.

use crate::output::{Cell, Field, Line, Record, Role};

/// A record of header values.
pub struct Rows(pub Record);

impl Rows {
    /// A record that begins with a title.
    pub fn titled(kind: &'static str, title: &str) -> Rows {
        Rows(Record::new(kind).role(Role::Heading, title))
    }

    /// A row of its own.
    pub fn row(self, key: &'static str, value: Cell, label: &str) -> Rows {
        let record = self.0.line(Line::new()).cell(key, value.role(Role::Value));
        Rows(record.text(" ").label(label))
    }

    /// A bit pattern, an offset or a code.
    pub fn number(self, key: &'static str, value: impl Into<u64>, label: &str) -> Rows {
        let value = value.into();
        self.row(key, Cell::new(Field::Hex(value)).shown(format!("{value:>8X}")), label)
    }

    /// A count or a size.
    pub fn count(self, key: &'static str, value: impl Into<u64>, label: &str) -> Rows {
        let value = value.into();
        self.row(key, Cell::new(value).shown(format!("{value:>8X}")), label)
    }

    /// 64 bits.
    pub fn wide(self, key: &'static str, value: u64, label: &str) -> Rows {
        self.row(key, Cell::new(Field::Hex(value)).digits(16), label)
    }

    /// Two numbers with a dot between them.
    pub fn version(self, key: &'static str, (major, minor): (u16, u16), label: &str) -> Rows {
        let text = format!("{major:>5}.{minor:02}");
        self.row(key, Cell::new(format!("{major}.{minor}")).shown(text), label)
    }

    /// A line that is no value.
    pub fn line(self, text: &str) -> Rows {
        Rows(self.0.line(text))
    }

    /// The names of bits, a line each.
    pub fn names(self, key: &'static str, value: u16, names: &[(u16, &'static str)]) -> Rows {
        let names = names.iter().filter(|(bit, _)| value & bit != 0);
        Rows(self.0.column(key, 12, names.map(|&(_, name)| Cell::new(name))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_versions_line_up() {
        let rows = Rows::titled("x", "VALUES")
            .number("machine", 0x8664u32, "machine (X64)")
            .version("linker_version", (14, 12), "linker version")
            .wide("stack_reserve", 0x80000, "size of stack reserve")
            .names("flags", 3, &[(2, "Two"), (4, "Four")]);
        let lines: Vec<String> = rows.0.lines.iter().map(Line::plain).collect();
        assert_eq!(
            lines,
            [
                "VALUES",
                "    8664 machine (X64)",
                "   14.12 linker version",
                "0000000000080000 size of stack reserve",
                "            Two",
            ]
        );
        assert_eq!(rows.0.get("machine"), Some(&Field::Hex(0x8664)));
    }
}
