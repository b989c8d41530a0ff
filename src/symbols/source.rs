//! The one interface to names, lines and variables, whatever source they come from.

pub use super::symbol::{Symbol, SymbolKind};

use super::index::NameIndex;
use super::types::TypeId;
use crate::symbols::wildcard::Wildcard;

/// A place in source text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceLine {
    /// The file as the compiler saw it.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// Where its code starts, in bytes from the start of the image.
    pub rva: u32,
    /// How many bytes of code it has, where known.
    pub len: Option<u32>,
}

/// A function that was inlined at an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InlineFrame {
    /// Its name.
    pub name: String,
    /// The address's distance in bytes from where this inlined code starts.
    pub offset: u32,
    /// Where in its own source the address is.
    pub line: Option<SourceLine>,
}

/// A place where a function was inlined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InlineSite {
    /// The function's name.
    pub name: String,
    /// Where its code begins there, in bytes from the start of the image.
    pub rva: u32,
}

/// Where a part of a variable is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// Code addresses for which this holds, in bytes from the start of the image: start and end.
    pub range: (u32, u32),
    /// The offset in bytes within the variable that this part holds.
    pub part: u32,
    /// Where it is.
    pub place: Place,
}

/// Where a value is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In a register; the number is CodeView's for the machine.
    Register(u16),
    /// In memory at a register plus an offset.
    RegisterRelative {
        /// CodeView's number of the register.
        register: u16,
        /// Bytes to add.
        offset: i32,
    },
    /// In memory at an offset from the frame: from the register that the function declares as its frame's for
    /// locals or parameters, already looked up.
    FrameRelative {
        /// CodeView's number of the frame register.
        register: u16,
        /// Bytes to add.
        offset: i32,
    },
    /// In the image itself.
    Static {
        /// In bytes from the start of the image.
        rva: u32,
    },
    /// It is a constant.
    Constant(i64),
}

/// A local variable or parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: TypeId,
    /// Whether it is a parameter.
    pub parameter: bool,
    /// The places that hold it at the address asked for; empty where the compiler kept it nowhere.
    pub locations: Vec<Location>,
    /// The inlined function it belongs to, or `None` for the function itself. 0 is the innermost of
    /// [`SymbolSource::inline_chain`].
    pub inline_depth: Option<usize>,
    /// Which declaration of the function it is: the same number wherever in the function it is asked for.
    pub declaration: usize,
}

/// Something that knows names.
pub trait SymbolSource: Send + Sync {
    /// The table of a source that keeps all names in one: it answers the five questions below.
    fn name_table(&self) -> Option<&NameIndex> {
        None
    }

    /// The symbol at or before `rva`, the most telling name where several share an address.
    fn nearest(&self, rva: u32) -> Option<Symbol<'_>> {
        self.name_table()?.nearest(rva)
    }

    /// The first symbol after `rva`.
    fn following(&self, rva: u32) -> Option<Symbol<'_>> {
        self.name_table()?.following(rva)
    }

    /// All symbols exactly at `rva`.
    fn exact(&self, rva: u32) -> Vec<Symbol<'_>> {
        self.name_table().map(|names| names.exact(rva)).unwrap_or_default()
    }

    /// Symbols of that name; those of the same case before others.
    fn by_name(&self, name: &str) -> Vec<Symbol<'_>> {
        self.name_table().map(|names| names.by_name(name)).unwrap_or_default()
    }

    /// Symbols whose name matches, by address, each address and name once.
    fn matching(&self, pattern: &Wildcard) -> Vec<Symbol<'_>> {
        self.name_table().map(|names| names.matching(pattern)).unwrap_or_default()
    }

    /// Start and end of the function that covers `rva`, in bytes from the start of the image.
    fn function_extent(&self, _rva: u32) -> Option<(u32, u32)> {
        None
    }

    /// The source line of the outermost function's code at `rva`.
    fn line(&self, _rva: u32) -> Option<SourceLine> {
        None
    }

    /// The functions that were inlined at `rva`, innermost first.
    fn inline_chain(&self, _rva: u32) -> Vec<InlineFrame> {
        Vec::new()
    }

    /// The places where functions whose name `wanted` takes were inlined, by address.
    fn inline_sites(&self, _wanted: &dyn Fn(&str) -> bool) -> Vec<InlineSite> {
        Vec::new()
    }

    /// The variables in scope at `rva`: those of the function and of what is inlined there.
    fn locals(&self, _rva: u32) -> Vec<Variable> {
        Vec::new()
    }

    /// The source in words: `private PDB`, `public PDB`, `ISF`, `exports`.
    fn symbol_origin(&self) -> String;
}
