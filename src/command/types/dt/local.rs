//! A variable of the selected frame.

use super::layout::structure;
use super::show;
use super::wanted::Wanted;
use crate::command::show::typed::{value_of, value_span};
use crate::command::stack::dv::{UNAVAILABLE, type_name};
use crate::command::{CommandError, Context};
use crate::debuggee::Object;
use crate::output::{Line, Role};
use crate::session::Local;
use crate::symbols::types::Type;
use crate::symbols::types::format::ValueKind;

/// The variable that a wanted names, if the selected frame has one.
pub(super) fn named(wanted: &Wanted, context: &Context<'_>) -> Option<Local> {
    if wanted.types_only || wanted.name.contains('!') {
        return None;
    }
    // A frame without private symbols has no variables.
    context.session.locals().ok()?.into_iter().find(|local| local.name == wanted.name)
}

/// Shows it: what it is and where, its value, and the structure that it is or points to.
pub(super) fn variable(
    wanted: &Wanted,
    local: &Local,
    context: &mut Context<'_>,
) -> Result<(), CommandError> {
    let address = local.home.address();
    let place = address.map_or_else(|| local.home.bare(), |address| format!("0x{address:x}"));
    let written = type_name(local).replace(" *", "*");
    let ty = ["struct ", "class ", "union ", "enum "].iter().find_map(|word| written.strip_prefix(word));
    let line = Line::of("Local var @ ").role(Role::Register, place).text(" Type ");
    context.out.emit(line.text(ty.unwrap_or(&written)))?;

    if let (Some(Type::Udt(_)), Some(_)) = (local.ty.get(), address) {
        return show(&Wanted { address, ..wanted.clone() }, &local.ty, context);
    }
    let (session, out) = (&*context.session, &mut context.out);
    let scope = session.scope();
    let Ok(object) = local.object(&scope).and_then(Object::readable) else {
        return out.emit(Line::new().role(Role::Unreadable, UNAVAILABLE));
    };
    if let (Some(Type::Udt(_)), None) = (local.ty.get(), address) {
        return structure(wanted, &local.ty, Some(&object), &session.target, out);
    }
    let value = value_of(&object);
    let to = match value.kind {
        ValueKind::Pointer(to) if to != 0 => Some(to),
        _ => None,
    };
    if let (Some(Type::Pointer { target, .. }), Some(to)) = (local.ty.get(), to) {
        let pointed = local.ty.of(target);
        if let Some(Type::Udt(_)) = pointed.get() {
            out.emit(Line::new().text("0x").address(to))?;
            return structure(
                wanted,
                &pointed,
                Some(&scope.object_of(pointed.clone(), to)),
                &session.target,
                out,
            );
        }
    }
    out.emit(Line::new().span(value_span(&value, &local.ty, address)))
}
