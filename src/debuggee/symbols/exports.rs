//! An image's export table as a source of names.

use crate::symbols::index::{Builder, NameIndex, NewSymbol};
use crate::symbols::pe::{Image, ImageBytes};
use crate::symbols::source::{SymbolKind, SymbolSource};

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
    fn name_table(&self) -> Option<&NameIndex> {
        Some(&self.0)
    }

    fn symbol_origin(&self) -> String {
        "export table".to_owned()
    }
}
