//! KTIMER2: the timers of Windows 8.1 and later that keep no DPC, in trees for the whole computer.

use crate::debuggee::{Lack, Object, Scope};
use crate::symbols::types::Type;
use std::collections::HashSet;

/// A KTIMER2.
#[derive(Clone)]
pub struct Timer2<'s>(Object<'s>);

impl Timer2<'_> {
    /// Its address.
    pub fn address(&self) -> u64 {
        self.0.address()
    }

    /// When it is due in one of its two collections, in interrupt time.
    pub fn due_time(&self, node: u64) -> Result<u64, Lack> {
        self.0.field("DueTime")?.index(node)?.u64()
    }

    /// The collection that it says it is in with one of its two nodes.
    pub fn collection(&self, node: u64) -> Result<u64, Lack> {
        self.0.field("CollectionIndex")?.index(node)?.u64()
    }

    /// After how long it is due again, in 100 ns; 0 for a timer that goes off once.
    pub fn period(&self) -> Result<u64, Lack> {
        self.0.field("Period")?.u64()
    }

    /// The function that is called, as it is stored: see [`super::TimerKey`].
    pub fn stored_callback(&self) -> Result<u64, Lack> {
        self.0.field("Callback")?.u64()
    }

    /// What the function is called with, as it is stored.
    pub fn stored_context(&self) -> Result<u64, Lack> {
        self.0.field("CallbackContext")?.u64()
    }
}

/// KTIMER2_COLLECTION: a tree of timers by due time.
#[derive(Clone)]
pub struct Timer2Collection<'s> {
    number: u64,
    name: Option<String>,
    node: u64,
    tree: Object<'s>,
}

/// More collections or timers no computer has.
const MOST_COLLECTIONS: u64 = 16;
const MOST_TIMERS: usize = 1 << 20;

/// The enumerators of an enumeration that are not negative.
fn enumerators(scope: &Scope<'_>, ty: &str) -> Result<Vec<(String, u64)>, Lack> {
    let found = scope.find_type(ty)?;
    let Some(Type::Enum(declared)) = found.source.get(found.id) else {
        return Err(Lack::Shape { what: ty.to_owned(), wanted: "enumeration" });
    };
    let known = declared.values.iter();
    Ok(known.filter_map(|(name, value)| Some((name.clone(), u64::try_from(*value).ok()?))).collect())
}

const PREFIX: &str = "KTimer2Collection";

/// Whether an enumerator only tells where collections begin.
fn is_bound(name: &str) -> bool {
    matches!(name.strip_prefix(PREFIX), Some("Min" | "Max" | "Node1"))
}

fn name_of((name, _): &(String, u64)) -> String {
    name.strip_prefix(PREFIX).unwrap_or(name).to_owned()
}

impl<'s> Timer2Collection<'s> {
    /// Every collection.
    ///
    /// # Errors
    /// Where the variable or the types are not known: only type information has them, not the built-in layouts.
    pub fn all(scope: &'s Scope<'s>) -> Result<Vec<Timer2Collection<'s>>, Lack> {
        let array = scope.global_of("nt!KiTimer2Collections", "nt!_KTIMER2_COLLECTION")?;
        let names = enumerators(scope, "nt!_KTIMER2_COLLECTION_INDEX")?;
        let value = |name: &str| names.iter().find(|(known, _)| known == name).map(|(_, value)| *value);
        let count = value("KTimer2CollectionMax").filter(|&count| count <= MOST_COLLECTIONS);
        let count =
            count.ok_or_else(|| Lack::NoName { name: "the number of KTIMER2 collections".to_owned() })?;
        let second = value("KTimer2CollectionNode1").unwrap_or(count);
        let size = array.size().unwrap_or(0);
        let collection = |number: u64| -> Result<Timer2Collection<'s>, Lack> {
            let at = array.moved_to(array.address().wrapping_add(number.wrapping_mul(size)));
            Ok(Timer2Collection {
                number,
                name: names.iter().find(|(name, value)| *value == number && !is_bound(name)).map(name_of),
                node: u64::from(number >= second),
                tree: at.field("Tree")?,
            })
        };
        (0..count).map(collection).collect()
    }

    /// Its number.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Its name: `NoWake`, `Hr` ...
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Which of a timer's two nodes and due times count here.
    pub fn node(&self) -> u64 {
        self.node
    }

    /// Its timers, next first; what is wrong with the tree comes last.
    pub fn timers(&self) -> Vec<Result<Timer2<'s>, Lack>> {
        let mut found = Vec::new();
        if let Err(why) = self.walk(&mut found) {
            found.push(Err(why));
        }
        found
    }

    fn walk(&self, found: &mut Vec<Result<Timer2<'s>, Lack>>) -> Result<(), Lack> {
        let scope = self.tree.scope();
        let child = |node: &Object<'s>, side: &str| node.field(side)?.u64();
        let (mut at, mut above) = (self.tree.field("Root")?.u64()?, Vec::new());
        let mut seen = HashSet::new();
        while at != 0 || !above.is_empty() {
            scope.check()?;
            if at != 0 {
                let node = scope.object("nt!_RTL_BALANCED_NODE", at)?;
                if !seen.insert(at) || seen.len() > MOST_TIMERS {
                    return Err(Lack::Shape { what: self.tree.what(), wanted: "tree: a node comes twice" });
                }
                at = child(&node, "Left")?;
                above.push(node);
            } else if let Some(node) = above.pop() {
                let path = format!("RbNodes[{}]", self.node);
                found.push(node.container("nt!_KTIMER2", &path).map(Timer2));
                at = child(&node, "Right")?;
            }
        }
        Ok(())
    }
}
