//! The kernel's pool: whose memory an address is, block by block, and what of it is damaged. Data, never text.
//!
//! [`classify()`] is the question; segment heaps (10.0.17763 and later) and pages of small blocks before them have a file
//! each.

mod big;
mod big_search;
mod block;
mod classic;
mod classic_part;
mod classic_search;
mod classify;
mod damage;
mod found;
mod header;
mod heaps;
mod kernel_data;
mod keys;
mod large;
mod lfh;
mod lone_bytes;
mod lone_chunks;
mod lone_equal;
mod lone_page;
mod lookaside;
mod owner;
mod place;
mod search;
mod segment;
mod special;
mod state_search;
mod step;
mod tag;
mod tag_search;
mod tracker;
mod vs;
mod vs_chunk;

pub use big::{BigAllocation, BigTable};
pub use block::{BlockState, PoolBlock};
pub use classify::classify;
pub use damage::{Damage, DamageKind, Trust};
pub use found::Found;
pub use header::{PAGE, PoolHeader, UNIT};
pub use heaps::{HeapKind, SegmentHeaps};
pub use keys::Keys;
pub use lookaside::{HEADS, Lookaside};
pub use owner::{TagOwner, TagOwners, matches};
pub use place::{Allocator, Evidence, PoolPlace, Region};
pub use search::each_block;
pub use segment::{PageRange, RangeKind, Segment};
pub use step::Step;
pub use tag::PoolTag;
pub use tag_search::{TagInModule, TagPlace, search_tag};
pub use tracker::{TagUse, Tracked, Usage, tracked};
