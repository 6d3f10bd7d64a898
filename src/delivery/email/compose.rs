//! The message: the same edition and recipient give the same bytes, so that a mail sent again is recognisably the same.

use crate::config::plan::{EmailPlan, Envelope};
use crate::delivery::{DeliveryError, Edition, Parcel, USER_AGENT};
use crate::render::{Artifact, MailBody};
use crate::source::snapshot::hex_sha256;
use bytes::Bytes;
use lettre::Address;
use lettre::message::header::{
    ContentDisposition, ContentTransferEncoding, ContentType, HeaderName, HeaderValue,
};
use lettre::message::{Attachment, Body, Mailbox, Mailboxes, Message, MultiPart, SinglePart};
use std::time::{Duration, SystemTime};
use url::Host;

/// Longest line of a message, in bytes without its end. Source: RFC 5322, 2.1.1.
const LINE_BYTES: usize = 998;

/// Longest subject, display name or file name, in bytes.
const VALUE_BYTES: usize = 1_000;

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

/// One message before it is bytes.
struct Draft<'a> {
    edition: &'a Edition,
    /// Becomes Message-ID and the boundaries.
    key: &'a str,
    to: &'a [Mailbox],
    cc: &'a [Mailbox],
    recipients: Vec<Address>,
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
        let recipients = self.recipients();
        if self.envelope == Envelope::Together {
            let all: Vec<Address> = recipients.iter().map(|mailbox| mailbox.email.clone()).collect();
            let names: Vec<&str> = all.iter().map(AsRef::as_ref).collect();
            let content = self.write(&Draft {
                edition,
                key: &self.key(edition, &names.join(",")),
                to: &self.to,
                cc: &self.cc,
                recipients: all.clone(),
            })?;
            return Ok(all
                .iter()
                .map(|address| Parcel::new(edition, &self.delivery, address.as_ref(), content.clone()))
                .collect());
        }
        recipients
            .into_iter()
            .map(|mailbox| {
                let content = self.write(&Draft {
                    edition,
                    key: &self.key(edition, mailbox.email.as_ref()),
                    to: std::slice::from_ref(mailbox),
                    cc: &[],
                    recipients: vec![mailbox.email.clone()],
                })?;
                Ok(Parcel::new(
                    edition,
                    &self.delivery,
                    mailbox.email.as_ref(),
                    content,
                ))
            })
            .collect()
    }

    /// Every address once; one written twice, perhaps in another case, gets one mail.
    fn recipients(&self) -> Vec<&Mailbox> {
        let mut seen = std::collections::HashSet::new();
        [&self.to, &self.cc, &self.bcc]
            .into_iter()
            .flatten()
            .filter(|mailbox| seen.insert(mailbox.email.to_string().to_lowercase()))
            .collect()
    }

    /// This delivery's own subject, else that of the report's mails.
    fn subject<'a>(&self, edition: &'a Edition) -> &'a str {
        edition
            .subjects
            .get(&self.delivery)
            .unwrap_or(&edition.mail.subject)
    }

    fn key(&self, edition: &Edition, recipient: &str) -> String {
        edition.key(&self.delivery, recipient)
    }

    fn wrong(&self, reason: &str) -> DeliveryError {
        DeliveryError::permanent(format!("delivery `{}`: {reason}", self.delivery))
    }

    fn write(&self, draft: &Draft<'_>) -> Result<Bytes, DeliveryError> {
        let edition = draft.edition;
        self.check_values(edition)?;
        let raw: u64 = edition
            .artifacts
            .iter()
            .map(|artifact| artifact.bytes.len() as u64)
            .sum();
        let carried = raw <= self.max_attachment_bytes;
        let body = if carried {
            edition.mail.clone()
        } else {
            self.naming_files(edition, raw)
        };
        let attached: &[Artifact] = if carried { &edition.artifacts } else { &[] };

        let domain = self.from.email.domain();
        let seconds = u64::try_from(edition.generated_at.timestamp()).unwrap_or(0);
        let date = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let envelope =
            lettre::address::Envelope::new(Some(self.from.email.clone()), draft.recipients.clone())
                .map_err(|error| self.wrong(&format!("there is no recipient: {error}")))?;
        // The series groups a job's mails; it names no mail that exists.
        let mut series = hex_sha256(edition.job.as_bytes());
        series.truncate(32);
        let mut message = Message::builder()
            .envelope(envelope)
            .date(date)
            .from(self.from.clone())
            .message_id(Some(format!("<{}@{domain}>", draft.key)))
            .references(format!("<series-{series}@{domain}>"))
            .subject(self.subject(edition).to_owned())
            .user_agent(USER_AGENT.into())
            .raw_header(header("Auto-Submitted", "auto-generated"))
            .raw_header(header("X-Reportwire-Run", &edition.run_id));
        if let Some(reply_to) = &self.reply_to {
            message = message.reply_to(reply_to.clone());
        }
        if !draft.to.is_empty() {
            message = message.mailbox(lettre::message::header::To::from(mailboxes(draft.to)));
        }
        if !draft.cc.is_empty() {
            message = message.mailbox(lettre::message::header::Cc::from(mailboxes(draft.cc)));
        }
        let message = message
            .multipart(self.parts(&body, attached, draft.key)?)
            .map_err(|error| self.wrong(&format!("the mail cannot be written: {error}")))?;
        let bytes = message.formatted();
        if bytes
            .split(|byte| *byte == b'\n')
            .any(|line| line.len() > LINE_BYTES + 1)
        {
            return Err(
                self.wrong("a line of the mail exceeds 998 bytes; shorten names in subject and addresses")
            );
        }
        Ok(Bytes::from(bytes))
    }

    /// Header values come from data and configuration; a line break in one would be a header of somebody else's making.
    fn check_values(&self, edition: &Edition) -> Result<(), DeliveryError> {
        let names = edition
            .artifacts
            .iter()
            .map(|artifact| ("file name", artifact.name.as_str()));
        let types = edition
            .artifacts
            .iter()
            .map(|artifact| ("media type", artifact.media_type.as_str()));
        let images = edition
            .mail
            .images
            .iter()
            .map(|image| ("image key", image.key.as_str()));
        let all = [
            ("subject", self.subject(edition)),
            ("run id", edition.run_id.as_str()),
        ];
        for (what, value) in all.into_iter().chain(names).chain(types).chain(images) {
            if value.contains(char::is_control) {
                return Err(self.wrong(&format!(
                    "the mail's {what} contains a line break or another control character; correct the template or name it comes from"
                )));
            }
            if value.len() > VALUE_BYTES {
                return Err(self.wrong(&format!(
                    "the mail's {what} exceeds {VALUE_BYTES} bytes; shorten it"
                )));
            }
        }
        let plain_key = |key: &str| {
            !key.is_empty()
                && key
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        };
        match edition.mail.images.iter().find(|image| !plain_key(&image.key)) {
            Some(_) => Err(self.wrong("an image's key is not made of a-z 0-9 - _ . alone")),
            None => Ok(()),
        }
    }

    /// The body of a mail that carries no files: both parts say so, name each file and tell where they lie.
    fn naming_files(&self, edition: &Edition, raw: u64) -> MailBody {
        let why = format!(
            "The files of this report are not attached: together they have {raw} bytes, more than the {} allowed in a mail.",
            self.max_attachment_bytes
        );
        let files: Vec<String> = edition
            .artifacts
            .iter()
            .map(|artifact| format!("{} ({} bytes)", artifact.name, artifact.bytes.len()))
            .collect();
        let mut text = format!("{}\n\n{why}\n", edition.mail.text.trim_end());
        let mut html = format!("<p>{why}</p>");
        for (heading, items) in [("Files:", &files), ("They lie here:", &edition.places)] {
            if items.is_empty() {
                continue;
            }
            text.extend([heading, "\n"]);
            html.extend(["<p>", heading, "</p><ul>"]);
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

    /// mixed( alternative( text, related( html, images ) ), files ). Boundaries come from the key, so they are stable.
    fn parts(&self, body: &MailBody, files: &[Artifact], key: &str) -> Result<MultiPart, DeliveryError> {
        let boundary = |part: &str| format!("{part}-{key}");
        let mut related = MultiPart::related()
            .boundary(boundary("related"))
            .singlepart(text_part(ContentType::TEXT_HTML, &body.html));
        for image in &body.images {
            let id = format!("<{}@report>", image.key);
            let part = SinglePart::builder()
                .header(png())
                .header(lettre::message::header::ContentId::from(id))
                .header(ContentDisposition::inline_with_name(&format!(
                    "{}.png",
                    image.key
                )))
                .body(self.base64(&image.png)?);
            related = related.singlepart(part);
        }
        let alternative = MultiPart::alternative()
            .boundary(boundary("alternative"))
            .singlepart(text_part(ContentType::TEXT_PLAIN, &body.text))
            .multipart(related);
        let mut mixed = MultiPart::mixed()
            .boundary(boundary("mixed"))
            .multipart(alternative);
        for file in files {
            let media_type = ContentType::parse(&file.media_type)
                .map_err(|_| self.wrong(&format!("`{}` is no media type", file.media_type.escape_debug())))?;
            mixed = mixed
                .singlepart(Attachment::new(file.name.clone()).body(self.base64(&file.bytes)?, media_type));
        }
        Ok(mixed)
    }

    /// Base64 whatever the bytes are: then no relay can change a line end of a file.
    fn base64(&self, bytes: &[u8]) -> Result<Body, DeliveryError> {
        Body::new_with_encoding(bytes.to_vec(), ContentTransferEncoding::Base64)
            .map_err(|_| self.wrong("a file cannot be encoded for the mail"))
    }
}

fn text_part(content_type: ContentType, text: &str) -> SinglePart {
    SinglePart::builder()
        .header(content_type)
        .body(text.replace("\r\n", "\n").replace('\r', "\n"))
}

fn png() -> ContentType {
    // The constant is not in lettre, and the text is always a media type.
    ContentType::parse("image/png").unwrap_or(ContentType::TEXT_PLAIN)
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

fn mailboxes(list: &[Mailbox]) -> Mailboxes {
    list.iter().cloned().collect()
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
