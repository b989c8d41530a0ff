//! A name and what it stands for.

use super::types::TypeId;

/// What a symbol stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SymbolKind {
    /// A function with type and size, from a private PDB.
    Function,
    /// A variable with its type.
    Data,
    /// A public name in code.
    PublicCode,
    /// A public name in data.
    PublicData,
    /// An exported name.
    Export,
    /// A thunk.
    Thunk,
    /// A label inside a function.
    Label,
    /// Where a function was inlined; only [`inline_sites`](super::source::SymbolSource::inline_sites) tells these.
    Inline,
}

/// A name at an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Symbol<'a> {
    /// The name, undecorated.
    pub name: &'a str,
    /// The decorated name, where it differs.
    pub decorated: Option<&'a str>,
    /// Where it is, in bytes from the start of the image.
    pub rva: u32,
    /// Its size in bytes, where the source says.
    pub size: Option<u32>,
    /// What it stands for.
    pub kind: SymbolKind,
    /// The type of a function or variable, in the type source that came with this source.
    pub ty: Option<TypeId>,
}
