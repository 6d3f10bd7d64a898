//! A fake of the Globant Enterprise AI analytics API that answers what a test scripts for each path.
//!
//! It speaks HTTP/1.1 over plain TCP itself, so that it can also answer what no decent server would.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::Barrier;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

/// What the server does with one request.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// Answers.
    Send {
        status: u16,
        headers: Vec<(String, String)>,
        body: Vec<u8>,
    },
    /// Announces the whole body, sends only a part and hangs up.
    Cut { body: Vec<u8>, after: usize },
    /// Hangs up without a word.
    HangUp,
    /// Never answers.
    Stall,
}

impl Reply {
    pub(crate) fn json(body: &str) -> Self {
        Self::status(200, body)
    }

    pub(crate) fn status(status: u16, body: &str) -> Self {
        Self::Send {
            status,
            headers: vec![("Content-Type".into(), "application/json".into())],
            body: body.into(),
        }
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        if let Self::Send { headers, .. } = &mut self {
            headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
            headers.push((name.into(), value.into()));
        }
        self
    }
}

/// One request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) target: String,
    pub(crate) headers: HashMap<String, String>,
}

/// Answers by the whole request, where a path is not enough; `None` leaves it to the scripts.
pub(crate) type Answers = Box<dyn FnMut(&Seen) -> Option<Reply> + Send>;

#[derive(Default)]
struct State {
    answers: Option<Answers>,
    scripts: HashMap<String, VecDeque<Reply>>,
    seen: Vec<Seen>,
    connections: usize,
    in_flight: usize,
    most_in_flight: usize,
    together: Option<Arc<Barrier>>,
}

/// The fake; it stops when dropped.
pub(crate) struct Platform {
    pub(crate) origin: String,
    state: Arc<Mutex<State>>,
    listener: tokio::task::JoinHandle<()>,
}

impl Drop for Platform {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

impl Platform {
    /// Starts it with the documented answer on every path.
    pub(crate) async fn start() -> Self {
        Self::listen("http", None).await
    }

    /// Starts it with these answers, before all scripts.
    pub(crate) async fn answering(answers: Answers) -> Self {
        let platform = Self::start().await;
        platform.state.lock().unwrap().answers = Some(answers);
        platform
    }

    /// The same over TLS, and the certificate to trust, in PEM form.
    pub(crate) async fn start_tls() -> (Self, String) {
        let identity = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        let key = PrivatePkcs8KeyDer::from(identity.signing_key.serialize_der());
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![identity.cert.der().clone()], key.into())
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        (Self::listen("https", Some(acceptor)).await, identity.cert.pem())
    }

    async fn listen(scheme: &str, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("{scheme}://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        let listener = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (shared, tls) = (Arc::clone(&shared), tls.clone());
                shared.lock().unwrap().connections += 1;
                tokio::spawn(async move {
                    match tls {
                        Some(tls) => serve(tls.accept(stream).await?, shared).await,
                        None => serve(stream, shared).await,
                    }
                });
            }
        });
        let platform = Self {
            origin,
            state,
            listener,
        };
        for (path, body) in DOCUMENTED {
            platform.on(path, [Reply::json(body)]);
        }
        platform
    }

    /// Scripts the replies of one path (without `/v1/analytics/`); the last one repeats for ever.
    pub(crate) fn on(&self, path: &str, replies: impl IntoIterator<Item = Reply>) {
        let path = if path.starts_with('/') {
            path.to_owned()
        } else {
            format!("/v1/analytics/{path}")
        };
        self.state
            .lock()
            .unwrap()
            .scripts
            .insert(path, replies.into_iter().collect());
    }

    /// Lets analytics calls pass only in groups of this size.
    pub(crate) fn answer_together(&self, calls: usize) {
        self.state.lock().unwrap().together = Some(Arc::new(Barrier::new(calls)));
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.state.lock().unwrap().seen.clone()
    }

    pub(crate) fn hits(&self, path: &str) -> usize {
        self.seen()
            .iter()
            .filter(|seen| seen.target.split('?').next().unwrap().ends_with(path))
            .count()
    }

    pub(crate) fn connections(&self) -> usize {
        self.state.lock().unwrap().connections
    }

    pub(crate) fn most_in_flight(&self) -> usize {
        self.state.lock().unwrap().most_in_flight
    }
}

async fn serve(mut stream: impl AsyncRead + AsyncWrite + Unpin, state: Arc<Mutex<State>>) -> io::Result<()> {
    while let Some(seen) = read_request(&mut stream).await? {
        let path = seen.target.split('?').next().unwrap().to_owned();
        let (reply, together) = {
            let mut state = state.lock().unwrap();
            let answer = state.answers.as_mut().and_then(|answers| answers(&seen));
            state.seen.push(seen);
            state.in_flight += 1;
            state.most_in_flight = state.most_in_flight.max(state.in_flight);
            let together = state.together.clone().filter(|_| path.contains("/analytics/"));
            (answer.unwrap_or_else(|| state.reply(&path)), together)
        };
        if let Some(together) = together {
            together.wait().await;
        }
        state.lock().unwrap().in_flight -= 1;
        match reply {
            Reply::Send {
                status,
                headers,
                body,
            } => {
                let mut head = format!("HTTP/1.1 {status} Whatever\r\nContent-Length: {}\r\n", body.len());
                for (name, value) in headers {
                    head.extend([&name, ": ", &value, "\r\n"]);
                }
                // One write, or the two ends wait for each other's acknowledgements.
                let whole = [
                    head.as_bytes(),
                    b"
",
                    &body,
                ]
                .concat();
                stream.write_all(&whole).await?;
            }
            Reply::Cut { body, after } => {
                let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
                stream
                    .write_all(&[head.as_bytes(), &body[..after]].concat())
                    .await?;
                return stream.shutdown().await;
            }
            Reply::HangUp => return Ok(()),
            Reply::Stall => std::future::pending().await,
        }
    }
    Ok(())
}

impl State {
    fn reply(&mut self, path: &str) -> Reply {
        // A base URL may carry a prefix, which the scripts do not name.
        let path = path.find("/v1/").map_or(path, |at| &path[at..]);
        match self.scripts.get_mut(path) {
            Some(script) if script.len() > 1 => script.pop_front().unwrap(),
            Some(script) => script[0].clone(),
            None => Reply::status(
                404,
                r#"{"errors":[{"id":404,"description":"Endpoint not found"}]}"#,
            ),
        }
    }
}

async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<Seen>> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if stream.read(&mut byte).await? == 0 {
            return Ok(None);
        }
        bytes.push(byte[0]);
    }
    let text = String::from_utf8(bytes).unwrap();
    let mut lines = text.split("\r\n");
    let target = lines.next().unwrap().split(' ').nth(1).unwrap().to_owned();
    let headers = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    Ok(Some(Seen { target, headers }))
}

/// A documented answer for every path.
pub(crate) const DOCUMENTED: &[(&str, &str)] = &[
    (
        "/v1/accessControl/apitoken/validate",
        r#"{"organizationId":"11111111-1111-4111-8111-111111111111","organizationName":"Acme Group",
            "projectId":"22222222-2222-4222-8222-222222222222","projectName":"Customer Care","scope":"Pia.Data.Project"}"#,
    ),
    (
        "lab/agents-created-and-modified",
        r#"{"createdAgents":3,"modifiedAgents":8}"#,
    ),
    (
        "lab/agents-created-and-modified-per-day",
        r#"{"agents":[{"date":"2026-10-01","created":1,"modified":2}]}"#,
    ),
    (
        "lab/flows-created-and-modified",
        r#"{"createdFlows":4,"modifiedFlows":9}"#,
    ),
    (
        "lab/flows-created-and-modified-per-day",
        r#"{"flowsCreatedAndModifiedPerDay":[{"date":"2026-10-01","createdFlows":1,"modifiedFlows":2}]}"#,
    ),
    (
        "lab/processes-created-and-modified",
        r#"{"createdProcesses":1,"modifiedProcesses":2}"#,
    ),
    ("requests/total-requests", r#"{"totalRequests":1000}"#),
    (
        "requests/total-requests-per-day",
        r#"{"totalRequestsPerDay":[{"date":"2026-10-02","totalRequests":600,"totalRequestsWithError":20},
            {"date":"2026-10-01","totalRequests":400,"totalRequestsWithError":30}]}"#,
    ),
    (
        "requests/total-requests-with-error",
        r#"{"totalRequestsWithError":50}"#,
    ),
    ("requests/overall-error-rate", r#"{"overallErrorRate":5.00}"#),
    (
        "requests/average-request-time",
        r#"{"averageRequestTime":1234.5678}"#,
    ),
    ("requests/total-request-time", r#"{"time":0.3429}"#),
    (
        "requests/average-requests-per-day",
        r#"{"averageRequests":500.5}"#,
    ),
    (
        "requests/average-requests-per-user",
        r#"{"averageRequests":333.3333333333333}"#,
    ),
    (
        "requests/average-requests-per-user-per-date",
        r#"{"averageRequestsPerUser":[{"date":"2026-10-01","averageRequests":133.25,"user":null}]}"#,
    ),
    ("requests/total-cost", r#"{"totalCost":12.345678901234567}"#),
    (
        "requests/total-cost-per-day",
        r#"{"totalCostPerDay":[{"date":"2026-10-01","totalCost":5.2e-05},{"date":"2026-10-02","totalCost":12.345626901234567}]}"#,
    ),
    (
        "requests/average-cost-per-request",
        r#"{"averageCostPerRequest":0.012345678901234567}"#,
    ),
    (
        "requests/average-cost-per-user",
        r#"{"averageCost":4.115226300411522}"#,
    ),
    (
        "requests/average-cost-per-user-per-date",
        r#"{"averageCostPerUser":[{"date":"2026-10-02","averageCost":1.5e-3,"user":"u1","userName":"Ana"}]}"#,
    ),
    (
        "requests/total-tokens",
        r#"{"input":7000,"output":3000,"total":10000}"#,
    ),
    (
        "requests/number-of-tokens",
        r#"{"input":7000,"output":3000,"total":10000}"#,
    ),
    (
        "requests/number-of-tokens-per-agent",
        r#"{"numberOfTokens":[{"agent":"code_agent","model":"large-1","input":7,"output":3,"total":10}]}"#,
    ),
    (
        "requests/number-of-tokens-per-day",
        r#"{"numberOfTokens":[{"date":"2026-10-01","input":3000,"output":1000,"total":4000},
            {"date":"2026-10-02","input":4000,"output":2000,"total":6000}]}"#,
    ),
    (
        "requests/average-tokens-per-request",
        r#"{"input":7.25,"output":3.5,"total":10.75}"#,
    ),
    ("requests/total-active-users", r#"{"totalActiveUsers":3}"#),
    ("requests/total-active-agents", r#"{"totalActiveAgents":2}"#),
    ("requests/total-active-projects", r#"{"totalActiveProjects":1}"#),
    (
        "requests/agent-usage-per-user",
        r#"{"agentUsage":[{"user":"u1","userName":null,"totalCost":1.25e1,"totalRequests":7,"totalTokens":70}]}"#,
    ),
    ("requests/average-users-per-agent", r#"{"averageUsers":1.5}"#),
    ("requests/average-users-per-project", r#"{"averageUsers":2.75}"#),
    (
        "requests/top-10-agents-by-requests",
        r#"{"top10Agents":[{"agent":"code_agent","totalRequests":400},{"agent":"=cmd|' /C calc'!A0","totalRequests":600}]}"#,
    ),
    (
        "requests/top-10-agents-by-tokens",
        r#"{"top10Agents":[{"agent":"code_agent","totalTokens":9000}]}"#,
    ),
    (
        "requests/top-10-users-by-requests",
        r#"{"top10Users":[{"user":"u1","userName":"Ana","totalRequests":5},{"user":"u2","userName":"Ana","totalRequests":5},
            {"user":"u3","userName":null,"totalRequests":5},{"user":"u4","userName":"","totalRequests":6}]}"#,
    ),
    (
        "requests/top-10-users-by-cost",
        r#"{"top10Users":[{"user":"u1","totalCost":0.0100},{"user":"u2","totalCost":"7.5"}]}"#,
    ),
];
