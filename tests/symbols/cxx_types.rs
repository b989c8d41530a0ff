//! C++ classes of compiled drivers, as the commands show them: what the sources initialise is what has to be shown, at the
//! addresses of the compiler's own record.

use crate::golden::run;
use dumpscope::debuggee::{Subject, Target};
use dumpscope::search::finder::FinderOptions;
use dumpscope::search::path::SearchPath;
use dumpscope::session::{Session, Settings};
use std::path::PathBuf;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/symbols")
}

fn driver(name: &str) -> (tempfile::TempDir, Session) {
    let cache = tempfile::tempdir().unwrap();
    let bytes = std::fs::read(folder().join(format!("{name}.sys"))).unwrap();
    let mut target = Target::of(Subject::from_bytes(&format!("{name}.sys"), bytes).unwrap());
    let options =
        FinderOptions { default_cache: cache.path().to_owned(), network: false, ..FinderOptions::default() };
    target.set_paths(SearchPath::parse(&folder().display().to_string()), SearchPath::default(), options);
    (cache, Session::new(target, Settings::default()))
}

fn lines(session: &mut Session, command: &str) -> Vec<String> {
    run(session, command).unwrap_or_else(|error| panic!("{command}: {error}"))
}

/// Where the record says a variable is. The sections of these images are a page each, and the images are not moved.
fn recorded(driver: &str, variable: &str) -> u64 {
    let text = std::fs::read_to_string(folder().join(format!("{driver}.globals.txt"))).unwrap();
    let after = &text[text.find(&format!("`{variable}`")).unwrap()..];
    let place = after.split_once("addr = ").unwrap().1.split_whitespace().next().unwrap();
    let (section, offset) = place.split_once(':').unwrap();
    0x1_4000_0000 + section.parse::<u64>().unwrap() * 0x1000 + offset.parse::<u64>().unwrap()
}

fn tick(address: u64) -> String {
    format!("{:08x}`{:08x}", address >> 32, address & 0xffff_ffff)
}

/// Name and value of lines of `dt`.
fn values(lines: &[String]) -> Vec<(String, String)> {
    let split = |line: &String| {
        let (lead, value) = line.split_once(" : ")?;
        Some((lead.split_whitespace().last()?.to_owned(), value.trim().to_owned()))
    };
    lines.iter().filter_map(split).collect()
}

/// bases.cpp gives every member a value of its own; the one of the virtual base is found through the object's table.
#[test]
fn members_of_virtual_bases() {
    let (_cache, mut session) = driver("bases");
    let want = [("left", "0x22"), ("right", "0x33"), ("both", "0x44"), ("rootId", "0x11")];
    let shown = lines(&mut session, "dt bases!g_both");
    let found: Vec<(String, String)> =
        values(&shown).into_iter().filter(|(name, _)| name != "__VFN_table").collect();
    assert_eq!(found, want.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert!(lines(&mut session, "dt bases!g_both rootId")[0].ends_with(" rootId : 0x11"));
    let shown = lines(&mut session, "dx bases!g_both");
    for (row, (name, value)) in shown[1..].iter().zip(want) {
        assert!(row.contains(&format!("] {name:16} : {value} [Type: unsigned long]")), "{row}");
    }
    assert_eq!(shown.len(), 5);
    // The type alone cannot say where it is, and does not hide that it is there.
    let layout = lines(&mut session, "dt bases!Both");
    assert_eq!(layout.last().unwrap(), "   virtual Root             : virtual base class");
    assert_eq!(values(&lines(&mut session, "dt bases!Left")).len(), 2);
    // Memory that holds no such table gives no member.
    let nowhere = lines(&mut session, "dx (*((bases!Both *)0x140002000))");
    assert!(nowhere.iter().all(|row| !row.contains("rootId")), "{nowhere:?}");
}

#[test]
fn values_of_other_cxx_types() {
    let (_cache, mut session) = driver("bases");
    assert_eq!(lines(&mut session, "dt bases!Sign"), ["   Negative = 0n-1", "   Positive = 0n1"]);
    assert_eq!(lines(&mut session, "?? bases!g_table[1][2]"), ["int 0n6"]);
    let table = lines(&mut session, "dx -r2 bases!g_table");
    assert_eq!(table[0], format!("bases!g_table{:16} [Type: int [2][3]]", ""));
    assert_eq!(table[1], "    [0]              [Type: int [3]]");
    assert_eq!(table[8], "        [2]              : 6 [Type: int]");
    // 0xa5 is 0b10100_101.
    let mixed = lines(&mut session, "dx -r2 bases!g_mixed");
    assert_eq!(mixed[1], "    [+0x000] whole            : 0xa5 [Type: unsigned long]");
    assert_eq!(mixed[3], "        [+0x000 ( 2: 0)] low              : 0x5 [Type: unsigned int]");
    assert_eq!(mixed[4], "        [+0x000 ( 7: 3)] high             : 0x14 [Type: unsigned int]");
    let both = recorded("bases", "g_both");
    let types = lines(&mut session, &format!("dx (bases!Pointers *)0x{both:x}"));
    for (row, ty) in types[1..].iter().zip(["unsigned long &", "int (__cdecl*)(int,char *)"]) {
        assert!(row.ends_with(&format!("[Type: {ty}]")), "{row}");
    }
    // Tables say for which base they are.
    let tables = lines(&mut session, "x /1 bases!*vbtable*");
    assert_eq!(tables, ["bases!Both::`vbtable'{for `Left'}", "bases!Both::`vbtable'{for `Right'}"]);
}

#[test]
fn templates_and_static_members() {
    let (_cache, mut session) = driver("shapes");
    let count = recorded("shapes", "geometry::Shape::s_count");
    let shown = lines(&mut session, "dt shapes!geometry::Square");
    let line = shown.iter().find(|line| line.contains(" s_count ")).unwrap();
    assert!(line.starts_with(&format!("   ={} s_count ", tick(count))), "{line}");

    let ring = recorded("shapes", "g_ring");
    let shown = lines(&mut session, &format!("dx (shapes!geometry::Ring<unsigned long,8> *)0x{ring:x}"));
    assert!(
        shown[0].ends_with(&format!(" : 0x{ring:x} [Type: geometry::Ring<unsigned long,8> *]")),
        "{shown:?}"
    );
    assert_eq!(shown[1], "    [+0x000] Items            [Type: unsigned long [8]]");
    assert_eq!(
        lines(&mut session, "?? sizeof(shapes!geometry::Ring<unsigned long,8>)"),
        ["unsigned int64 0x24"]
    );
    // A comparison is none.
    assert_eq!(lines(&mut session, "?? 3 < 5"), ["bool true"]);
    // One structure is not taken for an array of them.
    let arrays = lines(&mut session, "dt -a3 shapes!g_ring");
    assert_eq!(arrays[1..4], ["    [00] 0", "    [01] 0", "    [02] 0"]);
    assert!(arrays[4].contains(" Head ") && arrays.len() == 5, "{arrays:?}");
    // A function is its type.
    let measure = lines(&mut session, "dt shapes!Measure");
    assert_eq!(
        measure,
        ["shapes!Measure  unsigned long (class geometry::Shape &, struct geometry::Ring<unsigned long,8> &)"]
    );
}
