//! Which days of one series stand out. Pure: days with their amounts in, findings out.
//!
//! A day is judged by known days before it alone, and a day that stood out is no part of what is usual for those after it. Three in
//! a row the same way are no accident but a new level, beside which the days after them are judged.

use super::finding::{Dated, Finding, Judged, LEAST_WEEKDAYS};
use crate::config::plan::Anomalies;
use crate::money;
use crate::report::outlier::{NO_SPREAD, median, score};
use chrono::{Datelike, Days, NaiveDate};
use rust_decimal::Decimal;
use std::collections::{BTreeSet, VecDeque};

/// Fewer known days than this say nothing about what is usual.
pub(super) const LEAST_HISTORY: usize = 14;
/// Days before a day that say what is usual: eight weeks.
const HISTORY_DAYS: u64 = 56;
/// Days in a row that stand out the same way and are a new level. A day of which nothing is known ends a row.
const IN_A_ROW: usize = 3;
/// Days of a new level that say by themselves what is usual on it: every weekday is among them four times.
const LEVEL_HISTORY: usize = 28;
/// Decimals of days that are carried to a new level by a factor.
const CARRIED_DECIMALS: u32 = 12;

/// Known days, oldest first.
type History = VecDeque<(NaiveDate, Decimal)>;

/// What a walk along a series has found.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Walk {
    /// What stands out, oldest first.
    pub(super) findings: Vec<Finding>,
    /// Known days of which nothing can be said, since too few days before them are known.
    pub(super) without_history: usize,
    /// Known days of which nothing can be said, since no decimal holds how they differ from what is usual.
    pub(super) too_large: Vec<NaiveDate>,
}

/// Walks along `days` and judges those from `first` on; the days before them are history, whose own findings are left out of what is
/// usual and told by nobody. `is_doubtful` says of a day that stands out whether its data may still be missing: it belongs to no
/// level then.
pub(super) fn walk(
    days: &Dated,
    first: NaiveDate,
    limits: &Anomalies,
    is_doubtful: &dyn Fn(&Judged) -> bool,
) -> Walk {
    let mut walker = Walker {
        first,
        limits,
        history: History::new(),
        before: None,
        in_a_row: 0,
        walk: Walk::default(),
    };
    for (date, amount) in days {
        // A day without data is neither usual nor unusual.
        if let Some(amount) = amount {
            walker.step(*date, *amount, is_doubtful);
        }
    }
    let mut walk = walker.walk;
    walk.findings
        .retain(|finding| finding.shown() >= Some(first) || outlasts_event(finding, first, limits));
    walk
}

/// Whether a level that showed before `first` goes on although a known event, which was its reason until then, is over.
fn outlasts_event(finding: &Finding, first: NaiveDate, limits: &Anomalies) -> bool {
    let mut events = limits.events.iter();
    let was_known = events.any(|event| {
        Some(event.from) <= finding.first() && first.pred_opt().is_some_and(|day| day <= event.to)
    });
    was_known && finding.last().is_none_or(|last| last >= first)
}

struct Walker<'a> {
    first: NaiveDate,
    limits: &'a Anomalies,
    /// What is usual: since a new level began, the days of it.
    history: History,
    /// Set as long as too little of a new level is known, and enough of what was before it.
    before: Option<Before>,
    /// Findings at the end of the list that are days in a row, the same way.
    in_a_row: usize,
    walk: Walk,
}

impl Walker<'_> {
    fn step(&mut self, date: NaiveDate, amount: Decimal, is_doubtful: &dyn Fn(&Judged) -> bool) {
        forget(&mut self.history, date);
        let is_too_old = self.before.as_mut().is_some_and(|before| {
            forget(&mut before.history, date);
            before.history.len() < LEAST_HISTORY
        });
        if is_too_old || self.history.len() >= LEVEL_HISTORY {
            self.before = None;
        }
        let judged = match &mut self.before {
            Some(before) => {
                if before.is_usual(date, amount, self.limits) {
                    return self.as_before(date, amount);
                }
                before.back.clear();
                let judged = before.carried(date, amount, self.limits);
                judged.map(|judged| Judged {
                    basis: self.history.iter().map(|(day, _)| *day).collect(),
                    ..judged
                })
            }
            None if self.history.len() < LEAST_HISTORY => {
                self.walk.without_history += usize::from(date >= self.first);
                return self.history.push_back((date, amount));
            }
            None => judge(self.history.make_contiguous(), date, amount),
        };
        let Some(judged) = judged else {
            let is_asked = date >= self.first;
            return self.walk.too_large.extend(is_asked.then_some(date));
        };
        if !stands_out(&judged, self.limits) {
            self.in_a_row = 0;
            self.history.push_back((date, amount));
        } else if is_doubtful(&judged) {
            self.in_a_row = 0;
            self.walk.findings.push(Finding::Day(judged));
        } else {
            self.found(judged);
        }
    }

    fn found(&mut self, judged: Judged) {
        if !judged.same_weekday {
            // Perhaps its weekday is like that; kept out, it could never be learnt.
            self.history.push_back((judged.date, judged.actual));
        }
        let last = self.walk.findings.last();
        let goes_on = last.is_some_and(|last| {
            let day = last.days().last().map(|day| day.date);
            day == judged.date.pred_opt() && last.is_more() == judged.is_more()
        });
        self.in_a_row = if goes_on { self.in_a_row + 1 } else { 1 };
        self.walk.findings.push(Finding::Day(judged));
        if self.in_a_row == IN_A_ROW {
            self.begin_level();
        }
    }

    /// The last findings become one, and what is usual begins with them.
    fn begin_level(&mut self) {
        let findings = &mut self.walk.findings;
        let shown = findings.split_off(findings.len().saturating_sub(IN_A_ROW));
        let days: Vec<Judged> = shown.iter().flat_map(Finding::days).cloned().collect();
        let level = days.iter().map(|day| (day.date, day.actual)).collect();
        let history = std::mem::replace(&mut self.history, level);
        let before = before(&history, &days);
        self.before = Some(Before::new(self.before.take(), history, &days));
        let begins = days.first().and_then(|day| day.date.pred_opt());
        self.end_level(begins);
        self.walk.findings.push(Finding::Level {
            days,
            until: None,
            before,
        });
        self.in_a_row = 0;
    }

    /// Says of the last level, if it goes on, that `last_day` was the last day of it.
    fn end_level(&mut self, last_day: Option<NaiveDate>) {
        let mut findings = self.walk.findings.iter_mut().rev();
        let level = findings.find_map(|finding| match finding {
            Finding::Level { until, .. } => Some(until),
            Finding::Day(_) => None,
        });
        if let Some(until) = level
            && until.is_none()
        {
            *until = last_day;
        }
    }

    /// A day that is as before the new level. As many in a row as began it end it.
    fn as_before(&mut self, date: NaiveDate, amount: Decimal) {
        self.in_a_row = 0;
        self.history.push_back((date, amount));
        let Some(before) = &mut self.before else { return };
        let last = before.back.last().map(|(day, _)| *day);
        if last != date.pred_opt() {
            before.back.clear();
        }
        before.back.push((date, amount));
        if before.back.len() == IN_A_ROW {
            let last_day = before.back[0].0.pred_opt();
            self.history = std::mem::take(&mut before.history);
            self.history.extend(before.back.drain(..));
            self.before = None;
            self.end_level(last_day);
        }
    }
}

/// What was usual before a new level. As long as too little of that is known, a day is unusual only if it is so beside the days
/// before, and beside these as they would be on the new level: by the factor and by the amount that it is higher or lower.
struct Before {
    history: History,
    /// `None` where the level before was zero.
    factor: Option<Decimal>,
    amount: Decimal,
    /// Days in a row that were as before.
    back: Vec<(NaiveDate, Decimal)>,
}

impl Before {
    /// What was usual before the level that `days` show; of a second level after `earlier` what was usual before both.
    fn new(earlier: Option<Self>, history: History, days: &[Judged]) -> Self {
        let (history, factor, amount) = match earlier {
            Some(earlier) => (earlier.history, earlier.factor, earlier.amount),
            None => (history, Some(Decimal::ONE), Decimal::ZERO),
        };
        let factors: Option<Vec<Decimal>> = days
            .iter()
            .map(|day| money::quotient(day.actual, day.expected))
            .collect();
        let excesses: Vec<Decimal> = days.iter().map(|day| day.excess).collect();
        let higher = median(&excesses);
        Self {
            history,
            factor: factors
                .and_then(|factors| median(&factors))
                .and_then(|more| Some(rounded(factor?.checked_mul(more)?))),
            amount: higher
                .and_then(|higher| amount.checked_add(higher))
                .unwrap_or(amount),
            back: Vec::new(),
        }
    }

    /// Whether a day is as before.
    fn is_usual(&mut self, date: NaiveDate, amount: Decimal, limits: &Anomalies) -> bool {
        judge(self.history.make_contiguous(), date, amount).is_none_or(|day| !stands_out(&day, limits))
    }

    /// A day beside the days before, carried to the new level in the way that it fits best.
    fn carried(&self, date: NaiveDate, amount: Decimal, limits: &Anomalies) -> Option<Judged> {
        let beside = |carry: &dyn Fn(Decimal) -> Option<Decimal>| {
            let days = self.history.iter();
            let carried: Option<Vec<_>> = days.map(|(day, value)| Some((*day, carry(*value)?))).collect();
            judge(&carried?, date, amount)
        };
        let by_factor = beside(&|value| Some(rounded(value.checked_mul(self.factor?)?)));
        let by_amount = beside(&|value| value.checked_add(self.amount));
        let ways = by_factor.into_iter().chain(by_amount);
        ways.min_by_key(|day| (stands_out(day, limits), day.excess.abs()))
    }
}

/// What comes of a division or of its result keeps so many decimals, half to even.
fn rounded(value: Decimal) -> Decimal {
    value.round_dp(CARRIED_DECIMALS)
}

/// The usual days of the eight weeks before the first of `days`: those of the `history`, from which the oldest are forgotten by now, and
/// those that `days` were judged by.
fn before(history: &History, days: &[Judged]) -> Vec<NaiveDate> {
    let first = days.first().map(|day| day.date);
    let judged_by = days.iter().flat_map(|day| day.basis.iter().copied());
    let all = history.iter().map(|(date, _)| *date).chain(judged_by);
    let before: BTreeSet<NaiveDate> = all.filter(|date| Some(*date) < first).collect();
    before.into_iter().collect()
}

/// Takes days out that are too long ago to say what is usual on `date`.
fn forget(history: &mut History, date: NaiveDate) {
    let oldest = date.checked_sub_days(Days::new(HISTORY_DAYS)).unwrap_or(date);
    while history.front().is_some_and(|(day, _)| *day < oldest) {
        history.pop_front();
    }
}

/// `amount` beside what `history`, which does not hold it, says is usual on `date`. `None` where no decimal holds the difference.
pub(super) fn judge(history: &[(NaiveDate, Decimal)], date: NaiveDate, amount: Decimal) -> Option<Judged> {
    let is_alike = |day: &&(NaiveDate, Decimal)| day.0.weekday() == date.weekday();
    let alike: Vec<(NaiveDate, Decimal)> = history.iter().filter(is_alike).copied().collect();
    let same_weekday = alike.len() >= LEAST_WEEKDAYS;
    let middle = |days: &[(NaiveDate, Decimal)]| {
        let values: Vec<Decimal> = days.iter().map(|(_, value)| *value).collect();
        median(&values)
    };
    let (basis, alike) = if same_weekday {
        (alike, None)
    } else {
        (history.to_vec(), middle(&alike))
    };
    let expected = middle(&basis)?;
    let excess = difference(amount, expected)?;
    let score = score(excess, &residuals(history, same_weekday))?;
    Some(Judged {
        date,
        actual: amount,
        expected,
        excess,
        score: Some(score).filter(|score| *score != NO_SPREAD),
        same_weekday,
        alike,
        basis: basis.into_iter().map(|(day, _)| day).collect(),
    })
}

/// How far each day of the history lies from its own median: that of its weekday, or of all days.
fn residuals(history: &[(NaiveDate, Decimal)], by_weekday: bool) -> Vec<Decimal> {
    let mut groups: [Vec<Decimal>; 7] = Default::default();
    for (day, value) in history {
        let group = if by_weekday {
            day.weekday().num_days_from_monday() as usize
        } else {
            0
        };
        groups[group].push(*value);
    }
    let least = if by_weekday { LEAST_WEEKDAYS } else { 1 };
    let told = groups.into_iter().filter(|group| group.len() >= least);
    told.flat_map(|group| {
        let middle = median(&group);
        group
            .into_iter()
            .filter_map(move |value| difference(value, middle?))
    })
    .collect()
}

/// Whether a day passes all three limits; where the days before it have no spread at all, the floor alone decides.
fn stands_out(day: &Judged, limits: &Anomalies) -> bool {
    let percent = day.score.map_or(Decimal::ZERO, |_| limits.percent);
    let is_far = |usual| is_far(day.actual, usual, limits.floor, percent);
    is_far(day.expected)
        && day.alike.is_none_or(is_far)
        && day.score.is_none_or(|score| score.abs() > limits.z)
}

/// Whether `actual` differs from `usual` by money that is worth a word. What no decimal can hold is far enough in any case.
fn is_far(actual: Decimal, usual: Decimal, floor: Decimal, percent: Decimal) -> bool {
    let Some(size) = difference(actual, usual).map(|size| size.abs()) else {
        return true;
    };
    let share = || {
        let part = size.checked_mul(Decimal::ONE_HUNDRED)?;
        Some(part >= percent.checked_mul(usual.abs())?)
    };
    !size.is_zero() && size >= floor && share().unwrap_or(true)
}

/// `a` − `b` to the last digit.
pub(super) fn difference(a: Decimal, b: Decimal) -> Option<Decimal> {
    money::sum([a, -b]).ok()
}

#[cfg(test)]
mod tests;
