//! Types in the words of `dt` and of C++ expressions.

use super::super::{Type, TypeId, TypeSource, Udt};

/// The deepest chain of pointers and arrays that is spelled out.
const MAX_DEPTH: usize = 16;
/// What stands for a type whose record cannot be read.
const UNKNOWN: &str = "<unknown>";

/// How a type's word is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// How much it says.
    pub detail: Detail,
    /// The level of the line it stands on: a function's type is set off by blanks that grow with it.
    pub level: usize,
}

impl Style {
    /// A word on a line of the outermost level.
    pub const PLAIN: Style = Style { detail: Detail::Plain, level: 0 };
}

/// How much a type's word says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// `Ptr64 _EPROCESS`.
    Plain,
    /// `Ptr64 `: what a pointer points to is left out, as `dt -b` does.
    Block,
    /// `Ptr64 to struct _EPROCESS, 233 elements, 0xa40 bytes`, as `dt -v` does.
    Verbose,
}

/// The word that `dt` has for a type.
pub fn word(source: &dyn TypeSource, id: TypeId, style: Style) -> String {
    word_within(source, id, style, 0)
}

fn word_within(source: &dyn TypeSource, id: TypeId, style: Style, depth: usize) -> String {
    let Some(ty) = source.get(id).filter(|_| depth < MAX_DEPTH) else {
        return UNKNOWN.to_owned();
    };
    let inner = |id| word_within(source, id, style, depth + 1);
    match ty {
        Type::Base(base) => base.word().to_owned(),
        Type::Pointer { target, size, .. } => {
            let bits = u32::from(size) * 8;
            match style.detail {
                Detail::Plain => format!("Ptr{bits} {}", inner(target)),
                Detail::Block => format!("Ptr{bits} "),
                Detail::Verbose => format!("Ptr{bits} to {}", inner(target)),
            }
        }
        // Of an array of pointers a block tells no more than of a pointer.
        Type::Array { element, .. }
            if style.detail == Detail::Block && matches!(source.get(element), Some(Type::Pointer { .. })) =>
        {
            inner(element)
        }
        Type::Array { element, count, .. } => format!("[{count}] {}", inner(element)),
        Type::Bitfield { position, length, .. } => {
            let lead = match style.detail {
                Detail::Verbose => "Bitfield ",
                _ => "",
            };
            let plural = if length == 1 { "" } else { "s" };
            format!("{lead}Pos {position}, {length} Bit{plural}")
        }
        Type::Udt(udt) if style.detail == Detail::Verbose => header(&udt),
        Type::Udt(udt) => udt.name.clone(),
        Type::Enum(e) if style.detail == Detail::Verbose => {
            format!("Enum {},  {} total enums", e.name, e.values.len())
        }
        Type::Enum(e) => e.name.clone(),
        Type::Function(function) => {
            let result = bare_name(source, function.result, depth + 1);
            let blanks = 3 * (style.level + 1) + 1;
            format!("{:blanks$}{result} ", "")
        }
    }
}

/// A function's result: `_EXCEPTION_DISPOSITION`, `_IRP*`, without the word `enum` or `struct`.
fn bare_name(source: &dyn TypeSource, id: TypeId, depth: usize) -> String {
    let name = c_name_within(source, id, depth);
    let bare = ["struct ", "class ", "union ", "enum "].iter().find_map(|word| name.strip_prefix(word));
    bare.unwrap_or(&name).replace(" *", "*")
}

/// The first line of `dt -v`: `struct _POOL_HEADER, 9 elements, 0x10 bytes`.
pub fn header(udt: &Udt) -> String {
    let (kind, name) = (udt.kind.word(), &udt.name);
    format!("{kind} {name}, {} elements, 0x{:x} bytes", udt.elements, udt.size)
}

/// The name of a type in C++ expressions: `struct _EPROCESS *`, `unsigned int64`, `char [15]`.
pub fn c_name(source: &dyn TypeSource, id: TypeId) -> String {
    c_name_within(source, id, 0)
}

fn c_name_within(source: &dyn TypeSource, id: TypeId, depth: usize) -> String {
    let Some(ty) = source.get(id).filter(|_| depth < MAX_DEPTH) else {
        return UNKNOWN.to_owned();
    };
    let inner = |id| c_name_within(source, id, depth + 1);
    match ty {
        Type::Base(base) => base.c_name().to_owned(),
        Type::Pointer { target, reference, .. } => {
            let mark = if reference { '&' } else { '*' };
            let target = inner(target);
            match target.ends_with(['*', '&']) {
                true => format!("{target}{mark}"),
                false => format!("{target} {mark}"),
            }
        }
        Type::Array { element, count, .. } => {
            // `int [2][3]`: the outer count comes first.
            let element = inner(element);
            match element.find('[') {
                Some(at) => {
                    let (base, rest) = element.split_at_checked(at).unwrap_or((&element, ""));
                    format!("{base}[{count}]{rest}")
                }
                None => format!("{element} [{count}]"),
            }
        }
        Type::Bitfield { base, .. } => inner(base),
        Type::Udt(udt) => format!("{} {}", udt.kind.word(), udt.name),
        Type::Enum(e) => format!("enum {}", e.name),
        Type::Function(function) => {
            let parameters: Vec<String> = function.parameters.iter().map(|&id| inner(id)).collect();
            let parameters = match (parameters.is_empty(), function.class) {
                (true, None) => "void".to_owned(),
                _ => parameters.join(", "),
            };
            format!("{} ({parameters})", inner(function.result))
        }
    }
}
