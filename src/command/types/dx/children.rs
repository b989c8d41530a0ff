//! What is below a value: members, elements, what a pointer points to.

use super::node::Node;
use super::text::{has_summary, load};
use crate::command::Context;
use crate::command::show::typed::with_object;
use crate::debuggee::{FoundType, Place};
use crate::eval::cxx::{CType, Kind, Typed};
use crate::symbols::types::{BaseKind, TABLE_POINTER, Type, Udt};

/// The longest chain of base classes.
const MAX_BASES: usize = 16;
/// The most elements of an array that are shown at a time.
pub(super) const PAGE: u64 = 100;

/// What is below a value.
#[derive(Debug, Default)]
pub(super) struct Children {
    /// The nodes.
    pub(super) nodes: Vec<Node>,
    /// The element with which a long array goes on.
    pub(super) more: Option<u64>,
}

/// What is below `node`; of an array, the elements from `first` on.
pub(super) fn children(node: &Node, first: u64, context: &Context<'_>) -> Children {
    if node.closed {
        return Children::default();
    }
    let nodes = match (&node.value.ty, node.value.place()) {
        (CType::Named(found), Some(place)) => of_struct(node, found, place, context),
        (CType::Array(element, count), Some(place)) => {
            return elements(node, element, *count, place, first);
        }
        (CType::Pointer(to, _), _) => match load(&node.value, context) {
            Ok(at) if at != 0 => pointed(node, to, &Place::memory(at), context),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    };
    Children { nodes, more: None }
}

fn of_struct(node: &Node, found: &FoundType, place: &Place, context: &Context<'_>) -> Vec<Node> {
    let Some(Type::Udt(udt)) = found.get() else {
        return Vec::new();
    };
    if !node.raw && has_summary(&udt.name) {
        let ty = CType::Named(found.clone());
        let members = Node::new(String::new(), "[<Raw View>]".to_owned(), Typed::at(ty, place.clone()), true);
        return vec![Node { closed: true, ..members }];
    }
    let mut nodes = Vec::new();
    let start = At { place: place.clone(), offset: 0 };
    members(found, &udt, &start, node.raw, 0, &mut nodes);
    // A class lists all its virtual bases; where they are, its object tells.
    for base in udt.bases.iter().filter(|base| base.is_virtual) {
        let ty = found.of(base.ty);
        let scope = context.session.scope();
        let object = scope.object_in(found.clone(), place.clone());
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
}

impl At {
    fn plus(&self, offset: u64) -> At {
        At { place: self.place.plus(offset), offset: self.offset.wrapping_add(offset) }
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
        let At { place: lies, offset } = at.plus(field.offset);
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
        let mut node = Node::new(place, field.name.clone(), value, raw);
        if let Some(Type::Pointer { reference: true, .. }) = member.get()
            && let Some(to) = node.ty.strip_suffix('*')
        {
            node.ty = format!("{to}&");
        }
        nodes.push(node);
    }
}

/// What a pointer points to: a structure's members, or one value.
fn pointed(node: &Node, to: &CType, at: &Place, context: &Context<'_>) -> Vec<Node> {
    match to {
        CType::Base(base) if matches!(base.kind, BaseKind::Void | BaseKind::None) => Vec::new(),
        CType::Named(found) => match found.get() {
            Some(Type::Udt(_)) => of_struct(node, found, at, context),
            Some(Type::Enum(_)) => vec![only(node, to, at)],
            _ => Vec::new(),
        },
        _ => vec![only(node, to, at)],
    }
}

fn only(node: &Node, to: &CType, at: &Place) -> Node {
    Node::new(String::new(), String::new(), Typed::at(to.clone(), at.clone()), node.raw)
}

fn elements(node: &Node, element: &CType, count: u64, place: &Place, first: u64) -> Children {
    let Some(size) = element.size() else {
        return Children::default();
    };
    let end = count.min(first.saturating_add(PAGE));
    let nodes = (first..end)
        .map(|index| {
            let at = place.plus(index.wrapping_mul(size));
            Node::new(String::new(), format!("[{index}]"), Typed::at(element.clone(), at), node.raw)
        })
        .collect();
    Children { nodes, more: (end < count).then_some(end) }
}
