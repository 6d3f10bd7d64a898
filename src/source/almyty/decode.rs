//! Decoding: a snapshot of rows becomes a dataset, and whatever is missing or odd becomes a sentence.

use super::callers::MAX_CALLERS;
use super::fetch::{COUNTED, LACKING};
use super::names::NAMED;
use super::settings::{DECIMALS, Settings};
use super::sheet::{DIMENSIONS, Rows, Sheet};
use super::target::{self, Export, request};
use super::{PLATFORM, checks, documented, invoices, kept, shape};
use crate::config::plan::AlmytySurface;
use crate::language::{Text, say};
use crate::money::{Currency, MoneyError};
use crate::source::dataset::Reach;
use crate::source::sdk::{self, Row};
use crate::source::{Dataset, Depth, Need, Snapshot, SourceError, Window};
use chrono::NaiveDate;
use serde_json::Value;
use std::collections::BTreeMap;

/// Decodes a snapshot. Pure.
///
/// # Errors
/// [`SourceError::Contradiction`] where an answer is not there, is no answer, or contradicts itself.
pub fn decode(name: &str, needs: &[Need], snapshot: &Snapshot) -> Result<Dataset, SourceError> {
    let exact = Settings::read(name, snapshot)?;
    if let Some(dataset) = decode_as(name, &exact, needs, snapshot)? {
        return Ok(dataset);
    }
    let rounding = Settings {
        decimals: Some(DECIMALS),
        ..exact
    };
    decode_as(name, &rounding, needs, snapshot)?.ok_or_else(|| SourceError::Contradiction {
        source_name: name.to_owned(),
        reason: format!(
            "{}; look for an amount of absurd size on the platform",
            MoneyError::Overflow
        ),
    })
}

/// [`decode`] under these settings; `None` where no decimal holds the sums.
fn decode_as(
    name: &str,
    settings: &Settings,
    needs: &[Need],
    snapshot: &Snapshot,
) -> Result<Option<Dataset>, SourceError> {
    let mut reader = Reader::open(name, snapshot, settings)?;
    let (fetched_at, today) = (reader.fetched_at, reader.today());
    let mut sheet = Sheet::new(needs, settings);
    let windows = match settings.surface {
        AlmytySurface::Documented => Some(documented::windows(&mut reader, &mut sheet, needs)?),
        AlmytySurface::Real | AlmytySurface::Auto => real(&mut reader, &mut sheet, needs, today)?,
    };
    let Some(windows) = windows else { return Ok(None) };
    let running = needs.iter().any(|need| need.period.end() > today);
    Ok(Some(Dataset {
        source: name.to_owned(),
        platform: PLATFORM.into(),
        scope: scope(settings, &sheet),
        currency: Some(Currency::USD),
        zone: Some("UTC".to_owned()),
        fetched_at,
        provisional_through: running.then_some(fetched_at),
        at_own_rates: Vec::new(),
        own_trend: None,
        reach: Reach::Always,
        windows,
        notices: reader.into_notices(),
    }))
}

/// The organization that was named, or the one that all conversations belong to.
fn scope(settings: &Settings, sheet: &Sheet<'_>) -> Option<String> {
    let mut found = sheet.organizations.iter();
    let only = found.next().filter(|_| found.next().is_none());
    settings.organization.as_ref().or(only).cloned()
}

/// The windows of the real surface; `None` where no decimal holds the sums.
fn real(
    reader: &mut Reader<'_>,
    sheet: &mut Sheet<'_>,
    needs: &[Need],
    today: NaiveDate,
) -> Result<Option<Vec<Window>>, SourceError> {
    for (place, need) in needs.iter().enumerate() {
        reader.about(need, |reader| reader.lists(sheet, place, need))?;
        invoices::add(reader, sheet, needs, place)?;
    }
    reader.retained(sheet, needs, today);
    sheet.call_users();
    for named in &NAMED {
        let dimension = DIMENSIONS
            .iter()
            .position(|dimension| *dimension == named.dimension);
        match (named.read(reader.snapshot), dimension) {
            (Some(names), Some(dimension)) => {
                for (id, name) in names {
                    sheet.book.call(dimension, &id, &name);
                }
            }
            _ if named.dimension == "provider" && invoices::call_providers(reader, sheet, needs)? => {}
            _ => reader.notice(
                say!("names-untold", "members" = Text::members(named.dimension, MANY)),
                false,
            ),
        }
    }
    let windows = match shape::windows(sheet, today) {
        Ok(windows) => windows,
        Err(MoneyError::Overflow) => return Ok(None),
        Err(cause) => return Err(reader.unsummable(&cause)),
    };
    for (place, need) in needs.iter().enumerate() {
        reader.about(need, |reader| reader.flaws(sheet, place, need));
    }
    if let Some(decimals) = reader.configured.decimals {
        let text = say!("costs-shortened", "decimals" = decimals);
        reader.notice(text, false);
    }
    if sheet
        .known
        .iter()
        .any(|known| known.rows.contains_key(&Rows::Conversations))
    {
        reader.notice(say!("cost-is-estimate"), false);
    }
    for (need, window) in needs.iter().zip(&windows) {
        reader.about(need, |reader| checks::of_period(reader, need, window, today));
    }
    checks::at_all(reader);
    Ok(Some(windows))
}

/// A number whose plural is that of many members.
const MANY: usize = 10;

pub(super) type Reader<'a> = sdk::Reader<'a, &'a Settings>;

impl Reader<'_> {
    pub(super) fn unsummable(&self, cause: &MoneyError) -> SourceError {
        self.contradiction(format!(
            "{cause}; look for an amount of absurd size on the platform"
        ))
    }

    /// The answer to a call, or else why there is none.
    pub(super) fn told(&self, target: &str) -> Result<Result<Value, String>, SourceError> {
        let request = request(target);
        if let Some(reason) = self.snapshot.text(&format!("{LACKING}{request}")) {
            return Ok(Err(reason.to_owned()));
        }
        self.answer(&request).map(Ok)
    }

    fn rows(
        &self,
        request: &str,
        visit: &mut dyn FnMut(&Row<'_>) -> Result<(), String>,
    ) -> Result<(), SourceError> {
        if kept::each(self.name, self.snapshot, request, visit)? {
            return Ok(());
        }
        Err(self.lacks(request))
    }

    /// Adds the rows of a period, list by list.
    fn lists(&mut self, sheet: &mut Sheet<'_>, place: usize, need: &Need) -> Result<(), SourceError> {
        let whole = target::whole(&need.period);
        let exported = |export: Export| request(&export.target(whole));
        let mut visit = |row: &Row<'_>| sheet.conversation(place, row);
        self.rows(&exported(Export::Conversations), &mut visit)?;
        let mut visit = |row: &Row<'_>| sheet.tool(place, row);
        self.rows(&exported(Export::Tools), &mut visit)?;
        self.requests(sheet, place, need)?;
        self.audit(sheet, place, need)
    }

    /// What the platform counts of a list.
    pub(super) fn counted(&self, target: &str) -> Value {
        let counted = self.snapshot.text(&format!("{COUNTED}{}", request(target)));
        counted
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default()
    }

    /// Adds the requests of a period, by whichever way they came.
    fn requests(&mut self, sheet: &mut Sheet<'_>, place: usize, need: &Need) -> Result<(), SourceError> {
        let whole = target::whole(&need.period);
        let list = target::requests(whole);
        let counted = self.counted(&list);
        let by_days = counted.get("days").and_then(Value::as_object);
        let kept = match by_days {
            Some(_) => request(&Export::Requests.target(whole)),
            None => request(&list),
        };
        let (mut rows, mut by_day) = (0_u64, BTreeMap::<NaiveDate, [u64; 2]>::new());
        let mut visit = |row: &Row<'_>| {
            rows += 1;
            if let Some((day, failed)) = sheet.request(place, row)? {
                let counts = by_day.entry(day).or_default();
                counts[0] += 1;
                counts[1] += u64::from(failed);
            }
            Ok(())
        };
        self.rows(&kept, &mut visit)?;
        let Some(days) = by_days else {
            self.tie_out(sheet, (place, Rows::Requests, need), rows, &counted);
            return Ok(());
        };
        let (mut further, mut less) = (0, 0);
        let own = need.period.dates().filter(|day| !sheet.was_added(place, *day));
        for day in own.collect::<Vec<_>>() {
            let of = |key| {
                days.get(&day.to_string())
                    .and_then(|counts| counts.get(key)?.as_u64())
            };
            let [kept, failed] = by_day.get(&day).copied().unwrap_or_default();
            let (total, errors) = (of("total").unwrap_or(kept), of("errors").unwrap_or(failed));
            less += kept.saturating_sub(total);
            let rest = total.saturating_sub(kept);
            further += rest;
            let errors = errors.saturating_sub(failed).min(rest);
            sheet
                .further_requests(day, [rest, errors])
                .map_err(|reason| self.contradiction(reason))?;
        }
        if let Some(reason) = counted.get("lacking").and_then(Value::as_str) {
            let text = say!("requests-unlisted", "period" = &need.period, "reason" = reason);
            self.notice(text, need.depth.is_whole());
        }
        self.say_further(need, further, less);
        Ok(())
    }

    fn say_further(&mut self, need: &Need, further: u64, less: u64) {
        let period = &need.period;
        if further > 0 {
            let text = say!("requests-further", "period" = period, "count" = further);
            self.notice(text, false);
        }
        if less > 0 {
            let text = say!("requests-fewer", "period" = period, "count" = less);
            self.notice(text, false);
        }
    }

    /// What a list holds against what the platform says it holds. Sums of rows that are known to be incomplete are unknown.
    fn tie_out(
        &mut self,
        sheet: &mut Sheet<'_>,
        (place, rows, need): (usize, Rows, &Need),
        held: u64,
        counted: &Value,
    ) {
        let Some(total) = counted.get("total").and_then(Value::as_u64) else {
            return;
        };
        if held < total {
            let text = say!(
                "pages-short",
                "period" = &need.period,
                "total" = total,
                "rows" = rows.text(),
                "held" = held,
            );
            self.notice(text, need.depth.is_whole());
            sheet.doubt(place, rows);
        }
    }

    /// Adds the audit trail of a period, or says why there is none.
    pub(super) fn audit(
        &mut self,
        sheet: &mut Sheet<'_>,
        place: usize,
        need: &Need,
    ) -> Result<(), SourceError> {
        if !self.configured.audit || need.depth != Depth::Full {
            sheet.known[place].unknown.insert(Rows::Audit);
            if self.configured.audit && need.depth == Depth::Comparison {
                let text = say!("audit-not-compared", "period" = &need.period);
                self.notice(text, false);
            }
            return Ok(());
        }
        let target = target::audit(target::whole(&need.period));
        let lacking = format!("{LACKING}{}", request(&target));
        if let Some(reason) = self.snapshot.text(&lacking) {
            sheet.known[place].unknown.insert(Rows::Audit);
            let text = say!("audit-not-available", "period" = &need.period, "reason" = reason);
            self.notice(text, true);
            return Ok(());
        }
        let mut held = 0;
        let mut visit = |row: &Row<'_>| {
            held += 1;
            sheet.audit(place, row)
        };
        self.rows(&request(&target), &mut visit)?;
        let counted = self.counted(&target);
        self.tie_out(sheet, (place, Rows::Audit, need), held, &counted);
        Ok(())
    }

    /// Sentences about rows that are not as promised.
    fn flaws(&mut self, sheet: &Sheet<'_>, place: usize, need: &Need) {
        let (known, period) = (&sheet.known[place], &need.period);
        for ((rows, field), count) in &known.lacks {
            let text = say!(
                "rows-unreadable",
                "period" = period,
                "count" = *count,
                "rows" = rows.text(),
                "field" = *field,
            );
            self.notice(text, need.depth.is_whole());
        }
        if known.rounded > 0 {
            let text = say!(
                "conversations-rounded",
                "period" = period,
                "count" = known.rounded,
                "decimals" = DECIMALS,
            );
            self.notice(text, false);
        }
        if known.callers.are_crowded() {
            let text = say!("too-many-callers", "period" = period, "count" = MAX_CALLERS);
            self.notice(text, need.depth.is_whole());
        }
        for (rows, count) in &known.outside {
            let text = say!(
                "rows-elsewhere",
                "period" = period,
                "count" = *count,
                "rows" = rows.text()
            );
            self.notice(text, false);
        }
    }
}
