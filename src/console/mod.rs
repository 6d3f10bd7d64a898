//! The console: how the service is, over HTTP.
//!
//! In: a [`Pulse`] that the service keeps up to date, and the figures it records. Out: `/healthz`, `/readyz`, `/metrics`.
//! Never here: changing anything, reports, addresses, secrets. Nothing depends on it but `cli`.

mod access;
mod connection;
mod fault;
mod pulse;

pub use pulse::{OLDEST_BEAT, Phase, Pulse, STORE_FAILS};

use crate::telemetry::figures::{self, Exporter};
use access::Admitted;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use chrono::SecondsFormat;
use connection::Bounded;
use fault::{problem, problem_with};
use std::fmt;
use std::future::IntoFuture;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Source: <https://prometheus.io/docs/instrumenting/exposition_formats/>
const METRICS: &str = "text/plain; version=0.0.4; charset=utf-8";
/// How long requests under way may take to end when the service stops.
const GRACE: Duration = Duration::from_secs(5);
/// How often recorded values are tidied where nobody collects them.
const TIDY: Duration = Duration::from_secs(5);

/// What the console shows; clones share it.
#[derive(Clone)]
pub struct Console {
    pulse: Pulse,
    exporter: Exporter,
    admitted: Arc<Admitted>,
    uptime: Arc<dyn Fn() -> Duration + Send + Sync>,
}

impl Console {
    /// The console of the service with this `pulse`. `listen` is where it listens, as configured (`127.0.0.1:8321`): requests that
    /// name another host are refused. `uptime` tells the monotonic age of this process, on the same scale as the pulse's beats.
    /// The recording of figures begins here.
    #[must_use]
    pub fn new(pulse: Pulse, listen: &str, uptime: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self {
            pulse,
            exporter: figures::exporter(),
            admitted: Arc::new(Admitted::new(listen)),
            uptime: Arc::new(uptime),
        }
    }

    fn router(self) -> Router {
        Router::new()
            .route("/healthz", get(health))
            .route("/readyz", get(readiness))
            .route("/metrics", get(metrics))
            .method_not_allowed_fallback(not_allowed)
            .fallback(not_found)
            .layer(axum::middleware::from_fn_with_state(self.clone(), access::guard))
            .with_state(self)
    }
}

impl fmt::Debug for Console {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Console")
            .field("pulse", &self.pulse)
            .field("admitted", &self.admitted)
            .finish_non_exhaustive()
    }
}

/// Answers on `listener` until `shutdown`, and then lets requests under way end for a few seconds.
///
/// # Errors
/// [`io::Error`] if the listener cannot be used any more.
pub async fn serve(listener: TcpListener, console: Console, shutdown: CancellationToken) -> io::Result<()> {
    serve_until(listener, console, shutdown, GRACE).await
}

async fn serve_until(
    listener: TcpListener,
    console: Console,
    shutdown: CancellationToken,
    grace: Duration,
) -> io::Result<()> {
    let exporter = console.exporter.clone();
    let server = axum::serve(Bounded::new(listener), console.router())
        .with_graceful_shutdown(shutdown.clone().cancelled_owned());
    let tidying = async {
        loop {
            tokio::time::sleep(TIDY).await;
            exporter.tidy();
        }
    };
    let overdue = async {
        shutdown.cancelled().await;
        tokio::time::sleep(grace).await;
    };
    // Any branch may be dropped: a request changes nothing, so one that is cut off is lost for nobody but who asked.
    tokio::select! {
        ended = server.into_future() => ended,
        () = overdue => Ok(()),
        () = tidying => Ok(()),
    }
}

/// Whether the process answers at all.
async fn health() -> &'static str {
    "ok\n"
}

/// Whether the service does its work, or why not.
async fn readiness(State(console): State<Console>) -> Response {
    match console.pulse.ready((console.uptime)()) {
        Ok(()) => "ready\n".into_response(),
        Err(reason) => {
            let last_beat = console
                .pulse
                .last_beat()
                .map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true));
            problem_with(
                StatusCode::SERVICE_UNAVAILABLE,
                &reason,
                &[("last_beat", last_beat.into())],
            )
        }
    }
}

async fn metrics(State(console): State<Console>) -> Response {
    if let Some(age) = console.pulse.age((console.uptime)()) {
        figures::heartbeat_age(age);
    }
    ([(CONTENT_TYPE, METRICS)], console.exporter.text()).into_response()
}

async fn not_found() -> Response {
    problem(
        StatusCode::NOT_FOUND,
        "There is nothing here; there are /healthz, /readyz and /metrics.",
    )
}

async fn not_allowed() -> Response {
    problem(
        StatusCode::METHOD_NOT_ALLOWED,
        "The console only shows; use GET or HEAD.",
    )
}

#[cfg(test)]
mod tests;
