//! `[service]`.

use super::Check;
use super::values::{did_you_mean, relative_hint};
use crate::config::document::Document;
use crate::config::plan::Service;
use crate::config::problem::KeyPath;
use crate::money::rates::{self, RatesFault};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

/// Most runs under way at once, and most that ask one source.
pub(super) const RUNS_AT_ONCE: RangeInclusive<u64> = 1..=512;
/// Most attempts under way at once to one host.
const SENDS_AT_ONCE: RangeInclusive<u64> = 1..=64;
/// Waits for runs under way at the end, in seconds.
const STOP_SECS: RangeInclusive<u64> = 1..=600;
/// How long things are kept, in seconds: a day to a century.
const KEEP_SECS: RangeInclusive<u64> = 24 * 3600..=36_525 * 24 * 3600;

/// Checks what holds for all jobs. Zone, locale, currency and calendar are checked here too, and again where jobs inherit
/// them, so that they are told once and at their own place.
pub(super) fn service(cx: &mut Check<'_>, document: &Document) -> Option<Service> {
    let entry = &document.service;
    let at = KeyPath::of(["service"]);
    let zone = cx.zone(&at.join("timezone"), &entry.timezone);
    let locale = cx.locale(&at.join("locale"), &entry.locale);
    let currency = cx.currency(&at.join("currency"), &entry.currency);
    let fiscal = &entry.fiscal_year_start;
    let calendar = fiscal.as_ref().map_or(Some(None), |month| {
        cx.calendar(&at.join("fiscal_year_start"), month).map(Some)
    });
    let rates = rates(cx, &at.join("rates"), entry.rates.as_ref());
    let data_dir = cx.path(&at.join("data_dir"), &entry.data_dir);
    let owner = cx.mailboxes(&at.join("owner"), &entry.owner);
    let owner_delivery = owner_delivery(cx, &at, document);
    let listen = listen(cx, &at.join("listen"), &entry.listen, entry.behind_proxy);
    let fallback = owner_fallback(cx, &at, document, owner_delivery.as_ref());
    let store = entry
        .store
        .as_ref()
        .map_or(Some(None), |text| cx.database(&at.join("store"), text).map(Some));
    let ping_url = entry.ping_url.as_ref().map_or(Some(None), |text| {
        cx.maybe_secret_url(&at.join("ping_url"), text).map(Some)
    });
    let runs = cx.bounded(&at.join("runs_at_once"), entry.runs_at_once, &RUNS_AT_ONCE);
    let sends = cx.bounded(&at.join("sends_at_once"), entry.sends_at_once, &SENDS_AT_ONCE);
    let stop_hint = "write `1s` to `10m`, such as `30s`";
    let stop = cx.duration_within(&at.join("stop_within"), &entry.stop_within, &STOP_SECS, stop_hint);
    let keep_snapshots = keep(cx, &at.join("keep_snapshots"), entry.keep_snapshots.as_ref());
    let keep_artifacts = keep(cx, &at.join("keep_artifacts"), entry.keep_artifacts.as_ref());
    locale.and(currency).and(calendar)?;
    Some(Service {
        timezone: zone?,
        data_dir: data_dir?,
        owner: owner?,
        owner_delivery: owner_delivery?,
        owner_fallback: fallback?,
        rates: rates?,
        listen: listen?,
        store: store?,
        runs_at_once: usize::try_from(runs?).ok()?,
        sends_at_once: usize::try_from(sends?).ok()?,
        ping_url: ping_url?,
        stop_within: stop?,
        keep_snapshots: keep_snapshots?,
        keep_artifacts: keep_artifacts?,
    })
}

/// The file of exchange rates, if it can be read. The outer `None` is a problem.
fn rates(cx: &mut Check<'_>, path: &KeyPath, text: Option<&String>) -> Option<Option<PathBuf>> {
    let Some(text) = text else { return Some(None) };
    let file = cx.path(path, text)?;
    let (label, hint) = match rates::file(&file) {
        Ok(_) => return Some(Some(file)),
        Err(RatesFault::Disk(error)) if error.kind() == ErrorKind::NotFound => {
            ("there is no such file".to_owned(), relative_hint())
        }
        Err(RatesFault::Disk(error)) => (error.to_string(), "check that this user may read it".to_owned()),
        Err(RatesFault::Content(error)) => (
            error.to_string(),
            "write one rate a line: `2026-10-01,EUR,USD,1.0843`".to_owned(),
        ),
    };
    cx.report(path, &label, Some(hint));
    None
}

/// How long something is kept. The outer `None` is a problem.
fn keep(cx: &mut Check<'_>, path: &KeyPath, text: Option<&String>) -> Option<Option<Duration>> {
    let Some(text) = text else { return Some(None) };
    let hint = "write days, at least `1d`, such as `400d`; leave it out to keep them for ever";
    cx.duration_within(path, text, &KEEP_SECS, hint).map(Some)
}

/// The delivery through which the owner hears where the first one fails. The outer `None` is a problem.
fn owner_fallback(
    cx: &mut Check<'_>,
    at: &KeyPath,
    document: &Document,
    owner_delivery: Option<&Option<String>>,
) -> Option<Option<String>> {
    let Some(name) = &document.service.owner_fallback else {
        return Some(None);
    };
    let path = at.join("owner_fallback");
    let known = document.deliveries.keys().map(String::as_str);
    if !document.deliveries.contains_key(name) && !cx.is_excused(&KeyPath::of(["deliveries", name])) {
        let near = super::nearest(name, known);
        let hint = near.map_or_else(|| "name a delivery of any kind".to_owned(), did_you_mean);
        cx.report(&path, "not a delivery", Some(hint));
        return None;
    }
    if owner_delivery.is_some_and(|first| first.as_ref() == Some(name)) {
        let hint = "name another one, or leave it out; it is used when the first one fails";
        cx.report(&path, "the owner's delivery already", Some(hint.into()));
        return None;
    }
    Some(Some(name.clone()))
}

/// The delivery through which the owner hears. The outer `None` is a problem.
fn owner_delivery(cx: &mut Check<'_>, at: &KeyPath, document: &Document) -> Option<Option<String>> {
    let path = at.join("owner_delivery");
    let mails: Vec<&str> = document
        .deliveries
        .iter()
        .filter(|(_, delivery)| delivery.email.is_some())
        .map(|(name, _)| name.as_str())
        .collect();
    let Some(name) = &document.service.owner_delivery else {
        let owned =
            !document.service.owner.is_empty() || document.jobs.values().any(|job| job.owner.is_some());
        return match mails.as_slice() {
            [] => Some(None),
            [only] => Some(Some((*only).to_owned())),
            several if owned && !cx.is_excused(&path) => {
                let hint = format!(
                    "there are several e-mail deliveries; name one of {} for the owner",
                    crate::config::read::list(several)
                );
                cx.report(&path, "`owner_delivery` is missing", Some(hint));
                None
            }
            _ => Some(None),
        };
    };
    if mails.contains(&name.as_str()) || cx.is_excused(&KeyPath::of(["deliveries", name])) {
        return Some(Some(name.clone()));
    }
    let known = document.deliveries.contains_key(name);
    let label = if known {
        "not an e-mail delivery"
    } else {
        "not a delivery"
    };
    let near = super::nearest(name, mails.iter().copied());
    let hint = near.map_or_else(|| "name a delivery of kind `email`".to_owned(), did_you_mean);
    cx.report(&path, label, Some(hint));
    None
}

fn listen(cx: &mut Check<'_>, path: &KeyPath, text: &str, behind_proxy: bool) -> Option<String> {
    // A name other than localhost would have to be resolved, and a check asks nobody.
    let local = text
        .strip_prefix("localhost:")
        .is_some_and(|port| port.parse::<u16>().is_ok());
    let address = text
        .parse::<SocketAddr>()
        .map(|address| address.ip().to_canonical());
    let (label, hint) = match address {
        _ if local => return Some(text.to_owned()),
        Ok(ip) if behind_proxy || ip.is_loopback() => return Some(text.to_owned()),
        Ok(_) => (
            "answers others too, without password and TLS",
            "write `127.0.0.1:8321`, or set `behind_proxy = true` where a proxy or a firewall decides who may ask",
        ),
        Err(_) => ("not an address with a port", "write `127.0.0.1:8321`"),
    };
    cx.report(path, label, Some(hint.into()));
    None
}
