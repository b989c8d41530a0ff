//! The elements of lists, one after the other, no further than somebody asks.

use super::canon::Canon;
use super::error::ModelError;
use super::machine::Model;
use super::value::{Item, List, Object, Source, Value};
use std::ops::ControlFlow::{self, Break, Continue};

/// The most elements that are kept at a time, and that a tree is walked for.
pub(super) const MAX_ITEMS: usize = 1 << 18;

/// Whether who visits elements wants more of them.
pub(super) type More = Result<ControlFlow<()>, ModelError>;
/// Who visits elements.
pub(super) type Visit<'v> = &'v mut dyn FnMut(Item) -> More;

/// An element with a number.
pub(super) fn numbered(key: u64, value: Value) -> Item {
    Item { key: Some(Value::number(key)), value }
}

/// An element of which the dump does not tell what it is.
pub(super) fn lacking(key: Option<Value>, why: impl Into<ModelError>) -> Result<Item, ModelError> {
    Ok(Item { key, value: Value::of(Err(why.into()))? })
}

/// Visits elements that are there.
fn handed(items: impl Iterator<Item = Item>, visit: Visit<'_>) -> More {
    for item in items {
        if visit(item)?.is_break() {
            return Ok(Break(()));
        }
    }
    Ok(Continue(()))
}

impl Model<'_> {
    /// Visits the elements of a list.
    ///
    /// # Errors
    /// What `visit` fails with, the list's own functions, that there are too many. What the dump does not tell of one
    /// element is that element.
    pub(super) fn each(&self, list: &List, visit: Visit<'_>) -> More {
        self.deeper(|| self.each_inside(list, visit))
    }

    /// A kind of list is a function of its own: the stack has to hold many of these.
    fn each_inside(&self, list: &List, visit: Visit<'_>) -> More {
        match &list.source {
            Source::Sessions => visit(numbered(0, Value::Object(Object::Session))),
            Source::Processes => self.processes(visit),
            Source::Threads(process) => self.threads(*process, visit),
            Source::Modules(process) => self.modules(*process, visit),
            Source::Handles(process) => self.handles(*process, visit),
            Source::Frames(thread) => self.frames(*thread, visit),
            Source::DeviceTree => self.device_root(visit),
            Source::DevicesBelow(node) => self.devices(*node, visit),
            Source::Array(array) => self.array(array, visit),
            Source::Linked { head, of, ty, member } => self.linked_from(*head, *of, ty, member, visit),
            Source::Items(items) => handed(items.iter().cloned(), visit),
            Source::Where(list, predicate) => self.filtered(list, predicate, visit),
            Source::Select(list, function) => self.projected(list, function, visit),
            Source::SelectMany(list, function) => self.projected_many(list, function, visit),
            Source::Flatten(list, function) => {
                self.flatten(list, function.as_ref(), &mut { MAX_ITEMS }, visit)
            }
            Source::Ordered { of, key, comparer, descending } => {
                handed(self.ordered(of, key, comparer.as_ref(), *descending)?.into_iter(), visit)
            }
            Source::Grouped(list, key) => self.grouped(list, key, visit),
            Source::Skip(list, count) => self.skipped(list, *count, visit),
            Source::Take(list, count) => self.taken(list, *count, visit),
            Source::SkipWhile(list, predicate) => self.skipped_while(list, predicate, visit),
            Source::TakeWhile(list, predicate) => self.taken_while(list, predicate, visit),
            Source::Concat(a, b) => match self.each(a, visit)? {
                Continue(()) => self.each(b, visit),
                broken => Ok(broken),
            },
            Source::Distinct(list, other) => self.distinct(list, other.as_ref(), visit),
        }
    }

    fn filtered(&self, list: &List, predicate: &Value, visit: Visit<'_>) -> More {
        self.each(list, &mut |item| match self.holds(predicate, &item) {
            Ok(true) => visit(item),
            Ok(false) => Ok(Continue(())),
            Err(error) => visit(lacking(item.key, error)?),
        })
    }

    fn projected(&self, list: &List, function: &Value, visit: Visit<'_>) -> More {
        self.each(list, &mut |item| {
            let value = self.made(function, item.value)?;
            visit(Item { key: item.key, value })
        })
    }

    fn projected_many(&self, list: &List, function: &Value, visit: Visit<'_>) -> More {
        self.each(list, &mut |item| match self.made(function, item.value)? {
            Value::List(inner) => self.each(&inner, &mut |item| visit(Item { key: None, ..item })),
            value => visit(Item { key: None, value }),
        })
    }

    fn skipped(&self, list: &List, count: u64, visit: Visit<'_>) -> More {
        let mut left = count;
        self.each(list, &mut |item| match left {
            0 => visit(item),
            _ => {
                left -= 1;
                Ok(Continue(()))
            }
        })
    }

    fn taken(&self, list: &List, count: u64, visit: Visit<'_>) -> More {
        let (mut left, mut outcome) = (count, Continue(()));
        if left == 0 {
            return Ok(outcome);
        }
        let _ = self.each(list, &mut |item| {
            left -= 1;
            outcome = visit(item)?;
            Ok(if left == 0 { Break(()) } else { outcome })
        })?;
        Ok(outcome)
    }

    fn skipped_while(&self, list: &List, predicate: &Value, visit: Visit<'_>) -> More {
        let mut skipping = true;
        self.each(list, &mut |item| {
            skipping = skipping && self.holds(predicate, &item)?;
            if skipping { Ok(Continue(())) } else { visit(item) }
        })
    }

    fn taken_while(&self, list: &List, predicate: &Value, visit: Visit<'_>) -> More {
        let mut outcome = Continue(());
        let _ = self.each(list, &mut |item| {
            if !self.holds(predicate, &item)? {
                return Ok(Break(()));
            }
            outcome = visit(item)?;
            Ok(outcome)
        })?;
        Ok(outcome)
    }

    /// Whether a predicate holds of an element.
    pub(super) fn holds(&self, predicate: &Value, item: &Item) -> Result<bool, ModelError> {
        match &item.value {
            Value::Error(why) => Err((**why).clone()),
            value => self.truth(&self.call(predicate, std::slice::from_ref(value))?),
        }
    }

    /// What a function makes of an element; an error stays what it is.
    pub(super) fn made(&self, function: &Value, value: Value) -> Result<Value, ModelError> {
        match value {
            Value::Error(_) => Ok(value),
            value => Value::of(self.call(function, &[value])),
        }
    }

    /// All elements of a list.
    ///
    /// # Errors
    /// As [`Model::each`]; more than are kept.
    pub(super) fn all(&self, list: &List) -> Result<Vec<Item>, ModelError> {
        let mut items = Vec::new();
        let _ = self.each(list, &mut |item| {
            if items.len() >= MAX_ITEMS {
                return Err(ModelError::TooMuch { what: "a list", limit: MAX_ITEMS });
            }
            items.push(item);
            Ok(Continue(()))
        })?;
        Ok(items)
    }

    /// So many elements from a place on, and whether there are more.
    ///
    /// # Errors
    /// As [`Model::each`].
    pub fn page(&self, list: &List, first: u64, count: usize) -> Result<(Vec<Item>, bool), ModelError> {
        let (mut at, mut items, mut more) = (0, Vec::new(), false);
        let _ = self.each(list, &mut |item| {
            at += 1;
            if at <= first {
                return Ok(Continue(()));
            }
            if items.len() >= count {
                more = true;
                return Ok(Break(()));
            }
            let key = item.key.or_else(|| Some(Value::number(at - 1)));
            items.push(Item { key, value: item.value });
            Ok(Continue(()))
        })?;
        Ok((items, more))
    }

    /// The element of a list that has a key.
    pub(super) fn element(&self, list: &List, key: &Value) -> Result<Value, ModelError> {
        let wanted = self.canon(key, "[]")?;
        let (mut found, mut place, mut broken) = (None, 0, None);
        let _ = self.each(list, &mut |item| {
            let own = item.key.unwrap_or_else(|| Value::number(place));
            place += 1;
            if let (Value::Error(why), None) = (&item.value, &broken) {
                broken = Some((**why).clone());
            }
            let is = self.canon(&own, "[]").is_ok_and(|own| own == wanted)
                || matches!((&wanted, &item.value), (Canon::Text(name), Value::Object(Object::Module(module)))
                    if module.name.eq_ignore_ascii_case(name) || module.image_name.eq_ignore_ascii_case(name));
            if is {
                found = Some(item.value);
                return Ok(Break(()));
            }
            Ok(Continue(()))
        })?;
        let missing = || ModelError::NoElement {
            list: "the list".to_owned(),
            key: self.shown(key, "").unwrap_or_default(),
        };
        // In a list that is not whole it may be there all the same.
        match found {
            Some(Value::Error(why)) => Err((*why).clone()),
            Some(value) => Ok(value),
            None => Err(broken.unwrap_or_else(missing)),
        }
    }

    fn flatten(&self, list: &List, function: Option<&Value>, left: &mut usize, visit: Visit<'_>) -> More {
        self.deeper(|| {
            self.each(list, &mut |item| {
                *left =
                    left.checked_sub(1).ok_or(ModelError::TooMuch { what: "a tree", limit: MAX_ITEMS })?;
                let below = match (function, &item.value) {
                    (None, Value::List(inner)) => return self.flatten(inner, None, left, visit),
                    (None, _) | (_, Value::Error(_)) => None,
                    (Some(function), value) => Some(self.made(function, value.clone())?),
                };
                if visit(Item { key: None, ..item })?.is_break() {
                    return Ok(Break(()));
                }
                match below {
                    Some(Value::List(inner)) => self.flatten(&inner, function, left, visit),
                    Some(error @ Value::Error(_)) => visit(Item { key: None, value: error }),
                    _ => Ok(Continue(())),
                }
            })
        })
    }
}
