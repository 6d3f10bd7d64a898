//! The headline figures: one answer after the other, each value as sent or unknown.

use super::answers;
use super::decode::Reader;
use super::endpoint::{Call, DateRange, Endpoint};
use super::error_rate;
use crate::language::say;
use crate::metric::{FULL_REPORT, Metric};
use crate::period::Period;
use crate::source::sdk::{Flaw, Wire};
use crate::source::{Measure, SourceError};
use rust_decimal::Decimal;

/// The 21 figures of a period, in the order of the full report, as the platform sent them.
pub(super) fn read(reader: &mut Reader<'_>, period: &Period) -> Result<Vec<Measure>, SourceError> {
    use Metric as M;
    let mut figures = Figures {
        reader,
        period,
        list: Vec::with_capacity(FULL_REPORT.len()),
    };
    figures.read(
        Endpoint::AgentsCreatedAndModified,
        |a: answers::AgentsCreatedAndModified| {
            [
                (M::AgentsCreated, a.created_agents),
                (M::AgentsModified, a.modified_agents),
            ]
        },
    )?;
    figures.read(
        Endpoint::FlowsCreatedAndModified,
        |a: answers::FlowsCreatedAndModified| {
            [
                (M::FlowsCreated, a.created_flows),
                (M::FlowsModified, a.modified_flows),
            ]
        },
    )?;
    figures.read(
        Endpoint::ProcessesCreatedAndModified,
        |a: answers::ProcessesCreatedAndModified| {
            [
                (M::ProcessesCreated, a.created_processes),
                (M::ProcessesModified, a.modified_processes),
            ]
        },
    )?;
    figures.read(Endpoint::TotalRequests, |a: answers::TotalRequests| {
        [(M::TotalRequests, a.total_requests)]
    })?;
    figures.read(
        Endpoint::TotalRequestsWithError,
        |a: answers::TotalRequestsWithError| [(M::RequestsWithErrors, a.total_requests_with_error)],
    )?;
    figures.read(Endpoint::OverallErrorRate, |a: answers::OverallErrorRate| {
        [(M::ErrorRate, a.overall_error_rate)]
    })?;
    figures.settle_error_rate();
    figures.read(Endpoint::AverageRequestTime, |a: answers::AverageRequestTime| {
        [(M::AverageRequestTime, a.average_request_time)]
    })?;
    figures.read(Endpoint::TotalCost, |a: answers::TotalCost| {
        [(M::TotalCost, a.total_cost)]
    })?;
    figures.read(
        Endpoint::AverageCostPerRequest,
        |a: answers::AverageCostPerRequest| [(M::AverageCostPerRequest, a.average_cost_per_request)],
    )?;
    figures.read(Endpoint::TotalTokens, |a: answers::TokenCounts| {
        [
            (M::InputTokens, a.input),
            (M::OutputTokens, a.output),
            (M::TotalTokens, a.total),
        ]
    })?;
    figures.read(
        Endpoint::AverageTokensPerRequest,
        |a: answers::AverageTokensPerRequest| {
            [
                (M::AverageInputTokensPerRequest, a.input),
                (M::AverageOutputTokensPerRequest, a.output),
                (M::AverageTokensPerRequest, a.total),
            ]
        },
    )?;
    figures.read(Endpoint::TotalActiveUsers, |a: answers::TotalActiveUsers| {
        [(M::ActiveUsers, a.total_active_users)]
    })?;
    figures.read(Endpoint::TotalActiveAgents, |a: answers::TotalActiveAgents| {
        [(M::ActiveAgents, a.total_active_agents)]
    })?;
    figures.read(
        Endpoint::TotalActiveProjects,
        |a: answers::TotalActiveProjects| [(M::ActiveProjects, a.total_active_projects)],
    )?;
    Ok(figures.list)
}

/// The headline figures of one period, while they are read.
struct Figures<'r, 'a> {
    reader: &'r mut Reader<'a>,
    period: &'r Period,
    list: Vec<Measure>,
}

impl Figures<'_, '_> {
    /// Reads one answer; `pick` names its fields in their order.
    fn read<T: Wire, const N: usize>(
        &mut self,
        endpoint: Endpoint,
        pick: impl Fn(T) -> [(Metric, Option<Decimal>); N],
    ) -> Result<(), SourceError> {
        let call = Call::new(endpoint, DateRange::from(self.period));
        let (answer, flaws) = self.reader.read::<T>(&call.request())?;
        // Every unknown field left one flaw, in the same order.
        let mut flaws = flaws.list().iter();
        for (metric, value) in pick(answer) {
            self.reader.check_count(metric, value, endpoint)?;
            if value.is_none()
                && let Some(Flaw { field, what }) = flaws.next()
            {
                let text = say!(
                    "figure-flaw",
                    "period" = self.period,
                    "figure" = metric.text(),
                    "path" = endpoint.path(),
                    "field" = field,
                    "flaw" = what,
                );
                self.reader.notice(text, true);
            }
            self.list.push(Measure { metric, value });
        }
        Ok(())
    }

    /// Turns the error rate, which was read last, into per cent.
    fn settle_error_rate(&mut self) {
        let value = |metric| self.list.iter().find(|measure| measure.metric == metric)?.value;
        let Some(sent) = value(Metric::ErrorRate) else {
            return;
        };
        let settled = error_rate::settle(
            sent,
            value(Metric::TotalRequests),
            value(Metric::RequestsWithErrors),
        );
        if let Some(measure) = self.list.last_mut() {
            measure.value = settled.percent;
        }
        if let Some(doubt) = settled.doubt {
            let figure = Metric::ErrorRate.text();
            let period = self.period;
            let text = say!(
                "rate-doubted",
                "period" = period,
                "figure" = figure,
                "doubt" = doubt
            );
            self.reader.notice(text, settled.percent.is_none());
        }
    }
}
