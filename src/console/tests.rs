//! The console over real HTTP on loopback. Time is what the tests say it is.

use super::*;
use reqwest::{Client, Method};
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

/// Time to finish for a request that never will.
const SHORT: Duration = Duration::from_millis(50);

struct Served {
    address: SocketAddr,
    pulse: Pulse,
    uptime_secs: Arc<AtomicU64>,
    shutdown: CancellationToken,
    serving: JoinHandle<io::Result<()>>,
}

impl Served {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (pulse, uptime_secs) = (Pulse::new(), Arc::new(AtomicU64::new(0)));
        let secs = uptime_secs.clone();
        let uptime = move || Duration::from_secs(secs.load(Ordering::SeqCst));
        let console = Console::new(pulse.clone(), &address.to_string(), uptime);
        let shutdown = CancellationToken::new();
        Self {
            address,
            pulse,
            uptime_secs,
            serving: tokio::spawn(serve_until(listener, console, shutdown.clone(), SHORT)),
            shutdown,
        }
    }

    async fn ask(&self, method: Method, path: &str) -> reqwest::Response {
        drop(rustls::crypto::ring::default_provider().install_default());
        let client = Client::builder().no_proxy().build().unwrap();
        let url = format!("http://{}{path}", self.address);
        client.request(method, url).send().await.unwrap()
    }

    async fn readiness(&self) -> (u16, String) {
        let answer = self.ask(Method::GET, "/readyz").await;
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// Sends exactly these bytes and reads to the end.
    async fn raw(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }
}

#[tokio::test]
async fn a_process_that_answers_is_alive_and_one_that_works_is_ready() {
    let served = Served::start().await;
    let health = served.ask(Method::GET, "/healthz").await;
    assert_eq!(health.status(), 200);
    assert_eq!(health.headers()["x-content-type-options"], "nosniff");
    assert_eq!(health.headers()["cache-control"], "no-store");
    assert_eq!(health.text().await.unwrap(), "ok\n");

    let answer = served.ask(Method::GET, "/readyz").await;
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    let problem: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    assert_eq!(
        problem,
        serde_json::json!({
            "type": "about:blank", "title": "Service Unavailable", "status": 503, "detail": "The service is starting.",
            "last_beat": null,
        })
    );

    served.pulse.set_phase(Phase::Serving);
    served
        .pulse
        .beat("2026-11-01T06:00:00Z".parse().unwrap(), Duration::ZERO);
    assert_eq!(served.readiness().await, (200, "ready\n".to_owned()));
    served.uptime_secs.store(61, Ordering::SeqCst);
    let (status, body) = served.readiness().await;
    assert!(
        status == 503 && body.contains("61 s old") && body.contains("2026-11-01T06:00:00Z"),
        "{body}"
    );
    served
        .pulse
        .beat("2026-11-01T06:01:01Z".parse().unwrap(), Duration::from_secs(61));
    served.pulse.hold("The clock went ahead by 26 h.");
    assert!(served.readiness().await.1.contains("26 h"));
    served.pulse.release();
    assert_eq!(served.readiness().await.0, 200);
}

#[tokio::test]
async fn figures_are_collected_with_the_age_of_the_heartbeat() {
    let served = Served::start().await;
    served
        .pulse
        .beat("2026-11-01T06:00:00Z".parse().unwrap(), Duration::from_secs(3));
    served.uptime_secs.store(7, Ordering::SeqCst);
    let answer = served.ask(Method::GET, "/metrics").await;
    assert_eq!(answer.headers()["content-type"], METRICS);
    let text = answer.text().await.unwrap();
    assert!(
        text.lines()
            .any(|line| line == "reportwire_heartbeat_age_seconds 4"),
        "{text}"
    );
    assert!(
        text.contains("# TYPE reportwire_store_faults_total counter"),
        "{text}"
    );
}

#[tokio::test]
async fn other_methods_and_paths_are_told_what_there_is() {
    let served = Served::start().await;
    let head = served.ask(Method::HEAD, "/healthz").await;
    assert_eq!(
        (head.status().as_u16(), head.text().await.unwrap().as_str()),
        (200, "")
    );
    for (method, path, status) in [
        (Method::POST, "/healthz", 405),
        (Method::DELETE, "/metrics", 405),
        (Method::OPTIONS, "/readyz", 405),
        (Method::GET, "/", 404),
        (Method::GET, "/healthz/", 404),
        (Method::GET, "/../etc/passwd", 404),
        (Method::POST, "/nothing", 404),
    ] {
        let answer = served.ask(method.clone(), path).await;
        assert_eq!(answer.status(), status, "{method} {path}");
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
        if status == 405 {
            assert_eq!(answer.headers()["allow"], "GET,HEAD", "{method} {path}");
        }
    }
}

#[tokio::test]
async fn a_request_for_another_host_is_misdirected() {
    let served = Served::start().await;
    let own = served.address;
    for (line, hosts, status) in [
        ("/healthz", format!("Host: {own}\r\n"), "200"),
        ("/healthz", "Host: localhost\r\n".to_owned(), "200"),
        ("/healthz", "Host: evil.example\r\n".to_owned(), "421"),
        (
            "/metrics",
            format!("Host: evil.example:{}\r\n", own.port()),
            "421",
        ),
        (
            "/healthz",
            format!("Host: {own}\r\nHost: evil.example\r\n"),
            "421",
        ),
        ("/healthz", String::new(), "421"),
        ("http://evil.example/healthz", format!("Host: {own}\r\n"), "421"),
        ("/nothing", "Host: evil.example\r\n".to_owned(), "421"),
    ] {
        let answer = served
            .raw(&format!(
                "GET {line} HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n"
            ))
            .await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{line} {hosts}: {answer}"
        );
        assert!(answer.contains("x-content-type-options: nosniff"), "{answer}");
        assert!(!answer.to_ascii_lowercase().contains("server:"), "{answer}");
    }
}

#[tokio::test]
async fn it_stops_when_told_to_though_somebody_holds_a_connection() {
    let served = Served::start().await;
    let mut idle = TcpStream::connect(served.address).await.unwrap();
    idle.write_all(b"GET /healthz HTTP/1.1\r\nHost: loc")
        .await
        .unwrap();
    served.ask(Method::GET, "/healthz").await;
    served.shutdown.cancel();
    let ended = tokio::time::timeout(GRACE, served.serving).await;
    ended.unwrap().unwrap().unwrap();
    assert!(
        TcpStream::connect(served.address).await.is_err(),
        "nobody listens any more"
    );
}
