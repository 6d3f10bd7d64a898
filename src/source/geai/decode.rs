//! Decoding: a snapshot of answers becomes a dataset, and whatever is missing or odd becomes a sentence.

use super::PLATFORM;
use super::answers::{NumberOfTokensPerDay, TokenScope, TotalCostPerDay, TotalRequestsPerDay};
use super::daily::{self, Day};
use super::endpoint::{Call, DateRange, Endpoint, VALIDATE};
use super::fault::fault;
use super::fetch::CONFIGURED;
use super::{figures, rankings};
use crate::language::say;
use crate::metric::{Metric, Unit};
use crate::money::Currency;
use crate::period::Period;
use crate::source::sdk::{self, Flaw, Flaws, Row, Wire};
use crate::source::{Dataset, Need, Ranking, Series, Snapshot, SourceError, Window};
use chrono::NaiveDate;
use percent_encoding::percent_decode_str;
use rust_decimal::Decimal;
use std::collections::BTreeSet;

/// Decodes a snapshot. Pure.
///
/// # Errors
/// [`SourceError::Contradiction`] where an answer is not there, is no answer, or contradicts itself.
pub fn decode(name: &str, needs: &[Need], snapshot: &Snapshot) -> Result<Dataset, SourceError> {
    let mut reader = Reader::open(name, snapshot, ())?;
    let scope = reader.scope()?;
    let windows = needs
        .iter()
        .map(|need| reader.about(need, |reader| reader.window(need)))
        .collect::<Result<_, _>>()?;
    let (fetched_at, today) = (reader.fetched_at, reader.today());
    let running = needs.iter().any(|need| need.period.end() > today);
    Ok(Dataset {
        source: name.to_owned(),
        platform: PLATFORM.into(),
        scope,
        currency: Some(Currency::USD),
        zone: Some("UTC".to_owned()),
        fetched_at,
        provisional_through: running.then_some(fetched_at),
        at_own_rates: Vec::new(),
        own_trend: None,
        reach: crate::source::dataset::Reach::Always,
        windows,
        notices: reader.into_notices(),
    })
}

/// The days for which any value was sent, and the places of the top lists.
fn rows(daily: &[Series], rankings: &[Ranking]) -> u64 {
    let points = daily.iter().flat_map(|series| &series.points);
    let days: BTreeSet<NaiveDate> = points
        .filter(|(_, value)| value.is_some())
        .map(|(date, _)| *date)
        .collect();
    let places: usize = rankings.iter().map(|ranking| ranking.rows.len()).sum();
    (days.len() + places) as u64
}

pub(super) type Reader<'a> = sdk::Reader<'a, ()>;

impl Reader<'_> {
    pub(super) fn read<T: Wire>(&self, request: &str) -> Result<(T, Flaws), SourceError> {
        let value = self.good_answer(request, fault)?;
        let row = Row::whole(&value)
            .ok_or_else(|| self.contradiction(format!("the stored answer to {request} is no JSON object")))?;
        let mut flaws = Flaws::default();
        let answer = T::read(&row, &mut flaws);
        Ok((answer, flaws))
    }

    /// Whose figures these are: names where the platform told them, else the configured ids.
    fn scope(&self) -> Result<Option<String>, SourceError> {
        let mut scopes = Vec::new();
        for request in [CONFIGURED, &format!("GET {VALIDATE}")] {
            if self.snapshot.text(request).is_some() {
                scopes.push(self.read::<TokenScope>(request)?.0);
            }
        }
        let part = |id: fn(&TokenScope) -> &Option<String>, name: fn(&TokenScope) -> &Option<String>| {
            // The first scope that names an id decides, and any scope with this id may lend its name.
            let decided = scopes.iter().find_map(|scope| id(scope).clone());
            let named = scopes
                .iter()
                .filter(|scope| *id(scope) == decided)
                .find_map(|scope| name(scope).clone());
            named.or(decided)
        };
        let parts = [
            part(|scope| &scope.organization_id, |scope| &scope.organization_name),
            part(|scope| &scope.project_id, |scope| &scope.project_name),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        Ok((!parts.is_empty()).then(|| parts.join(" / ")))
    }

    fn window(&mut self, need: &Need) -> Result<Window, SourceError> {
        let figures = figures::read(self, &need.period)?;
        let daily = self.daily(need)?;
        let rankings = if need.depth.has_rankings() {
            rankings::read(self, &need.period)?
        } else {
            Vec::new()
        };
        Ok(Window {
            period: need.period.clone(),
            rows: rows(&daily, &rankings),
            figures,
            daily,
            rankings,
            breakdowns: Vec::new(),
            items: None,
            organization: None,
            daily_by: Vec::new(),
            converted: None,
            unrelated: &[],
        })
    }

    fn daily(&mut self, need: &Need) -> Result<Vec<Series>, SourceError> {
        let range = DateRange::from(&need.period);
        let call = Call::new(Endpoint::TotalCostPerDay, range);
        let (answer, flaws) = self.read::<TotalCostPerDay>(&call.request())?;
        let days = answer
            .days
            .map(|days| days.into_iter().map(|d| Day(d.date, [d.total_cost])).collect());
        let (cost, no_cost) = daily::series(self, need, &call, [Metric::TotalCost], days, &flaws)?;
        if !need.depth.is_whole() {
            return Ok(cost.into());
        }

        let (request, agent) = self.daily_requests(range);
        let (answer, flaws) = self.read::<TotalRequestsPerDay>(&request)?;
        let days = answer.days.map(|days| {
            days.into_iter()
                .map(|d| Day(d.date, [d.total_requests, d.total_requests_with_error]))
                .collect()
        });
        let metrics = [Metric::TotalRequests, Metric::RequestsWithErrors];
        let call = Call::new(Endpoint::TotalRequestsPerDay, range);
        let (mut requests, no_requests) = daily::series(self, need, &call, metrics, days, &flaws)?;
        if let Some(agent) = agent {
            for series in &mut requests {
                series.whole = false;
            }
            let text = say!("requests-of-agent", "period" = &need.period, "agent" = agent);
            self.notice(text, false);
        }

        let call = Call::new(Endpoint::NumberOfTokensPerDay, range);
        let (answer, flaws) = self.read::<NumberOfTokensPerDay>(&call.request())?;
        let days = answer.days.map(|days| {
            days.into_iter()
                .map(|d| Day(d.date, [d.input, d.output, d.total]))
                .collect()
        });
        let metrics = [Metric::InputTokens, Metric::OutputTokens, Metric::TotalTokens];
        let (tokens, no_tokens) = daily::series(self, need, &call, metrics, days, &flaws)?;

        daily::name_absent_days(
            self,
            need,
            [
                (say!("daily-cost"), no_cost),
                (say!("daily-requests"), no_requests),
                (say!("daily-tokens"), no_tokens),
            ],
        );
        Ok(cost.into_iter().chain(requests).chain(tokens).collect())
    }

    /// The request that asked for the daily requests, and the one agent that it was about, if it was.
    fn daily_requests(&self, range: DateRange) -> (String, Option<String>) {
        let all = Call::new(Endpoint::TotalRequestsPerDay, range).request();
        let of_one = format!("{all}&agentName=");
        let agent = self.snapshot.answers().iter().find_map(|answer| {
            let agent = answer.request.strip_prefix(&of_one)?;
            Some((
                answer.request.clone(),
                percent_decode_str(agent).decode_utf8_lossy().into_owned(),
            ))
        });
        agent.map_or((all, None), |(request, agent)| (request, Some(agent)))
    }

    /// Whether a day was over when the answers came; until then its row may rightly be absent.
    pub(super) fn was_over(&self, day: NaiveDate) -> bool {
        day < self.today()
    }

    /// One sentence about all the values of a list that cannot be read.
    pub(super) fn list_flaws(&mut self, period: &Period, endpoint: Endpoint, flaws: &Flaws) {
        let Some(Flaw { field, what }) = flaws.list().first() else {
            return;
        };
        let path = endpoint.path();
        let text = match flaws.count() - 1 {
            0 => say!(
                "answer-flaw",
                "period" = period,
                "path" = path,
                "field" = field,
                "flaw" = what
            ),
            more => say!(
                "answer-flaws",
                "period" = period,
                "path" = path,
                "field" = field,
                "flaw" = what,
                "count" = more,
            ),
        };
        self.notice(text, true);
    }

    /// Counts below zero mean that the answer is not what we think it is; an amount may be a credit.
    pub(super) fn check_count(
        &self,
        metric: Metric,
        value: Option<Decimal>,
        endpoint: Endpoint,
    ) -> Result<(), SourceError> {
        let counted = matches!(metric.unit(), Unit::Count | Unit::Tokens);
        let value = value.filter(|_| counted);
        self.refuse_negative(endpoint.path(), metric.key(), [value])
    }
}
