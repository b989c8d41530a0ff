//! The explorer while symbols are being fetched from a slow server.

use crate::forge;
use crate::http::{Server, reply};
use crate::terminal::Terminal;
use std::collections::HashMap;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// A server with the symbols of the demo that answers for no PDB before it is let.
struct Gate {
    server: Server,
    open: Arc<AtomicBool>,
    cache: tempfile::TempDir,
}

impl Gate {
    fn new() -> Gate {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo/symbols.zip");
        let mut archive = zip::ZipArchive::new(std::fs::File::open(path).unwrap()).unwrap();
        let mut files = HashMap::new();
        for index in 0..archive.len() {
            let mut entry = archive.by_index(index).unwrap();
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).unwrap();
            files.insert(format!("/{}", entry.name()), bytes);
        }
        let open = Arc::new(AtomicBool::new(false));
        let is_open = Arc::clone(&open);
        let server = Server::start(move |path, stream, stop| {
            let Some(body) = files.get(path) else {
                return reply(stream, "404 Not Found", "", b"");
            };
            while path.ends_with(".pdb") && !is_open.load(Ordering::SeqCst) && !stop.load(Ordering::SeqCst) {
                thread::sleep(Duration::from_millis(5));
            }
            reply(stream, "200 OK", "", body);
        });
        Gate { server, open, cache: tempfile::tempdir().unwrap() }
    }

    fn explore(&self, columns: u16, rows: u16) -> Terminal {
        let path = format!("srv**{}", self.server.url());
        let home = self.cache.path().to_str().unwrap();
        let arguments = ["assets/demo/wifi-d1.dmp.gz", "-y", &path];
        let mut terminal =
            Terminal::open(columns, rows, &arguments, &[("XDG_CACHE_HOME", home), ("HOME", home)]);
        terminal.wait_for("Analysis");
        terminal.enter_panes();
        terminal
    }

    fn asked_for(&self, name: &str) -> usize {
        self.server.asked().iter().filter(|path| path.contains(name)).count()
    }
}

#[test]
fn panes_show_addresses_at_once_and_names_as_they_arrive() {
    for (columns, rows) in [(80, 24), (160, 50)] {
        let gate = Gate::new();
        let mut terminal = gate.explore(columns, rows);
        terminal.press("3");
        terminal.wait_for("nwifi+0x");
        // What is going on is told, and the user works on.
        terminal.wait_for("asking 127.0.0.1:");
        terminal.wait_for("Esc stops");
        terminal.press(":.echo at work\r");
        terminal.wait_for("\nat work");
        terminal.press("\t3");
        terminal.wait_for("nt+0x");
        gate.open.store(true, Ordering::SeqCst);
        terminal.wait_for("nt!KeBugCheckEx");
        terminal.wait_for("nwifi!Dot11SendCompletion");
        terminal.wait_until("end of fetching", |terminal| !terminal.contents().contains("Esc stops"));
        assert_eq!(gate.asked_for("/nwifi.pdb"), 1, "{:?}", gate.server.asked());
        terminal.leave();
        terminal.assert_restored();
    }
}

#[test]
fn a_typed_command_waits_for_its_symbols_and_gets_them() {
    let gate = Gate::new();
    let mut terminal = gate.explore(80, 24);
    terminal.press(":ln nt!KeBugCheckEx\r");
    terminal.wait_for("ln nt!KeBugCheckEx  asking 127.0.0.1:");
    gate.open.store(true, Ordering::SeqCst);
    terminal.wait_for("Exact matches");
    assert_eq!(gate.asked_for("/ntkrnlmp.pdb"), 1, "{:?}", gate.server.asked());
}

#[test]
fn escape_stops_waiting_and_fetching_until_symbols_are_asked_for_again() {
    let gate = Gate::new();
    let mut terminal = gate.explore(80, 24);
    terminal.press("3:ln nt!KeBugCheckEx\r");
    terminal.wait_for("ln nt!KeBugCheckEx  asking 127.0.0.1:");
    let asked = Instant::now();
    terminal.press("\x1b");
    terminal.wait_for("stopped fetching symbols");
    terminal.wait_for("\nstopped");
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
    // Nothing is asked behind the user's back, though panes run again.
    let before = gate.server.asked();
    terminal.press(".echo next\r");
    terminal.wait_for("\nnext");
    terminal.press("\t3r5r3");
    terminal.wait_for("nt+0x");
    terminal.wait_for_silence();
    assert_eq!(gate.server.asked(), before);
    gate.open.store(true, Ordering::SeqCst);
    terminal.press(":.reload\r");
    terminal.wait_for("nt!KeBugCheckEx");
}

#[test]
fn leaving_does_not_wait_for_a_slow_server() {
    let gate = Gate::new();
    let mut terminal = gate.explore(80, 24);
    terminal.wait_for("asking 127.0.0.1:");
    let asked = Instant::now();
    terminal.press("q");
    assert!(terminal.end().success());
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
    terminal.assert_restored();
}

/// What panes load is told in the console, not among their own lines.
#[test]
fn a_noisy_search_is_told_in_the_console() {
    let gate = Gate::new();
    gate.open.store(true, Ordering::SeqCst);
    let mut terminal = gate.explore(160, 50);
    terminal.wait_for("nwifi!Dot11SendCompletion");
    terminal.press(":!sym noisy\r.reload\r");
    terminal.wait_for("DBGHELP: ");
    terminal.press("\t3");
    terminal.wait_for("[3 Stack]");
    terminal.press("z");
    terminal.wait_until("stack without a word of it", |terminal| {
        let screen = terminal.contents();
        screen.contains("nwifi!Dot11SendCompletion") && !screen.contains("DBGHELP")
    });
}

/// A structure of a symbol file whose name is a second command: following its link runs no such command.
#[test]
fn a_name_in_a_symbol_file_is_no_command() {
    let folder = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo");
    let store = folder.path().join("store");
    let file = std::fs::File::open(root.join("symbols.zip")).unwrap();
    zip::ZipArchive::new(file).unwrap().extract(&store).unwrap();
    let key = forge::truth("wifi")["modules"][0]["pdb_key"].as_str().unwrap().to_owned();
    let pdb = store.join("ntkrnlmp.pdb").join(key).join("ntkrnlmp.pdb");
    let mut bytes = std::fs::read(&pdb).unwrap();
    let name = b"_SE_AUDIT_PROCESS_CREATION_INFO";
    let hostile = b"_LUID;.sympath srv*http://x.inv";
    assert_eq!(name.len(), hostile.len());
    let places: Vec<usize> =
        bytes.windows(name.len()).enumerate().filter(|(_, part)| part == name).map(|(at, _)| at).collect();
    assert!(!places.is_empty());
    for at in places {
        bytes[at..at + name.len()].copy_from_slice(hostile);
    }
    std::fs::write(&pdb, bytes).unwrap();
    let home = folder.path().to_str().unwrap();
    let path = store.to_str().unwrap().to_owned();
    let arguments = ["assets/demo/wifi.dmp.gz", "-y", &path];
    let mut terminal = Terminal::open(160, 50, &arguments, &[("XDG_CACHE_HOME", home), ("HOME", home)]);
    terminal.wait_for("Analysis");
    terminal.press("dt nt!_EPROCESS SeAuditProcessCreationInfo\r");
    terminal.wait_for("_LUID;.sympath srv*http://x.inv");
    terminal.press("\x1b8\x1b[C\r");
    terminal
        .wait_for("not followed: a command line would not take '_LUID;.sympath srv*http://x.inv' for one");
    terminal.press(":.cls\r.sympath\r");
    terminal.wait_for("ymbol search path is: ");
    let screen = terminal.contents();
    assert!(!screen.contains("http://x.inv"), "{screen}");
}
