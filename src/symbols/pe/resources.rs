//! The resource directory: a tree of three levels (type, name, language), walked within bounds.

use std::cell::Cell;

use super::bytes::{self, ImageBytes};
use super::headers::{Directory, Headers};
use crate::util::bounded;

/// `RT_VERSION`.
pub const TYPE_VERSION: u16 = 16;
/// The most entries that are read of all directories together.
const MAX_TOTAL: u32 = 0x1_0000;
/// The most entries of one directory.
const MAX_ENTRIES: u32 = 0x1000;
/// The largest resource that is copied.
const MAX_DATA: u32 = 16 << 20;

/// How a level of the tree names its entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResourceName {
    /// By number.
    Id(u16),
    /// By text.
    Text(String),
}

/// One resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// Type, such as [`TYPE_VERSION`].
    pub kind: ResourceName,
    /// Name.
    pub name: ResourceName,
    /// Language identifier.
    pub language: ResourceName,
    /// RVA of the data.
    pub rva: u32,
    /// Size of the data in bytes.
    pub size: u32,
    /// Code page.
    pub code_page: u32,
}

impl Resource {
    /// The data; `None` if any of it is missing or it is over 16 MiB.
    pub fn data(&self, image: &(impl ImageBytes + ?Sized)) -> Option<Vec<u8>> {
        bytes::block(image, self.rva, self.size, MAX_DATA)
    }
}

/// Lists the resources, all or of one type only. Loops in a damaged tree end because the depth is fixed and the
/// number of entries bounded.
pub fn read(image: &(impl ImageBytes + ?Sized), headers: &Headers, only: Option<u16>) -> Vec<Resource> {
    let mut found = Vec::new();
    let Some(directory) = headers.directory(Directory::Resource) else {
        return found;
    };
    let tree = Tree { image, root: directory.rva, budget: Cell::new(MAX_TOTAL) };
    for (kind, types) in tree.directory(0) {
        if only.is_some_and(|only| kind != ResourceName::Id(only)) {
            continue;
        }
        let Child::Directory(types) = types else { continue };
        for (name, names) in tree.directory(types) {
            let Child::Directory(names) = names else { continue };
            for (language, leaf) in tree.directory(names) {
                let Child::Leaf(leaf) = leaf else { continue };
                if let Some((rva, size, code_page)) = tree.leaf(leaf) {
                    let (kind, name) = (kind.clone(), name.clone());
                    found.push(Resource { kind, name, language, rva, size, code_page });
                }
            }
        }
    }
    found
}

struct Tree<'a, I: ?Sized> {
    image: &'a I,
    root: u32,
    /// Entries that may still be read.
    budget: Cell<u32>,
}

/// Offsets from the root of the tree.
enum Child {
    Directory(u32),
    Leaf(u32),
}

impl<I: ImageBytes + ?Sized> Tree<'_, I> {
    fn directory(&self, offset: u32) -> Vec<(ResourceName, Child)> {
        let entries = || {
            let at = self.root.checked_add(offset)?;
            let header: [u8; 16] = bytes::array(self.image, at)?;
            let named = u32::from(bounded::u16_at(&header, 12)?);
            let count = named + u32::from(bounded::u16_at(&header, 14)?);
            let table = bytes::table::<8>(
                self.image,
                at.checked_add(16)?,
                count.min(MAX_ENTRIES).min(self.budget.get()),
            );
            // The directory itself counts too, so that a tree of empty directories ends.
            self.budget.set(self.budget.get().saturating_sub(count.min(MAX_ENTRIES) + 1));
            Some(table.map_while(|raw| self.entry(&raw?)).collect())
        };
        entries().unwrap_or_default()
    }

    fn entry(&self, raw: &[u8]) -> Option<(ResourceName, Child)> {
        const HIGH: u32 = 1 << 31;
        let (name, child) = (bounded::u32_at(raw, 0)?, bounded::u32_at(raw, 4)?);
        let name = match name & HIGH {
            0 => ResourceName::Id((name & 0xffff) as u16),
            _ => ResourceName::Text(self.text(name & !HIGH).unwrap_or_default()),
        };
        let child = match child & HIGH {
            0 => Child::Leaf(child),
            _ => Child::Directory(child & !HIGH),
        };
        Some((name, child))
    }

    /// A counted UTF-16 string of at most 256 units.
    fn text(&self, offset: u32) -> Option<String> {
        let at = self.root.checked_add(offset)?;
        let units = u32::from(bytes::u16_at(self.image, at)?.min(256));
        let raw = bytes::block(self.image, at.checked_add(2)?, units * 2, 512)?;
        Some(bounded::utf16_lossy(&raw))
    }

    fn leaf(&self, offset: u32) -> Option<(u32, u32, u32)> {
        let raw: [u8; 16] = bytes::array(self.image, self.root.checked_add(offset)?)?;
        let field = |at| bounded::u32_at(&raw, at);
        Some((field(0)?, field(4)?, field(8)?))
    }
}
