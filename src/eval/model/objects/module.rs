//! A module.

use super::Member;
use crate::debuggee::Module;
use crate::eval::model::value::Value;

pub(super) const MEMBERS: &[&str] = &["BaseAddress", "Name", "Size"];

pub(super) fn member(module: &Module, name: &str) -> Member {
    Some(Ok(match name {
        "BaseAddress" => Value::number(module.base),
        "Name" => Value::text(title(module)),
        "Size" => Value::number(module.size),
        _ => return None,
    }))
}

/// The file's name.
pub(super) fn title(module: &Module) -> String {
    if module.image_name.is_empty() { module.name.clone() } else { module.image_name.clone() }
}
