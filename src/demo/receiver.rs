//! The demo's webhook receiver: checks the signature as a receiver should and keeps what it accepts.

use crate::delivery::signature::{SignatureError, SigningKey};
use crate::schedule::clock::Clock;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use std::collections::BTreeMap;
use std::io;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use url::Url;

/// Largest body, in bytes.
const BODY_BYTES: usize = 64 * 1024;

/// A receiver of signed webhooks; it stops when dropped.
#[derive(Debug)]
pub struct Receiver {
    url: Url,
    desk: Arc<Desk>,
    serving: JoinHandle<()>,
}

/// What the receiver works with.
#[derive(Debug)]
struct Desk {
    folder: PathBuf,
    key: SigningKey,
    clock: Arc<dyn Clock>,
    /// The file of each `webhook-id`: the same id again is the same event.
    kept: Mutex<BTreeMap<String, PathBuf>>,
}

impl Receiver {
    /// Starts a receiver on a free port of 127.0.0.1; accepted bodies become `NNN_type.json` in `folder`.
    ///
    /// # Errors
    /// Whatever the system says about the folder or the port.
    pub async fn start(folder: &Path, key: SigningKey, clock: Arc<dyn Clock>) -> io::Result<Self> {
        tokio::fs::create_dir_all(folder).await?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}/hooks", listener.local_addr()?);
        let url = Url::parse(&url).map_err(io::Error::other)?;
        let desk = Arc::new(Desk {
            folder: folder.to_owned(),
            key,
            clock,
            kept: Mutex::default(),
        });
        let router = Router::new()
            .route("/hooks", post(receive))
            .layer(DefaultBodyLimit::max(BODY_BYTES))
            .with_state(Arc::clone(&desk));
        let serving = tokio::spawn(async move {
            // It serves until it is aborted, and then nobody waits for a result.
            drop(axum::serve(listener, router).await);
        });
        Ok(Self { url, desk, serving })
    }

    /// Where to post.
    #[must_use]
    pub fn url(&self) -> Url {
        self.url.clone()
    }

    /// The files of what was accepted until now, in order.
    #[must_use]
    pub fn hooks(&self) -> Vec<PathBuf> {
        let mut paths: Vec<PathBuf> = self.desk.lock().values().cloned().collect();
        paths.sort();
        paths
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Desk {
    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, PathBuf>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn check(&self, headers: &HeaderMap, body: &[u8]) -> Result<String, SignatureError> {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let id = header("webhook-id").ok_or(SignatureError::Mismatch)?;
        let timestamp = header("webhook-timestamp").ok_or(SignatureError::Timestamp)?;
        let signatures = header("webhook-signature").ok_or(SignatureError::Mismatch)?;
        self.key
            .verify(id, timestamp, signatures, body, self.clock.now())?;
        Ok(id.to_owned())
    }

    fn keep(&self, id: String, body: &[u8]) -> io::Result<PathBuf> {
        let mut kept = self.lock();
        if let Some(path) = kept.get(&id) {
            return Ok(path.clone());
        }
        let value: serde_json::Value = serde_json::from_slice(body)?;
        let job = value["data"]["job"].as_str().unwrap_or("event");
        let job: String = job
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
            .take(63)
            .collect();
        let path = self.folder.join(format!("{:03}_{job}.json", kept.len() + 1));
        std::fs::write(&path, body)?;
        kept.insert(id, path.clone());
        Ok(path)
    }
}

async fn receive(State(desk): State<Arc<Desk>>, headers: HeaderMap, body: Bytes) -> (StatusCode, String) {
    let id = match desk.check(&headers, &body) {
        Ok(id) => id,
        Err(error) => return (StatusCode::UNAUTHORIZED, error.to_string()),
    };
    match desk.keep(id, &body) {
        Ok(_) => (StatusCode::OK, "received".into()),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            (StatusCode::BAD_REQUEST, format!("the body is not JSON: {error}"))
        }
        Err(error) => (
            StatusCode::INTERNAL_SERVER_ERROR,
            format!("it cannot be kept: {error}"),
        ),
    }
}
