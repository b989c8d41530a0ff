//! The export table: names and addresses that every image carries, and so the symbols of last resort.

use super::PeError;
use super::bytes::{self, ImageBytes};
use super::headers::{Directory, Headers};
use crate::util::bounded;

/// Ordinals are 16-bit, so no table has more entries.
const MAX_FUNCTIONS: u32 = 0x1_0000;
/// The longest name that is read; long C++ names reach 4 KiB.
const MAX_NAME: u32 = 0x1000;
/// All names together: the largest real tables hold below 2 MiB.
const MAX_NAME_BYTES: usize = 16 << 20;

/// What an export stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExportTarget {
    /// An address in the image.
    Rva(u32),
    /// Another module's export, as `MODULE.Name` or `MODULE.#Ordinal`.
    Forwarder(String),
}

/// One export. A function with several names has an entry for each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// Ordinal, biased.
    pub ordinal: u32,
    /// Name; `None` if exported by ordinal only.
    pub name: Option<String>,
    /// What it stands for.
    pub target: ExportTarget,
}

impl Export {
    /// The address, unless forwarded.
    pub fn rva(&self) -> Option<u32> {
        match self.target {
            ExportTarget::Rva(rva) => Some(rva),
            ExportTarget::Forwarder(_) => None,
        }
    }

    /// The name, or `Ordinal12` as the debugger calls nameless exports.
    pub fn display_name(&self) -> String {
        self.name.clone().unwrap_or_else(|| format!("Ordinal{}", self.ordinal))
    }
}

/// The export table of an image, with an index by address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exports {
    /// The image's own name for itself.
    pub dll_name: Option<String>,
    /// `TimeDateStamp` of the table.
    pub time_date_stamp: u32,
    /// Ordinal of the first function.
    pub ordinal_base: u32,
    /// All exports: the named ones in the order of the name table, then those by ordinal only.
    pub entries: Vec<Export>,
    /// False where parts of the table were missing (pages not in the dump) or absurd.
    pub complete: bool,
    /// (RVA, index into `entries`), sorted.
    by_rva: Vec<(u32, u32)>,
    /// Indexes of named entries, sorted by name.
    by_name: Vec<u32>,
}

impl Exports {
    /// Reads the export table; an image without one gives an empty table.
    pub fn read(image: &(impl ImageBytes + ?Sized), headers: &Headers) -> Result<Exports, PeError> {
        let Some(directory) = headers.directory(Directory::Export) else {
            return Ok(Exports { complete: true, ..Exports::default() });
        };
        let missing = PeError::Missing { what: "export directory", rva: directory.rva };
        let raw: [u8; 40] = bytes::array(image, directory.rva).ok_or(missing)?;
        let field = |at| bounded::u32_at(&raw, at).unwrap_or_default();
        let mut exports = Exports {
            time_date_stamp: field(4),
            dll_name: bytes::text_z(image, field(12), MAX_NAME),
            ordinal_base: field(16),
            complete: true,
            ..Exports::default()
        };
        let (functions, names) = (field(20), field(24));
        if functions > MAX_FUNCTIONS || names > MAX_FUNCTIONS {
            exports.complete = false;
        }
        let functions: Vec<Option<u32>> = bytes::table::<4>(image, field(28), functions.min(MAX_FUNCTIONS))
            .map(|raw| raw.map(u32::from_le_bytes))
            .collect();
        exports.complete &= functions.iter().all(Option::is_some);
        let inside = |rva: u32| rva.wrapping_sub(directory.rva) < directory.size;
        let mut budget = MAX_NAME_BYTES;
        let mut text = |rva: u32| {
            let text = bytes::text_z(image, rva, MAX_NAME.min(budget as u32))?;
            budget = budget.saturating_sub(text.len() + 1);
            (budget > 0).then_some(text)
        };
        let target = |rva: u32, text: &mut dyn FnMut(u32) -> Option<String>| match inside(rva) {
            true => text(rva).map(ExportTarget::Forwarder),
            false => Some(ExportTarget::Rva(rva)),
        };
        let names = names.min(MAX_FUNCTIONS);
        let name_rvas = bytes::table::<4>(image, field(32), names);
        let indexes = bytes::table::<2>(image, field(36), names);
        let mut named = vec![false; functions.len()];
        for (name_rva, index) in name_rvas.zip(indexes) {
            let name = name_rva.and_then(|raw| text(u32::from_le_bytes(raw)));
            let entry = (|| {
                let index = u16::from_le_bytes(index?);
                let rva = (*functions.get(usize::from(index))?)?;
                *named.get_mut(usize::from(index))? = true;
                let ordinal = exports.ordinal_base.checked_add(index.into())?;
                Some(Export { ordinal, name: Some(name?), target: target(rva, &mut text)? })
            })();
            match entry {
                Some(entry) => exports.entries.push(entry),
                None => exports.complete = false,
            }
        }
        for (index, (rva, named)) in functions.iter().zip(&named).enumerate() {
            let Some(rva) = rva.filter(|&rva| rva != 0 && !named) else {
                continue;
            };
            let Some(ordinal) = exports.ordinal_base.checked_add(index as u32) else {
                continue;
            };
            match target(rva, &mut text) {
                Some(target) => exports.entries.push(Export { ordinal, name: None, target }),
                None => exports.complete = false,
            }
        }
        exports.sort();
        Ok(exports)
    }

    fn sort(&mut self) {
        let entries = &self.entries;
        let rvas = entries.iter().enumerate();
        self.by_rva = rvas.filter_map(|(index, entry)| Some((entry.rva()?, index as u32))).collect();
        self.by_rva.sort_unstable();
        let name_of = |index: &u32| entries.get(*index as usize).and_then(|entry| entry.name.as_deref());
        self.by_name = (0..entries.len() as u32).filter(|index| name_of(index).is_some()).collect();
        self.by_name.sort_by(|a, b| name_of(a).cmp(&name_of(b)));
    }

    /// The export at or below `rva` and the distance to it. Of several names for one address the first in the
    /// table wins. How far a name may reach is the caller's choice.
    pub fn nearest(&self, rva: u32) -> Option<(&Export, u32)> {
        let end = self.by_rva.partition_point(|&(at, _)| at <= rva);
        let (at, _) = *self.by_rva.get(end.checked_sub(1)?)?;
        let first = self.by_rva.partition_point(|&(other, _)| other < at);
        let (_, index) = *self.by_rva.get(first)?;
        Some((self.entries.get(index as usize)?, rva - at))
    }

    /// The export of this exact name.
    pub fn by_name(&self, name: &str) -> Option<&Export> {
        let entry = |index: &u32| self.entries.get(*index as usize);
        let at = self
            .by_name
            .binary_search_by(|index| entry(index).and_then(|e| e.name.as_deref()).cmp(&Some(name)))
            .ok()?;
        entry(self.by_name.get(at)?)
    }

    /// The export of this ordinal.
    pub fn by_ordinal(&self, ordinal: u32) -> Option<&Export> {
        self.entries.iter().find(|entry| entry.ordinal == ordinal)
    }

    /// Addresses with their exports, ascending.
    pub fn iter_by_rva(&self) -> impl Iterator<Item = (u32, &Export)> {
        self.by_rva.iter().filter_map(|&(rva, index)| Some((rva, self.entries.get(index as usize)?)))
    }
}
