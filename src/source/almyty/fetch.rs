//! Fetching: which surface the server has, then list after list, period by period.

use super::client::{Client, Spared, anything_but_the_key, kept_from_us};
use super::documented;
use super::keep::{Keeper, Kept};
use super::names::NAMED;
use super::settings::Settings;
use super::slices::Slice;
use super::target::{self, AGENT_RUNS, Export, LLM_USAGE, OVERVIEW, SPEND, request};
use crate::config::plan::{AlmytyPlan, AlmytySurface};
use crate::schedule::clock::Clock;
use crate::source::sdk::{Listed, Lost, Pace};
use crate::source::{Depth, Need, Progress, Recourse, SnapshotWriter, SourceError};
use chrono::NaiveDate;

/// Before a request in the snapshot: why there is no answer to it.
pub(super) const LACKING: &str = "lacking:";
/// Before a request in the snapshot: what the platform counts of its answer.
pub(super) const COUNTED: &str = "counted:";
/// Rows of one page of the audit trail.
const AUDIT_ROWS: usize = 200;
/// Calls that are made once, whatever the periods.
const ONCE: [&str; 3] = [LLM_USAGE, AGENT_RUNS, SPEND];
/// Lists for each period: conversations, requests, tool executions, invoices.
const LISTS: u64 = 4;

/// Fetches everything that `needs` ask for, one call after the other, as often a minute as the plan allows.
///
/// # Errors
/// [`SourceError`] of the first call that fails for good.
pub async fn fetch(
    name: &str,
    plan: &AlmytyPlan,
    needs: &[Need],
    into: &SnapshotWriter,
    clock: &dyn Clock,
    progress: &dyn Progress,
    pace: Pace,
) -> Result<(), SourceError> {
    let client = Client::new(name, plan, clock, pace)?;
    let settings = Settings::of(plan, surface(&client, plan.surface, yesterday(clock)).await?);
    settings.keep(into, clock.now());
    let mut fetching = Fetching {
        name,
        client: &client,
        into,
        clock,
        progress,
        files: 0,
    };
    let audits = needs.iter().filter(|need| need.depth == Depth::Full).count();
    let audits = if plan.audit { audits as u64 } else { 0 };
    if settings.surface == AlmytySurface::Documented {
        progress.expect(needs.len() as u64 + audits);
        for need in needs {
            let target = target::usage_metrics(need.period.start(), need.period.last_day());
            fetching.text(&target).await?;
        }
    } else {
        let once = (ONCE.len() + NAMED.len()) as u64;
        progress.expect(LISTS * needs.len() as u64 + audits + once);
        for need in needs {
            fetching.period(need).await?;
        }
        let kept_from = settings.kept_from(clock.now().date_naive());
        fetching.earlier_requests(needs, kept_from).await?;
        for target in ONCE {
            fetching.optional(target, anything_but_the_key).await?;
        }
        for named in &NAMED {
            fetching.names(named).await?;
        }
    }
    for need in needs
        .iter()
        .filter(|need| plan.audit && need.depth == Depth::Full)
    {
        fetching.audit(need).await?;
    }
    Ok(())
}

/// Asks whether the server answers and lets us in as far as reports need it.
///
/// # Errors
/// [`SourceError`] if it does not.
pub async fn probe(name: &str, plan: &AlmytyPlan, clock: &dyn Clock, pace: Pace) -> Result<(), SourceError> {
    let client = Client::new(name, plan, clock, pace)?;
    let yesterday = yesterday(clock);
    if surface(&client, plan.surface, yesterday).await? == AlmytySurface::Documented {
        return documented::probe(&client, yesterday).await;
    }
    // The last slice of yesterday is short; whether an export may be had is all that is asked.
    let mut slice = Slice::days(yesterday, yesterday);
    while let Some(part) = slice.parts().pop() {
        slice = part;
    }
    let asked = client.export(Export::Conversations, slice).await;
    asked.map(drop).map_err(|lost| lost.error)
}

fn yesterday(clock: &dyn Clock) -> NaiveDate {
    let today = clock.now().date_naive();
    today.pred_opt().unwrap_or(today)
}

/// The surface that the server has: the documented one where the other is not there and this one answers. No figure of what is
/// asked here is used, so that no other failure matters, unless nobody is let in.
async fn surface(
    client: &Client<'_>,
    wanted: AlmytySurface,
    day: NaiveDate,
) -> Result<AlmytySurface, SourceError> {
    if wanted != AlmytySurface::Auto {
        return Ok(wanted);
    }
    match client.try_get(OVERVIEW).await {
        Err(Lost {
            status: Some(404), ..
        }) => {
            let documented = client.try_get(&target::usage_metrics(day, day)).await;
            Ok(documented.map_or(AlmytySurface::Real, |_| AlmytySurface::Documented))
        }
        Err(Lost {
            status: None | Some(401),
            error,
            ..
        }) => Err(error),
        _ => Ok(AlmytySurface::Real),
    }
}

/// Whether the server may have had too much to answer, so that less of it may succeed. Whoever says when to come back has not.
fn too_much(lost: &Lost) -> bool {
    let SourceError::Call { recourse, .. } = &lost.error else {
        return false;
    };
    *recourse == (Recourse::Retry { after: None }) && lost.status != Some(429)
}

/// A fetch under way.
pub(super) struct Fetching<'a> {
    pub(super) name: &'a str,
    pub(super) client: &'a Client<'a>,
    pub(super) into: &'a SnapshotWriter,
    pub(super) clock: &'a dyn Clock,
    pub(super) progress: &'a dyn Progress,
    files: usize,
}

impl<'a> Fetching<'a> {
    async fn period(&mut self, need: &Need) -> Result<(), SourceError> {
        let whole = target::whole(&need.period);
        for export in [Export::Conversations, Export::Tools] {
            let mut keeper = self.keeper(&export.target(whole))?;
            self.export(export, whole, &mut keeper).await?;
            keeper.finish(self.clock)?;
            self.progress.step();
        }
        self.requests(need).await?;
        let invoices = target::reconciliation(&need.period);
        self.optional(&invoices, kept_from_us).await
    }

    /// Begins the next file of rows.
    pub(super) fn keeper(&mut self, target: &str) -> Result<Keeper<'a>, SourceError> {
        self.files += 1;
        Keeper::begin(self.name, self.into, self.files, request(target))
    }

    /// Keeps all rows of a slice. An export that is as long as exports get may lack rows, so its slice is halved. Most organizations
    /// have few rows, and one call then does for a whole month.
    pub(super) async fn export(
        &self,
        export: Export,
        whole: Slice,
        keeper: &mut Keeper<'_>,
    ) -> Result<(), SourceError> {
        let mut ahead = vec![whole];
        while let Some(slice) = ahead.pop() {
            let parts = match self.client.export(export, slice).await {
                Ok(Listed::Whole(mut rows)) => {
                    // Of the day that begins where this slice ends, the next slice tells.
                    rows.retain(|row| row.day().is_none() || row.day() != slice.next_day());
                    keeper.keep(rows)?;
                    continue;
                }
                Ok(Listed::Cut) => slice.parts(),
                // A server may take too long for a month and be quick with its days; of a day there is no more to be hoped.
                Err(lost) if too_much(&lost) && slice.has_days() => slice.each_day(),
                Err(lost) => return Err(lost.error),
            };
            if parts.is_empty() {
                return Err(self.too_dense(export, slice));
            }
            ahead.extend(parts.into_iter().rev());
        }
        Ok(())
    }

    fn too_dense(&self, export: Export, slice: Slice) -> SourceError {
        let reason = format!(
            "there are {} {} or more from {slice}, which is as many as an export gives, so that some may be missing and no \
             figure would be right; ask the platform's operator for the figures of that minute",
            super::slices::EXPORT_ROWS,
            export.rows()
        );
        self.client.error(&export.target(slice), reason)
    }

    /// Keeps an answer as it came.
    async fn text(&self, target: &str) -> Result<(), SourceError> {
        let answered = self.client.get(target).await?;
        self.into
            .keep_text(&request(target), answered.body, answered.fetched_at);
        self.progress.step();
        Ok(())
    }

    /// Keeps an answer as it came, or the reason why there is none, where a report can do without.
    async fn optional(&self, target: &str, spared: Spared) -> Result<(), SourceError> {
        match self.client.get_unless(target, spared).await? {
            Ok(answered) => self
                .into
                .keep_text(&request(target), answered.body, answered.fetched_at),
            Err(reason) => self.lacks(target, reason),
        }
        self.progress.step();
        Ok(())
    }

    /// Takes note of why there is no answer.
    pub(super) fn lacks(&self, target: &str, reason: String) {
        let request = format!("{LACKING}{}", request(target));
        self.into.keep_text(&request, reason, self.clock.now());
    }

    /// Takes note of what the platform counts of the answer to `target`.
    pub(super) fn counted(&self, target: &str, counts: &serde_json::Value) {
        let request = format!("{COUNTED}{}", request(target));
        self.into
            .keep_text(&request, counts.to_string(), self.clock.now());
    }

    async fn audit(&mut self, need: &Need) -> Result<(), SourceError> {
        let target = target::audit(target::whole(&need.period));
        let list = (&*target, AUDIT_ROWS, Kept::audit as fn(&_) -> _);
        let first = self
            .client
            .page_unless(&target, (1, AUDIT_ROWS), list.2, kept_from_us);
        match first.await? {
            Err(reason) => self.lacks(&target, reason),
            Ok(first) => {
                let mut keeper = self.keeper(&target)?;
                let total = self.pages(list, Some(first), &mut keeper).await?;
                self.counted(&target, &serde_json::json!({ "total": total }));
                keeper.finish(self.clock)?;
            }
        }
        self.progress.step();
        Ok(())
    }
}
