//! A table of one metric, whose shown parts add to the shown total.

use super::tables::{Row, Table, column, empty, parts_of_a_whole};
use super::words::named;
use crate::language::{Text, say};
use crate::metric::Metric;
use crate::money;
use crate::render::format::{Formatter, apportion, decimals};
use crate::report::{Figure, Section};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

/// Pixels of the longest bar of a mail.
const MAIL_BAR: u32 = 96;

/// A table of one metric: a ranking or a plain breakdown.
pub(super) struct Single<'a> {
    section: &'a Section,
    figures: &'a [Figure],
    ranked: bool,
    /// The total and how many members it is of, where they are known.
    total: Option<Decimal>,
    members: Option<usize>,
}

impl<'a> Single<'a> {
    /// The table of `section`, whose totals stand in `summary` if it is a ranking.
    pub(super) fn new(section: &'a Section, metric: Metric, summary: &[Figure]) -> Self {
        let figures = &section.figures[..];
        let ranked = figures.iter().any(|figure| figure.rank.is_some());
        let known = |metric: Metric| {
            summary
                .iter()
                .find(|figure| figure.metric == metric)
                .and_then(|figure| figure.value)
        };
        let sum = figures
            .iter()
            .map(|figure| figure.value)
            .collect::<Option<Vec<_>>>()
            .filter(|_| metric.adds_up() && parts_of_a_whole(section))
            .and_then(|values| money::sum(values).ok());
        let (total, members) = if ranked {
            let of = match metric {
                Metric::Requests => known(Metric::TotalRequests),
                Metric::Tokens => known(Metric::TotalTokens),
                Metric::Cost => known(Metric::TotalCost),
                _ => None,
            };
            let active = match figures.first().and_then(|figure| figure.dimension.as_deref()) {
                Some("agent") => known(Metric::ActiveAgents),
                Some("user") => known(Metric::ActiveUsers),
                _ => None,
            };
            // A total below its parts is the platform's contradiction (and a notice): no share is shown of it.
            let total = of.filter(|total| sum.is_some_and(|sum| sum <= *total));
            (
                total,
                active.and_then(|n| n.to_usize()).filter(|n| *n >= figures.len()),
            )
        } else {
            (sum, parts_of_a_whole(section).then_some(figures.len()))
        };
        Self {
            section,
            figures,
            ranked,
            total,
            members,
        }
    }

    /// Its first `limit` rows, then the others and the total where they are known.
    pub(super) fn table(&self, formatter: &Formatter, limit: usize) -> Table {
        let Some(first) = self.figures.first() else {
            return empty(self.section, formatter);
        };
        let places = decimals(first);
        let (amounts, rest) = self.shown(places);
        let shown = self.figures.len().min(limit);
        let folded = fold(&amounts[shown..], rest);
        let shares = self
            .total
            .filter(|_| amounts.iter().flatten().all(|a| !a.is_sign_negative()))
            .and_then(|total| {
                let parts: Vec<Decimal> = self
                    .figures
                    .iter()
                    .map(|figure| figure.value)
                    .chain([self.rest()])
                    .map(|part| money::percent(part?, total))
                    .collect::<Option<_>>()?;
                apportion(&parts, 1)
            });
        let share = |at: usize| {
            shares
                .as_ref()
                .map(|shares| formatter.percent(shares[at]))
                .unwrap_or_default()
        };
        // Members are compared with each other; the others, if they are more than the longest, have no bar to mislead.
        let longest = amounts[..shown]
            .iter()
            .flatten()
            .copied()
            .max()
            .unwrap_or_default();
        let row = |name: String, cell: String, amount: Option<Decimal>, kind| Row {
            place: String::new(),
            name,
            belongs: String::new(),
            cells: vec![cell],
            bar: bar(amount, longest, 100),
            bar_pixels: bar(amount, longest, MAIL_BAR),
            share: String::new(),
            change: None,
            kind,
            svg: String::new(),
        };
        let mut rows: Vec<Row> = (0..shown)
            .map(|at| {
                let figure = &self.figures[at];
                let cell = self.cell(figure, amounts[at], formatter);
                Row {
                    place: figure.rank.map(|rank| rank.to_string()).unwrap_or_default(),
                    share: share(at),
                    change: formatter.change(figure),
                    ..row(named(&figure.label, formatter), cell, amounts[at], "member")
                }
            })
            .collect();
        if let Some(folded) = folded.filter(|others| shown < self.figures.len() || !others.is_zero()) {
            let hidden = shares
                .as_ref()
                .map(|shares| shares[shown..].iter().copied().sum::<Decimal>());
            let cell = formatter.part(folded, self.beyond(shown).unwrap_or(folded), places);
            rows.push(Row {
                share: hidden.map(|hidden| formatter.percent(hidden)).unwrap_or_default(),
                ..row(self.others(shown, formatter), cell, Some(folded), "others")
            });
        }
        if let Some(exact) = self.total {
            let total = money::rounded(exact, places);
            let cell = formatter.part(total, exact, places);
            rows.push(Row {
                share: if shares.is_some() {
                    formatter.percent(Decimal::ONE_HUNDRED)
                } else {
                    String::new()
                },
                bar: 0,
                bar_pixels: 0,
                ..row(self.all(formatter), cell, Some(total), "total")
            });
        }
        Table {
            note: self.note(shown, formatter),
            ranked: self.ranked,
            bars: true,
            shares: shares.is_some(),
            changes: self.figures.iter().any(|figure| !figure.comparisons.is_empty()),
            columns: vec![column(first, formatter)],
            rows,
            ..empty(self.section, formatter)
        }
    }

    /// The value of a member: beside a total the part that adds up to it, else the value by itself.
    fn cell(&self, figure: &Figure, shown: Option<Decimal>, formatter: &Formatter) -> String {
        match (self.total, shown, figure.value) {
            (Some(_), Some(shown), Some(exact)) => formatter.part(shown, exact, decimals(figure)),
            _ => formatter.value(figure).number,
        }
    }

    /// What the total holds besides the first `shown` members.
    fn beyond(&self, shown: usize) -> Option<Decimal> {
        let parts = self.figures[..shown].iter().map(|figure| figure.value);
        let parts = parts.collect::<Option<Vec<_>>>()?;
        self.total?.checked_sub(money::sum(parts).ok()?)
    }

    /// What the total holds besides the members.
    fn rest(&self) -> Option<Decimal> {
        self.beyond(self.figures.len())
    }

    /// The amounts as shown, and what is left of the total.
    pub(super) fn shown(&self, places: u32) -> (Vec<Option<Decimal>>, Option<Decimal>) {
        let values: Vec<Option<Decimal>> = self.figures.iter().map(|figure| figure.value).collect();
        let adding = || {
            let mut parts = values.iter().copied().collect::<Option<Vec<_>>>()?;
            parts.push(self.rest()?);
            let mut shown = apportion(&parts, places)?;
            let rest = shown.pop();
            Some((shown.into_iter().map(Some).collect(), rest))
        };
        adding().unwrap_or_else(|| {
            (
                values
                    .iter()
                    .map(|value| value.map(|value| money::rounded(value, places)))
                    .collect(),
                None,
            )
        })
    }

    fn others(&self, shown: usize, formatter: &Formatter) -> String {
        match self.members.map(|members| members.saturating_sub(shown)) {
            Some(n) if n > 0 => formatter.put(say!(
                "rest-of",
                "shown" = count(n, formatter),
                "members" = self.noun(n),
            )),
            _ => formatter.say("rest"),
        }
    }

    fn all(&self, formatter: &Formatter) -> String {
        match self.members {
            Some(n) if n > 1 => formatter.put(say!(
                "total-of",
                "shown" = count(n, formatter),
                "members" = self.noun(n),
            )),
            _ => formatter.say("total"),
        }
    }

    fn noun(&self, count: usize) -> Text {
        let first = self.section.figures.first();
        let dimension = first.and_then(|figure| figure.dimension.as_deref());
        Text::members(dimension.unwrap_or("figure"), count)
    }

    fn note(&self, shown: usize, formatter: &Formatter) -> String {
        self.members
            .filter(|members| *members > shown)
            .map(|members| {
                let all = count(members, formatter);
                formatter.put(say!("shown-of", "shown" = shown, "all" = all))
            })
            .unwrap_or_default()
    }
}

fn fold(hidden: &[Option<Decimal>], rest: Option<Decimal>) -> Option<Decimal> {
    let hidden = hidden.iter().copied().collect::<Option<Vec<_>>>()?;
    money::sum(hidden.into_iter().chain([rest?])).ok()
}

fn bar(amount: Option<Decimal>, longest: Decimal, full: u32) -> u32 {
    amount
        .filter(|amount| *amount > Decimal::ZERO && *amount <= longest)
        .and_then(|amount| {
            amount
                .checked_div(longest)?
                .checked_mul(Decimal::from(full))?
                .round()
                .to_u32()
        })
        .map_or(0, |length| length.clamp(1, full))
}

fn count(members: usize, formatter: &Formatter) -> String {
    formatter.decimal(Decimal::from(members), 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::figure;
    use rust_decimal::dec;

    #[test]
    fn the_others_and_the_total_of_amounts_that_round_to_nothing_read_as_these_do() {
        let member = |name: &str| Figure {
            label: name.into(),
            dimension: Some("project".into()),
            member: Some(name.into()),
            ..figure(Metric::TotalCost, Some(dec!(0.0000000001)))
        };
        let section = Section {
            key: "by_project".into(),
            title: "By project".into(),
            source: None,
            figures: ["a", "b", "c"].map(member).into(),
        };
        let table = Single::new(&section, Metric::TotalCost, &[]).table(&Formatter::new("en-US"), 1);
        let cells: Vec<&str> = table.rows.iter().map(|row| row.cells[0].as_str()).collect();
        assert_eq!(cells, ["<0.01", "<0.01", "<0.01"]);
    }
}
