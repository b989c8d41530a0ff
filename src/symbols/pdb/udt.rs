//! Members of structures and values of enumerations, out of their field lists.

use super::leaf::{Cursor, Leaf};
use super::records::Records;
use crate::symbols::types::{BaseClass, Field, Method, StaticField, TABLE_POINTER, TypeId};

/// The most field lists that one type may be spread over; a list holds up to 64 KiB.
const MAX_LISTS: usize = 1024;
/// The most members of one type.
const MAX_MEMBERS: usize = 1 << 18;

const LF_BCLASS: u16 = 0x1400;
const LF_VBCLASS: u16 = 0x1401;
const LF_IVBCLASS: u16 = 0x1402;
const LF_INDEX: u16 = 0x1404;
const LF_VFUNCTAB: u16 = 0x1409;
const LF_FRIENDCLS: u16 = 0x140a;
const LF_ENUMERATE: u16 = 0x1502;
const LF_MEMBER: u16 = 0x150d;
const LF_STMEMBER: u16 = 0x150e;
const LF_METHOD: u16 = 0x150f;
const LF_NESTTYPE: u16 = 0x1510;
const LF_ONEMETHOD: u16 = 0x1511;
const LF_NESTTYPEEX: u16 = 0x1512;
const LF_BINTERFACE: u16 = 0x151a;

/// What a field list holds.
#[derive(Debug, Default)]
pub(crate) struct Members {
    pub(crate) fields: Vec<Field>,
    pub(crate) bases: Vec<BaseClass>,
    pub(crate) statics: Vec<StaticField>,
    pub(crate) methods: Vec<Method>,
    pub(crate) values: Vec<(String, i64)>,
}

impl Members {
    fn count(&self) -> usize {
        self.fields.len() + self.bases.len() + self.statics.len() + self.methods.len() + self.values.len()
    }
}

/// All members of the field list `index` and of those that continue it. A damaged list gives what stands before the
/// damage.
pub(crate) fn members(records: &Records, index: u32) -> Members {
    let mut members = Members::default();
    let mut next = Some(index);
    for _ in 0..MAX_LISTS {
        let Some(Leaf::Fields(list)) = next.and_then(|index| records.leaf(index)) else {
            break;
        };
        next = None;
        let mut at = list;
        while !at.is_empty() && members.count() < MAX_MEMBERS {
            match member(records, &mut at, &mut members) {
                Some(Step::Member) => {}
                Some(Step::Continue(index)) => next = Some(index),
                None => break,
            }
            padding(&mut at);
        }
    }
    members
}

enum Step {
    Member,
    Continue(u32),
}

/// Bytes from 0xf1 on tell how far it is to the next member.
fn padding(at: &mut Cursor<'_>) {
    while let Some(byte) = at.peek_u8().filter(|&byte| byte >= 0xf0) {
        let len = usize::from(byte & 0x0f).max(1);
        if at.skip(len).is_none() {
            while at.skip(1).is_some() {}
        }
    }
}

fn member(records: &Records, at: &mut Cursor<'_>, members: &mut Members) -> Option<Step> {
    let kind = at.u16()?;
    let attributes = at.u16()?;
    match kind {
        LF_MEMBER => {
            let ty = TypeId(at.u32()?);
            let offset = at.number()? as u64;
            let name = text(at)?;
            members.fields.push(Field { name, offset, ty });
        }
        LF_STMEMBER => {
            let ty = TypeId(at.u32()?);
            let name = text(at)?;
            members.statics.push(StaticField { name, ty });
        }
        LF_BCLASS | LF_BINTERFACE => {
            let ty = TypeId(at.u32()?);
            let offset = at.number()? as u64;
            members.bases.push(BaseClass { ty, offset, is_virtual: false, entry: 0 });
        }
        LF_VBCLASS | LF_IVBCLASS => {
            let ty = TypeId(at.u32()?);
            at.skip(4)?;
            let offset = at.number()? as u64;
            let entry = at.number()? as u64;
            members.bases.push(BaseClass { ty, offset, is_virtual: true, entry });
        }
        LF_VFUNCTAB => {
            let ty = TypeId(at.u32()?);
            members.fields.push(Field { name: TABLE_POINTER.to_owned(), offset: 0, ty });
        }
        LF_ENUMERATE => {
            let value = at.number()?;
            let name = text(at)?;
            members.values.push((name, value));
        }
        LF_ONEMETHOD => {
            let ty = TypeId(at.u32()?);
            let slot = introduces(attributes).then(|| at.u32()).flatten();
            let name = text(at)?;
            members.methods.push(method(name, ty, attributes, slot));
        }
        LF_METHOD => {
            // Here the second word counts the overloads, which stand in a list of their own.
            let list = at.u32()?;
            let name = text(at)?;
            overloads(records, list, &name, members);
        }
        LF_NESTTYPE | LF_NESTTYPEEX => {
            at.skip(4)?;
            at.text()?;
        }
        LF_FRIENDCLS => at.skip(4)?,
        LF_INDEX => return Some(Step::Continue(at.u32()?)),
        _ => return None,
    }
    Some(Step::Member)
}

fn overloads(records: &Records, list: u32, name: &str, members: &mut Members) {
    let Some(Leaf::Methods(mut at)) = records.leaf(list) else {
        return;
    };
    while members.count() < MAX_MEMBERS {
        let Some(attributes) = at.u16() else { return };
        let Some(ty) = at.u16().and_then(|_| at.u32()) else {
            return;
        };
        let slot = introduces(attributes).then(|| at.u32()).flatten();
        members.methods.push(method(name.to_owned(), TypeId(ty), attributes, slot));
    }
}

/// The method kind in bits 2 to 4 of the attributes: 1 virtual, 2 static, 4 introducing, 5 and 6 pure.
fn method_kind(attributes: u16) -> u16 {
    (attributes >> 2) & 7
}

fn introduces(attributes: u16) -> bool {
    matches!(method_kind(attributes), 4 | 6)
}

fn method(name: String, ty: TypeId, attributes: u16, slot: Option<u32>) -> Method {
    let kind = method_kind(attributes);
    Method { name, ty, is_virtual: matches!(kind, 1 | 4 | 5 | 6), is_static: kind == 2, slot }
}

fn text(at: &mut Cursor<'_>) -> Option<String> {
    Some(String::from_utf8_lossy(at.text()?).into_owned())
}
