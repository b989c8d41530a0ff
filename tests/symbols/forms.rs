//! Forms of records that compilers of today write rarely or never. `tests/data/pdb` holds them; expected values are those
//! of its sources (records.yaml, virtual.cpp), written by hand.

use std::io::Read;
use std::path::{Path, PathBuf};

use dumpscope::symbols::pdb::PdbFile;
use dumpscope::symbols::source::{Place, SymbolSource, Variable};
use dumpscope::symbols::types::{Type, TypeSource};
use dumpscope::symbols::wildcard::Wildcard;

// CodeView's numbers of registers.
const EAX: u16 = 17;
const ECX: u16 = 18;
const RBX: u16 = 329;
const RBP: u16 = 334;
const RSP: u16 = 335;
const R13: u16 = 341;

fn pdb(name: &str) -> PdbFile {
    let path =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/pdb").join(format!("{name}.pdb.gz"));
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap()).read_to_end(&mut bytes).unwrap();
    PdbFile::from_bytes(bytes, Path::new("x.pdb"), None).unwrap()
}

/// The variables at an address, in the words of this test.
fn variables(pdb: &PdbFile, rva: u32) -> Vec<String> {
    let place = |variable: &Variable| {
        let places = variable.locations.iter().map(|location| {
            assert!((location.range.0..location.range.1).contains(&rva), "{variable:?} at {rva:#x}");
            let part = if location.part > 0 { format!("+{} ", location.part) } else { String::new() };
            let place = match location.place {
                Place::Register(register) => register_name(register).to_owned(),
                Place::RegisterRelative { register, offset } | Place::FrameRelative { register, offset } => {
                    format!("[{}{offset:+}]", register_name(register))
                }
                Place::Static { rva } => format!("at {rva:#x}"),
                Place::Constant(value) => format!("= {value}"),
            };
            part + &place
        });
        places.collect::<Vec<_>>().join(", ")
    };
    let kind = |variable: &Variable| if variable.parameter { "parameter" } else { "local" };
    pdb.locals(rva).iter().map(|v| format!("{} {} {}", kind(v), v.name, place(v)).trim().to_owned()).collect()
}

fn register_name(register: u16) -> &'static str {
    match register {
        EAX => "eax",
        ECX => "ecx",
        RBX => "rbx",
        RBP => "rbp",
        RSP => "rsp",
        R13 => "r13",
        other => panic!("register {other}"),
    }
}

#[test]
fn unoptimised_code_keeps_its_variables_at_the_stack_pointer() {
    let pdb = pdb("records");
    let outer = [
        "parameter first [rsp+64]",
        "parameter second [rsp+72]",
        "local local [rsp+32]",
        "local counter at 0x3004",
        "local minus = -5",
    ];
    let inner = ["local inner [rsp+36]", "local hidden at 0x300c"];
    for rva in 0x1000..0x1040 {
        let mut expected = outer.to_vec();
        if (0x1010..0x1020).contains(&rva) {
            expected.extend(inner);
        }
        assert_eq!(variables(&pdb, rva), expected, "{rva:#x}");
    }
}

#[test]
fn the_old_form_is_relative_to_the_frame_pointer() {
    let pdb = pdb("records");
    for rva in 0x1040..0x1080 {
        let expected = ["parameter above [rbp+16]", "local below [rbp-12]", "local kept rbx"];
        assert_eq!(variables(&pdb, rva), expected, "{rva:#x}");
    }
}

#[test]
fn every_form_of_range_with_its_gaps() {
    let pdb = pdb("records");
    for rva in 0x1080..0x1100 {
        let mut halves = Vec::new();
        if matches!(rva, 0x1080..0x1088 | 0x108c..0x1090 | 0x1092..0x10a0) {
            halves.push("eax");
        }
        if matches!(rva, 0x1088..0x1098) {
            halves.push("+4 ecx");
        }
        if matches!(rva, 0x10c0..0x10c8) {
            halves.push("+4 [rsp+40]");
        }
        let moving = match rva {
            0x1080..0x1084 | 0x1088..0x1090 => "rbx",
            0x1090..0x10a0 => "[r13-8]",
            0x10a0..0x10b0 => "[rsp+48]",
            _ => "",
        };
        let expected = [
            "parameter everywhere [r13+24]".to_owned(),
            format!("local halves {}", halves.join(", ")).trim().to_owned(),
            format!("local moving {moving}").trim().to_owned(),
            "local gone".to_owned(),
        ];
        assert_eq!(variables(&pdb, rva), expected, "{rva:#x}");
    }
    assert!(variables(&pdb, 0x1100).is_empty());
}

/// What OMAP says of where each piece went stands in rearrange.py.
#[test]
fn a_rearranged_image() {
    let (pdb, before) = (pdb("rearranged"), pdb("records"));
    let name = |rva: u32| pdb.nearest(rva).map(|symbol| format!("{}+{:#x}", symbol.name, rva - symbol.rva));
    let pieces = [
        // Where it is, where it was, how much, and what it is from there on.
        (0x1000, 0x1040, 0x40, "Based", 0),
        (0x1040, 0x10c0, 0x40, "Ranges", 0x40),
        (0x1100, 0x1080, 0x40, "Ranges", 0),
        (0x1200, 0x1000, 0x40, "DriverEntry", 0),
    ];
    for (now, then, len, function, distance) in pieces {
        for at in 0..len {
            assert_eq!(name(now + at), Some(format!("{function}+{:#x}", distance + at)), "{:#x}", now + at);
            let moved = variables(&before, then + at)
                .into_iter()
                .map(|variable| variable.replace(" at 0x30", " at 0x31"));
            assert_eq!(variables(&pdb, now + at), moved.collect::<Vec<_>>(), "{:#x}", now + at);
        }
    }
    for nothing in [0xfff, 0x1080, 0x10ff, 0x1140, 0x11ff, 0x1240, 0x3000, 0x4100] {
        assert_eq!(name(nothing), None, "{nothing:#x}");
    }
    let places =
        ["DriverEntry", "Based", "Ranges", "outside", "file_static"].map(|name| pdb.by_name(name)[0].rva);
    assert_eq!(places, [0x1200, 0x1000, 0x1100, 0x3108, 0x3100]);
    assert_eq!(pdb.exact(0x1100)[0].name, "Ranges");
    assert!(pdb.exact(0x1040).is_empty());
    let all = pdb.matching(&Wildcard::new("*"));
    assert_eq!(
        all.iter().map(|symbol| symbol.rva).collect::<Vec<_>>(),
        [0x1000, 0x1100, 0x1200, 0x3100, 0x3108]
    );
    assert_eq!(pdb.function_extent(0x1210), Some((0x1200, 0x1240)));
    assert_eq!(pdb.function_extent(0x1104), None, "split");
    assert_eq!(pdb.following(0x1000).map(|symbol| symbol.rva), Some(0x1100));
}

/// Name, offset and whether it is virtual, of each base; then name and offset of each member but tables' pointers.
type Bases = Vec<(String, u64, bool)>;
type Members = Vec<(String, u64)>;

fn class(pdb: &PdbFile, name: &str) -> (u64, Bases, Members) {
    let Some(Type::Udt(udt)) = pdb.get(pdb.find(name).unwrap()) else { panic!("{name}") };
    let base_name = |id| match pdb.get(id) {
        Some(Type::Udt(base)) => base.name.clone(),
        other => panic!("{other:?}"),
    };
    let bases = udt.bases.iter().map(|base| (base_name(base.ty), base.offset, base.is_virtual)).collect();
    let fields = udt.fields.iter().filter(|field| !field.name.starts_with("__"));
    (udt.size, bases, fields.map(|field| (field.name.clone(), field.offset)).collect())
}

/// Offsets of Microsoft's layout of classes: a pointer to the table of virtual bases stands first; the virtual base
/// itself stands at the end, where only that table tells.
#[test]
fn virtual_bases() {
    let pdb = pdb("virtual");
    let base = |name: &str, at, is_virtual| (name.to_owned(), at, is_virtual);
    let member = |name: &str, at| (name.to_owned(), at);
    assert_eq!(class(&pdb, "Left"), (32, vec![base("Root", 0, true)], vec![member("left", 8)]));
    assert_eq!(class(&pdb, "Right"), (32, vec![base("Root", 0, true)], vec![member("right", 8)]));
    // A class lists the virtual bases of its bases too, with a pointer to a table that knows them: here that of Left.
    let bases = vec![
        base("Plain", 8, false),
        base("Left", 24, false),
        base("Right", 40, false),
        base("Root", 24, true),
    ];
    assert_eq!(class(&pdb, "Both"), (80, bases, vec![member("both", 56)]));
}
