//! Values as `dx` writes them: unsigned numbers in hex, signed ones in decimal, no back-ticks.

use super::node::Node;
use crate::command::Context;
use crate::command::show::characters::characters;
use crate::command::show::typed::with_object;
use crate::debuggee::{FoundType, Lack, Place};
use crate::eval::Fault;
use crate::eval::cxx::{CType, Kind, Typed};
use crate::symbols::types::format::value::value as format_value;
use crate::symbols::types::format::words::Style;
use crate::symbols::types::{Base, BaseKind, Type, Udt};

/// In which base numbers are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Radix {
    /// Signed numbers in decimal, others in hex.
    ByType,
    /// All in decimal.
    Decimal,
    /// All in hex.
    Hex,
}

/// The text of a value, if it has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Text {
    /// A structure or array: its type says all there is.
    None,
    /// A value.
    Value(String),
    /// A value that cannot be read: where it is, and why.
    Unreadable(u64, Lack),
}

/// A node's value as text.
pub(super) fn text(node: &Node, radix: Radix, context: &Context<'_>) -> Text {
    let found = match &node.value.ty {
        CType::Named(found) => found,
        CType::Array(element, count) => return array(node, element, *count, context),
        CType::Pointer(to, _) => {
            return match load(&node.value, context) {
                Ok(at) => Text::Value(format!("0x{at:x}{}", behind(node, to, at, radix, context))),
                Err((address, why)) => Text::Unreadable(address, why),
            };
        }
        CType::Base(base) => {
            return match load(&node.value, context) {
                Ok(raw) => match number(*base, raw, radix) {
                    Some(text) => Text::Value(text),
                    None => Text::None,
                },
                Err((address, why)) => Text::Unreadable(address, why),
            };
        }
    };
    match found.get() {
        Some(Type::Enum(e)) => match load(&node.value, context) {
            Ok(raw) => {
                let base = match found.of(e.base).get() {
                    Some(Type::Base(base)) => base,
                    _ => Base::new(BaseKind::Int, e.size),
                };
                let number = number(base, base.number(raw, None), radix).unwrap_or_default();
                Text::Value(e.name_of(raw).map_or(number.clone(), |name| format!("{name} ({number})")))
            }
            Err((address, why)) => Text::Unreadable(address, why),
        },
        Some(Type::Udt(udt)) if !node.raw => match node.value.place() {
            Some(place) => summary(found, &udt, place, context).map_or(Text::None, Text::Value),
            None => Text::None,
        },
        _ => Text::None,
    }
}

/// A value as a number; where what cannot be read is, and why, instead.
pub(super) fn load(value: &Typed, context: &Context<'_>) -> Result<u64, (u64, Lack)> {
    value.load(&*context.session).map_err(|fault| {
        let at = match &value.kind {
            Kind::At { place, .. } => place.at,
            Kind::Value(value) => *value,
        };
        match fault {
            Fault::Lack(lack) => (at, *lack),
            _ => (at, Lack::Shape { what: value.ty.name(), wanted: "number" }),
        }
    })
}

fn number(base: Base, raw: u64, radix: Radix) -> Option<String> {
    let hex = |value: u64| format!("0x{value:x}");
    let plain = |signed: bool| match (radix, signed) {
        (Radix::Hex, _) | (Radix::ByType, false) => {
            hex(Base { kind: BaseKind::UInt, ..base }.number(raw, None))
        }
        (_, true) => (raw as i64).to_string(),
        (Radix::Decimal, false) => raw.to_string(),
    };
    let character = || match u32::try_from(raw).ok().and_then(char::from_u32) {
        Some(c) if c == ' ' || c.is_ascii_graphic() => format!(" '{c}'"),
        _ => String::new(),
    };
    Some(match base.kind {
        BaseKind::Void | BaseKind::None => return None,
        BaseKind::Bool => (raw != 0).to_string(),
        BaseKind::Char | BaseKind::Wchar => format!("{}{}", plain(base.is_signed()), character()),
        BaseKind::Float if base.size == 4 => format!("{:.6}", f32::from_bits(raw as u32)),
        BaseKind::Float => format!("{:.6}", f64::from_bits(raw)),
        // More bits than are read.
        _ if base.size > 8 => return None,
        _ => plain(base.is_signed()),
    })
}

/// What stands after a pointer's own value: a string, a number, a function's name, a structure's summary.
fn behind(node: &Node, to: &CType, at: u64, radix: Radix, context: &Context<'_>) -> String {
    match to {
        CType::Named(found) if matches!(found.get(), Some(Type::Function(_))) => {
            match context.session.target.name_address(at).filter(|_| at != 0) {
                Some(named) => format!(" : {}+0x{:x}", named.name(), named.offset),
                None => format!(" : 0x{at:x}"),
            }
        }
        _ if at == 0 => String::new(),
        CType::Base(Base { kind: BaseKind::Void | BaseKind::None, .. }) => String::new(),
        CType::Base(base) if matches!(base.kind, BaseKind::Char | BaseKind::Wchar) => {
            match characters(&Place::memory(at), base.size, u64::MAX, context) {
                Err(_) => format!(" : {}", unreadable(at)),
                Ok(text) => format!(" :{text}"),
            }
        }
        CType::Array(..) => String::new(),
        _ => {
            let pointed =
                Node::new(String::new(), String::new(), Typed::at(to.clone(), Place::memory(at)), node.raw);
            match (to, pointed_text(&pointed, radix, context)) {
                (_, Text::Value(text)) => format!(" : {text}"),
                (CType::Named(_), _) | (_, Text::None) => String::new(),
                (_, Text::Unreadable(address, _)) => format!(" : {}", unreadable(address)),
            }
        }
    }
}

/// The value behind a pointer; of a pointer to a pointer only the next address.
fn pointed_text(node: &Node, radix: Radix, context: &Context<'_>) -> Text {
    match &node.value.ty {
        CType::Pointer(..) => match load(&node.value, context) {
            Ok(at) => Text::Value(format!("0x{at:x}")),
            Err((address, why)) => Text::Unreadable(address, why),
        },
        _ => text(node, radix, context),
    }
}

/// The words for memory that cannot be read.
pub(super) fn unreadable(address: u64) -> String {
    format!("Unable to read memory at Address 0x{address:x}")
}

fn array(node: &Node, element: &CType, count: u64, context: &Context<'_>) -> Text {
    let (CType::Base(base), Some(place)) = (element, node.value.place()) else {
        return Text::None;
    };
    if !matches!(base.kind, BaseKind::Char | BaseKind::Wchar) || node.raw {
        return Text::None;
    }
    match characters(place, base.size, count, context) {
        Err(why) => Text::Unreadable(place.at, Lack::Unreadable { what: node.value.ty.name(), why }),
        Ok(text) => Text::Value(text.trim_start().to_owned()),
    }
}

/// Whether a structure of this name is shown by what it holds.
pub(super) fn has_summary(name: &str) -> bool {
    matches!(name, "_LARGE_INTEGER" | "_ULARGE_INTEGER" | "_GUID" | "_UNICODE_STRING")
}

fn summary(found: &FoundType, udt: &Udt, place: &Place, context: &Context<'_>) -> Option<String> {
    if !has_summary(&udt.name) {
        return None;
    }
    let scope = context.session.scope();
    let object = scope.object_in(found.clone(), place.clone());
    match udt.name.as_str() {
        "_LARGE_INTEGER" => Some(format!("{{{}}}", object.i64().ok()?)),
        "_ULARGE_INTEGER" => Some(format!("{{0x{:x}}}", object.u64().ok()?)),
        name => {
            let text = with_object(&object, |view, address| {
                format_value(view, found.id, address, Style::PLAIN).text
            });
            let text = text.strip_prefix(name)?.trim_start().to_owned();
            Some(if name == "_GUID" { text.to_ascii_uppercase() } else { text })
                .filter(|text| !text.is_empty())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Forms seen in public transcripts of `dx`.
    #[test]
    fn numbers() {
        let by_type = |kind, size, raw: i64| number(Base::new(kind, size), raw as u64, Radix::ByType);
        assert_eq!(by_type(BaseKind::Bool, 1, 0).as_deref(), Some("false"));
        assert_eq!(by_type(BaseKind::Int, 2, -16).as_deref(), Some("-16"));
        assert_eq!(by_type(BaseKind::Char, 1, 32).as_deref(), Some("32 ' '"));
        assert_eq!(by_type(BaseKind::Char, 1, 1).as_deref(), Some("1"));
        assert_eq!(by_type(BaseKind::UChar, 1, 100).as_deref(), Some("0x64"));
        assert_eq!(by_type(BaseKind::ULong, 4, 0).as_deref(), Some("0x0"));
        assert_eq!(by_type(BaseKind::Float, 4, 0x4020_0000).as_deref(), Some("2.500000"));
        assert_eq!(number(Base::new(BaseKind::Int, 2), -16i64 as u64, Radix::Hex).as_deref(), Some("0xfff0"));
        assert_eq!(by_type(BaseKind::Void, 0, 0), None);
    }
}
