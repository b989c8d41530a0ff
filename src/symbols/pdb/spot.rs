//! Addresses of an image and of its PDB's records.
//!
//! The two are the same but where the image was rearranged after it was linked, as kernels up to Windows 7 are: then the
//! records keep the addresses that the linker gave, and OMAP tables lead from one to the other, piece by piece.
//! Everything here works with the records' addresses; only answers are moved to those of the image.

use pdb::{PdbInternalRva, Rva};

use super::streams::Streams;
use crate::symbols::source::Symbol;

/// An address that was asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spot {
    /// Where the records have it.
    pub(crate) original: u32,
    /// What is to be added to come back to the image, for all of the same piece of code.
    shift: u32,
}

impl Spot {
    /// A record's address beside this one, as it would be in the image if all code there had stayed together: names and
    /// lines keep their distance.
    pub(crate) fn beside(self, original: u32) -> u32 {
        original.wrapping_add(self.shift)
    }

    /// A name at or before this address, moved to the image.
    pub(crate) fn before<'a>(self, symbol: Symbol<'a>) -> Option<Symbol<'a>> {
        let image = self.original.wrapping_add(self.shift);
        let rva = image.checked_sub(self.original.checked_sub(symbol.rva)?)?;
        Some(Symbol { rva, ..symbol })
    }
}

impl Streams {
    /// Where the records have an address of the image; `None` for what is in no record.
    pub(crate) fn spot(&self, rva: u32) -> Option<Spot> {
        if !self.is_rearranged() {
            return Some(Spot { original: rva, shift: 0 });
        }
        let original = Rva(rva).to_internal_rva(&*self.address_map().ok()?)?.0;
        Some(Spot { original, shift: rva.wrapping_sub(original) })
    }

    /// Where a record's address is in the image; `None` for what was taken out.
    pub(crate) fn in_image(&self, original: u32) -> Option<u32> {
        if !self.is_rearranged() {
            return Some(original);
        }
        PdbInternalRva(original).to_rva(&*self.address_map().ok()?).map(|rva| rva.0)
    }

    /// Symbols with their addresses in the image; those that were taken out of it left out.
    pub(crate) fn all_in_image<'a>(&self, symbols: Vec<Symbol<'a>>) -> Vec<Symbol<'a>> {
        if !self.is_rearranged() {
            return symbols;
        }
        let moved = |symbol: Symbol<'a>| Some(Symbol { rva: self.in_image(symbol.rva)?, ..symbol });
        symbols.into_iter().filter_map(moved).collect()
    }
}
