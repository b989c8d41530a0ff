//! Operators, members and casts.

use super::ctype::{CType, well_known};
use super::value::{Typed, binary, cast, unary};
use crate::eval::{EvalError, EvalHost};
use crate::symbols::types::layout::field_of;
use crate::symbols::types::{Base, BaseKind};

/// Expressions nested deeper than this are refused.
const MAX_DEPTH: usize = 64;

/// Binary operators by how tightly they bind, loosest first; longer spellings before their beginnings.
const LEVELS: &[&[&str]] = &[
    &["||"],
    &["&&"],
    &["|"],
    &["^"],
    &["&"],
    &["==", "!="],
    &["<=", ">=", "<", ">"],
    &["<<", ">>"],
    &["+", "-"],
    &["*", "/", "%"],
];

pub(super) struct Parser<'t, 'h> {
    pub(super) rest: &'t str,
    pub(super) host: &'h dyn EvalHost,
    depth: usize,
}

/// Evaluates the expression at the start of `text`; returns it with what follows.
pub(super) fn parse<'t>(text: &'t str, host: &dyn EvalHost) -> Result<(Typed, &'t str), EvalError> {
    let mut parser = Parser { rest: text, host, depth: 0 };
    let value = parser.expression()?;
    Ok((value, parser.rest))
}

impl<'t> Parser<'t, '_> {
    pub(super) fn syntax<T>(&self) -> Result<T, EvalError> {
        Err(EvalError::Syntax(self.rest.to_owned()))
    }

    /// Takes `text` if it stands next.
    pub(super) fn take(&mut self, text: &str) -> bool {
        let rest = self.rest.trim_start();
        match rest.strip_prefix(text) {
            Some(after) => {
                self.rest = after;
                true
            }
            None => false,
        }
    }

    pub(super) fn need(&mut self, text: &str) -> Result<(), EvalError> {
        if self.take(text) { Ok(()) } else { self.syntax() }
    }

    /// An expression with `?:`.
    pub(super) fn expression(&mut self) -> Result<Typed, EvalError> {
        let at = self.rest;
        let condition = self.level(0)?;
        if !self.take("?") {
            return Ok(condition);
        }
        let yes = self.nested(Self::expression)?;
        self.need(":")?;
        let no = self.nested(Self::expression)?;
        Ok(if condition.load(self.host, at)? != 0 { yes } else { no })
    }

    /// Operators that bind at least as tightly as `level`.
    fn level(&mut self, level: usize) -> Result<Typed, EvalError> {
        let mut left = self.unary()?;
        while let Some((operator, binds)) = self.operator().filter(|(_, binds)| *binds >= level) {
            let at = self.rest;
            self.take(operator);
            let right = self.level(binds + 1)?;
            left = match operator {
                "&&" | "||" => {
                    let (a, b) = (left.load(self.host, at)? != 0, right.load(self.host, at)? != 0);
                    let is = if operator == "&&" { a && b } else { a || b };
                    Typed::number(CType::BOOL, u64::from(is))
                }
                _ => binary(operator, &left, &right, self.host, at)?,
            };
        }
        Ok(left)
    }

    /// The operator that stands next, the longest that fits, and how tightly it binds.
    fn operator(&self) -> Option<(&'static str, usize)> {
        let text = self.rest.trim_start();
        let all = LEVELS
            .iter()
            .enumerate()
            .flat_map(|(binds, level)| level.iter().map(move |operator| (*operator, binds)));
        all.filter(|(operator, _)| text.starts_with(operator)).max_by_key(|(operator, _)| operator.len())
    }

    pub(super) fn unary(&mut self) -> Result<Typed, EvalError> {
        self.nested(Self::unary_inner)
    }

    /// One level deeper, unless that is deeper than any person writes.
    fn nested(
        &mut self,
        parse: impl FnOnce(&mut Self) -> Result<Typed, EvalError>,
    ) -> Result<Typed, EvalError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(EvalError::TooDeep(self.rest.to_owned()));
        }
        let value = parse(self);
        self.depth -= 1;
        value
    }

    fn unary_inner(&mut self) -> Result<Typed, EvalError> {
        let at = self.rest.trim_start();
        self.rest = at;
        let first = at.chars().next();
        match first {
            Some(sign @ ('-' | '+' | '~' | '!')) => {
                self.rest = at.get(1..).unwrap_or_default();
                let of = self.unary()?;
                unary(sign, &of, self.host, at)
            }
            Some('*') => {
                self.rest = at.get(1..).unwrap_or_default();
                let of = self.unary()?;
                self.dereference(&of, at)
            }
            Some('&') => {
                self.rest = at.get(1..).unwrap_or_default();
                if let Some(untyped) = self.untyped_symbol() {
                    return Ok(untyped);
                }
                let of = self.unary()?;
                let address = of.address().ok_or_else(|| {
                    EvalError::Type(format!("the value of type {} has no address", of.ty.name()))
                })?;
                Ok(Typed::number(of.ty.pointer(), address))
            }
            Some('(') => match self.cast_type() {
                Some((ty, after)) => {
                    self.rest = after;
                    let of = self.unary()?;
                    cast(ty, &of, self.host, at)
                }
                None => self.postfix(),
            },
            _ => self.postfix(),
        }
    }

    /// A symbol without a type, of which only the address is known; takes it off the text.
    fn untyped_symbol(&mut self) -> Option<Typed> {
        let text = self.rest.trim_start();
        let name = identifier(text);
        let after = text.get(name.len()..)?;
        let whole =
            !name.is_empty() && !after.trim_start().starts_with(['.', '[', '(']) && !after.starts_with("->");
        match whole.then(|| self.host.variable(name))?? {
            (address, None) => {
                self.rest = after;
                Some(Typed::number(CType::VOID.pointer(), address))
            }
            _ => None,
        }
    }

    /// `(TYPE)` at the start of what is left, and what follows it.
    fn cast_type(&self) -> Option<(CType, &'t str)> {
        let (ty, rest) = type_name(self.rest.strip_prefix('(')?, self.host)?;
        Some((ty, rest.trim_start().strip_prefix(')')?))
    }

    fn postfix(&mut self) -> Result<Typed, EvalError> {
        let at = self.rest;
        let mut value = self.primary()?;
        loop {
            if self.take("->") {
                let object = self.dereference(&value, at)?;
                value = self.member(&object, at)?;
            } else if self.take("[") {
                let index = self.expression()?;
                self.need("]")?;
                let pointer = binary("+", &value, &index, self.host, at)?;
                value = self.dereference(&pointer, at)?;
            } else if self.rest.starts_with('.') && self.take(".") {
                // The debugger takes `.` after a pointer for `->`.
                let object = match value.ty {
                    CType::Pointer(_) => self.dereference(&value, at)?,
                    _ => value,
                };
                value = self.member(&object, at)?;
            } else {
                return Ok(value);
            }
        }
    }

    fn dereference(&self, of: &Typed, at: &str) -> Result<Typed, EvalError> {
        let pointer = of.decay(self.host, at)?;
        match &pointer.ty {
            CType::Pointer(to) if !matches!(**to, CType::Base(Base { kind: BaseKind::Void, .. })) => {
                Ok(Typed::at((**to).clone(), pointer.load(self.host, at)?))
            }
            ty => Err(EvalError::Type(format!(
                "{} is no pointer to a known type, in '{}'",
                ty.name(),
                at.trim_end()
            ))),
        }
    }

    /// The member whose name stands next.
    fn member(&mut self, of: &Typed, at: &str) -> Result<Typed, EvalError> {
        let name = self.name();
        let (CType::Named(found), Some(address)) = (&of.ty, of.address()) else {
            return Err(EvalError::Type(format!(
                "{} has no members, so none is called '{name}'",
                of.ty.name()
            )));
        };
        let located = field_of(&*found.source, found.id, name).ok_or_else(|| EvalError::Member {
            name: name.to_owned(),
            ty: of.ty.name(),
            text: at.trim_end().to_owned(),
        })?;
        let ty = CType::of(&found.of(located.ty));
        let address = address.wrapping_add(located.offset);
        Ok(Typed { ty, kind: super::Kind::At { address, bits: located.bits } })
    }

    /// The identifier that stands next; empty if there is none.
    pub(super) fn name(&mut self) -> &'t str {
        let text = self.rest.trim_start();
        let name = identifier(text);
        self.rest = text.get(name.len()..).unwrap_or_default();
        name
    }
}

/// The identifier at the start of `text`, with its module and scopes.
pub(super) fn identifier(text: &str) -> &str {
    let mut end = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let scope = c == ':' && text.get(at..).is_some_and(|rest| rest.starts_with("::"));
        let module = c == '!' && at > 0 && !text.get(at..).is_some_and(|rest| rest.starts_with("!="));
        if scope {
            chars.next();
            end = at + 2;
        } else if c.is_alphanumeric() || c == '_' || c == '$' || module {
            end = at + c.len_utf8();
        } else {
            break;
        }
    }
    text.get(..end).unwrap_or_default()
}

/// A type's name with its stars, and what follows it.
pub(super) fn type_name<'t>(text: &'t str, host: &dyn EvalHost) -> Option<(CType, &'t str)> {
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
                named = Some(found.or_else(|| well_known(word))?);
            }
        }
        rest = after;
    }
    let mut ty = match named {
        Some(ty) => ty,
        None => CType::Base(basic(&words)?),
    };
    let mut stars = 0;
    while let Some(after) = rest.strip_prefix('*') {
        stars += 1;
        if stars > MAX_DEPTH {
            return None;
        }
        ty = ty.pointer();
        rest = after.trim_start();
        rest = ["const", "volatile"]
            .iter()
            .find_map(|word| rest.strip_prefix(word))
            .unwrap_or(rest)
            .trim_start();
    }
    if let Some(after) = rest.strip_prefix("(*)") {
        (ty, rest) = dimensions(ty, after)?;
        ty = ty.pointer();
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
