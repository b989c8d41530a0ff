//! Names of types with their stars and dimensions.

use super::ctype::{CType, well_known};
use super::lexer::identifier;
use crate::eval::EvalHost;
use crate::symbols::types::{Base, BaseKind};

/// More stars or dimensions than this are no type.
const MAX_DEPTH: usize = 64;

/// Whose names of integers are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// Those of the debugger's own evaluator: `int64`, and neither `__int64` nor `unsigned` alone.
    Debugger,
    /// C's longer ones, too.
    All,
}

impl Names {
    /// Whether these keywords name a type.
    fn have(self, words: &[&str]) -> bool {
        let is_longer = |word: &&str| word.starts_with("__int");
        self == Names::All || !(words.iter().any(is_longer) || matches!(words, ["unsigned" | "signed"]))
    }
}

/// A type's name with its stars, and what follows it.
pub fn type_name<'t>(text: &'t str, names: Names, host: &dyn EvalHost) -> Option<(CType, &'t str)> {
    let mut rest = text.trim_start();
    let (mut words, mut named): (Vec<&str>, Option<CType>) = (Vec::new(), None);
    loop {
        let template = template(rest).filter(|name| named.is_none() && host.find_type(name).is_some());
        let word = template.unwrap_or(identifier(rest));
        let after = rest.get(word.len()..)?.trim_start();
        // `nt!unsigned char`: links of the debugger put a module even before these.
        let keyword = word.split_once('!').map_or(word, |(_, word)| word);
        match keyword {
            "const" | "volatile" | "struct" | "class" | "union" | "enum" => {}
            "unsigned" | "signed" | "char" | "short" | "int" | "long" | "void" | "bool" | "float"
            | "double" | "wchar_t" | "__int8" | "__int16" | "__int32" | "__int64" | "int64" | "int32"
            | "int16" | "int8" => {
                words.push(keyword);
            }
            "" => break,
            _ if named.is_some() || !words.is_empty() => return None,
            _ => {
                let found = host.find_type(word).map(|found| CType::of(&found));
                named = Some(found.or_else(|| well_known(word, host.pointer_size()))?);
            }
        }
        rest = after;
    }
    let mut ty = match named {
        Some(ty) => ty,
        None if !names.have(&words) => return None,
        None => CType::Base(basic(&words)?),
    };
    let mut stars = 0;
    while let Some(after) = rest.strip_prefix('*') {
        stars += 1;
        if stars > MAX_DEPTH {
            return None;
        }
        ty = ty.pointer_of(host.pointer_size());
        rest = after.trim_start();
        rest = ["const", "volatile"]
            .iter()
            .find_map(|word| rest.strip_prefix(word))
            .unwrap_or(rest)
            .trim_start();
    }
    if let Some(after) = rest.strip_prefix("(*)") {
        (ty, rest) = dimensions(ty, after)?;
        ty = ty.pointer_of(host.pointer_size());
    } else if rest.starts_with('[') {
        (ty, rest) = dimensions(ty, rest)?;
    }
    Some((ty, rest))
}

/// The name at the start of `text` with its template arguments: `mod!Ring<unsigned long,8>::Slot`.
fn template(text: &str) -> Option<&str> {
    let mut end = identifier(text).len();
    text.get(end..)?.strip_prefix('<')?;
    while text.get(end..)?.starts_with('<') {
        let mut depth = 0usize;
        for (at, c) in text.get(end..)?.char_indices() {
            match c {
                '<' => depth += 1,
                '>' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                end += at + 1;
                break;
            }
        }
        if depth > 0 {
            return None;
        }
        let rest = text.get(end..)?;
        if rest.starts_with("::") {
            end += 2 + identifier(rest.get(2..)?).len();
        }
    }
    text.get(..end)
}

/// `[2][3]` after a type.
fn dimensions(element: CType, text: &str) -> Option<(CType, &str)> {
    let mut counts: Vec<u64> = Vec::new();
    let mut rest = text.trim_start();
    while let Some(inner) = rest.strip_prefix('[').filter(|_| counts.len() < MAX_DEPTH) {
        let (count, after) = inner.split_once(']')?;
        counts.push(count.trim().parse().ok()?);
        rest = after.trim_start();
    }
    let outermost_last = counts.into_iter().rev();
    Some((outermost_last.fold(element, |element, count| CType::Array(Box::new(element), count)), rest))
}

/// The basic type that some keywords name.
fn basic(words: &[&str]) -> Option<Base> {
    let has = |word| words.contains(&word);
    let unsigned = has("unsigned");
    let int = |size| Base::new(if unsigned { BaseKind::UInt } else { BaseKind::Int }, size);
    Some(match () {
        () if words.is_empty() => return None,
        () if has("void") => Base::new(BaseKind::Void, 0),
        () if has("bool") => Base::new(BaseKind::Bool, 1),
        () if has("float") => Base::new(BaseKind::Float, 4),
        () if has("double") => Base::new(BaseKind::Float, 8),
        () if has("wchar_t") => Base::new(BaseKind::Wchar, 2),
        () if has("char") || has("__int8") || has("int8") => {
            Base::new(if unsigned { BaseKind::UChar } else { BaseKind::Char }, 1)
        }
        () if has("short") || has("__int16") || has("int16") => int(2),
        () if has("__int64") || has("int64") || words.iter().filter(|word| **word == "long").count() > 1 => {
            int(8)
        }
        () if has("long") => Base::new(if unsigned { BaseKind::ULong } else { BaseKind::Long }, 4),
        () => int(4),
    })
}
