//! Rankings, breakdowns and daily series as tables whose shown parts add to the shown total.

use super::words::name;
use super::{Group, Line};
use crate::metric::{Metric, Unit};
use crate::money;
use crate::render::format::{Change, Formatter, NOT_AVAILABLE, apportion, decimals};
use crate::report::{Figure, Section};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::Serialize;

/// A table of members.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Table {
    /// The section's key, unique in its source.
    pub(crate) key: String,
    /// Heading.
    pub(crate) title: String,
    /// How many of how many are shown.
    pub(crate) note: String,
    /// What a row is: `Agent`, `Model`, `Day`.
    pub(crate) member: String,
    /// The columns after the name.
    pub(crate) columns: Vec<String>,
    /// Whether the rows are places of a ranking.
    pub(crate) ranked: bool,
    /// Whether there is a column of bars (one column only).
    pub(crate) bars: bool,
    /// Whether there is a column of shares.
    pub(crate) shares: bool,
    /// Whether there is a column of changes.
    pub(crate) changes: bool,
    /// The rows; none where nothing is available.
    pub(crate) rows: Vec<Row>,
}

/// A row of a table.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Row {
    /// Place in a ranking, or empty.
    pub(crate) place: String,
    /// The member.
    pub(crate) name: String,
    /// The values, one for each column.
    pub(crate) cells: Vec<String>,
    /// Length of the bar in per cent of the longest.
    pub(crate) bar: u32,
    /// Length of the bar in a mail, in pixels of [`MAIL_BAR`].
    pub(crate) bar_pixels: u32,
    /// Share of the total, or empty.
    pub(crate) share: String,
    /// Change of the first value.
    pub(crate) change: Option<Change>,
    /// `member`, `others` or `total`.
    pub(crate) kind: &'static str,
}

/// Pixels of the longest bar of a mail.
const MAIL_BAR: u32 = 96;
/// Members of a breakdown or ranking shown where there is room.
const SHOWN: usize = 10;

/// The summary in its groups, each figure in the group where a reader looks for it.
pub(super) fn groups(figures: &[Figure], formatter: &Formatter) -> Vec<Group> {
    const TITLES: [&str; 7] = [
        "Lab",
        "Requests",
        "Cost",
        "Tokens",
        "Users & agents",
        "Cost detail",
        "More",
    ];
    TITLES
        .into_iter()
        .map(|title| Group {
            title,
            figures: figures
                .iter()
                .filter(|figure| group_of(figure.metric) == title)
                .map(|figure| Line {
                    label: name(&formatter.label(figure)),
                    value: formatter.value(figure),
                    base: figure
                        .comparisons
                        .first()
                        .map(|c| formatter.shown(figure, c.base_value)),
                    change: formatter.change(figure),
                })
                .collect(),
        })
        .filter(|group: &Group| !group.figures.is_empty())
        .collect()
}

fn group_of(metric: Metric) -> &'static str {
    use Metric as M;
    match metric {
        M::AgentsCreated
        | M::AgentsModified
        | M::FlowsCreated
        | M::FlowsModified
        | M::ProcessesCreated
        | M::ProcessesModified => "Lab",
        M::TotalRequests | M::RequestsWithErrors | M::ErrorRate | M::AverageRequestTime | M::Requests => {
            "Requests"
        }
        M::TotalCost | M::AverageCostPerRequest | M::Cost => "Cost",
        M::InputTokens
        | M::OutputTokens
        | M::TotalTokens
        | M::AverageInputTokensPerRequest
        | M::AverageOutputTokensPerRequest
        | M::AverageTokensPerRequest
        | M::Tokens => "Tokens",
        M::ActiveUsers | M::ActiveAgents | M::ActiveProjects => "Users & agents",
        M::EffectiveCost
        | M::ListCost
        | M::ContractedCost
        | M::Credits
        | M::Taxes
        | M::Adjustments
        | M::Corrections => "Cost detail",
        _ => "More",
    }
}

/// The members of `section`, at most `rows` of them; the others are summed up where their sum is known.
pub(super) fn table(section: &Section, summary: &[Figure], formatter: &Formatter, rows: usize) -> Table {
    let metrics = metrics_of(section);
    let rows = if parts_of_a_whole(section) {
        rows.min(SHOWN)
    } else {
        section.figures.len()
    };
    match metrics[..] {
        [] => empty(section),
        [metric] if one_currency(section.figures.iter()) => {
            Single::new(section, metric, summary).table(formatter, rows)
        }
        _ => pivot(
            section,
            &metrics,
            formatter,
            parts_of_a_whole(section).then_some(rows),
        ),
    }
}

/// Whether the members of `section` share one total; the periods of a trend do not.
fn parts_of_a_whole(section: &Section) -> bool {
    section.key.starts_with("by_") || section.key.starts_with("top_") || section.key == "effects"
}

fn one_currency<'a>(mut figures: impl Iterator<Item = &'a Figure>) -> bool {
    figures
        .next()
        .is_none_or(|first| figures.all(|figure| figure.currency == first.currency))
}

/// The days of `section`, all of them.
pub(super) fn daily(section: &Section, formatter: &Formatter) -> Table {
    let mut table = pivot(section, &metrics_of(section), formatter, None);
    for row in &mut table.rows {
        if let Ok(date) = row.name.parse() {
            row.name = formatter.short_day(date);
        }
    }
    table
}

fn metrics_of(section: &Section) -> Vec<Metric> {
    let mut metrics = Vec::new();
    for figure in &section.figures {
        if !metrics.contains(&figure.metric) {
            metrics.push(figure.metric);
        }
    }
    metrics
}

/// A table of one metric: a ranking or a plain breakdown.
struct Single<'a> {
    section: &'a Section,
    figures: &'a [Figure],
    ranked: bool,
    /// The total and how many members it is of, where they are known.
    total: Option<Decimal>,
    members: Option<usize>,
}

impl<'a> Single<'a> {
    fn new(section: &'a Section, metric: Metric, summary: &[Figure]) -> Self {
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
            .filter(|_| additive(metric) && parts_of_a_whole(section))
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

    fn table(&self, formatter: &Formatter, limit: usize) -> Table {
        let Some(first) = self.figures.first() else {
            return empty(self.section);
        };
        let places = decimals(first);
        let (amounts, rest) = self.shown(places);
        let shown = self.figures.len().min(limit);
        let folded = fold(&amounts[shown..], rest);
        let total = self.total.map(|total| money::rounded(total, places));
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
        let row = |name: String, amount: Option<Decimal>, kind| Row {
            place: String::new(),
            name,
            cells: vec![amount.map_or_else(
                || NOT_AVAILABLE.to_owned(),
                |amount| formatter.decimal(amount, places),
            )],
            bar: bar(amount, longest, 100),
            bar_pixels: bar(amount, longest, MAIL_BAR),
            share: String::new(),
            change: None,
            kind,
        };
        let mut rows: Vec<Row> = (0..shown)
            .map(|at| {
                let figure = &self.figures[at];
                Row {
                    place: figure.rank.map(|rank| rank.to_string()).unwrap_or_default(),
                    share: share(at),
                    change: formatter.change(figure),
                    ..self.tiny(figure, formatter, row(name(&figure.label), amounts[at], "member"))
                }
            })
            .collect();
        if let Some(folded) = folded.filter(|others| shown < self.figures.len() || !others.is_zero()) {
            let hidden = shares
                .as_ref()
                .map(|shares| shares[shown..].iter().copied().sum::<Decimal>());
            rows.push(Row {
                share: hidden.map(|hidden| formatter.percent(hidden)).unwrap_or_default(),
                ..row(self.others(shown), Some(folded), "others")
            });
        }
        if let Some(total) = total.filter(|_| !self.figures.is_empty()) {
            rows.push(Row {
                share: if shares.is_some() {
                    formatter.percent(Decimal::ONE_HUNDRED)
                } else {
                    String::new()
                },
                bar: 0,
                bar_pixels: 0,
                ..row(self.all(), Some(total), "total")
            });
        }
        Table {
            note: self.note(first, shown),
            ranked: self.ranked,
            bars: true,
            shares: shares.is_some(),
            changes: self.figures.iter().any(|figure| !figure.comparisons.is_empty()),
            columns: vec![column(first)],
            rows,
            ..empty(self.section)
        }
    }

    /// A value that is not zero never reads as zero, as long as no total has to be met.
    fn tiny(&self, figure: &Figure, formatter: &Formatter, row: Row) -> Row {
        if self.total.is_some() && figure.value.is_some() {
            return row;
        }
        Row {
            cells: vec![formatter.value(figure).number],
            ..row
        }
    }

    /// What the total holds besides the members.
    fn rest(&self) -> Option<Decimal> {
        let parts = self
            .figures
            .iter()
            .map(|figure| figure.value)
            .collect::<Option<Vec<_>>>()?;
        self.total?.checked_sub(money::sum(parts).ok()?)
    }

    /// The amounts as shown, and what is left of the total.
    fn shown(&self, places: u32) -> (Vec<Option<Decimal>>, Option<Decimal>) {
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

    fn others(&self, shown: usize) -> String {
        match self.members.map(|members| members.saturating_sub(shown)) {
            Some(1) => format!("1 other {}", self.noun(false)),
            Some(n) if n > 1 => format!("{n} other {}", self.noun(true)),
            _ => "All others".into(),
        }
    }

    fn all(&self) -> String {
        match self.members {
            Some(n) if n > 1 => format!("All {n} {}", self.noun(true)),
            _ => "Total".into(),
        }
    }

    fn noun(&self, plural: bool) -> String {
        let noun = member_word(self.section).to_lowercase();
        match (plural, noun.strip_suffix('y')) {
            (false, _) => noun,
            (true, Some(stem)) => format!("{stem}ies"),
            (true, None) => format!("{noun}s"),
        }
    }

    fn note(&self, first: &Figure, shown: usize) -> String {
        let unit = first.currency.map(|currency| currency.code().to_owned());
        let of = self
            .members
            .filter(|members| *members > shown)
            .map(|members| format!("{shown} of {members} shown"));
        [unit, of].into_iter().flatten().collect::<Vec<_>>().join(" · ")
    }
}

/// A table of several metrics, member by member; `limit` members and the sum of the others.
fn pivot(section: &Section, metrics: &[Metric], formatter: &Formatter, limit: Option<usize>) -> Table {
    let mut members: Vec<(&str, Vec<Option<&Figure>>)> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for figure in &section.figures {
        let member = figure.member.as_deref().unwrap_or(&figure.label);
        let at = *places.entry(member).or_insert_with(|| {
            members.push((&figure.label, vec![None; metrics.len()]));
            members.len() - 1
        });
        if let Some(column) = metrics.iter().position(|metric| *metric == figure.metric) {
            members[at].1[column] = Some(figure);
        }
    }
    let shown = limit.unwrap_or(members.len()).min(members.len());
    let columns: Vec<String> = metrics
        .iter()
        .filter_map(|metric| section.figures.iter().find(|figure| figure.metric == *metric))
        .map(|figure| match figure.currency {
            Some(currency) => format!(
                "{} {currency}",
                formatter.label(&Figure {
                    label: figure.metric.label().into(),
                    ..figure.clone()
                })
            ),
            None => figure.metric.label().to_owned(),
        })
        .collect();
    let cells: Vec<Vec<String>> = (0..metrics.len())
        .map(|column| {
            column_cells(
                &members.iter().map(|(_, row)| row[column]).collect::<Vec<_>>(),
                shown,
                formatter,
                limit.is_some(),
            )
        })
        .collect();
    let row = |at: usize, name: String, kind| Row {
        place: String::new(),
        name,
        cells: cells.iter().map(|column| column[at].clone()).collect(),
        bar: 0,
        bar_pixels: 0,
        share: String::new(),
        change: members
            .get(at)
            .filter(|_| kind == "member")
            .and_then(|(_, row)| row[0])
            .and_then(|figure| formatter.change(figure)),
        kind,
    };
    let mut rows: Vec<Row> = (0..shown)
        .map(|at| row(at, name(members[at].0), "member"))
        .collect();
    if limit.is_some() && !members.is_empty() {
        if shown < members.len() {
            rows.push(row(shown, format!("{} others", members.len() - shown), "others"));
        }
        rows.push(row(shown + 1, "Total".into(), "total"));
    }
    Table {
        note: if shown < members.len() {
            format!("{shown} of {} shown", members.len())
        } else {
            String::new()
        },
        columns,
        changes: section
            .figures
            .iter()
            .any(|figure| figure.metric == metrics[0] && !figure.comparisons.is_empty()),
        rows,
        ..empty(section)
    }
}

/// The cells of one column: the members shown, then, with `totals`, the others and the total.
fn column_cells(
    figures: &[Option<&Figure>],
    shown: usize,
    formatter: &Formatter,
    totals: bool,
) -> Vec<String> {
    let same = one_currency(figures.iter().flatten().copied());
    let plain = |figure: &Option<&Figure>| match figure.map(|figure| formatter.value(figure)) {
        None => NOT_AVAILABLE.to_owned(),
        Some(shown) if same => shown.number,
        Some(shown) => shown.text,
    };
    let Some(first) = figures.iter().flatten().next() else {
        return vec![NOT_AVAILABLE.to_owned(); shown + 2];
    };
    let values = figures
        .iter()
        .map(|figure| figure.and_then(|f| f.value))
        .collect::<Option<Vec<_>>>();
    let places = decimals(first);
    let adding = values
        .filter(|_| totals && same && additive(first.metric))
        .and_then(|values| apportion(&values, places));
    let Some(amounts) = adding else {
        let mut cells: Vec<String> = figures[..shown].iter().map(plain).collect();
        cells.extend([String::from("–"), String::from("–")]);
        return cells;
    };
    let others: Decimal = amounts[shown..].iter().copied().sum();
    let total: Decimal = amounts.iter().copied().sum();
    amounts[..shown]
        .iter()
        .copied()
        .chain([others, total])
        .map(|amount| formatter.decimal(amount, places))
        .collect()
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

/// Whether members' values add to a total that means something.
fn additive(metric: Metric) -> bool {
    use Metric as M;
    match metric.unit() {
        Unit::Percent | Unit::Ms => false,
        _ => !matches!(
            metric,
            M::AverageCostPerRequest
                | M::AverageInputTokensPerRequest
                | M::AverageOutputTokensPerRequest
                | M::AverageTokensPerRequest
                | M::ActiveUsers
                | M::ActiveAgents
                | M::ActiveProjects
                | M::ActiveModels
        ),
    }
}

fn column(figure: &Figure) -> String {
    match figure.currency {
        Some(currency) => currency.code().to_owned(),
        None => figure.metric.label().to_owned(),
    }
}

/// What a row of `section` is.
fn member_word(section: &Section) -> String {
    let dimension = section
        .figures
        .first()
        .and_then(|figure| figure.dimension.clone())
        .unwrap_or_else(|| "figure".into());
    let words = dimension.replace('_', " ");
    let mut chars = words.chars();
    chars
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn empty(section: &Section) -> Table {
    Table {
        key: section.key.clone(),
        title: name(&section.title),
        note: String::new(),
        member: member_word(section),
        columns: Vec::new(),
        ranked: false,
        bars: false,
        shares: false,
        changes: false,
        rows: Vec::new(),
    }
}
