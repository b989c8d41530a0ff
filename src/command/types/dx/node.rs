//! What one line of `dx` shows.

use super::spelling::type_text;
use crate::eval::cxx::{CType, Kind, Typed};
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
    pub(super) value: Typed,
    /// Its type's name.
    pub(super) ty: String,
    /// Whether members are shown in place of a summary.
    pub(super) raw: bool,
    /// Whether nothing is below it: the line that offers a summary's members.
    pub(super) closed: bool,
}

impl Node {
    /// The expression itself.
    pub(super) fn root(value: Typed, raw: bool) -> Node {
        Node::new(String::new(), String::new(), value, raw)
    }

    /// A value with its place and name.
    pub(super) fn new(place: String, name: String, value: Typed, raw: bool) -> Node {
        let ty = type_text(&value.ty);
        Node { place, name, value, ty, raw, closed: false }
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
        !matches!((&self.value.kind, &self.value.ty), (Kind::Value(_), CType::Base(_)))
    }

    /// Whether its type has something below it.
    pub(super) fn opens(&self) -> bool {
        match &self.value.ty {
            CType::Pointer(to, _) => !matches!(**to, CType::Base(Base { kind: BaseKind::Void, .. })),
            CType::Array(..) => true,
            CType::Named(found) => matches!(found.get(), Some(Type::Udt(_))),
            CType::Base(_) => false,
        }
    }

    /// What shows it alone, with a level below.
    pub(super) fn follow(&self) -> Option<Action> {
        let address = self.value.address()?;
        let CType::Named(found) = (match &self.value.ty {
            CType::Array(element, _) => &**element,
            ty => ty,
        }) else {
            return None;
        };
        let (Some(Type::Udt(udt)), CType::Named(_)) = (found.get(), &self.value.ty) else {
            return None;
        };
        let form = if self.closed { ObjectForm::TreeRaw } else { ObjectForm::Tree };
        Some(Action::Object { ty: format!("{}!{}", found.module, udt.name).into(), address, form })
    }
}
