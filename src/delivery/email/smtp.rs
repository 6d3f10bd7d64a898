//! The conversation with the mail server, stage by stage, because what an error leaves to do depends on the stage:
//! before the final dot nothing has been accepted; after it, without a reply, nobody knows.
//!
//! Source: RFC 5321, 4.5.3.2 (time-outs) and 6.1.

use super::stage::{Stage, remedy};
use super::tls;
use crate::config::plan::{SmtpPlan, SmtpTls};
use crate::delivery::{DeliveryError, Receipt, causes, one_line};
use crate::fail_point;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lettre::Address;
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Ehlo, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};
use lettre::transport::smtp::response::Response;
use secrecy::{ExposeSecret, SecretString};
use std::error::Error;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio::time::timeout;

/// Longest wait for the reply after the final dot. Source: RFC 5321, 4.5.3.2.6.
const AFTER_DOT: Duration = Duration::from_mins(10);

/// How much of a message is written at once; each write may take the stage's time-out.
const CHUNK_BYTES: usize = 16 * 1024;

/// Stages that lettre takes together when it connects: resolve and connect, TLS, banner, EHLO.
const CONNECT_STAGES: u32 = 4;

/// A mail server, with at most one connection that is reused from mail to mail.
pub(super) struct Smtp {
    delivery: String,
    host: String,
    port: u16,
    tls: SmtpTls,
    parameters: Option<TlsParameters>,
    login: Option<(String, SecretString)>,
    sender: Address,
    timeout: Duration,
    after_dot: Duration,
    idle: Mutex<Option<Link>>,
}

/// A connection that is ready for a transaction.
struct Link {
    connection: AsyncSmtpConnection,
    /// Largest message that the server takes, in bytes, if it says so.
    size: Option<usize>,
}

/// Why a stage failed.
enum Fault {
    /// lettre's error: a reply of 4xx or 5xx, or the connection.
    Smtp(SmtpError),
    /// The connection could not be made.
    Io(std::io::Error),
    /// No reply in time.
    Timeout(Duration),
}

impl Smtp {
    /// The server: `smtp.example.com:587`.
    pub(super) fn host(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// Reads password and certificate authorities; contacts nobody.
    pub(super) fn open(delivery: &str, plan: &SmtpPlan, sender: Address) -> Result<Self, DeliveryError> {
        let wrong = |reason: String| DeliveryError::permanent(format!("delivery `{delivery}`: {reason}"));
        let login = plan
            .login
            .as_ref()
            .map(|(user, secret)| secret.reveal().map(|password| (user.clone(), password)))
            .transpose()
            .map_err(|error| wrong(error.to_string()))?;
        let parameters = match plan.tls {
            SmtpTls::None => None,
            SmtpTls::StartTls | SmtpTls::Implicit => Some(tls::parameters(plan).map_err(wrong)?),
        };
        Ok(Self {
            delivery: delivery.to_owned(),
            host: plan.host.clone(),
            port: plan.port,
            tls: plan.tls,
            parameters,
            login,
            sender,
            timeout: plan.timeout,
            after_dot: AFTER_DOT,
            idle: Mutex::new(None),
        })
    }

    /// Connects, logs in and says goodbye.
    pub(super) async fn probe(&self) -> Result<(), DeliveryError> {
        let mut link = self.connect().await?;
        // We were let in; a server that hangs up without goodbye changes nothing about that.
        drop(timeout(self.timeout, link.connection.quit()).await);
        Ok(())
    }

    /// One transaction for one recipient.
    pub(super) async fn send(&self, recipient: Address, content: &[u8]) -> Result<Receipt, DeliveryError> {
        let mut idle = self.idle.lock().await;
        let mut link = match idle.take() {
            Some(link) => match self.revive(link).await {
                Some(link) => link,
                None => self.connect().await?,
            },
            None => self.connect().await?,
        };
        fail_point::hit("mail_connected");
        let outcome = self.transact(&mut link, recipient, content).await;
        // After a refusal the connection still serves; one that is only perhaps alive is tried by the next mail.
        if !link.connection.has_broken() && !matches!(&outcome, Err(Failed { usable: false, .. })) {
            *idle = Some(link);
        }
        outcome.map_err(|failed| failed.error)
    }

    /// A kept connection, if the server still answers and has forgotten the last transaction.
    async fn revive(&self, mut link: Link) -> Option<Link> {
        let reset = timeout(self.timeout, link.connection.command(Rset)).await;
        matches!(reset, Ok(Ok(_))).then_some(link)
    }

    async fn connect(&self) -> Result<Link, DeliveryError> {
        let hello = ClientId::default();
        let mut connection = self
            .greet(&hello)
            .await
            .map_err(|fault| self.failed(Stage::Connect, fault))?;
        if let (SmtpTls::StartTls, Some(parameters)) = (self.tls, &self.parameters) {
            if !connection.can_starttls() {
                return Err(self.permanent(
                    "the server does not offer STARTTLS, and without it nothing is sent; set `tls = \"implicit\"` if it speaks TLS from the start, or look who stands in between",
                ));
            }
            // Greeting, handshake and the second greeting.
            within(self.timeout * 3, connection.starttls(parameters.clone(), &hello))
                .await
                .map_err(|fault| self.failed(Stage::StartTls, fault))?;
        }
        // lettre reads the extensions that it knows and not SIZE, so we ask again ourselves.
        let answer = within(self.timeout, connection.command(Ehlo::new(hello)))
            .await
            .map_err(|fault| self.failed(Stage::Ehlo, fault))?;
        if let Some((user, password)) = &self.login {
            let credentials = Credentials::new(user.clone(), password.expose_secret().to_owned());
            let login = connection.auth(DEFAULT_MECHANISMS, &credentials);
            within(self.timeout * 3, login)
                .await
                .map_err(|fault| self.failed(Stage::Auth, fault))?;
        }
        Ok(Link {
            connection,
            size: size_limit(&answer),
        })
    }

    /// Resolves, connects, and hears the banner and the first answer to EHLO; with TLS from the first byte if so configured.
    async fn greet(&self, hello: &ClientId) -> Result<AsyncSmtpConnection, Fault> {
        let server = (self.host.as_str(), self.port);
        let patience = self.timeout * CONNECT_STAGES;
        if let (SmtpTls::Implicit, Some(parameters)) = (self.tls, &self.parameters) {
            let connecting = AsyncSmtpConnection::connect_tokio1(
                server,
                Some(self.timeout),
                hello,
                Some(parameters.clone()),
                None,
            );
            return within(patience, connecting).await;
        }
        // lettre leaves the delay of small packets on, which costs a conversation of short lines 40 ms a mail.
        let stream = match timeout(self.timeout, TcpStream::connect(server)).await {
            Ok(connected) => connected.map_err(Fault::Io)?,
            Err(_) => return Err(Fault::Timeout(self.timeout)),
        };
        stream.set_nodelay(true).map_err(Fault::Io)?;
        let greeting = AsyncSmtpConnection::connect_with_transport(Box::new(stream), hello);
        within(patience, greeting).await
    }

    async fn transact(&self, link: &mut Link, recipient: Address, content: &[u8]) -> Result<Receipt, Failed> {
        let refused = |reason: &str| Failed {
            error: self.permanent(reason),
            usable: true,
        };
        if let Some(limit) = link.size.filter(|limit| content.len() > *limit) {
            return Err(refused(&format!(
                "the mail has {} bytes and the server takes {limit}; lower `max_attachment_bytes` so that the mail names the files instead, or use a file drop",
                content.len()
            )));
        }
        let connection = &mut link.connection;
        let mut parameters = vec![];
        if link.size.is_some() {
            parameters.push(MailParameter::Size(content.len()));
        }
        let addresses: [&str; 2] = [self.sender.as_ref(), recipient.as_ref()];
        if !addresses.iter().all(|address| address.is_ascii()) {
            if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
                return Err(refused(
                    "an address has letters outside ASCII before its @, and the server does not offer SMTPUTF8; use another address or server",
                ));
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        let failed = |stage, fault| self.failed_transaction(stage, fault);
        within(
            self.timeout,
            connection.command(Mail::new(Some(self.sender.clone()), parameters)),
        )
        .await
        .map_err(|fault| failed(Stage::Mail, fault))?;
        within(self.timeout, connection.command(Rcpt::new(recipient, vec![])))
            .await
            .map_err(|fault| failed(Stage::Rcpt, fault))?;
        within(self.timeout, connection.command(Data))
            .await
            .map_err(|fault| failed(Stage::Data, fault))?;
        fail_point::hit("mail_data");
        let reply = self.write(connection, content).await?;
        fail_point::hit("mail_replied");
        let last = reply.message().last().unwrap_or_default();
        Ok(Receipt {
            proof: one_line(&format!("{} {last}", reply.code())),
        })
    }

    /// Writes the message and the final dot, and waits for the reply.
    async fn write(&self, connection: &mut AsyncSmtpConnection, content: &[u8]) -> Result<Response, Failed> {
        // lettre asks for chunk after chunk and then for one that is not there, which is when it writes the dot.
        // The dot brings a line end of its own, in place of the message's last one.
        let mut chunks = content
            .strip_suffix(b"\r\n")
            .unwrap_or(content)
            .chunks(CHUNK_BYTES);
        let (asked, end) = (AtomicUsize::new(0), chunks.len() + 1);
        let counted = std::iter::from_fn(|| {
            asked.fetch_add(1, Ordering::Relaxed);
            chunks.next()
        });
        let mut sending = std::pin::pin!(connection.message_iter(counted));
        loop {
            let before = asked.load(Ordering::Relaxed);
            let patience = if before >= end {
                self.after_dot
            } else {
                self.timeout
            };
            let result = timeout(patience, &mut sending).await;
            let now = asked.load(Ordering::Relaxed);
            let stage = if now >= end { Stage::Dot } else { Stage::Body };
            return match result {
                Ok(Ok(reply)) => Ok(reply),
                Ok(Err(error)) => Err(self.failed_transaction(stage, Fault::Smtp(error))),
                // Some more went out while we waited, so the server is alive.
                Err(_) if now > before => continue,
                Err(_) => Err(self.failed_transaction(stage, Fault::Timeout(patience))),
            };
        }
    }

    fn failed_transaction(&self, stage: Stage, fault: Fault) -> Failed {
        // A reply leaves the conversation in order; anything else leaves it in the middle of something.
        let usable =
            matches!(&fault, Fault::Smtp(error) if error.status().is_some_and(|code| u16::from(code) != 421));
        Failed {
            error: self.failed(stage, fault),
            usable,
        }
    }

    /// What a fault leaves to do.
    fn failed(&self, stage: Stage, fault: Fault) -> DeliveryError {
        let error = match fault {
            Fault::Smtp(error) => error,
            Fault::Io(error) => {
                return self.unreplied(stage, &format!("the connection failed at {stage} (\"{error}\")"));
            }
            Fault::Timeout(waited) => {
                return self.unreplied(stage, &format!("no reply within {waited:?} at {stage}"));
            }
        };
        if let Some(code) = error.status() {
            let said = error
                .source()
                .map_or_else(String::new, |text| self.quote(&text.to_string()));
            let reason = format!("the server answered {code} at {stage}{said}");
            if error.is_permanent() {
                return self.permanent(&format!("{reason}; {}", remedy(stage, u16::from(code))));
            }
            let later = self.retry(&format!("{reason}; it may take the mail later"));
            // A greylist or a full mailbox is this recipient's; 421 says that the server closes.
            let of_this_recipient = stage == Stage::Rcpt && u16::from(code) != 421;
            return if of_this_recipient {
                later.answered()
            } else {
                later
            };
        }
        if let Some(reason) = tls::certificate_problem(&error) {
            return self.permanent(&format!(
                "the server's certificate is not accepted: {reason}; check `host`, or name its authority in `ca_file`"
            ));
        }
        if stage == Stage::Auth && error.is_client() {
            return self.permanent(
                "the server offers no login that we know (PLAIN, LOGIN); check `port` and `tls`, or leave out `username`",
            );
        }
        let root = causes(&error).last();
        let root = root.map_or_else(String::new, |error| self.quote(&error.to_string()));
        self.unreplied(stage, &format!("the connection failed at {stage}{root}"))
    }

    fn unreplied(&self, stage: Stage, what: &str) -> DeliveryError {
        if stage == Stage::Dot {
            return DeliveryError::ambiguous(self.reason(&format!(
                "{what}: the whole mail went out, and nobody knows whether the server took it"
            )));
        }
        self.retry(&format!("{what}; the server has not taken the mail"))
    }

    /// What the server said, for an error; nothing where it repeats the password.
    fn quote(&self, text: &str) -> String {
        let repeats = self.login.as_ref().is_some_and(|(user, password)| {
            let password = password.expose_secret();
            [
                password.to_owned(),
                STANDARD.encode(password),
                STANDARD.encode(format!("\0{user}\0{password}")),
            ]
            .iter()
            .any(|form| text.contains(form.as_str()))
        });
        if repeats || text.is_empty() {
            String::new()
        } else {
            format!(" (\"{}\")", one_line(text))
        }
    }

    fn reason(&self, reason: &str) -> String {
        format!(
            "delivery `{}`: {}:{}: {reason}",
            self.delivery, self.host, self.port
        )
    }

    /// Said only once the server has spoken.
    fn permanent(&self, reason: &str) -> DeliveryError {
        DeliveryError::permanent(self.reason(reason)).answered()
    }

    fn retry(&self, reason: &str) -> DeliveryError {
        DeliveryError::retry(self.reason(reason), None)
    }
}

/// A transaction that failed, and whether its connection can be used again.
struct Failed {
    error: DeliveryError,
    usable: bool,
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Smtp")
            .field("delivery", &self.delivery)
            .field("host", &self.host)
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

async fn within<T>(limit: Duration, stage: impl Future<Output = Result<T, SmtpError>>) -> Result<T, Fault> {
    match timeout(limit, stage).await {
        Ok(result) => result.map_err(Fault::Smtp),
        Err(_) => Err(Fault::Timeout(limit)),
    }
}

/// The argument of SIZE in an answer to EHLO; zero and a missing argument mean no fixed limit. Source: RFC 1870.
fn size_limit(answer: &Response) -> Option<usize> {
    answer
        .message()
        .filter_map(|line| line.split_once(' '))
        .find_map(|(keyword, value)| {
            keyword
                .eq_ignore_ascii_case("SIZE")
                .then(|| value.trim().parse().ok())?
        })
        .filter(|limit| *limit > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::Recourse;
    use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
    use tokio::net::TcpListener;

    fn answer(lines: &[&str]) -> Response {
        let text = lines.join("\r\n") + "\r\n";
        text.parse().unwrap()
    }

    #[test]
    fn the_size_limit_is_read_as_servers_write_it() {
        for (lines, expected) in [
            (&["250-fake", "250 SIZE 1000"][..], Some(1000)),
            (&["250-fake", "250-size 35882577", "250 HELP"], Some(35_882_577)),
            (&["250-fake", "250 SIZE 0"], None),
            (&["250-fake", "250 SIZE"], None),
            (&["250-fake", "250 SIZE many"], None),
            (&["250-SIZEABLE", "250 SIZES 1000"], None),
        ] {
            assert_eq!(size_limit(&answer(lines)), expected, "{lines:?}");
        }
    }

    #[tokio::test]
    async fn silence_after_the_final_dot_is_waited_for_and_then_ambiguous() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let mut stream = BufReader::new(stream);
            for (reply, lines) in [
                ("220 hi", 1),
                ("250 hi", 1),
                ("250 hi", 1),
                ("250 ok", 1),
                ("250 ok", 1),
                ("354 go", 0),
            ] {
                stream.write_all(format!("{reply}\r\n").as_bytes()).await.unwrap();
                for _ in 0..lines {
                    stream.read_line(&mut String::new()).await.unwrap();
                }
            }
            let mut rest = String::new();
            stream.read_to_string(&mut rest).await.unwrap();
            rest
        });
        let plan = SmtpPlan {
            host: "127.0.0.1".into(),
            port,
            tls: SmtpTls::None,
            login: None,
            timeout: Duration::from_millis(100),
            ca_file: None,
        };
        let mut smtp = Smtp::open("mail", &plan, "a@example.com".parse().unwrap()).unwrap();
        assert_eq!(smtp.after_dot, Duration::from_mins(10));
        smtp.after_dot = Duration::from_millis(20);
        let error = smtp
            .send("b@example.com".parse().unwrap(), b"Subject: x\r\n\r\n.dot\r\n")
            .await
            .unwrap_err();
        assert_eq!(error.recourse, Recourse::Ambiguous, "{error}");
        assert!(error.reason.contains("20ms"), "{error}");
        assert!(smtp.idle.lock().await.is_none());
        assert_eq!(server.await.unwrap(), "Subject: x\r\n\r\n..dot\r\n.\r\n");
    }
}
