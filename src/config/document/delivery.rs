//! `[deliveries.NAME.KIND]`.

use super::word;
use crate::config::plan::{Envelope, OnAmbiguous, SmtpTls};
use schemars::JsonSchema;
use serde::Deserialize;

/// One delivery; exactly one kind.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct DeliveryEntry {
    /// E-mail over SMTP.
    pub(in crate::config) email: Option<EmailEntry>,
    /// Slack, through an incoming webhook.
    pub(in crate::config) slack: Option<SlackEntry>,
    /// A signed webhook.
    pub(in crate::config) webhook: Option<WebhookEntry>,
    /// Files into a local folder.
    pub(in crate::config) file_drop: Option<FileDropEntry>,
}

/// `[deliveries.NAME.email]`: mails every report to people, one delivery record for each address.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct EmailEntry {
    /// Sender: `Reports <reports@example.com>`.
    #[schemars(required)]
    pub(in crate::config) from: Option<String>,
    /// Recipients, each perhaps with a display name; `to`, `cc` and `bcc` together hold at most 200.
    #[schemars(required, extend("minItems" = 1))]
    pub(in crate::config) to: Option<Vec<String>>,
    /// Further recipients. Default: none.
    #[serde(default)]
    pub(in crate::config) cc: Vec<String>,
    /// Recipients that the others do not see. Default: none.
    #[serde(default)]
    pub(in crate::config) bcc: Vec<String>,
    /// Where answers go. Default: to `from`.
    pub(in crate::config) reply_to: Option<String>,
    /// `individual`: every address gets a message of its own; `together`: one message with To and Cc headers.
    /// Default: `individual`.
    #[serde(default, deserialize_with = "word")]
    pub(in crate::config) envelope: Envelope,
    /// Handlebars template of the subject, such as `{{job.title}}: {{period.label}}`; also `{{period.id}}`, `{{headline}}` and others, which
    /// `check` lists where a variable is not one of them. Default: the built-in one.
    pub(in crate::config) subject: Option<String>,
    /// The mail server.
    #[schemars(required)]
    pub(in crate::config) smtp: Option<SmtpEntry>,
    /// Largest sum of attachments, in bytes; above it the mail names the files instead of carrying them.
    /// Default: 10 000 000.
    #[serde(default = "ten_million")]
    pub(in crate::config) max_attachment_bytes: u64,
    /// What follows when nobody knows whether a mail arrived, because the server fell silent after it had everything:
    /// `resend` sends it once more with the same Message-ID, so that a reader may see it twice; `hold` waits until
    /// somebody decides, so that a reader may miss it until then. Default: `resend`.
    #[serde(default, deserialize_with = "word")]
    pub(in crate::config) ambiguous: OnAmbiguous,
}

/// `smtp`: the mail server of an e-mail delivery.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct SmtpEntry {
    /// Server name.
    #[schemars(required)]
    pub(in crate::config) host: Option<String>,
    /// Port. Default: 587; with `tls = "implicit"` 465.
    #[schemars(extend("default" = 587))]
    pub(in crate::config) port: Option<u16>,
    /// `starttls`: plain first, then TLS, or failure; `implicit`: TLS from the first byte; `none`: loopback hosts only.
    /// Default: `starttls`.
    #[serde(default, deserialize_with = "word")]
    pub(in crate::config) tls: SmtpTls,
    /// Login; together with `password` or not at all. Default: no login.
    pub(in crate::config) username: Option<String>,
    /// Password of the login, as a reference: `env:NAME` or `file:PATH`.
    pub(in crate::config) password: Option<String>,
    /// Longest wait at each stage of a transmission but the last, in seconds, 1 to 3600. Default: 60.
    #[serde(default = "sixty")]
    pub(in crate::config) timeout_secs: u64,
    /// PEM file of certificate authorities to trust instead of the system's. Default: the system's.
    pub(in crate::config) ca_file: Option<String>,
}

/// `[deliveries.NAME.slack]`: posts a summary to one Slack channel.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct SlackEntry {
    /// The incoming webhook's URL, as a reference: `env:NAME` or `file:PATH`. The URL itself only for loopback hosts.
    #[schemars(required)]
    pub(in crate::config) webhook_url: Option<String>,
    /// Admits this URL's own host though private or loopback, `http` included. Default: false.
    #[serde(default)]
    pub(in crate::config) allow_private: bool,
    /// Longest wait for one attempt, in seconds, 1 to 3600. Default: 15.
    #[serde(default = "fifteen")]
    pub(in crate::config) timeout_secs: u64,
}

/// `[deliveries.NAME.webhook]`: posts the figures to a machine, signed as Standard Webhooks.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct WebhookEntry {
    /// Where to post; `https`, unless `allow_private` admits this host.
    #[schemars(required)]
    pub(in crate::config) url: Option<String>,
    /// `whsec_…` key that signs the body, as a reference: `env:NAME` or `file:PATH`. Default: unsigned.
    pub(in crate::config) signing_secret: Option<String>,
    /// The key before it, as a reference, while it is being replaced: both signatures are sent. Default: none.
    pub(in crate::config) previous_signing_secret: Option<String>,
    /// Admits this URL's own host though private or loopback, `http` included. Default: false.
    #[serde(default)]
    pub(in crate::config) allow_private: bool,
    /// Longest wait for one attempt, in seconds, 1 to 3600. Default: 15.
    #[serde(default = "fifteen")]
    pub(in crate::config) timeout_secs: u64,
}

/// `[deliveries.NAME.file_drop]`: writes the files into a folder, the manifest last.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::config) struct FileDropEntry {
    /// Local folder, made if missing; a Handlebars template that may use `job.name`, `period.id`, `period.start` and
    /// `period.end`.
    #[schemars(required)]
    pub(in crate::config) path: Option<String>,
}

fn ten_million() -> u64 {
    10_000_000
}

fn sixty() -> u64 {
    60
}

fn fifteen() -> u64 {
    15
}
