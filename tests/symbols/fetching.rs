//! A session fetches what its modules lack: several at a time, in order, without waiting where it should not.

use std::collections::HashMap;
use std::io::Read;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crate::http::{Server, reply};
use dumpscope::command::run_line;
use dumpscope::debuggee::{News, Target};
use dumpscope::dump::DumpFile;
use dumpscope::output::{Collector, plain};
use dumpscope::search::finder::FinderOptions;
use dumpscope::search::observer::{Event, Observer};
use dumpscope::search::path::SearchPath;
use dumpscope::search::server::download::Limits;
use dumpscope::session::{Session, Settings};
use dumpscope::util::cancel::CancelToken;

const PARALLEL: usize = 4;
/// What must come; tests wait no longer than it takes.
const PATIENCE: Duration = Duration::from_secs(20);

fn demo(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo").join(name)
}

/// The files of the demo's symbol store, by their addresses on a server.
fn store() -> HashMap<String, Vec<u8>> {
    let mut archive = zip::ZipArchive::new(std::fs::File::open(demo("symbols.zip")).unwrap()).unwrap();
    let names: Vec<String> = archive.file_names().map(str::to_owned).collect();
    let mut read = |name: &str| {
        let mut bytes = Vec::new();
        archive.by_name(name).unwrap().read_to_end(&mut bytes).unwrap();
        bytes
    };
    names.iter().map(|name| (format!("/{name}"), read(name))).collect()
}

fn session(path: &str, cache: &Path) -> Session {
    session_of(&demo("wifi-d1.dmp.gz"), path, cache)
}

fn session_of(dump: &Path, path: &str, cache: &Path) -> Session {
    let dump = DumpFile::open(dump, &mut |_| {}).unwrap();
    let mut target = Target::new(dump);
    let limits = Limits { parallel: PARALLEL, ..Limits::default() };
    let options = FinderOptions { default_cache: cache.to_owned(), limits, ..FinderOptions::default() };
    target.set_paths(SearchPath::parse(path), SearchPath::default(), options);
    Session::new(target, Settings::default())
}

fn run(line: &str, session: &mut Session) -> Vec<String> {
    let mut output = Collector::default();
    let _ = run_line(line, session, &mut output);
    let text: String = plain(output.document.lines());
    text.lines().map(str::to_owned).collect()
}

/// How many requests are under way, how many were at most, and a call when that changes.
type Crowd = (Mutex<(usize, usize)>, Condvar);

/// A server of the demo's files that lets no PDB go before so many are asked for at once.
fn crowd(wanted: usize) -> (Server, Arc<Crowd>) {
    let files = store();
    let counts = Arc::new(Crowd::default());
    let shared = Arc::clone(&counts);
    let server = Server::start(move |path, stream, _| {
        if !path.ends_with(".pdb") {
            return reply(stream, "404 Not Found", "", b"");
        }
        let (state, changed) = &*shared;
        {
            let mut state = state.lock().unwrap();
            state.0 += 1;
            state.1 = state.1.max(state.0);
            changed.notify_all();
            // Until enough were here at once; then, and for a client that comes alone, at once.
            let waited = changed.wait_timeout_while(state, PATIENCE, |state| state.1 < wanted).unwrap();
            state = waited.0;
            state.0 -= 1;
        }
        match files.get(path) {
            Some(body) => reply(stream, "200 OK", "", body),
            None => reply(stream, "404 Not Found", "", b""),
        }
    });
    (server, counts)
}

#[test]
fn reload_fetches_several_files_at_once_and_reports_them_in_order() {
    let (server, counts) = crowd(PARALLEL);
    let cache = tempfile::tempdir().unwrap();
    let mut first = session(&format!("srv**{}", server.url()), cache.path());
    let fetched = run(".reload /f", &mut first);
    assert_eq!(counts.0.lock().unwrap().1, PARALLEL, "as many at once as are allowed, no more");
    // From the cache, one after the other: the same modules in the same order with the same files.
    let mut second = session("cache*", cache.path());
    let found = run(".reload /f", &mut second);
    let rows = |lines: &[String]| -> Vec<String> {
        lines.iter().filter(|line| !line.starts_with("        ")).cloned().collect()
    };
    assert_eq!(rows(&fetched), rows(&found));
    let loaded = fetched.iter().filter(|line| line.contains("(private pdb symbols)")).count();
    assert!(loaded >= 5, "{fetched:#?}");
    // What the server lacks is told with what was tried.
    assert!(fetched.iter().any(|line| line.contains("wlanflt.pdb") && line.contains("404")), "{fetched:#?}");
}

/// Stops when its token does.
struct Stop(CancelToken);

impl Observer for Stop {
    fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }
}

/// A server that answers for no PDB before it is let.
fn gate() -> (Server, Arc<AtomicBool>) {
    let (files, open) = (store(), Arc::new(AtomicBool::new(false)));
    let is_open = Arc::clone(&open);
    let server = Server::start(move |path, stream, stop| {
        let Some(body) = files.get(path) else {
            return reply(stream, "404 Not Found", "", b"");
        };
        while !is_open.load(Ordering::SeqCst) && !stop.load(Ordering::SeqCst) {
            thread::sleep(Duration::from_millis(5));
        }
        reply(stream, "200 OK", "", body);
    });
    (server, open)
}

fn wait_until(what: &str, done: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < deadline, "no {what}");
        thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn a_reload_that_waits_for_a_server_can_be_stopped() {
    let (server, _open) = gate();
    let cache = tempfile::tempdir().unwrap();
    let mut session = session(&format!("srv**{}", server.url()), cache.path());
    let token = session.cancel.clone();
    session.target.symbols().set_observer(Arc::new(Stop(token.begin())));
    let fetches = session.target.symbols().fetches().clone();
    let (asked, started) = (Arc::clone(&server.asked), Instant::now());
    let stopper = thread::spawn(move || {
        wait_until("request", || asked.lock().unwrap().iter().any(|path| path.ends_with(".pdb")));
        token.cancel();
        fetches.stop();
        Instant::now()
    });
    let lines = run(".reload /f", &mut session);
    let ended = Instant::now();
    let late = ended.saturating_duration_since(stopper.join().unwrap());
    println!("ended {late:?} after it was stopped, {:?} in all", ended - started);
    assert!(late < Duration::from_secs(1), "{late:?}");
    assert!(!lines.iter().any(|line| line.contains("ERROR")), "{lines:#?}");
    assert_eq!(session.target.symbols().fetches().left(), 0);
    // Nothing of what was stopped is taken for an answer.
    for module in session.target.modules().iter() {
        assert!(session.target.symbols().loaded(module).is_none());
    }
}

#[test]
fn who_does_not_wait_gets_addresses_first_and_names_later() {
    let (server, open) = gate();
    let cache = tempfile::tempdir().unwrap();
    let mut session = session(&format!("srv**{}", server.url()), cache.path());
    let news = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&news);
    let table = session.target.symbols();
    table.fetches().set_listener(Arc::new(move |news| heard.lock().unwrap().push(news)));
    table.set_waiting(false);
    let names = |session: &mut Session| run("kc", session).join("\n");
    let before = names(&mut session);
    assert!(before.contains("nwifi+0x") && !before.contains("nwifi!"), "{before}");
    assert_eq!(before, names(&mut session), "still, and nothing is asked twice");
    // The kernel's types are there without its PDB.
    assert!(run("dt nt!_EPROCESS UniqueProcessId", &mut session).join("").contains("UniqueProcessId"));
    open.store(true, Ordering::SeqCst);
    wait_until("end", || session.target.symbols().fetches().left() == 0);
    let after = names(&mut session);
    assert!(after.contains("nwifi!Dot11SendCompletion") && after.contains("wlanflt+0x"), "{after}");
    let asked = server.asked();
    assert_eq!(asked.iter().filter(|path| path.ends_with("/nwifi.pdb")).count(), 1, "{asked:?}");
    let news = news.lock().unwrap();
    let settled =
        |name: &str| news.iter().any(|news| matches!(news, News::Settled { module, .. } if module == name));
    assert!(settled("nt") && settled("nwifi") && settled("wlanflt"), "{news:?}");
    let asking = |news: &News| matches!(news, News::Search(Event::Asked { server: host, .. }, _) if *host == server.url());
    assert!(news.iter().any(asking), "{news:?}");
}

#[test]
fn a_command_takes_over_what_is_being_fetched_for_a_pane() {
    let (server, open) = gate();
    let cache = tempfile::tempdir().unwrap();
    let mut session = session(&format!("srv**{}", server.url()), cache.path());
    session.target.symbols().set_waiting(false);
    assert!(run("kc", &mut session).join("\n").contains("nwifi+0x"));
    let asked = Arc::clone(&server.asked);
    let opener = thread::spawn(move || {
        wait_until("request", || asked.lock().unwrap().iter().any(|path| path.ends_with("/ntkrnlmp.pdb")));
        open.store(true, Ordering::SeqCst);
    });
    session.target.symbols().set_waiting(true);
    let lines = run("ln nt!KeBugCheckEx", &mut session);
    opener.join().unwrap();
    assert!(lines.iter().any(|line| line.contains("nt!KeBugCheckEx")), "{lines:#?}");
    let asked = server.asked();
    assert_eq!(asked.iter().filter(|path| path.ends_with("/ntkrnlmp.pdb")).count(), 1, "{asked:?}");
}

#[test]
fn what_is_here_needs_no_second_look() {
    let cache = tempfile::tempdir().unwrap();
    let zip = demo("symbols.zip");
    let server = Server::with(HashMap::new());
    let mut session = session(&format!("{};srv**{}", zip.display(), server.url()), cache.path());
    session.target.symbols().set_waiting(false);
    let stack = run("kc", &mut session).join("\n");
    assert!(stack.contains("nwifi!Dot11SendCompletion"), "{stack}");
}

/// A triage dump holds no code. With the images from a server its stack is that of the full dump, frame by frame.
#[test]
fn images_that_are_fetched_stand_in_for_what_a_triage_dump_lacks() {
    let (server, cache) = (Server::with(store()), tempfile::tempdir().unwrap());
    let path = format!("srv**{}", server.url());
    let triage = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/wifi-triage.dmp.gz");
    let alone = run("k", &mut session_of(&triage, "", cache.path())).join("\n");
    assert!(alone.contains("[scan "), "{alone}");
    let mut full = session_of(&demo("wifi.dmp.gz"), &path, cache.path());
    let mut small = session_of(&triage, &path, cache.path());
    let (expected, found) = (run("k", &mut full), run("k", &mut small));
    assert!(expected.len() > 20 && !expected.join("").contains("[scan "), "{expected:#?}");
    assert_eq!(found, expected);
    assert_eq!(run("u nt!KeBugCheckEx L4", &mut small), run("u nt!KeBugCheckEx L4", &mut full));
    // Who does not wait sees the exact one when all have come.
    let other = tempfile::tempdir().unwrap();
    let mut pane = session_of(&triage, &path, other.path());
    pane.target.symbols().set_waiting(false);
    let mut rounds = 0;
    loop {
        let lines = run("k", &mut pane);
        wait_until("end", || pane.target.symbols().fetches().left() == 0);
        if lines == expected {
            break;
        }
        rounds += 1;
        assert!(rounds < 10, "{lines:#?}");
    }
}
