//! The expression's line, and below it what it holds, level by level.

use super::children::children;
use super::node::Node;
use super::shown::Shown;
use super::text::{Text, text, unreadable};
use crate::command::{CommandError, Context};
use crate::debuggee::Place;
use crate::eval::cxx::CType;
use crate::output::{Action, Field, Line, Record, Role, Span};

/// The most lines of one answer.
const MAX_LINES: usize = 20_000;

/// Shows a value and what is below it.
pub(super) fn show(root: &Node, shown: &Shown, context: &mut Context<'_>) -> Result<(), CommandError> {
    let mut left = MAX_LINES;
    let label = root.root_label(&shown.expression);
    line(root, label, 0, shown, context)?;
    below(root, 1, shown, &mut left, context)?;
    if left == 0 {
        let text = format!("... {MAX_LINES} lines are shown; open fewer levels");
        context.out.emit(Line::new().role(Role::Warning, text))?;
    }
    Ok(())
}

fn below(
    node: &Node,
    level: usize,
    shown: &Shown,
    left: &mut usize,
    context: &mut Context<'_>,
) -> Result<(), CommandError> {
    if level > shown.depth {
        return Ok(());
    }
    let first = if level == 1 { shown.first } else { 0 };
    let inside = children(node, first, context);
    for child in &inside.nodes {
        if *left == 0 {
            return Ok(());
        }
        *left -= 1;
        line(child, child.label(), level, shown, context)?;
        below(child, level + 1, shown, left, context)?;
    }
    if let Some(next) = inside.more {
        let more = Line::of(" ".repeat(4 * level));
        let rest = shown.more(&format!("-r{} -c {next}", shown.depth));
        context.out.emit(match level {
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
    shown: &Shown,
    context: &mut Context<'_>,
) -> Result<(), CommandError> {
    let value = match node.closed {
        true => Text::None,
        false => text(node, shown.radix, context),
    };
    let mut line = Line::of(" ".repeat(4 * level)).label(&label);
    let separator = if label.is_empty() { "" } else { " : " };
    let told = match &value {
        Text::None => None,
        Text::Value(text) => Some(text.clone()),
        Text::Unreadable(address, _) => Some(unreadable(*address)),
    };
    if let Some(told) = &told {
        line = line.text(separator).span(span(node, told, &value, context));
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
    let name = if level == 0 { shown.expression.as_str() } else { node.name.as_str() };
    let record = Record::new("value")
        .field("name", name)
        .field("level", level as u64)
        .field("type", node.ty.as_str())
        .field(
            "value",
            match &value {
                Text::Unreadable(_, why) => Field::from(why.clone()),
                _ => told.into(),
            },
        )
        .field("address", node.value.address().map(Field::Hex));
    context.out.emit(record.line(line))
}

/// The value; what it points to can be followed.
fn span(node: &Node, shown: &str, value: &Text, context: &Context<'_>) -> Span {
    let role = match (value, &node.value.ty) {
        (Text::Unreadable(..), _) => Role::Unreadable,
        (_, CType::Pointer(..)) => Role::Address,
        _ => Role::Value,
    };
    let span = Span::new(role, shown);
    let (CType::Pointer(to, _), Text::Value(_)) = (&node.value.ty, value) else {
        return span;
    };
    let at = super::text::load(&node.value, context).unwrap_or(0);
    if at == 0 {
        return span;
    }
    let target = crate::eval::cxx::Typed::at((**to).clone(), Place::memory(at));
    let object = Node::new(String::new(), String::new(), target, false).follow();
    span.with_action(object.unwrap_or(Action::Pointers(at)))
}
