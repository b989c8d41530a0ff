//! Does a built-in layout fit this dump? Layouts of another build are used only as far as the dump itself agrees.
//!
//! What the debugger data block states wins over the layout (`layout_correction`), and what the layout then finds in the crashing thread
//! and its process is tested: object types, text, ids, and that list links lead back. A type for which one of these
//! fails is refused, with those that lie inside it.

use super::layout_correction::{Comparison, Corrected, PROCESS, Statement, THREAD};
use crate::debuggee::Target;
use crate::memory::Memory;
use crate::symbols::types::layout::field;
use crate::symbols::types::{Type, TypeId, TypeSource, Udt};
use crate::symbols::wildcard::Wildcard;
use std::sync::Arc;

/// What came of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The dump agrees with the layout.
    Agrees,
    /// The dump states a larger size: servicing appended members. What lies below is as in the layout if every other
    /// check agrees; the stated size holds.
    Larger(u64),
    /// The dump states another offset, and the layout was corrected.
    Moved,
    /// It contradicts it.
    Differs,
}

/// One comparison of a layout with the dump.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayoutCheck {
    /// The types that it speaks for.
    pub types: &'static [&'static str],
    /// What was compared, with both values.
    pub text: String,
    /// What came of it.
    pub outcome: Outcome,
}

/// So many other checks of a type have to agree before a larger size is taken as growth at its end.
const ENOUGH: usize = 3;

/// `Header.Type` of a process and of a thread.
const PROCESS_OBJECT: u64 = 3;
const THREAD_OBJECT: u64 = 6;
/// Windows hands out process and thread ids below this.
const MAX_ID: u64 = 1 << 26;

/// Compares a layout with what the dump says.
pub(super) fn check<S: TypeSource>(target: &Target, types: &Corrected<S>) -> Vec<LayoutCheck> {
    let mut checks = Checks { target, types, found: Vec::new() };
    checks.stated(types.statements());
    if let Some(process) = target.current_process() {
        checks.process(process);
    }
    if let Some(thread) = target.current_thread() {
        checks.thread(thread);
    }
    checks.found
}

struct Checks<'a> {
    target: &'a Target,
    types: &'a dyn TypeSource,
    found: Vec<LayoutCheck>,
}

impl Checks<'_> {
    fn add(&mut self, types: &'static [&'static str], agrees: bool, text: String) {
        let outcome = if agrees { Outcome::Agrees } else { Outcome::Differs };
        self.found.push(LayoutCheck { types, text, outcome });
    }

    /// Sizes and offsets in the debugger data block.
    fn stated(&mut self, statements: &[Statement]) {
        for statement in statements {
            let Statement { field, ty, layout, here, types, .. } = *statement;
            let member = statement.member.map(|member| format!(" {ty}.{member}")).unwrap_or_default();
            let text = format!("{field} {here:#x}, layout{member} {layout:#x}");
            let outcome = match statement.comparison {
                Comparison::Same => Outcome::Agrees,
                Comparison::Larger => Outcome::Larger(here),
                Comparison::Moved => Outcome::Moved,
                Comparison::Differs => Outcome::Differs,
            };
            self.found.push(LayoutCheck { types, text, outcome });
        }
    }

    /// An unsigned member of an object; `None` where the layout or the dump lacks it.
    fn member(&self, name: &str, path: &str, object: u64) -> Option<u64> {
        let found = field(self.types, name, path)?;
        let mut bytes = [0u8; 8];
        let part = bytes.get_mut(..usize::try_from(found.size).ok()?)?;
        self.target.memory().read(object.wrapping_add(found.offset), part).ok()?;
        Some(found.extract(u64::from_le_bytes(bytes)))
    }

    fn object_type(&mut self, name: &str, object: u64, wanted: u64, types: &'static [&'static str]) {
        if let Some(found) = self.member(name, "Header.Type", object) {
            // The top bit has been a flag in some builds.
            let text = format!("dispatcher type of {object:#x} is {found}, expected {wanted}");
            self.add(types, found & 0x7f == wanted, text);
        }
    }

    fn id(&mut self, name: &str, path: &str, object: u64, types: &'static [&'static str]) {
        if let Some(id) = self.member(name, path, object) {
            let text =
                format!("{name}.{path} of {object:#x} is {id:#x}, ids are multiples of 4 below {MAX_ID:#x}");
            self.add(types, id % 4 == 0 && id < MAX_ID, text);
        }
    }

    fn process(&mut self, process: u64) {
        self.object_type("_KPROCESS", process, PROCESS_OBJECT, PROCESS);
        self.id("_EPROCESS", "UniqueProcessId", process, PROCESS);
        if let Some(found) = field(self.types, "_EPROCESS", "ImageFileName") {
            let mut name = [0u8; 15];
            if self.target.memory().read(process.wrapping_add(found.offset), &mut name).is_ok() {
                let end = name.iter().position(|&byte| byte == 0).unwrap_or(name.len());
                let text = name.get(..end).unwrap_or_default();
                let is_text = !text.is_empty() && text.iter().all(|&byte| byte >= 0x20 && byte != 0x7f);
                let shown = String::from_utf8_lossy(text).escape_debug().to_string();
                self.add(
                    PROCESS,
                    is_text,
                    format!("_EPROCESS.ImageFileName of {process:#x} reads \"{shown}\""),
                );
            }
        }
        self.links("_EPROCESS", "ActiveProcessLinks", process, PROCESS);
    }

    fn thread(&mut self, thread: u64) {
        self.object_type("_KTHREAD", thread, THREAD_OBJECT, THREAD);
        self.id("_ETHREAD", "Cid.UniqueThread", thread, THREAD);
        self.id("_ETHREAD", "Cid.UniqueProcess", thread, THREAD);
        self.links("_ETHREAD", "ThreadListEntry", thread, THREAD);
    }

    /// The next entry of a list leads back to this one. Neighbours that are not in the dump prove nothing.
    fn links(&mut self, name: &str, path: &str, object: u64, types: &'static [&'static str]) {
        let Some(found) = field(self.types, name, path) else {
            return;
        };
        let entry = object.wrapping_add(found.offset);
        let Ok(next) = self.target.memory().u64(entry) else {
            return;
        };
        if let Ok(back) = self.target.memory().u64(next.wrapping_add(8)) {
            let text = format!(
                "{name}.{path} of {object:#x}: the next entry leads back to {back:#x}, expected {entry:#x}"
            );
            self.add(types, back == entry, text);
        }
    }
}

/// The checks that speak against types.
pub(super) fn failed(checks: &[LayoutCheck]) -> impl Iterator<Item = &LayoutCheck> {
    checks.iter().filter(|check| match check.outcome {
        Outcome::Agrees | Outcome::Moved => false,
        Outcome::Differs => true,
        Outcome::Larger(_) => {
            let others = checks.iter().filter(|other| other.types == check.types);
            others.filter(|other| other.outcome == Outcome::Agrees).count() < ENOUGH
        }
    })
}

/// A layout without the types that the dump contradicts.
pub(super) struct Checked<S> {
    inner: S,
    refused: Vec<&'static str>,
    /// Sizes that hold in place of the layout's.
    sizes: Vec<(&'static str, u64)>,
}

impl<S: TypeSource> Checked<S> {
    /// Takes out what a check speaks against.
    pub(super) fn new(inner: S, checks: &[LayoutCheck]) -> Checked<S> {
        let mut refused: Vec<&'static str> = failed(checks).flat_map(|check| check.types).copied().collect();
        refused.sort_unstable();
        refused.dedup();
        let sizes = checks.iter().filter_map(|check| match check.outcome {
            Outcome::Larger(size) => Some((*check.types.first()?, size)),
            _ => None,
        });
        Checked { inner, refused, sizes: sizes.collect() }
    }

    fn is_refused(&self, name: &str) -> bool {
        self.refused.iter().any(|refused| refused.eq_ignore_ascii_case(name))
    }
}

impl<S: TypeSource> TypeSource for Checked<S> {
    fn find(&self, name: &str) -> Option<TypeId> {
        if self.is_refused(name) {
            return None;
        }
        self.inner.find(name)
    }

    fn get(&self, id: TypeId) -> Option<Type> {
        let ty = self.inner.get(id)?;
        let Type::Udt(udt) = &ty else { return Some(ty) };
        if !self.is_refused(&udt.name) {
            let stated = self.sizes.iter().find(|(name, _)| *name == udt.name);
            return Some(match stated {
                Some(&(_, size)) => Type::Udt(Arc::new(Udt { size, ..(**udt).clone() })),
                None => ty,
            });
        }
        // Pointers may still lead to it: then only its name is known.
        Some(Type::Udt(Arc::new(Udt { complete: false, size: 0, fields: Vec::new(), ..(**udt).clone() })))
    }

    fn type_names(&self, pattern: &Wildcard) -> Vec<String> {
        let mut names = self.inner.type_names(pattern);
        names.retain(|name| !self.is_refused(name));
        names
    }

    fn type_origin(&self) -> String {
        self.inner.type_origin()
    }

    fn exactness(&self) -> crate::symbols::types::Exactness {
        self.inner.exactness()
    }

    fn remarks(&self, id: TypeId) -> Vec<String> {
        self.inner.remarks(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::symbols::layouts::{Version, choose};
    use crate::symbols::types::layout::size_of;

    fn outcome(outcome: Outcome) -> LayoutCheck {
        LayoutCheck { types: PROCESS, text: "test".to_owned(), outcome }
    }

    #[test]
    fn a_larger_size_holds_where_all_else_agrees() {
        let layout = || choose(Version([6, 3, 9600, 18821]), None).expect("a layout");
        let larger = outcome(Outcome::Larger(0x6f0));
        let agrees = vec![outcome(Outcome::Agrees); ENOUGH];
        let grown = Checked::new(layout(), &[agrees.clone(), vec![larger.clone()]].concat());
        assert_eq!(size_of(&grown, "_EPROCESS"), Some(0x6f0));
        let unproven = Checked::new(layout(), &[larger.clone(), outcome(Outcome::Agrees)]);
        assert_eq!(unproven.find("_EPROCESS"), None);
        let contradicted =
            Checked::new(layout(), &[agrees, vec![larger, outcome(Outcome::Differs)]].concat());
        assert_eq!(contradicted.find("_EPROCESS"), None);
    }

    #[test]
    fn a_contradicted_type_is_not_found_and_others_are() {
        let layout = || choose(Version([10, 0, 19041, 1288]), None).expect("a layout");
        let all = Checked::new(layout(), &[]);
        assert!(field(&all, "_EPROCESS", "UniqueProcessId").is_some());
        let some = Checked::new(layout(), &[outcome(Outcome::Differs)]);
        assert_eq!(some.find("_EPROCESS"), None);
        assert_eq!(some.find("_eprocess"), None);
        assert!(field(&some, "_KTHREAD", "State").is_some());
        // Nor is it reached through what leads to it.
        let process = field(&some, "_KTHREAD", "Process").expect("a pointer");
        let Some(Type::Pointer { target, .. }) = some.get(process.ty) else { panic!("no pointer") };
        assert!(matches!(some.get(target), Some(Type::Udt(udt)) if !udt.complete && udt.fields.is_empty()));
        assert!(some.type_names(&Wildcard::new("_EPROCESS")).is_empty());
    }
}
