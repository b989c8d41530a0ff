//! Types as `dx` spells them: `unsigned __int64`, `_EPROCESS *`, `void (__cdecl*)(void *)`, `char [16]`.

use crate::debuggee::FoundType;
use crate::eval::cxx::CType;
use crate::symbols::types::{Base, BaseKind, Function, Type};

/// The deepest nesting that is spelled out.
const MAX_DEPTH: usize = 16;

/// The name of a type.
pub(super) fn type_text(ty: &CType) -> String {
    declare(ty, String::new(), 0)
}

/// The name of a type declared around `inner`, as in C: `char` around ` [4]` is `char [4]`.
fn declare(ty: &CType, inner: String, depth: usize) -> String {
    if depth > MAX_DEPTH {
        return "...".to_owned();
    }
    match ty {
        CType::Base(base) => joined(base_name(*base), &inner),
        CType::Named(found) => match found.get() {
            Some(Type::Udt(udt)) => joined(&udt.name, &inner),
            Some(Type::Enum(e)) => joined(&e.name, &inner),
            Some(Type::Function(function)) => {
                let convention = match inner.is_empty() {
                    true => "__cdecl".to_owned(),
                    false => inner,
                };
                signature(found, &function, &convention, depth)
            }
            _ => joined("<unknown>", &inner),
        },
        CType::Pointer(to, _) => match &**to {
            CType::Named(found) if matches!(found.get(), Some(Type::Function(_))) => {
                let star = format!("(__cdecl*{})", spaced(&inner));
                declare(to, star, depth + 1)
            }
            CType::Array(..) => declare(to, format!("(*{inner})"), depth + 1),
            _ => declare(to, joined("*", &inner), depth + 1),
        },
        CType::Array(element, count) => declare(element, format!("{inner}[{count}]"), depth + 1),
    }
}

fn signature(found: &FoundType, function: &Function, convention: &str, depth: usize) -> String {
    let text = |id| declare(&CType::of(&found.of(id)), String::new(), depth + 1);
    let parameters: Vec<String> = function.parameters.iter().map(|&id| text(id)).collect();
    format!("{} {convention}({})", text(function.result), parameters.join(","))
}

fn joined(name: &str, inner: &str) -> String {
    format!("{name}{}", spaced(inner))
}

fn spaced(inner: &str) -> String {
    match inner {
        "" => String::new(),
        inner => format!(" {inner}"),
    }
}

fn base_name(base: Base) -> &'static str {
    match (base.kind, base.size) {
        (BaseKind::Int, 8) => "__int64",
        (BaseKind::UInt, 8) => "unsigned __int64",
        (BaseKind::Int, 16) => "__int128",
        (BaseKind::UInt, 16) => "unsigned __int128",
        _ => base.c_name(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(kind: BaseKind, size: u8) -> CType {
        CType::Base(Base::new(kind, size))
    }

    /// Forms seen in public transcripts.
    #[test]
    fn forms() {
        let byte = || base(BaseKind::UChar, 1);
        assert_eq!(type_text(&base(BaseKind::UInt, 8)), "unsigned __int64");
        assert_eq!(type_text(&CType::Array(Box::new(byte()), 15)), "unsigned char [15]");
        assert_eq!(type_text(&CType::Array(Box::new(byte().pointer()), 2)), "unsigned char * [2]");
        assert_eq!(type_text(&CType::Array(Box::new(byte()), 8).pointer()), "unsigned char (*)[8]");
        assert_eq!(type_text(&CType::VOID.pointer().pointer()), "void * *");
        let rows = CType::Array(Box::new(CType::Array(Box::new(CType::INT), 3)), 2);
        assert_eq!(type_text(&rows), "int [2][3]");
    }
}
