//! Types of expressions: those of a type source, and those that only an expression makes.

use crate::debuggee::FoundType;
use crate::symbols::types::format::words::c_name;
use crate::symbols::types::{Base, BaseKind, Type};

/// Pointers to pointers deeper than this are taken as `void *`.
const MAX_DEPTH: usize = 16;

/// The type of an expression.
#[derive(Debug, Clone)]
pub enum CType {
    /// A basic type.
    Base(Base),
    /// A pointer of so many bytes.
    Pointer(Box<CType>, u8),
    /// An array.
    Array(Box<CType>, u64),
    /// A structure, union, enumeration or function.
    Named(FoundType),
}

impl CType {
    /// `void`.
    pub const VOID: CType = CType::Base(Base::new(BaseKind::Void, 0));
    /// `int`.
    pub const INT: CType = CType::Base(Base::new(BaseKind::Int, 4));
    /// `bool`.
    pub const BOOL: CType = CType::Base(Base::new(BaseKind::Bool, 1));
    /// `unsigned int64`.
    pub const U64: CType = CType::Base(Base::new(BaseKind::UInt, 8));
    /// `int64`.
    pub const I64: CType = CType::Base(Base::new(BaseKind::Int, 8));
    /// `long`.
    pub const LONG: CType = CType::Base(Base::new(BaseKind::Long, 4));

    /// A type of a source.
    pub fn of(found: &FoundType) -> CType {
        CType::within(found, 0)
    }

    fn within(found: &FoundType, depth: usize) -> CType {
        match found.get() {
            _ if depth > MAX_DEPTH => CType::VOID,
            Some(Type::Base(base)) => CType::Base(base),
            Some(Type::Pointer { target, size, .. }) => {
                // A pointer to a member is larger; the first of its words is the pointer.
                CType::within(&found.of(target), depth + 1).pointer_of(usize::from(size.min(8)))
            }
            Some(Type::Array { element, count, .. }) => {
                CType::Array(Box::new(CType::within(&found.of(element), depth + 1)), count)
            }
            Some(Type::Bitfield { base, .. }) => CType::within(&found.of(base), depth + 1),
            Some(_) => CType::Named(found.clone()),
            None => CType::VOID,
        }
    }

    /// A pointer of `size` bytes (4 or 8) to this type.
    pub fn pointer_of(self, size: usize) -> CType {
        CType::Pointer(Box::new(self), if size == 4 { 4 } else { 8 })
    }

    /// A pointer of 8 bytes to this type.
    pub fn pointer(self) -> CType {
        self.pointer_of(8)
    }

    /// Its size in bytes; `None` where it has none (`void`, functions, types only declared).
    pub fn size(&self) -> Option<u64> {
        match self {
            CType::Base(base) => (base.size > 0).then_some(u64::from(base.size)),
            CType::Pointer(_, size) => Some(u64::from(*size)),
            CType::Array(element, count) => element.size()?.checked_mul(*count),
            CType::Named(found) => found.size().filter(|&size| size > 0),
        }
    }

    /// Its name: `struct _EPROCESS *`, `unsigned int64`, `char [15]`.
    pub fn name(&self) -> String {
        match self {
            CType::Base(base) => base.c_name().to_owned(),
            CType::Pointer(target, _) => match target.name() {
                name if name.ends_with('*') => format!("{name}*"),
                name => format!("{name} *"),
            },
            CType::Array(element, count) => format!("{} [{count}]", element.name()),
            CType::Named(found) => c_name(&*found.source, found.id),
        }
    }

    /// Its name as an expression may spell it, with the module that knows the type: `nt!_EPROCESS *`.
    pub fn spelled(&self) -> String {
        match self {
            CType::Pointer(target, _) => format!("{} *", target.spelled()),
            CType::Array(element, count) => format!("{} [{count}]", element.spelled()),
            CType::Named(found) => {
                let name = c_name(&*found.source, found.id);
                let bare = name.split_once(' ').map_or(name.as_str(), |(_, bare)| bare);
                format!("{}!{bare}", found.module)
            }
            CType::Base(_) => self.name(),
        }
    }

    /// The integer that holds a value of this type in arithmetic; `None` for structures and the like.
    pub fn integer(&self) -> Option<Base> {
        match self {
            CType::Base(base) if base.kind != BaseKind::Void && base.kind != BaseKind::None => Some(*base),
            CType::Pointer(_, size) => Some(Base::new(BaseKind::UInt, *size)),
            CType::Named(found) => match found.get()? {
                Type::Enum(e) => Some(Base::new(BaseKind::Int, e.size)),
                _ => None,
            },
            _ => None,
        }
    }
}

/// Types that Windows' headers define over basic ones, for casts: sources of public symbols do not name them.
pub(super) fn well_known(name: &str, pointer: usize) -> Option<CType> {
    let base = |kind, size| Some(CType::Base(Base::new(kind, size)));
    match name {
        "UCHAR" | "BYTE" | "BOOLEAN" | "uint8_t" => base(BaseKind::UChar, 1),
        "CHAR" | "int8_t" => base(BaseKind::Char, 1),
        "USHORT" | "WORD" | "uint16_t" => base(BaseKind::UInt, 2),
        "SHORT" | "int16_t" => base(BaseKind::Int, 2),
        "WCHAR" => base(BaseKind::Wchar, 2),
        "ULONG" | "DWORD" => base(BaseKind::ULong, 4),
        "LONG" | "NTSTATUS" => base(BaseKind::Long, 4),
        "UINT" | "uint32_t" => base(BaseKind::UInt, 4),
        "INT" | "BOOL" | "int32_t" => base(BaseKind::Int, 4),
        "ULONG_PTR" | "UINT_PTR" | "SIZE_T" | "size_t" if pointer == 4 => base(BaseKind::ULong, 4),
        "LONG_PTR" | "INT_PTR" if pointer == 4 => base(BaseKind::Long, 4),
        "ULONGLONG" | "ULONG64" | "DWORD64" | "ULONG_PTR" | "UINT_PTR" | "SIZE_T" | "size_t" | "uint64_t" => {
            Some(CType::U64)
        }
        "LONGLONG" | "LONG64" | "LONG_PTR" | "INT_PTR" | "int64_t" => Some(CType::I64),
        "PVOID" | "HANDLE" => Some(CType::VOID.pointer_of(pointer)),
        _ => None,
    }
}
