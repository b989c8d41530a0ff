//! Doctor, manifest, fetch and add: from "why are there no symbols" to having carried them in.

use crate::http;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::http::Server;
use dumpscope::search::Finder;
use dumpscope::search::doctor::diagnose;
use dumpscope::search::finder::FinderOptions;
use dumpscope::search::identity::Identity;
use dumpscope::search::locate::{KnownFrom, Wanted, locate_all};
use dumpscope::search::manifest::{Manifest, fetch};
use dumpscope::search::observer::Silent;
use dumpscope::search::path::SearchPath;
use dumpscope::symbols::module::{FileId, ImageId, PdbId};
use dumpscope::util::guid::Guid;

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/pe").join(name)
}

fn id(name: &str) -> FileId {
    Identity::of_file(&data(name)).unwrap().file_id(name)
}

/// The sample driver as a triage dump knows it: time stamp and size only.
fn from_triage() -> Wanted {
    let FileId::Image(image) = id("sample64.sys") else { panic!() };
    Wanted { module: "sample64".into(), image: Some(image), pdb: None }
}

/// A module whose files exist nowhere.
fn lost() -> Wanted {
    Wanted {
        module: "lost".into(),
        image: Some(ImageId::new("lost.sys", 0x1234_5678, 0x9000)),
        pdb: Some(PdbId::new("lost.pdb", Guid([9; 16]), 2)),
    }
}

/// A server with the sample driver and its PDB.
fn server() -> Server {
    let file = |name: &str| {
        let id = id(name);
        (format!("/{name}/{}/{name}", id.key()), std::fs::read(data(name)).unwrap())
    };
    Server::with([file("sample64.sys"), file("sample64.pdb")].into())
}

fn options(cache: &Path) -> FinderOptions {
    FinderOptions { default_cache: cache.to_owned(), ..FinderOptions::default() }
}

fn finder(path: &str, cache: &Path) -> Finder {
    Finder::new(SearchPath::parse(path), SearchPath::default(), options(cache))
}

#[test]
fn the_image_tells_the_pdb_where_the_dump_does_not() {
    let (server, cache) = (server(), tempfile::tempdir().unwrap());
    let finder = finder(&format!("srv**{}", server.url()), cache.path());
    let located = locate_all(&finder, &[lost(), from_triage()], false, &Silent);
    assert_eq!(located[1].known_from, KnownFrom::ImageFile);
    assert_eq!(located[1].pdb_id().map(|id| FileId::from(id.clone())), Some(id("sample64.pdb")));
    assert!(located[1].has_symbols());
    assert_eq!(located[0].known_from, KnownFrom::Dump);
    assert!(!located[0].has_symbols());
    assert_eq!(located[0].image, None, "its PDB is known, so its image is not needed");
}

#[test]
fn the_report_names_what_is_wrong_with_each_place() {
    let (server, cache) = (server(), tempfile::tempdir().unwrap());
    let missing = cache.path().join("missing");
    let path = format!("nonsense*x;{};srv**http://127.0.0.1:1/s;srv**{}", missing.display(), server.url());
    let report = diagnose(&finder(&path, cache.path()), &[from_triage(), lost()], &Silent);
    assert_eq!(report.with_symbols(), 1);
    assert!(report.warnings[0].contains("nonsense*"), "{:?}", report.warnings);
    let problem = |part: &str| {
        let place = report.places.iter().find(|place| place.place.contains(part)).unwrap();
        place.problem.clone()
    };
    assert!(problem("missing").is_some());
    assert!(problem("127.0.0.1:1/").unwrap().contains("no connection"));
    assert_eq!(problem(&server.url()), None);
    let lost = &report.modules[1].pdb.as_ref().unwrap().attempts;
    assert!(lost.iter().any(|attempt| attempt.outcome.to_string().contains("no such folder")));
    assert!(lost.iter().any(|attempt| attempt.outcome.to_string().contains("404")));
    let empty = diagnose(&finder("", cache.path()), &[lost_without_keys()], &Silent);
    assert!(empty.advice()[0].contains("symbol path is empty"));
}

fn lost_without_keys() -> Wanted {
    Wanted { module: "x".into(), image: None, pdb: None }
}

#[test]
fn a_manifest_is_fetched_elsewhere_and_carried_back() {
    let (server, home) = (server(), tempfile::tempdir().unwrap());
    // Here: nothing can be found, so everything is listed.
    let here = finder("", &home.path().join("cache"));
    let wanted = [from_triage(), lost(), lost_without_keys()];
    let manifest = Manifest::for_modules(&locate_all(&here, &wanted, true, &Silent));
    let expected = format!(
        "sample64.sys,{},1\nlost.pdb,{}2,1\nlost.sys,123456789000,1\n",
        id("sample64.sys").key(),
        "09".repeat(16)
    );
    assert_eq!(manifest.text(), expected);
    assert_eq!(manifest.problems.len(), 1);
    // Elsewhere: the image is fetched, and the PDB that it names.
    let folder = home.path().join("carry");
    let path = SearchPath::parse(&format!("srv**{}", server.url()));
    let manifest = Manifest::parse(&manifest.text());
    let fetched = fetch(&manifest, &folder, &path, &options(&home.path().join("elsewhere")), &Silent);
    let results: Vec<_> = fetched.iter().map(|file| (file.id.name(), file.result.is_ok())).collect();
    let expected = [("sample64.sys", true), ("sample64.pdb", true), ("lost.pdb", false), ("lost.sys", false)];
    assert_eq!(results, expected);
    assert!(fetched[2].result.as_ref().unwrap_err().to_string().contains("404"));
    assert!(!home.path().join("elsewhere").exists());
    // Back here: the folder on the path is all that is needed.
    let here = finder(&folder.display().to_string(), &home.path().join("cache"));
    let located = locate_all(&here, &[from_triage()], false, &Silent);
    assert!(located[0].has_symbols());
    let listed = Manifest::for_modules(&locate_all(&here, &[from_triage()], true, &Silent));
    assert_eq!(listed.files, []);
}

#[test]
fn fetching_copies_from_local_stores_too() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("carry");
    let path = SearchPath::parse(&data("").display().to_string());
    let manifest = Manifest { files: vec![id("sample64.sys")], problems: Vec::new() };
    let fetched = fetch(&manifest, &folder, &path, &options(home.path()), &Silent);
    assert_eq!(fetched.len(), 2, "the image and its PDB");
    assert!(fetched.iter().all(|file| file.result.as_ref().is_ok_and(|path| path.starts_with(&folder))));
}

#[test]
fn local_versions_of_a_pdb_are_listed() {
    let home = tempfile::tempdir().unwrap();
    let store = home.path().join("store");
    dumpscope::search::add::add(&[data("sample64.pdb")], &store, 1 << 20);
    let finder =
        finder(&format!("{};srv*{}*http://127.0.0.1:1", data("").display(), store.display()), home.path());
    let found = finder.local_pdbs("SAMPLE64.pdb");
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|(_, identity)| identity.file_id("sample64.pdb") == id("sample64.pdb")));
    assert_eq!(finder.local_pdbs("../sample64.pdb"), []);
}

fn dumpscope(home: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_dumpscope"))
        .arg("symbols")
        .args(arguments)
        .env("XDG_CACHE_HOME", home)
        .env("HOME", home)
        .env_remove("_NT_SYMBOL_PATH")
        .env_remove("_NT_ALT_SYMBOL_PATH")
        .output()
        .unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn the_program_adds_and_fetches() {
    let (server, home) = (server(), tempfile::tempdir().unwrap());
    let store = home.path().join("store").display().to_string();
    let pdb = data("sample64.pdb").display().to_string();
    let output = dumpscope(home.path(), &["add", &pdb, "--to", &store]);
    assert!(output.status.success() && stdout(&output).contains("1 file is in"), "{output:?}");
    let source = data("sample.c").display().to_string();
    let output = dumpscope(home.path(), &["add", &source, "--to", &store]);
    assert_eq!(output.status.code(), Some(1));
    let list = home.path().join("list.txt");
    std::fs::write(&list, format!("sample64.sys,{},1\n", id("sample64.sys").key())).unwrap();
    let (list, carry) = (list.display().to_string(), home.path().join("carry").display().to_string());
    let output = dumpscope(home.path(), &["fetch", &list, "--to", &carry]);
    assert_eq!(output.status.code(), Some(2), "no server named: {output:?}");
    let path = format!("srv**{}", server.url());
    let output = dumpscope(home.path(), &["fetch", &list, "--to", &carry, "-y", &path]);
    assert!(output.status.success(), "{output:?}");
    assert!(stdout(&output).contains("2 files are in"), "{output:?}");
    let key = id("sample64.pdb").key();
    assert!(Path::new(&carry).join("sample64.pdb").join(key).join("sample64.pdb").is_file());
    let output = dumpscope(home.path(), &["doctor", "-z", &list]);
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(dumpscope(home.path(), &["doctor"]).status.code(), Some(2));
}

/// The embedded demo: a dump, and a store in a `.zip` that lacks the PDB of the guilty driver.
#[test]
fn a_zip_serves_a_dump_and_is_unpacked_once() {
    let home = tempfile::tempdir().unwrap();
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo");
    let (dump, zip) = (assets.join("wifi-d1.dmp.gz"), assets.join("symbols.zip"));
    let (dump, zip) = (dump.display().to_string(), zip.display().to_string());
    let doctor = || stdout(&dumpscope(home.path(), &["doctor", "-v", "-z", &dump, "-y", &zip]));
    let total = |text: &str| {
        let line = text.lines().find(|line| line.ends_with(" modules have symbols")).unwrap().to_owned();
        let number = |index: usize| line.split(' ').nth(index).unwrap().parse::<usize>().unwrap();
        (number(0), number(2))
    };
    let first = doctor();
    let (with, all) = total(&first);
    // wlanflt has none.
    assert!(with >= 5 && with < all, "{first}");
    assert!(first.contains("no wlanflt.pdb/"), "{first}");
    assert_eq!(first.matches("symbols.zip: found").count(), with, "{first}");
    let again = doctor();
    assert_eq!(total(&again), (with, all));
    assert_eq!(again.matches("symbols.zip: found").count(), 0, "{again}");
    let list = stdout(&dumpscope(home.path(), &["manifest", "-z", &dump, "wlan*"]));
    let lines: Vec<&str> = list.lines().collect();
    assert!(lines.len() == 2 && lines[0].starts_with("wlanflt.pdb,"), "{list}");
    assert!(lines[1].starts_with("wlanflt.sys,5F3A91C4"), "{list}");
    let short = stdout(&dumpscope(home.path(), &["doctor", "-z", &dump, "-y", &zip]));
    assert!(
        short.contains(&format!("  {with} with: in ")) && short.contains("nt tcpip ndis nwifi"),
        "{short}"
    );
    assert!(short.contains("1 without: PDB: not in "), "{short}");
    let json = stdout(&dumpscope(home.path(), &["doctor", "--json", "-z", &dump, "-y", &zip]));
    assert_eq!(json.lines().count(), 1);
    assert!(json.contains(r#""module":"nwifi""#), "{json}");
}

#[test]
fn proxies_and_their_logins() {
    let home = tempfile::tempdir().unwrap();
    let list = home.path().join("list.txt");
    std::fs::write(&list, format!("sample64.pdb,{},1\n", id("sample64.pdb").key())).unwrap();
    let fetch_by = |proxy: &str, to: &str| {
        Command::new(env!("CARGO_BIN_EXE_dumpscope"))
            .args(["symbols", "fetch", &list.display().to_string()])
            .args([
                "--to",
                &home.path().join(to).display().to_string(),
                "-y",
                "srv**http://symbols.example/s",
            ])
            .env("_NT_SYMBOL_PROXY", proxy)
            .output()
            .unwrap()
    };
    let refusing = Server::always("407 Proxy Authentication Required", "", b"");
    let output = fetch_by(&refusing.address, "a");
    assert!(stdout(&output).contains("the proxy wants a login (407)"), "{output:?}");
    // A proxy that makes the connection itself: what follows in it is meant for the server.
    let body = std::fs::read(data("sample64.pdb")).unwrap();
    let connecting = Server::start(move |target, stream, _| {
        assert_eq!(target, "symbols.example:80");
        stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").unwrap();
        let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
        let first = lines.next().unwrap().unwrap();
        while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
        match first.contains("/s/sample64.pdb/") {
            true => http::reply(stream, "200 OK", "", &body),
            false => http::reply(stream, "404 Not Found", "", b""),
        }
    });
    let output = fetch_by(&format!("user:secret@{}", connecting.address), "b");
    assert!(output.status.success(), "{output:?}");
    let nobody = fetch_by("127.0.0.1:1", "c");
    assert_eq!(nobody.status.code(), Some(1));
    assert!(!format!("{output:?}{nobody:?}").contains("secret"));
}

/// On a real dump, where there is one: one module a line, and nothing asked of any server.
#[test]
fn the_doctor_on_a_real_dump() {
    let Some(dump) = crate::shared::shared("dumps/rizin-testbins-triage_x64.dmp") else { return };
    let home = tempfile::tempdir().unwrap();
    let output = dumpscope(home.path(), &["doctor", "-z", &dump.display().to_string()]);
    let text = stdout(&output);
    assert!(output.status.success() && text.contains("0 of 151 modules have symbols"), "{text}");
    assert!(text.lines().count() < 50, "one screen");
    let output = dumpscope(home.path(), &["manifest", "-z", &dump.display().to_string(), "nt"]);
    assert_eq!(stdout(&output), "ntoskrnl.exe,0D8333E61046000,1\n");
}
