//! Numbers, names, registers, `sizeof` and the macros.

use super::ctype::CType;
use super::parser::{Parser, identifier, type_name};
use super::value::Typed;
use crate::eval::{EvalError, masm};
use crate::symbols::types::layout::field_of;
use crate::symbols::types::{Base, BaseKind, Type};

impl<'t> Parser<'t, '_> {
    pub(super) fn primary(&mut self) -> Result<Typed, EvalError> {
        let at = self.rest.trim_start();
        self.rest = at;
        match at.chars().next() {
            Some('(') => {
                self.need("(")?;
                let value = self.expression()?;
                self.need(")")?;
                Ok(value)
            }
            Some('@') => self.at_sign(),
            Some('#') => {
                self.need("#")?;
                self.macros()
            }
            Some('\'') => self.character(),
            Some(c) if c.is_ascii_digit() => self.number(),
            Some(_) => self.word(),
            None => self.syntax(),
        }
    }

    /// `@rip`, `@$proc`, `@@masm(...)`, `@@c++(...)`, `@!"module!name"`.
    fn at_sign(&mut self) -> Result<Typed, EvalError> {
        let at = self.rest;
        if self.take("@@masm(") || self.take("@@(") {
            if self.rest.matches("@@").count() > masm::MAX_SWITCHES {
                return Err(EvalError::TooDeep(at.to_owned()));
            }
            let (value, rest) = masm::evaluate_prefix(self.rest, self.host)?;
            self.rest = rest;
            self.need(")")?;
            return Ok(Typed::number(CType::I64, value));
        }
        if self.take("@@c++(") {
            let value = self.expression()?;
            self.need(")")?;
            return Ok(value);
        }
        if self.take("@!\"") {
            let end = self.rest.find('"').ok_or_else(|| EvalError::Syntax(at.to_owned()))?;
            let (name, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
            self.rest = rest.get(1..).unwrap_or_default();
            return self.symbol(name, at);
        }
        self.take("@");
        let name = self.name();
        let value = (!name.is_empty()).then(|| self.host.register(name)).flatten();
        let value = value.ok_or_else(|| EvalError::Register(at.trim_end().to_owned()))?;
        let pointed = self.host.register_type(name).and_then(|ty| self.host.find_type(ty));
        Ok(match pointed {
            Some(found) => Typed::number(CType::of(&found).pointer(), value),
            None => Typed::number(CType::U64, value),
        })
    }

    fn character(&mut self) -> Result<Typed, EvalError> {
        let at = self.rest;
        let mut chars = at.chars().skip(1);
        match (chars.next(), chars.next()) {
            (Some(c), Some('\'')) => {
                self.rest = at.get(2 + c.len_utf8()..).unwrap_or_default();
                Ok(Typed::number(CType::Base(Base::new(BaseKind::Char, 1)), u64::from(u32::from(c))))
            }
            _ => self.syntax(),
        }
    }

    /// Decimal unless prefixed; `0` alone before digits is octal. Suffixes say the type.
    fn number(&mut self) -> Result<Typed, EvalError> {
        let at = self.rest;
        let word = identifier_or_number(at);
        self.rest = at.get(word.len()..).unwrap_or_default();
        let lower: String = word.to_ascii_lowercase().replace('`', "");
        let (digits, base) = match lower.as_bytes() {
            [b'0', b'x', ..] => (lower.get(2..), 16),
            [b'0', b'n', ..] => (lower.get(2..), 10),
            [b'0', b't', ..] => (lower.get(2..), 8),
            [b'0', b'y', ..] => (lower.get(2..), 2),
            [b'0', _, ..] if !lower.contains(['u', 'l', 'i']) => (lower.get(1..), 8),
            _ => (lower.get(..), 10),
        };
        let digits = digits.unwrap_or_default();
        let end = digits.find(|c: char| !c.is_digit(base)).unwrap_or(digits.len());
        let (digits, suffix) = digits.split_at_checked(end).unwrap_or((digits, ""));
        if digits.is_empty()
            || !matches!(suffix, "" | "u" | "l" | "ul" | "lu" | "ll" | "ull" | "i64" | "ui64")
        {
            return Err(EvalError::Syntax(at.to_owned()));
        }
        let value = u64::from_str_radix(digits, base).map_err(|_| EvalError::Overflow(at.to_owned()))?;
        let unsigned =
            suffix.starts_with('u') || suffix.ends_with('u') || (base != 10 && value > i64::MAX as u64);
        let wide = suffix.contains("ll") || suffix.contains("64") || value > u64::from(u32::MAX);
        let ty = match (wide, unsigned) {
            (true, true) => CType::U64,
            (true, false) => CType::I64,
            (false, true) => CType::Base(Base::new(BaseKind::UInt, 4)),
            (false, false) if value > i32::MAX as u64 && base == 10 => CType::I64,
            (false, false) if value > i32::MAX as u64 => CType::Base(Base::new(BaseKind::UInt, 4)),
            (false, false) => CType::INT,
        };
        Ok(Typed::number(ty, value))
    }

    /// A keyword or a symbol.
    fn word(&mut self) -> Result<Typed, EvalError> {
        let at = self.rest;
        let name = self.name();
        match name {
            "" => Err(EvalError::Syntax(at.to_owned())),
            "sizeof" => self.size_of(),
            "true" | "false" => Ok(Typed::number(CType::BOOL, u64::from(name == "true"))),
            "FIELD_OFFSET" | "CONTAINING_RECORD" => {
                self.rest = at;
                self.macros()
            }
            _ => self.symbol(name, at),
        }
    }

    /// A variable is its value, the selected frame's own first; a function, or a name without a type, its address.
    fn symbol(&self, name: &str, at: &str) -> Result<Typed, EvalError> {
        if let Some(local) = self.host.local(name) {
            return local;
        }
        let (address, ty) =
            self.host.variable(name).ok_or_else(|| EvalError::Unresolved(at.trim_end().to_owned()))?;
        Ok(match ty {
            Some(found) if matches!(found.get(), Some(Type::Function(_))) => {
                Typed::number(CType::Named(found).pointer(), address)
            }
            Some(found) => Typed::at(CType::of(&found), address),
            None => Typed::number(CType::VOID.pointer(), address),
        })
    }

    fn size_of(&mut self) -> Result<Typed, EvalError> {
        let at = self.rest;
        let bracket = self.rest.trim_start().strip_prefix('(');
        let named = bracket.and_then(|inner| {
            let (ty, rest) = type_name(inner, self.host)?;
            Some((ty, rest.trim_start().strip_prefix(')')?))
        });
        let ty = match named {
            Some((ty, rest)) => {
                self.rest = rest;
                ty
            }
            None => self.unary()?.ty,
        };
        let size = ty
            .size()
            .ok_or_else(|| EvalError::Type(format!("the size of {} is not known, in '{at}'", ty.name())))?;
        Ok(Typed::number(CType::U64, size))
    }

    /// `FIELD_OFFSET(type, member)` and `CONTAINING_RECORD(address, type, member)`.
    fn macros(&mut self) -> Result<Typed, EvalError> {
        let at = self.rest;
        match self.name() {
            "FIELD_OFFSET" => {
                self.need("(")?;
                let (_, offset) = self.type_and_member()?;
                self.need(")")?;
                Ok(Typed::number(CType::LONG, offset))
            }
            "CONTAINING_RECORD" => {
                self.need("(")?;
                let address = self.expression()?.decay(self.host, at)?.load(self.host, at)?;
                self.need(",")?;
                let (ty, offset) = self.type_and_member()?;
                self.need(")")?;
                Ok(Typed::number(ty.pointer(), address.wrapping_sub(offset)))
            }
            name => Err(EvalError::Unresolved(format!("#{name}"))),
        }
    }

    fn type_and_member(&mut self) -> Result<(CType, u64), EvalError> {
        let at = self.rest;
        let (ty, rest) =
            type_name(self.rest, self.host).ok_or_else(|| EvalError::Unresolved(at.to_owned()))?;
        self.rest = rest;
        self.need(",")?;
        let text = self.rest.trim_start();
        let end = text.find([')', ',']).unwrap_or(text.len());
        let (member, rest) = text.split_at_checked(end).unwrap_or((text, ""));
        self.rest = rest;
        let member = member.trim();
        let CType::Named(found) = &ty else {
            return Err(EvalError::Type(format!(
                "{} has no members, so none is called '{member}'",
                ty.name()
            )));
        };
        let located = field_of(&*found.source, found.id, member);
        let located = located.ok_or_else(|| EvalError::Member {
            name: member.to_owned(),
            ty: ty.name(),
            text: at.trim_end().to_owned(),
        })?;
        Ok((ty, located.offset))
    }
}

/// Digits with what touches them.
fn identifier_or_number(text: &str) -> &str {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '`')).unwrap_or(text.len());
    let word = text.get(..end).unwrap_or_default();
    if word.is_empty() { identifier(text) } else { word }
}
