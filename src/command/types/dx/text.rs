//! Values as `dx` writes them: unsigned numbers in hex, signed ones in decimal, no back-ticks.

use super::form::{Form, Radix};
use super::node::Node;
use crate::command::show::characters::characters;
use crate::command::show::typed::with_object;
use crate::debuggee::{FoundType, Lack, Place};
use crate::eval::Fault;
use crate::eval::cxx::{CType, Kind, Typed};
use crate::eval::model::{Model, Native, Object, Value};
use crate::symbols::types::format::value::value as format_value;
use crate::symbols::types::format::words::Style;
use crate::symbols::types::{Base, BaseKind, Type, Udt};

/// The text of a value, if it has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Text {
    /// A structure or array: its type says all there is.
    None,
    /// A value.
    Value(String),
    /// A value that cannot be read: where it is, and why.
    Unreadable(u64, Lack),
    /// What the dump does not tell, and why.
    Lacking(String),
}

/// A value of C++ as `ToDisplayString` writes it.
pub(super) fn written(model: &Model<'_>, native: &Native, specifier: &str) -> Option<String> {
    let mut form = Form::default();
    form.specify(specifier);
    match text(&Node::root(Value::Native(native.clone()), form.raw), form, model) {
        Text::Value(text) => Some(text),
        Text::None => None,
        Text::Unreadable(address, _) => Some(unreadable(address)),
        Text::Lacking(why) => Some(why),
    }
}

/// Any value as text.
pub(super) fn text(node: &Node, form: Form, model: &Model<'_>) -> Text {
    match &node.value {
        Value::Native(native) => native_text(node, native, form, model),
        Value::Object(object) => match model.title(object) {
            None => Text::None,
            Some(Ok(title)) => Text::Value(title),
            Some(Err(why)) => Text::Lacking(why.to_string()),
        },
        Value::Text(text) => Text::Value(text.to_string()),
        Value::Error(why) => Text::Lacking(why.to_string()),
        Value::List(_) | Value::Record(_) | Value::Lambda(_) | Value::Nothing => Text::None,
    }
}

/// What stands behind a thing that can be switched to, as in the documentation's outputs.
pub(super) fn switch(node: &Node) -> &'static str {
    match &node.value {
        Value::Object(Object::Process(_)) => " [Switch To]",
        Value::Object(Object::Thread(_)) => "  [Switch To]",
        Value::Object(Object::Frame(frame)) if frame.current => " [Switch To]",
        _ => "",
    }
}

/// A value of C++ as text.
fn native_text(node: &Node, native: &Native, form: Form, model: &Model<'_>) -> Text {
    let found = match &native.typed.ty {
        CType::Named(found) => found,
        CType::Array(element, count) => return array(node, native, element, *count, form, model),
        CType::Pointer(to, _) => {
            return match load(native, model) {
                Ok(at) => {
                    let pointed =
                        Native { typed: Typed::at((**to).clone(), Place::memory(at)), of: native.of };
                    Text::Value(format!("0x{at:x}{}", behind(node, &pointed, at, form, model)))
                }
                Err((address, why)) => Text::Unreadable(address, why),
            };
        }
        CType::Base(base) => {
            return match load(native, model) {
                Ok(raw) => match number(*base, raw, form.radix) {
                    Some(text) => Text::Value(text),
                    None => Text::None,
                },
                Err((address, why)) => Text::Unreadable(address, why),
            };
        }
    };
    match found.get() {
        Some(Type::Enum(e)) => match load(native, model) {
            Ok(raw) => {
                let base = match found.of(e.base).get() {
                    Some(Type::Base(base)) => base,
                    _ => Base::new(BaseKind::Int, e.size),
                };
                let number = number(base, base.number(raw, None), form.radix).unwrap_or_default();
                Text::Value(match e.name_of(raw) {
                    Some(name) if form.names => name.to_owned(),
                    Some(name) => format!("{name} ({number})"),
                    None => number,
                })
            }
            Err((address, why)) => Text::Unreadable(address, why),
        },
        Some(Type::Udt(udt)) if !node.raw => match native.typed.place() {
            Some(place) => match summary(found, &udt, place, native.of, model) {
                Some(text) if form.bare => Text::Value(text.trim_matches('"').to_owned()),
                Some(text) => Text::Value(text),
                None => Text::None,
            },
            None => Text::None,
        },
        _ => Text::None,
    }
}

/// A value as a number; where what cannot be read is, and why, instead.
pub(super) fn load(native: &Native, model: &Model<'_>) -> Result<u64, (u64, Lack)> {
    let value = &native.typed;
    value.load(&*model.eyes(native.of)).map_err(|fault| {
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
    let bits = Base { kind: BaseKind::UInt, ..base }.number(raw, None);
    let plain = |signed: bool| match (radix, signed) {
        (Radix::Hex, _) | (Radix::ByType, false) => format!("0x{bits:x}"),
        (Radix::Octal, _) => format!("0{bits:o}"),
        (Radix::Binary, _) => format!("0y{bits:b}"),
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

/// Whether bytes of a type are shown as text.
fn is_text(kind: BaseKind, form: Form) -> bool {
    matches!(kind, BaseKind::Char | BaseKind::Wchar) || form.text && kind == BaseKind::UChar
}

/// What stands after a pointer's own value: a string, a number, a function's name, a structure's summary.
fn behind(node: &Node, pointed: &Native, at: u64, form: Form, model: &Model<'_>) -> String {
    let to = &pointed.typed.ty;
    let eyes = model.eyes(pointed.of);
    match to {
        CType::Named(found) if matches!(found.get(), Some(Type::Function(_))) => {
            match eyes.scope().name_address(at).filter(|_| at != 0) {
                Some(named) => format!(" : {}+0x{:x}", named.name(), named.offset),
                None => format!(" : 0x{at:x}"),
            }
        }
        _ if at == 0 => String::new(),
        CType::Base(Base { kind: BaseKind::Void | BaseKind::None, .. }) => String::new(),
        CType::Base(base) if is_text(base.kind, form) => {
            match characters(&Place::memory(at), base.size, u64::MAX, &*eyes) {
                Err(_) => format!(" : {}", unreadable(at)),
                Ok(text) => format!(" :{text}"),
            }
        }
        CType::Array(..) => String::new(),
        _ => {
            let node = Node::new(String::new(), String::new(), pointed.clone(), node.raw);
            match (to, pointed_text(&node, pointed, form, model)) {
                (_, Text::Value(text)) => format!(" : {text}"),
                (CType::Named(_), _) | (_, Text::None) => String::new(),
                (_, Text::Unreadable(address, _)) => format!(" : {}", unreadable(address)),
                (_, Text::Lacking(why)) => format!(" : {why}"),
            }
        }
    }
}

/// The value behind a pointer; of a pointer to a pointer only the next address.
fn pointed_text(node: &Node, native: &Native, form: Form, model: &Model<'_>) -> Text {
    match &native.typed.ty {
        CType::Pointer(..) => match load(native, model) {
            Ok(at) => Text::Value(format!("0x{at:x}")),
            Err((address, why)) => Text::Unreadable(address, why),
        },
        _ => text(node, form, model),
    }
}

/// The words for memory that cannot be read.
pub(super) fn unreadable(address: u64) -> String {
    format!("Unable to read memory at Address 0x{address:x}")
}

fn array(node: &Node, native: &Native, element: &CType, count: u64, form: Form, model: &Model<'_>) -> Text {
    let (CType::Base(base), Some(place)) = (element, native.typed.place()) else {
        return Text::None;
    };
    if !is_text(base.kind, form) || node.raw {
        return Text::None;
    }
    match characters(place, base.size, count, &*model.eyes(native.of)) {
        Err(why) => Text::Unreadable(place.at, Lack::Unreadable { what: native.typed.ty.name(), why }),
        Ok(text) if form.bare => Text::Value(text.trim_start().trim_matches('"').to_owned()),
        Ok(text) => Text::Value(text.trim_start().to_owned()),
    }
}

/// Whether a structure of this name is shown by what it holds.
pub(super) fn has_summary(name: &str) -> bool {
    matches!(name, "_LARGE_INTEGER" | "_ULARGE_INTEGER" | "_GUID" | "_UNICODE_STRING")
}

fn summary(
    found: &FoundType,
    udt: &Udt,
    place: &Place,
    of: Option<u64>,
    model: &Model<'_>,
) -> Option<String> {
    if !has_summary(&udt.name) {
        return None;
    }
    let eyes = model.eyes(of);
    let object = eyes.scope().object_in(found.clone(), place.clone());
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
        // Those of the documentation of ToDisplayString.
        let ten = |radix| number(Base::new(BaseKind::Int, 4), 10, radix).expect("a number");
        let radixes = [Radix::Decimal, Radix::Hex, Radix::Octal, Radix::Binary];
        assert_eq!(radixes.map(ten), ["10", "0xa", "012", "0y1010"]);
    }
}
