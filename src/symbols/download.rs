//! Fetching from symbol servers: limits, proxies, certificates, and a memory of what failed.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use ureq::tls::{PemItem, RootCerts, TlsConfig};
use ureq::{Agent, Proxy};

/// What a download may cost.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Bytes of one file, also after it is expanded.
    pub size: u64,
    /// Time for one file in all.
    pub total: Duration,
    /// Time in which something must arrive.
    pub stall: Duration,
    /// Time to connect.
    pub connect: Duration,
    /// Redirects that are followed.
    pub redirects: u32,
    /// How long a server that failed is left alone.
    pub host_memory: Duration,
    /// How long a file that a server did not have is not asked for again.
    pub miss_memory: Duration,
    /// Downloads at a time.
    pub parallel: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            size: 4 << 30,
            total: Duration::from_secs(1800),
            stall: Duration::from_secs(30),
            connect: Duration::from_secs(10),
            redirects: 5,
            host_memory: Duration::from_secs(120),
            miss_memory: Duration::from_secs(600),
            parallel: 4,
        }
    }
}

/// Why a download did not come.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The server does not have the file.
    #[error("the server does not have it ({0})")]
    Missing(u16),
    /// The answer is of no use.
    #[error("{0}")]
    Answer(String),
    /// The server (or the proxy before it) is out of order, so other files will not come either.
    #[error("{0}")]
    Host(String),
    /// The user cancelled.
    #[error("cancelled")]
    Cancelled,
    /// The file could not be written here.
    #[error("cannot write: {0}")]
    Local(#[from] io::Error),
}

/// A client with its memory. Nothing is set up before it is used.
#[derive(Debug)]
pub struct Http {
    clients: OnceLock<Clients>,
    limits: Limits,
    memory: Mutex<HashMap<String, (Instant, Duration, String)>>,
}

#[derive(Debug)]
struct Clients {
    agent: Agent,
    /// For servers on this computer, which no proxy can reach.
    direct: Agent,
    /// Why a proxy or certificate setting of the environment is not used.
    warnings: Vec<String>,
}

impl Clients {
    fn new(limits: &Limits) -> Clients {
        let mut warnings = Vec::new();
        let proxy = proxy(&mut warnings);
        let certificates = root_certificates(&mut warnings);
        let agent = |proxy| {
            Agent::config_builder()
                .http_status_as_error(false)
                .proxy(proxy)
                .max_redirects(limits.redirects)
                .timeout_global(Some(limits.total))
                .timeout_resolve(Some(limits.connect))
                .timeout_connect(Some(limits.connect))
                .timeout_recv_response(Some(limits.stall))
                .timeout_per_read(Some(limits.stall))
                .timeout_per_write(Some(limits.stall))
                // Some company servers answer only to the debugger's own client.
                .user_agent(concat!(
                    "Microsoft-Symbol-Server/10.0 (dumpscope/",
                    env!("CARGO_PKG_VERSION"),
                    ")"
                ))
                .accept_encoding("identity")
                .tls_config(TlsConfig::builder().root_certs(certificates.clone()).build())
                .build()
                .new_agent()
        };
        Clients { agent: agent(proxy), direct: agent(None), warnings }
    }
}

impl Http {
    /// A client with these limits. On first use it takes its proxy from `_NT_SYMBOL_PROXY`, else from `ALL_PROXY`,
    /// `HTTPS_PROXY`, `HTTP_PROXY` (with `NO_PROXY`), and certificates from `SSL_CERT_FILE`, else from the system's
    /// bundle, else the built-in ones.
    pub fn new(limits: Limits) -> Http {
        Http { clients: OnceLock::new(), limits, memory: Mutex::default() }
    }

    fn clients(&self) -> &Clients {
        self.clients.get_or_init(|| Clients::new(&self.limits))
    }

    /// The limits.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Settings of the environment that could not be used.
    pub fn warnings(&self) -> &[String] {
        &self.clients().warnings
    }

    /// Why `url` need not be asked now: its server or the file itself failed a short while ago. The boolean tells
    /// that it is the server.
    pub fn remembered(&self, url: &str) -> Option<(String, bool)> {
        let memory = self.memory.lock().ok()?;
        let fresh = |key: &str| {
            let (at, lasts, reason) = memory.get(key)?;
            let age = at.elapsed();
            (age < *lasts).then(|| format!("{} s ago: {reason}", age.as_secs()))
        };
        match fresh(host_of(url)) {
            Some(reason) => Some((format!("not asked, because this server failed {reason}"), true)),
            None => fresh(url).map(|reason| (format!("not asked again, {reason}"), false)),
        }
    }

    /// Forgets all failures (`.reload /f`).
    pub fn forget(&self) {
        if let Ok(mut memory) = self.memory.lock() {
            memory.clear();
        }
    }

    pub(crate) fn remember(&self, url: &str, error: &FetchError) {
        let (key, lasts) = match error {
            FetchError::Host(_) => (host_of(url), self.limits.host_memory),
            FetchError::Missing(_) | FetchError::Answer(_) => (url, self.limits.miss_memory),
            FetchError::Cancelled | FetchError::Local(_) => return,
        };
        if let Ok(mut memory) = self.memory.lock() {
            // Bounded, should a dump name files without end.
            if memory.len() > 10_000 {
                memory.clear();
            }
            memory.insert(key.to_owned(), (Instant::now(), lasts, error.to_string()));
        }
    }

    /// Fetches `url` into `out` and says how many bytes came. `out` is emptied first; what a failed download left in
    /// it is of no use.
    pub fn get(
        &self,
        url: &str,
        out: &mut File,
        abandon: &AtomicBool,
        progress: &mut dyn FnMut(u64, Option<u64>),
    ) -> Result<u64, FetchError> {
        let result = self.try_get(url, out, abandon, progress);
        if let Err(error) = &result {
            self.remember(url, error);
        }
        result
    }

    fn try_get(
        &self,
        url: &str,
        out: &mut File,
        abandon: &AtomicBool,
        progress: &mut dyn FnMut(u64, Option<u64>),
    ) -> Result<u64, FetchError> {
        out.set_len(0)?;
        out.seek(SeekFrom::Start(0))?;
        let started = Instant::now();
        // What begins encrypted must not be redirected to a plain connection.
        let secure = url.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"));
        let clients = self.clients();
        let agent = if is_local(url) { &clients.direct } else { &clients.agent };
        let request = agent.get(url).config().https_only(secure).build();
        let response = request.call().map_err(|error| request_error(&error))?;
        let status = response.status().as_u16();
        status_error(status)?;
        let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
        if header("content-type").is_some_and(|kind| kind.to_ascii_lowercase().starts_with("text/html")) {
            return Err(html());
        }
        let total = response.body().content_length();
        if total.is_some_and(|total| total > self.limits.size) {
            return Err(over_limit(self.limits.size));
        }
        let mut reader = response.into_body().into_with_config().limit(u64::MAX).reader();
        let mut buffer = vec![0; 1 << 16];
        let mut done = 0u64;
        loop {
            if abandon.load(Ordering::Relaxed) {
                return Err(FetchError::Cancelled);
            }
            if started.elapsed() > self.limits.total {
                return Err(FetchError::Host(format!(
                    "over the time limit of {} s",
                    self.limits.total.as_secs()
                )));
            }
            let len = reader.read(&mut buffer).map_err(|error| body_error(&error, done, total))?;
            let Some(piece) = buffer.get(..len).filter(|piece| !piece.is_empty()) else {
                break;
            };
            if done == 0 && looks_like_markup(piece) {
                return Err(html());
            }
            done += len as u64;
            if done > self.limits.size {
                return Err(over_limit(self.limits.size));
            }
            out.write_all(piece)?;
            progress(done, total);
        }
        if total.is_some_and(|total| total != done) {
            return Err(body_error(&io::ErrorKind::UnexpectedEof.into(), done, total));
        }
        out.flush()?;
        Ok(done)
    }
}

fn html() -> FetchError {
    FetchError::Answer("the answer is an HTML page (of a login or a proxy?), not the file".to_owned())
}

fn over_limit(limit: u64) -> FetchError {
    FetchError::Answer(format!("the file is over the size limit of {limit} bytes"))
}

fn looks_like_markup(front: &[u8]) -> bool {
    let front = front.strip_prefix(b"\xef\xbb\xbf").unwrap_or(front);
    front.trim_ascii_start().starts_with(b"<")
}

fn status_error(status: u16) -> Result<(), FetchError> {
    Err(match status {
        200 => return Ok(()),
        404 | 410 => FetchError::Missing(status),
        407 => FetchError::Host(proxy_login()),
        401 | 403 => FetchError::Answer(format!("the server refuses access ({status})")),
        429 => FetchError::Host("the server wants fewer requests (429)".to_owned()),
        300..=399 => FetchError::Answer(format!("a redirect that leads nowhere ({status})")),
        500..=599 => FetchError::Host(format!("the server has an error ({status})")),
        _ => FetchError::Answer(format!("unexpected answer ({status})")),
    })
}

fn proxy_login() -> String {
    "the proxy wants a login (407): set _NT_SYMBOL_PROXY or HTTPS_PROXY to http://USER:PASSWORD@HOST:PORT"
        .to_owned()
}

fn request_error(error: &ureq::Error) -> FetchError {
    use ureq::Error;
    match error {
        Error::TooManyRedirects => FetchError::Answer("too many redirects".to_owned()),
        Error::RedirectFailed => FetchError::Answer("a redirect that leads nowhere".to_owned()),
        Error::RequireHttpsOnly(_) => {
            FetchError::Answer("redirected from https to an insecure address".to_owned())
        }
        Error::BadUri(text) => FetchError::Answer(format!("not a usable address: {text}")),
        Error::HostNotFound => FetchError::Host("the server's name is not known (DNS)".to_owned()),
        Error::ConnectProxyFailed(text) if text.contains("407") => FetchError::Host(proxy_login()),
        Error::ConnectProxyFailed(text) => FetchError::Host(format!("the proxy does not connect: {text}")),
        Error::Timeout(what) => FetchError::Host(format!("no answer in time ({what})")),
        Error::Rustls(_) | Error::Tls(_) => FetchError::Host(format!(
            "no secure connection: {error}. If a company proxy opens TLS, set SSL_CERT_FILE to its certificate (PEM)"
        )),
        Error::Io(error) if error.kind() == io::ErrorKind::TimedOut => {
            FetchError::Host("no answer in time".to_owned())
        }
        // rustls reports a bad certificate as an I/O error of the handshake.
        Error::Io(error) if error.to_string().contains("certificate") => FetchError::Host(format!(
            "no secure connection: {error}. If a company proxy opens TLS, set SSL_CERT_FILE to its certificate (PEM)"
        )),
        Error::Io(error) => FetchError::Host(format!("no connection: {error}")),
        Error::Protocol(error) => FetchError::Answer(format!("the answer is not proper HTTP: {error}")),
        other => FetchError::Host(other.to_string()),
    }
}

fn body_error(error: &io::Error, done: u64, total: Option<u64>) -> FetchError {
    let of = total.map_or(String::new(), |total| format!(" of {total}"));
    if error.kind() == io::ErrorKind::TimedOut || error.to_string().contains("timeout") {
        return FetchError::Host(format!("the download stalled after {done}{of} bytes"));
    }
    FetchError::Answer(format!("the download broke off after {done}{of} bytes: {error}"))
}

/// `scheme://host:port` of an address.
fn host_of(url: &str) -> &str {
    let start = url.find("://").map_or(0, |at| at + 3);
    let end = url.get(start..).and_then(|rest| rest.find('/')).map_or(url.len(), |at| start + at);
    url.get(..end).unwrap_or(url)
}

/// True for servers on this computer.
fn is_local(url: &str) -> bool {
    let host = host_of(url);
    let host = host.split_once("://").map_or(host, |(_, host)| host);
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    let address = name.parse::<std::net::IpAddr>();
    name.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

/// An address for display, without the login that it may carry.
pub fn without_login(url: &str) -> String {
    let host = host_of(url);
    match (host.split_once("://"), host.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, bare))) => {
            format!("{scheme}://{bare}{}", url.get(host.len()..).unwrap_or(""))
        }
        _ => url.to_owned(),
    }
}

/// A path segment for an address.
pub fn escape(segment: &str) -> String {
    let escape = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => (byte as char).to_string(),
        _ => format!("%{byte:02X}"),
    };
    segment.bytes().map(escape).collect()
}

fn proxy(warnings: &mut Vec<String>) -> Option<Proxy> {
    let Some(text) = std::env::var("_NT_SYMBOL_PROXY").ok().filter(|text| !text.is_empty()) else {
        return Proxy::try_from_env();
    };
    // The debugger's form is HOST:PORT without a scheme.
    let full = if text.contains("://") { text } else { format!("http://{text}") };
    match Proxy::new(&full) {
        Ok(proxy) => Some(proxy),
        Err(error) => {
            warnings.push(format!("_NT_SYMBOL_PROXY is not usable: {error}"));
            Proxy::try_from_env()
        }
    }
}

/// Where systems keep their certificate bundle, with those that a company has added.
const BUNDLES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

fn root_certificates(warnings: &mut Vec<String>) -> RootCerts {
    if let Some(path) = std::env::var("SSL_CERT_FILE").ok().filter(|path| !path.is_empty()) {
        match read_certificates(&path) {
            Some(certificates) => return certificates,
            None => warnings.push(format!("SSL_CERT_FILE: {path} holds no certificate in PEM form")),
        }
    }
    BUNDLES.iter().find_map(|path| read_certificates(path)).unwrap_or(RootCerts::WebPki)
}

fn read_certificates(path: &str) -> Option<RootCerts> {
    let mut pem = Vec::new();
    File::open(path).ok()?.take(16 << 20).read_to_end(&mut pem).ok()?;
    let certificates: Vec<_> = ureq::tls::parse_pem(&pem)
        .flatten()
        .filter_map(|item| match item {
            PemItem::Certificate(certificate) => Some(certificate),
            _ => None,
        })
        .collect();
    (!certificates.is_empty()).then(|| RootCerts::from(certificates))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        assert_eq!(host_of("https://a.b:8/x/y"), "https://a.b:8");
        assert_eq!(host_of("http://a"), "http://a");
        assert_eq!(without_login("https://u:p@a/x"), "https://a/x");
        assert_eq!(without_login("https://a/x@y"), "https://a/x@y");
        assert!(
            is_local("http://127.0.0.1:80/x")
                && is_local("https://u@LOCALHOST")
                && is_local("http://[::1]:8/")
        );
        assert!(!is_local("http://localhost.example/") && !is_local("http://10.0.0.1"));
        assert_eq!(escape("a b/ü.pdb"), "a%20b%2F%C3%BC.pdb");
    }

    #[test]
    fn failures_are_remembered_and_expire() {
        let limits = Limits { host_memory: Duration::from_millis(80), ..Limits::default() };
        let http = Http::new(limits);
        let url = "http://h/a/b";
        http.remember(url, &FetchError::Missing(404));
        assert!(http.remembered(url).is_some_and(|(_, host)| !host));
        assert!(http.remembered("http://h/other").is_none());
        http.remember(url, &FetchError::Host("down".into()));
        assert!(http.remembered("http://h/other").is_some_and(|(why, host)| host && why.contains("down")));
        std::thread::sleep(Duration::from_millis(100));
        assert!(http.remembered("http://h/other").is_none());
        http.forget();
        assert!(http.remembered(url).is_none());
    }
}
