//! An HTTP endpoint that answers from a script and remembers what it was sent, byte for byte; or one that takes whatever comes,
//! for as long as it takes, and keeps a ledger.

use crate::ledger::Ledger;
use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What happens to one request.
#[derive(Debug, Clone)]
pub enum Reply {
    /// Status line's end, headers and body.
    Answer(&'static str, &'static str, String),
    /// The connection closes once the request is read.
    Drop,
    /// Nothing ever comes.
    Hang,
    /// Good status and a body that breaks off.
    Broken(&'static str),
}

/// One request.
#[derive(Debug, Clone)]
pub struct Request {
    pub line: String,
    pub headers: HashMap<String, String>,
    pub body: Vec<u8>,
}

pub struct FakeHttp {
    pub address: SocketAddr,
    pub ledger: Ledger,
    shared: Arc<Shared>,
    serving: JoinHandle<()>,
}

struct Shared {
    replies: Mutex<VecDeque<Reply>>,
    requests: Mutex<Vec<Request>>,
    ledger: Ledger,
    /// Answers 200 once the script is over, and keeps the ledger alone.
    lasting: bool,
}

impl FakeHttp {
    /// One reply for each request; more requests are a failure.
    pub async fn start(replies: Vec<Reply>) -> Self {
        Self::open(replies, false).await
    }

    /// Takes whatever any number of senders bring.
    pub async fn lasting() -> Self {
        Self::open(vec![], true).await
    }

    async fn open(replies: Vec<Reply>, lasting: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            replies: Mutex::new(replies.into()),
            requests: Mutex::default(),
            ledger: Ledger::default(),
            lasting,
        });
        let of_tasks = shared.clone();
        let serving = tokio::spawn(async move {
            loop {
                // A connection that is gone before it is taken, or a moment without file descriptors, ends nothing.
                let Ok((stream, _)) = listener.accept().await else {
                    tokio::task::yield_now().await;
                    continue;
                };
                let shared = of_tasks.clone();
                tokio::spawn(async move { drop(serve(stream, &shared).await) });
            }
        });
        Self {
            address,
            ledger: shared.ledger.clone(),
            shared,
            serving,
        }
    }

    /// The next requests are answered like this, and then the old way again.
    pub fn script(&self, replies: Vec<Reply>) {
        self.shared.replies.lock().unwrap().extend(replies);
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().unwrap().clone()
    }
}

impl Drop for FakeHttp {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Shared {
    /// Remembers the request, and finds what to answer.
    fn take(&self, request: Request) -> Reply {
        let scripted = self.replies.lock().unwrap().pop_front();
        let ok = || Reply::Answer("200 OK", "", "ok".into());
        let reply = scripted.or_else(|| self.lasting.then(ok));
        let status = reply.as_ref().and_then(Reply::status);
        let key = request.headers.get("webhook-id").unwrap_or(&request.line).clone();
        self.ledger.note(key, &request.body, status);
        if !self.lasting {
            self.requests.lock().unwrap().push(request);
        }
        reply.unwrap_or_else(|| panic!("the script has no reply left"))
    }
}

impl Reply {
    fn status(&self) -> Option<u16> {
        match self {
            Self::Answer(status, ..) | Self::Broken(status) => status.get(..3)?.parse().ok(),
            Self::Drop | Self::Hang => None,
        }
    }
}

async fn serve(stream: TcpStream, shared: &Shared) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    if stream.read_line(&mut line).await? == 0 {
        return Ok(());
    }
    let mut headers = HashMap::new();
    loop {
        let mut header = String::new();
        stream.read_line(&mut header).await?;
        let Some((name, value)) = header.trim_end().split_once(": ") else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let length = headers
        .get("content-length")
        .map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    match shared.take(Request { line, headers, body }) {
        Reply::Answer(status, headers, body) => {
            let answer = format!(
                "HTTP/1.1 {status}\r\n{headers}connection: close\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(answer.as_bytes()).await
        }
        Reply::Drop => Ok(()),
        Reply::Hang => stream.read_to_end(&mut Vec::new()).await.map(drop),
        Reply::Broken(status) => {
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 100\r\n\r\nhalf");
            stream.write_all(answer.as_bytes()).await
        }
    }
}
