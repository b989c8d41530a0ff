//! The expression's line, and below it what it holds, level by level.

use super::children::{PAGE, children};
use super::node::Node;
use super::shown::Shown;
use super::text::{Text, load, switch, text, unreadable};
use crate::command::CommandError;
use crate::command::line::Out;
use crate::debuggee::Place;
use crate::eval::cxx::{CType, Typed};
use crate::eval::model::{Model, Native, Object, Value};
use crate::output::{Action, Field, Line, Record, Role, Span};

/// The most lines of one answer.
const MAX_LINES: usize = 20_000;

/// Where the lines go, and what is asked for them.
pub(super) struct Teller<'a, 'o, 'm> {
    /// What is to be shown.
    pub(super) shown: &'a Shown,
    /// The way out.
    pub(super) out: &'a mut Out<'o>,
    /// What is asked.
    pub(super) model: &'a Model<'m>,
}

/// Shows a value and what is below it.
pub(super) fn show(root: &Node, teller: &mut Teller<'_, '_, '_>) -> Result<(), CommandError> {
    let mut left = MAX_LINES;
    let label = root.root_label(&teller.shown.typed);
    line(root, label, 0, teller)?;
    below(root, 1, &mut left, teller)?;
    if left == 0 {
        let text = format!("... {MAX_LINES} lines are shown; open fewer levels");
        teller.out.emit(Line::new().role(Role::Warning, text))?;
    }
    Ok(())
}

fn below(
    node: &Node,
    level: usize,
    left: &mut usize,
    teller: &mut Teller<'_, '_, '_>,
) -> Result<(), CommandError> {
    let shown = teller.shown;
    if level > shown.depth {
        return Ok(());
    }
    let (first, count) = match level {
        1 => (shown.first, shown.form.count.unwrap_or(PAGE)),
        _ => (0, PAGE),
    };
    let inside = children(node, first, count.min(MAX_LINES), teller.model)?;
    for child in &inside.nodes {
        if *left == 0 {
            return Ok(());
        }
        *left -= 1;
        line(child, child.label(), level, teller)?;
        below(child, level + 1, left, teller)?;
    }
    if let Some(next) = inside.more {
        let more = Line::of(" ".repeat(4 * level));
        let rest = shown.more(&format!("-r{} -c {next}", shown.depth));
        teller.out.emit(match level {
            1 => more.link(Role::Value, "[...]", rest),
            _ => more.text("[...]"),
        })?;
    }
    Ok(())
}

fn line(
    node: &Node,
    label: String,
    level: usize,
    teller: &mut Teller<'_, '_, '_>,
) -> Result<(), CommandError> {
    let model = teller.model;
    let value = match node.closed {
        true => Text::None,
        false => text(node, teller.shown.form, model),
    };
    let mut line = Line::of(" ".repeat(4 * level));
    let separator = if label.is_empty() { "" } else { " : " };
    let told = match &value {
        Text::None => None,
        Text::Value(text) | Text::Lacking(text) => Some(text.clone()),
        Text::Unreadable(address, _) => Some(unreadable(*address)),
    };
    line = match node.follow().filter(|_| told.is_none() && node.native().is_none()) {
        Some(action) => line.span(Span::new(Role::Label, &label).with_action(action)),
        None => line.label(&label),
    };
    if let Some(told) = &told {
        line = line.text(separator).span(span(node, told, &value, model));
        line = line.text(if matches!(value, Text::Value(_)) { switch(node) } else { "" });
    }
    if node.is_typed() && !matches!(value, Text::Unreadable(..)) {
        let blank = if label.is_empty() && told.is_none() { "" } else { " " };
        let ty = Span::new(Role::Dim, format!("[Type: {}]", node.ty));
        let ty = match node.follow().filter(|_| told.is_none()) {
            Some(object) => ty.with_action(object),
            None => ty,
        };
        line = line.text(blank).span(ty);
    }
    let name = if level == 0 { teller.shown.typed.as_str() } else { node.name.as_str() };
    let record = Record::new("value")
        .field("name", name)
        .field("level", level as u64)
        .field("type", node.kind())
        .field(
            "value",
            match &value {
                Text::Unreadable(_, why) => Field::from(why.clone()),
                Text::Lacking(why) => Field::unreadable(why),
                _ => told.into(),
            },
        )
        .field("address", address(node).map(Field::Hex));
    teller.out.emit(record.line(line))
}

/// Where a value is.
fn address(node: &Node) -> Option<u64> {
    match &node.value {
        Value::Native(native) => native.typed.address(),
        Value::Object(Object::Process(at) | Object::Thread(at) | Object::Device(at)) => Some(*at),
        Value::Object(Object::Module(module)) => Some(module.base),
        _ => None,
    }
}

/// The value; what it points to can be followed.
fn span(node: &Node, shown: &str, value: &Text, model: &Model<'_>) -> Span {
    let ty = node.native().map(|native| &native.typed.ty);
    let role = match (value, ty) {
        (Text::Unreadable(..) | Text::Lacking(_), _) => Role::Unreadable,
        (_, Some(CType::Pointer(..))) => Role::Address,
        _ => Role::Value,
    };
    let span = Span::new(role, shown);
    let (Some(native), Some(CType::Pointer(to, _)), Text::Value(_)) = (node.native(), ty, value) else {
        return match node.follow().filter(|_| node.native().is_none()) {
            Some(action) => span.with_action(action),
            None => span,
        };
    };
    let at = load(native, model).unwrap_or(0);
    if at == 0 {
        return span;
    }
    let target = Native { typed: Typed::at((**to).clone(), Place::memory(at)), of: native.of };
    let object = Node::new(String::new(), String::new(), target, false).follow();
    span.with_action(object.unwrap_or(Action::Pointers(at)))
}
