//! Symbol servers that mean harm: they cannot make the program write outside its cache, hang past its time limits, or
//! use more than its size limits.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::bench::{Bench, address, cabinet, failure, image, limits, pdb, wait_for_no_files};
use crate::http::{Server, reply};
use dumpscope::search::observer::Silent;
use dumpscope::search::server::download::Limits;
use dumpscope::symbols::module::{FileId, PdbId};
use dumpscope::util::guid::Guid;

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

/// What a server announces is compared with the disk before it comes.
#[test]
#[cfg(unix)]
fn more_than_the_disk_holds_is_not_fetched() {
    let (_, id) = pdb();
    let large = Server::start(|_, stream, _| {
        let _ = write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", 1u64 << 60);
        endless(stream);
    });
    let bench = Bench::new();
    let generous = Limits { size: u64::MAX, ..limits() };
    let search = bench.finder(&format!("srv**{}", large.url()), generous).find(&id, &Silent);
    let text = failure(&search);
    assert!(text.contains("0x1000000000000000 more are needed now"), "{text}");
    assert_eq!(bench.files(), [] as [PathBuf; 0]);
}

fn endless(stream: &mut TcpStream) {
    let _ = stream.write_all(b"Microsoft C/C++ MSF 7.00\r\n\x1aDS\0\0\0");
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
        wait_for_no_files(&bench);
    }
}

#[test]
fn a_server_that_drips_is_left_before_the_time_limit() {
    let (_, id) = pdb();
    let dripping = Server::start(|_, stream, stop| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
        while !stop.load(Ordering::Relaxed) && stream.write_all(b"M").is_ok() {
            thread::sleep(Duration::from_millis(20));
        }
    });
    let bench = Bench::new();
    // A byte each 20 ms is 50 a second.
    let impatient = Limits {
        rate: 1000,
        window: Duration::from_millis(300),
        total: Duration::from_secs(3600),
        ..limits()
    };
    let finder = bench.finder(&format!("srv**{}", dripping.url()), impatient);
    let text = failure(&finder.find(&id, &Silent));
    assert!(text.contains("too slow"), "{text}");
    wait_for_no_files(&bench);
}

#[test]
fn what_begins_as_no_symbols_is_not_fetched_whole() {
    let (_, id) = pdb();
    let server = Server::start(|_, stream, _| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nZZZZ");
        let block = vec![b'Z'; 1 << 16];
        while stream.write_all(&block).is_ok() {}
    });
    let bench = Bench::new();
    let text = failure(&bench.find(&format!("srv**{}", server.url()), &id));
    assert!(text.contains("the rest was not fetched"), "{text}");
    wait_for_no_files(&bench);
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
fn short_texts_are_short() {
    let (bytes, id) = pdb();
    // A pointer and an `index2.txt` without end cost no more than a short one.
    let sent = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&sent);
    let wanted = address(&id);
    let server = Server::start(move |path, stream, _| {
        if path == wanted {
            return reply(stream, "200 OK", "", &bytes);
        }
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
        let block = vec![b'M'; 1 << 16];
        while stream.write_all(&block).is_ok() {
            count.fetch_add(block.len(), Ordering::SeqCst);
        }
    });
    let FileId::Pdb(known) = id.clone() else { panic!() };
    let other = FileId::from(PdbId { guid: Guid([3; 16]), ..known });
    let bench = Bench::new();
    assert!(bench.find(&format!("srv**{}", server.url()), &id).found.is_some());
    let before = sent.load(Ordering::SeqCst);
    assert!(before < 32 << 20, "{before} bytes of index2.txt left the server");
    let small = Limits { size: 1 << 16, ..limits() };
    failure(&bench.finder(&format!("srv**{}", server.url()), small).find(&other, &Silent));
}

/// A megabyte of cabinet, or less, that would fill the disk; also one that states a small size.
#[test]
fn bombs_in_compressed_files() {
    let (_, id) = pdb();
    let honest = cabinet(&vec![0; 64 << 20]);
    assert!(honest.len() < 1 << 20, "{}", honest.len());
    let mut lying = honest.clone();
    // Behind the cabinet's header (36 bytes) and its one folder (8) stands the file's size.
    lying[44..48].copy_from_slice(&1000u32.to_le_bytes());
    let mut zipped = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zipped.start_file("a.pdb", zip::write::SimpleFileOptions::default()).unwrap();
    zipped.write_all(&vec![0; 64 << 20]).unwrap();
    let zipped = zipped.finish().unwrap().into_inner();
    for (bomb, reason) in [(honest, "size limit"), (lying, ""), (zipped, "size limit")] {
        let name = format!("/{}/{}/sample64.pd_", id.name(), id.key());
        let (bench, server) = (Bench::new(), Server::with([(name, bomb)].into()));
        let said = failure(&bench.find(&format!("srv**{}", server.url()), &id));
        assert!(said.contains(reason), "{said}");
        assert_eq!(bench.files(), [] as [PathBuf; 0]);
    }
}

/// Chunks without end, and informational answers without end.
#[test]
fn answers_that_never_end() {
    let (_, id) = pdb();
    let chunked = Server::start(|_, stream, _| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        let chunk = [b"1000\r\n".as_slice(), &[b'M'; 4096], b"\r\n"].concat();
        while stream.write_all(&chunk).is_ok() {}
    });
    let empty_chunks = Server::start(|_, stream, stop| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        while !stop.load(Ordering::Relaxed) && stream.write_all(b"1\r\nM\r\n").is_ok() {
            thread::sleep(Duration::from_millis(20));
        }
    });
    let informing =
        Server::start(
            |_, stream, _| {
                while stream.write_all(b"HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n").is_ok() {}
            },
        );
    let continuing = Server::start(|_, stream, stop| {
        while !stop.load(Ordering::Relaxed) && stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").is_ok() {
            thread::sleep(Duration::from_millis(20));
        }
    });
    for server in [&chunked, &empty_chunks, &informing, &continuing] {
        let (bench, started) = (Bench::new(), Instant::now());
        let said = failure(&bench.find(&format!("srv**{}", server.url()), &id));
        assert!(started.elapsed() < Duration::from_secs(8), "{said} after {:?}", started.elapsed());
        wait_for_no_files(&bench);
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
