//! The value of a tree.

use super::arithmetic::{Number, binary, cast, is_true, unary};
use super::ctype::CType;
use super::syntax::{Expr, Node};
use super::value::{Kind, Typed};
use crate::debuggee::Place;
use crate::eval::{EvalError, EvalHost, Fault, masm};
use crate::symbols::types::layout::field_of;
use crate::symbols::types::{Base, BaseKind};

/// Walks trees.
#[derive(Clone, Copy)]
pub struct Evaluator<'a> {
    /// The text that the tree was made of.
    text: &'a str,
    host: &'a dyn EvalHost,
    /// Only types are asked for (`sizeof`): nothing is read.
    unread: bool,
}

impl<'a> Evaluator<'a> {
    /// An evaluator for the tree of `text`.
    pub fn new(text: &'a str, host: &'a dyn EvalHost) -> Evaluator<'a> {
        Evaluator { text, host, unread: false }
    }

    fn error(&self, fault: Fault, left: usize) -> EvalError {
        let start = self.text.len().saturating_sub(left);
        EvalError::new(fault, self.text.get(start..).unwrap_or_default())
    }

    /// The tree's value. What lies in memory is not read yet.
    ///
    /// # Errors
    /// Memory that cannot be read on the way, types that do not fit.
    pub fn value(&self, node: &Node) -> Result<Typed, EvalError> {
        let fail = |fault| self.error(fault, node.left);
        match &node.expr {
            Expr::Value(typed) | Expr::Address(typed) => Ok(typed.clone()),
            Expr::Masm(text) => self.masm(text, node.left),
            Expr::Unary(operator, of) => unary(*operator, &self.number(of)?).map_err(fail),
            Expr::Dereference(of) => {
                self.dereference(&self.number(of)?).ok_or_else(|| fail(Fault::Dereference))
            }
            Expr::AddressOf(of) => self.address_of(of, node.left),
            Expr::Binary(operator @ ("&&" | "||"), a, b) => {
                let left = is_true(&self.number(a)?);
                let decided = left == (*operator == "||");
                let is = if decided { left } else { is_true(&self.number(b)?) };
                Ok(Typed::number(CType::BOOL, u64::from(is)))
            }
            Expr::Binary(operator, a, b) => {
                self.binary(operator, a, b).map_err(|(fault, error)| match error {
                    Some(error) => error,
                    None => fail(fault),
                })
            }
            Expr::Conditional(condition, yes, no) => {
                self.value(if is_true(&self.number(condition)?) { yes } else { no })
            }
            Expr::Cast(to, of) => self.cast(to, of).and_then(|cast| cast.map_err(fail)),
            Expr::Index(of, index) => {
                let array = self.value(of)?;
                if let Some(element) = self.held_element(&array, index, of.left)? {
                    return Ok(element);
                }
                let array = self.loaded(&array, of.left)?;
                let moved = binary("+", &array, &self.number(index)?).map_err(fail)?;
                let moved = self.loaded(&moved, node.left)?;
                self.dereference(&moved).ok_or_else(|| fail(Fault::Dereference))
            }
            Expr::Member { of, name, arrow, sign } => self.member(of, name, *arrow, *sign, node.left),
            Expr::SizeOf(of) => {
                let ty = Evaluator { unread: true, ..*self }.value(of)?.ty;
                size_of(&ty, self.host).map_err(fail)
            }
            Expr::Assign(to) => {
                self.value(to)?;
                Err(fail(Fault::Type("nothing is changed in a dump; r sets registers".to_owned())))
            }
            Expr::Macro(text, tree) => {
                Evaluator { text, ..*self }.value(tree).map_err(|error| self.outside(error, node.left))
            }
        }
    }

    /// An error in text that stands for the end of this one before the token that `left` tells.
    fn outside(&self, error: EvalError, left: usize) -> EvalError {
        let after = self.error(Fault::Syntax, left).at;
        EvalError { at: format!("{}{after}", error.at), ..error }
    }

    /// The tree's value, which can be read if it is a number or pointer in memory.
    ///
    /// # Errors
    /// As [`Evaluator::value`].
    pub fn readable(&self, node: &Node) -> Result<Typed, EvalError> {
        let value = self.value(node)?;
        self.loaded(&value, node.left)?;
        Ok(value)
    }

    /// The tree's value, read; an array is a pointer to its first element.
    fn number(&self, node: &Node) -> Result<Number, EvalError> {
        let value = self.value(node)?;
        self.loaded(&value, node.left)
    }

    fn loaded(&self, of: &Typed, left: usize) -> Result<Number, EvalError> {
        let value = match &of.kind {
            Kind::At { .. } if self.unread && of.ty.integer().is_some() => 0,
            _ => of.load(self.host).map_err(|fault| self.error(fault, left))?,
        };
        let ty = match &of.ty {
            CType::Array(element, _) => (**element).clone().pointer_of(self.host.pointer_size()),
            ty => ty.clone(),
        };
        Ok(Number { ty, value })
    }

    /// A number that MASM computes has no sign.
    fn masm(&self, text: &str, left: usize) -> Result<Typed, EvalError> {
        if self.unread {
            return Ok(Typed::number(CType::U64, 0));
        }
        match masm::evaluate(text, self.host) {
            Ok(value) => Ok(Typed::number(CType::U64, value)),
            Err(error) => {
                let after = self.error(Fault::Syntax, left).at;
                Err(EvalError { at: format!("{}){after}", error.at), ..error })
            }
        }
    }

    fn binary(&self, operator: &str, a: &Node, b: &Node) -> Result<Typed, (Fault, Option<EvalError>)> {
        let read = |node: &Node| self.number(node).map_err(|error| (error.fault.clone(), Some(error)));
        let (left, right) = (read(a)?, read(b)?);
        match binary(operator, &left, &right) {
            // The divisor was not read, so it is not known to be zero.
            Err(Fault::Operand) if self.unread => Ok(Typed::number(left.ty, 0)),
            outcome => outcome.map_err(|fault| (fault, None)),
        }
    }

    /// What a pointer to a known type points to.
    fn dereference(&self, pointer: &Number) -> Option<Typed> {
        match &pointer.ty {
            CType::Pointer(to, _) if !matches!(**to, CType::Base(Base { kind: BaseKind::Void, .. })) => {
                Some(Typed::at((**to).clone(), Place::memory(pointer.value)))
            }
            _ => None,
        }
    }

    fn address_of(&self, of: &Node, left: usize) -> Result<Typed, EvalError> {
        let value = self.value(of)?;
        if matches!(of.expr, Expr::Address(_)) {
            return Ok(value);
        }
        let address = value.address().ok_or_else(|| {
            self.error(Fault::Type(format!("a value of type {} has no address", value.ty.name())), left)
        })?;
        Ok(Typed::number(value.ty.pointer_of(self.host.pointer_size()), address))
    }

    fn cast(&self, to: &CType, of: &Node) -> Result<Result<Typed, Fault>, EvalError> {
        let number = self.number(of)?;
        if let Some(cast) = cast(to, &number) {
            return Ok(Ok(cast));
        }
        // A structure cannot be made from a number; what lies somewhere can be looked at as one.
        Ok(match self.value(of)?.place() {
            Some(place) => Ok(Typed::at(to.clone(), place.clone())),
            None => Err(Fault::Type(format!("{} cannot be cast to {}", number.ty.name(), to.name()))),
        })
    }

    fn member(
        &self,
        of: &Node,
        name: &str,
        arrow: bool,
        sign: usize,
        left: usize,
    ) -> Result<Typed, EvalError> {
        let mut object = self.value(of)?;
        if arrow {
            let pointer = self.loaded(&object, of.left)?;
            object = self.dereference(&pointer).ok_or_else(|| self.error(Fault::Arrow, sign))?;
        }
        let (CType::Named(found), Some(place)) = (&object.ty, object.place()) else {
            return Err(self.error(if arrow { Fault::Arrow } else { Fault::Dot }, sign));
        };
        let located = field_of(&*found.source, found.id, name);
        let located = located.ok_or_else(|| self.error(Fault::Member(object.ty.name()), left))?;
        let ty = CType::of(&found.of(located.ty));
        Ok(Typed { ty, kind: Kind::At { place: place.plus(located.offset), bits: located.bits } })
    }

    /// The element of an array that is not in memory, which no pointer can lead to.
    fn held_element(&self, array: &Typed, index: &Node, left: usize) -> Result<Option<Typed>, EvalError> {
        let (CType::Array(element, count), Some(place)) = (&array.ty, array.place()) else {
            return Ok(None);
        };
        let Some(size) = element.size().filter(|_| place.address().is_none()) else {
            return Ok(None);
        };
        let index = self.number(index)?.value;
        let at = Some(index).filter(|index| index < count).and_then(|index| index.checked_mul(size));
        let at = at.ok_or_else(|| self.error(Fault::Dereference, left))?;
        Ok(Some(Typed::at((**element).clone(), place.plus(at))))
    }
}

/// `sizeof` a type.
///
/// # Errors
/// A type that has no size.
pub fn size_of(ty: &CType, host: &dyn EvalHost) -> Result<Typed, Fault> {
    let size = ty.size().ok_or_else(|| Fault::Type(format!("the size of {} is not known", ty.name())))?;
    let base = if host.pointer_size() == 4 { CType::Base(Base::new(BaseKind::UInt, 4)) } else { CType::U64 };
    Ok(Typed::number(base, size))
}
