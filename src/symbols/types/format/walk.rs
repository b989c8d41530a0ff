//! From a type to its lines.

use std::sync::Arc;

use super::number::signed;
use super::options::{FieldPath, FormatOptions, Index};
use super::value::{Value, ValueKind, value};
use super::view::View;
use super::words::{Style, header, word};
use super::{FieldLine, Place};
use crate::symbols::types::{TABLE_POINTER, Type, TypeId, Udt};

/// The most lines of one layout.
const MAX_LINES: usize = 200_000;
/// The deepest nesting of embedded structures that `-b` opens.
const MAX_BLOCKS: usize = 32;
/// More levels than this, by `-r`, by dots or by the steps of a path, lead round in circles.
const MAX_LEVELS: usize = 48;
/// The longest chain of base classes.
const MAX_BASES: usize = 16;
/// The most elements of an array that are shown one by one.
const MAX_ELEMENTS: u64 = 65_536;

/// The lines of a layout.
#[derive(Debug, Default)]
pub struct Lines {
    /// What stands above them: kind, name, counts of `-v`.
    pub header: Option<String>,
    /// The lines.
    pub lines: Vec<FieldLine>,
    /// The last address that could not be read.
    pub failed_at: Option<u64>,
    /// Whether there would have been more lines than are given out.
    pub truncated: bool,
}

impl Lines {
    /// All of it as plain text, line by line, with the note about memory that could not be read.
    pub fn text(&self, options: &FormatOptions) -> Vec<String> {
        let mut text: Vec<String> = self.header.iter().cloned().collect();
        let lines = self.lines.iter().map(|line| line.text(options));
        match options.compact {
            true => {
                let joined: Vec<String> = lines.map(|line| line.trim_start().to_owned()).collect();
                text.push(format!("   {}", joined.join(" ")));
            }
            false => text.extend(lines),
        }
        if let Some(address) = self.failed_at {
            text.push(format!("Memory read error {address:016x}"));
        }
        text
    }
}

/// The lines of the structure `id`, with values if it is laid over memory at `address`.
pub fn lines(view: &View<'_>, id: TypeId, address: Option<u64>, options: &FormatOptions) -> Lines {
    let mut lines = Vec::new();
    let mut take = |line| {
        lines.push(line);
        true
    };
    let end = lines_to(view, id, address, options, &mut take);
    Lines { header: header_of(view, id, options), lines, failed_at: end.failed_at, truncated: end.truncated }
}

/// What stands above the lines of `id`: with `-v` its kind, name and size.
pub fn header_of(view: &View<'_>, id: TypeId, options: &FormatOptions) -> Option<String> {
    match view.source.get(id) {
        Some(Type::Udt(udt)) if options.verbose => Some(header(&udt)),
        _ => None,
    }
}

/// How a walk over a layout ended.
#[derive(Debug, Clone, Copy, Default)]
pub struct End {
    /// The last address that could not be read.
    pub failed_at: Option<u64>,
    /// Whether there would have been more lines than are given out.
    pub truncated: bool,
}

/// Gives each line of the structure `id` to `take` as it is found, until that returns false.
pub fn lines_to(
    view: &View<'_>,
    id: TypeId,
    address: Option<u64>,
    options: &FormatOptions,
    take: &mut dyn FnMut(FieldLine) -> bool,
) -> End {
    let mut walk = Walk { view, options, take, given: 0, stopped: false, truncated: false };
    if let Some(Type::Udt(udt)) = view.source.get(id) {
        let chosen: Vec<&FieldPath> = options.fields.iter().collect();
        let open = match options.blocks {
            true => MAX_BLOCKS,
            false => options.recurse,
        };
        let at = At { address, level: 0, bases: 0 };
        walk.members(&udt, at, 0, &chosen, 0, open);
    }
    End { failed_at: view.failed_at(), truncated: walk.truncated }
}

/// Where a structure is, and how deep in the output.
#[derive(Clone, Copy)]
struct At {
    address: Option<u64>,
    level: usize,
    /// How many base classes deep the members are.
    bases: usize,
}

/// An element of an array member.
struct Element {
    name: String,
    ty: TypeId,
    place: Place,
    address: Option<u64>,
}

struct Walk<'a, 'v> {
    view: &'a View<'v>,
    options: &'a FormatOptions,
    take: &'a mut dyn FnMut(FieldLine) -> bool,
    given: usize,
    /// Whether the taker wants no more.
    stopped: bool,
    truncated: bool,
}

impl Walk<'_, '_> {
    /// Gives out a line; past the limit it is only noted that there is one.
    fn give(&mut self, line: FieldLine) {
        if self.given >= MAX_LINES {
            self.truncated = true;
        } else if !self.stopped {
            self.given += 1;
            self.stopped = !(self.take)(line);
        }
    }

    /// Whether nothing more is to be given out.
    fn is_over(&self) -> bool {
        self.stopped || self.truncated
    }

    /// The members of a structure: those of its base classes first, as its own. `chosen` are the paths whose step `step`
    /// is to match; without any, all members are shown.
    fn members(
        &mut self,
        udt: &Arc<Udt>,
        at: At,
        offset: u64,
        chosen: &[&FieldPath],
        step: usize,
        open: usize,
    ) {
        for base in udt.bases.iter().filter(|base| !base.is_virtual) {
            // A class cannot contain itself, but a damaged record can say so.
            if at.bases < MAX_BASES
                && let Some(Type::Udt(base_udt)) = self.view.source.get(base.ty)
            {
                let within = At { bases: at.bases + 1, ..at };
                self.members(&base_udt, within, offset.saturating_add(base.offset), chosen, step, open);
            }
        }
        for field in &udt.fields {
            let member_offset = offset.saturating_add(field.offset);
            let address = at.address.map(|base| base.wrapping_add(member_offset));
            let place = Place::Offset(member_offset);
            self.member(&field.name, field.ty, place, At { address, ..at }, chosen, step, open);
        }
        if at.bases == 0 {
            self.virtual_bases(udt, at, chosen, step, open);
        }
        for member in &udt.statics {
            let address = self.view.static_at(&format!("{}::{}", udt.name, member.name));
            let place = Place::Static(address.unwrap_or(0));
            let address = address.filter(|_| at.address.is_some());
            self.member(&member.name, member.ty, place, At { address, ..at }, chosen, step, 0);
        }
    }

    /// The members of virtual base classes, which a class lists whole: its own and those of its bases.
    fn virtual_bases(&mut self, udt: &Udt, at: At, chosen: &[&FieldPath], step: usize, open: usize) {
        for base in udt.bases.iter().filter(|base| base.is_virtual) {
            let Some(Type::Udt(base_udt)) = self.view.source.get(base.ty) else {
                continue;
            };
            if let Some(offset) = at.address.and_then(|address| self.view.virtual_base(address, base)) {
                self.members(&base_udt, At { bases: 1, ..at }, offset, chosen, step, open);
            } else if chosen.is_empty() {
                self.give(FieldLine {
                    level: at.level,
                    place: Place::Virtual,
                    name: base_udt.name.clone(),
                    width: self.options.width(),
                    value: Value::new(ValueKind::Word, "virtual base class"),
                    ty: base.ty,
                    address: None,
                });
            }
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn member(
        &mut self,
        name: &str,
        ty: TypeId,
        place: Place,
        at: At,
        chosen: &[&FieldPath],
        step: usize,
        open: usize,
    ) {
        let matching: Vec<&FieldPath> =
            chosen.iter().copied().filter(|path| path.matches(step, name)).collect();
        let (whole, indexed): (Vec<&FieldPath>, Vec<&FieldPath>) =
            matching.into_iter().partition(|path| path.indexes(step).is_empty());
        if chosen.is_empty() || !whole.is_empty() {
            self.shown(name, ty, place, at, &whole, step, open);
        }
        for path in indexed {
            for element in self.picked(name, ty, place, at.address, path.indexes(step)) {
                let at = At { address: element.address, ..at };
                self.shown(&element.name, element.ty, element.place, at, &[path], step, open);
            }
        }
    }

    /// A member, or an element of one, that is to be shown. `matching` are the paths that chose it.
    #[allow(clippy::too_many_arguments)]
    fn shown(
        &mut self,
        name: &str,
        ty: TypeId,
        place: Place,
        at: At,
        matching: &[&FieldPath],
        step: usize,
        open: usize,
    ) {
        if self.is_over() {
            return;
        }
        // A path that goes on, or ends in dots, replaces the value by what is below.
        let further: Vec<&FieldPath> = matching.iter().copied().filter(|path| !path.ends_at(step)).collect();
        let dots = matching.iter().filter(|path| path.ends_at(step)).map(|path| path.open).max().unwrap_or(0);
        let opened = !further.is_empty() || dots > 0;
        let mut line = FieldLine {
            level: at.level,
            place,
            name: name.to_owned(),
            width: match name {
                TABLE_POINTER => 0,
                _ => self.options.width(),
            },
            value: Value::new(ValueKind::Word, String::new()),
            ty,
            address: at.address,
        };
        if !opened {
            line.value = self.value(ty, at.address, at.level);
        }
        if self.elements(ty, at, &mut line, open) {
            return;
        }
        let value = line.value.clone();
        self.give(line);
        let open = if opened { dots } else { open };
        if (!opened && open == 0) || at.level >= MAX_LEVELS {
            return;
        }
        if at.address.is_none() && self.enumeration(ty, at.level + 1) {
            return;
        }
        let Some((inner, address)) = self.inside(ty, at.address, &value, opened) else {
            return;
        };
        let below = At { address, level: at.level + 1, bases: 0 };
        match further.is_empty() {
            true => self.members(&inner, below, 0, &[], 0, open.saturating_sub(1)),
            false => self.members(&inner, below, 0, &further, step + 1, open),
        }
    }

    /// The values of an enumeration, which a layout without memory opens like a structure; whether it is one.
    fn enumeration(&mut self, ty: TypeId, level: usize) -> bool {
        let Some(Type::Enum(e)) = self.view.source.get(ty) else {
            return false;
        };
        for (name, value) in &e.values {
            if self.is_over() {
                break;
            }
            self.give(FieldLine {
                level,
                place: Place::Constant,
                name: name.clone(),
                width: 0,
                value: Value::new(ValueKind::Word, signed(*value)),
                ty,
                address: None,
            });
        }
        true
    }

    /// The elements of a member that `indexes` pick, one index for each dimension.
    fn picked(
        &self,
        name: &str,
        ty: TypeId,
        place: Place,
        address: Option<u64>,
        indexes: &[Index],
    ) -> Vec<Element> {
        let mut found = vec![Element { name: name.to_owned(), ty, place, address }];
        for index in indexes {
            let mut within = Vec::new();
            for array in found {
                let source = self.view.source;
                let Some(Type::Array { element, count, .. }) = source.get(array.ty) else {
                    continue;
                };
                let Some(size) = source.size_of(element).filter(|&size| size > 0) else {
                    continue;
                };
                let range = match *index {
                    Index::All => 0..count.min(MAX_ELEMENTS.saturating_sub(within.len() as u64)),
                    Index::One(one) => one..count.min(one.saturating_add(1)),
                };
                within.extend(range.map(|index| {
                    let offset = index.wrapping_mul(size);
                    Element {
                        name: format!("{}[{index}]", array.name),
                        ty: element,
                        place: match array.place {
                            Place::Offset(at) => Place::Offset(at.saturating_add(offset)),
                            place => place,
                        },
                        address: array.address.map(|at| at.wrapping_add(offset)),
                    }
                }));
            }
            found = within;
        }
        found
    }

    fn value(&self, ty: TypeId, address: Option<u64>, level: usize) -> Value {
        let style = Style { detail: self.options.detail(), level };
        match address {
            Some(address) => value(self.view, ty, address, style),
            None => Value::new(ValueKind::Word, word(self.view.source, ty, style)),
        }
    }

    /// With `-a`, an array as a line and one line for each element; whether that was done.
    fn elements(&mut self, ty: TypeId, at: At, line: &mut FieldLine, open: usize) -> bool {
        let (Some(limit), Some(address)) = (self.options.arrays, at.address) else {
            return false;
        };
        let Some(Type::Array { element, count, .. }) = self.view.source.get(ty) else {
            return false;
        };
        let Some(size) = self.view.source.size_of(element).filter(|&size| size > 0) else {
            return false;
        };
        line.value.text = String::new();
        self.give(line.clone());
        let limit = if limit == 0 { MAX_ELEMENTS } else { limit as u64 };
        for index in 0..count.min(limit).min(MAX_ELEMENTS) {
            let address = address.wrapping_add(index.wrapping_mul(size));
            if self.is_over() {
                break;
            }
            let value = self.value(element, Some(address), at.level);
            self.give(FieldLine {
                place: Place::Index(index),
                value: value.clone(),
                ty: element,
                address: Some(address),
                ..line.clone()
            });
            if open > 0
                && at.level < MAX_LEVELS
                && let Some((inner, address)) = self.inside(element, Some(address), &value, false)
            {
                let below = At { address, level: at.level + 1, bases: 0 };
                self.members(&inner, below, 0, &[], 0, open - 1);
            }
        }
        true
    }

    /// The structure to open for a member, and where it is.
    fn inside(
        &self,
        ty: TypeId,
        address: Option<u64>,
        value: &Value,
        chosen: bool,
    ) -> Option<(Arc<Udt>, Option<u64>)> {
        let source = self.view.source;
        let complete = |id| match source.get(id)? {
            Type::Udt(udt) if udt.complete => Some(udt),
            _ => None,
        };
        match source.get(ty)? {
            Type::Udt(_) => Some((complete(ty)?, address)),
            Type::Pointer { target, size, .. } if !self.options.blocks => {
                let udt = complete(target)?;
                let to = match (address, value.kind) {
                    (None, _) => None,
                    (Some(_), ValueKind::Pointer(to)) if to != 0 => Some(to),
                    (Some(at), _) if chosen => {
                        Some(self.view.uint(at, usize::from(size)).filter(|&to| to != 0)?)
                    }
                    _ => return None,
                };
                Some((udt, to))
            }
            Type::Array { element, .. } => Some((complete(element)?, address)),
            _ => None,
        }
    }
}
