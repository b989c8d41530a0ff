//! Addresses of servers: their host, their login, what is local.

/// `scheme://host:port` of an address.
pub fn host_of(url: &str) -> &str {
    let start = url.find("://").map_or(0, |at| at + 3);
    let end = url.get(start..).and_then(|rest| rest.find('/')).map_or(url.len(), |at| start + at);
    url.get(..end).unwrap_or(url)
}

/// True for servers on this computer.
#[cfg(feature = "download")]
pub(super) fn is_local(url: &str) -> bool {
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
}
