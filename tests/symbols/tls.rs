//! Symbol servers behind TLS: a company's own certificate is trusted when it is named, and only then.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::thread;

use dumpscope::search::identity::Identity;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/pe/sample64.pdb")
}

/// A server on the loopback that answers every request by `answer(path)`, and its certificate in PEM form.
fn serve(answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> (u16, String) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(vec!["127.0.0.1".into()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let (config, answer) = (Arc::new(config), Arc::new(answer));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (config, answer) = (config.clone(), answer.clone());
            thread::spawn(move || {
                let mut tls = StreamOwned::new(ServerConnection::new(config).unwrap(), stream);
                let mut path = String::new();
                let mut lines = BufReader::new(&mut tls).lines();
                while let Some(Ok(line)) =
                    lines.next().filter(|line| line.as_ref().is_ok_and(|l| !l.is_empty()))
                {
                    if let Some(asked) = line.strip_prefix("GET ") {
                        path = asked.split(' ').next().unwrap().to_owned();
                    }
                }
                drop(lines);
                let _ = tls.write_all(&answer(&path));
                tls.conn.send_close_notify();
                let _ = tls.flush();
            });
        }
    });
    (port, cert.pem())
}

fn reply(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let mut reply =
        format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n");
    let mut bytes = std::mem::take(&mut reply).into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

fn fetch(home: &Path, url: &str, certificate: Option<&str>) -> Output {
    let list = home.join("list.txt");
    let key = Identity::of_file(&sample()).unwrap().file_id("sample64.pdb").key();
    std::fs::write(&list, format!("sample64.pdb,{key},1\n")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_dumpscope"));
    command.args(["symbols", "fetch"]).arg(&list).arg("--to").arg(home.join("carry"));
    command.args(["-y", &format!("srv**{url}")]).env_remove("SSL_CERT_FILE");
    if let Some(pem) = certificate {
        let file = home.join("company.pem");
        std::fs::write(&file, pem).unwrap();
        command.env("SSL_CERT_FILE", file);
    }
    command.output().unwrap()
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn a_named_certificate_is_trusted_and_no_other() {
    let home = tempfile::tempdir().unwrap();
    let body = std::fs::read(sample()).unwrap();
    let (port, pem) = serve(move |path| match path.starts_with("/s/sample64.pdb/") {
        true => reply("200 OK", "", &body),
        false => reply("404 Not Found", "", b""),
    });
    let url = format!("https://127.0.0.1:{port}/s");
    let refused = fetch(home.path(), &url, None);
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused).contains("no secure connection"), "{}", text(&refused));
    assert!(text(&refused).contains("SSL_CERT_FILE"), "the message says what to do");
    let (_, other) = serve(|_| Vec::new());
    assert_eq!(fetch(home.path(), &url, Some(&other)).status.code(), Some(1));
    let fetched = fetch(home.path(), &url, Some(&pem));
    assert!(fetched.status.success(), "{}", text(&fetched));
}

#[test]
fn no_redirect_leads_from_a_secure_server_to_an_insecure_one() {
    let home = tempfile::tempdir().unwrap();
    let plain = TcpListener::bind("127.0.0.1:0").unwrap();
    plain.set_nonblocking(true).unwrap();
    let location = format!("Location: http://{}/x\r\n", plain.local_addr().unwrap());
    let (port, pem) = serve(move |_| reply("302 Found", &location, b""));
    let output = fetch(home.path(), &format!("https://127.0.0.1:{port}/s"), Some(&pem));
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output).contains("insecure address"), "{}", text(&output));
    assert!(plain.accept().is_err(), "the insecure server was not asked");
}
