//! The demo's mailbox: a mail server on loopback that keeps every mail as a file and passes none on.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Largest mail, in bytes.
const MAIL_BYTES: usize = 50 * 1024 * 1024;

/// Longest command or line of a mail, in bytes.
const LINE_BYTES: u64 = 4096;

/// Longest wait for the next line.
const PATIENCE: Duration = Duration::from_mins(1);

/// A mail server that keeps what it gets; it stops when dropped.
#[derive(Debug)]
pub struct Mailbox {
    address: SocketAddr,
    kept: Arc<Mutex<Vec<KeptMail>>>,
    serving: JoinHandle<()>,
}

/// One mail that arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptMail {
    /// The file: `NNN_recipient.eml`.
    pub path: PathBuf,
    /// To whom, by the envelope.
    pub recipients: Vec<String>,
}

/// The commands of a conversation so far.
#[derive(Debug, Default)]
struct Envelope {
    from: Option<String>,
    to: Vec<String>,
}

impl Mailbox {
    /// Starts a mail server on a free port of 127.0.0.1; mails become files in `folder`, which is made if needed.
    ///
    /// # Errors
    /// Whatever the system says about the folder or the port.
    pub async fn start(folder: &Path) -> io::Result<Self> {
        tokio::fs::create_dir_all(folder).await?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let kept = Arc::new(Mutex::new(Vec::new()));
        let serving = tokio::spawn(serve(listener, folder.to_owned(), Arc::clone(&kept)));
        Ok(Self {
            address,
            kept,
            serving,
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What arrived until now, in order.
    #[must_use]
    pub fn mails(&self) -> Vec<KeptMail> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(listener: TcpListener, folder: PathBuf, kept: Arc<Mutex<Vec<KeptMail>>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let (folder, kept) = (folder.clone(), Arc::clone(&kept));
        tokio::spawn(async move {
            // A client that breaks off has lost its own mail; the mailbox goes on.
            drop(converse(stream, &folder, &kept).await);
        });
    }
}

async fn converse(stream: TcpStream, folder: &Path, kept: &Mutex<Vec<KeptMail>>) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 reportwire demo mailbox\r\n").await?;
    let mut envelope = Envelope::default();
    loop {
        let line = read_line(&mut stream).await?;
        let command = String::from_utf8_lossy(&line).trim_end().to_owned();
        let verb = command.get(..4).unwrap_or(&command).to_ascii_uppercase();
        let reply = match verb.as_str() {
            "EHLO" => format!("250-demo\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE {MAIL_BYTES}"),
            "HELO" | "NOOP" => "250 ok".into(),
            "RSET" => {
                envelope = Envelope::default();
                "250 ok".into()
            }
            "MAIL" => {
                envelope.from = address(&command);
                if envelope.from.is_some() {
                    "250 ok".into()
                } else {
                    "501 no address".into()
                }
            }
            "RCPT" => match (&envelope.from, address(&command)) {
                (Some(_), Some(to)) => {
                    envelope.to.push(to);
                    "250 ok".into()
                }
                (None, _) => "503 MAIL comes first".into(),
                (_, None) => "501 no address".into(),
            },
            "DATA" if envelope.to.is_empty() => "503 RCPT comes first".into(),
            "DATA" => {
                stream.write_all(b"354 go on\r\n").await?;
                let mail = read_mail(&mut stream).await?;
                keep(folder, kept, std::mem::take(&mut envelope).to, &mail)?
            }
            "QUIT" => {
                stream.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => "502 not known here".into(),
        };
        stream.write_all(format!("{reply}\r\n").as_bytes()).await?;
    }
}

async fn read_line(stream: &mut BufReader<TcpStream>) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    let mut bounded = stream.take(LINE_BYTES);
    tokio::time::timeout(PATIENCE, bounded.read_until(b'\n', &mut line)).await??;
    if line.ends_with(b"\n") {
        Ok(line)
    } else {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}

/// Reads up to the final dot and takes the stuffed dots out.
async fn read_mail(stream: &mut BufReader<TcpStream>) -> io::Result<Vec<u8>> {
    let mut mail = Vec::new();
    loop {
        let line = read_line(stream).await?;
        if line == b".\r\n" {
            return Ok(mail);
        }
        mail.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
        if mail.len() > MAIL_BYTES {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
    }
}

fn keep(
    folder: &Path,
    kept: &Mutex<Vec<KeptMail>>,
    recipients: Vec<String>,
    mail: &[u8],
) -> io::Result<String> {
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    let number = kept.len() + 1;
    let path = folder.join(format!("{number:03}_{}.eml", file_part(recipients.first())));
    std::fs::write(&path, mail)?;
    kept.push(KeptMail { path, recipients });
    Ok(format!("250 kept as mail {number}"))
}

/// The address between the angle brackets of MAIL or RCPT.
fn address(command: &str) -> Option<String> {
    let (_, rest) = command.split_once('<')?;
    let (address, _) = rest.split_once('>')?;
    Some(address.to_owned())
}

/// An address as part of a file name.
fn file_part(recipient: Option<&String>) -> String {
    let safe = |c: char| {
        if c.is_ascii_alphanumeric() || "@.-".contains(c) {
            c
        } else {
            '-'
        }
    };
    recipient.map_or_else(String::new, |address| {
        address.chars().take(80).map(safe).collect()
    })
}
