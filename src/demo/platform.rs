//! The embedded sample platform: speaks the analytics protocol of Globant Enterprise AI on loopback, all answers computed
//! from the facts of one [`Company`].

use super::answers::Range;
use super::company::Company;
use crate::source::geai::Endpoint;
use axum::Json;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;
use serde_json::json;
use std::collections::HashMap;
use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use tokio::sync::oneshot;

/// The running platform. It stops when dropped.
#[derive(Debug)]
pub struct Platform {
    /// Where it answers: `http://127.0.0.1:PORT`.
    pub base_url: String,
    _stop: oneshot::Sender<()>,
}

/// What every request needs.
#[derive(Debug)]
struct Shared {
    company: Company,
    authorization: String,
}

impl Platform {
    /// Starts it on a free port of loopback; it lets in whoever bears `token`.
    ///
    /// # Errors
    /// What the system says where no port can be had.
    pub async fn start(company: Company, token: &str) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            company,
            authorization: format!("Bearer {token}"),
        });
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let base_url = format!("http://{}", listener.local_addr()?);
        let (stop, stopped) = oneshot::channel::<()>();
        let router = Router::new().fallback(answer).with_state(shared);
        let server = axum::serve(listener, router).with_graceful_shutdown(async {
            // The sender is never used, only dropped.
            stopped.await.ok();
        });
        tokio::spawn(server.into_future());
        Ok(Self {
            base_url,
            _stop: stop,
        })
    }
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    uri: Uri,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    let authorization = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    if authorization != Some(&shared.authorization) {
        return refusal(StatusCode::UNAUTHORIZED, 401, "Unauthorized");
    }
    if uri.path() == "/v1/accessControl/apitoken/validate" {
        return Json(json!({
            "organizationId": "5d0c5a52-6f0e-4b53-9c52-7f0a4f3f9a01",
            "organizationName": "Acme Group",
            "projectId": "0b7e8d7c-1c11-4c55-8f3d-2b5a1f1f7c02",
            "projectName": "all projects",
            "scope": "Pia.Data.Organization",
        }))
        .into_response();
    }
    let path = uri.path().strip_prefix("/v1/analytics/").unwrap_or_default();
    let Some(endpoint) = Endpoint::ALL.iter().find(|endpoint| endpoint.path() == path) else {
        return refusal(StatusCode::NOT_FOUND, 404, "Endpoint not found");
    };
    let date = |key: &str| query.get(key).and_then(|text| text.parse::<NaiveDate>().ok());
    let Some(first) = date("startDate") else {
        return refusal(StatusCode::BAD_REQUEST, 9, "startDate is required");
    };
    let Some(last) = date("endDate") else {
        return refusal(StatusCode::BAD_REQUEST, 9, "endDate is required");
    };
    let days = Range {
        company: &shared.company,
        facts: shared.company.facts(first, last),
    };
    let agent = query.get("agentName").map(String::as_str);
    Json(days.answer(*endpoint, agent)).into_response()
}

fn refusal(status: StatusCode, id: u64, description: &str) -> Response {
    let body = json!({ "errors": [{ "id": id, "description": description }] });
    (status, Json(body)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::plan::{GeaiPlan, ServerPlan};
    use crate::config::secret::Secret;
    use crate::metric::Metric;
    use crate::money;
    use crate::period::{Calendar, Period};
    use crate::schedule::clock::ManualClock;
    use crate::source::geai::{self, DateRange, GeaiClient};
    use crate::source::sdk::Pace;
    use crate::source::{Dataset, Depth, Need, Silent, SnapshotWriter};
    use rust_decimal::Decimal;
    use std::time::Duration;

    fn plan(platform: &Platform, token: &str) -> GeaiPlan {
        GeaiPlan {
            server: ServerPlan {
                base_url: platform.base_url.parse().unwrap(),
                api_key: Secret::Literal(token.to_owned().into()),
                connect_timeout: Duration::from_secs(10),
                timeout: Duration::from_secs(30),
                attempts: 1,
                ca_file: None,
                runs_at_once: None,
            },
            organization_id: None,
            project_id: None,
            agent: None,
            concurrency: 48,
        }
    }

    async fn october() -> Dataset {
        let company = Company::ending("2026-11-01".parse().unwrap());
        let platform = Platform::start(company, "demo-token").await.unwrap();
        let needs = [Need {
            period: Period::parse("2026-10", Calendar::default()).unwrap(),
            depth: Depth::Full,
        }];
        let folder = tempfile::tempdir().unwrap();
        let writer = SnapshotWriter::create(folder.path()).unwrap();
        let clock = ManualClock::at("2026-11-02T07:00:04Z".parse().unwrap());
        let plan = plan(&platform, "demo-token");
        geai::fetch(
            "globant",
            &plan,
            &needs,
            &writer,
            &clock,
            &Silent,
            Pace::default(),
        )
        .await
        .unwrap();
        geai::decode("globant", &needs, &writer.finish().unwrap()).unwrap()
    }

    #[tokio::test]
    async fn its_totals_are_the_sums_of_its_days_and_one_day_is_silent() {
        let dataset = october().await;
        assert_eq!(dataset.scope.as_deref(), Some("Acme Group / all projects"));
        let window = &dataset.windows[0];
        // The days but the silent one, and four lists of ten.
        assert_eq!(window.rows, 30 + 40);
        assert!(
            window.figures.iter().all(|measure| measure.value.is_some()),
            "{:?}",
            window.figures
        );
        for series in &window.daily {
            let known: Vec<Decimal> = series.points.iter().filter_map(|point| point.1).collect();
            assert_eq!((series.points.len(), known.len()), (31, 30));
            assert_eq!(
                money::sum(known).ok(),
                window.figure(series.metric),
                "{:?}",
                series.metric
            );
        }
        let texts: Vec<_> = dataset
            .notices
            .iter()
            .map(|notice| notice.text.as_str())
            .collect();
        assert_eq!(texts.len(), 1, "{texts:?}");
        assert!(
            texts[0].contains("2026-10-25 is not available")
                && texts[0].contains("cost, requests and tokens")
        );
        for ranking in &window.rankings {
            assert_eq!(ranking.rows.len(), 10);
        }
        assert_eq!(window.rankings[0].rows[0].0, "Customer Support 24/7");
        let average = money::quotient(
            window.figure(Metric::TotalCost).unwrap(),
            window.figure(Metric::TotalRequests).unwrap(),
        );
        assert_eq!(window.figure(Metric::AverageCostPerRequest), average);
    }

    #[tokio::test]
    async fn it_lets_in_nobody_without_the_token_and_stops_when_dropped() {
        let company = Company::ending("2026-11-01".parse().unwrap());
        let platform = Platform::start(company, "demo-token").await.unwrap();
        let clock = ManualClock::at("2026-11-02T07:00:04Z".parse().unwrap());
        let stranger =
            GeaiClient::new("globant", &plan(&platform, "other"), &clock, Pace::default()).unwrap();
        assert!(
            stranger
                .validate_token()
                .await
                .unwrap_err()
                .to_string()
                .contains("401 Unauthorized")
        );
        let friend =
            GeaiClient::new("globant", &plan(&platform, "demo-token"), &clock, Pace::default()).unwrap();
        let range = DateRange {
            first: "2026-10-14".parse().unwrap(),
            last: "2026-10-14".parse().unwrap(),
        };
        let of_one = friend
            .get_total_requests_per_day(range, Some("Customer Support 24/7"))
            .await
            .unwrap();
        let of_all = friend.get_total_requests(range).await.unwrap();
        assert!(of_one.days.unwrap()[0].total_requests < of_all.total_requests);
        drop(platform);
        while friend.get_total_cost(range).await.is_ok() {
            tokio::task::yield_now().await;
        }
    }
}
