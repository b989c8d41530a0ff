//! Why something that was asked of the target is not known.

use super::super::attach::NoSpace;
use super::super::processors::NoRegisters;
use crate::dump::Machine;
use crate::memory::ReadError;
use crate::util::hex::tick;
use crate::util::links::Broken;
use std::fmt;

/// Why a type, a member or a value cannot be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lack {
    /// Nothing tells the types of a module.
    NoTypes {
        /// The module.
        module: String,
    },
    /// There is no type, or no variable, of that name.
    NoName {
        /// The name.
        name: String,
    },
    /// The type has none of these members.
    NoMember {
        /// The type.
        ty: String,
        /// The paths that were tried, in order.
        tried: Vec<String>,
    },
    /// The built-in layout of a type contradicts the dump and is not used.
    Refused {
        /// The type.
        ty: String,
        /// What contradicts it.
        why: String,
    },
    /// Memory cannot be read.
    Unreadable {
        /// What was read: `_EPROCESS.Peb of ffff8000'00000000`.
        what: String,
        /// Why it cannot be read.
        why: ReadError,
    },
    /// A pointer is null.
    Null {
        /// Which.
        what: String,
    },
    /// The value is not of the kind that was asked for.
    Shape {
        /// Which.
        what: String,
        /// What was asked for.
        wanted: &'static str,
    },
    /// A variable has no value where the code is.
    NoValue {
        /// Which.
        what: String,
        /// What became of it.
        why: String,
    },
    /// A list ends before its end.
    List {
        /// Which list.
        what: String,
        /// How.
        why: Broken<ReadError>,
    },
    /// A tree comes to a node a second time, or has more nodes than are followed.
    Tree {
        /// The tree's root.
        root: u64,
        /// The node.
        at: u64,
    },
    /// Another address space cannot be looked at.
    NoSpace {
        /// Why.
        why: NoSpace,
    },
    /// The registers of a thread are not known.
    NoRegisters {
        /// Why.
        why: NoRegisters,
    },
    /// It is not known of this machine where Windows keeps it.
    UnknownMachine {
        /// The machine.
        machine: Machine,
        /// What is kept.
        what: &'static str,
    },
    /// The work was stopped.
    Stopped,
}

impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Lack::NoTypes { module } => write!(f, "nothing here tells the types of {module}"),
            Lack::NoName { name } => write!(f, "{name} is not known"),
            Lack::NoMember { ty, tried } => write!(f, "{ty} has no member {}", tried.join(" or ")),
            Lack::Refused { ty, why } => {
                write!(f, "the built-in layout of {ty} is not used, because the dump contradicts it: {why}")
            }
            // The address is told once.
            Lack::Unreadable { what, why } if what.ends_with(&tick(why.address)) => {
                write!(f, "{what}: {}", why.reason)
            }
            Lack::Unreadable { what, why } => write!(f, "{what}: {why}"),
            Lack::Null { what } => write!(f, "{what} is null"),
            Lack::Shape { what, wanted } => write!(f, "{what} is no {wanted}"),
            Lack::NoValue { what, why } => write!(f, "'{what}' has no value here: {why}"),
            Lack::List { what, why } => write!(f, "{what}: {why}"),
            Lack::Tree { root, at } => {
                write!(f, "the tree of {} comes to {} a second time", tick(*root), tick(*at))
            }
            Lack::NoSpace { why } => write!(f, "{why}"),
            Lack::NoRegisters { why } => write!(f, "{why}"),
            Lack::UnknownMachine { machine, what } => write!(f, "where {machine} keeps {what} is not known"),
            Lack::Stopped => f.write_str("stopped"),
        }
    }
}

impl std::error::Error for Lack {}
