//! An HTTP server for tests: one thread a connection, answers by a closure.
// Each test file uses its part.
#![allow(dead_code)]

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

type Handler = dyn Fn(&str, &[String], &mut TcpStream, &AtomicBool) + Send + Sync;

/// An HTTP server with one thread a connection.
pub struct Server {
    pub address: String,
    pub asked: Arc<Mutex<Vec<String>>>,
    stop: Arc<AtomicBool>,
}

impl Server {
    pub fn start(handler: impl Fn(&str, &mut TcpStream, &AtomicBool) + Send + Sync + 'static) -> Server {
        Server::with_headers(move |path, _, stream, stop| handler(path, stream, stop))
    }

    /// A server whose answers depend on the request's headers, which are given in lower case.
    pub fn with_headers(
        handler: impl Fn(&str, &[String], &mut TcpStream, &AtomicBool) + Send + Sync + 'static,
    ) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let server = Server { address, asked: Arc::default(), stop: Arc::default() };
        let handler: Arc<Handler> = Arc::new(handler);
        let (asked, stop) = (server.asked.clone(), server.stop.clone());
        thread::spawn(move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                let Ok(mut stream) = stream else { continue };
                let (asked, stop, handler) = (asked.clone(), stop.clone(), handler.clone());
                thread::spawn(move || {
                    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                    let Some(Ok(first)) = lines.next() else { return };
                    let headers: Vec<String> = lines
                        .map_while(|line| line.ok().filter(|line| !line.is_empty()))
                        .map(|line| line.to_ascii_lowercase())
                        .collect();
                    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
                    asked.lock().unwrap().push(path.clone());
                    handler(&path, &headers, &mut stream, &stop);
                });
            }
        });
        server
    }

    /// A server that has these files and answers 404 to everything else.
    pub fn with(files: HashMap<String, Vec<u8>>) -> Server {
        Server::start(move |path, stream, _| match files.get(path) {
            Some(body) => reply(stream, "200 OK", "", body),
            None => reply(stream, "404 Not Found", "", b"no"),
        })
    }

    /// A server that answers every request alike.
    pub fn always(status: &'static str, headers: &'static str, body: &'static [u8]) -> Server {
        Server::start(move |_, stream, _| reply(stream, status, headers, body))
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(&self.address);
    }
}

pub fn reply(stream: &mut TcpStream, status: &str, headers: &str, body: &[u8]) {
    let head =
        format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n{headers}\r\n", body.len());
    let _ = stream.write_all(head.as_bytes());
    let _ = stream.write_all(body);
}
