//! Stores that cannot be used as they should: unwritable ones, folders where files belong, several programs at once.

use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::bench::{Bench, address, data, failure, image, limits, pdb};
use crate::http::{Server, reply};
use dumpscope::search::observer::Silent;

/// A store whose place is taken by a file cannot be made, whoever the user is.
#[test]
fn where_a_store_cannot_be_written_the_users_cache_is_used() {
    let (bytes, id) = pdb();
    let (bench, server) = (Bench::new(), Server::with([(address(&id), bytes)].into()));
    let file = bench.folder.path().join("file");
    std::fs::write(&file, "x").unwrap();
    for store in [file.clone(), file.join("below")] {
        for path in [
            format!("srv*{}*{}", store.display(), server.url()),
            format!("cache*{};srv*{}", store.display(), server.url()),
        ] {
            let bench = Bench::new();
            let search = bench.find(&path, &id);
            let told = format!("{:?}", search.attempts);
            assert!(told.contains("cannot be written to"), "{told}");
            assert_eq!(search.found.unwrap().path, bench.path_in_cache(&id), "{path}");
            // It is found there afterwards, with the server and without asking anyone.
            let asked = server.asked().len();
            assert_eq!(bench.find(&path, &id).found.unwrap().path, bench.path_in_cache(&id));
            let here = bench.finder(&path, limits()).find_here(&id, &Silent).unwrap();
            assert_eq!(here.found.unwrap().path, bench.path_in_cache(&id));
            assert_eq!(server.asked().len(), asked);
        }
    }
    assert_eq!(std::fs::read(&file).unwrap(), b"x");
}

#[test]
fn without_any_place_to_write_the_reason_is_told() {
    let (bytes, id) = pdb();
    let (bench, server) = (Bench::new(), Server::with([(address(&id), bytes)].into()));
    std::fs::create_dir_all(bench.cache().parent().unwrap()).unwrap();
    std::fs::write(bench.cache(), "x").unwrap();
    let said = failure(&bench.find(&format!("srv**{}", server.url()), &id));
    assert!(said.contains("cannot write to the store"), "{said}");
}

#[test]
fn folders_named_like_the_file_are_no_files() {
    let (bytes, id) = pdb();
    let bench = Bench::new();
    let folder = bench.folder.path().join("loose");
    std::fs::create_dir_all(folder.join(id.name())).unwrap();
    let said = failure(&bench.find(&folder.display().to_string(), &id));
    assert!(said.contains("not found"), "{said}");
    // In a cache it is left alone, and told.
    std::fs::create_dir_all(bench.path_in_cache(&id).join("kept")).unwrap();
    let server = Server::with([(address(&id), bytes)].into());
    let said = failure(&bench.find(&format!("srv**{}", server.url()), &id));
    assert!(said.contains("cannot write to the store"), "{said}");
    assert!(bench.path_in_cache(&id).join("kept").is_dir());
    assert_eq!(bench.files().len(), 0, "{:?}", bench.files());
}

fn fetch(home: &Path, list: &Path, url: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dumpscope"));
    command.args(["symbols", "fetch"]).arg(list).arg("--to").arg(home.join("store"));
    command.args(["-y", &format!("srv*{url}")]).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.env("XDG_CACHE_HOME", home).env("HOME", home);
    command
}

#[test]
fn programs_that_want_the_same_file_fetch_it_once() {
    let ((bytes, id), home) = (pdb(), tempfile::tempdir().unwrap());
    let wanted = address(&id);
    let server = Server::start(move |path, stream, _| match path == wanted {
        true => {
            // Long enough for the others to come to the same file.
            thread::sleep(Duration::from_millis(400));
            reply(stream, "200 OK", "", &bytes);
        }
        false => reply(stream, "404 Not Found", "", b""),
    });
    let list = home.path().join("list.txt");
    std::fs::write(&list, format!("{},{},1\n", id.name(), id.key())).unwrap();
    let programs: Vec<_> =
        (0..3).map(|_| fetch(home.path(), &list, &server.url()).spawn().unwrap()).collect();
    for program in programs {
        let output = program.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }
    let path = home.path().join("store").join(id.name()).join(id.key());
    let left: Vec<_> = std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, [id.name()], "nothing but the file is left");
    assert!(std::fs::read(path.join(id.name())).unwrap() == std::fs::read(data("sample64.pdb")).unwrap());
    // Whoever came late enough found the file; nobody asked at the same time as another.
    let asked = server.asked().iter().filter(|path| path.ends_with(".pdb")).count();
    assert!(asked <= 1, "{:?}", server.asked());
}

/// What a program that was killed has left is removed by the next one that fetches the file.
#[cfg(unix)]
#[test]
fn a_killed_program_leaves_nothing_that_hurts() {
    let ((bytes, id), home) = (image(), tempfile::tempdir().unwrap());
    let (wanted, half) = (address(&id), bytes[..bytes.len() / 2].to_vec());
    let stalled = Server::start({
        let wanted = wanted.clone();
        move |path, stream, stop| {
            if path != wanted {
                return reply(stream, "404 Not Found", "", b"");
            }
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", half.len() * 2);
            let _ = std::io::Write::write_all(stream, head.as_bytes());
            let _ = std::io::Write::write_all(stream, &half);
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                thread::sleep(Duration::from_millis(5));
            }
        }
    });
    let list = home.path().join("list.txt");
    std::fs::write(&list, format!("{},{},1\n", id.name(), id.key())).unwrap();
    let mut program = fetch(home.path(), &list, &stalled.url()).spawn().unwrap();
    let folder = home.path().join("store").join(id.name()).join(id.key());
    let deadline = Instant::now() + Duration::from_secs(20);
    let unfinished = || {
        let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
        entries.filter(|entry| entry.metadata().is_ok_and(|metadata| metadata.len() > 0)).count()
    };
    while unfinished() == 0 {
        assert!(Instant::now() < deadline, "no download");
        thread::sleep(Duration::from_millis(5));
    }
    program.kill().unwrap();
    program.wait().unwrap();
    assert_eq!(unfinished(), 1);
    let whole = Server::with([(wanted, bytes)].into());
    let output = fetch(home.path(), &list, &whole.url()).output().unwrap();
    assert!(folder.join(id.name()).is_file(), "{output:?}");
    let left: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, [id.name()]);
}
