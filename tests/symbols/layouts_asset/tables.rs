//! The tables that the layouts are made from: facts, and symbols of builds.

use dumpscope::symbols::isf::Isf;
use dumpscope::symbols::layouts::Version;
use dumpscope::symbols::types::{Type, TypeSource, Udt};
use std::collections::BTreeMap;
use std::path::PathBuf;

pub fn shared() -> Option<PathBuf> {
    crate::shared::root_with(&["layouts", "isf"])
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub name: String,
    pub offset: u64,
    pub bits: Option<(u8, u8)>,
    pub ctype: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    pub kind: String,
    pub size: u64,
    pub rows: Vec<Row>,
}

pub type Types = BTreeMap<String, Definition>;

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

/// The symbol tables that say what a build's structures look like.
pub struct References<'a> {
    pub same: Option<&'a Isf>,
    pub near: Vec<&'a Isf>,
    /// Whether there are tables both below and above.
    pub is_between: bool,
}

pub fn udt(isf: &Isf, name: &str) -> Option<std::sync::Arc<Udt>> {
    match isf.get(isf.find(name)?)? {
        Type::Udt(udt) => Some(udt),
        _ => None,
    }
}

pub fn member(isf: &Isf, udt: &Udt, name: &str) -> Option<(u64, Option<(u8, u8)>)> {
    let field = udt.fields.iter().find(|field| field.name == name)?;
    let bits = match isf.get(field.ty)? {
        Type::Bitfield { position, length, .. } => Some((position, length)),
        _ => None,
    };
    Some((field.offset, bits))
}

pub fn family(build: u32) -> u32 {
    match build {
        19041..=19045 => 19041,
        other => other,
    }
}

pub fn references<'a>(isfs: &'a [(Version, Isf)], version: Version, hide_same: bool) -> References<'a> {
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

pub fn symbol_tables(root: &std::path::Path) -> Vec<(Version, Isf)> {
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

pub fn fact_tables(root: &std::path::Path) -> Vec<(String, Types)> {
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
