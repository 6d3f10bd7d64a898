//! One message as bytes: headers in a fixed order, parts with boundaries made of the key, nothing that differs between two times.

use crate::delivery::{DeliveryError, USER_AGENT};
use crate::render::{Artifact, MailBody};
use crate::source::snapshot::hex_sha256;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use lettre::Address;
use lettre::message::header::{
    ContentDisposition, ContentTransferEncoding, ContentType, HeaderName, HeaderValue,
};
use lettre::message::{Attachment, Body, Mailbox, Mailboxes, Message, MultiPart, SinglePart};
use std::time::{Duration, SystemTime};

/// Longest line of a message, in bytes without its end. Source: RFC 5322, 2.1.1.
const LINE_BYTES: usize = 998;

/// Longest subject, display name or file name, in bytes.
pub(super) const VALUE_BYTES: usize = 1_000;

/// One message before it is bytes.
pub(super) struct Draft<'a> {
    /// The delivery's name, for errors.
    pub(super) delivery: &'a str,
    /// Becomes Message-ID and the boundaries.
    pub(super) key: &'a str,
    pub(super) from: &'a Mailbox,
    pub(super) reply_to: Option<&'a Mailbox>,
    pub(super) to: &'a [Mailbox],
    pub(super) cc: &'a [Mailbox],
    /// The envelope's.
    pub(super) recipients: Vec<Address>,
    pub(super) subject: &'a str,
    /// The Date header.
    pub(super) written_at: DateTime<Utc>,
    /// What mail programs group it by; `None`: it stands alone.
    pub(super) series: Option<&'a str>,
    /// A header of ours: what the message is about.
    pub(super) trace: (&'static str, &'a str),
    pub(super) body: &'a MailBody,
    /// Attached.
    pub(super) files: &'a [Artifact],
}

impl Draft<'_> {
    /// The message, the same for the same draft to the last byte.
    pub(super) fn write(&self) -> Result<Bytes, DeliveryError> {
        self.check_values()?;
        let domain = self.from.email.domain();
        let seconds = u64::try_from(self.written_at.timestamp()).unwrap_or(0);
        let date = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let envelope = lettre::address::Envelope::new(Some(self.from.email.clone()), self.recipients.clone())
            .map_err(|error| self.wrong(&format!("there is no recipient: {error}")))?;
        let mut message = Message::builder()
            .envelope(envelope)
            .date(date)
            .from(self.from.clone())
            .message_id(Some(format!("<{}@{domain}>", self.key)));
        if let Some(series) = self.series {
            // The series groups a job's mails; it names no mail that exists.
            let mut series = hex_sha256(series.as_bytes());
            series.truncate(32);
            message = message.references(format!("<series-{series}@{domain}>"));
        }
        message = message
            .subject(self.subject.to_owned())
            .user_agent(USER_AGENT.into())
            .raw_header(header("Auto-Submitted", "auto-generated"))
            .raw_header(header(self.trace.0, self.trace.1));
        if let Some(reply_to) = self.reply_to {
            message = message.reply_to(reply_to.clone());
        }
        if !self.to.is_empty() {
            message = message.mailbox(lettre::message::header::To::from(mailboxes(self.to)));
        }
        if !self.cc.is_empty() {
            message = message.mailbox(lettre::message::header::Cc::from(mailboxes(self.cc)));
        }
        let message = message
            .multipart(self.parts()?)
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

    fn wrong(&self, reason: &str) -> DeliveryError {
        DeliveryError::permanent(format!("delivery `{}`: {reason}", self.delivery))
    }

    /// Header values come from data and configuration; a line break in one would be a header of somebody else's making.
    fn check_values(&self) -> Result<(), DeliveryError> {
        let files = self.files.iter();
        let names = files.clone().map(|file| ("file name", file.name.as_str()));
        let types = files.map(|file| ("media type", file.media_type.as_str()));
        let images = self.body.images.iter();
        let images = images.map(|image| ("image key", image.key.as_str()));
        let all = [("subject", self.subject), ("id", self.trace.1)];
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
        match self.body.images.iter().find(|image| !plain_key(&image.key)) {
            Some(_) => Err(self.wrong("an image's key is not made of a-z 0-9 - _ . alone")),
            None => Ok(()),
        }
    }

    /// mixed( alternative( text, related( html, images ) ), files ). Boundaries come from the key, so they are stable.
    fn parts(&self) -> Result<MultiPart, DeliveryError> {
        let boundary = |part: &str| format!("{part}-{}", self.key);
        let mut related = MultiPart::related()
            .boundary(boundary("related"))
            .singlepart(text_part(ContentType::TEXT_HTML, &self.body.html));
        for image in &self.body.images {
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
            .singlepart(text_part(ContentType::TEXT_PLAIN, &self.body.text))
            .multipart(related);
        let mut mixed = MultiPart::mixed()
            .boundary(boundary("mixed"))
            .multipart(alternative);
        for file in self.files {
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
