//! The embedded sample platform: speaks the analytics protocol of Globant Enterprise AI on loopback, all answers computed
//! from the facts of one [`Company`].

use super::company::{Company, Fact};
use crate::money;
use crate::source::geai::Endpoint;
use axum::Json;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde_json::{Number, Value, json};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::net::Ipv4Addr;
use std::str::FromStr;
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

/// The company in a range of days.
struct Range<'a> {
    company: &'a Company,
    facts: &'a [Fact],
}

/// A measure of a fact.
type Of = fn(&Fact) -> u64;

const REQUESTS: Of = |fact| fact.requests;
const ERRORS: Of = |fact| fact.errors;
const INPUT: Of = |fact| fact.input;
const OUTPUT: Of = |fact| fact.output;
const TOKENS: Of = |fact| fact.input + fact.output;
const MICROS: Of = |fact| fact.micros;
const MILLIS: Of = |fact| fact.millis;

impl<'a> Range<'a> {
    fn answer(&self, endpoint: Endpoint, agent: Option<&str>) -> Value {
        use Endpoint as E;
        match endpoint {
            E::AgentsCreatedAndModified => self.lab(0, ["createdAgents", "modifiedAgents"]),
            E::FlowsCreatedAndModified => self.lab(1, ["createdFlows", "modifiedFlows"]),
            E::ProcessesCreatedAndModified => self.lab(2, ["createdProcesses", "modifiedProcesses"]),
            E::AgentsCreatedAndModifiedPerDay => {
                json!({ "agents": self.lab_days(0, ["created", "modified"]) })
            }
            E::FlowsCreatedAndModifiedPerDay => {
                json!({ "flowsCreatedAndModifiedPerDay": self.lab_days(1, ["createdFlows", "modifiedFlows"]) })
            }
            E::TotalRequests => json!({ "totalRequests": self.sum(REQUESTS) }),
            E::TotalRequestsWithError => json!({ "totalRequestsWithError": self.sum(ERRORS) }),
            E::OverallErrorRate => {
                json!({ "overallErrorRate": ratio(self.sum(ERRORS) * 100, self.sum(REQUESTS)) })
            }
            E::AverageRequestTime => json!({ "averageRequestTime": self.per_request(MILLIS) }),
            E::TotalRequestTime => json!({ "time": ratio(self.sum(MILLIS), 3_600_000) }),
            E::AverageRequestsPerDay => {
                json!({ "averageRequests": ratio(self.sum(REQUESTS), self.by_day().len() as u64) })
            }
            E::AverageRequestsPerUser => {
                json!({ "averageRequests": ratio(self.sum(REQUESTS), self.users()) })
            }
            E::TotalCost => json!({ "totalCost": dollars(self.sum(MICROS)) }),
            E::AverageCostPerRequest => {
                json!({ "averageCostPerRequest": cost(self.sum(MICROS), self.sum(REQUESTS)) })
            }
            E::AverageCostPerUser => json!({ "averageCost": cost(self.sum(MICROS), self.users()) }),
            E::TotalTokens | E::NumberOfTokens => tokens(json!({}), self.facts),
            E::AverageTokensPerRequest => json!({
                "input": self.per_request(INPUT), "output": self.per_request(OUTPUT), "total": self.per_request(TOKENS),
            }),
            E::TotalActiveUsers => json!({ "totalActiveUsers": self.users() }),
            E::TotalActiveAgents => json!({ "totalActiveAgents": distinct(self.facts, |fact| fact.agent) }),
            E::TotalActiveProjects => {
                json!({ "totalActiveProjects": distinct(self.facts, |fact| Company::project(fact.agent)) })
            }
            E::AverageUsersPerAgent => {
                json!({ "averageUsers": self.users_per(|fact| Company::agent(fact.agent)) })
            }
            E::AverageUsersPerProject => {
                json!({ "averageUsers": self.users_per(|fact| Company::project(fact.agent)) })
            }
            _ => self.list(endpoint, agent),
        }
    }

    /// The answers that are lists.
    fn list(&self, endpoint: Endpoint, agent: Option<&str>) -> Value {
        use Endpoint as E;
        match endpoint {
            E::TotalRequestsPerDay => json!({ "totalRequestsPerDay": self.days(|date, facts| {
                let chosen = || facts.iter().filter(|fact| agent.is_none_or(|name| Company::agent(fact.agent) == name));
                json!({
                    "date": date,
                    "totalRequests": chosen().map(REQUESTS).sum::<u64>(),
                    "totalRequestsWithError": chosen().map(ERRORS).sum::<u64>(),
                })
            }) }),
            E::AverageRequestsPerUserPerDate => json!({ "averageRequestsPerUser": self.days(|date, facts| {
                let users = distinct(facts, |fact| fact.user);
                json!({ "date": date, "averageRequests": ratio(sum(facts, REQUESTS), users) })
            }) }),
            E::TotalCostPerDay => json!({ "totalCostPerDay": self.days(|date, facts| {
                json!({ "date": date, "totalCost": dollars(sum(facts, MICROS)) })
            }) }),
            E::AverageCostPerUserPerDate => json!({ "averageCostPerUser": self.days(|date, facts| {
                let users = distinct(facts, |fact| fact.user);
                json!({ "date": date, "averageCost": cost(sum(facts, MICROS), users) })
            }) }),
            E::NumberOfTokensPerDay => {
                json!({ "numberOfTokens": self.days(|date, facts| tokens(json!({ "date": date }), facts)) })
            }
            E::NumberOfTokensPerAgent => json!({ "numberOfTokens": group(self.facts, |fact| fact.agent)
                .into_iter()
                .map(|(agent, facts)| {
                    tokens(json!({ "agent": Company::agent(agent), "model": Company::model(agent) }), &facts)
                })
                .collect::<Vec<_>>() }),
            E::AgentUsagePerUser => json!({ "agentUsage": group(self.facts, |fact| fact.user)
                .into_iter()
                .map(|(user, facts)| {
                    let mut row = user_row(user);
                    row["totalCost"] = dollars(sum(&facts, MICROS));
                    row["totalRequests"] = sum(&facts, REQUESTS).into();
                    row["totalTokens"] = sum(&facts, TOKENS).into();
                    row
                })
                .collect::<Vec<_>>() }),
            E::Top10AgentsByRequests => json!({ "top10Agents": self.top_agents("totalRequests", REQUESTS) }),
            E::Top10AgentsByTokens => json!({ "top10Agents": self.top_agents("totalTokens", TOKENS) }),
            E::Top10UsersByRequests => {
                json!({ "top10Users": self.top_users("totalRequests", REQUESTS, Value::from) })
            }
            E::Top10UsersByCost => json!({ "top10Users": self.top_users("totalCost", MICROS, dollars) }),
            // Everything else is answered by `answer`.
            _ => json!({}),
        }
    }

    fn sum(&self, of: Of) -> u64 {
        sum(self.facts, of)
    }

    fn per_request(&self, of: Of) -> Value {
        ratio(self.sum(of), self.sum(REQUESTS))
    }

    fn users(&self) -> u64 {
        distinct(self.facts, |fact| fact.user)
    }

    fn users_per<K: Ord>(&self, key: impl Fn(&Fact) -> K) -> Value {
        let groups = group(self.facts, key);
        let users = groups
            .values()
            .map(|facts| distinct(facts, |fact| fact.user))
            .sum();
        ratio(users, groups.len() as u64)
    }

    fn by_day(&self) -> Vec<(NaiveDate, &'a [Fact])> {
        self.facts
            .chunk_by(|a, b| a.date == b.date)
            .map(|facts| (facts[0].date, facts))
            .collect()
    }

    fn days(&self, row: impl Fn(NaiveDate, &[Fact]) -> Value) -> Vec<Value> {
        self.by_day()
            .into_iter()
            .map(|(date, facts)| row(date, facts))
            .collect()
    }

    fn lab(&self, kind: u64, [created, modified]: [&str; 2]) -> Value {
        let days = self
            .by_day()
            .into_iter()
            .map(|(date, _)| self.company.lab(date, kind));
        let (all_created, all_modified) = days.fold((0, 0), |sum, day| (sum.0 + day.0, sum.1 + day.1));
        json!({ created: all_created, modified: all_modified })
    }

    fn lab_days(&self, kind: u64, [created, modified]: [&str; 2]) -> Vec<Value> {
        self.days(|date, _| {
            let day = self.company.lab(date, kind);
            json!({ "date": date, created: day.0, modified: day.1 })
        })
    }

    fn top_agents(&self, key: &str, of: Of) -> Vec<Value> {
        top(group(self.facts, |fact| fact.agent), of)
            .into_iter()
            .map(|(agent, value)| json!({ "agent": Company::agent(agent), key: value }))
            .collect()
    }

    fn top_users(&self, key: &str, of: Of, show: fn(u64) -> Value) -> Vec<Value> {
        top(group(self.facts, |fact| fact.user), of)
            .into_iter()
            .map(|(user, value)| {
                let mut row = user_row(user);
                row[key] = show(value);
                row
            })
            .collect()
    }
}

fn sum(facts: &[Fact], of: Of) -> u64 {
    facts.iter().map(of).sum()
}

fn distinct<K: Ord>(facts: &[Fact], key: impl Fn(&Fact) -> K) -> u64 {
    facts.iter().map(key).collect::<BTreeSet<_>>().len() as u64
}

fn group<K: Ord>(facts: &[Fact], key: impl Fn(&Fact) -> K) -> BTreeMap<K, Vec<Fact>> {
    let mut groups: BTreeMap<K, Vec<Fact>> = BTreeMap::new();
    for fact in facts {
        groups.entry(key(fact)).or_default().push(*fact);
    }
    groups
}

fn top(groups: BTreeMap<usize, Vec<Fact>>, of: Of) -> Vec<(usize, u64)> {
    let mut sums: Vec<(usize, u64)> = groups
        .into_iter()
        .map(|(key, facts)| (key, sum(&facts, of)))
        .collect();
    sums.sort_by_key(|(_, value)| Reverse(*value));
    sums.truncate(10);
    sums
}

fn user_row(user: usize) -> Value {
    let (id, name) = Company::user(user);
    json!({ "user": id, "userName": name })
}

fn tokens(mut row: Value, facts: &[Fact]) -> Value {
    for (key, of) in [("input", INPUT), ("output", OUTPUT), ("total", TOKENS)] {
        row[key] = sum(facts, of).into();
    }
    row
}

/// Micro-dollars as dollars, digit by digit.
fn dollars(micros: u64) -> Value {
    number(Decimal::from(micros) / Decimal::from(1_000_000))
}

fn cost(micros: u64, by: u64) -> Value {
    number(
        money::quotient(
            Decimal::from(micros),
            Decimal::from(by) * Decimal::from(1_000_000),
        )
        .unwrap_or_default(),
    )
}

/// A mean as the platform sends it: zero where there is nothing to divide by.
fn ratio(whole: u64, by: u64) -> Value {
    number(money::quotient(Decimal::from(whole), Decimal::from(by)).unwrap_or_default())
}

fn number(value: Decimal) -> Value {
    Number::from_str(&value.normalize().to_string()).map_or(Value::Null, Value::Number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::plan::GeaiPlan;
    use crate::config::secret::Secret;
    use crate::metric::Metric;
    use crate::schedule::clock::ManualClock;
    use crate::source::geai::{self, DateRange, GeaiClient};
    use crate::source::sdk::Pace;
    use crate::source::{Dataset, Depth, Need, Silent, SnapshotWriter};
    use std::time::Duration;

    fn plan(platform: &Platform, token: &str) -> GeaiPlan {
        GeaiPlan {
            base_url: platform.base_url.parse().unwrap(),
            api_key: Secret::Literal(token.to_owned().into()),
            organization_id: None,
            project_id: None,
            agent: None,
            concurrency: 48,
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(30),
            attempts: 1,
            ca_file: None,
        }
    }

    async fn october() -> Dataset {
        let company = Company::ending("2026-11-01".parse().unwrap());
        let platform = Platform::start(company, "demo-token").await.unwrap();
        let period = json!({ "start": "2026-10-01", "end": "2026-11-01", "id": "2026-10" });
        let needs = [Need {
            period: serde_json::from_value(period).unwrap(),
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
    async fn it_answers_every_endpoint_even_for_days_without_facts() {
        let company = Company::ending("2026-11-01".parse().unwrap());
        for (first, last) in [
            ("2026-10-13", "2026-10-14"),
            ("2026-10-14", "2026-10-13"),
            ("2030-01-01", "2030-01-02"),
        ] {
            let (first, last) = (first.parse().unwrap(), last.parse().unwrap());
            let range = Range {
                company: &company,
                facts: company.facts(first, last),
            };
            for endpoint in Endpoint::ALL {
                let answer = range.answer(*endpoint, None);
                assert!(
                    answer.as_object().is_some_and(|object| !object.is_empty()),
                    "{endpoint:?}"
                );
            }
        }
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
        tokio::task::yield_now().await;
        assert!(friend.get_total_cost(range).await.is_err());
    }
}
