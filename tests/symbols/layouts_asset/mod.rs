//! Makes and checks the built-in layouts (`assets/layouts/x64.layouts`).
//!
//! `cargo test --test symbols layouts_asset::make -- --ignored` makes the asset anew from the tables of facts (`layouts/*.tsv`) and
//! the symbol tables (`isf/`) of the shared data. The tables of facts list the members of unnamed inner structures
//! among those of the outer one, at offsets of their own, and number bit-fields on where two structures share a union.
//! Such rows are found by the symbol tables of the same or the nearest builds and by their order, and left out: a member
//! that is missing is asked for elsewhere, a wrong one would be believed.

mod additions;
mod cleaning;
mod tables;

use additions::{complete, excerpts, expand, missing};
use cleaning::{clean, inner_members};
use dumpscope::symbols::isf::Isf;
use dumpscope::symbols::layouts::{Version, choose};
use dumpscope::symbols::types::{self, Type, TypeSource};
use dumpscope::symbols::wildcard::Wildcard;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use tables::{Definition, Types, fact_tables, family, member, references, shared, symbol_tables, udt};

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
