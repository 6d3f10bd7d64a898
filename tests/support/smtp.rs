//! A mail server that can be told to fail at any stage. Written apart from the demo's mailbox on purpose.

use crate::ledger::Ledger;
use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// Where a fault happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    Banner,
    Ehlo,
    StartTls,
    Auth,
    Mail,
    Rcpt,
    Data,
    MidBody,
    /// The mail is kept, and no reply sent.
    AfterDot,
    /// The mail is kept, the reply sent, and the connection closed.
    AfterReply,
    Quit,
}

/// What happens there.
#[derive(Debug, Clone)]
pub enum Fault {
    Die(At),
    Hang(At),
    Reply(At, &'static str),
}

/// How the server behaves.
#[derive(Clone, Default)]
pub struct Script {
    /// One for each connection, first come first served; afterwards all is well.
    pub faults: VecDeque<Fault>,
    /// Replies to RCPT by address.
    pub recipients: HashMap<String, &'static str>,
    /// Lines of the answer to EHLO besides the name.
    pub extensions: Vec<String>,
    /// What STARTTLS or the first byte begins.
    pub tls: Option<TlsAcceptor>,
    /// TLS from the first byte.
    pub implicit: bool,
    /// Goes on for long: no mail and no command is kept, the ledger alone.
    pub lasting: bool,
}

/// One mail that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    pub from: String,
    pub to: Vec<String>,
    pub content: Vec<u8>,
    pub encrypted: bool,
}

pub struct FakeSmtp {
    pub address: SocketAddr,
    pub script: Arc<Mutex<Script>>,
    pub ledger: Ledger,
    accepted: Arc<Mutex<Vec<Accepted>>>,
    commands: Arc<Mutex<Vec<String>>>,
    serving: JoinHandle<()>,
}

trait Duplex: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Duplex for T {}
type Stream = BufReader<Box<dyn Duplex>>;

impl FakeSmtp {
    pub async fn start(script: Script) -> Self {
        Self::start_at(([127, 0, 0, 1], 0).into(), script).await
    }

    pub async fn start_at(address: SocketAddr, script: Script) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let script = Arc::new(Mutex::new(script));
        let accepted = Arc::new(Mutex::new(vec![]));
        let commands = Arc::new(Mutex::new(vec![]));
        let ledger = Ledger::default();
        let shared = (script.clone(), accepted.clone(), commands.clone(), ledger.clone());
        let serving = tokio::spawn(async move {
            loop {
                // A connection that is gone before it is taken, or a moment without file descriptors, ends nothing.
                let Ok((stream, _)) = listener.accept().await else {
                    tokio::task::yield_now().await;
                    continue;
                };
                let (script, accepted, commands, ledger) = shared.clone();
                let fault = script.lock().unwrap().faults.pop_front();
                let conversation = Conversation {
                    fault,
                    script,
                    accepted,
                    commands,
                    ledger,
                    encrypted: false,
                };
                tokio::spawn(async move { drop(conversation.run(Box::new(stream)).await) });
            }
        });
        Self {
            address,
            script,
            ledger,
            accepted,
            commands,
            serving,
        }
    }

    pub fn accepted(&self) -> Vec<Accepted> {
        self.accepted.lock().unwrap().clone()
    }

    pub fn commands(&self) -> Vec<String> {
        self.commands.lock().unwrap().clone()
    }
}

impl Drop for FakeSmtp {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

struct Conversation {
    fault: Option<Fault>,
    script: Arc<Mutex<Script>>,
    accepted: Arc<Mutex<Vec<Accepted>>>,
    commands: Arc<Mutex<Vec<String>>>,
    ledger: Ledger,
    encrypted: bool,
}

impl Conversation {
    async fn run(mut self, stream: Box<dyn Duplex>) -> io::Result<()> {
        let (tls, implicit) = {
            let script = self.script.lock().unwrap();
            (script.tls.clone(), script.implicit)
        };
        let mut stream = if implicit {
            self.encrypted = true;
            let inner: Box<dyn Duplex> = Box::new(tls.clone().unwrap().accept(stream).await?);
            BufReader::new(inner)
        } else {
            BufReader::new(stream)
        };
        self.say(&mut stream, At::Banner, "220 fake").await?;
        let (mut from, mut to) = (String::new(), Vec::new());
        loop {
            let line = read_line(&mut stream).await?;
            if !self.script.lock().unwrap().lasting {
                self.commands.lock().unwrap().push(line.clone());
            }
            match line.split([' ', ':']).next().unwrap() {
                "EHLO" => {
                    let mut lines = vec!["fake".to_owned()];
                    lines.extend(self.script.lock().unwrap().extensions.clone());
                    if tls.is_none() || self.encrypted {
                        lines.retain(|line| line != "STARTTLS");
                    }
                    let last = lines.len() - 1;
                    let answer: Vec<String> = lines
                        .iter()
                        .enumerate()
                        .map(|(at, line)| format!("250{}{line}", if at == last { ' ' } else { '-' }))
                        .collect();
                    self.say(&mut stream, At::Ehlo, &answer.join("\r\n")).await?;
                }
                "STARTTLS" => {
                    self.say(&mut stream, At::StartTls, "220 go").await?;
                    let inner = stream.into_inner();
                    let inner: Box<dyn Duplex> = Box::new(tls.clone().unwrap().accept(inner).await?);
                    stream = BufReader::new(inner);
                    self.encrypted = true;
                }
                "AUTH" => self.say(&mut stream, At::Auth, "235 in").await?,
                "MAIL" => {
                    from = angle(&line);
                    self.say(&mut stream, At::Mail, "250 ok").await?;
                }
                "RCPT" => {
                    let address = angle(&line);
                    let reply = self.script.lock().unwrap().recipients.get(&address).copied();
                    let reply = reply.unwrap_or("250 ok");
                    if reply.starts_with('2') {
                        to.push(address);
                    }
                    self.say(&mut stream, At::Rcpt, reply).await?;
                }
                "DATA" => {
                    self.say(&mut stream, At::Data, "354 go on").await?;
                    if let Some(Fault::Reply(At::Data, _)) = self.fault {
                        self.fault = None;
                        continue;
                    }
                    let content = self.read_mail(&mut stream).await?;
                    self.take(Accepted {
                        from: std::mem::take(&mut from),
                        to: std::mem::take(&mut to),
                        content,
                        encrypted: self.encrypted,
                    });
                    self.say(&mut stream, At::AfterDot, "250 2.0.0 queued as 4711")
                        .await?;
                    if let Some(Fault::Die(At::AfterReply)) = self.fault {
                        return Ok(());
                    }
                }
                "RSET" => {
                    to.clear();
                    stream.write_all(b"250 ok\r\n").await?;
                }
                "QUIT" => {
                    self.say(&mut stream, At::Quit, "221 bye").await?;
                    return Ok(());
                }
                _ => stream.write_all(b"502 what\r\n").await?,
            }
        }
    }

    /// Remembers the mail, unless the script refuses it.
    fn take(&self, mail: Accepted) {
        let reply = match &self.fault {
            Some(Fault::Reply(At::AfterDot, reply)) => reply.get(..3).and_then(|code| code.parse().ok()),
            Some(Fault::Die(At::AfterDot) | Fault::Hang(At::AfterDot)) => None,
            _ => Some(250),
        };
        let key = format!("{} {}", message_id(&mail.content), mail.to.join(" "));
        self.ledger.note(key, &mail.content, reply);
        let refused = matches!(self.fault, Some(Fault::Reply(At::AfterDot, _)));
        if !refused && !self.script.lock().unwrap().lasting {
            self.accepted.lock().unwrap().push(mail);
        }
    }

    async fn say(&mut self, stream: &mut Stream, at: At, reply: &str) -> io::Result<()> {
        match &self.fault {
            Some(Fault::Die(when)) if *when == at => Err(io::ErrorKind::Other.into()),
            Some(Fault::Hang(when)) if *when == at => {
                // Waits until the client gives up and closes.
                stream.read_to_end(&mut Vec::new()).await?;
                Err(io::ErrorKind::Other.into())
            }
            Some(Fault::Reply(when, instead)) if *when == at => {
                let instead = format!("{instead}\r\n");
                stream.write_all(instead.as_bytes()).await
            }
            _ => stream.write_all(format!("{reply}\r\n").as_bytes()).await,
        }
    }

    async fn read_mail(&self, stream: &mut Stream) -> io::Result<Vec<u8>> {
        let mut content = Vec::new();
        loop {
            let mut line = Vec::new();
            stream.read_until(b'\n', &mut line).await?;
            if line.is_empty() || matches!(self.fault, Some(Fault::Die(At::MidBody))) {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if line == b".\r\n" {
                return Ok(content);
            }
            content.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
        }
    }
}

async fn read_line(stream: &mut Stream) -> io::Result<String> {
    let mut line = String::new();
    if stream.read_line(&mut line).await? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(line.trim_end().to_owned())
}

fn angle(line: &str) -> String {
    line.split(['<', '>']).nth(1).unwrap_or_default().to_owned()
}

/// The Message-ID of a mail, or nothing.
fn message_id(mail: &[u8]) -> String {
    let text = String::from_utf8_lossy(mail);
    let head = text
        .split("\r\n\r\n")
        .next()
        .unwrap_or_default()
        .replace("\r\n ", " ");
    let mut lines = head.lines().filter_map(|line| line.split_once(':'));
    let found = lines.find(|(name, _)| name.eq_ignore_ascii_case("message-id"));
    found.map_or(String::new(), |(_, id)| id.trim().to_owned())
}
