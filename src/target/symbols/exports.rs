//! An image's export table as a source of names.

use crate::symbols::index::{Builder, NameIndex, NewSymbol};
use crate::symbols::pe::{Image, ImageBytes};
use crate::symbols::source::{Symbol, SymbolKind, SymbolSource};
use crate::symbols::wildcard::Wildcard;

/// The exported names of an image.
pub(super) struct ExportNames(NameIndex);

impl ExportNames {
    /// Reads them; `None` where the image exports no name or its table cannot be read.
    pub(super) fn of<I: ImageBytes>(image: &Image<I>) -> Option<ExportNames> {
        let exports = image.exports().ok()?;
        let mut builder = Builder::default();
        for (rva, export) in exports.iter_by_rva() {
            builder.add(&NewSymbol {
                name: export.name.as_deref().unwrap_or(&format!("Ordinal{}", export.ordinal)),
                decorated: None,
                rva,
                size: 0,
                kind: SymbolKind::Export,
                ty: 0,
                place: None,
            });
        }
        let index = builder.finish();
        (!index.is_empty()).then_some(ExportNames(index))
    }
}

impl SymbolSource for ExportNames {
    fn nearest(&self, rva: u32) -> Option<Symbol<'_>> {
        self.0.nearest(rva)
    }

    fn following(&self, rva: u32) -> Option<Symbol<'_>> {
        self.0.following(rva)
    }

    fn exact(&self, rva: u32) -> Vec<Symbol<'_>> {
        self.0.exact(rva)
    }

    fn by_name(&self, name: &str) -> Vec<Symbol<'_>> {
        self.0.by_name(name)
    }

    fn matching(&self, pattern: &Wildcard) -> Vec<Symbol<'_>> {
        self.0.matching(pattern)
    }

    fn symbol_origin(&self) -> String {
        "export table".to_owned()
    }
}
