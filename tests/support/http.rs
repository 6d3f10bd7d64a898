//! An HTTP endpoint that answers from a script and remembers what it was sent, byte for byte.

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
    requests: Arc<Mutex<Vec<Request>>>,
    serving: JoinHandle<()>,
}

impl FakeHttp {
    pub async fn start(replies: Vec<Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(vec![]));
        let seen = requests.clone();
        let replies = Arc::new(Mutex::new(VecDeque::from(replies)));
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (replies, seen) = (replies.clone(), seen.clone());
                tokio::spawn(async move { drop(serve(stream, &replies, &seen).await) });
            }
        });
        Self {
            address,
            requests,
            serving,
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

impl Drop for FakeHttp {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(
    stream: TcpStream,
    replies: &Mutex<VecDeque<Reply>>,
    seen: &Mutex<Vec<Request>>,
) -> io::Result<()> {
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
    seen.lock().unwrap().push(Request { line, headers, body });
    let reply = replies.lock().unwrap().pop_front();
    match reply.unwrap_or_else(|| panic!("the script has no reply left")) {
        Reply::Answer(status, headers, body) => {
            let answer = format!(
                "HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n{body}",
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
