//! Downloads that break off: they go on where they broke off if the rest is sure to belong to the same file.

use std::io::Write;
use std::net::TcpStream;
use std::path::PathBuf;

use crate::bench::{Bench, address, failure, pdb};
use crate::http::{Server, reply};

/// The first byte of a `range: bytes=N-` header.
fn range(headers: &[String]) -> Option<usize> {
    headers.iter().find_map(|line| line.strip_prefix("range: bytes=")?.strip_suffix('-')?.parse().ok())
}

fn header<'h>(headers: &'h [String], name: &str) -> Option<&'h str> {
    headers.iter().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

/// Sends a head that promises `length` bytes and then less.
fn partly(stream: &mut TcpStream, head: &str, length: usize, body: &[u8]) {
    let head = head.trim_end();
    let _ = write!(stream, "HTTP/1.1 {head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    let _ = stream.write_all(body);
}

/// A server that cuts every answer for the sample PDB after `piece` bytes, with these headers.
fn cutting(piece: usize, tag: &'static str, honest: bool) -> Server {
    let (bytes, id) = pdb();
    let wanted = address(&id);
    Server::with_headers(move |path, headers, stream, _| {
        if path != wanted {
            return reply(stream, "404 Not Found", "", b"");
        }
        let total = bytes.len();
        let whole = format!("200 OK\r\n{tag}");
        match range(headers) {
            None => partly(stream, &whole, total, &bytes[..piece.min(total)]),
            Some(first) => {
                assert_eq!(header(headers, "if-range"), Some("\"one\""));
                let end = (first + piece).min(total);
                let start = if honest { first } else { first - 1 };
                let head =
                    format!("206 Partial Content\r\n{tag}Content-Range: bytes {start}-{}/{total}", total - 1);
                partly(stream, &head, total - first, &bytes[first..end]);
            }
        }
    })
}

#[test]
fn a_broken_download_goes_on_where_it_broke_off() {
    let (bytes, id) = pdb();
    let (bench, server) = (Bench::new(), cutting(bytes.len() / 3 + 1, "ETag: \"one\"\r\n", true));
    let found = bench.find(&format!("srv**{}", server.url()), &id).found.unwrap();
    assert!(std::fs::read(&found.path).unwrap() == bytes);
    let asked = server.asked().iter().filter(|path| path.ends_with(".pdb")).count();
    assert_eq!(asked, 3, "the first part and two more");
}

#[test]
fn without_a_promise_that_it_is_the_same_file_nothing_is_put_together() {
    let (bytes, id) = pdb();
    let third = bytes.len() / 3 + 1;
    for (tag, honest, most) in [
        ("", true, 1),
        ("ETag: W/\"one\"\r\n", true, 1),
        ("Last-Modified: Sat, 21 Nov 2026 07:00:00 GMT\r\n", true, 1),
        ("ETag: \"one\"\r\n", false, 2),
    ] {
        let (bench, server) = (Bench::new(), cutting(third, tag, honest));
        let said = failure(&bench.find(&format!("srv**{}", server.url()), &id));
        assert!(said.contains("broke off") || said.contains("unexpected answer (206)"), "{tag}: {said}");
        let asked = server.asked().iter().filter(|path| path.ends_with(".pdb")).count();
        assert_eq!(asked, most, "{tag}");
        assert_eq!(bench.files(), [] as [PathBuf; 0]);
    }
}

#[test]
fn a_server_that_always_breaks_off_is_given_up() {
    let (_, id) = pdb();
    let (bench, server) = (Bench::new(), cutting(100, "ETag: \"one\"\r\n", true));
    let said = failure(&bench.find(&format!("srv**{}", server.url()), &id));
    assert!(said.contains("broke off after 500 of"), "{said}");
    assert_eq!(server.asked().iter().filter(|path| path.ends_with(".pdb")).count(), 5);
    assert_eq!(bench.files(), [] as [PathBuf; 0]);
}

/// The file has changed: the server answers with all of it, and nothing of the old one stays.
#[test]
fn a_file_that_changed_is_taken_from_its_beginning() {
    let (bytes, id) = pdb();
    let (wanted, whole) = (address(&id), bytes.clone());
    let server = Server::with_headers(move |path, headers, stream, _| match range(headers) {
        _ if path != wanted => reply(stream, "404 Not Found", "", b""),
        // Longer than the file.
        None => partly(
            stream,
            "200 OK\r\nETag: \"one\"",
            900_000,
            &[&b"Microsoft "[..], &[b'M'; 800_000]].concat(),
        ),
        Some(_) => reply(stream, "200 OK", "ETag: \"two\"\r\n", &whole),
    });
    let bench = Bench::new();
    let found = bench.find(&format!("srv**{}", server.url()), &id).found.unwrap();
    assert!(std::fs::read(&found.path).unwrap() == bytes);
}
