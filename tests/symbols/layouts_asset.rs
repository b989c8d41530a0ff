//! Makes and checks the built-in layouts (`assets/layouts/x64.layouts`).
//!
//! `cargo test --test symbols layouts_asset::make -- --ignored` makes the asset anew from the tables of facts (`layouts/*.tsv`) and
//! the symbol tables (`isf/`) of the shared data. The tables of facts list the members of unnamed inner structures
//! among those of the outer one, at offsets of their own, and number bit-fields on where two structures share a union.
//! Such rows are found by the symbol tables of the same or the nearest builds and by their order, and left out: a member
//! that is missing is asked for elsewhere, a wrong one would be believed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;

use dumpscope::symbols::isf::Isf;
use dumpscope::symbols::layouts::{Version, choose};
use dumpscope::symbols::types::{self, BaseKind, Type, TypeId, TypeSource, Udt};
use dumpscope::symbols::wildcard::Wildcard;

fn shared() -> Option<PathBuf> {
    crate::shared::root_with(&["layouts", "isf"])
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    name: String,
    offset: u64,
    bits: Option<(u8, u8)>,
    ctype: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Definition {
    kind: String,
    size: u64,
    rows: Vec<Row>,
}

type Types = BTreeMap<String, Definition>;

fn read_table(path: &std::path::Path) -> Types {
    let text = std::fs::read_to_string(path).unwrap();
    let mut types = Types::new();
    for line in text.lines().skip(1).filter(|line| !line.is_empty()) {
        let columns: Vec<&str> = line.split('\t').collect();
        let offset = u64::from_str_radix(columns[2].trim_start_matches("0x"), 16).unwrap();
        let definition = types.entry(columns[0].to_owned()).or_insert_with(|| Definition {
            kind: "struct".to_owned(),
            size: 0,
            rows: Vec::new(),
        });
        if columns[1] == "(size)" {
            definition.size = offset;
            definition.kind = columns[5].to_owned();
            continue;
        }
        definition.rows.push(Row {
            name: columns[1].to_owned(),
            offset,
            bits: columns[3].parse().ok().zip(columns[4].parse().ok()),
            ctype: columns[5].to_owned(),
        });
    }
    types
}

/// Bits in the integer that a bit-field's C type names; `None` for types that the program does not read.
fn holder_bits(ctype: &str) -> Option<u16> {
    let word = ctype.split(' ').find(|word| !matches!(*word, "volatile" | "const"))?;
    Some(match word {
        "UCHAR" | "CHAR" => 8,
        "USHORT" | "SHORT" => 16,
        "ULONG" | "LONG" => 32,
        "ULONGLONG" | "LONGLONG" => 64,
        _ => return None,
    })
}

/// The symbol tables that say what a build's structures look like.
struct References<'a> {
    same: Option<&'a Isf>,
    near: Vec<&'a Isf>,
    /// Whether there are tables both below and above.
    is_between: bool,
}

fn udt(isf: &Isf, name: &str) -> Option<std::sync::Arc<Udt>> {
    match isf.get(isf.find(name)?)? {
        Type::Udt(udt) => Some(udt),
        _ => None,
    }
}

fn member(isf: &Isf, udt: &Udt, name: &str) -> Option<(u64, Option<(u8, u8)>)> {
    let field = udt.fields.iter().find(|field| field.name == name)?;
    let bits = match isf.get(field.ty)? {
        Type::Bitfield { position, length, .. } => Some((position, length)),
        _ => None,
    };
    Some((field.offset, bits))
}

/// Members that the fact tables list and the symbol table of the same build does not have: those of inner structures.
type Inner = BTreeSet<(String, String)>;

/// The type of a member that a table of facts gives as bytes and that a neighbour of the same size has in the same place as
/// an array of as many arrays: of these one table has lost what they are made of.
fn nested_array(isf: &Isf, udt: &Udt, name: &str, definition: &Definition, row: &Row) -> Option<String> {
    let field = udt.fields.iter().find(|field| field.name == row.name && field.offset == row.offset)?;
    let Type::Array { element, count, .. } = isf.get(field.ty)? else { return None };
    let is_nested = matches!(isf.get(element)?, Type::Array { .. });
    if !is_nested || udt.size != definition.size || row.ctype != format!("UCHAR[{count}]") {
        return None;
    }
    let mut inner = Vec::new();
    c_type(isf, field.ty, name, &mut inner, 0).filter(|_| inner.is_empty())
}

/// What of one type can be relied on.
fn clean(name: &str, definition: &Definition, references: &References<'_>, inner: &Inner) -> Definition {
    let has_inner = definition.rows.iter().any(|row| row.ctype.starts_with("anon"));
    let same = references.same.and_then(|isf| Some((isf, udt(isf, name)?)));
    let near: Vec<_> = references.near.iter().filter_map(|isf| Some((*isf, udt(isf, name)?))).collect();
    let repeated = |row: &Row| definition.rows.iter().filter(|r| r.name == row.name).count() > 1;
    let mut rows: Vec<Row> = Vec::new();
    let mut last = 0;
    for row in &definition.rows {
        let mut row = row.clone();
        let readable = !row.ctype.contains("//");
        let fits = |bits: Option<(u8, u8)>| {
            bits.is_none_or(|(at, len)| {
                holder_bits(&row.ctype).is_some_and(|all| u16::from(at) + u16::from(len) <= all)
            })
        };
        let mut keep = readable && !rows.iter().any(|kept| kept.name == row.name);
        if let Some((isf, udt)) = &same {
            match member(isf, udt, &row.name) {
                None => keep &= !has_inner,
                Some((offset, bits)) if offset == row.offset => {
                    keep &= bits.is_some() == row.bits.is_some();
                    row.bits = bits;
                }
                // Another revision may have moved a member, but not one that is also an inner one's name.
                Some(_) => keep &= !has_inner && !repeated(&row),
            }
        } else {
            let known = near.iter().find_map(|(isf, udt)| member(isf, udt, &row.name));
            let in_order = row.offset >= last;
            keep &= match known {
                None if inner.contains(&(name.to_owned(), row.name.clone())) => false,
                None => !has_inner || (in_order && !references.is_between),
                Some((offset, bits)) if repeated(&row) => offset == row.offset && bits == row.bits,
                Some((offset, bits)) if has_inner => (offset == row.offset && bits == row.bits) || in_order,
                Some((offset, bits)) => offset != row.offset || bits.is_some() == row.bits.is_some(),
            };
            // Bits that a neighbour has elsewhere in the same place were numbered on past the end of a structure.
            if let (Some((offset, Some(bits))), Some(mine)) = (known, row.bits) {
                keep &= offset != row.offset || bits == mine || bits.1 != mine.1;
            }
        }
        keep &= fits(row.bits) && (definition.size == 0 || row.offset <= definition.size);
        if keep {
            if same.is_none()
                && let Some(ctype) =
                    near.iter().find_map(|(isf, udt)| nested_array(isf, udt, name, definition, &row))
            {
                row.ctype = ctype;
            }
            last = row.offset;
            rows.push(row);
        }
    }
    let end = rows.iter().map(|row| row.offset).max().unwrap_or(0);
    let stated = same.as_ref().map(|(_, udt)| udt.size).filter(|size| *size > definition.size);
    let doubtful = definition.size <= end && !rows.is_empty()
        || near.iter().any(|(_, udt)| udt.size > definition.size.saturating_mul(2));
    Definition {
        kind: definition.kind.clone(),
        size: match (stated, doubtful) {
            // The tables describe only the documented start of a few types.
            (Some(size), true) => size,
            (None, true) => 0,
            _ => definition.size,
        },
        rows,
    }
}

fn family(build: u32) -> u32 {
    match build {
        19041..=19045 => 19041,
        other => other,
    }
}

fn references<'a>(isfs: &'a [(Version, Isf)], version: Version, hide_same: bool) -> References<'a> {
    let build = |v: &Version| (v.0[0], v.0[1], family(v.0[2]));
    let others = || isfs.iter().filter(move |(v, _)| build(v) != build(&version));
    let same = isfs
        .iter()
        .filter(|(v, _)| build(v) == build(&version) && !hide_same)
        .min_by_key(|(v, _)| v.0[3].abs_diff(version.0[3]));
    let below = others().filter(|(v, _)| *v < version).max_by_key(|(v, _)| *v);
    let above = others().filter(|(v, _)| *v > version).min_by_key(|(v, _)| *v);
    References {
        same: same.map(|(_, isf)| isf),
        is_between: below.is_some() && above.is_some(),
        near: [below, above].into_iter().flatten().map(|(_, isf)| isf).collect(),
    }
}

fn symbol_tables(root: &std::path::Path) -> Vec<(Version, Isf)> {
    let index = std::fs::read_to_string(root.join("isf/INDEX.csv")).unwrap();
    let mut tables: Vec<(Version, Isf)> = index
        .lines()
        .skip(1)
        .map(|line| {
            let columns: Vec<&str> = line.trim().split(',').collect();
            let path = root.join("isf/ntkrnlmp.pdb").join(columns[3]);
            (Version::parse(columns[0]).unwrap(), Isf::open(&path).unwrap())
        })
        .collect();
    tables.sort_by_key(|(version, _)| *version);
    tables
}

fn fact_tables(root: &std::path::Path) -> Vec<(String, Types)> {
    let mut tables = Vec::new();
    for entry in std::fs::read_dir(root.join("layouts")).unwrap() {
        let path = entry.unwrap().path();
        let Some(name) = path.file_name().unwrap().to_str().unwrap().strip_suffix(".tsv") else {
            continue;
        };
        tables.push((name.to_owned(), read_table(&path)));
    }
    // The earlier 26100 is known by three types only; the rest is as in the later one, but for the heap's.
    let core = tables.iter().position(|(name, _)| name.ends_with(".core")).unwrap();
    let (core_name, core) = tables.remove(core);
    let (_, later) = tables.iter().find(|(name, _)| name == "10.0.26100").unwrap();
    let is_heap =
        |name: &str| ["_HEAP", "_RTLP_HP", "_RTL_HP", "_SEGMENT_HEAP"].iter().any(|s| name.starts_with(s));
    let mut early: Types = later.clone().into_iter().filter(|(name, _)| !is_heap(name)).collect();
    early.extend(core);
    tables.push((core_name.trim_end_matches(".core").to_owned(), early));
    tables.sort_by_key(|(name, _)| Version::parse(name));
    tables
}

fn inner_members(tables: &[(String, Types)], isfs: &[(Version, Isf)], but: Option<u32>) -> Inner {
    let mut inner = Inner::new();
    for (name, types) in tables {
        let version = Version::parse(name).unwrap();
        let Some(isf) = references(isfs, version, false).same else {
            continue;
        };
        if but == Some(family(version.0[2])) {
            continue;
        }
        for (name, definition) in types {
            let Some(udt) = udt(isf, name) else { continue };
            if !definition.rows.iter().any(|row| row.ctype.starts_with("anon")) {
                continue;
            }
            let absent = definition.rows.iter().filter(|row| member(isf, &udt, &row.name).is_none());
            inner.extend(absent.map(|row| (name.clone(), row.name.clone())));
        }
    }
    inner
}

/// Replaces the `anon` of members by structures of their own, named after the member, where the symbol tables agree on
/// what is in them.
fn expand(
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
fn complete(name: &str, definition: &mut Definition, references: &References<'_>) {
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
fn missing(cleaned: &[(String, Definition)], references: &References<'_>) -> Vec<(String, Definition)> {
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
fn excerpts(known: &[(String, Definition)], references: &References<'_>) -> Vec<(String, Definition)> {
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
fn c_type(
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

/// What of every build is given out, with the build's name.
fn cleaned(tables: &[(String, Types)], isfs: &[(Version, Isf)]) -> Vec<(String, Vec<(String, Definition)>)> {
    let inner = inner_members(tables, isfs, None);
    let mut all = Vec::new();
    for (build, types) in tables {
        let references = references(isfs, Version::parse(build).unwrap(), false);
        let mut cleaned = Vec::new();
        for (name, definition) in types {
            let mut definition = clean(name, definition, &references, &inner);
            complete(name, &mut definition, &references);
            expand(name, &mut definition, &references, &mut cleaned);
            cleaned.push((name.clone(), definition));
        }
        cleaned.extend(missing(&cleaned, &references));
        cleaned.extend(excerpts(&cleaned, &references));
        all.push((build.clone(), cleaned));
    }
    all
}

/// The text of a few builds.
fn render(builds: &[(String, Vec<(String, Definition)>)]) -> String {
    let mut all: BTreeMap<&str, Vec<(&Definition, u64)>> = BTreeMap::new();
    for (bit, (_, cleaned)) in builds.iter().enumerate() {
        for (name, definition) in cleaned {
            if definition.rows.is_empty() {
                continue;
            }
            let variants = all.entry(name).or_default();
            match variants.iter_mut().find(|(known, _)| *known == definition) {
                Some((_, mask)) => *mask |= 1 << bit,
                None => variants.push((definition, 1 << bit)),
            }
        }
    }
    let mut text = String::new();
    for (name, variants) in &all {
        writeln!(text, "T\t{name}").unwrap();
        for (definition, mask) in variants {
            writeln!(text, "D\t{}\t{:x}\t{mask:x}", definition.kind, definition.size).unwrap();
            for row in &definition.rows {
                let (bit, len) = row.bits.map_or(Default::default(), |(a, b)| (a.to_string(), b.to_string()));
                writeln!(text, "{}\t{:x}\t{bit}\t{len}\t{}", row.name, row.offset, row.ctype).unwrap();
            }
        }
    }
    text
}

/// Neighbouring builds share most definitions, so they share a text up to this length: a longer one takes longer to
/// load, shorter ones say the same things more often.
const MAX_TEXT: usize = 380_000;
/// All texts together are shorter.
const DISTANCE: u32 = 4 << 20;

/// The builds in neighbouring groups, with the text of each.
fn texts(builds: &[(String, Vec<(String, Definition)>)]) -> Vec<(Vec<&str>, String)> {
    let mut texts = Vec::new();
    let mut start = 0;
    while start < builds.len() {
        let fits = |end: &usize| render(&builds[start..*end]).len() <= MAX_TEXT;
        let end = (start + 1..=builds.len()).take_while(fits).last().unwrap_or(start + 1);
        let group = &builds[start..end];
        texts.push((group.iter().map(|(name, _)| name.as_str()).collect(), render(group)));
        start = end;
    }
    texts
}

#[test]
#[ignore = "writes the asset"]
fn make() {
    let root = shared().expect("the shared data");
    let builds = cleaned(&fact_tables(&root), &symbol_tables(&root));
    let texts: Vec<(String, String)> =
        texts(&builds).into_iter().map(|(names, text)| (names.join("\t"), text)).collect();
    let newest_first = texts.iter().rev().map(|(names, text)| (names.as_str(), text.as_bytes()));
    let packed = crate::packer::pack(newest_first, DISTANCE).unwrap();
    println!("{} packed", packed.len());
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("assets/layouts/x64.layouts");
    std::fs::write(path, packed).unwrap();
}

/// How many members of `types` are where the symbol table of the same build has them, and which are not.
fn compare(types: &Types, isf: &Isf) -> (usize, Vec<String>) {
    let mut right = 0;
    let mut wrong = Vec::new();
    for (name, definition) in types {
        let Some(udt) = udt(isf, name) else { continue };
        for row in &definition.rows {
            match member(isf, &udt, &row.name) {
                Some((offset, bits)) if offset == row.offset && bits == row.bits => right += 1,
                found => {
                    wrong.push(format!("{name}.{} {:x} {:?} is {found:x?}", row.name, row.offset, row.bits))
                }
            }
        }
    }
    (right, wrong)
}

/// The rules for builds without a symbol table of their own, tried on builds that have one, with that one hidden.
#[test]
#[ignore = "reads all symbol tables; a check of the rules, not of the program"]
fn rules_hold_where_they_can_be_checked() {
    let Some(root) = shared() else { return };
    let isfs = symbol_tables(&root);
    let tables = fact_tables(&root);
    for (name, types) in &tables {
        let version = Version::parse(name).unwrap();
        let Some(truth) = references(&isfs, version, false).same else {
            continue;
        };
        for hide in [false, true] {
            let references = references(&isfs, version, hide);
            let inner = inner_members(&tables, &isfs, Some(family(version.0[2])));
            let cleaned = types.iter().map(|(n, d)| (n.clone(), clean(n, d, &references, &inner))).collect();
            let (right, wrong) = compare(&cleaned, truth);
            println!("{name} hidden {hide}: {right} right, {} wrong", wrong.len());
            for line in wrong.iter().take(if name.contains("19041.928") || name.contains("22000.194") {
                60
            } else {
                0
            }) {
                println!("    {line}");
            }
        }
    }
}

#[test]
fn members_are_where_the_symbol_table_has_them() {
    let Some(root) = shared() else { return };
    let path = root.join("isf/ntkrnlmp.pdb/5278AFF86C341677D7D7835C85B7B844-1.json.xz");
    let isf = Isf::open(&path).unwrap();
    let layout = choose(Version([10, 0, 19041, 804]), None).unwrap();
    assert_eq!(layout.build(), "10.0.19041.928");
    let (mut right, mut wrong) = (0, Vec::new());
    for name in layout.type_names(&Wildcard::new("*")) {
        let Some(truth) = udt(&isf, &name) else { continue };
        let Some(Type::Udt(mine)) = layout.get(layout.find(&name).unwrap()) else { panic!() };
        for field in &mine.fields {
            let bits = match layout.get(field.ty) {
                Some(Type::Bitfield { position, length, .. }) => Some((position, length)),
                _ => None,
            };
            match member(&isf, &truth, &field.name) {
                Some((offset, b)) if offset == field.offset && b == bits => right += 1,
                found => wrong.push(format!("{name}.{} {:x} is {found:x?}", field.name, field.offset)),
            }
        }
    }
    println!("{right} right, {} wrong", wrong.len());
    for path in ["Tail.Overlay.CurrentStackLocation", "Tail.Overlay.Thread", "AssociatedIrp.SystemBuffer"] {
        let place =
            |source: &dyn TypeSource| types::layout::field(source, "_IRP", path).map(|f| (f.offset, f.size));
        assert!(place(&isf).is_some());
        assert_eq!(place(&layout), place(&isf), "{path}");
    }
    assert!(right > 5000);
    assert_eq!(wrong, Vec::<String>::new());
}
