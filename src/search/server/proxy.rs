//! Which proxy leads to a server, as the environment says.

use std::net::IpAddr;

use super::address::{host_of, is_local, without_login};

/// Proxies by the scheme of the address, and the servers that are reached without.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Proxies {
    /// The variable and the proxy for `https`.
    pub(super) https: Option<(&'static str, String)>,
    /// For `http`.
    pub(super) http: Option<(&'static str, String)>,
    exceptions: Vec<String>,
}

impl Proxies {
    /// Reads the debugger's own variable, else the usual ones. A variable for one scheme counts more than that for all;
    /// `NO_PROXY` holds for each.
    pub(super) fn new(variable: impl Fn(&str) -> Option<String>) -> Proxies {
        let first = |names: &[&'static str]| {
            let set = |&name: &&'static str| Some((name, full(variable(name)?.trim())?));
            names.iter().find_map(set)
        };
        let own = "_NT_SYMBOL_PROXY";
        let exceptions = ["NO_PROXY", "no_proxy"].iter().find_map(|name| variable(name)).unwrap_or_default();
        let words = exceptions.split([',', ' ', ';']).map(|word| word.trim().to_ascii_lowercase());
        Proxies {
            https: first(&[
                own,
                "HTTPS_PROXY",
                "https_proxy",
                "ALL_PROXY",
                "all_proxy",
                "HTTP_PROXY",
                "http_proxy",
            ]),
            http: first(&[own, "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"]),
            exceptions: words.filter(|word| !word.is_empty()).collect(),
        }
    }

    /// Whether a server is reached without a proxy: on this computer, or by `NO_PROXY`.
    pub(super) fn is_direct(&self, url: &str) -> bool {
        let (host, port) = host_and_port(url);
        is_local(url) || self.exceptions.iter().any(|entry| matches(entry, &host, port))
    }

    /// For display: each proxy with its variable, without logins.
    pub(super) fn describe(&self) -> String {
        let show = |(name, proxy): &(&str, String)| format!("{} ({name})", without_login(proxy));
        let shown: Vec<String> = match (&self.https, &self.http) {
            (Some(https), Some(http)) if https == http => vec![show(https)],
            (https, http) => {
                let https = https.as_ref().map(|proxy| format!("for https {}", show(proxy)));
                let http = http.as_ref().map(|proxy| format!("for http {}", show(proxy)));
                [https, http].into_iter().flatten().collect()
            }
        };
        match (shown.is_empty(), self.exceptions.is_empty()) {
            (true, _) => "none".to_owned(),
            (false, true) => shown.join(", "),
            (false, false) => format!("{}, not for {}", shown.join(", "), self.exceptions.join(" ")),
        }
    }
}

/// The debugger's form is `HOST:PORT` without a scheme.
fn full(text: &str) -> Option<String> {
    match text {
        "" => None,
        text if text.contains("://") => Some(text.to_owned()),
        text => Some(format!("http://{text}")),
    }
}

fn host_and_port(url: &str) -> (String, Option<u16>) {
    let server = without_login(host_of(url)).to_ascii_lowercase();
    let default = if server.starts_with("https:") { 443 } else { 80 };
    let server = server.split_once("://").map_or(server.as_str(), |(_, server)| server);
    let (host, port) = match server.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, rest)) => (host, rest.strip_prefix(':')),
        None => server.split_once(':').map_or((server, None), |(host, port)| (host, Some(port))),
    };
    (host.to_owned(), port.map_or(Some(default), |port| port.parse().ok()))
}

/// An entry is a name with all names below it, an address, a network (`10.0.0.0/8`), or `*`; a port may follow a name.
fn matches(entry: &str, host: &str, port: Option<u16>) -> bool {
    if entry == "*" {
        return true;
    }
    if let Some((network, length)) = entry.split_once('/') {
        return in_network(network, length, host).unwrap_or(false);
    }
    let (entry, wanted) = match entry.rsplit_once(':') {
        Some((name, digits)) if !name.contains(':') => (name, digits.parse::<u16>().ok()),
        _ => (entry, None),
    };
    if wanted.is_some() && wanted != port {
        return false;
    }
    let name = entry.trim_start_matches('*').trim_start_matches('.');
    let above = host.strip_suffix(name).unwrap_or_default();
    host == name || (!name.is_empty() && above.ends_with('.'))
}

fn in_network(network: &str, length: &str, host: &str) -> Option<bool> {
    let bits = |address: IpAddr| match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()), 32),
        IpAddr::V6(address) => (address.to_bits(), 128),
    };
    let ((network, width), (host, other)) = (bits(network.parse().ok()?), bits(host.parse().ok()?));
    let rest = u32::checked_sub(width, length.parse().ok()?)?;
    let high = |address: u128| address.checked_shr(rest).unwrap_or(0);
    Some(width == other && high(network) == high(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(variables: &[(&str, &str)]) -> Proxies {
        Proxies::new(|name| {
            variables.iter().find(|(set, _)| *set == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_debuggers_variable_comes_first() {
        let own = proxies(&[("_NT_SYMBOL_PROXY", "proxy:8080"), ("HTTPS_PROXY", "http://other:1")]);
        assert_eq!(own.https, Some(("_NT_SYMBOL_PROXY", "http://proxy:8080".to_owned())));
        assert_eq!(own.http, own.https);
        assert_eq!(own.describe(), "http://proxy:8080 (_NT_SYMBOL_PROXY)");
        assert_eq!(proxies(&[]).describe(), "none");
        assert_eq!(proxies(&[("HTTPS_PROXY", " ")]), Proxies::default());
    }

    #[test]
    fn each_scheme_has_its_own() {
        let both = proxies(&[("https_proxy", "http://u:p@a:1"), ("HTTP_PROXY", "b:2"), ("ALL_PROXY", "c:3")]);
        assert_eq!(both.https.as_ref().unwrap().1, "http://u:p@a:1");
        assert_eq!(both.http.as_ref().unwrap().1, "http://b:2");
        assert_eq!(both.describe(), "for https http://a:1 (https_proxy), for http http://b:2 (HTTP_PROXY)");
        assert_eq!(proxies(&[("HTTPS_PROXY", "a:1")]).http, None);
        assert_eq!(proxies(&[("all_proxy", "c:3")]).http.unwrap().1, "http://c:3");
    }

    #[test]
    fn exceptions() {
        let some = proxies(&[
            ("_NT_SYMBOL_PROXY", "p:1"),
            ("no_proxy", "corp.example, .lab.example;*.old.example 10.1.0.0/16,one.example:8080,fd00::/8"),
        ]);
        for url in [
            "https://corp.example/s",
            "http://user:pw@SYMBOLS.corp.example:81/s",
            "https://a.lab.example",
            "https://a.b.old.example",
            "http://10.1.2.3:8080/",
            "http://one.example:8080/",
            "http://[fd12::1]:8080/",
            "http://localhost/",
            "http://127.0.0.1:9/",
        ] {
            assert!(some.is_direct(url), "{url}");
        }
        for url in
            ["https://notcorp.example", "http://10.2.2.3", "http://one.example", "https://msdl.example"]
        {
            assert!(!some.is_direct(url), "{url}");
        }
        assert!(proxies(&[("NO_PROXY", "*")]).is_direct("https://any.example"));
        assert!(!proxies(&[("NO_PROXY", "10.0.0.0/99,/,.,:")]).is_direct("http://10.0.0.1"));
        assert!(some.describe().contains("not for corp.example .lab.example"));
    }
}
