//! The four top lists.

use super::answers;
use super::decode::Reader;
use super::endpoint::{Call, DateRange, Endpoint};
use crate::language::say;
use crate::period::Period;
use crate::source::sdk::Flaws;
use crate::source::{Ranking, SourceError, TopList};
use rust_decimal::Decimal;
use std::cmp::Reverse;

/// Longest ranking that is taken over.
const MAX_RANKED: usize = 10;

/// A ranked name, if there is one, and its value.
type Entry = (Option<String>, Option<Decimal>);

/// The four lists of a period, each by descending value, then by name.
pub(super) fn read(reader: &mut Reader<'_>, period: &Period) -> Result<Vec<Ranking>, SourceError> {
    TopList::ALL
        .into_iter()
        .map(|list| ranking(reader, period, list))
        .collect()
}

fn ranking(reader: &mut Reader<'_>, period: &Period, list: TopList) -> Result<Ranking, SourceError> {
    let (endpoint, entries, flaws) = entries(reader, period, list)?;
    reader.list_flaws(period, endpoint, &flaws);
    let known = entries.is_some();
    let mut rows = Vec::new();
    let mut nameless = 0_u64;
    for (name, value) in entries.unwrap_or_default() {
        reader.check_count(list.metric(), value, endpoint)?;
        match name {
            Some(name) => rows.push((name, value)),
            None => nameless += 1,
        }
    }
    if nameless > 0 {
        let text = say!(
            "nameless-rows",
            "period" = period,
            "count" = nameless,
            "path" = endpoint.path(),
        );
        reader.notice(text, true);
    }
    rows.sort_by(|a, b| (Reverse(a.1), &a.0).cmp(&(Reverse(b.1), &b.0)));
    rows.truncate(MAX_RANKED);
    Ok(Ranking { list, known, rows })
}

/// The rows of one list; a user goes by name where there is one, else by id.
fn entries(
    reader: &Reader<'_>,
    period: &Period,
    list: TopList,
) -> Result<(Endpoint, Option<Vec<Entry>>, Flaws), SourceError> {
    let request = |endpoint| Call::new(endpoint, DateRange::from(period)).request();
    Ok(match list {
        TopList::TopAgentsByRequests => {
            let endpoint = Endpoint::Top10AgentsByRequests;
            let (answer, flaws) = reader.read::<answers::Top10AgentsByRequests>(&request(endpoint))?;
            (
                endpoint,
                each(answer.agents, |row| (row.agent, row.total_requests)),
                flaws,
            )
        }
        TopList::TopAgentsByTokens => {
            let endpoint = Endpoint::Top10AgentsByTokens;
            let (answer, flaws) = reader.read::<answers::Top10AgentsByTokens>(&request(endpoint))?;
            (
                endpoint,
                each(answer.agents, |row| (row.agent, row.total_tokens)),
                flaws,
            )
        }
        TopList::TopUsersByRequests => {
            let endpoint = Endpoint::Top10UsersByRequests;
            let (answer, flaws) = reader.read::<answers::Top10UsersByRequests>(&request(endpoint))?;
            (
                endpoint,
                each(answer.users, |row| {
                    (row.user_name.or(row.user), row.total_requests)
                }),
                flaws,
            )
        }
        TopList::TopUsersByCost => {
            let endpoint = Endpoint::Top10UsersByCost;
            let (answer, flaws) = reader.read::<answers::Top10UsersByCost>(&request(endpoint))?;
            (
                endpoint,
                each(answer.users, |row| (row.user_name.or(row.user), row.total_cost)),
                flaws,
            )
        }
    })
}

fn each<T>(rows: Option<Vec<T>>, read: impl Fn(T) -> Entry) -> Option<Vec<Entry>> {
    Some(rows?.into_iter().map(read).collect())
}
