//! The methods of lists, as "LINQ with the debugger objects" names them.

use super::canon::Canon;
use super::error::ModelError;
use super::evaluate::kind;
use super::machine::Model;
use super::value::{Item, List, Object, Source, Value, Wish};
use crate::eval::Fault;
use crate::eval::cxx::CType;
use std::ops::ControlFlow::{Break, Continue};
use std::sync::Arc;

/// The methods of lists.
pub(super) const METHODS: &[&str] = &[
    "All",
    "AllNonError",
    "Any",
    "Concat",
    "Contains",
    "Count",
    "Distinct",
    "Except",
    "First",
    "FirstNonError",
    "Flatten",
    "GroupBy",
    "Intersect",
    "Last",
    "LastNonError",
    "Max",
    "Min",
    "OrderBy",
    "OrderByDescending",
    "Select",
    "SelectMany",
    "SequenceEqual",
    "Single",
    "Skip",
    "SkipWhile",
    "Sum",
    "Take",
    "TakeWhile",
    "ToDisplayString",
    "Union",
    "Where",
];

impl Model<'_> {
    /// What a method makes of a value.
    pub(super) fn method(&self, of: &Value, name: &str, arguments: &[Value]) -> Result<Value, ModelError> {
        if let Value::Error(why) = of {
            return Err((**why).clone());
        }
        if name == "ToDisplayString" {
            let specifier = match arguments {
                [] => Arc::from(""),
                [specifier] => text(specifier, name)?,
                _ => return Err(count(name, "0 or 1", arguments)),
            };
            return Ok(Value::text(self.shown(of, &specifier)?));
        }
        match of {
            Value::Text(of) => self.text_method(of, name, arguments),
            Value::List(list) => self.list_method(list, name, arguments),
            Value::Native(native) if matches!(native.typed.ty, CType::Array(..)) => {
                match Value::list(Source::Array(native.clone()))? {
                    Value::List(list) => self.list_method(&list, name, arguments),
                    other => Ok(other),
                }
            }
            Value::Object(object) => self.object_method(object, name, arguments),
            // A member that is a function.
            _ => match self.member(of, name) {
                Ok(function @ Value::Lambda(_)) => self.call(&function, arguments),
                Ok(other) => Err(kind("a call", "a function", &other)),
                Err(error) => Err(error),
            },
        }
    }

    fn object_method(&self, object: &Object, name: &str, arguments: &[Value]) -> Result<Value, ModelError> {
        match (object, name, arguments) {
            (Object::Process(_) | Object::Thread(_), "SwitchTo", []) => {
                self.wish.replace(Some(Wish::SwitchTo(object.clone())));
                Ok(Value::Nothing)
            }
            (Object::Frame(frame), "SwitchTo", []) => match frame.current {
                true => {
                    self.wish.replace(Some(Wish::SwitchTo(object.clone())));
                    Ok(Value::Nothing)
                }
                false => Err(ModelError::Kind {
                    what: "SwitchTo".to_owned(),
                    wanted: "a frame of the current thread",
                    got: "one of another thread, which has to be switched to first".to_owned(),
                }),
            },
            (Object::Variables, "Remove", [name]) => {
                let name = text(name, "Remove")?;
                let was = self.variables.get(&name).is_some();
                self.wish.replace(Some(Wish::Forget(name)));
                Ok(Value::is(was))
            }
            (Object::Collections, "FromListEntry", [head, ty, member]) => self.linked(head, ty, member),
            _ => Err(self.unknown(&Value::Object(object.clone()), name)),
        }
    }

    /// The structures that a `_LIST_ENTRY` links.
    fn linked(&self, head: &Value, ty: &Value, member: &Value) -> Result<Value, ModelError> {
        let name = "FromListEntry";
        let head = self.native(head.clone(), name)?;
        let address = match (&head.typed.ty, head.typed.address()) {
            (CType::Named(_), Some(address)) => address,
            _ => self.loaded(&head)?,
        };
        let (ty, member) = (text(ty, name)?, text(member, name)?);
        let ty = self.eyes(None).scope().find_type(&ty)?;
        Value::list(Source::Linked { head: address, of: head.of, ty, member })
    }

    fn list_method(&self, list: &Arc<List>, name: &str, arguments: &[Value]) -> Result<Value, ModelError> {
        let of = || Arc::clone(list);
        let function = || match arguments {
            [function] => lambda(function, name),
            _ => Err(count(name, "1", arguments)),
        };
        let maybe = || match arguments {
            [] => Ok(None),
            [function] => lambda(function, name).map(Some),
            _ => Err(count(name, "0 or 1", arguments)),
        };
        let other = || match arguments {
            [Value::List(other)] => Ok(Arc::clone(other)),
            [other] => Err(kind(name, "a list", other)),
            _ => Err(count(name, "1", arguments)),
        };
        let how_many = || match arguments {
            [number] => self.loaded(&self.native(number.clone(), name)?),
            _ => Err(count(name, "1", arguments)),
        };
        match name {
            "Where" => Value::list(Source::Where(of(), function()?)),
            "Select" => Value::list(Source::Select(of(), function()?)),
            "SelectMany" => Value::list(Source::SelectMany(of(), function()?)),
            "GroupBy" => Value::list(Source::Grouped(of(), function()?)),
            "Flatten" => Value::list(Source::Flatten(of(), maybe()?)),
            "SkipWhile" => Value::list(Source::SkipWhile(of(), function()?)),
            "TakeWhile" => Value::list(Source::TakeWhile(of(), function()?)),
            "Skip" => Value::list(Source::Skip(of(), how_many()?)),
            "Take" => Value::list(Source::Take(of(), how_many()?)),
            "Concat" => Value::list(Source::Concat(of(), other()?)),
            "Except" => Value::list(Source::Distinct(of(), Some((other()?, false)))),
            "Intersect" => Value::list(Source::Distinct(of(), Some((other()?, true)))),
            "Union" => match Value::list(Source::Concat(of(), other()?))? {
                Value::List(both) => Value::list(Source::Distinct(both, None)),
                value => Ok(value),
            },
            "Distinct" => match arguments {
                [] => Value::list(Source::Distinct(of(), None)),
                _ => Err(count(name, "0", arguments)),
            },
            "OrderBy" | "OrderByDescending" => {
                let (key, comparer) = match arguments {
                    [key] => (lambda(key, name)?, None),
                    [key, comparer] => (lambda(key, name)?, Some(lambda(comparer, name)?)),
                    _ => return Err(count(name, "1 or 2", arguments)),
                };
                let descending = name != "OrderBy";
                Value::list(Source::Ordered { of: of(), key, comparer, descending })
            }
            "First" => self.edge(list, maybe()?.as_ref(), false, "First"),
            "FirstNonError" => self.edge(list, maybe()?.as_ref(), true, "FirstNonError"),
            "Last" | "LastNonError" => self.last(list, maybe()?.as_ref(), name == "LastNonError"),
            "Single" => self.single(list, maybe()?.as_ref()),
            "Any" => self.any(list, maybe()?.as_ref()),
            "All" => self.every(list, &function()?, false),
            "AllNonError" => self.every(list, &function()?, true),
            "Count" => {
                let mut count = 0u64;
                let predicate = maybe()?;
                let _ = self.each(list, &mut |item| {
                    let counts = match &predicate {
                        Some(predicate) => self.holds(predicate, &item)?,
                        None => self.known(&item)?,
                    };
                    count += u64::from(counts);
                    Ok(Continue(()))
                })?;
                Ok(Value::number(count))
            }
            "Sum" | "Min" | "Max" => self.fold(list, name, maybe()?.as_ref()),
            "Contains" => match arguments {
                [wanted] => self.contains(list, &self.canon(wanted, name)?),
                _ => Err(count(name, "1", arguments)),
            },
            "SequenceEqual" => {
                let canons = |list: &List| -> Result<Vec<Canon>, ModelError> {
                    self.all(list)?.iter().map(|item| self.canon(&item.value, name)).collect()
                };
                Ok(Value::is(canons(list)? == canons(&*other()?)?))
            }
            _ => Err(self.unknown(&Value::List(of()), name)),
        }
    }

    /// An element that is known; why it is not ends what would count it.
    fn known(&self, item: &Item) -> Result<bool, ModelError> {
        match &item.value {
            Value::Error(why) => Err((**why).clone()),
            _ => Ok(true),
        }
    }

    /// Whether an element is asked for; of one that is an error that is not known.
    fn wanted(&self, item: &Item, predicate: Option<&Value>) -> Result<bool, ModelError> {
        match predicate {
            Some(predicate) => self.holds(predicate, item),
            None => self.known(item),
        }
    }

    fn edge(
        &self,
        list: &List,
        predicate: Option<&Value>,
        passes_errors: bool,
        method: &'static str,
    ) -> Result<Value, ModelError> {
        let mut found = None;
        let _ = self.each(list, &mut |item| match self.wanted(&item, predicate) {
            Ok(true) => {
                found = Some(item.value);
                Ok(Break(()))
            }
            Ok(false) => Ok(Continue(())),
            Err(error) if passes_errors && error.is_lack() => Ok(Continue(())),
            Err(error) => Err(error),
        })?;
        found.ok_or(ModelError::Empty { method })
    }

    fn last(&self, list: &List, predicate: Option<&Value>, passes_errors: bool) -> Result<Value, ModelError> {
        let mut found = Err(ModelError::Empty { method: "Last" });
        let _ = self.each(list, &mut |item| {
            match self.wanted(&item, predicate) {
                Ok(true) => found = Ok(item.value),
                Ok(false) => {}
                Err(error) if !error.is_lack() => return Err(error),
                Err(_) if passes_errors => {}
                Err(error) => found = Err(error),
            }
            Ok(Continue(()))
        })?;
        found
    }

    fn single(&self, list: &List, predicate: Option<&Value>) -> Result<Value, ModelError> {
        let mut found = None;
        let _ = self.each(list, &mut |item| {
            if self.wanted(&item, predicate)? && found.replace(item.value).is_some() {
                return Err(ModelError::Several { method: "Single" });
            }
            Ok(Continue(()))
        })?;
        found.ok_or(ModelError::Empty { method: "Single" })
    }

    /// One is enough; where none is found, what could not be asked might have been one.
    fn any(&self, list: &List, predicate: Option<&Value>) -> Result<Value, ModelError> {
        let (mut found, mut lost) = (false, None);
        let _ = self.each(list, &mut |item| match self.wanted(&item, predicate) {
            Ok(true) => {
                found = true;
                Ok(Break(()))
            }
            Ok(false) => Ok(Continue(())),
            Err(error) if error.is_lack() => {
                lost = Some(error);
                Ok(Continue(()))
            }
            Err(error) => Err(error),
        })?;
        match lost {
            Some(error) if !found => Err(error),
            _ => Ok(Value::is(found)),
        }
    }

    fn every(&self, list: &List, predicate: &Value, passes_errors: bool) -> Result<Value, ModelError> {
        let (mut holds, mut lost) = (true, None);
        let _ = self.each(list, &mut |item| match self.holds(predicate, &item) {
            Ok(true) => Ok(Continue(())),
            Ok(false) => {
                holds = false;
                Ok(Break(()))
            }
            Err(error) if error.is_lack() => {
                lost = Some(error);
                Ok(Continue(()))
            }
            Err(error) => Err(error),
        })?;
        match lost {
            Some(error) if holds && !passes_errors => Err(error),
            _ => Ok(Value::is(holds)),
        }
    }

    fn contains(&self, list: &List, wanted: &Canon) -> Result<Value, ModelError> {
        let (mut found, mut lost) = (false, None);
        let _ = self.each(list, &mut |item| match self.canon(&item.value, "Contains") {
            Ok(canon) if canon == *wanted => {
                found = true;
                Ok(Break(()))
            }
            Err(error) if error.is_lack() => {
                lost = Some(error);
                Ok(Continue(()))
            }
            outcome => outcome.map(|_| Continue(())),
        })?;
        match lost {
            Some(error) if !found => Err(error),
            _ => Ok(Value::is(found)),
        }
    }

    fn fold(&self, list: &List, name: &str, function: Option<&Value>) -> Result<Value, ModelError> {
        let mut result: Option<Value> = None;
        let _ = self.each(list, &mut |item| {
            self.known(&item)?;
            let value = match function {
                Some(function) => self.call(function, &[item.value])?,
                None => item.value,
            };
            let fail = |fault: Fault| crate::eval::EvalError::new(fault, name).into();
            result = Some(match (result.take(), name) {
                (None, _) => value,
                (Some(so_far), "Sum") => self.binary("+", so_far, value, fail)?,
                (Some(so_far), _) => {
                    let less = self.canon(&value, "Min and Max")? < self.canon(&so_far, "Min and Max")?;
                    if less == (name == "Min") { value } else { so_far }
                }
            });
            Ok(Continue(()))
        })?;
        match (result, name) {
            (None, "Sum") => Ok(Value::number(0)),
            (None, "Min") => Err(ModelError::Empty { method: "Min" }),
            (None, _) => Err(ModelError::Empty { method: "Max" }),
            (Some(value), _) => Ok(value),
        }
    }
}

fn lambda(value: &Value, method: &str) -> Result<Value, ModelError> {
    match value {
        Value::Lambda(_) => Ok(value.clone()),
        other => Err(kind(method, "a function, as in p => p.Name", other)),
    }
}

/// An argument that is a text.
pub(super) fn text(value: &Value, method: &str) -> Result<Arc<str>, ModelError> {
    match value {
        Value::Text(text) => Ok(Arc::clone(text)),
        Value::Error(why) => Err((**why).clone()),
        other => Err(kind(method, "a string", other)),
    }
}

/// Too many arguments, or too few.
pub(super) fn count(what: &str, wanted: &str, got: &[Value]) -> ModelError {
    ModelError::Arguments { what: what.to_owned(), wanted: wanted.to_owned(), got: got.len() }
}
