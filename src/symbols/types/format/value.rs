//! Values of every type as `dt` prints them.

use super::super::{Base, BaseKind, Type, TypeId, Udt};
use super::number::{address, bits, enumerated, float, hex_or_zero, pointer, quoted, signed, unsigned};
use super::view::View;
use super::words::{Detail, Style, word};
use crate::util::bits::{bits_of, extend};
use crate::util::bounded;

/// What stands for a value that cannot be read.
const UNREADABLE: &str = "??";
/// What stands for the rest of a string from its first character that cannot be printed on.
const UNPRINTABLE: &str = "???";
/// The longest string that is read through a pointer, in characters.
const MAX_POINTED: usize = 256;
/// The longest chain of pointers and arrays that is followed in one value.
const MAX_DEPTH: usize = 8;

/// What kind of thing a value is, for whoever colours or links it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueKind {
    /// No value: the word of the type.
    Word,
    /// A number or character.
    Number,
    /// A pointer; its value is kept beside the text.
    Pointer(u64),
    /// A pointer to code.
    Code(u64),
    /// Some text from memory.
    Text,
    /// Memory that cannot be read.
    Unreadable,
}

/// A value's text and kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// The text after the colon.
    pub text: String,
    /// What it is.
    pub kind: ValueKind,
    /// What the text ends with beside a type's name or a number, for who words these otherwise.
    pub beside: Option<Beside>,
}

/// What is said of a value beside a type's name or a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Beside {
    /// A text, in its quotes.
    Quotation(String),
    /// A structure in short: `[ 0x.. - 0x.. ]`.
    Summary(String),
}

impl Beside {
    /// What is said.
    pub fn text(&self) -> &str {
        match self {
            Beside::Quotation(text) | Beside::Summary(text) => text,
        }
    }
}

impl Value {
    /// A value with nothing beside it.
    pub fn new(kind: ValueKind, text: impl Into<String>) -> Value {
        Value { text: text.into(), kind, beside: None }
    }

    /// The text beside it, in its quotes.
    pub fn quotation(&self) -> Option<&str> {
        match &self.beside {
            Some(Beside::Quotation(text)) => Some(text),
            _ => None,
        }
    }

    fn unreadable() -> Value {
        Value::new(ValueKind::Unreadable, UNREADABLE)
    }
}

/// The value of type `id` at `address`.
pub fn value(view: &View<'_>, id: TypeId, address: u64, style: Style) -> Value {
    value_within(view, id, address, style, 0)
}

fn value_within(view: &View<'_>, id: TypeId, address: u64, style: Style, depth: usize) -> Value {
    let Some(ty) = view.source.get(id).filter(|_| depth < MAX_DEPTH) else {
        return Value::new(ValueKind::Word, "<unknown>");
    };
    match ty {
        Type::Base(base) => base_value(view, base, address),
        // A pointer to a member is larger; the first of its words is the pointer.
        Type::Pointer { target, size, .. } => match view.uint(address, usize::from(size.min(8))) {
            Some(at) => pointer_value(view, target, (at, size), style, depth),
            None => Value::unreadable(),
        },
        Type::Array { element, count, .. } => array_value(view, element, count, address, style, depth),
        Type::Bitfield { base, position, length } => {
            let size = view.source.size_of(base).unwrap_or(0);
            match view.uint(address, size as usize) {
                Some(raw) => Value::new(ValueKind::Number, bits(bits_of(raw, position, length), length)),
                None => Value::unreadable(),
            }
        }
        Type::Udt(udt) => {
            let name = word(view.source, id, style);
            match summary(view, &udt, address) {
                Some(beside) => {
                    let gap = if style.detail == Detail::Verbose { "\n " } else { " " };
                    let text = format!("{name}{gap}{}", beside.text());
                    Value { text, kind: ValueKind::Text, beside: Some(beside) }
                }
                None => Value::new(ValueKind::Word, name),
            }
        }
        Type::Enum(e) => match view.uint(address, usize::from(e.size)) {
            Some(raw) => {
                let number = extend(raw, u32::from(e.size) * 8);
                Value::new(ValueKind::Number, enumerated(number, e.name_of(raw)))
            }
            None => Value::unreadable(),
        },
        Type::Function(_) => Value::new(ValueKind::Word, word(view.source, id, style)),
    }
}

fn base_value(view: &View<'_>, base: Base, address: u64) -> Value {
    if base.size == 0 || base.size > 8 {
        return Value::new(ValueKind::Word, base.word());
    }
    let Some(raw) = view.uint(address, usize::from(base.size)) else {
        return Value::unreadable();
    };
    Value::new(ValueKind::Number, scalar(base, raw))
}

/// An integer, character, truth value or floating-point number out of its bytes.
pub fn scalar(base: Base, raw: u64) -> String {
    match base.kind {
        BaseKind::UChar | BaseKind::Wchar => format!("{} {}", hex_or_zero(raw), quoted(raw)),
        BaseKind::Char => format!("{} {}", extend(raw, 8), quoted(raw)),
        BaseKind::Bool if raw <= 1 => (raw == 1).to_string(),
        BaseKind::Int | BaseKind::Long => signed(extend(raw, u32::from(base.size) * 8)),
        BaseKind::Float if base.size == 4 => {
            float(f64::from(f32::from_bits(raw as u32)), &f32::from_bits(raw as u32))
        }
        BaseKind::Float if base.size == 8 => float(f64::from_bits(raw), &f64::from_bits(raw)),
        BaseKind::Hresult => hex_or_zero(raw),
        _ => unsigned(raw),
    }
}

fn pointer_value(
    view: &View<'_>,
    target: TypeId,
    (at, size): (u64, u8),
    style: Style,
    depth: usize,
) -> Value {
    if at == 0 {
        return Value::new(ValueKind::Pointer(0), "(null) ");
    }
    let number = address(at, size);
    if style.detail == Detail::Block {
        return Value::new(ValueKind::Pointer(at), format!("{number} "));
    }
    let mut beside = None;
    let (kind, rest) = match view.source.get(target) {
        Some(Type::Base(base)) => match base.kind {
            BaseKind::Void | BaseKind::None => (ValueKind::Pointer(at), base.word().to_owned()),
            BaseKind::Char | BaseKind::UChar | BaseKind::Wchar => {
                let text = string_at(view, base.size, MAX_POINTED, at);
                let rest = format!(" {text}");
                beside = Some(Beside::Quotation(text));
                (ValueKind::Pointer(at), rest)
            }
            _ => (ValueKind::Pointer(at), format!(" -> {}", base_value(view, base, at).text)),
        },
        Some(Type::Function(_)) => {
            let name = view.symbol(at).unwrap_or_default();
            (ValueKind::Code(at), format!("{} {name}", word(view.source, target, style)))
        }
        Some(pointed) => {
            let is_named = matches!(pointed, Type::Udt(_));
            let pointed = value_within(view, target, at, style, depth + 1);
            beside = pointed.beside;
            let rest = if is_named { pointed.text } else { format!(" -> {}", pointed.text) };
            (ValueKind::Pointer(at), rest)
        }
        None => (ValueKind::Pointer(at), String::new()),
    };
    let to = if style.detail == Detail::Verbose { "to " } else { "" };
    let to = if rest.starts_with(' ') { "" } else { to };
    Value { text: format!("{number} {to}{rest}"), kind, beside }
}

fn array_value(
    view: &View<'_>,
    element: TypeId,
    count: u64,
    address: u64,
    style: Style,
    depth: usize,
) -> Value {
    let ty = view.source.get(element);
    if let Some(Type::Base(base)) = &ty
        && matches!(base.kind, BaseKind::Char | BaseKind::UChar | BaseKind::Wchar)
    {
        let length = usize::try_from(count).unwrap_or(usize::MAX).min(MAX_POINTED * 2);
        let text = string_at(view, base.size, length, address);
        let shown = format!("[{count}]  {text}");
        return Value { text: shown, kind: ValueKind::Text, beside: Some(Beside::Quotation(text)) };
    }
    let first = value_within(view, element, address, style, depth + 1);
    Value { text: format!("[{count}] {}", first.text), ..first }
}

/// A string of at most `length` characters of `size` bytes, in quotes; where memory cannot be read, the note that says
/// so. Reads no further than its end, because what follows may not be in the dump.
fn string_at(view: &View<'_>, size: u8, length: usize, address: u64) -> String {
    let size = usize::from(size.max(1));
    let mut text = String::new();
    for index in 0..length {
        let at = address.wrapping_add((index * size) as u64);
        let Some(code) = view.uint(at, size) else {
            if index == 0 {
                return read_error(address);
            }
            break;
        };
        let printable = match size {
            1 => (0x20..0x7f).contains(&code).then(|| char::from(code as u8)),
            _ => char::from_u32(code as u32).filter(|&c| is_text(c)),
        };
        match (code, printable) {
            (0, _) => break,
            (_, Some(c)) => text.push(c),
            (_, None) => {
                text.push_str(UNPRINTABLE);
                break;
            }
        }
    }
    format!("\"{text}\"")
}

fn read_error(address: u64) -> String {
    format!("\"--- memory read error at address {} ---\"", pointer(address))
}

/// What `dt` shows of a few structures beside their name.
fn summary(view: &View<'_>, udt: &Udt, at: u64) -> Option<Beside> {
    match udt.name.as_str() {
        // The pointers of a 32-bit structure have four bytes.
        "_LIST_ENTRY" | "LIST_ENTRY" if matches!(udt.size, 8 | 16) => {
            let (mut bytes, size) = ([0u8; 16], udt.size as usize);
            view.fill(at, bytes.get_mut(..size)?).then_some(())?;
            let link = |from| Some(address(bounded::uint_at(&bytes, from, size / 2)?, size as u8 / 2));
            Some(Beside::Summary(format!("[ {} - {} ]", link(0)?, link(size / 2)?)))
        }
        "_LARGE_INTEGER" | "_ULARGE_INTEGER" | "_FILETIME" => {
            let number = view.uint(at, 8)?;
            Some(Beside::Summary(match number {
                0 => "0x0".to_owned(),
                _ => hex_or_zero(number),
            }))
        }
        "_UNICODE_STRING" if matches!(udt.size, 8 | 16) => {
            Some(Beside::Quotation(counted_string(view, at, udt.size as usize, true)))
        }
        "_STRING" | "_ANSI_STRING" | "_OEM_STRING" if matches!(udt.size, 8 | 16) => {
            Some(Beside::Quotation(counted_string(view, at, udt.size as usize, false)))
        }
        "_GUID" | "GUID" if udt.size == 16 => {
            let mut bytes = [0u8; 16];
            view.fill(at, &mut bytes).then_some(())?;
            Some(Beside::Summary(crate::util::guid::Guid(bytes).to_string().to_ascii_lowercase()))
        }
        _ => None,
    }
}

/// The text of a `UNICODE_STRING` or `STRING` of `size` bytes: length in bytes, then in its second half the pointer.
fn counted_string(view: &View<'_>, address: u64, size: usize, wide: bool) -> String {
    let mut bytes = [0u8; 16];
    if !bytes.get_mut(..size).is_some_and(|bytes| view.fill(address, bytes)) {
        return read_error(address);
    }
    let length = bounded::u16_at(&bytes, 0).unwrap_or(0);
    let buffer = bounded::uint_at(&bytes, size / 2, size / 2).unwrap_or(0);
    if length == 0 || buffer == 0 {
        return "\"\"".to_owned();
    }
    let mut raw = vec![0u8; usize::from(length)];
    if !view.fill(buffer, &mut raw) {
        return read_error(buffer);
    }
    let text = match wide {
        true => bounded::utf16_lossy(&raw),
        false => raw.iter().map(|&byte| char::from(byte)).collect(),
    };
    let text = printable(&text);
    format!("\"{text}\"")
}

/// Text up to its end, or up to what is no text: a structure laid over anything else has lengths of thousands there.
fn printable(text: &str) -> String {
    match text.find(|c: char| !is_text(c)) {
        None => text.to_owned(),
        Some(end) => {
            let (shown, rest) = text.split_at_checked(end).unwrap_or((text, ""));
            let mark = if rest.starts_with('\0') { "" } else { UNPRINTABLE };
            format!("{shown}{mark}")
        }
    }
}

/// Whether a character can stand in text: no control, and nothing that only bytes of something else make.
fn is_text(c: char) -> bool {
    !(c.is_control() || c == char::REPLACEMENT_CHARACTER || u32::from(c) & 0xfffe == 0xfffe)
}

#[cfg(test)]
mod tests;
