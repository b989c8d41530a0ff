//! What a server's answer, or the want of one, says of the download.

use std::io;

use super::fetch_error::FetchError;

pub(super) fn html() -> FetchError {
    FetchError::Answer("the answer is an HTML page (of a login or a proxy?), not the file".to_owned())
}

pub(super) fn over_limit(limit: u64) -> FetchError {
    FetchError::Answer(format!("the file is over the size limit of {limit} bytes"))
}

/// Whether a file that begins so may be a PDB (also of a kind that is not read, which is told later), an image, or one of
/// these compressed; the first piece may be short.
pub(super) fn may_be_symbols(front: &[u8]) -> bool {
    const STARTS: [&[u8]; 7] = [b"Microsoft ", b"MZ", b"MSCF", b"PK\x03\x04", b"BSJB", b"SZDD", b"KWAJ"];
    STARTS.iter().any(|start| front.iter().zip(*start).all(|(a, b)| a == b))
}

pub(super) fn no_symbols() -> FetchError {
    FetchError::Answer(
        "by its first bytes the answer is neither a PDB nor a PE image; the rest was not fetched".to_owned(),
    )
}

pub(super) fn looks_like_markup(front: &[u8]) -> bool {
    let front = front.strip_prefix(b"\xef\xbb\xbf").unwrap_or(front);
    front.trim_ascii_start().starts_with(b"<")
}

pub(super) fn status_error(status: u16) -> Result<(), FetchError> {
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

pub(super) fn request_error(error: &ureq::Error) -> FetchError {
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
        Error::ConnectProxyFailed(text) => FetchError::Host(format!(
            "the proxy does not connect: {text} (servers inside of your network belong into NO_PROXY)"
        )),
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

pub(super) fn body_error(error: &io::Error, done: u64, total: Option<u64>) -> FetchError {
    let of = total.map_or(String::new(), |total| format!(" of {total}"));
    if error.kind() == io::ErrorKind::TimedOut || error.to_string().contains("timeout") {
        return FetchError::Host(format!("the download stalled after {done}{of} bytes"));
    }
    FetchError::Answer(format!("the download broke off after {done}{of} bytes: {error}"))
}
