//! The message: the same edition and recipient give the same bytes, so that a mail sent again is recognisably the same.

use super::message::{Draft, VALUE_BYTES};
use crate::config::plan::{EmailPlan, Envelope};
use crate::delivery::bulletin::{EVERY_ITEM, MAIL_ITEMS, View};
use crate::delivery::{Bulletin, DeliveryError, Edition, Parcel, bulletin_key};
use crate::render::{Artifact, MailBody, Unattached, bulletin};
use bytes::Bytes;
use lettre::Address;
use lettre::message::{Mailbox, Mailboxes};
use std::collections::HashSet;
use url::Host;

/// Who writes to whom, and how much a mail may carry.
#[derive(Debug)]
pub(super) struct Letter {
    delivery: String,
    from: Mailbox,
    to: Vec<Mailbox>,
    cc: Vec<Mailbox>,
    bcc: Vec<Mailbox>,
    reply_to: Option<Mailbox>,
    envelope: Envelope,
    max_attachment_bytes: u64,
}

impl Letter {
    /// Reads the addresses of a plan.
    pub(super) fn of(delivery: &str, plan: &EmailPlan) -> Result<Self, DeliveryError> {
        let wrong = |reason: String| DeliveryError::permanent(format!("delivery `{delivery}`: {reason}"));
        let read = |key: &str, text: &str| {
            mailbox(text).ok_or_else(|| {
                wrong(format!(
                    "an address of `{key}` is not one e-mail address; correct it"
                ))
            })
        };
        let list = |key: &str, texts: &[String]| {
            texts
                .iter()
                .map(|text| read(key, text))
                .collect::<Result<Vec<_>, _>>()
        };
        Ok(Self {
            delivery: delivery.to_owned(),
            from: read("from", &plan.from)?,
            to: list("to", &plan.to)?,
            cc: list("cc", &plan.cc)?,
            bcc: list("bcc", &plan.bcc)?,
            reply_to: plan
                .reply_to
                .as_deref()
                .map(|text| read("reply_to", text))
                .transpose()?,
            envelope: plan.envelope,
            max_attachment_bytes: plan.max_attachment_bytes,
        })
    }

    /// The address of the envelope's sender.
    pub(super) fn sender(&self) -> &Address {
        &self.from.email
    }

    /// One parcel for each address, in the order of to, cc and bcc.
    pub(super) fn parcels(&self, edition: &Edition) -> Result<Vec<Parcel>, DeliveryError> {
        let recipients = once([&self.to, &self.cc, &self.bcc].into_iter().flatten());
        if self.envelope == Envelope::Together {
            let all: Vec<Address> = recipients.iter().map(|mailbox| mailbox.email.clone()).collect();
            let names: Vec<&str> = all.iter().map(AsRef::as_ref).collect();
            let key = edition.key(&self.delivery, &names.join(","));
            let content = self.write(edition, &key, (&self.to, &self.cc), all.clone())?;
            return Ok(all
                .iter()
                .map(|address| Parcel::new(edition, &self.delivery, address.as_ref(), content.clone()))
                .collect());
        }
        recipients
            .into_iter()
            .map(|mailbox| {
                let address: &str = mailbox.email.as_ref();
                let key = edition.key(&self.delivery, address);
                let to = std::slice::from_ref(mailbox);
                let content = self.write(edition, &key, (to, &[]), vec![mailbox.email.clone()])?;
                Ok(Parcel::new(edition, &self.delivery, address, content))
            })
            .collect()
    }

    /// One parcel for each address of the bulletin's owner; the readers of reports get none.
    pub(super) fn bulletins(&self, bulletin: &Bulletin) -> Result<Vec<Parcel>, DeliveryError> {
        let owner = bulletin
            .owner
            .iter()
            .map(|text| mailbox(text))
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| self.wrong("an address of `owner` is not one e-mail address; correct it"))?;
        if owner.is_empty() {
            return Err(self.wrong("a message to the owner has nobody to go to; set `owner` in `[service]`"));
        }
        let body = bulletin_body(bulletin).map_err(|reason| self.wrong(&reason))?;
        once(&owner)
            .into_iter()
            .map(|mailbox| {
                let address: &str = mailbox.email.as_ref();
                let content = Draft {
                    delivery: &self.delivery,
                    key: &bulletin_key(bulletin, &self.delivery, address),
                    from: &self.from,
                    reply_to: None,
                    to: std::slice::from_ref(mailbox),
                    cc: &[],
                    recipients: vec![mailbox.email.clone()],
                    subject: &body.subject,
                    written_at: bulletin.written_at,
                    series: None,
                    trace: ("X-Reportwire-Bulletin", &bulletin.key),
                    body: &body,
                    files: &[],
                }
                .write()?;
                Ok(Parcel::of_bulletin(bulletin, &self.delivery, address, content))
            })
            .collect()
    }

    /// This delivery's own subject, else that of the report's mails.
    fn subject<'a>(&self, edition: &'a Edition) -> &'a str {
        edition
            .subjects
            .get(&self.delivery)
            .unwrap_or(&edition.mail.subject)
    }

    fn wrong(&self, reason: &str) -> DeliveryError {
        DeliveryError::permanent(format!("delivery `{}`: {reason}", self.delivery))
    }

    /// The message about `edition` under `key`, with these To and Cc headers, for `recipients`.
    fn write(
        &self,
        edition: &Edition,
        key: &str,
        (to, cc): (&[Mailbox], &[Mailbox]),
        recipients: Vec<Address>,
    ) -> Result<Bytes, DeliveryError> {
        let raw: u64 = edition
            .artifacts
            .iter()
            .map(|artifact| artifact.bytes.len() as u64)
            .sum();
        let carried = raw <= self.max_attachment_bytes;
        let named;
        let (body, files): (&MailBody, &[Artifact]) = if carried {
            (&edition.mail, &edition.artifacts)
        } else {
            named = naming_files(edition);
            (&named, &[])
        };
        Draft {
            delivery: &self.delivery,
            key,
            from: &self.from,
            reply_to: self.reply_to.as_ref(),
            to,
            cc,
            recipients,
            subject: self.subject(edition),
            written_at: edition.generated_at,
            series: Some(&edition.job),
            trace: ("X-Reportwire-Run", &edition.run_id),
            body,
            files,
        }
        .write()
    }
}

/// The body of a mail that carries no files: both parts say so, name each file and tell where they lie.
fn naming_files(edition: &Edition) -> MailBody {
    let Unattached {
        why,
        heading,
        files,
        places,
    } = &edition.unattached;
    let mut text = format!("{}\n\n{why}\n", edition.mail.text.trim_end());
    let mut html = format!("<p>{}</p>", handlebars::html_escape(why));
    for (heading, items) in [(heading, files), (places, &edition.places)] {
        if items.is_empty() {
            continue;
        }
        text.extend([heading, "\n"]);
        html.extend(["<p>", handlebars::html_escape(heading).as_str(), "</p><ul>"]);
        for item in items {
            text.extend(["- ", item.as_str(), "\n"]);
            html.extend(["<li>", handlebars::html_escape(item).as_str(), "</li>"]);
        }
        html.push_str("</ul>");
    }
    let page = &edition.mail.html;
    let end = page.to_ascii_lowercase().rfind("</body>").unwrap_or(page.len());
    MailBody {
        text,
        html: format!("{}{html}{}", &page[..end], &page[end..]),
        ..edition.mail.clone()
    }
}

/// Every address once; one written twice, perhaps in another case, gets one mail.
fn once<'a>(mailboxes: impl IntoIterator<Item = &'a Mailbox>) -> Vec<&'a Mailbox> {
    let mut seen = HashSet::new();
    mailboxes
        .into_iter()
        .filter(|mailbox| seen.insert(mailbox.email.to_string().to_lowercase()))
        .collect()
}

/// Subject and both parts: everything in the text, as much as fits in the HTML.
fn bulletin_body(bulletin: &Bulletin) -> Result<MailBody, String> {
    let whole = View::new(bulletin, EVERY_ITEM);
    let shorter = MAIL_ITEMS.map(|most| View::new(bulletin, most));
    bulletin::mail(&whole, &shorter).map_err(|error| error.to_string())
}

/// One address, perhaps with a name; its domain as ASCII, so that only a local part ever needs SMTPUTF8.
fn mailbox(text: &str) -> Option<Mailbox> {
    if text.contains(char::is_control) || text.len() > VALUE_BYTES {
        return None;
    }
    let found: Vec<Mailbox> = text.parse::<Mailboxes>().ok()?.into_iter().collect();
    let Ok([Mailbox { name, email }]) = <[Mailbox; 1]>::try_from(found) else {
        return None;
    };
    let email = if email.domain().is_ascii() {
        email
    } else {
        let domain = Host::parse(email.domain()).ok()?.to_string();
        Address::new(email.user(), domain).ok()?
    };
    Some(Mailbox { name, email })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_exactly_one() {
        for (text, expected) in [
            ("a@example.com", Some("a@example.com")),
            ("Ana Núñez <ana@example.com>", Some("ana@example.com")),
            ("\"Núñez, Ana\" <ana@example.com>", Some("ana@example.com")),
            ("a@bücher.example", Some("a@xn--bcher-kva.example")),
            ("ünï@example.com", Some("ünï@example.com")),
            ("a@example.com, b@example.com", None),
            ("a@example.com\r\nBcc: b@example.com", None),
            ("Evil\nBcc: x <a@example.com>", None),
            ("a", None),
            ("", None),
            ("<>", None),
        ] {
            let found = mailbox(text).map(|mailbox| mailbox.email.to_string());
            assert_eq!(found.as_deref(), expected, "{text:?}");
        }
    }
}
