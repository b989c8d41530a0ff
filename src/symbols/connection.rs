//! How servers are connected to: proxies, certificates, time limits.

use std::fs::File;
use std::io::Read;

use ureq::tls::{PemItem, RootCerts, TlsConfig};
use ureq::{Agent, Proxy};

use super::download::Limits;

/// The clients for one set of limits.
#[derive(Debug)]
pub(super) struct Clients {
    /// For servers elsewhere.
    pub(super) agent: Agent,
    /// For servers on this computer, which no proxy can reach.
    pub(super) direct: Agent,
    /// Why a proxy or certificate setting of the environment is not used.
    pub(super) warnings: Vec<String>,
}

impl Clients {
    /// Clients as the environment wants them.
    pub(super) fn new(limits: &Limits) -> Clients {
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
