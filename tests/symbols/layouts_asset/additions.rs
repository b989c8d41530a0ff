//! What the tables of facts lack and the symbol tables have.

use super::tables::{Definition, References, Row, member, udt};
use dumpscope::symbols::isf::Isf;
use dumpscope::symbols::types::{BaseKind, Type, TypeId, TypeSource};
use std::collections::BTreeSet;

/// Replaces the `anon` of members by structures of their own, named after the member, where the symbol tables agree on
/// what is in them.
pub fn expand(
    name: &str,
    definition: &mut Definition,
    references: &References<'_>,
    out: &mut Vec<(String, Definition)>,
) {
    let size = definition.size;
    for row in definition.rows.iter_mut().filter(|row| row.ctype == "anon") {
        let from = |isf: &Isf| -> Option<Vec<(String, Definition)>> {
            let outer = udt(isf, name)?;
            let field = outer.fields.iter().find(|f| f.name == row.name && f.offset == row.offset)?;
            let mut found = Vec::new();
            let ctype = c_type(isf, field.ty, &format!("{name}.{}", row.name), &mut found, 0)?;
            (ctype.ends_with(&row.name) && (references.same.is_some() || outer.size == size)).then_some(found)
        };
        let answers: Vec<_> = match references.same {
            Some(isf) => from(isf).into_iter().collect(),
            None => references.near.iter().filter_map(|isf| from(isf)).collect(),
        };
        let Some(first) = answers.first().filter(|_| answers.iter().all(|a| *a == answers[0])) else {
            continue;
        };
        row.ctype = format!("{} {name}.{}", first.last().unwrap().1.kind, row.name);
        out.extend(first.iter().cloned());
    }
}

/// Adds members that the fact tables could not express, from the symbol table of the same build, where everything else
/// of the type agrees with it.
pub fn complete(name: &str, definition: &mut Definition, references: &References<'_>) {
    let Some((isf, udt)) = references.same.and_then(|isf| Some((isf, udt(isf, name)?))) else {
        return;
    };
    let agrees = |row: &Row| member(isf, &udt, &row.name) == Some((row.offset, row.bits));
    if definition.size != udt.size || !definition.rows.iter().all(agrees) {
        return;
    }
    for field in &udt.fields {
        if definition.rows.iter().any(|row| row.name == field.name) {
            continue;
        }
        let mut inner = Vec::new();
        let Some(ctype) = c_type(isf, field.ty, name, &mut inner, 0).filter(|_| inner.is_empty()) else {
            continue;
        };
        let (offset, bits) = member(isf, &udt, &field.name).unwrap();
        let at = definition.rows.iter().rposition(|row| row.offset <= offset).map_or(0, |at| at + 1);
        definition.rows.insert(at, Row { name: field.name.clone(), offset, bits, ctype });
    }
}

/// What the pool's segment heaps are read with. The fact table of 10.0.17763, the first build that has them, lacks these; the symbol
/// tables of that build have them. From no other build's table they are taken: each build has its own.
const OF_POOLS: [&str; 7] = [
    "_EX_POOL_HEAP_MANAGER_STATE",
    "_HEAP_PAGE_SEGMENT",
    "_HEAP_PAGE_RANGE_DESCRIPTOR",
    "_HEAP_SEG_CONTEXT",
    "_HEAP_LFH_SUBSEGMENT",
    "_HEAP_VS_SUBSEGMENT",
    "_HEAP_LARGE_ALLOC_DATA",
];

/// Types that members are made of and that the fact tables do not describe, where the symbol tables agree on them.
pub fn missing(cleaned: &[(String, Definition)], references: &References<'_>) -> Vec<(String, Definition)> {
    let mut known: BTreeSet<String> = cleaned.iter().map(|(name, _)| name.clone()).collect();
    let wanted = |definition: &Definition| -> Vec<String> {
        let embedded = definition.rows.iter().filter(|row| !row.ctype.contains('*'));
        embedded
            .filter_map(|row| {
                let words = row.ctype.split(['[', ' ']).filter(|word| !matches!(*word, "volatile" | "const"));
                let words: Vec<&str> = words.collect();
                matches!(words[0], "struct" | "union").then(|| words[1].to_owned())
            })
            .collect()
    };
    let mut queue: Vec<String> = cleaned.iter().flat_map(|(_, definition)| wanted(definition)).collect();
    if references.same.is_some() {
        queue.extend(OF_POOLS.map(str::to_owned));
    }
    let mut found = Vec::new();
    while let Some(name) = queue.pop() {
        if !known.insert(name.clone()) {
            continue;
        }
        let from = |isf: &Isf| -> Option<Vec<(String, Definition)>> {
            let udt = udt(isf, &name)?;
            let mut all = Vec::new();
            let mut rows = Vec::new();
            for field in &udt.fields {
                let (offset, bits) = member(isf, &udt, &field.name)?;
                let ctype = c_type(isf, field.ty, &format!("{name}.{}", field.name), &mut all, 0)?;
                rows.push(Row { name: field.name.clone(), offset, bits, ctype });
            }
            let kind = udt.kind.word().to_owned();
            all.push((name.clone(), Definition { kind, size: udt.size, rows }));
            Some(all)
        };
        let answers: Vec<_> = match references.same {
            Some(isf) => from(isf).into_iter().collect(),
            None => references.near.iter().filter_map(|isf| from(isf)).collect(),
        };
        let Some(first) = answers.first().filter(|_| answers.iter().all(|a| *a == answers[0])) else {
            continue;
        };
        for (name, definition) in first {
            known.insert(name.clone());
            queue.extend(wanted(definition));
        }
        found.extend(first.iter().cloned());
    }
    found
}

/// Types that are only pointed to, and the members of theirs that are worth having.
const EXCERPTS: [(&str, &[&str]); 5] = [
    ("_CM_NAME_CONTROL_BLOCK", &["Compressed", "NameLength", "Name"]),
    (
        "_KALPC_MESSAGE",
        &[
            "Entry",
            "PortQueue",
            "OwnerPort",
            "WaitingThread",
            "u1",
            "SequenceNo",
            "QuotaProcess",
            "CancelQueuePort",
            "CancelSequencePort",
            "CancelSequenceNo",
            "CancelListEntry",
            "DataUserVa",
            "ConnectionPort",
            "ServerThread",
            "PortMessage",
        ],
    ),
    ("_PORT_MESSAGE", &["u1", "u2", "ClientId", "MessageId", "CallbackId"]),
    (
        "_MM_SESSION_SPACE",
        &[
            "ReferenceCount",
            "SessionId",
            "ProcessReferenceToSession",
            "ProcessList",
            "PagedPoolStart",
            "PagedPoolEnd",
            "PoolTrackBigPages",
            "PoolTrackBigPagesSize",
        ],
    ),
    ("_SEP_LOGON_SESSION_REFERENCES", &["LogonId", "AccountName", "AuthorityName"]),
];

/// Members that servicing moves, so that only a build's own table tells where they are.
const OWN_ONLY: [&str; 4] = ["PagedPoolStart", "PagedPoolEnd", "PoolTrackBigPages", "PoolTrackBigPagesSize"];

/// Those members, of the same build's symbol table, or where the tables below and above agree. How large the whole type
/// is, is left open.
pub fn excerpts(known: &[(String, Definition)], references: &References<'_>) -> Vec<(String, Definition)> {
    let excerpt = |name: &str, members: &[&str], isf: &Isf| -> Option<Vec<(String, Definition)>> {
        let udt = udt(isf, name)?;
        let (mut rows, mut all) = (Vec::new(), Vec::new());
        for wanted in members.iter().filter(|name| references.same.is_some() || !OWN_ONLY.contains(*name)) {
            let field = udt.fields.iter().find(|field| field.name == *wanted)?;
            let (offset, bits) = member(isf, &udt, wanted)?;
            let ctype = c_type(isf, field.ty, &format!("{name}.{}", field.name), &mut all, 0)?;
            rows.push(Row { name: field.name.clone(), offset, bits, ctype });
        }
        all.push((name.to_owned(), Definition { kind: udt.kind.word().to_owned(), size: 0, rows }));
        Some(all)
    };
    let mut found = Vec::new();
    for (name, members) in EXCERPTS {
        let answers: Vec<_> = match references.same {
            Some(isf) => excerpt(name, members, isf).into_iter().collect(),
            None if references.is_between => {
                references.near.iter().filter_map(|isf| excerpt(name, members, isf)).collect()
            }
            None => Vec::new(),
        };
        let enough = if references.same.is_some() { 1 } else { 2 };
        let agree = answers.len() == enough && answers.iter().all(|answer| *answer == answers[0]);
        if agree && !known.iter().any(|(known, _)| known == name) {
            found.extend(answers[0].iter().cloned());
        }
    }
    found
}

/// A type of a symbol table in the words of the fact tables; structures without a name are put into `out` under `path`.
pub fn c_type(
    isf: &Isf,
    id: TypeId,
    path: &str,
    out: &mut Vec<(String, Definition)>,
    depth: usize,
) -> Option<String> {
    if depth > 12 {
        return None;
    }
    Some(match isf.get(id)? {
        Type::Base(base) => match (base.kind, base.size) {
            (BaseKind::Void, _) => "VOID",
            (BaseKind::Char, _) => "CHAR",
            (BaseKind::UChar, _) => "UCHAR",
            (BaseKind::Wchar, _) => "WCHAR",
            (BaseKind::Int, 2) => "SHORT",
            (BaseKind::UInt, 2) => "USHORT",
            (BaseKind::Int | BaseKind::Long | BaseKind::Hresult, 4) => "LONG",
            (BaseKind::UInt | BaseKind::ULong, 4) => "ULONG",
            (BaseKind::Int, 8) => "LONGLONG",
            (BaseKind::UInt, 8) => "ULONGLONG",
            _ => return None,
        }
        .to_owned(),
        Type::Pointer { target, .. } => match isf.get(target)? {
            Type::Function(_) => "fnptr".to_owned(),
            Type::Udt(udt) if udt.name.starts_with('<') => "VOID *".to_owned(),
            _ => format!("{} *", c_type(isf, target, path, out, depth + 1)?),
        },
        Type::Array { element, count, .. } => {
            let inner = c_type(isf, element, path, out, depth + 1)?;
            match inner.find('[') {
                Some(at) => format!("{}[{count}]{}", &inner[..at], &inner[at..]),
                None => format!("{inner}[{count}]"),
            }
        }
        Type::Bitfield { base, .. } => c_type(isf, base, path, out, depth + 1)?,
        Type::Enum(e) => format!("enum {}", e.name),
        Type::Udt(udt) if !udt.name.starts_with('<') => format!("{} {}", udt.kind.word(), udt.name),
        Type::Udt(udt) => {
            let mut rows = Vec::new();
            for field in &udt.fields {
                let path = format!("{path}.{}", field.name);
                let (offset, bits) = member(isf, &udt, &field.name)?;
                let ctype = c_type(isf, field.ty, &path, out, depth + 1)?;
                rows.push(Row { name: field.name.clone(), offset, bits, ctype });
            }
            let kind = udt.kind.word().to_owned();
            out.push((path.to_owned(), Definition { kind, size: udt.size, rows }));
            format!("{} {path}", udt.kind.word())
        }
        Type::Function(_) => return None,
    })
}
