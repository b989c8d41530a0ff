//! A page of the pool by itself: what it shows where the dump holds neither the heap that it belongs to nor its keys, as triage
//! dumps do. Nothing is believed that does not confirm itself.

use super::found::Found;
use super::lone_bytes::LonePage;
use super::{classic_part, lone_chunks, lone_equal};
use crate::debuggee::{Lack, Scope};

/// What a page shows by itself.
pub(super) enum Lone {
    /// Blocks that say each other's sizes: pool before segment heaps.
    Page(Vec<Found>),
    /// Chunks of variable size whose headers agree with each other under one key: the page's first sound one, and that key, of
    /// which the bits of the sizes are known.
    Chunks { first: u64, key: u64 },
    /// Equal blocks at equal distances. Whether one is in use is not in the page.
    Equal(Vec<Found>),
}

/// The page at `base` by itself; `None` where it shows no blocks that confirm each other.
///
/// # Errors
/// [`Lack::Stopped`]; nothing of the page is in the dump.
pub(super) fn read(scope: &Scope<'_>, base: u64) -> Result<Option<Lone>, Lack> {
    let page = LonePage::read(scope, base)?;
    if let Some(blocks) = classic_part::walk(&page) {
        return Ok(Some(Lone::Page(blocks)));
    }
    if let Some((key, first)) = lone_chunks::key(&page) {
        return Ok(Some(Lone::Chunks { first, key }));
    }
    Ok(lone_equal::walk(&page).map(Lone::Equal))
}
