//! Which addresses a webhook may reach: public ones, and the URL's own private host where the operator admits it.
//!
//! The check stands in three places, because each alone can be walked around: on the URL (addresses written in it never
//! reach a resolver), in the resolver that the connection uses (so a name cannot change between check and use), and on
//! the peer after the connection.

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use url::{Host, Url};

/// Decides which addresses may be reached.
#[derive(Debug, Clone)]
pub(super) struct Guard {
    host: String,
    allow_private: bool,
}

/// Why an address or a URL is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    /// Not https, and not admitted.
    #[error("the URL's scheme is not https; use https, or set `allow_private = true` for a host of your own")]
    Scheme,
    /// A URL without a host.
    #[error("the URL names no host")]
    NoHost,
    /// User name or password in the URL.
    #[error("the URL carries a user name or a password; take them out")]
    Credentials,
    /// A name that leads nowhere.
    #[error("`{0}` has no address")]
    NoAddress(String),
    /// A private or loopback address.
    #[error("`{host}` leads to the private address {address}; if that is meant, set `allow_private = true`")]
    Private {
        /// The URL's host.
        host: String,
        /// Where it leads.
        address: IpAddr,
    },
    /// An address that nothing may be sent to.
    #[error(
        "`{host}` leads to {address}, an address that is never used for webhooks; correct the URL or its name's entry"
    )]
    Forbidden {
        /// The URL's host.
        host: String,
        /// Where it leads.
        address: IpAddr,
    },
}

/// Where an address lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    Public,
    Private,
    Forbidden,
}

impl Guard {
    /// The guard of one URL, which it checks.
    pub(super) fn of(url: &Url, allow_private: bool) -> Result<Self, Refusal> {
        match url.scheme() {
            "https" => {}
            "http" if allow_private => {}
            _ => return Err(Refusal::Scheme),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refusal::Credentials);
        }
        let host = url.host().ok_or(Refusal::NoHost)?;
        let guard = Self {
            host: host.to_string(),
            allow_private,
        };
        match host {
            Host::Ipv4(address) => guard.admit(address.into())?,
            Host::Ipv6(address) => guard.admit(address.into())?,
            Host::Domain(_) => {}
        }
        Ok(guard)
    }

    /// The URL's host.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// Admits an address, or says why not.
    pub(super) fn admit(&self, address: IpAddr) -> Result<(), Refusal> {
        let host = self.host.clone();
        match reach(address) {
            Reach::Public => Ok(()),
            Reach::Private if self.allow_private => Ok(()),
            Reach::Private => Err(Refusal::Private { host, address }),
            Reach::Forbidden => Err(Refusal::Forbidden { host, address }),
        }
    }

    /// Admits all addresses of a name or none: an answer that mixes public and private ones is an attack or a mistake.
    fn admit_all(&self, addresses: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, Refusal> {
        if addresses.is_empty() {
            return Err(Refusal::NoAddress(self.host.clone()));
        }
        for address in &addresses {
            self.admit(address.ip())?;
        }
        Ok(addresses)
    }

    /// The admitted addresses of the URL's host.
    pub(super) async fn addresses(&self, port: u16) -> Result<Vec<SocketAddr>, LookupError> {
        let bare = self.host.trim_matches(['[', ']']);
        let found = tokio::net::lookup_host((bare, port)).await?;
        Ok(self.admit_all(found.collect())?)
    }
}

/// Why the addresses of a host could not be had.
#[derive(Debug, thiserror::Error)]
pub(super) enum LookupError {
    /// They are not admitted.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The resolver failed.
    #[error("name resolution failed: {0}")]
    Io(#[from] std::io::Error),
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = Self {
            host: name.as_str().to_owned(),
            // What is admitted is this URL's own host, never another one.
            allow_private: self.allow_private && name.as_str().eq_ignore_ascii_case(&self.host),
        };
        Box::pin(async move {
            match guard.addresses(0).await {
                Ok(addresses) => Ok(Box::new(addresses.into_iter()) as Addrs),
                Err(LookupError::Refused(refusal)) => Err(refusal.into()),
                Err(LookupError::Io(error)) => Err(error.into()),
            }
        })
    }
}

fn reach(address: IpAddr) -> Reach {
    match address {
        IpAddr::V4(address) => reach_v4(address),
        IpAddr::V6(address) => reach_v6(address),
    }
}

/// Source: IANA IPv4 Special-Purpose Address Registry; the metadata addresses of the clouds count as forbidden.
fn reach_v4(address: Ipv4Addr) -> Reach {
    match address.octets() {
        // "This network", multicast and reserved, link-local with the metadata service, Alibaba's metadata within the
        // carriers' range, protocol assignments, documentation, 6to4 relays.
        [0 | 224..=255, ..]
        | [169, 254, ..]
        | [100, 100, 100, 200]
        | [192, 0, 0 | 2, _]
        | [192, 88, 99, _]
        | [198, 51, 100, _]
        | [203, 0, 113, _] => Reach::Forbidden,
        [10 | 127, ..] | [172, 16..=31, ..] | [192, 168, ..] | [100, 64..=127, ..] | [198, 18..=19, ..] => {
            Reach::Private
        }
        _ => Reach::Public,
    }
}

/// Source: IANA IPv6 Special-Purpose Address Registry. Only global unicast is public; addresses that carry an IPv4
/// address inside (mapped, NAT64, 6to4, Teredo) are refused whatever they carry.
fn reach_v6(address: Ipv6Addr) -> Reach {
    match address.segments() {
        // Amazon's metadata within the unique local range, protocol assignments with Teredo, documentation, 6to4.
        [0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0254]
        | [0x2001, 0..=0x01ff | 0x0db8, ..]
        | [0x2002, ..]
        | [0x3fff, 0..=0x0fff, ..] => Reach::Forbidden,
        [0, 0, 0, 0, 0, 0, 0, 1] | [0xfc00..=0xfdff, ..] => Reach::Private,
        [0x2000..=0x3fff, ..] => Reach::Public,
        _ => Reach::Forbidden,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(url: &str, allow_private: bool) -> Result<Guard, Refusal> {
        Guard::of(&Url::parse(url).unwrap(), allow_private)
    }

    #[test]
    fn only_public_addresses_are_reached_unless_the_host_is_admitted() {
        let private = [
            "127.0.0.1",
            "127.255.255.254",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "100.64.0.1",
            "100.127.255.255",
            "198.18.0.1",
            "::1",
            "fc00::1",
            "fd12:3456::1",
        ];
        let forbidden = [
            "0.0.0.0",
            "0.1.2.3",
            "169.254.169.254",
            "169.254.0.1",
            "100.100.100.200",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::a00:1",
            "2002:7f00:1::",
            "2001::1",
            "2001:db8::1",
            "3fff::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "fd00:ec2::254",
            "100::1",
        ];
        let public = [
            "8.8.8.8",
            "1.1.1.1",
            "172.32.0.1",
            "100.128.0.1",
            "2606:4700:4700::1111",
            "2a00:1450::1",
        ];
        let closed = of("https://example.com", false).unwrap();
        let open = of("https://example.com", true).unwrap();
        for (addresses, expected) in [
            (private.as_slice(), (false, true)),
            (&forbidden, (false, false)),
            (&public, (true, true)),
        ] {
            for text in addresses {
                let address: IpAddr = text.parse().unwrap();
                let admitted = (closed.admit(address).is_ok(), open.admit(address).is_ok());
                assert_eq!(admitted, expected, "{text}");
            }
        }
    }

    #[test]
    fn addresses_written_in_the_url_are_checked_in_every_spelling() {
        for url in [
            "https://127.0.0.1/x",
            "https://2130706433/",
            "https://0x7f000001/",
            "https://0177.0.0.1/",
            "https://127.1/",
            "https://0x7f.1/",
            "https://10.1/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://169.254.169.254/",
            "https://①⑦②.16.0.1/",
        ] {
            assert!(
                matches!(
                    of(url, false),
                    Err(Refusal::Private { .. } | Refusal::Forbidden { .. })
                ),
                "{url}"
            );
        }
        assert!(of("https://[::1]:8443/", true).is_ok());
        assert!(of("http://127.0.0.1:9/", true).is_ok());
        assert!(of("https://169.254.169.254/latest", true).is_err());
    }

    #[test]
    fn a_url_is_https_without_credentials() {
        assert_eq!(of("http://example.com", false).unwrap_err(), Refusal::Scheme);
        assert_eq!(of("ftp://example.com", true).unwrap_err(), Refusal::Scheme);
        assert_eq!(
            of("https://u:canary@example.com", true).unwrap_err(),
            Refusal::Credentials
        );
        assert!(of("https://example.com", false).is_ok());
    }

    #[test]
    fn a_mixed_answer_is_refused_as_a_whole() {
        let guard = of("https://example.com", false).unwrap();
        let socket = |text: &str| SocketAddr::new(text.parse().unwrap(), 443);
        assert!(
            guard
                .admit_all(vec![socket("8.8.8.8"), socket("1.1.1.1")])
                .is_ok()
        );
        assert!(
            guard
                .admit_all(vec![socket("8.8.8.8"), socket("10.0.0.1")])
                .is_err()
        );
        assert_eq!(
            guard.admit_all(vec![]).unwrap_err(),
            Refusal::NoAddress("example.com".into())
        );
    }

    #[tokio::test]
    async fn the_resolver_admits_the_urls_own_host_only() {
        let guard = of("http://localhost", true).unwrap();
        assert!(guard.resolve("localhost".parse().unwrap()).await.is_ok());
        let other = of("http://example.com", true).unwrap();
        let Err(error) = other.resolve("localhost".parse().unwrap()).await else {
            panic!("a loopback name was admitted for another host");
        };
        assert!(error.downcast_ref::<Refusal>().is_some());
    }
}
