//! What one line of `dx` shows.

use super::spelling::type_text;
use crate::eval::cxx::{CType, Kind};
use crate::eval::model::{Native, Object, Value};
use crate::output::{Action, ObjectForm};
use crate::symbols::types::{Base, BaseKind, Type};
use std::fmt::Write;

/// The columns that a name takes at least.
const WIDTH: usize = 16;

/// A value somewhere below the expression.
#[derive(Debug, Clone)]
pub(super) struct Node {
    /// What stands before the name: `[+0x010]`; empty for elements and the root.
    pub(super) place: String,
    /// Its name: a member's, `[3]`, nothing for what a pointer points to.
    pub(super) name: String,
    /// The value.
    pub(super) value: Value,
    /// Its type's name; empty for what is none of C++'s.
    pub(super) ty: String,
    /// Whether members are shown in place of a summary.
    pub(super) raw: bool,
    /// Whether nothing is below it: the line that offers a summary's members.
    pub(super) closed: bool,
    /// The expression that stands for it, where one is known.
    pub(super) path: Option<String>,
}

impl Node {
    /// The expression itself.
    pub(super) fn root(value: Value, raw: bool) -> Node {
        Node::of(String::new(), value, raw)
    }

    /// A value with its name.
    pub(super) fn of(name: String, value: Value, raw: bool) -> Node {
        match value {
            Value::Native(native) => Node::new(String::new(), name, native, raw),
            value => {
                Node { place: String::new(), name, value, ty: String::new(), raw, closed: false, path: None }
            }
        }
    }

    /// A value of C++ with its place and name.
    pub(super) fn new(place: String, name: String, value: Native, raw: bool) -> Node {
        let ty = type_text(&value.typed.ty);
        Node { place, name, value: Value::Native(value), ty, raw, closed: false, path: None }
    }

    /// The value of C++ that it is.
    pub(super) fn native(&self) -> Option<&Native> {
        match &self.value {
            Value::Native(native) => Some(native),
            _ => None,
        }
    }

    /// Place and padded name.
    pub(super) fn label(&self) -> String {
        let mut text = self.place.clone();
        if !text.is_empty() {
            text.push(' ');
        }
        if !self.name.is_empty() {
            let _ = write!(text, "{:WIDTH$}", self.name);
        }
        text
    }

    /// The expression's own label: one that can be opened is set off by a full column of blanks.
    pub(super) fn root_label(&self, expression: &str) -> String {
        match self.opens() {
            true => format!("{expression}{:WIDTH$}", ""),
            false => format!("{expression:WIDTH$}"),
        }
    }

    /// Whether its type is shown: a number that an expression computed has none.
    pub(super) fn is_typed(&self) -> bool {
        let typed = self.native().map(|native| (&native.typed.kind, &native.typed.ty));
        !matches!(typed, None | Some((Kind::Value(_), CType::Base(_))))
    }

    /// Whether its type has something below it.
    pub(super) fn opens(&self) -> bool {
        let Some(native) = self.native() else {
            return matches!(self.value, Value::Object(_) | Value::List(_) | Value::Record(_));
        };
        match &native.typed.ty {
            CType::Pointer(to, _) => !matches!(**to, CType::Base(Base { kind: BaseKind::Void, .. })),
            CType::Array(..) => true,
            CType::Named(found) => matches!(found.get(), Some(Type::Udt(_))),
            CType::Base(_) => false,
        }
    }

    /// What shows it alone, with a level below.
    pub(super) fn follow(&self) -> Option<Action> {
        let Some(native) = self.native() else {
            return self.follow_object();
        };
        let address = native.typed.address()?;
        let CType::Named(found) = &native.typed.ty else {
            return None;
        };
        let Some(Type::Udt(udt)) = found.get() else {
            return None;
        };
        let form = if self.closed { ObjectForm::TreeRaw } else { ObjectForm::Tree };
        Some(Action::Object { ty: format!("{}!{}", found.module, udt.name).into(), address, form })
    }

    fn follow_object(&self) -> Option<Action> {
        Some(match &self.value {
            Value::Object(Object::Process(address)) => Action::Process(*address),
            Value::Object(Object::Thread(address)) => Action::Thread(*address),
            Value::Object(Object::Frame(frame)) if frame.current => Action::Frame(frame.frame.number),
            Value::Object(Object::Module(module)) => Action::Module(module.name.as_str().into()),
            Value::Object(Object::Device(address)) => Action::DeviceNode(*address),
            Value::Object(Object::Handle(of)) => Action::Handle { handle: of.handle, process: of.process },
            Value::Object(_) | Value::List(_) | Value::Record(_) => {
                Action::More { options: "-r1".into(), expression: self.path.as_deref()?.into() }
            }
            _ => return None,
        })
    }

    /// What kind of thing it is, in a word that stays.
    pub(super) fn kind(&self) -> &str {
        match &self.value {
            Value::Native(_) => &self.ty,
            Value::Text(_) => "string",
            Value::Object(object) => object.kind().rsplit(' ').next().unwrap_or_default(),
            Value::List(_) => "list",
            Value::Record(_) => "object",
            Value::Lambda(_) => "function",
            Value::Error(_) => "error",
            Value::Nothing => "nothing",
        }
    }
}
