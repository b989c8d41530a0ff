//! What is below a value: members, elements, what a pointer points to.

use super::node::Node;
use super::text::{has_summary, load};
use crate::command::show::typed::with_object;
use crate::debuggee::{FoundType, Place};
use crate::eval::cxx::{CType, Kind, Typed};
use crate::eval::model::{Item, Model, ModelError, Native, Value};
use crate::symbols::types::{BaseKind, TABLE_POINTER, Type, Udt};

/// The longest chain of base classes.
const MAX_BASES: usize = 16;
/// The most elements of an array or a list that are shown at a time.
pub(super) const PAGE: usize = 100;

/// What is below a value.
#[derive(Debug, Default)]
pub(super) struct Children {
    /// The nodes.
    pub(super) nodes: Vec<Node>,
    /// The element with which a long array goes on.
    pub(super) more: Option<u64>,
}

/// What is below `node`; of an array or a list, `count` elements from `first` on.
///
/// # Errors
/// What a list's functions fail with; what the dump does not tell is a node.
pub(super) fn children(
    node: &Node,
    first: u64,
    count: usize,
    model: &Model<'_>,
) -> Result<Children, ModelError> {
    if node.closed {
        return Ok(Children::default());
    }
    match &node.value {
        Value::Native(native) => Ok(native_children(node, native, first, count, model)),
        Value::List(list) => {
            let (items, more) = match model.page(list, first, count) {
                Ok(page) => page,
                Err(error) if error.is_lack() => {
                    (vec![Item { key: None, value: Value::of(Err(error))? }], false)
                }
                Err(error) => return Err(error),
            };
            let more = more.then(|| first.saturating_add(items.len() as u64));
            let nodes = items.into_iter().map(|item| element(node, item, model)).collect();
            Ok(Children { nodes, more })
        }
        // Its length alone is below a string: what is asked for by itself may say so.
        Value::Text(_) if !node.name.is_empty() => Ok(Children::default()),
        value => {
            let of_member = |(name, value): (std::sync::Arc<str>, Value)| {
                let path = node.path.as_ref().map(|path| format!("{path}.{name}"));
                Node { path, ..Node::of(name.to_string(), value, node.raw) }
            };
            Ok(Children { nodes: model.members(value).into_iter().map(of_member).collect(), more: None })
        }
    }
}

/// An element of a list; one with a key that is no number stands for no expression.
fn element(list: &Node, item: Item, model: &Model<'_>) -> Node {
    let name = match &item.key {
        None => String::new(),
        Some(Value::Text(text)) => format!("[\"{}\"]", text.replace('\\', "\\\\").replace('"', "\\\"")),
        Some(key) => format!("[{}]", model.shown(key, "x").unwrap_or_else(|_| "????".to_owned())),
    };
    let is_number = matches!(item.key, Some(Value::Native(_)));
    let path = list.path.as_ref().filter(|_| is_number).map(|path| format!("{path}{name}"));
    Node { path, ..Node::of(name, item.value, list.raw) }
}

fn native_children(node: &Node, native: &Native, first: u64, count: usize, model: &Model<'_>) -> Children {
    let nodes = match (&native.typed.ty, native.typed.place()) {
        (CType::Named(found), Some(place)) => of_struct(node, found, place, native.of, model),
        (CType::Array(element, length), Some(place)) => {
            let Some(size) = element.size() else { return Children::default() };
            let end = (*length).min(first.saturating_add(count as u64));
            let nodes = (first..end).map(|index| {
                let typed = Typed::at((**element).clone(), place.plus(index.wrapping_mul(size)));
                let native = Native { typed, of: native.of };
                Node::new(String::new(), format!("[{index}]"), native, node.raw)
            });
            return Children { nodes: nodes.collect(), more: (end < *length).then_some(end) };
        }
        (CType::Pointer(to, _), _) => match load(native, model) {
            Ok(at) if at != 0 => pointed(node, to, &Place::memory(at), native.of, model),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    };
    Children { nodes, more: None }
}

fn of_struct(node: &Node, found: &FoundType, place: &Place, of: Option<u64>, model: &Model<'_>) -> Vec<Node> {
    let Some(Type::Udt(udt)) = found.get() else {
        return Vec::new();
    };
    if !node.raw && has_summary(&udt.name) {
        let typed = Typed::at(CType::Named(found.clone()), place.clone());
        let members = Node::new(String::new(), "[<Raw View>]".to_owned(), Native { typed, of }, true);
        return vec![Node { closed: true, ..members }];
    }
    let mut nodes = Vec::new();
    let start = At { place: place.clone(), offset: 0, of };
    members(found, &udt, &start, node.raw, 0, &mut nodes);
    // A class lists all its virtual bases; where they are, its object tells.
    for base in udt.bases.iter().filter(|base| base.is_virtual) {
        let ty = found.of(base.ty);
        let eyes = model.eyes(of);
        let object = eyes.scope().object_in(found.clone(), place.clone());
        let offset = with_object(&object, |view, address| view.virtual_base(address, base));
        if let (Some(Type::Udt(inner)), Some(offset)) = (ty.get(), offset) {
            members(&ty, &inner, &start.plus(offset), node.raw, 1, &mut nodes);
        }
    }
    nodes
}

/// Where a structure is, and how far that is from the start of the outermost.
struct At {
    place: Place,
    offset: u64,
    /// Whose memory it is in.
    of: Option<u64>,
}

impl At {
    fn plus(&self, offset: u64) -> At {
        At { place: self.place.plus(offset), offset: self.offset.wrapping_add(offset), of: self.of }
    }
}

/// The members, those of base classes first, as the structure's own.
fn members(found: &FoundType, udt: &Udt, at: &At, raw: bool, depth: usize, nodes: &mut Vec<Node>) {
    for base in udt.bases.iter().filter(|base| !base.is_virtual && depth < MAX_BASES) {
        let base_type = found.of(base.ty);
        if let Some(Type::Udt(inner)) = base_type.get() {
            members(&base_type, &inner, &at.plus(base.offset), raw, depth + 1, nodes);
        }
    }
    for field in udt.fields.iter().filter(|field| field.name != TABLE_POINTER) {
        let At { place: lies, offset, of } = at.plus(field.offset);
        let member = found.of(field.ty);
        let (ty, bits, place) = match member.get() {
            Some(Type::Bitfield { base, position, length }) => {
                let high = position.saturating_add(length).saturating_sub(1);
                let place = format!("[+0x{offset:03x} ({high:2}:{position:2})]");
                (CType::of(&found.of(base)), Some((position, length)), place)
            }
            _ => (CType::of(&member), None, format!("[+0x{offset:03x}]")),
        };
        let value = Typed { ty, kind: Kind::At { place: lies, bits } };
        let mut node = Node::new(place, field.name.clone(), Native { typed: value, of }, raw);
        if let Some(Type::Pointer { reference: true, .. }) = member.get()
            && let Some(to) = node.ty.strip_suffix('*')
        {
            node.ty = format!("{to}&");
        }
        nodes.push(node);
    }
}

/// What a pointer points to: a structure's members, or one value.
fn pointed(node: &Node, to: &CType, at: &Place, of: Option<u64>, model: &Model<'_>) -> Vec<Node> {
    let only = || {
        let typed = Typed::at(to.clone(), at.clone());
        vec![Node::new(String::new(), String::new(), Native { typed, of }, node.raw)]
    };
    match to {
        CType::Base(base) if matches!(base.kind, BaseKind::Void | BaseKind::None) => Vec::new(),
        CType::Named(found) => match found.get() {
            Some(Type::Udt(_)) => of_struct(node, found, at, of, model),
            Some(Type::Enum(_)) => only(),
            _ => Vec::new(),
        },
        _ => only(),
    }
}
