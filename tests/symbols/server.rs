//! Finding files with real symbol servers on the loopback: what they have, what they lack, what is kept.

use std::collections::HashMap;
use std::io::Write;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crate::bench::{Bench, address, cabinet, failure, image, limits, pdb, wait_for_no_files};
use crate::http::{Server, reply};
use dumpscope::search::finder::FinderOptions;
use dumpscope::search::observer::{Event, Observer, Silent};
use dumpscope::search::path::SearchPath;
use dumpscope::search::server::download::Limits;
use dumpscope::search::{Finder, Outcome};
use dumpscope::symbols::module::{FileId, ImageId, PdbId};
use dumpscope::util::guid::Guid;

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
    let packed = cabinet(&bytes);
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
fn nothing_is_asked_without_a_server_in_the_path() {
    let (_, id) = pdb();
    let server = Server::always("500 no", "", b"");
    let bench = Bench::new();
    for path in [String::new(), "cache*".into(), bench.folder.path().display().to_string(), server.url()] {
        failure(&bench.find(&path, &id));
    }
    let options = FinderOptions { network: false, default_cache: bench.cache(), ..FinderOptions::default() };
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
    // Nor for ever: what is missing today may be there tomorrow.
    let forgetful = Limits { miss_memory: Duration::ZERO, ..limits() };
    let finder = bench.finder(&format!("srv**{}", server.url()), forgetful);
    for _ in 0..2 {
        let asked = server.asked().len();
        let text = failure(&finder.find(&id, &Silent));
        assert!(text.contains("404") && server.asked().len() >= asked + 3, "{text}");
    }
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
    cancelled_at: Mutex<Option<Instant>>,
}

impl Observer for Watch {
    fn event(&self, event: Event) {
        if self.cancel_on_start && matches!(event, Event::Started { .. }) {
            self.cancelled_at.lock().unwrap().get_or_insert_with(Instant::now);
            self.cancelled.store(true, Ordering::Relaxed);
        }
        self.events.lock().unwrap().push(event);
    }

    fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }
}

#[test]
fn progress_is_reported() {
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
}

#[test]
fn cancelling_does_not_wait_for_the_server() {
    let (_, id) = pdb();
    let stalled = Server::start(|path, stream, stop| {
        if !path.ends_with(".pdb") {
            return reply(stream, "404 Not Found", "", b"");
        }
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nMicrosoft");
        while !stop.load(Ordering::Relaxed) {
            thread::sleep(Duration::from_millis(5));
        }
    });
    let patient = Limits { stall: Duration::from_secs(30), total: Duration::from_secs(60), ..limits() };
    let watch = Watch { cancel_on_start: true, ..Watch::default() };
    let bench = Bench::new();
    let search = bench.finder(&format!("srv**{}", stalled.url()), patient).find(&id, &watch);
    let late = watch.cancelled_at.lock().unwrap().unwrap().elapsed();
    println!("ended {late:?} after it was cancelled");
    assert!(search.cancelled && search.found.is_none());
    assert!(late < Duration::from_secs(1), "{late:?}");
    assert!(watch.events.into_inner().unwrap().iter().any(|e| matches!(e, Event::Cancelled { .. })));
    drop(stalled);
    wait_for_no_files(&bench);
}

#[test]
fn many_files_are_fetched_in_parallel_and_in_order() {
    let (bytes, id) = pdb();
    let FileId::Pdb(id) = id else { panic!() };
    let ids: Vec<FileId> = (0..8).map(|n| PdbId { name: format!("f{n}.pdb"), ..id.clone() }.into()).collect();
    let parallel = limits().parallel;
    // Requests under way, and the most there were: none is answered before there were as many as are allowed.
    let under_way = Arc::new((Mutex::new((0, 0)), Condvar::new()));
    let counts = Arc::clone(&under_way);
    let server = Server::start(move |path, stream, _| {
        if path == "/index2.txt" {
            return reply(stream, "200 OK", "", b"");
        }
        if path.ends_with(".pdb") {
            let mut state = counts.0.lock().unwrap();
            state.0 += 1;
            state.1 = state.1.max(state.0);
            counts.1.notify_all();
            let patience = Duration::from_secs(20);
            state = counts.1.wait_timeout_while(state, patience, |state| state.1 < parallel).unwrap().0;
            state.0 -= 1;
        }
        match path.ends_with(".pdb") {
            true => reply(stream, "200 OK", "", &bytes),
            false => reply(stream, "404 Not Found", "", b""),
        }
    });
    let bench = Bench::new();
    let patient = Limits { stall: Duration::from_secs(30), total: Duration::from_secs(60), ..limits() };
    let finder = bench.finder(&format!("srv**{}", server.url()), patient);
    let results = finder.find_all(&ids, &Silent);
    assert_eq!(results.iter().map(|r| &r.id).collect::<Vec<_>>(), ids.iter().collect::<Vec<_>>());
    assert!(results.iter().all(|r| r.found.is_some()));
    assert_eq!(under_way.0.lock().unwrap().1, parallel, "as many at once as are allowed, no more");
    let asked = server.asked();
    assert_eq!(asked.iter().filter(|path| *path == "/index2.txt").count(), 1, "{asked:?}");
    assert!(asked.iter().any(|path| path.starts_with("/f1/f1.pdb/")), "in two tiers: {asked:?}");
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
    let finder = bench.finder(&path, limits());
    let text = failure(&finder.find(&other, &Silent));
    assert!(text.contains("mismatch"), "{text}");
    let finder = finder.allowing_mismatch(true);
    let found = finder.find(&other, &Silent).found.unwrap();
    assert_eq!(found.path, loose);
    assert!(found.mismatch.unwrap().contains("wanted is"));
}
