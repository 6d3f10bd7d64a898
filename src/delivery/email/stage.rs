//! The stages of a conversation with a mail server, and what helps where one is refused.

use std::fmt;

/// Where in the conversation something went wrong, as people read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Connect,
    StartTls,
    Ehlo,
    Auth,
    Mail,
    Rcpt,
    Data,
    Body,
    Dot,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "connecting",
            Self::StartTls => "STARTTLS",
            Self::Ehlo => "EHLO",
            Self::Auth => "the login",
            Self::Mail => "MAIL FROM",
            Self::Rcpt => "RCPT TO",
            Self::Data => "DATA",
            Self::Body => "sending the message",
            Self::Dot => "the end of the message",
        })
    }
}

/// What helps after the reply `code` at `stage`.
pub(super) fn remedy(stage: Stage, code: u16) -> &'static str {
    match (stage, code) {
        (Stage::Auth, 535) => "check `username` and `password`, and whether the account may send by SMTP",
        (Stage::Auth, _) | (_, 530) => {
            "the server wants another kind of login; check `username`, `password` and `tls`"
        }
        (_, 552) => "the mail or the mailbox is too large; lower `max_attachment_bytes`",
        (Stage::Mail, _) => "the server does not let us send as this sender; check `from`",
        (Stage::Rcpt, _) => "the recipient is refused; correct or remove the address",
        _ => "the server does not take this mail; ask its administrator with this text",
    }
}
