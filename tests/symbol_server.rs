//! Finding files with real symbol servers on the loopback: good ones, slow ones, liars.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "support/http.rs"]
mod http;

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use dumpscope::symbols::download::Limits;
use dumpscope::symbols::finder::Options;
use dumpscope::symbols::identity::Identity;
use dumpscope::symbols::module::{FileId, ImageId, PdbId};
use dumpscope::symbols::observer::{Event, Observer, Silent};
use dumpscope::symbols::path::SearchPath;
use dumpscope::symbols::{Finder, Outcome, Search};
use dumpscope::util::guid::Guid;
use http::{Server, reply};

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/pe").join(name)
}

/// The sample PDB and its identity.
fn pdb() -> (Vec<u8>, FileId) {
    let path = data("sample64.pdb");
    (std::fs::read(&path).unwrap(), Identity::of_file(&path).unwrap().file_id("sample64.pdb"))
}

fn image() -> (Vec<u8>, FileId) {
    let path = data("sample64.sys");
    (std::fs::read(&path).unwrap(), Identity::of_file(&path).unwrap().file_id("sample64.sys"))
}

/// Where a single-tier store keeps the file.
fn address(id: &FileId) -> String {
    format!("/{}/{}/{}", id.name(), id.key(), id.name())
}

fn limits() -> Limits {
    Limits {
        size: 1 << 20,
        total: Duration::from_secs(4),
        stall: Duration::from_secs(1),
        connect: Duration::from_secs(2),
        ..Limits::default()
    }
}

struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    fn new() -> Bench {
        Bench { folder: tempfile::tempdir().unwrap() }
    }

    fn cache(&self) -> PathBuf {
        self.folder.path().join("root/cache")
    }

    fn finder(&self, path: &str, limits: Limits) -> Finder {
        let options = Options { default_cache: self.cache(), limits, ..Options::default() };
        Finder::new(SearchPath::parse(path), SearchPath::default(), options)
    }

    fn find(&self, path: &str, id: &FileId) -> Search {
        self.finder(path, limits()).find(id, &Silent)
    }

    /// Every file below the folder that holds the cache.
    fn files(&self) -> Vec<PathBuf> {
        fn walk(dir: &Path, found: &mut Vec<PathBuf>) {
            for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
                match entry.path() {
                    path if path.is_dir() => walk(&path, found),
                    path => found.push(path),
                }
            }
        }
        let mut found = Vec::new();
        walk(self.folder.path(), &mut found);
        found.sort();
        found
    }

    fn path_in_cache(&self, id: &FileId) -> PathBuf {
        self.cache().join(id.name()).join(id.key()).join(id.name())
    }
}

fn failure(search: &Search) -> String {
    assert_eq!(search.found, None, "{:?}", search.attempts);
    let texts: Vec<String> = search.attempts.iter().map(|a| a.outcome.to_string()).collect();
    texts.join("; ")
}

#[test]
fn a_file_is_fetched_once_and_then_found_in_the_cache() {
    for (bytes, id) in [pdb(), image()] {
        let bench = Bench::new();
        let server = Server::with([(address(&id), bytes.clone())].into());
        let path = format!("srv**{}", server.url());
        let found = bench.find(&path, &id).found.unwrap();
        assert_eq!(found.path, bench.path_in_cache(&id));
        assert_eq!(found.origin, Some(format!("{}{}", server.url(), address(&id))));
        assert_eq!(std::fs::read(&found.path).unwrap(), bytes);
        assert_eq!(bench.files(), std::slice::from_ref(&found.path));
        let asked = server.asked().len();
        let again = bench.find(&path, &id);
        assert_eq!(again.found.unwrap().origin, None);
        assert_eq!(server.asked().len(), asked);
    }
}

#[test]
fn downloads_go_to_the_first_store_or_the_cache_element() {
    let (bytes, id) = pdb();
    let server = Server::with([(address(&id), bytes)].into());
    let (bench, url) = (Bench::new(), server.url());
    let place = |name: &str| bench.folder.path().join(name);
    for (path, root) in [
        (format!("srv*{}*{}*{url}", place("a").display(), place("b").display()), place("a")),
        (format!("cache*{};srv*{url}", place("c").display()), place("c")),
        (format!("symsrv*symsrv.dll*{}*{url}/", place("d").display()), place("d")),
        (format!("srv*{url}"), bench.cache()),
    ] {
        let found = bench.find(&path, &id).found.unwrap();
        assert_eq!(found.path, root.join(id.name()).join(id.key()).join(id.name()), "{path}");
    }
}

/// What stands behind a server in the path does not come before it, whoever searches.
#[test]
fn a_search_that_asks_nobody_ends_before_the_first_server() {
    let (bytes, id) = pdb();
    let (bench, server) = (Bench::new(), Server::with([(address(&id), bytes.clone())].into()));
    let folder = bench.folder.path().join("loose");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join(id.name()), bytes).unwrap();
    let behind = format!("srv**{};{}", server.url(), folder.display());
    let before = format!("{};srv**{}", folder.display(), server.url());
    let here = bench.finder(&before, limits()).find_here(&id, &Silent).unwrap();
    assert!(here.found.unwrap().path.starts_with(&folder));
    assert_eq!(bench.finder(&behind, limits()).find_here(&id, &Silent), None);
    assert_eq!(server.asked(), [] as [String; 0]);
    let found = bench.find(&behind, &id).found.unwrap();
    assert!(found.origin.unwrap().starts_with(&server.url()));
    // In the cache now.
    let here = bench.finder(&behind, limits()).find_here(&id, &Silent).unwrap();
    assert_eq!(here.found.unwrap().path, found.path);
}

#[test]
fn compressed_files_are_expanded() {
    let (bytes, id) = pdb();
    let mut builder = cab::CabinetBuilder::new();
    builder.add_folder(cab::CompressionType::MsZip).add_file("..\\..\\evil.pdb");
    let mut writer = builder.build(std::io::Cursor::new(Vec::new())).unwrap();
    writer.next_file().unwrap().unwrap().write_all(&bytes).unwrap();
    assert!(writer.next_file().unwrap().is_none());
    let packed = writer.finish().unwrap().into_inner();
    let name = format!("/{}/{}/sample64.pd_", id.name(), id.key());
    let (bench, server) = (Bench::new(), Server::with([(name, packed)].into()));
    let path = format!("srv**{}", server.url());
    let found = bench.find(&path, &id).found.unwrap();
    assert!(std::fs::read(&found.path).unwrap() == bytes);
    assert_eq!(bench.files(), [bench.path_in_cache(&id)]);
    let small = Limits { size: 10_000, ..limits() };
    let other = Bench::new();
    let search = other.finder(&path, small).find(&id, &Silent);
    assert!(failure(&search).contains("size limit"), "{search:?}");
    assert_eq!(other.files(), [] as [PathBuf; 0]);
}

#[test]
fn two_tier_servers() {
    let (bytes, id) = pdb();
    let files = [("/index2.txt".to_owned(), b"".to_vec()), (format!("/sa{}", address(&id)), bytes)];
    let (bench, server) = (Bench::new(), Server::with(files.into()));
    assert!(bench.find(&format!("srv**{}", server.url()), &id).found.is_some());
}

#[test]
fn names_are_also_asked_for_in_lower_case() {
    let (bytes, id) = pdb();
    let FileId::Pdb(id) = id else { panic!() };
    let upper = FileId::from(PdbId { name: "SAMPLE64.PDB".into(), ..id.clone() });
    let (bench, server) = (Bench::new(), Server::with([(address(&id.into()), bytes)].into()));
    assert!(bench.find(&format!("srv**{}", server.url()), &upper).found.is_some());
}

#[test]
fn answers_that_are_no_file() {
    let (_, id) = pdb();
    for (status, headers, body, words) in [
        ("404 Not Found", "", b"".as_slice(), "404"),
        ("410 Gone", "", b"", "410"),
        ("401 Unauthorized", "WWW-Authenticate: Basic\r\n", b"", "refuses access (401)"),
        ("407 Proxy Authentication Required", "", b"", "proxy wants a login (407)"),
        ("429 Too Many Requests", "", b"", "429"),
        ("500 Internal Server Error", "", b"", "server has an error (500)"),
        ("200 OK", "Content-Type: text/html; charset=utf-8\r\n", b"hello", "HTML page"),
        ("200 OK", "", b"\r\n  <!DOCTYPE html><html>", "HTML page"),
        ("200 OK", "", b"hello", "neither a PDB nor a PE image"),
        ("200 OK", "", b"", "empty"),
        ("304 Not Modified", "", b"", "304"),
    ] {
        let (bench, server) = (Bench::new(), Server::always(status, headers, body));
        let started = Instant::now();
        let text = failure(&bench.find(&format!("srv**{}", server.url()), &id));
        assert!(text.contains(words), "{status}: {text}");
        assert_eq!(bench.files(), [] as [PathBuf; 0], "{status}");
        assert!(started.elapsed() < Duration::from_secs(8));
    }
}

#[test]
fn another_version_does_not_enter_the_cache() {
    let ((pdb_bytes, pdb_id), (image_bytes, image_id)) = (pdb(), image());
    let (FileId::Pdb(pdb_id), FileId::Image(image_id)) = (pdb_id, image_id) else { panic!() };
    let wrong_pdb = FileId::from(PdbId { guid: Guid([1; 16]), ..pdb_id.clone() });
    let wrong_age = FileId::from(PdbId { age: 9, ..pdb_id.clone() });
    let wrong_image = FileId::from(ImageId { time_date_stamp: 1, ..image_id });
    let crossed = FileId::from(pdb_id);
    for (id, bytes, words) in [
        (wrong_pdb, pdb_bytes.clone(), "wanted is PDB {01010101"),
        (wrong_age, pdb_bytes.clone(), "age 9"),
        (wrong_image, image_bytes.clone(), "wanted is image with time stamp 00000001"),
        (crossed, image_bytes, "the file is image"),
    ] {
        let (bench, server) = (Bench::new(), Server::with([(address(&id), bytes)].into()));
        let search = bench.find(&format!("srv**{}", server.url()), &id);
        assert!(search.attempts.iter().any(|a| matches!(a.outcome, Outcome::Mismatch(_))), "{search:?}");
        assert!(failure(&search).contains(words), "{search:?}");
        assert_eq!(bench.files(), [] as [PathBuf; 0]);
    }
}

#[test]
fn truncated_files_do_not_enter_the_cache() {
    let (bytes, id) = pdb();
    let half = bytes[..bytes.len() / 2].to_vec();
    let whole = bytes.len();
    // Cut off in transfer, and cut off on the server with an honest length.
    let body = half.clone();
    let cut = Server::start(move |path, stream, _| match path.ends_with("index2.txt") {
        true => reply(stream, "404 Not Found", "", b""),
        false => {
            let _ = write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {whole}\r\nConnection: close\r\n\r\n");
            let _ = stream.write_all(&body);
        }
    });
    let short = Server::with([(address(&id), half)].into());
    for (server, words) in [(&cut, "broke off"), (&short, "cut off")] {
        let bench = Bench::new();
        let text = failure(&bench.find(&format!("srv**{}", server.url()), &id));
        assert!(text.contains(words), "{text}");
        assert_eq!(bench.files(), [] as [PathBuf; 0]);
    }
}

#[test]
fn the_size_limit_holds_with_and_without_a_stated_length() {
    let (_, id) = pdb();
    let stated = Server::start(|_, stream, _| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n");
        endless(stream);
    });
    let unstated = Server::start(|_, stream, _| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
        endless(stream);
    });
    // A small gzip stream that would expand to 64 MiB.
    let bomb = Server::start(|_, stream, _| {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        for _ in 0..64 {
            gzip.write_all(&vec![b'x'; 1 << 20]).unwrap();
        }
        reply(stream, "200 OK", "Content-Encoding: gzip\r\n", &gzip.finish().unwrap());
    });
    for server in [&stated, &unstated, &bomb] {
        let bench = Bench::new();
        let text = failure(&bench.find(&format!("srv**{}", server.url()), &id));
        assert!(text.contains("size limit"), "{text}");
        assert_eq!(bench.files(), [] as [PathBuf; 0]);
    }
}

fn endless(stream: &mut TcpStream) {
    let block = vec![b'M'; 1 << 16];
    while stream.write_all(&block).is_ok() {}
}

#[test]
fn slow_servers_end_at_the_time_limits() {
    let (_, id) = pdb();
    let wait = |stop: &AtomicBool| {
        while !stop.load(Ordering::Relaxed) {
            thread::sleep(Duration::from_millis(20));
        }
    };
    let silent = Server::start(move |_, _, stop| wait(stop));
    let stalled = Server::start(move |_, stream, stop| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nMicro");
        wait(stop);
    });
    let dripping = Server::start(|_, stream, stop| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
        while !stop.load(Ordering::Relaxed) && stream.write_all(b"M").is_ok() {
            thread::sleep(Duration::from_millis(50));
        }
    });
    let slow_headers = Server::start(|_, stream, stop| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
        while !stop.load(Ordering::Relaxed) && stream.write_all(b"X-A: b\r\n").is_ok() {
            thread::sleep(Duration::from_millis(50));
        }
    });
    for (server, longest) in [(&silent, 3), (&stalled, 3), (&dripping, 8), (&slow_headers, 8)] {
        let (bench, started) = (Bench::new(), Instant::now());
        let finder = bench.finder(&format!("srv**{}", server.url()), limits());
        let text = failure(&finder.find(&id, &Silent));
        assert!(started.elapsed() < Duration::from_secs(longest), "{text} after {:?}", started.elapsed());
        // The server is left alone for a while.
        let text = failure(&finder.find(&image().1, &Silent));
        assert!(text.contains("this server failed"), "{text}");
        thread::sleep(Duration::from_millis(300));
        assert_eq!(bench.files(), [] as [PathBuf; 0]);
    }
}

#[test]
fn redirects_are_followed_within_bounds() {
    let (bytes, id) = pdb();
    let target = Server::with([("/blob".to_owned(), bytes)].into());
    let location = format!("Location: {}/blob\r\n", target.url());
    let good = Server::start(move |path, stream, _| match path.ends_with(".pdb") {
        true => reply(stream, "302 Found", &location, b""),
        false => reply(stream, "404 Not Found", "", b""),
    });
    assert!(Bench::new().find(&format!("srv**{}", good.url()), &id).found.is_some());
    let around = Server::start(|path, stream, _| {
        reply(stream, "302 Found", &format!("Location: {path}x\r\n"), b"");
    });
    let (bench, started) = (Bench::new(), Instant::now());
    let text = failure(&bench.find(&format!("srv**{}", around.url()), &id));
    assert!(text.contains("redirect"), "{text}");
    assert!(around.asked().len() <= 4 * 7, "{}", around.asked().len());
    assert!(started.elapsed() < Duration::from_secs(5));
    // Other schemes are no places to be sent to.
    let passwd = Server::always("302 Found", "Location: file:///etc/passwd\r\n", b"");
    let bench = Bench::new();
    failure(&bench.find(&format!("srv**{}", passwd.url()), &id));
    assert_eq!(bench.files(), [] as [PathBuf; 0]);
}

#[test]
fn pointers_of_servers_are_shown_and_not_followed() {
    let (_, id) = pdb();
    let name = format!("/{}/{}/file.ptr", id.name(), id.key());
    let local = format!("PATH:{}", data("sample64.pdb").display());
    for (text, words) in
        [(local.as_str(), "which is not followed"), ("MSG: ask Bob", "the server says: ask Bob")]
    {
        let server = Server::with([(name.clone(), text.as_bytes().to_vec())].into());
        let bench = Bench::new();
        let text = failure(&bench.find(&format!("srv**{}", server.url()), &id));
        assert!(text.contains(words), "{text}");
        assert_eq!(bench.files(), [] as [PathBuf; 0]);
    }
}

#[test]
fn names_from_a_dump_stay_inside_the_cache() {
    let (bytes, id) = pdb();
    let FileId::Pdb(id) = id else { panic!() };
    let server = Server::start(move |_, stream, _| reply(stream, "200 OK", "", &bytes));
    for name in
        ["..", ".", "", "a/../../b.pdb", "..\\x.pdb", "/etc/x.pdb", "C:x.pdb", "nul.pdb", "a\0b", "x.pdb ."]
    {
        let bench = Bench::new();
        let bad = FileId::from(PdbId { name: name.into(), ..id.clone() });
        let text = failure(&bench.find(&format!("srv**{}", server.url()), &bad));
        assert!(text.contains("not searched"), "{name:?}: {text}");
        assert_eq!(bench.files(), [] as [PathBuf; 0], "{name:?}");
    }
    assert_eq!(server.asked(), [] as [String; 0]);
}

#[test]
fn nothing_is_asked_without_a_server_in_the_path() {
    let (_, id) = pdb();
    let server = Server::always("500 no", "", b"");
    let bench = Bench::new();
    for path in [String::new(), "cache*".into(), bench.folder.path().display().to_string(), server.url()] {
        failure(&bench.find(&path, &id));
    }
    let options = Options { network: false, default_cache: bench.cache(), ..Options::default() };
    let path = SearchPath::parse(&format!("srv**{}", server.url()));
    let text = failure(&Finder::new(path, SearchPath::default(), options).find(&id, &Silent));
    assert!(text.contains("network is off"), "{text}");
    assert_eq!(server.asked(), [] as [String; 0]);
}

#[test]
fn misses_are_not_asked_for_again() {
    let (_, id) = pdb();
    let (bench, server) = (Bench::new(), Server::with(HashMap::new()));
    let finder = bench.finder(&format!("srv**{}", server.url()), limits());
    failure(&finder.find(&id, &Silent));
    let asked = server.asked().len();
    assert!(asked >= 3, "file, compressed and pointer: {:?}", server.asked());
    let text = failure(&finder.find(&id, &Silent));
    assert!(text.contains("not asked again"), "{text}");
    assert_eq!(server.asked().len(), asked);
    finder.http().forget();
    failure(&finder.find(&id, &Silent));
    assert!(server.asked().len() > asked);
}

#[test]
fn an_unreachable_server_is_tried_once() {
    let (_, id) = pdb();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let bench = Bench::new();
    let finder = bench.finder(&format!("srv**http://user:secret@{closed}"), limits());
    let search = finder.find(&id, &Silent);
    let text = failure(&search);
    assert!(text.contains("no connection"), "{text}");
    let place = &search.attempts.last().unwrap().place;
    assert!(place.starts_with(&format!("http://{closed}")) && !place.contains("secret"), "{place}");
    let text = failure(&finder.find(&image().1, &Silent));
    assert!(text.contains("this server failed"), "{text}");
}

/// Collects events; cancels once a download has begun, if asked to.
#[derive(Default)]
struct Watch {
    events: Mutex<Vec<Event>>,
    cancel_on_start: bool,
    cancelled: AtomicBool,
}

impl Observer for Watch {
    fn event(&self, event: Event) {
        if self.cancel_on_start && matches!(event, Event::Started { .. }) {
            self.cancelled.store(true, Ordering::Relaxed);
        }
        self.events.lock().unwrap().push(event);
    }

    fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }
}

#[test]
fn progress_is_reported_and_cancelling_is_prompt() {
    let (bytes, id) = pdb();
    let size = bytes.len() as u64;
    let slow = Server::start(move |path, stream, stop| {
        if !path.ends_with(".pdb") {
            return reply(stream, "404 Not Found", "", b"");
        }
        let _ =
            write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", bytes.len());
        for piece in bytes.chunks(8192) {
            if stop.load(Ordering::Relaxed) || stream.write_all(piece).is_err() {
                break;
            }
            thread::sleep(Duration::from_millis(60));
        }
    });
    let path = format!("srv**{}", slow.url());
    let (bench, watch) = (Bench::new(), Watch::default());
    assert!(bench.finder(&path, limits()).find(&id, &watch).found.is_some());
    let events = watch.events.into_inner().unwrap();
    let progress = |event: &Event| matches!(event, Event::Progress { done, total, .. } if *total == Some(size) && *done <= size);
    assert!(
        events.iter().any(|e| matches!(e, Event::Started { url, .. } if url.ends_with(".pdb"))),
        "{events:?}"
    );
    assert!(events.iter().any(progress), "{events:?}");
    assert!(events.iter().any(|e| matches!(e, Event::Completed { size: s, .. } if *s == size)));
    let watch = Watch { cancel_on_start: true, ..Watch::default() };
    let (bench, started) = (Bench::new(), Instant::now());
    let search = bench.finder(&path, limits()).find(&id, &watch);
    assert!(search.cancelled && search.found.is_none());
    assert!(started.elapsed() < Duration::from_millis(400), "{:?}", started.elapsed());
    assert!(watch.events.into_inner().unwrap().iter().any(|e| matches!(e, Event::Cancelled { .. })));
    thread::sleep(Duration::from_millis(500));
    assert_eq!(bench.files(), [] as [PathBuf; 0]);
}

#[test]
fn many_files_are_fetched_in_parallel_and_in_order() {
    let (bytes, id) = pdb();
    let FileId::Pdb(id) = id else { panic!() };
    let ids: Vec<FileId> = (0..8).map(|n| PdbId { name: format!("f{n}.pdb"), ..id.clone() }.into()).collect();
    // Requests under way, counted until just before each answer: a client may ask again as soon as it has one.
    let under_way = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0)));
    let counts = Arc::clone(&under_way);
    let server = Server::start(move |path, stream, _| {
        let now = counts.0.fetch_add(1, Ordering::SeqCst) + 1;
        counts.1.fetch_max(now, Ordering::SeqCst);
        thread::sleep(Duration::from_millis(100));
        counts.0.fetch_sub(1, Ordering::SeqCst);
        match path.ends_with(".pdb") {
            true => reply(stream, "200 OK", "", &bytes),
            false => reply(stream, "404 Not Found", "", b""),
        }
    });
    let bench = Bench::new();
    let finder = bench.finder(&format!("srv**{}", server.url()), limits());
    let results = finder.find_all(&ids, &Silent);
    assert_eq!(results.iter().map(|r| &r.id).collect::<Vec<_>>(), ids.iter().collect::<Vec<_>>());
    assert!(results.iter().all(|r| r.found.is_some()));
    let most = under_way.1.load(Ordering::SeqCst);
    assert!((2..=4).contains(&most), "{most} at once");
}

#[test]
fn one_file_wanted_twice_is_fetched_once() {
    let (bytes, id) = pdb();
    let server = Server::start(move |path, stream, _| {
        thread::sleep(Duration::from_millis(200));
        match path.ends_with(".pdb") {
            true => reply(stream, "200 OK", "", &bytes),
            false => reply(stream, "404 Not Found", "", b""),
        }
    });
    let bench = Bench::new();
    let finder = bench.finder(&format!("srv**{}", server.url()), limits());
    let results = finder.find_all(&[id.clone(), id.clone(), id], &Silent);
    assert!(results.iter().all(|r| r.found.is_some()), "{results:?}");
    assert_eq!(server.asked().iter().filter(|path| path.ends_with(".pdb")).count(), 1);
}

#[test]
fn a_damaged_file_in_the_cache_is_replaced() {
    let (bytes, id) = pdb();
    let (bench, server) = (Bench::new(), Server::with([(address(&id), bytes.clone())].into()));
    let path = bench.path_in_cache(&id);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, &bytes[..3000]).unwrap();
    let search = bench.find(&format!("srv**{}", server.url()), &id);
    assert!(search.attempts[0].outcome.to_string().contains("cut off"), "{search:?}");
    assert_eq!(search.found.unwrap().path, path);
    assert!(std::fs::read(&path).unwrap() == bytes);
}

#[test]
fn loose_files_of_another_version_only_on_request() {
    let (bytes, id) = pdb();
    let FileId::Pdb(id) = id else { panic!() };
    let bench = Bench::new();
    let loose = bench.folder.path().join("sample64.pdb");
    std::fs::write(&loose, bytes).unwrap();
    let other = FileId::from(PdbId { guid: Guid([2; 16]), ..id });
    let path = bench.folder.path().display().to_string();
    let mut finder = bench.finder(&path, limits());
    let text = failure(&finder.find(&other, &Silent));
    assert!(text.contains("mismatch"), "{text}");
    finder.set_allow_mismatch(true);
    let found = finder.find(&other, &Silent).found.unwrap();
    assert_eq!(found.path, loose);
    assert!(found.mismatch.unwrap().contains("wanted is"));
}

#[test]
fn connections_that_say_nonsense() {
    let (_, id) = pdb();
    for nonsense in [b"\xff\xfe\x00garbage\r\n\r\n".as_slice(), b"HTTP/9.9 hello\r\n\r\n", b""] {
        let server = Server::start(move |_, stream, _| {
            let _ = stream.write_all(nonsense);
        });
        let (bench, started) = (Bench::new(), Instant::now());
        failure(&bench.find(&format!("srv**{}", server.url()), &id));
        assert!(started.elapsed() < Duration::from_secs(6));
        assert_eq!(bench.files(), [] as [PathBuf; 0]);
    }
    let huge = Server::start(|_, stream, _| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
        while stream.write_all(&[b'a'; 4096]).is_ok() {}
        let _ = stream.read(&mut [0; 16]);
    });
    let started = Instant::now();
    failure(&Bench::new().find(&format!("srv**{}", huge.url()), &id));
    assert!(started.elapsed() < Duration::from_secs(6));
}
