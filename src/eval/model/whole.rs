//! Lists that need all elements of others before the first of their own: groups, orders, sets.

use super::canon::Canon;
use super::each::{MAX_ITEMS, More, Visit, lacking};
use super::error::ModelError;
use super::machine::Model;
use super::value::{Item, List, Source, Value};
use crate::util::order::Order;
use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow::{Break, Continue};
use std::sync::Arc;

impl Model<'_> {
    pub(super) fn grouped(&self, list: &List, key: &Value, visit: Visit<'_>) -> More {
        let mut places: HashMap<Canon, usize> = HashMap::new();
        let mut groups: Vec<(Value, Vec<Item>)> = Vec::new();
        let mut lost = Vec::new();
        for item in self.all(list)? {
            let key = self.made(key, item.value.clone())?;
            match self.canon(&key, "GroupBy") {
                Ok(canon) => {
                    let place = *places.entry(canon).or_insert(groups.len());
                    if place == groups.len() {
                        groups.push((key, Vec::new()));
                    }
                    if let Some((_, group)) = groups.get_mut(place) {
                        group.push(Item { key: None, value: item.value });
                    }
                }
                Err(why) => lost.push(lacking(item.key, why)?),
            }
        }
        for (key, group) in groups {
            if visit(Item { key: Some(key), value: Value::list(Source::Items(group))? })?.is_break() {
                return Ok(Break(()));
            }
        }
        for item in lost {
            if visit(item)?.is_break() {
                return Ok(Break(()));
            }
        }
        Ok(Continue(()))
    }

    pub(super) fn distinct(&self, list: &List, other: Option<&(Arc<List>, bool)>, visit: Visit<'_>) -> More {
        let mut theirs = HashSet::new();
        if let Some((other, _)) = other {
            for item in self.all(other)? {
                theirs.insert(self.canon(&item.value, "a set")?);
            }
        }
        let mut seen = HashSet::new();
        self.each(list, &mut |item| {
            if matches!(item.value, Value::Error(_)) {
                return visit(item);
            }
            let canon = self.canon(&item.value, "a set")?;
            let is_wanted = other.is_none_or(|(_, wanted)| theirs.contains(&canon) == *wanted);
            if seen.len() >= MAX_ITEMS {
                return Err(ModelError::TooMuch { what: "a set", limit: MAX_ITEMS });
            }
            if is_wanted && seen.insert(canon) { visit(item) } else { Ok(Continue(())) }
        })
    }

    /// The elements in the order of their keys; those whose key is not known come last.
    pub(super) fn ordered(
        &self,
        list: &List,
        key: &Value,
        comparer: Option<&Value>,
        descending: bool,
    ) -> Result<Vec<Item>, ModelError> {
        let (mut keyed, mut lost) = (Vec::new(), Vec::new());
        for item in self.all(list)? {
            let key = self.made(key, item.value.clone())?;
            match (&key, comparer) {
                (Value::Error(why), _) => lost.push(lacking(item.key, (**why).clone())?),
                (_, Some(_)) => keyed.push((Canon::Number(0), key, item)),
                (_, None) => match self.canon(&key, "OrderBy") {
                    Ok(canon) => keyed.push((canon, key, item)),
                    Err(why) => lost.push(lacking(item.key, why)?),
                },
            }
        }
        match comparer {
            None if descending => keyed.order_by(|(a, ..), (b, ..)| b.cmp(a)),
            None => keyed.order_by(|(a, ..), (b, ..)| a.cmp(b)),
            Some(comparer) => {
                keyed = merged(keyed, &|(_, a, _), (_, b, _)| {
                    let order = self.call(comparer, &[a.clone(), b.clone()])?;
                    let order = self.loaded(&self.native(order, "OrderBy")?)?.cast_signed();
                    Ok(if descending { order >= 0 } else { order <= 0 })
                })?;
            }
        }
        Ok(keyed.into_iter().map(|(_, _, item)| item).chain(lost).collect())
    }
}

/// Sorts by what `first` says: whether the one may stand before the other. It may contradict itself.
fn merged<T>(
    mut items: Vec<T>,
    first: &dyn Fn(&T, &T) -> Result<bool, ModelError>,
) -> Result<Vec<T>, ModelError> {
    if items.len() < 2 {
        return Ok(items);
    }
    let back = merged(items.split_off(items.len() / 2), first)?;
    let mut front = merged(items, first)?.into_iter().peekable();
    let mut back = back.into_iter().peekable();
    let mut all = Vec::new();
    while let (Some(a), Some(b)) = (front.peek(), back.peek()) {
        let next = if first(a, b)? { front.next() } else { back.next() };
        all.extend(next);
    }
    all.extend(front);
    all.extend(back);
    Ok(all)
}
