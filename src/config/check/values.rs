//! Single values: texts, secrets, zones, currencies, addresses, URLs, numbers.

use super::{Check, nearest};
use crate::config::locate::is_reference;
use crate::config::problem::KeyPath;
use crate::config::secret::Secret;
use crate::money::Currency;
use crate::period::Calendar;
use chrono_tz::{TZ_VARIANTS, Tz};
use lettre::message::Mailbox;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;
use url::{Host, Url};

/// Longest text of a header, name or title, in characters.
const LONGEST_TEXT: usize = 500;
/// Most recipients of one delivery, and most owners.
pub(super) const MAX_RECIPIENTS: usize = 200;
/// Waits that make sense, in seconds.
const WAIT_SECS: RangeInclusive<u64> = 1..=3600;
/// Longest deadline: a week.
const LONGEST_DEADLINE_SECS: u64 = 7 * 24 * 3600;

impl Check<'_> {
    /// A text on one line that is not empty.
    pub(super) fn text(&mut self, path: &KeyPath, text: &str) -> Option<String> {
        let label = if text.trim().is_empty() {
            "is empty"
        } else if text.chars().any(char::is_control) {
            "holds a line break or another control character"
        } else if text.chars().count() > LONGEST_TEXT {
            "is longer than 500 characters"
        } else {
            return Some(text.to_owned());
        };
        self.report(path, label, Some("write one line of text".into()));
        None
    }

    /// An optional [`Self::text`]. The outer `None` is a problem.
    pub(super) fn maybe_text(&mut self, path: &KeyPath, text: Option<&String>) -> Option<Option<String>> {
        text.map_or(Some(None), |text| self.text(path, text).map(Some))
    }

    /// A path, resolved against the folder of the configuration.
    pub(super) fn path(&mut self, path: &KeyPath, text: &str) -> Option<PathBuf> {
        self.text(path, text).map(|text| self.resolve(&text))
    }

    /// An optional path of a file that must be there.
    pub(super) fn maybe_file(&mut self, path: &KeyPath, text: Option<&String>) -> Option<Option<PathBuf>> {
        text.map_or(Some(None), |text| self.file(path, text).map(Some))
    }

    /// A file that must be there.
    pub(super) fn file(&mut self, path: &KeyPath, text: &str) -> Option<PathBuf> {
        let file = self.path(path, text)?;
        if file.is_file() {
            return Some(file);
        }
        self.report(path, "there is no such file", Some(relative_hint()));
        None
    }

    /// A reference to a secret. What is written down instead is never shown.
    pub(super) fn secret(&mut self, path: &KeyPath, text: &str) -> Option<Secret> {
        if let Some(name) = text.strip_prefix("env:") {
            let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
            if !name.is_empty()
                && name.len() <= 200
                && name.chars().all(fits)
                && !name.starts_with(|c: char| c.is_ascii_digit())
            {
                return Some(Secret::Env(name.to_owned()));
            }
            let hint = "write `env:NAME`; names hold letters, digits and underscores";
            self.report(path, "not the name of an environment variable", Some(hint.into()));
            return None;
        }
        if let Some(file) = text.strip_prefix("file:") {
            return self.path(path, file).map(Secret::File);
        }
        let key = path.keys().last().map_or("secret", String::as_str);
        let hint = format!(
            "put it into an environment variable and write `{key} = \"env:{}\"`, or `file:PATH`",
            key.to_uppercase()
        );
        self.report(path, "must be a reference, not the secret itself", Some(hint));
        None
    }

    /// An optional [`Self::secret`]. The outer `None` is a problem.
    pub(super) fn maybe_secret(&mut self, path: &KeyPath, text: Option<&String>) -> Option<Option<Secret>> {
        text.map_or(Some(None), |text| self.secret(path, text).map(Some))
    }

    /// A secret URL: a reference, or the URL itself where its host is loopback.
    pub(super) fn secret_url(&mut self, path: &KeyPath, text: &str) -> Option<Secret> {
        if !is_reference(text)
            && let Ok(url) = Url::parse(text)
            && matches!(url.scheme(), "http" | "https")
            && url.host().is_some_and(|host| is_loopback(&host))
        {
            return Some(Secret::Literal(text.into()));
        }
        self.secret(path, text)
    }

    /// A URL that may be a secret and need not: a reference, or the `http` or `https` URL itself.
    pub(super) fn maybe_secret_url(&mut self, path: &KeyPath, text: &str) -> Option<Secret> {
        if is_reference(text) {
            return self.secret(path, text);
        }
        let fits =
            Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        if !fits {
            let hint = "write a reference, `env:PING_URL` or `file:PATH`, or the URL with `https://`";
            self.report(path, "neither a reference nor a URL", Some(hint.into()));
        }
        fits.then(|| Secret::Literal(text.into()))
    }

    /// The URL of a database: a reference, or the URL itself where it carries no password.
    pub(super) fn database(&mut self, path: &KeyPath, text: &str) -> Option<Secret> {
        const SCHEMES: [&str; 2] = ["postgres", "postgresql"];
        if is_reference(text) {
            return self.secret(path, text);
        }
        let hint = "put the URL into an environment variable and write `store = \"env:DATABASE_URL\"`";
        let url = Url::parse(text).ok();
        let Some(url) = url.filter(|url| SCHEMES.contains(&url.scheme())) else {
            self.report(
                path,
                "neither a reference nor the URL of a PostgreSQL",
                Some(hint.into()),
            );
            return None;
        };
        let has_password =
            url.password().is_some() || url.query_pairs().any(|(key, _)| key.contains("password"));
        if has_password {
            self.report(path, "carries a password", Some(hint.into()));
        }
        (!has_password).then(|| Secret::Literal(text.into()))
    }

    /// An `http` or `https` URL with a host and without credentials.
    pub(super) fn url(&mut self, path: &KeyPath, text: &str) -> Option<Url> {
        let (label, hint) = match Url::parse(text) {
            Err(_) => (
                "not a URL",
                "write it with its scheme, such as `https://api.example.ai`",
            ),
            Ok(url) if !matches!(url.scheme(), "http" | "https") => {
                ("neither http nor https", "write `https://` in front of the host")
            }
            Ok(url) if !url.username().is_empty() || url.password().is_some() => (
                "carries credentials",
                "take them out of the URL; secrets are references",
            ),
            Ok(url) if url.fragment().is_some() => ("ends in a fragment", "take `#…` out of it"),
            Ok(url) => return Some(url),
        };
        self.report(path, label, Some(hint.into()));
        None
    }

    /// An IANA zone.
    pub(super) fn zone(&mut self, path: &KeyPath, text: &str) -> Option<Tz> {
        let zone = text.parse().ok();
        if zone.is_none() {
            let names = TZ_VARIANTS.iter().map(|zone| zone.name());
            let city = |name: &&str| {
                name.rsplit('/')
                    .next()
                    .is_some_and(|city| city.eq_ignore_ascii_case(text))
            };
            let near = nearest(text, names.clone()).or_else(|| names.clone().find(city));
            let hint = near.map_or_else(
                || "write an IANA zone such as `Europe/Madrid` or `UTC`".into(),
                did_you_mean,
            );
            self.report(path, "not a known time zone", Some(hint));
        }
        zone
    }

    /// An ISO 4217 currency.
    pub(super) fn currency(&mut self, path: &KeyPath, text: &str) -> Option<Currency> {
        let currency = text.parse().ok();
        if currency.is_none() {
            let near = near_currency(text);
            let hint = near.map_or_else(
                || "write three letters such as `USD` or `EUR`".into(),
                |near| did_you_mean(&near),
            );
            self.report(path, "not an ISO 4217 currency", Some(hint));
        }
        currency
    }

    /// A BCP 47 language tag.
    pub(super) fn locale(&mut self, path: &KeyPath, text: &str) -> Option<String> {
        let known =
            icu_locale_core::Locale::try_from_str(text).is_ok_and(|locale| !locale.id.language.is_unknown());
        if known && !text.contains('_') {
            return Some(text.to_owned());
        }
        let dashed = text.replace('_', "-");
        let dashed = dashed.split('.').next().unwrap_or_default();
        let hint = if dashed != text && icu_locale_core::Locale::try_from_str(dashed).is_ok() {
            did_you_mean(dashed)
        } else {
            "write a language and a region such as `en-US` or `es-ES`".into()
        };
        self.report(path, "not a BCP 47 language tag", Some(hint));
        None
    }

    /// The calendar whose fiscal year starts in the month `text`.
    pub(super) fn calendar(&mut self, path: &KeyPath, text: &str) -> Option<Calendar> {
        let two_digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        let month = text.parse().ok().filter(|_| two_digits);
        let calendar = month.and_then(|month: u32| Calendar::fiscal(month).ok());
        if calendar.is_none() {
            let hint = "write the month as two digits, `\"01\"` to `\"12\"`";
            self.report(path, "not a month", Some(hint.into()));
        }
        calendar
    }

    /// E-mail addresses, each once, as `kind` of recipients.
    pub(super) fn mailboxes(&mut self, path: &KeyPath, texts: &[String]) -> Option<Vec<String>> {
        let mut good = Some(Vec::new());
        if texts.len() > MAX_RECIPIENTS {
            self.report(
                path,
                "more than 200 addresses",
                Some("write to a mailing list instead".into()),
            );
            return None;
        }
        for (index, text) in texts.iter().enumerate() {
            let mailbox = self.mailbox(&path.join(index), text);
            good = good.zip(mailbox).map(|(mut all, mailbox)| {
                all.push(mailbox);
                all
            });
        }
        good
    }

    /// One e-mail address, perhaps with a display name.
    pub(super) fn mailbox(&mut self, path: &KeyPath, text: &str) -> Option<String> {
        self.text(path, text)?;
        let parsed = text.parse::<Mailbox>().is_ok();
        if !parsed {
            let hint = "write `name@example.com` or `Display Name <name@example.com>`";
            self.report(path, "not an e-mail address", Some(hint.into()));
        }
        parsed.then(|| text.to_owned())
    }

    /// A number within bounds.
    pub(super) fn bounded(
        &mut self,
        path: &KeyPath,
        value: u64,
        bounds: &RangeInclusive<u64>,
    ) -> Option<u64> {
        if bounds.contains(&value) {
            return Some(value);
        }
        let hint = format!("write a number from {} to {}", bounds.start(), bounds.end());
        self.report(path, "out of bounds", Some(hint));
        None
    }

    /// A wait in seconds.
    pub(super) fn wait(&mut self, path: &KeyPath, secs: u64) -> Option<Duration> {
        self.bounded(path, secs, &WAIT_SECS).map(Duration::from_secs)
    }

    /// A duration such as `90s`, `30m`, `1h30m`, at most a week.
    pub(super) fn duration(&mut self, path: &KeyPath, text: &str) -> Option<Duration> {
        let hint = "write a number with `s`, `m`, `h` or `d`, such as `90s`, `30m` or `2h`, at most `7d`";
        self.duration_within(path, text, &(1..=LONGEST_DEADLINE_SECS), hint)
    }

    /// A duration of so many seconds.
    pub(super) fn duration_within(
        &mut self,
        path: &KeyPath,
        text: &str,
        secs: &RangeInclusive<u64>,
        hint: &str,
    ) -> Option<Duration> {
        let label = match duration_secs(text) {
            Some(found) if secs.contains(&found) => return Some(Duration::from_secs(found)),
            Some(found) if found < *secs.start() => "too short",
            Some(_) => "too long",
            None => "not a duration",
        };
        self.report(path, label, Some(hint.to_owned()));
        None
    }
}

pub(super) fn did_you_mean(name: &str) -> String {
    format!("did you mean `{name}`?")
}

pub(super) fn relative_hint() -> String {
    "relative paths are relative to the configuration file".into()
}

/// The bare address of a mailbox, lower-cased, by which repeats are found.
pub(super) fn bare_address(text: &str) -> String {
    let address = text.parse::<Mailbox>().map(|mailbox| mailbox.email.to_string());
    address.unwrap_or_else(|_| text.to_owned()).to_lowercase()
}

/// Whether only this machine answers under the host.
pub(super) fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost" || name.ends_with(".localhost"),
        Host::Ipv4(ip) => ip.is_loopback(),
        Host::Ipv6(ip) => ip.is_loopback(),
    }
}

/// Whether the host is written as an address that the public internet does not reach.
pub(super) fn is_private(host: &Host<&str>) -> bool {
    let ip = match host {
        Host::Domain(_) => return is_loopback(host),
        Host::Ipv4(ip) => IpAddr::V4(*ip),
        Host::Ipv6(ip) => ip.to_ipv4_mapped().map_or(IpAddr::V6(*ip), IpAddr::V4),
    };
    match ip {
        IpAddr::V4(ip) => {
            let [first, second, ..] = ip.octets();
            let shared = first == 100 && (64..128).contains(&second);
            ip.is_loopback()
                || ip.is_private()
                || ip.is_link_local()
                || first == 0
                || ip.is_multicast()
                || shared
        }
        IpAddr::V6(ip) => {
            ip.is_loopback()
                || ip.is_unspecified()
                || ip.is_unique_local()
                || ip.is_unicast_link_local()
                || ip.is_multicast()
        }
    }
}

/// A currency one letter away.
fn near_currency(text: &str) -> Option<String> {
    let upper = text.trim().to_uppercase();
    if upper.parse::<Currency>().is_ok() {
        return Some(upper);
    }
    if upper.len() != 3 || !upper.is_ascii() {
        return None;
    }
    let common = ["EUR", "USD", "GBP", "CHF", "JPY", "MXN", "BRL", "ARS"];
    nearest(&upper, common).map(str::to_owned)
}

fn duration_secs(text: &str) -> Option<u64> {
    let mut total: u64 = 0;
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: u64 = rest[..digits].parse().ok()?;
        let unit = rest[digits..].chars().next()?;
        let secs = match unit {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 24 * 3600,
            _ => return None,
        };
        total = total.checked_add(number.checked_mul(secs)?)?;
        rest = &rest[digits + unit.len_utf8()..];
    }
    Some(total)
}
