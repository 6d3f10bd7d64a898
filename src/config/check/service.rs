//! `[service]`.

use super::Check;
use super::values::did_you_mean;
use crate::config::document::Document;
use crate::config::plan::Service;
use crate::config::problem::KeyPath;
use std::net::SocketAddr;

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
    let data_dir = cx.path(&at.join("data_dir"), &entry.data_dir);
    let owner = cx.mailboxes(&at.join("owner"), &entry.owner);
    let owner_delivery = owner_delivery(cx, &at, document);
    let listen = listen(cx, &at.join("listen"), &entry.listen);
    zone.and(locale).and(currency).and(calendar)?;
    Some(Service {
        data_dir: data_dir?,
        owner: owner?,
        owner_delivery: owner_delivery?,
        listen: listen?,
    })
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

fn listen(cx: &mut Check<'_>, path: &KeyPath, text: &str) -> Option<String> {
    // A name other than localhost would have to be resolved, and a check asks nobody.
    let local = text
        .strip_prefix("localhost:")
        .is_some_and(|port| port.parse::<u16>().is_ok());
    let fits = local || text.parse::<SocketAddr>().is_ok();
    if !fits {
        cx.report(
            path,
            "not an address with a port",
            Some("write `127.0.0.1:8321`".into()),
        );
    }
    fits.then(|| text.to_owned())
}
