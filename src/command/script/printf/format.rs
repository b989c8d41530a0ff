//! Formats: text with `%` conversions, escapes resolved.

use crate::command::line::Reader;
use regex::Regex;
use std::borrow::Cow;
use std::sync::LazyLock;

/// Nothing is padded to more columns than these.
const MAX_WIDTH: usize = 4096;

/// A format whose escapes are resolved.
pub struct Template {
    /// Its text.
    pub text: String,
}

/// A piece of a format.
pub enum Part<'t> {
    /// Text as it is.
    Text(Cow<'t, str>),
    /// A value goes here.
    Value(Conversion, Width),
}

/// How a value is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conversion {
    /// An integer: the letter of the conversion, and how many bytes count.
    Integer {
        /// `d`, `u`, `x`, `X` or `o`.
        letter: char,
        /// 2, 4 or 8.
        size: u32,
    },
    /// The bits of a floating-point number: `f`, `e`, `g`, `E` or `G`.
    Float(char),
    /// An address in all its digits.
    Pointer {
        /// With capital digits.
        upper: bool,
    },
    /// A character.
    Character,
    /// The text that an address leads to.
    Text(TextKind),
    /// The symbol of an address.
    Symbol,
    /// The source line of an address.
    Source,
    /// A text that is no expression: the debugger has none.
    Unsupported,
    /// No conversion.
    Unknown,
}

/// What text an address leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextKind {
    /// UTF-16, not bytes.
    pub wide: bool,
    /// A structure with the length and the address of the text.
    pub counted: bool,
}

/// Flags, width and precision.
#[derive(Debug, Clone, Copy, Default)]
pub struct Width {
    /// Text stands at the left.
    pub left: bool,
    /// A plus before what is not negative.
    pub plus: bool,
    /// A blank in place of that plus.
    pub blank: bool,
    /// `0x` and the like.
    pub marked: bool,
    /// Zeros in place of blanks.
    pub zeros: bool,
    /// Columns at least.
    pub columns: usize,
    /// Digits, if stated.
    pub precision: Option<usize>,
    /// The columns are an argument.
    pub of_argument: bool,
}

impl Width {
    /// With the columns that an argument states; negative ones put the text at the left.
    pub fn given(mut self, columns: u64) -> Width {
        let columns = columns as i32;
        self.left |= columns < 0;
        self.columns = (columns.unsigned_abs() as usize).min(MAX_WIDTH);
        self
    }

    /// Pads with blanks.
    pub fn pad(&self, text: String) -> String {
        let missing = self.columns.saturating_sub(text.chars().count());
        match self.left {
            _ if missing == 0 => text,
            true => text + &" ".repeat(missing),
            false => " ".repeat(missing) + &text,
        }
    }
}

impl Template {
    /// Takes a format up to its closing quotation mark; `None` where that is missing.
    pub fn read(reader: &mut Reader<'_>) -> Option<Template> {
        let mut text = String::new();
        loop {
            text.push_str(reader.until(|c| matches!(c, '"' | '\\')));
            if reader.takes("\"") {
                return Some(Template { text });
            }
            reader.takes("\\").then_some(())?;
            let escape = reader.next()?;
            text.push(match escape {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                'x' => hexadecimal(reader).unwrap_or('x'),
                other => other,
            });
        }
    }

    /// Its pieces, one after the other; without the tags of markup where that is asked for.
    pub fn parts(&self, markup: bool) -> impl Iterator<Item = Part<'_>> {
        Parts { text: &self.text, markup }
    }
}

/// `41` of `\x41`.
fn hexadecimal(reader: &mut Reader<'_>) -> Option<char> {
    let digits: String = reader.rest().chars().take(2).take_while(char::is_ascii_hexdigit).collect();
    let code = u32::from_str_radix(&digits, 16).ok()?;
    reader.takes(&digits);
    char::from_u32(code)
}

struct Parts<'t> {
    text: &'t str,
    markup: bool,
}

impl<'t> Iterator for Parts<'t> {
    type Item = Part<'t>;

    fn next(&mut self) -> Option<Part<'t>> {
        if self.text.is_empty() {
            return None;
        }
        if let Some(rest) = self.text.strip_prefix("%%") {
            self.text = rest;
            return Some(Part::Text("%".into()));
        }
        if let Some(rest) = self.text.strip_prefix('%') {
            let (conversion, width, rest) = conversion(rest);
            self.text = rest;
            return Some(Part::Value(conversion, width));
        }
        let (text, rest) = self.text.split_at(self.text.find('%').unwrap_or(self.text.len()));
        self.text = rest;
        Some(Part::Text(if self.markup { without_tags(text) } else { text.into() }))
    }
}

/// The conversion at the start of `text`, behind the `%`, and what follows it.
fn conversion(text: &str) -> (Conversion, Width, &str) {
    let mut width = Width::default();
    let mut rest = text;
    while let Some(flag) = rest.chars().next().filter(|c| "-+ #0".contains(*c)) {
        match flag {
            '-' => width.left = true,
            '+' => width.plus = true,
            ' ' => width.blank = true,
            '#' => width.marked = true,
            _ => width.zeros = true,
        }
        rest = rest.get(1..).unwrap_or_default();
    }
    if let Some(after) = rest.strip_prefix('*') {
        (width.of_argument, rest) = (true, after);
    } else {
        (width.columns, rest) = digits(rest);
    }
    if let Some(after) = rest.strip_prefix('.') {
        let (precision, after) = digits(after);
        (width.precision, rest) = (Some(precision), after);
    }
    let (conversion, rest) = letters(rest);
    (conversion, width, rest)
}

fn digits(text: &str) -> (usize, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(end).unwrap_or(("", text));
    (digits.parse().unwrap_or(0).min(MAX_WIDTH), rest)
}

fn letters(text: &str) -> (Conversion, &str) {
    let kinds: [(&str, Conversion); 5] = [
        ("msa", Conversion::Text(TextKind { wide: false, counted: true })),
        ("msu", Conversion::Text(TextKind { wide: true, counted: true })),
        ("ma", Conversion::Text(TextKind { wide: false, counted: false })),
        ("mu", Conversion::Text(TextKind { wide: true, counted: false })),
        ("ly", Conversion::Source),
    ];
    for (spelling, kind) in kinds {
        if let Some(rest) = text.strip_prefix(spelling) {
            return (kind, rest);
        }
    }
    let sizes = [("I64", 8), ("I32", 4), ("ll", 8), ("l", 4), ("h", 2), ("I", 8), ("w", 4)];
    let sized = sizes.iter().find_map(|(prefix, size)| Some((text.strip_prefix(prefix)?, *size)));
    let (rest, size) = sized.unwrap_or((text, 4));
    let letter = rest.chars().next().unwrap_or_default();
    let conversion = match letter {
        'i' | 'd' => Conversion::Integer { letter: 'd', size },
        'u' | 'x' | 'X' | 'o' => Conversion::Integer { letter, size },
        'f' | 'e' | 'g' | 'E' | 'G' => Conversion::Float(letter),
        'p' => Conversion::Pointer { upper: false },
        'N' => Conversion::Pointer { upper: true },
        'c' | 'C' => Conversion::Character,
        'y' => Conversion::Symbol,
        's' | 'S' => Conversion::Unsupported,
        _ => Conversion::Unknown,
    };
    (conversion, rest.get(letter.len_utf8().min(rest.len())..).unwrap_or_default())
}

/// Text without the tags of the debugger's markup.
fn without_tags(text: &str) -> Cow<'_, str> {
    static TAG: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"</?[A-Za-z][^>]*>").ok());
    let plain = TAG.as_ref().map_or(text.into(), |tag| tag.replace_all(text, ""));
    match plain.contains('&') {
        true => {
            let plain = plain.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
            plain.replace("&amp;", "&").into()
        }
        false => plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conversions() {
        for (text, expected) in [
            ("d", Conversion::Integer { letter: 'd', size: 4 }),
            ("I64x", Conversion::Integer { letter: 'x', size: 8 }),
            ("hX", Conversion::Integer { letter: 'X', size: 2 }),
            ("-08.3lu", Conversion::Integer { letter: 'u', size: 4 }),
            ("msu", Conversion::Text(TextKind { wide: true, counted: true })),
            ("20ma", Conversion::Text(TextKind { wide: false, counted: false })),
            ("ws", Conversion::Unsupported),
            ("ly", Conversion::Source),
            ("mq", Conversion::Unknown),
            ("", Conversion::Unknown),
            ("\u{9a71}", Conversion::Unknown),
        ] {
            assert_eq!(conversion(text).0, expected, "{text}");
        }
    }

    #[test]
    fn markup_is_taken_off() {
        assert_eq!(without_tags("<b>a</b> &lt;x&gt; 1 < 2 &amp;lt;"), "a <x> 1 < 2 &lt;");
    }
}
