//! `dt -l`: the elements of a linked list; `dt -a`: those of an array.

use super::layout::{scalar_value, structure};
use super::wanted::Wanted;
use crate::command::line::Out;
use crate::command::{CommandError, Context};
use crate::debuggee::{FoundType, Lack, Target};
use crate::memory::Memory;
use crate::output::{Line, Role};
use crate::symbols::types::Type;
use crate::util::hex;
use crate::util::links::Broken;

/// The most elements that are shown.
const MAX_ELEMENTS: usize = 65_536;
/// What stands under an element's title.
const RULE: &str = "---------------------------------------------";

/// The elements from `start` on that the member `link` joins.
pub(super) fn walk(
    wanted: &Wanted,
    found: &FoundType,
    link: &str,
    start: u64,
    context: &mut Context<'_>,
) -> Result<(), CommandError> {
    let (session, out) = (&*context.session, &mut context.out);
    let scope = session.scope();
    let first = scope.object_of(found.clone(), start);
    let no_member = |_| CommandError::Argument(format!("{} has no member {link}", wanted.name));
    let inner = first.link(link).map_err(no_member)?.inner;
    for element in first.following(link).map_err(no_member)?.at_most(MAX_ELEMENTS) {
        let element = match element {
            Ok(element) => element,
            Err(Lack::List { why: Broken::Link { why, .. }, .. }) => return Err(why.into()),
            Err(Lack::List { why, .. }) => return out.emit(Line::new().role(Role::Warning, why.to_string())),
            Err(_) => return Err(CommandError::Cancelled),
        };
        let title = format!("{link} at 0x{}", hex::tick(element.address()));
        match list_head(element.address().wrapping_add(inner), inner, &session.target) {
            Some(name) => out.emit(Line::of(format!("{title} would be the list's head, {name}")))?,
            None => {
                heading(title, out)?;
                structure(wanted, found, Some(&element), &session.target, out)?;
            }
        }
        out.blank()?;
    }
    Ok(())
}

/// A link that lies in a module's own memory is a variable: the list's head, around which there is no element.
fn list_head(link: u64, inner: u64, target: &Target) -> Option<String> {
    (inner != 0).then_some(())?;
    target.modules().at(link)?;
    Some(target.name_address(link)?.text())
}

/// The elements of an array of structures: as many as asked for, or up to memory that cannot be read.
pub(super) fn array(
    wanted: &Wanted,
    found: &FoundType,
    start: u64,
    context: &mut Context<'_>,
) -> Result<(), CommandError> {
    let size = found
        .size()
        .filter(|&size| size > 0)
        .ok_or_else(|| CommandError::Argument(format!("the size of {} is not known", wanted.name)))?;
    let count = wanted.elements.filter(|&count| count > 0);
    let inner = Wanted { elements: None, ..wanted.clone() };
    if !matches!(found.get(), Some(Type::Udt(_))) {
        return scalars(&inner, found, start, size, count, context);
    }
    for index in 0..count.unwrap_or(MAX_ELEMENTS).min(MAX_ELEMENTS) {
        let address = start.wrapping_add((index as u64).wrapping_mul(size));
        heading(format!("[{index}] @ {} ", hex::tick(address)), &mut context.out)?;
        let scope = context.session.scope();
        let element = inner.object(found, address, &scope);
        structure(&inner, found, Some(&element), &context.session.target, &mut context.out)?;
        context.out.blank()?;
        let readable = match inner.options.fields.is_empty() {
            true => is_there(&inner, address, context),
            false => is_readable(&inner, found, address, context),
        };
        if count.is_none() && !readable {
            break;
        }
    }
    Ok(())
}

/// Values without members: a line each, `[00] 0x1`.
fn scalars(
    wanted: &Wanted,
    found: &FoundType,
    start: u64,
    size: u64,
    count: Option<usize>,
    context: &mut Context<'_>,
) -> Result<(), CommandError> {
    for index in 0..count.unwrap_or(MAX_ELEMENTS).min(MAX_ELEMENTS) {
        let address = start.wrapping_add((index as u64).wrapping_mul(size));
        let at = Wanted { address: Some(address), ..wanted.clone() };
        let line = Line::of(format!("    [{index:02}] "));
        context.out.emit(line.append(scalar_value(found, &at, context)))?;
        if count.is_none() && !is_there(wanted, address, context) {
            break;
        }
    }
    Ok(())
}

fn is_there(wanted: &Wanted, address: u64, context: &Context<'_>) -> bool {
    let target = &context.session.target;
    match target.physical().filter(|_| wanted.physical) {
        Some(memory) => memory.window(address).is_ok(),
        None => target.memory().window(address).is_ok(),
    }
}

fn is_readable(wanted: &Wanted, found: &FoundType, address: u64, context: &Context<'_>) -> bool {
    let scope = context.session.scope();
    let element = scope.object_of(found.clone(), address);
    wanted.fields.iter().all(|field| {
        let field = element.field(field.trim_end_matches('.'));
        field.map_or(true, |field| is_there(wanted, field.address(), context))
    })
}

fn heading(title: String, out: &mut Out<'_>) -> Result<(), CommandError> {
    out.emit(Line::new().role(Role::Heading, title))?;
    out.emit(Line::of(RULE))
}
