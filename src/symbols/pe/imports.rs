//! The import table: what an image calls in other modules.

use super::bytes::{self, ImageBytes};
use super::headers::{Directory, Headers};
use crate::util::bounded;

/// The most modules that are read.
const MAX_MODULES: usize = 4096;
/// The most imported functions of all modules together.
const MAX_FUNCTIONS: usize = 0x2_0000;
/// The longest name that is read.
const MAX_NAME: u32 = 0x1000;
/// All names together.
const MAX_NAME_BYTES: usize = 16 << 20;

/// How a function is imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportName {
    /// By name, with the hint into the other module's name table.
    Name {
        /// Index at which the loader looks first.
        hint: u16,
        /// The name.
        name: String,
    },
    /// By ordinal.
    Ordinal(u16),
    /// The name is not in the file or memory at hand.
    Unreadable,
}

/// One imported function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// What is imported.
    pub name: ImportName,
    /// RVA of its slot in the import address table.
    pub slot: u32,
}

/// All imports from one module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportModule {
    /// The other module's file name, `None` if unreadable.
    pub name: Option<String>,
    /// Its functions.
    pub functions: Vec<Import>,
}

/// The import table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imports {
    /// By module, in table order.
    pub modules: Vec<ImportModule>,
    /// False where parts were missing; the import tables of drivers are often discarded after load.
    pub complete: bool,
}

impl Imports {
    /// Reads the import table; an image without one gives an empty table.
    pub fn read(image: &(impl ImageBytes + ?Sized), headers: &Headers) -> Imports {
        let mut imports = Imports { modules: Vec::new(), complete: true };
        let Some(directory) = headers.directory(Directory::Import) else {
            return imports;
        };
        let mut budget = Budget { functions: MAX_FUNCTIONS, bytes: MAX_NAME_BYTES };
        for raw in bytes::table::<20>(image, directory.rva, MAX_MODULES as u32) {
            let Some(raw) = raw else {
                imports.complete = false;
                break;
            };
            if raw == [0; 20] {
                break;
            }
            let field = |at| bounded::u32_at(&raw, at).unwrap_or_default();
            let (lookup, name, slots) = (field(0), field(12), field(16));
            // Without a lookup table the address table itself holds the names until the image is loaded.
            let source = if lookup != 0 { lookup } else { slots };
            let (functions, whole) = functions(image, headers.is_64bit, source, slots, &mut budget);
            let name = bytes::text_z(image, name, MAX_NAME);
            imports.complete &= whole && name.is_some();
            imports.modules.push(ImportModule { name, functions });
            if budget.functions == 0 || budget.bytes == 0 {
                imports.complete = false;
                break;
            }
        }
        imports
    }
}

/// What may still be read.
struct Budget {
    functions: usize,
    bytes: usize,
}

fn functions(
    image: &(impl ImageBytes + ?Sized),
    is_64bit: bool,
    lookup: u32,
    slots: u32,
    budget: &mut Budget,
) -> (Vec<Import>, bool) {
    let width = if is_64bit { 8 } else { 4 };
    let mut found = Vec::new();
    let mut whole = true;
    for index in 0..=u32::from(u16::MAX) {
        let thunk = lookup.checked_add(index * width).and_then(|at| match is_64bit {
            true => bytes::u64_at(image, at),
            false => bytes::u32_at(image, at).map(u64::from),
        });
        let (Some(thunk), Some(slot)) = (thunk, slots.checked_add(index * width)) else {
            return (found, false);
        };
        if thunk == 0 {
            return (found, whole);
        }
        if budget.functions == 0 || budget.bytes == 0 {
            return (found, false);
        }
        budget.functions -= 1;
        let name = import_name(image, thunk, is_64bit);
        whole &= name != ImportName::Unreadable;
        if let ImportName::Name { name, .. } = &name {
            budget.bytes = budget.bytes.saturating_sub(name.len());
        }
        found.push(Import { name, slot });
    }
    (found, false)
}

fn import_name(image: &(impl ImageBytes + ?Sized), thunk: u64, is_64bit: bool) -> ImportName {
    let ordinal_flag = if is_64bit { 1 << 63 } else { 1 << 31 };
    if thunk & ordinal_flag != 0 {
        return ImportName::Ordinal((thunk & 0xffff) as u16);
    }
    let by_name = || {
        let rva = u32::try_from(thunk).ok()?;
        let hint = bytes::u16_at(image, rva)?;
        let name = bytes::text_z(image, rva.checked_add(2)?, MAX_NAME)?;
        Some(ImportName::Name { hint, name })
    };
    by_name().unwrap_or(ImportName::Unreadable)
}
