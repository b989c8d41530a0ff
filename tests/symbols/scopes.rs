//! Variables, inlined functions and source lines of compiled drivers, at every code address, against what the
//! compiler's own tool (`llvm-pdbutil`) reads from the same PDBs. `tests/data/symbols/build.sh` makes them all.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use dumpscope::symbols::pdb::PdbFile;
use dumpscope::symbols::source::{Place, SymbolKind, SymbolSource};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/symbols")
}

fn pdb(name: &str) -> PdbFile {
    PdbFile::open(&folder().join(format!("{name}.pdb")), None).unwrap()
}

fn reference(file: &str) -> String {
    std::fs::read_to_string(folder().join(file)).unwrap()
}

#[derive(Debug, Default)]
struct Variable {
    name: String,
    parameter: bool,
    /// Where: start and end of code, and the place in the words of `place`.
    places: Vec<(u32, u32, String)>,
    /// The blocks and sites that it lies in.
    scopes: Vec<usize>,
}

#[derive(Debug, Default)]
struct Scope {
    name: String,
    id: String,
    is_site: bool,
    ranges: Vec<(u32, u32)>,
    /// Code offset and line relative to the function's first.
    lines: Vec<(u32, i64)>,
    outer: Vec<usize>,
}

#[derive(Debug, Default)]
struct Function {
    name: String,
    start: u32,
    size: u32,
    /// The registers of its frame: for locals and for parameters.
    frame: [String; 2],
    variables: Vec<Variable>,
    scopes: Vec<Scope>,
}

/// The text between two marks of a line.
fn between<'a>(line: &'a str, from: &str, to: &str) -> &'a str {
    let rest = line.split_once(from).unwrap_or_else(|| panic!("no {from} in {line}")).1;
    rest.split_once(to).map_or(rest, |(found, _)| found)
}

fn number(text: &str) -> u32 {
    match text.strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex, 16).unwrap(),
        None => text.trim().parse().unwrap(),
    }
}

/// `0001:0048` as an address in the image. Sections 1 to 4 are one page each in these images.
fn address(text: &str) -> u32 {
    let (section, offset) = text.trim().split_once(':').unwrap();
    number(section.trim_start_matches('0')) * 0x1000 + number(offset)
}

fn stretches(start: u32, length: u32, gaps: &str, place: &str) -> Vec<(u32, u32, String)> {
    let mut gone = BTreeSet::new();
    for gap in gaps.split('(').skip(1) {
        let (at, len) = gap.split_once(')').unwrap().0.split_once(',').unwrap();
        gone.extend(number(at)..number(at) + number(len));
    }
    (0..length)
        .filter(|at| !gone.contains(at))
        .map(|at| (start + at, start + at + 1, place.to_owned()))
        .collect()
}

/// Reads the dump of symbol records.
fn functions(text: &str) -> Vec<Function> {
    let mut all: Vec<Function> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    let mut closed = true;
    let lines: Vec<&str> = text.lines().collect();
    for (at, line) in lines.iter().enumerate() {
        let Some((_, record)) = line.split_once(" | S_") else {
            continue;
        };
        let after = |n: usize| lines.get(at + n).copied().unwrap_or("");
        let kind = record.split(' ').next().unwrap();
        let name = record.split('`').nth(1).unwrap_or("").to_owned();
        if matches!(kind, "GPROC32" | "LPROC32") {
            all.push(Function {
                name,
                start: address(between(after(1), "addr = ", ",")),
                size: number(between(after(1), "code size = ", ",")),
                ..Function::default()
            });
            open.clear();
            closed = false;
            continue;
        }
        if line.contains("Linker") {
            break;
        }
        let Some(function) = all.last_mut() else { continue };
        match kind {
            "LOCAL" => function.variables.push(Variable {
                name,
                parameter: after(1).contains("param"),
                scopes: open.clone(),
                ..Variable::default()
            }),
            "CONSTANT" | "LDATA32" if !closed => {
                let place = match kind {
                    "CONSTANT" => format!("constant {}", between(after(1), "value = ", "\n")),
                    _ => format!("static {:x}", address(between(after(1), "addr = ", "\n"))),
                };
                let whole = (function.start, function.start + function.size, place);
                function.variables.push(Variable {
                    name,
                    places: vec![whole],
                    scopes: open.clone(),
                    ..Variable::default()
                });
            }
            "DEFRANGE_REGISTER" => {
                let start = address(between(after(1), "range start = ", ","));
                let length = number(between(after(1), "length = ", "\n"));
                let place = format!("{}+0", between(after(1), "register = ", ","));
                let found = stretches(start, length, between(after(2), "[", "]"), &place);
                function.variables.last_mut().unwrap().places.extend(found);
            }
            "FRAMEPROC" => {
                let registers = after(3);
                function.frame = [
                    between(registers, "local fp reg = ", ",").to_owned(),
                    between(registers, "param fp reg = ", "\n").to_owned(),
                ];
            }
            "DEFRANGE_SUBFIELD_REGISTER" | "DEFRANGE_FRAMEPOINTER_REL" | "DEFRANGE_REGISTER_REL" => {
                let both = format!("{} {}", after(1), after(2));
                let start = address(between(&both, "range = [", ","));
                let length = number(between(between(&both, "range = [", ")"), "+", ")"));
                let frame = &function.frame[usize::from(function.variables.last().unwrap().parameter)];
                let place = match kind {
                    "DEFRANGE_FRAMEPOINTER_REL" => {
                        format!("[{frame}+{}]+0", between(&both, "offset = ", ","))
                    }
                    "DEFRANGE_REGISTER_REL" => {
                        let (register, offset) =
                            (between(&both, "register = ", ","), between(&both, "offset = ", ","));
                        format!("[{register}+{offset}]+{}", between(&both, "in parent = ", ","))
                    }
                    _ => {
                        let part = between(&both, "offset in parent = ", " ");
                        format!("{}+{part}", between(&both, "register = ", ","))
                    }
                };
                let found = stretches(start, length, between(&both, "gaps = [", "]"), &place);
                function.variables.last_mut().unwrap().places.extend(found);
            }
            "BLOCK32" => {
                let start = address(between(after(2), "addr = ", "\n"));
                let size = number(between(after(2), "code size = ", ","));
                function.scopes.push(Scope {
                    ranges: vec![(start, start + size)],
                    outer: open.clone(),
                    ..Scope::default()
                });
                open.push(function.scopes.len() - 1);
            }
            "INLINESITE" => {
                let mut site = Scope {
                    name: between(after(1), "(", ")").to_owned(),
                    id: between(after(1), "inlinee = ", " ").to_owned(),
                    is_site: true,
                    outer: open.clone(),
                    ..Scope::default()
                };
                let mut line = 0i64;
                let mut start = None;
                for step in lines[at + 2..].iter().take_while(|line| !line.contains(" | S_")) {
                    if step.contains("line ") {
                        line = between(step, "line ", " ").parse().unwrap();
                    }
                    if step.contains("code end ") {
                        let end = function.start + number(between(step, "code end ", " "));
                        site.ranges.push((start.take().unwrap(), end));
                    } else if step.contains("code ") {
                        let code = function.start + number(between(step, "code ", " "));
                        start = start.or(Some(code));
                        site.lines.push((code, line));
                    }
                }
                function.scopes.push(site);
                open.push(function.scopes.len() - 1);
            }
            "END" | "INLINESITE_END" => closed = open.pop().is_none(),
            _ => {}
        }
    }
    all
}

/// CodeView's numbers of the registers that occur (`cvconst.h`).
fn register(number: u16) -> &'static str {
    const WIDE: [&str; 16] = [
        "RAX", "RBX", "RCX", "RDX", "RSI", "RDI", "RBP", "RSP", "R8", "R9", "R10", "R11", "R12", "R13",
        "R14", "R15",
    ];
    const NARROW: [&str; 8] = ["EAX", "ECX", "EDX", "EBX", "ESP", "EBP", "ESI", "EDI"];
    const EXTENDED: [&str; 8] = ["R8D", "R9D", "R10D", "R11D", "R12D", "R13D", "R14D", "R15D"];
    match number {
        328..=343 => WIDE[usize::from(number - 328)],
        17..=24 => NARROW[usize::from(number - 17)],
        360..=367 => EXTENDED[usize::from(number - 360)],
        other => panic!("register {other}"),
    }
}

fn place(part: u32, place: &Place) -> String {
    match place {
        Place::Register(r) => format!("{}+{part}", register(*r)),
        Place::RegisterRelative { register: r, offset } | Place::FrameRelative { register: r, offset } => {
            format!("[{}+{offset}]+{part}", register(*r))
        }
        Place::Static { rva } => format!("static {rva:x}"),
        Place::Constant(value) => format!("constant {value}"),
    }
}

type Shown = BTreeMap<(String, bool, bool), BTreeSet<String>>;

fn check(name: &str, least_sites: usize) {
    let pdb = pdb(name);
    assert!(pdb.is_private());
    let functions = functions(&reference(&format!("{name}.symbols.txt")));
    let first_lines: BTreeMap<String, i64> = reference(&format!("{name}.inlinees.txt"))
        .lines()
        .filter(|line| line.starts_with("  0x"))
        .map(|line| {
            let columns: Vec<&str> = line.split('|').map(str::trim).collect();
            (columns[0].to_owned(), columns[1].parse().unwrap())
        })
        .collect();
    assert_eq!(sites_by_name(&pdb), places_of_sites(&functions), "{name}");
    let (mut addresses, mut variables, mut frames) = (0, 0, 0);
    for function in &functions {
        let symbol = pdb.nearest(function.start).unwrap();
        assert_eq!((symbol.name, symbol.kind), (function.name.as_str(), SymbolKind::Function));
        assert_eq!(symbol.size, Some(function.size));
        let end = function.start + function.size;
        assert_eq!(pdb.function_extent(end - 1), Some((function.start, end)));
        for rva in function.start..end {
            addresses += 1;
            let covers = |scope: &Scope| scope.ranges.iter().any(|r| (r.0..r.1).contains(&rva));
            // A scope is entered where it or anything inside it covers the address.
            let entered = |number: usize| {
                let inner = |s: &Scope| s.is_site && s.outer.contains(&number) && covers(s);
                covers(&function.scopes[number]) || function.scopes.iter().any(inner)
            };
            let mut want = Shown::new();
            for variable in &function.variables {
                if variable.name.is_empty() || !variable.scopes.iter().all(|&s| entered(s)) {
                    continue;
                }
                let inlined = variable.scopes.iter().any(|&s| function.scopes[s].is_site);
                let places = variable.places.iter().filter(|p| (p.0..p.1).contains(&rva));
                let key = (variable.name.clone(), variable.parameter, inlined);
                want.entry(key).or_default().extend(places.map(|p| p.2.clone()));
            }
            let mut have = Shown::new();
            for variable in pdb.locals(rva) {
                let key = (variable.name, variable.parameter, variable.inline_depth.is_some());
                let places = variable.locations.iter().map(|l| place(l.part, &l.place));
                have.entry(key).or_default().extend(places);
            }
            assert_eq!(have, want, "{} +{:#x}", function.name, rva - function.start);
            variables += have.len();
            let sites: Vec<&Scope> = function.scopes.iter().filter(|s| s.is_site).collect();
            let mut chain: Vec<(String, Option<i64>)> = sites
                .iter()
                .filter(|site| {
                    let number = function.scopes.iter().position(|s| std::ptr::eq(s, **site)).unwrap();
                    entered(number)
                })
                .map(|site| {
                    let line = site.lines.iter().rev().find(|l| l.0 <= rva).map(|l| l.1);
                    (site.name.clone(), line.filter(|_| covers(site)).map(|l| l + first_lines[&site.id]))
                })
                .collect();
            chain.reverse();
            let found = pdb.inline_chain(rva);
            let found: Vec<(String, Option<i64>)> = found
                .iter()
                .map(|frame| (short(&frame.name), frame.line.as_ref().map(|l| i64::from(l.line))))
                .collect();
            assert_eq!(found, chain, "{} +{:#x}", function.name, rva - function.start);
            frames += found.len();
        }
    }
    println!("{name}: {addresses} addresses, {variables} variables, {frames} inlined frames");
    let sites: usize = functions.iter().map(|f| f.scopes.iter().filter(|s| s.is_site).count()).sum();
    assert!(sites >= least_sites, "{sites}");
    assert!(variables > 500, "{variables}");
}

fn short(name: &str) -> String {
    name.rsplit("::").next().unwrap().to_owned()
}

/// Where each inlined function begins, as the tool's dump has it: with its own code or that of what lies inside it.
fn places_of_sites(functions: &[Function]) -> BTreeSet<(u32, String)> {
    let mut places = BTreeSet::new();
    for function in functions {
        for (number, site) in function.scopes.iter().enumerate().filter(|(_, scope)| scope.is_site) {
            let inner = function.scopes.iter().filter(|s| s.is_site && s.outer.contains(&number));
            let starts = inner.chain([site]).flat_map(|scope| &scope.ranges).map(|range| range.0);
            places.extend(starts.min().map(|start| (start, site.name.clone())));
        }
    }
    places
}

/// The same, as it is told to who asks for each name on its own.
fn sites_by_name(pdb: &PdbFile) -> BTreeSet<(u32, String)> {
    let names: BTreeSet<String> = pdb.inline_sites(&|_| true).into_iter().map(|site| site.name).collect();
    let of_name = |name: &String| pdb.inline_sites(&|other| other == name);
    names.iter().flat_map(of_name).map(|site| (site.rva, short(&site.name))).collect()
}

#[test]
fn variables_and_inlined_functions_of_the_c_driver() {
    check("driver", 1);
}

#[test]
fn variables_and_inlined_functions_of_the_cxx_driver() {
    check("shapes", 5);
}

#[test]
fn variables_in_memory() {
    check("spill", 0);
}

#[test]
fn qualified_names_of_inlined_functions() {
    let pdb = pdb("shapes");
    let measure = pdb.by_name("Measure")[0].rva;
    let names: Vec<String> = pdb.inline_chain(measure + 0x20).into_iter().map(|f| f.name).collect();
    assert_eq!(names, ["geometry::Ring<unsigned long,8>::Push"]);
    let entry = pdb.by_name("DriverEntry")[0].rva;
    let names: Vec<String> = pdb.inline_chain(entry + 0x10).into_iter().map(|f| f.name).collect();
    assert_eq!(names, ["geometry::Shape::Shape", "geometry::Square::Square"]);
}

/// Every line record of the tool's dump.
#[test]
fn source_lines() {
    for name in ["driver", "shapes", "spill"] {
        let pdb = pdb(name);
        let text = reference(&format!("{name}.lines.txt"));
        let mut records = 0;
        let mut block: Option<(u32, Vec<(u32, u32)>)> = None;
        let mut finish = |block: &mut Option<(u32, Vec<(u32, u32)>)>| {
            let Some((end, lines)) = block.take() else { return };
            for (index, &(start, line)) in lines.iter().enumerate() {
                let until = lines.get(index + 1).map_or(end, |next| next.0);
                for rva in start..until {
                    let found = pdb.line(rva).unwrap();
                    assert_eq!(found.line, line, "{name} {rva:x}");
                    assert!(found.file.starts_with("c:\\src\\"), "{}", found.file);
                }
                records += 1;
            }
        };
        for line in text.lines() {
            let line = line.trim();
            if line.starts_with("0001:") {
                finish(&mut block);
                let end = u32::from_str_radix(between(line, "-", ","), 16).unwrap();
                block = Some((0x1000 + end, Vec::new()));
            } else if let Some((_, lines)) = block.as_mut()
                && line.contains('!')
            {
                for entry in line.split('!').filter(|entry| !entry.trim().is_empty()) {
                    let mut words = entry.split_whitespace();
                    let number = words.next().unwrap().parse().unwrap();
                    let at = u32::from_str_radix(words.next().unwrap(), 16).unwrap();
                    lines.push((0x1000 + at, number));
                }
            }
        }
        finish(&mut block);
        assert!(records >= 15, "{records}");
        assert_eq!(pdb.line(0x9000), None);
    }
}
