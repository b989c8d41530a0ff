//! The nodes of a binary tree.

use super::lack::Lack;
use super::object::Object;
use super::scope::Scope;
use crate::util::links::MAX_ELEMENTS;
use std::collections::{HashSet, VecDeque};

/// A node of a tree, and how many nodes stand above it.
pub struct Node<'s> {
    /// The structure that is the node.
    pub object: Object<'s>,
    /// 0 for the root.
    pub depth: u64,
}

/// Iterates over a tree from left to right: bounded, each node once, stoppable. What cannot be followed is an error in its
/// place, and the walk goes on with the rest of the tree.
pub struct Nodes<'s> {
    /// A node at address 0.
    node: Object<'s>,
    /// The paths of the children's pointers.
    left: String,
    right: String,
    /// The nodes whose left sides are done.
    above: Vec<Node<'s>>,
    lacks: VecDeque<Lack>,
    seen: HashSet<u64>,
    root: u64,
    ended: bool,
}

/// Low bits of a child's pointer, which some trees keep flags in.
const FLAGS: u64 = 7;

impl Scope<'_> {
    /// The nodes of the tree whose root is the structure of type `ty` at an address; `children` are the paths of the
    /// pointers to the left and to the right child, which point to the beginning of such a structure. Of several pairs
    /// the first is taken that the type has.
    ///
    /// # Errors
    /// No such type or members. What is wrong with the tree comes among the nodes.
    pub fn tree(&self, ty: &str, root: u64, children: &[(&str, &str)]) -> Result<Nodes<'_>, Lack> {
        let node = self.object(ty, 0)?;
        let found = children.iter().find(|(left, right)| node.has(left) && node.has(right));
        let (left, right) = match found {
            Some((left, right)) => ((*left).to_owned(), (*right).to_owned()),
            None => {
                let tried = children.iter().map(|(left, _)| (*left).to_owned()).collect();
                return Err(Lack::NoMember { ty: node.type_name(), tried });
            }
        };
        let mut nodes = Nodes {
            node,
            left,
            right,
            above: Vec::new(),
            lacks: VecDeque::new(),
            seen: HashSet::new(),
            root,
            ended: false,
        };
        nodes.descend(root, 0);
        Ok(nodes)
    }
}

impl Nodes<'_> {
    /// Goes to the left from a node until there is no more.
    fn descend(&mut self, from: u64, depth: u64) {
        let (mut at, mut depth) = (from & !FLAGS, depth);
        while at != 0 {
            if self.seen.len() >= MAX_ELEMENTS || !self.seen.insert(at) {
                self.lacks.push_back(Lack::Tree { root: self.root, at });
                return;
            }
            let object = self.node.moved_to(at);
            let left = object.field(&self.left).and_then(|left| left.u64());
            self.above.push(Node { object, depth });
            at = match left {
                Ok(left) => left & !FLAGS,
                Err(why) => {
                    self.lacks.push_back(why);
                    // A node that cannot be read is none, and has no right side either.
                    self.above.pop();
                    return;
                }
            };
            depth += 1;
        }
    }
}

impl<'s> Iterator for Nodes<'s> {
    type Item = Result<Node<'s>, Lack>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        if self.node.scope().check().is_err() {
            self.ended = true;
            return Some(Err(Lack::Stopped));
        }
        if let Some(lack) = self.lacks.pop_front() {
            return Some(Err(lack));
        }
        let node = self.above.pop()?;
        match node.object.field(&self.right).and_then(|right| right.u64()) {
            Ok(right) => self.descend(right, node.depth + 1),
            Err(why) => self.lacks.push_back(why),
        }
        Some(Ok(node))
    }
}
