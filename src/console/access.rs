//! Which names the console answers to, and the headers that every answer carries.
//!
//! A page that makes a browser resolve its own name to this machine would otherwise read the console (DNS rebinding). Such a page
//! always comes with a name, which stands in the Host header.

use super::Console;
use super::fault::problem;
use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::uri::Authority;
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use std::net::IpAddr;
use url::Host;

/// The hosts that are answered: loopback, and where the console listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Admitted {
    listen: Option<Host>,
}

impl Admitted {
    /// Loopback, and the host of `listen` (`127.0.0.1:8321`). A console that listens everywhere (`0.0.0.0`) answers to every address
    /// written as numbers, since those are not resolved and cannot be bent.
    pub(super) fn new(listen: &str) -> Self {
        Self {
            listen: host_of(listen),
        }
    }

    fn admits(&self, authority: &str) -> bool {
        let Some(host) = host_of(authority) else {
            return false;
        };
        let everywhere = self
            .listen
            .as_ref()
            .and_then(address)
            .is_some_and(|ip| ip.is_unspecified());
        match address(&host) {
            Some(ip) if ip.is_loopback() || everywhere => true,
            None if host == Host::Domain("localhost".to_owned()) => true,
            _ => self.listen.as_ref() == Some(&host),
        }
    }
}

/// The host of `host`, `host:port` or `[address]:port`, in the one spelling that can be compared.
fn host_of(authority: &str) -> Option<Host> {
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => {
            port.parse::<u16>().ok()?;
            host
        }
        _ => authority,
    };
    Host::parse(host.strip_suffix('.').unwrap_or(host)).ok()
}

fn address(host: &Host) -> Option<IpAddr> {
    match host {
        Host::Ipv4(ip) => Some((*ip).into()),
        Host::Ipv6(ip) => Some(ip.to_canonical()),
        Host::Domain(_) => None,
    }
}

/// Answers only requests that name an admitted host, and adds the headers.
pub(super) async fn guard(State(console): State<Console>, request: Request, next: Next) -> Response {
    let mut named = request.headers().get_all(HOST).iter();
    let (host, second) = (named.next().and_then(|host| host.to_str().ok()), named.next());
    let in_line = request.uri().authority().map(Authority::as_str);
    let admitted = second.is_none()
        && [host, in_line]
            .into_iter()
            .flatten()
            .all(|host| console.admitted.admits(host))
        && host.is_some();
    let mut response = if admitted {
        next.run(request).await
    } else {
        problem(
            StatusCode::MISDIRECTED_REQUEST,
            "This console answers to the address in `listen` only, and to loopback.",
        )
    };
    for (name, value) in [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CACHE_CONTROL, "no-store"),
        (
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'",
        ),
        (REFERRER_POLICY, "no-referrer"),
    ] {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_and_the_configured_host_are_admitted() {
        for (listen, host, expected) in [
            ("127.0.0.1:8321", "127.0.0.1:8321", true),
            ("127.0.0.1:8321", "127.0.0.1", true),
            ("127.0.0.1:8321", "127.1.2.3:1", true),
            ("127.0.0.1:8321", "LOCALHOST:8321", true),
            ("127.0.0.1:8321", "localhost.:8321", true),
            ("127.0.0.1:8321", "[::1]:8321", true),
            ("127.0.0.1:8321", "[::1]", true),
            ("127.0.0.1:8321", "[::ffff:127.0.0.1]", true),
            ("127.0.0.1:8321", "evil.example", false),
            ("127.0.0.1:8321", "localhost.evil.example:8321", false),
            ("127.0.0.1:8321", "10.0.0.7:8321", false),
            ("127.0.0.1:8321", "0.0.0.0:8321", false),
            ("127.0.0.1:8321", "127.0.0.1:x", false),
            ("127.0.0.1:8321", "a@127.0.0.1", false),
            ("127.0.0.1:8321", "", false),
            ("10.0.0.7:8321", "10.0.0.7:8321", true),
            ("10.0.0.7:8321", "10.0.0.8:8321", false),
            ("0.0.0.0:8321", "10.0.0.7:8321", true),
            ("0.0.0.0:8321", "[fe80::1]:8321", true),
            ("0.0.0.0:8321", "evil.example", false),
            ("[::]:8321", "10.0.0.7", true),
            ("reports.example.com:8321", "Reports.Example.com", true),
            ("reports.example.com:8321", "evil.example", false),
        ] {
            assert_eq!(Admitted::new(listen).admits(host), expected, "{listen} {host}");
        }
    }
}
