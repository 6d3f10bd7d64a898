//! `[deliveries.NAME.KIND]`.

use super::Check;
use super::values::{MAX_RECIPIENTS, bare_address, is_loopback, is_private};
use crate::config::document::delivery::{
    DeliveryEntry, EmailEntry, FileDropEntry, SlackEntry, SmtpEntry, WebhookEntry,
};
use crate::config::locate::Part;
use crate::config::plan::{
    DeliveryPlan, EmailPlan, FileDropPlan, SUBJECT_VARIABLES, SlackPlan, SmtpPlan, SmtpTls, WebhookPlan,
};
use crate::config::problem::KeyPath;
use crate::config::secret::Secret;
use std::collections::BTreeSet;
use url::{Host, Url};

/// Largest sum of attachments that can be asked for; mail servers take far less.
const MAX_ATTACHMENT_BYTES: u64 = 100_000_000;
/// Variables of a drop folder.
const DROP_VARIABLES: [&str; 4] = ["job.name", "period.id", "period.start", "period.end"];
/// Places that are planned and not built.
const REMOTE_PLACES: [&str; 4] = ["s3://", "gs://", "az://", "sftp://"];

/// Checks one delivery.
pub(super) fn delivery(
    cx: &mut Check<'_>,
    at: &KeyPath,
    _name: &str,
    entry: &DeliveryEntry,
) -> Option<DeliveryPlan> {
    let kinds = [
        ("email", entry.email.is_some()),
        ("slack", entry.slack.is_some()),
        ("webhook", entry.webhook.is_some()),
        ("file_drop", entry.file_drop.is_some()),
    ];
    let found: Vec<&str> = kinds
        .iter()
        .filter(|(_, is)| *is)
        .map(|(kind, _)| *kind)
        .collect();
    cx.one_kind(at, &found, "`email`, `slack`, `webhook` and `file_drop`");
    let email = entry
        .email
        .as_ref()
        .and_then(|email| self::email(cx, &at.join("email"), email));
    let slack = entry
        .slack
        .as_ref()
        .and_then(|slack| self::slack(cx, &at.join("slack"), slack));
    let webhook = entry
        .webhook
        .as_ref()
        .and_then(|hook| self::webhook(cx, &at.join("webhook"), hook));
    let drop = entry
        .file_drop
        .as_ref()
        .and_then(|drop| file_drop(cx, &at.join("file_drop"), drop));
    email
        .map(DeliveryPlan::Email)
        .or(slack.map(DeliveryPlan::Slack))
        .or(webhook.map(DeliveryPlan::Webhook))
        .or(drop.map(DeliveryPlan::FileDrop))
}

fn email(cx: &mut Check<'_>, at: &KeyPath, entry: &EmailEntry) -> Option<EmailPlan> {
    let from = cx
        .required(
            at,
            "from",
            entry.from.as_ref(),
            "write `from = \"Reports <reports@example.com>\"`",
        )
        .and_then(|text| cx.mailbox(&at.join("from"), text));
    let to = cx
        .required(at, "to", entry.to.as_ref(), "write `to = [\"cfo@example.com\"]`")
        .and_then(|texts| cx.mailboxes(&at.join("to"), texts));
    if to.as_ref().is_some_and(Vec::is_empty) {
        cx.report(
            &at.join("to"),
            "names nobody",
            Some("write at least one address".into()),
        );
    }
    let cc = cx.mailboxes(&at.join("cc"), &entry.cc);
    let bcc = cx.mailboxes(&at.join("bcc"), &entry.bcc);
    each_recipient_once(cx, at, entry);
    let reply_to = match &entry.reply_to {
        Some(text) => cx.mailbox(&at.join("reply_to"), text).map(Some),
        None => Some(None),
    };
    let subject = match &entry.subject {
        Some(text) => cx
            .template(&at.join("subject"), text, &SUBJECT_VARIABLES)
            .map(Some),
        None => Some(None),
    };
    let smtp = cx
        .required(
            at,
            "smtp",
            entry.smtp.as_ref(),
            "write `smtp = { host = \"smtp.example.com\" }`",
        )
        .and_then(|smtp| self::smtp(cx, &at.join("smtp"), smtp));
    let max_attachment_bytes = cx.bounded(
        &at.join("max_attachment_bytes"),
        entry.max_attachment_bytes,
        &(0..=MAX_ATTACHMENT_BYTES),
    );
    Some(EmailPlan {
        from: from?,
        to: to?,
        cc: cc?,
        bcc: bcc?,
        reply_to: reply_to?,
        envelope: entry.envelope,
        subject: subject?,
        smtp: smtp?,
        max_attachment_bytes: max_attachment_bytes?,
        ambiguous: entry.ambiguous,
    })
}

/// A delivery is remembered by its address, so that no address may stand in it twice.
fn each_recipient_once(cx: &mut Check<'_>, at: &KeyPath, entry: &EmailEntry) {
    let none = Vec::new();
    let to = entry.to.as_ref().unwrap_or(&none);
    let mut seen = BTreeSet::new();
    for (key, texts) in [("to", to), ("cc", &entry.cc), ("bcc", &entry.bcc)] {
        for (index, text) in texts.iter().enumerate().take(MAX_RECIPIENTS) {
            if !seen.insert(bare_address(text)) {
                let path = at.join(key).join(index);
                cx.report(
                    &path,
                    "this address stands here twice",
                    Some("remove one of the two".into()),
                );
            }
        }
    }
    let lists = [to.len(), entry.cc.len(), entry.bcc.len()];
    if lists.iter().sum::<usize>() > MAX_RECIPIENTS && lists.iter().all(|count| *count <= MAX_RECIPIENTS) {
        let hint = "write to a mailing list instead";
        cx.report(
            &at.join("to"),
            "more than 200 addresses with cc and bcc",
            Some(hint.into()),
        );
    }
}

fn smtp(cx: &mut Check<'_>, at: &KeyPath, entry: &SmtpEntry) -> Option<SmtpPlan> {
    let host = cx
        .required(
            at,
            "host",
            entry.host.as_ref(),
            "write `host = \"smtp.example.com\"`",
        )
        .and_then(|text| smtp_host(cx, &at.join("host"), text));
    let plain_abroad =
        entry.tls == SmtpTls::None && host.as_deref().is_some_and(|host| !is_loopback_name(host));
    if plain_abroad {
        let hint = "use `starttls` or `implicit`; `none` is for loopback hosts only";
        cx.report(
            &at.join("tls"),
            "would send reports in the clear",
            Some(hint.into()),
        );
    }
    let username = cx.maybe_text(&at.join("username"), entry.username.as_ref());
    let password = cx.maybe_secret(&at.join("password"), entry.password.as_ref());
    let alone = match (&entry.username, &entry.password) {
        (Some(_), None) => Some(("username", "password")),
        (None, Some(_)) => Some(("password", "username")),
        _ => None,
    };
    if let Some((there, missing)) = alone
        && !cx.is_excused(&at.join(missing))
    {
        let hint = format!("write `{missing}` too, or neither");
        cx.report(
            &at.join(there),
            &format!("`{missing}` is missing beside it"),
            Some(hint),
        );
    }
    let usual_port = if entry.tls == SmtpTls::Implicit { 465 } else { 587 };
    let port = cx.bounded(
        &at.join("port"),
        entry.port.unwrap_or(usual_port).into(),
        &(1..=65535),
    );
    let timeout = cx.wait(&at.join("timeout_secs"), entry.timeout_secs);
    let ca_file = cx.maybe_file(&at.join("ca_file"), entry.ca_file.as_ref());
    Some(SmtpPlan {
        host: host?,
        port: u16::try_from(port?).ok()?,
        tls: entry.tls,
        login: username?.zip(password?),
        timeout: timeout?,
        ca_file: ca_file?,
    })
}

fn smtp_host(cx: &mut Check<'_>, path: &KeyPath, text: &str) -> Option<String> {
    let parsed =
        Host::parse(text.trim_matches(['[', ']'])).is_ok() || text.parse::<std::net::Ipv6Addr>().is_ok();
    if !parsed || text.contains(['/', ':', '@']) && text.parse::<std::net::Ipv6Addr>().is_err() {
        cx.report(
            path,
            "not a host name",
            Some("write it without scheme and port: `smtp.example.com`".into()),
        );
        return None;
    }
    Some(text.to_owned())
}

fn is_loopback_name(host: &str) -> bool {
    let ip: Option<std::net::IpAddr> = host.trim_matches(['[', ']']).parse().ok();
    ip.map_or_else(|| is_loopback(&Host::Domain(host)), |ip| ip.is_loopback())
}

fn slack(cx: &mut Check<'_>, at: &KeyPath, entry: &SlackEntry) -> Option<SlackPlan> {
    let webhook_url = cx
        .required(
            at,
            "webhook_url",
            entry.webhook_url.as_ref(),
            "write `webhook_url = \"env:SLACK_WEBHOOK_URL\"`",
        )
        .and_then(|text| cx.secret_url(&at.join("webhook_url"), text));
    let timeout = cx.wait(&at.join("timeout_secs"), entry.timeout_secs);
    Some(SlackPlan {
        webhook_url: webhook_url?,
        allow_private: entry.allow_private,
        timeout: timeout?,
    })
}

fn webhook(cx: &mut Check<'_>, at: &KeyPath, entry: &WebhookEntry) -> Option<WebhookPlan> {
    let url = cx
        .required(
            at,
            "url",
            entry.url.as_ref(),
            "write `url = \"https://erp.example.com/hooks/reports\"`",
        )
        .and_then(|text| webhook_url(cx, &at.join("url"), text, entry.allow_private));
    let signing_secret = cx.maybe_secret(&at.join("signing_secret"), entry.signing_secret.as_ref());
    let previous_at = at.join("previous_signing_secret");
    let previous = cx.maybe_secret(&previous_at, entry.previous_signing_secret.as_ref());
    if let (None, Some(Some(_))) = (&entry.signing_secret, &previous)
        && !cx.is_excused(&at.join("signing_secret"))
    {
        let hint = "the current key goes into `signing_secret`, the one before it here";
        cx.report(
            &previous_at,
            "`signing_secret` is missing beside it",
            Some(hint.into()),
        );
    }
    let timeout = cx.wait(&at.join("timeout_secs"), entry.timeout_secs);
    Some(WebhookPlan {
        url: url?,
        signing_secret: signing_secret?,
        previous_signing_secret: previous?.filter(|_: &Secret| entry.signing_secret.is_some()),
        allow_private: entry.allow_private,
        timeout: timeout?,
    })
}

fn webhook_url(cx: &mut Check<'_>, path: &KeyPath, text: &str, allow_private: bool) -> Option<Url> {
    let url = cx.url(path, text)?;
    let host = url.host();
    let (label, hint) = if host
        .as_ref()
        .is_some_and(|host| host.to_string().ends_with("webhook.office.com"))
    {
        (
            "an Office 365 connector, which is switched off",
            "when Teams is built it will take a Workflows URL",
        )
    } else if !allow_private && host.as_ref().is_some_and(is_private) {
        (
            "a private or loopback host",
            "set `allow_private = true` if this host is meant",
        )
    } else if !allow_private && url.scheme() != "https" {
        (
            "not https",
            "write `https://`, or set `allow_private = true` for a host of your own",
        )
    } else {
        return Some(url);
    };
    cx.report(path, label, Some(hint.into()));
    None
}

fn file_drop(cx: &mut Check<'_>, at: &KeyPath, entry: &FileDropEntry) -> Option<FileDropPlan> {
    let path = at.join("path");
    let text = cx.required(
        at,
        "path",
        entry.path.as_ref(),
        "write `path = \"drop/{{job.name}}\"`",
    )?;
    if let Some(place) = REMOTE_PLACES.iter().find(|place| text.starts_with(*place)) {
        let what = super::subject(&path, &format!("dropping files at `{place}` is not built yet"));
        cx.report_as(
            &path,
            Part::Value,
            what,
            "not built yet",
            Some("write a local folder".into()),
        );
        return None;
    }
    if text.contains("://") {
        cx.report(
            &path,
            "a URL, not a folder",
            Some("write a local folder, such as `drop`".into()),
        );
        return None;
    }
    cx.plain_template(&path, text, &DROP_VARIABLES)?;
    Some(FileDropPlan {
        path: cx.resolve(text).to_string_lossy().into_owned(),
    })
}
