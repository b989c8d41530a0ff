//! C types as the table of layouts writes them: `volatile ULONG`, `struct _IRP *`, `VOID *volatile[32]`, `UCHAR[4][2]`.

use std::sync::Arc;

use crate::symbols::types::table::TypeTable;
use crate::symbols::types::{Base, BaseKind, Function, Type, TypeId, UdtKind};

/// Where types that are met on the way are put.
pub(super) struct TypeMaker<'a> {
    pub(super) table: &'a mut TypeTable,
}

/// The type that `text` means; `None` where it cannot be read.
pub(super) fn parse(context: &mut TypeMaker<'_>, text: &str) -> Option<TypeId> {
    let (text, dimensions) = match text.find('[') {
        Some(at) => text.split_at_checked(at)?,
        None => (text, ""),
    };
    let words = text.replace('*', " * ");
    let mut words = words.split_whitespace().filter(|word| !matches!(*word, "volatile" | "const"));
    let first = words.next()?;
    let table = &mut *context.table;
    let mut ty = match first {
        "struct" => table.declare(UdtKind::Struct, words.next()?),
        "union" => table.declare(UdtKind::Union, words.next()?),
        "enum" => table.declare_enum(words.next()?, Base::new(BaseKind::Int, 4)),
        "anon" => table.declare(UdtKind::Struct, "<unnamed-tag>"),
        "fnptr" => {
            let result = table.base(Base::new(BaseKind::Void, 0));
            let function = Function { result, parameters: Vec::new(), class: None };
            let function = table.single(Type::Function(Arc::new(function)));
            table.pointer(function, 8)
        }
        word => table.base(base(word)?),
    };
    for word in words {
        if word != "*" {
            return None;
        }
        ty = context.table.pointer(ty, 8);
    }
    // The last dimension is that of the innermost array.
    for dimension in dimensions.split('[').rev().filter(|part| !part.is_empty()) {
        let count = dimension.strip_suffix(']')?.parse().ok()?;
        ty = context.table.array(ty, count);
    }
    Some(ty)
}

fn base(word: &str) -> Option<Base> {
    let (kind, size) = match word {
        "VOID" => (BaseKind::Void, 0),
        "CHAR" => (BaseKind::Char, 1),
        "UCHAR" => (BaseKind::UChar, 1),
        "WCHAR" => (BaseKind::Wchar, 2),
        "SHORT" => (BaseKind::Int, 2),
        "USHORT" => (BaseKind::UInt, 2),
        "LONG" => (BaseKind::Long, 4),
        "ULONG" => (BaseKind::ULong, 4),
        "LONGLONG" => (BaseKind::Int, 8),
        "ULONGLONG" => (BaseKind::UInt, 8),
        _ => return None,
    };
    Some(Base::new(kind, size))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(text: &str) -> Option<Type> {
        let mut table = TypeTable::default();
        let id = parse(&mut TypeMaker { table: &mut table }, text)?;
        table.get(id)
    }

    #[test]
    fn forms_that_occur() {
        for text in ["ULONG", "volatile LONG", "const UCHAR"] {
            assert!(matches!(shape(text), Some(Type::Base(_))), "{text}");
        }
        for text in ["VOID *", "VOID **", "struct _EJOB *volatile", "VOID *volatile *", "fnptr"] {
            assert!(matches!(shape(text), Some(Type::Pointer { size: 8, .. })), "{text}");
        }
        for (text, count, size) in
            [("UCHAR[4]", 4, 4), ("volatile ULONGLONG[4][2]", 4, 64), ("VOID *volatile[32]", 32, 256)]
        {
            let Some(Type::Array { count: n, size: s, .. }) = shape(text) else { panic!("{text}") };
            assert_eq!((n, s), (count, size), "{text}");
        }
        for text in ["", "DOUBLE", "// 0x38 // (56) USHORT", "struct", "UCHAR[x]", "ULONG ULONG"] {
            assert_eq!(shape(text), None, "{text}");
        }
    }
}
