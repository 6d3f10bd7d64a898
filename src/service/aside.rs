//! What the service does beside its rounds: whatever talks to far ends.

use super::bulletins;
use super::shared::Shared;
use crate::config::Plan;
use crate::run::perform::Engine;
use crate::telemetry::figures;
use std::time::Duration;
use tokio::sync::Notify;

/// What is done beside the beats, because a far end that hangs must not keep a job from falling due.
#[derive(Debug, Default)]
pub(super) struct Aside {
    pub(super) news: Notify,
    pub(super) ping: Notify,
}

/// Does, whenever it is asked for, what talks to far ends; for ever.
pub(super) async fn look_aside(shared: &Shared, aside: &Aside) {
    let news = async {
        loop {
            aside.news.notified().await;
            let Engine {
                plan, store, clock, ..
            } = &shared.current().engine;
            if let Err(error) = bulletins::send_due(plan, store, clock).await {
                figures::store_fault();
                tracing::warn!(error = %error, "what the owner is to hear could not be read or written; it is tried again");
            }
        }
    };
    let pings = async {
        loop {
            aside.ping.notified().await;
            ping(&shared.current().engine.plan).await;
        }
    };
    futures::future::join(news, pings).await;
}

/// Tells somebody outside that we are alive, where the plan names one.
async fn ping(plan: &Plan) {
    use secrecy::ExposeSecret as _;
    let Some(secret) = &plan.service.ping_url else {
        return;
    };
    let Ok(url) = secret.reveal() else {
        tracing::warn!("`service.ping_url` cannot be read; nobody is told that the service is alive");
        return;
    };
    let client = reqwest::Client::builder()
        .timeout(Duration::from_secs(10))
        // Proxies of the environment are not ours to use: what is asked stands in the configuration.
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build();
    let answer = match client {
        Ok(client) => client.get(url.expose_secret().trim()).send().await,
        Err(error) => Err(error),
    };
    match answer.and_then(reqwest::Response::error_for_status) {
        Ok(_) => {}
        Err(error) => tracing::warn!(error = %error.without_url(), "the ping did not get through"),
    }
}
