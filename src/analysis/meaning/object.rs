//! An object of the object manager: its body, its header, or something in either.

use super::place::offset;
use super::{Certainty, Meanings, Question};
use crate::analysis::facts::{Fact, Value};
use crate::debuggee::Lack;
use crate::kernel::pool::{BlockState, PoolBlock, PoolTag};
use crate::kernel::{AddressUse, FileObject, ObjectHeader, ObjectType, ObjectTypes, RegistryKey};
use crate::output::Action;

/// How far behind the beginning of a block a header may stand, and how headers are aligned.
const FARTHEST: u64 = 0x100;
const ALIGNMENT: u64 = 0x10;
/// More references and handles than any object has: since Windows 8 a handle counts thousands of references in advance.
const MOST_COUNTED: i64 = 1 << 40;

pub(super) fn add(
    question: &Question<'_>,
    used: Option<&AddressUse<'_>>,
    found: &mut Meanings,
) -> Result<(), Lack> {
    let block = match used {
        Some(AddressUse::Pool(place)) => place.block().filter(|block| block.state == BlockState::Allocated),
        // What lies in modules, page tables, stacks or user space is no object.
        Some(_) => return Ok(()),
        None => None,
    };
    if question.value >> 63 == 0 {
        return Ok(());
    }
    let Some(types) = found.told(ObjectTypes::of(question.scope))? else { return Ok(()) };
    let headers = match block {
        Some(block) => of_block(question, block),
        None => of_value(question),
    };
    let mut likely = None;
    for header in headers {
        question.scope.check()?;
        let Ok(ty) = types.of_object(&header) else { continue };
        let Some(name) = ty.name().ok().filter(|name| !name.is_empty() && is_counted(&header)) else {
            continue;
        };
        match block.map(|block| fits(&header, block, &ty)) {
            Some((true, _)) => {
                found.add(Certainty::Certain, described(question, &header, &name));
                return Ok(());
            }
            Some((false, false)) => {}
            Some((false, true)) => {
                likely.get_or_insert_with(|| (Certainty::Likely, described(question, &header, &name)));
            }
            // Where no pool tells what is there, any byte may name a type.
            None => {
                likely.get_or_insert_with(|| (Certainty::Possible, described(question, &header, &name)));
            }
        }
    }
    likely.into_iter().for_each(|(certainty, fact)| found.add(certainty, fact));
    Ok(())
}

/// Where headers can stand in a block: behind what stands before them.
fn of_block<'q>(question: &Question<'q>, block: &PoolBlock) -> Vec<ObjectHeader<'q>> {
    let first = block.data();
    let places = (first..block.end().min(first.saturating_add(FARTHEST))).step_by(ALIGNMENT as usize);
    places.filter_map(|at| ObjectHeader::at(question.scope, at).ok()).collect()
}

/// The header of a body at the address, and one at the address itself.
fn of_value<'q>(question: &Question<'q>) -> Vec<ObjectHeader<'q>> {
    if !question.value.is_multiple_of(ALIGNMENT) {
        return Vec::new();
    }
    let body = ObjectHeader::of_body(question.scope, question.value);
    body.into_iter().chain(ObjectHeader::at(question.scope, question.value)).collect()
}

/// Whether the counts can be those of an object that there is.
fn is_counted(header: &ObjectHeader<'_>) -> bool {
    let references = header.pointer_count().is_ok_and(|count| (1..MOST_COUNTED).contains(&count));
    references && header.handle_count().is_ok_and(|count| (0..MOST_COUNTED).contains(&count))
}

/// Whether the structures before the header fill the block up to it, and whether the block has the tag of the type.
fn fits(header: &ObjectHeader<'_>, block: &PoolBlock, ty: &ObjectType<'_>) -> (bool, bool) {
    let is_filled = header.bytes_before().ok() == header.address().checked_sub(block.data());
    let key =
        ty.pool_tag().ok().and_then(|key| u32::try_from(key).ok()).map(|key| PoolTag(key).unprotected());
    (is_filled, key.is_some() && key == block.tag.map(|tag| tag.unprotected()))
}

fn described(question: &Question<'_>, header: &ObjectHeader<'_>, ty: &str) -> Fact {
    let body = header.body().unwrap_or(header.address());
    let is_body = question.value >= body;
    let name = named(header, ty);
    let fact = Fact::new("object")
        .with("object", Value::Address(body))
        .with("type", ty)
        .maybe("name", name.as_deref())
        .with("shown_name", shown(name.as_deref()))
        .link(Action::of_object(ty, body));
    match is_body {
        true => offset(fact, question.value, body).worded("what.object"),
        false => fact.with("header", Value::Address(header.address())).worded("what.object_header"),
    }
}

/// A name behind what has it, where it has one.
pub(super) fn shown(name: Option<&str>) -> String {
    name.filter(|name| !name.is_empty()).map_or_else(String::new, |name| format!(" {name}"))
}

/// What an object is called: its own name, or what it stands for.
pub(super) fn named(header: &ObjectHeader<'_>, ty: &str) -> Option<String> {
    let own = header.name().ok();
    let scope = header.object().scope();
    let body = header.body().ok()?;
    let name = own.or_else(|| match ty {
        "File" => FileObject::at(scope, body).and_then(|file| file.file_name()).ok(),
        "Key" => RegistryKey::at(scope, body).and_then(|key| key.path()).ok(),
        "Process" => crate::kernel::Process::at(scope, body).and_then(|process| process.name()).ok(),
        _ => None,
    });
    name.filter(|name| !name.is_empty())
}
