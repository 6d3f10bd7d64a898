//! Decoding: a snapshot of answers becomes a dataset, and whatever is missing or odd becomes a sentence.

use super::PLATFORM;
use super::client::data;
use super::cost_list::{self, CostList};
use super::endpoint::Call;
use super::fault::fault;
use super::fetch::CONFIGURED;
use super::retention::kept_since;
use super::usage::UsagePart;
use super::{breakdowns, costs, performance, usage};
use crate::config::plan::{BilledIn, Tier};
use crate::language::{Text, say};
use crate::metric::Metric;
use crate::source::dataset::Reach;
use crate::source::sdk::{self, Flaw, Flaws, Wire};
use crate::source::{Dataset, Depth, Measure, Need, Ranking, Series, Snapshot, SourceError, TopList, Window};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Deserialize;
use std::collections::BTreeSet;

/// Longest ranking.
const MAX_RANKED: usize = 10;

/// Most characters of a text of the platform within a sentence.
const MAX_SHOWN: usize = 60;

/// What was configured when the answers were fetched.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct Configured {
    pub(super) currency: BilledIn,
    tier: Option<Tier>,
}

/// Decodes a snapshot. Pure.
///
/// # Errors
/// [`SourceError::Contradiction`] where an answer is not there, is no answer, or contradicts itself or another one.
pub fn decode(name: &str, needs: &[Need], snapshot: &Snapshot) -> Result<Dataset, SourceError> {
    let mut reader = Reader::open(name, snapshot, configured(name, snapshot)?)?;
    let lists = cost_list::read(&mut reader)?;
    let currency = cost_list::currency(&mut reader, &lists)?;
    let mut windows = Vec::with_capacity(needs.len());
    for need in needs {
        windows.push(reader.about(need, |reader| reader.window(need, &lists))?);
    }
    reader.tell_of_retention(needs, &windows);
    let own_trend = performance::tell(&mut reader, needs)?;
    let (fetched_at, today) = (reader.fetched_at, reader.today());
    Ok(Dataset {
        source: name.to_owned(),
        platform: PLATFORM.into(),
        scope: None,
        currency: Some(currency),
        zone: Some("UTC".to_owned()),
        fetched_at,
        provisional_through: needs
            .iter()
            .any(|need| need.period.end() > today)
            .then_some(fetched_at),
        at_own_rates: Vec::new(),
        own_trend,
        reach: Reach::Always,
        windows,
        notices: reader.into_notices(),
    })
}

/// What was configured, which every snapshot tells.
fn configured(name: &str, snapshot: &Snapshot) -> Result<Configured, SourceError> {
    let configured = snapshot
        .text(CONFIGURED)
        .and_then(|text| serde_json::from_str(text).ok());
    configured.ok_or_else(|| SourceError::Contradiction {
        source_name: name.to_owned(),
        reason: "the snapshot does not say what was asked; fetch it again".to_owned(),
    })
}

pub(super) type Reader<'a> = sdk::Reader<'a, Configured>;

impl Reader<'_> {
    pub(super) fn holds(&self, call: Call) -> bool {
        self.snapshot.text(&call.request()).is_some()
    }

    pub(super) fn read<T: Wire + Default>(&self, call: Call) -> Result<(T, Flaws), SourceError> {
        let value = self.good_answer(&call.request(), fault)?;
        let mut flaws = Flaws::default();
        Ok((data(&value, &mut flaws), flaws))
    }

    /// One sentence about all the values of an answer that cannot be read, but for those whose place begins with `but`.
    pub(super) fn tell_flaws(&mut self, about: Text, call: Call, flaws: &Flaws, but: &str) {
        let told: Vec<&Flaw> = flaws
            .list()
            .iter()
            .filter(|flaw| but.is_empty() || !flaw.field.starts_with(but))
            .collect();
        let Some(Flaw { field, what }) = told.first() else {
            return;
        };
        // Flaws beyond those that are kept are counted, wherever they are.
        let path = call.path();
        let text = match told.len() - 1 + (flaws.count() - flaws.list().len()) {
            0 => say!(
                "value-flaw",
                "about" = about,
                "path" = path,
                "field" = field,
                "flaw" = what
            ),
            more => say!(
                "value-flaws",
                "about" = about,
                "path" = path,
                "field" = field,
                "flaw" = what,
                "count" = more,
            ),
        };
        self.notice(text, true);
    }

    fn window(&mut self, need: &Need, lists: &[CostList]) -> Result<Window, SourceError> {
        let since = self.kept_since().filter(|since| need.period.start() < *since);
        let Some(since) = since else {
            return self.told_window(need, lists);
        };
        // Whatever would be said of the answers is beside the point.
        let mut window = self.silently(|reader| reader.told_window(need, lists))?;
        self.forget(&mut window, since);
        Ok(window)
    }

    /// The window as the platform tells it.
    fn told_window(&mut self, need: &Need, lists: &[CostList]) -> Result<Window, SourceError> {
        let usage = usage::read(self, need)?;
        let costs = costs::of_period(self, need, lists, &usage)?;
        let mut figures = usage.figures.clone();
        figures.extend(
            [
                (Metric::TotalCost, costs.total),
                (Metric::AverageCostPerTask, costs.average_per_task),
            ]
            .map(|(metric, value)| Measure { metric, value }),
        );
        let breakdowns = breakdowns::of_period(self, need, &figures, &usage, &costs);
        let daily: Vec<Series> = [costs.series].into_iter().chain(usage.daily.clone()).collect();
        Ok(Window {
            period: need.period.clone(),
            rows: rows(&daily),
            figures,
            daily,
            rankings: rankings(&usage),
            breakdowns,
            items: None,
            converted: None,
            organization: None,
            daily_by: Vec::new(),
            unrelated: &[],
        })
    }

    fn kept_since(&self) -> Option<NaiveDate> {
        kept_since(self.configured.tier?, self.fetched_at)
    }

    /// Takes out of a window what rests on days that the platform no longer keeps.
    fn forget(&mut self, window: &mut Window, since: NaiveDate) {
        for measure in &mut window.figures {
            measure.value = None;
        }
        for (day, value) in window.daily.iter_mut().flat_map(|series| &mut series.points) {
            *value = value.filter(|_| *day >= since);
        }
        window.rankings.clear();
        window.breakdowns.clear();
        window.rows = rows(&window.daily);
        let tier = self.configured.tier.map_or("", Tier::word);
        let text = say!(
            "not-retained",
            "period" = &window.period,
            "tier" = tier,
            "since" = since,
        );
        self.notice(text, true);
    }

    /// Without a tier nobody knows whether old days are still kept.
    fn tell_of_retention(&mut self, needs: &[Need], windows: &[Window]) {
        let since = kept_since(Tier::Free, self.fetched_at);
        let Some(since) = since.filter(|_| self.configured.tier.is_none()) else {
            return;
        };
        let told = needs.iter().zip(windows);
        let mut old = told
            .filter(|(need, _)| need.depth != Depth::Days && need.period.start() < since)
            .map(|(_, window)| window)
            .peekable();
        if old.peek().is_none() {
            return;
        }
        let untiered = say!("tier-not-configured", "since" = since);
        let empty = old
            .filter(|window| {
                window
                    .figure(Metric::TotalTasks)
                    .is_some_and(|tasks| tasks.is_zero())
            })
            .map(|window| Text::from(&window.period))
            .reduce(|one, next| say!("and", "one" = one, "next" = next));
        let text = match empty {
            Some(periods) => {
                let nothing = say!("tier-nothing-answered", "periods" = periods);
                Text::joined(&[untiered, nothing], " ")
            }
            None => untiered,
        };
        self.notice(text, false);
    }
}

/// The days for which any value was sent.
fn rows(daily: &[Series]) -> u64 {
    let points = daily.iter().flat_map(|series| &series.points);
    let days: BTreeSet<NaiveDate> = points
        .filter(|(_, value)| value.is_some())
        .map(|(date, _)| *date)
        .collect();
    days.len() as u64
}

/// The one top list that follows from the usage of all agents.
fn rankings(usage: &UsagePart) -> Vec<Ranking> {
    let Some(agents) = &usage.by_agent else {
        return Vec::new();
    };
    let mut rows: Vec<(String, Option<Decimal>)> = agents
        .iter()
        .filter(|(_, agent)| agent.tokens.is_some())
        .map(|(name, agent)| (name.clone(), agent.tokens))
        .collect();
    rows.sort_by(|(a_name, a), (b_name, b)| b.cmp(a).then_with(|| a_name.cmp(b_name)));
    rows.truncate(MAX_RANKED);
    if rows.is_empty() {
        return Vec::new();
    }
    vec![Ranking {
        list: TopList::TopAgentsByTokens,
        known: true,
        rows,
    }]
}

/// A text of the platform within a sentence: on one line, and not all of it where it is long.
pub(super) fn shown(text: &str) -> String {
    let line = text.split(char::is_control).collect::<Vec<_>>().join(" ");
    if line.chars().count() <= MAX_SHOWN {
        return line;
    }
    line.chars().take(MAX_SHOWN).chain(['…']).collect()
}
