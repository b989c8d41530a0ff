//! How servers are connected to: proxies, certificates, time limits.

use std::fs::File;
use std::io::Read;

use ureq::tls::{PemItem, RootCerts, TlsConfig};
use ureq::{Agent, Proxy};

use super::proxy::Proxies;
use crate::search::limits::Limits;

/// The clients for one set of limits.
#[derive(Debug)]
pub(super) struct Clients {
    /// For servers that a proxy for `https` leads to.
    https: Agent,
    /// For servers that a proxy for `http` leads to.
    http: Agent,
    /// For servers that are reached without a proxy.
    direct: Agent,
    proxies: Proxies,
    /// Where the trusted certificates come from.
    certificates: String,
    /// Why a proxy or certificate setting of the environment is not used.
    pub(super) warnings: Vec<String>,
}

impl Clients {
    /// Clients as the environment wants them.
    pub(super) fn new(limits: &Limits) -> Clients {
        let mut warnings = Vec::new();
        let (roots, certificates) = root_certificates(&mut warnings);
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
                .tls_config(TlsConfig::builder().root_certs(roots.clone()).build())
                .build()
                .new_agent()
        };
        let proxies = Proxies::new(|name| std::env::var(name).ok());
        let mut through = |set: &Option<(&'static str, String)>| {
            let (name, proxy) = set.as_ref()?;
            let refused = |error| warnings.push(format!("{name} is not usable: {error}"));
            Proxy::new(proxy).map_err(refused).ok()
        };
        let (https, http) = (agent(through(&proxies.https)), agent(through(&proxies.http)));
        warnings.dedup();
        Clients { https, http, direct: agent(None), proxies, certificates, warnings }
    }

    /// The client for an address.
    pub(super) fn client(&self, url: &str) -> &Agent {
        let secure = url.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"));
        match secure {
            _ if self.proxies.is_direct(url) => &self.direct,
            true => &self.https,
            false => &self.http,
        }
    }

    /// Which proxy and which certificates are used, for display.
    pub(super) fn describe(&self) -> [(&'static str, String); 2] {
        [("Proxy", self.proxies.describe()), ("CA bundle", self.certificates.clone())]
    }
}

/// Where systems keep their certificate bundle, with those that a company has added.
const BUNDLES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// The certificates that are trusted, and where they come from.
fn root_certificates(warnings: &mut Vec<String>) -> (RootCerts, String) {
    if let Some(path) = std::env::var("SSL_CERT_FILE").ok().filter(|path| !path.is_empty()) {
        match read_certificates(&path) {
            Some(certificates) => return (certificates, format!("{path} (SSL_CERT_FILE)")),
            None => warnings.push(format!("SSL_CERT_FILE: {path} holds no certificate in PEM form")),
        }
    }
    let bundle = BUNDLES.iter().find_map(|path| Some((read_certificates(path)?, (*path).to_owned())));
    bundle.unwrap_or_else(|| (RootCerts::WebPki, "built in".to_owned()))
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
