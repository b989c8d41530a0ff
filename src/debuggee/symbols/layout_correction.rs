//! What the debugger data block states of structures wins over the layout of another build.
//!
//! A member that stands elsewhere than in the layout is moved there. What lies between two stated members moves with them
//! where both moved by the same distance; else nobody knows at which of its members the structure grew, and those in
//! between are left out: a missing member is asked for elsewhere, a wrong one would be believed.

use crate::symbols::types::layout::{field, size_of};
use crate::symbols::types::{Exactness, Field, Type, TypeId, TypeSource, Udt};
use crate::symbols::wildcard::Wildcard;
use std::collections::HashMap;
use std::sync::Arc;

pub(super) const PROCESS: &[&str] = &["_EPROCESS", "_KPROCESS"];
pub(super) const THREAD: &[&str] = &["_ETHREAD", "_KTHREAD"];
const PROCESSOR: &[&str] = &["_KPRCB", "_KPCR"];

/// Sizes that the debugger data block states. `SizePrcb` and `SizePcr` include padding that varies.
const SIZES: &[(&str, &str, &[&str])] =
    &[("SizeEProcess", "_EPROCESS", PROCESS), ("SizeEThread", "_ETHREAD", THREAD)];

/// Offsets that it states: its field, the type, the member, and the types that hang on it. `Pcb` and `Tcb` are the first
/// members of processes and threads, so offsets in the inner structures are the same.
const OFFSETS: &[(&str, &str, &str, &[&str])] = &[
    ("OffsetKThreadTeb", "_KTHREAD", "Teb", THREAD),
    ("OffsetKThreadKernelStack", "_KTHREAD", "KernelStack", THREAD),
    ("OffsetKThreadInitialStack", "_KTHREAD", "InitialStack", THREAD),
    ("OffsetKThreadApcProcess", "_KTHREAD", "ApcState.Process", THREAD),
    ("OffsetKThreadState", "_KTHREAD", "State", THREAD),
    ("OffsetKThreadStackLimit", "_KTHREAD", "StackLimit", THREAD),
    ("OffsetKThreadStackBase", "_KTHREAD", "StackBase", THREAD),
    ("OffsetEThreadIrpList", "_ETHREAD", "IrpList", THREAD),
    ("OffsetEprocessPeb", "_EPROCESS", "Peb", PROCESS),
    ("OffsetEprocessParentCID", "_EPROCESS", "InheritedFromUniqueProcessId", PROCESS),
    ("OffsetEprocessDirectoryTableBase", "_KPROCESS", "DirectoryTableBase", PROCESS),
    ("OffsetPrcbCurrentThread", "_KPRCB", "CurrentThread", PROCESSOR),
    ("OffsetPrcbIdleThread", "_KPRCB", "IdleThread", PROCESSOR),
    ("OffsetPrcbNumber", "_KPRCB", "Number", PROCESSOR),
    ("OffsetPrcbMhz", "_KPRCB", "MHz", PROCESSOR),
    ("OffsetPrcbVendorString", "_KPRCB", "VendorString", PROCESSOR),
];

/// Servicing has appended a few members to a structure (0x18 bytes in build 9600), never more than this.
const MAX_GROWTH: u64 = 0x80;
/// A member that moved further is not the one that the layout means.
const MAX_SHIFT: u64 = 0x200;

/// How a statement of the debugger data block compares with the layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    /// They are the same.
    Same,
    /// The structure is larger: servicing appended members.
    Larger,
    /// The member stands elsewhere, and the layout was corrected.
    Moved,
    /// They cannot both be right.
    Differs,
}

/// A size or an offset that the debugger data block states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Statement {
    /// The block's field.
    pub(super) field: &'static str,
    /// The type.
    pub(super) ty: &'static str,
    /// The member; `None` for a size.
    pub(super) member: Option<&'static str>,
    /// The types that it speaks for.
    pub(super) types: &'static [&'static str],
    /// What the layout says.
    pub(super) layout: u64,
    /// What the block says.
    pub(super) here: u64,
    /// How they compare.
    pub(super) comparison: Comparison,
}

/// A layout with the members that the debugger data block places, and without those whose place is then unknown.
pub(super) struct Corrected<S> {
    inner: S,
    statements: Vec<Statement>,
    types: HashMap<&'static str, Arc<Udt>>,
}

impl<S: TypeSource> Corrected<S> {
    /// Compares `layout` with what the debugger data block states, asked by the name of its field. `serviced` says that
    /// the layout is of the same build: then a larger structure has grown at its end. That of another build may have
    /// grown anywhere.
    pub(super) fn new(layout: S, serviced: bool, stated: &dyn Fn(&str) -> Option<u64>) -> Corrected<S> {
        let mut statements = Vec::new();
        for &(name, ty, types) in SIZES {
            if let (Some(here), Some(size)) = (stated(name), size_of(&layout, ty)) {
                let comparison = match here.checked_sub(size) {
                    Some(0) => Comparison::Same,
                    Some(1..=MAX_GROWTH) if serviced => Comparison::Larger,
                    _ => Comparison::Differs,
                };
                statements.push(Statement {
                    field: name,
                    ty,
                    member: None,
                    types,
                    layout: size,
                    here,
                    comparison,
                });
            }
        }
        for &(name, ty, member, types) in OFFSETS {
            if let (Some(here), Some(found)) = (stated(name), field(&layout, ty, member)) {
                let alignment = found.size.clamp(1, 8).next_power_of_two();
                let plausible = here.abs_diff(found.offset) <= MAX_SHIFT
                    && here % alignment == 0
                    && outer(&layout, ty, member).is_some();
                let comparison = match (here == found.offset, plausible) {
                    (true, _) => Comparison::Same,
                    (false, true) => Comparison::Moved,
                    (false, false) => Comparison::Differs,
                };
                let layout = found.offset;
                statements.push(Statement {
                    field: name,
                    ty,
                    member: Some(member),
                    types,
                    layout,
                    here,
                    comparison,
                });
            }
        }
        for types in [PROCESS, THREAD, PROCESSOR] {
            let count =
                |wanted| statements.iter().filter(|s| s.types == types && s.comparison == wanted).count();
            // A layout that is wrong more often than right is not this kernel's with a few changes.
            if count(Comparison::Moved) > count(Comparison::Same) {
                for statement in statements.iter_mut().filter(|s| s.types == types) {
                    if statement.comparison == Comparison::Moved {
                        statement.comparison = Comparison::Differs;
                    }
                }
            }
        }
        let mut corrected = HashMap::new();
        for &(_, ty, _, _) in OFFSETS {
            if !corrected.contains_key(ty)
                && let Some(udt) = correct(&layout, ty, &statements)
            {
                corrected.insert(ty, Arc::new(udt));
            }
        }
        Corrected { inner: layout, statements, types: corrected }
    }

    /// What the debugger data block states, and how it compares.
    pub(super) fn statements(&self) -> &[Statement] {
        &self.statements
    }
}

/// The member itself, or the one around it: what has to be moved.
fn outer(layout: &dyn TypeSource, ty: &str, member: &str) -> Option<Field> {
    let Type::Udt(udt) = layout.get(layout.find(ty)?)? else {
        return None;
    };
    let first = member.split('.').next()?;
    udt.fields.iter().find(|field| field.name == first).cloned()
}

/// A place of the layout, and by how far it moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Anchor {
    layout: u64,
    shift: i64,
}

/// A structure with its members where the statements place them; `None` where that changes nothing.
fn correct(layout: &dyn TypeSource, ty: &str, statements: &[Statement]) -> Option<Udt> {
    let mine = || statements.iter().filter(|statement| statement.ty == ty);
    mine().find(|statement| statement.comparison == Comparison::Moved)?;
    let Type::Udt(udt) = layout.get(layout.find(ty)?)? else {
        return None;
    };
    // The first member is where the object's type is checked.
    let mut anchors = vec![Anchor { layout: 0, shift: 0 }];
    let mut placed: HashMap<String, i64> = HashMap::new();
    for statement in mine() {
        let shift = (statement.here as i64).wrapping_sub(statement.layout as i64);
        match statement.member {
            Some(member) => {
                let field = outer(layout, ty, member)?;
                anchors.push(Anchor { layout: field.offset, shift });
                placed.insert(field.name, shift);
            }
            None => anchors.push(Anchor { layout: statement.layout, shift }),
        }
    }
    anchors.sort_unstable();
    anchors.dedup();
    let fields = udt.fields.iter().filter_map(|field| {
        let shift = match placed.get(&field.name) {
            Some(&shift) => shift,
            None => shift_of(field.offset, &anchors)?,
        };
        Some(Field { offset: field.offset.checked_add_signed(shift)?, ..field.clone() })
    });
    Some(Udt { fields: fields.collect(), ..(*udt).clone() })
}

/// By how far a member moved that lies between stated ones: known where both of these moved alike, and behind the last
/// where that did not move.
fn shift_of(offset: u64, anchors: &[Anchor]) -> Option<i64> {
    let next = anchors.partition_point(|anchor| anchor.layout <= offset);
    let before = anchors.get(next.checked_sub(1)?)?;
    match anchors.get(next) {
        Some(after) => (after.shift == before.shift).then_some(before.shift),
        None => (before.shift == 0).then_some(0),
    }
}

impl<S: TypeSource> TypeSource for Corrected<S> {
    fn find(&self, name: &str) -> Option<TypeId> {
        self.inner.find(name)
    }

    fn get(&self, id: TypeId) -> Option<Type> {
        let ty = self.inner.get(id)?;
        let Type::Udt(udt) = &ty else { return Some(ty) };
        Some(
            self.types
                .get(udt.name.as_str())
                .map_or(ty.clone(), |corrected| Type::Udt(Arc::clone(corrected))),
        )
    }

    fn type_names(&self, pattern: &Wildcard) -> Vec<String> {
        self.inner.type_names(pattern)
    }

    fn type_origin(&self) -> String {
        self.inner.type_origin()
    }

    fn exactness(&self) -> Exactness {
        self.inner.exactness()
    }

    fn remarks(&self, id: TypeId) -> Vec<String> {
        let Some(Type::Udt(udt)) = self.inner.get(id) else {
            return Vec::new();
        };
        let moved = self.statements.iter().filter(|statement| {
            statement.comparison == Comparison::Moved && statement.types.contains(&udt.name.as_str())
        });
        let mut remarks: Vec<String> = moved
            .filter_map(|statement| {
                let (ty, member) = (statement.ty, statement.member?);
                let (here, layout) = (statement.here, statement.layout);
                Some(format!(
                    "{ty}.{member} at 0x{here:x}, as the debugger data block states (layout: 0x{layout:x})"
                ))
            })
            .collect();
        let shown = self.types.get(udt.name.as_str()).map_or(udt.fields.len(), |shown| shown.fields.len());
        let left = udt.fields.len().saturating_sub(shown);
        if left > 0 {
            remarks.push(format!("{left} members whose place is then not sure are left out"));
        }
        remarks
    }
}

#[cfg(test)]
mod tests;
