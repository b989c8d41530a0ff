//! What a walk through pool memory finds: blocks, places that are damaged, and memory that is not there.

use super::block::PoolBlock;
use super::damage::Damage;
use crate::debuggee::Lack;
use std::ops::ControlFlow;

/// What a walk comes to, in the order of addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// A block.
    Block(PoolBlock),
    /// Something that the allocator did not leave so.
    Damage(Damage),
    /// Memory that cannot be read, and where the walk goes on.
    Gap {
        /// The first byte that is missing.
        from: u64,
        /// Where blocks are known again.
        to: u64,
        /// Why.
        why: Lack,
    },
}

/// Takes what a walk finds; breaking ends the walk.
pub type Visit<'v> = &'v mut dyn FnMut(Found) -> ControlFlow<()>;
