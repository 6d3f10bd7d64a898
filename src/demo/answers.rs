//! The answers of the sample platform, each computed from the facts of the days asked for.

use super::company::{Company, Fact};
use crate::money;
use crate::source::geai::Endpoint;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde_json::{Number, Value, json};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

/// The company in a range of days.
pub(super) struct Range<'a> {
    pub(super) company: &'a Company,
    pub(super) facts: &'a [Fact],
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
    /// The body of the answer of an endpoint; only the daily requests heed `agent`.
    pub(super) fn answer(&self, endpoint: Endpoint, agent: Option<&str>) -> Value {
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

    #[test]
    fn it_answers_every_endpoint_even_for_days_without_facts() {
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
}
