//! Types of the compiled drivers, each against `llvm-pdbutil`'s reading of the same record.

use std::collections::BTreeMap;
use std::path::PathBuf;

use dumpscope::symbols::pdb::PdbFile;
use dumpscope::symbols::source::SymbolSource;
use dumpscope::symbols::types::format::{self, FormatOptions, View};
use dumpscope::symbols::types::{Type, TypeId, TypeSource, UdtKind, layout};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/symbols")
}

fn pdb(name: &str) -> PdbFile {
    PdbFile::open(&folder().join(format!("{name}.pdb")), None).unwrap()
}

fn between<'a>(line: &'a str, from: &str, to: &str) -> &'a str {
    let rest = line.split_once(from).unwrap_or_else(|| panic!("no {from} in {line}")).1;
    rest.split_once(to).map_or(rest, |(found, _)| found)
}

fn index(text: &str) -> u32 {
    u32::from_str_radix(text.trim().trim_start_matches("0x"), 16).unwrap()
}

/// The records of the tool's dump: index, kind and all lines.
fn records(name: &str) -> BTreeMap<u32, (String, Vec<String>)> {
    let text = std::fs::read_to_string(folder().join(format!("{name}.types.txt"))).unwrap();
    let mut all = BTreeMap::new();
    let mut last = 0;
    for line in text.lines() {
        if let Some((number, rest)) = line.split_once(" | LF_") {
            last = index(number);
            let kind = rest.split(' ').next().unwrap().to_owned();
            all.insert(last, (kind, vec![line.to_owned()]));
        } else if let Some((_, lines)) = all.get_mut(&last) {
            lines.push(line.to_owned());
        }
    }
    all
}

#[test]
fn structures_and_enumerations_are_as_recorded() {
    let (mut members, mut methods, mut enums) = (0, 0, 0);
    for name in ["driver", "shapes"] {
        let pdb = pdb(name);
        let records = records(name);
        for (number, (kind, lines)) in &records {
            let text = lines.join("\n");
            if !matches!(kind.as_str(), "STRUCTURE" | "CLASS" | "UNION" | "ENUM") {
                continue;
            }
            let name = between(&lines[0], "`", "`");
            let ty = pdb.get(TypeId(*number)).unwrap();
            if text.contains("forward ref") {
                // A declaration stands for its definition.
                let Type::Udt(udt) = ty else { panic!("{name}") };
                assert!(udt.complete && udt.size > 0, "{name}");
                continue;
            }
            let list = &records[&index(between(&text, "field list: ", "\n").split(',').next().unwrap())].1;
            let listed = |mark: &str| -> Vec<&String> { list.iter().filter(|l| l.contains(mark)).collect() };
            if let Type::Enum(e) = &ty {
                let want: Vec<String> = listed("LF_ENUMERATE")
                    .iter()
                    .map(|line| {
                        let (name, value) = between(line, "LF_ENUMERATE [", "]").split_once(" = ").unwrap();
                        let value: i64 = value.parse().unwrap();
                        // The tool prints -1 of an `int` as the 32 bits that the record holds.
                        let signed = text.contains("underlying type: 0x0074 (int)");
                        format!("{name} = {}", if signed { i64::from(value as i32) } else { value })
                    })
                    .collect();
                let have: Vec<String> = e.values.iter().map(|(n, v)| format!("{n} = {v}")).collect();
                assert_eq!(have, want, "{name}");
                enums += 1;
                continue;
            }
            let Type::Udt(udt) = ty else { panic!("{name}") };
            assert_eq!(udt.name, name);
            assert_eq!(udt.size, between(&text, "sizeof ", "\n").trim().parse::<u64>().unwrap());
            let want_kind = match kind.as_str() {
                "CLASS" => UdtKind::Class,
                "UNION" => UdtKind::Union,
                _ => UdtKind::Struct,
            };
            assert_eq!(udt.kind, want_kind);
            let mut want: Vec<(String, u64)> = listed("LF_MEMBER [")
                .iter()
                .map(|line| {
                    let offset = between(line, "offset = ", ",").parse().unwrap();
                    (between(line, "name = `", "`").to_owned(), offset)
                })
                .collect();
            if !listed("LF_VFUNCTAB").is_empty() {
                want.insert(0, ("__VFN_table".to_owned(), 0));
            }
            let have: Vec<(String, u64)> = udt.fields.iter().map(|f| (f.name.clone(), f.offset)).collect();
            assert_eq!(have, want, "{name}");
            members += have.len();
            assert_eq!(udt.bases.len(), listed("LF_BCLASS").len(), "{name}");
            assert_eq!(udt.statics.len(), listed("LF_STMEMBER").len(), "{name}");
            let one_each =
                list.iter().zip(list.iter().skip(1)).filter(|(line, _)| line.contains("LF_ONEMETHOD"));
            let want: Vec<(String, bool)> = one_each
                .map(|(line, next)| (between(line, "name = `", "`").to_owned(), next.contains("virtual")))
                .collect();
            let have: Vec<(String, bool)> =
                udt.methods.iter().map(|m| (m.name.clone(), m.is_virtual)).collect();
            assert_eq!(have, want, "{name}");
            methods += have.len();
        }
    }
    println!("{members} members, {methods} methods, {enums} enumerations");
    assert!(members >= 23 && methods >= 9 && enums >= 2);
}

fn laid_out(pdb: &PdbFile, name: &str, options: &FormatOptions) -> Vec<String> {
    let static_at = |name: &str| {
        let symbol = pdb.by_name(name).first().copied()?;
        Some(0xfffff801_00000000 + u64::from(symbol.rva))
    };
    let view = View::new(pdb, &|_, _| false, &|_| None, &static_at);
    format::lines(&view, pdb.find(name).unwrap(), None, options).text(options)
}

/// Offsets and types as in `shapes.types.txt`, members of base classes among the class's own.
#[test]
fn a_class_with_two_bases() {
    let pdb = pdb("shapes");
    let count = pdb.by_name("geometry::Shape::s_count")[0].rva;
    let count = format!("   =fffff801`{count:08x} s_count          : Uint4B");
    let want = [
        "   +0x000 __VFN_table : Ptr64 ",
        "   +0x008 m_id             : Uint4B",
        "   +0x00c m_scale          : Uint4B",
        "   +0x010 m_visible        : Bool",
        &count,
        "   +0x018 __VFN_table : Ptr64 ",
        "   +0x020 Name             : Ptr64 Char",
        "   +0x028 Letter           : Wchar",
        "   +0x030 m_side           : Uint4B",
        "   +0x034 m_kind           : geometry::Kind",
        "   +0x038 m_ratio          : Double",
    ];
    assert_eq!(laid_out(&pdb, "geometry::Square", &FormatOptions::default()), want);
    let m_id = layout::field(&pdb, "geometry::Square", "m_id").unwrap();
    assert_eq!((m_id.offset, m_id.size), (8, 4));
    assert_eq!(layout::field(&pdb, "geometry::Square", "Name").unwrap().offset, 0x20);
}

#[test]
fn a_template_and_a_structure_with_everything() {
    let shapes = pdb("shapes");
    let ring = laid_out(&shapes, "geometry::Ring<unsigned long,8>", &FormatOptions::default());
    assert_eq!(ring, ["   +0x000 Items            : [8] Uint4B", "   +0x020 Head             : Int4B",]);
    let driver = pdb("driver");
    let want = [
        "struct _ENTRY, 9 elements, 0x30 bytes",
        "   +0x000 Next             : Ptr64 to struct _ENTRY, 9 elements, 0x30 bytes",
        "   +0x008 Key              : Uint4B",
        "   +0x00c Low              : Bitfield Pos 0, 4 Bits",
        "   +0x00c High             : Bitfield Pos 4, 28 Bits",
        "   +0x010 Whole            : Uint8B",
        "   +0x010 Half             : Uint4B",
        "   +0x014 Bytes            : [4] UChar",
        "   +0x018 Name             : [16] UChar",
        "   +0x028 Notify           : Ptr64 to     void ",
    ];
    let verbose = FormatOptions { verbose: true, ..FormatOptions::default() };
    assert_eq!(laid_out(&driver, "_ENTRY", &verbose), want);
    assert_eq!(driver.find("ENTRY").and_then(|id| driver.size_of(id)), Some(0x30));
}
