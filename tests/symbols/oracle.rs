//! Functions, source lines and inlined functions of our PDB reader against those of `symbolic-debuginfo`, which reads
//! the same records by other code.

use dumpscope::symbols::pdb::PdbFile;
use dumpscope::symbols::source::SymbolSource;
use std::path::PathBuf;
use symbolic_debuginfo::Function;
use symbolic_debuginfo::pdb::PdbObject;

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/symbols").join(format!("{name}.pdb"))
}

/// The functions inlined at an address, innermost first, with the start of each one's code there.
fn inlined<'a>(function: &'a Function<'a>, address: u64, found: &mut Vec<String>) {
    for inner in &function.inlinees {
        if inner
            .lines
            .iter()
            .any(|line| (line.address..line.address + line.size.unwrap_or(1)).contains(&address))
        {
            inlined(inner, address, found);
            found.push(inner.name.as_str().to_owned());
        }
    }
}

/// The last part of a name: the two readers qualify C++ names differently.
fn bare(name: &str) -> &str {
    let name = name.split('(').next().unwrap_or(name);
    name.rsplit("::").next().unwrap_or(name)
}

fn check(name: &str) {
    let ours = PdbFile::open(&path(name), None).unwrap();
    let bytes = std::fs::read(path(name)).unwrap();
    let theirs = PdbObject::parse(&bytes).unwrap();
    let session = theirs.debug_session().unwrap();
    let (mut functions, mut lines, mut sites) = (0, 0, 0);
    for function in session.functions() {
        let function = function.unwrap();
        let start = u32::try_from(function.address).unwrap();
        let place = format!("{name}: {}", function.name.as_str());
        let (first, end) = ours.function_extent(start).unwrap_or_else(|| panic!("{place}: no such function"));
        assert_eq!((u64::from(first), u64::from(end)), (function.address, function.end_address()), "{place}");
        functions += 1;
        for line in &function.lines {
            let rva = u32::try_from(line.address).unwrap();
            let mut expected = Vec::new();
            inlined(&function, line.address, &mut expected);
            let chain = ours.inline_chain(rva);
            let found: Vec<&str> = chain.iter().map(|inner| bare(&inner.name)).collect();
            let expected: Vec<&str> = expected.iter().map(|name| bare(name)).collect();
            assert_eq!(found, expected, "{place}: inlined at {rva:#x}");
            sites += expected.len();
            // Where code is inlined, the line of the outermost function is that of the call.
            if expected.is_empty() {
                let source = ours.line(rva).unwrap_or_else(|| panic!("{place}: no line at {rva:#x}"));
                assert_eq!(u64::from(source.line), line.line, "{place}: at {rva:#x}");
                assert!(source.file.ends_with(&*line.file.name_str()), "{place}: {}", source.file);
                lines += 1;
            }
        }
    }
    assert!(
        functions > 3 && lines > 10 && sites > 0,
        "{name}: {functions} functions, {lines} lines, {sites} sites"
    );
}

#[test]
fn the_c_driver() {
    check("driver");
}

#[test]
fn the_cxx_driver() {
    check("shapes");
}
