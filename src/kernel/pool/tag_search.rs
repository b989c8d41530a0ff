//! Which drivers have a tag in their code: who allocates with a tag states it as a constant.

use super::tag::PoolTag;
use crate::debuggee::{Lack, Module, ModuleKind, Scope};
use crate::memory::Memory;
use memchr::memmem::Finder;
use std::ops::{ControlFlow, Range};

/// Places that are kept of one module.
const MOST_PLACES: usize = 64;
/// Bytes that are searched between two looks at the stop token.
const STRETCH: u64 = 1 << 20;
const PAGE: u64 = 0x1000;

/// Where a tag's bytes stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TagPlace {
    /// The address.
    pub address: u64,
    /// Whether that is code.
    pub in_code: bool,
}

/// What was found in a module.
#[derive(Debug, Clone)]
pub struct TagInModule<'m> {
    /// The module.
    pub module: &'m Module,
    /// Where the tag's bytes stand in its code and its constants: the first of them.
    pub places: Vec<TagPlace>,
    /// How many there are.
    pub count: u64,
    /// How many of them are in code: there they are the tag, among constants they may be part of a longer text.
    pub in_code: u64,
    /// Bytes of it that could be searched.
    pub searched: u64,
    /// Bytes that are not in the dump.
    pub missing: u64,
    /// Why its sections are not known, so that nothing was searched.
    pub unknown: Option<String>,
}

/// Looks for a tag in what drivers do not write: code and constants of every kernel module, in the order of addresses.
///
/// # Errors
/// [`Lack::Stopped`].
pub fn search_tag<'s>(
    scope: &'s Scope<'s>,
    tag: PoolTag,
    each: &mut dyn FnMut(TagInModule<'s>) -> ControlFlow<()>,
) -> Result<(), Lack> {
    let bytes = tag.unprotected().bytes();
    let finder = Finder::new(&bytes);
    for module in scope.modules().iter().filter(|module| module.kind == ModuleKind::Kernel) {
        let found = in_module(scope, module, &finder)?;
        if each(found).is_break() {
            break;
        }
    }
    Ok(())
}

fn in_module<'m>(
    scope: &Scope<'_>,
    module: &'m Module,
    finder: &Finder<'_>,
) -> Result<TagInModule<'m>, Lack> {
    let mut found = TagInModule {
        module,
        places: Vec::new(),
        count: 0,
        in_code: 0,
        searched: 0,
        missing: 0,
        unknown: None,
    };
    let image = match scope.target().image(module) {
        Ok(image) => image,
        Err(why) => return Ok(TagInModule { unknown: Some(why.to_string()), ..found }),
    };
    for section in image.headers().sections.iter().filter(|section| !section.is_writable()) {
        let start = module.base.saturating_add(section.rva.into());
        let end = start.saturating_add(section.memory_size().into()).min(module.end());
        in_range(scope, start..end, section.is_executable(), finder, &mut found)?;
    }
    Ok(found)
}

fn in_range(
    scope: &Scope<'_>,
    range: Range<u64>,
    in_code: bool,
    finder: &Finder<'_>,
    found: &mut TagInModule<'_>,
) -> Result<(), Lack> {
    let Range { start, end } = range;
    let hit = |found: &mut TagInModule<'_>, address| {
        found.count += 1;
        found.in_code += u64::from(in_code);
        if found.places.len() < MOST_PLACES {
            found.places.push(TagPlace { address, in_code });
        }
    };
    let memory = scope.memory();
    let length = finder.needle().len();
    // The last bytes before `at`, in which a tag may begin.
    let mut tail: Vec<u8> = Vec::new();
    let mut at = start;
    let mut next_check = start;
    while at < end {
        if at >= next_check {
            scope.check()?;
            next_check = at.saturating_add(STRETCH);
        }
        let Ok(window) = memory.window(at) else {
            let next = (at | (PAGE - 1)).saturating_add(1).min(end);
            found.missing += next - at;
            tail.clear();
            at = next;
            continue;
        };
        let size = usize::try_from(end - at).unwrap_or(usize::MAX).min(window.len());
        let window = window.get(..size).unwrap_or(window);
        if window.is_empty() {
            break;
        }
        // Both together are too short for a tag of their own on either side.
        let before = tail.len();
        tail.extend(window.iter().take(length - 1));
        for place in finder.find_iter(&tail) {
            hit(found, at.wrapping_sub(before as u64).wrapping_add(place as u64));
        }
        tail.truncate(before);
        for place in finder.find_iter(window) {
            hit(found, at + place as u64);
        }
        found.searched += window.len() as u64;
        at += window.len() as u64;
        tail.extend(window.get(window.len().saturating_sub(length - 1)..).unwrap_or_default());
        tail.drain(..tail.len().saturating_sub(length - 1));
    }
    Ok(())
}
