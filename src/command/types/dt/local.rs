//! A variable of the selected frame.

use super::layout::structure;
use super::show;
use super::wanted::Wanted;
use crate::command::show::typed::{value_span, with_bytes};
use crate::command::stack::dv::{UNAVAILABLE, type_name};
use crate::command::{CommandError, Context};
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
    let Some(bytes) = &local.bytes else {
        return context.out.emit(Line::new().role(Role::Unreadable, UNAVAILABLE));
    };
    let value = with_bytes(&context.session.target, &local.ty, bytes);
    let to = match value.kind {
        ValueKind::Pointer(to) if to != 0 => Some(to),
        _ => None,
    };
    if let (Some(Type::Pointer { target, .. }), Some(to)) = (local.ty.get(), to) {
        let pointed = local.ty.of(target);
        if let Some(Type::Udt(_)) = pointed.get() {
            context.out.emit(Line::new().text("0x").address(to))?;
            return structure(wanted, &pointed, Some(to), &*context.session, &mut context.out);
        }
    }
    context.out.emit(Line::new().span(value_span(&value, &local.ty, address)))
}
