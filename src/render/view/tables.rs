//! Rankings, breakdowns and daily series as tables whose shown parts add to the shown total.

use super::columns::lines;
use super::single::Single;
use super::words::name;
use super::{Group, Line};
use crate::metric::{Metric, Unit};
use crate::money;
use crate::render::format::{Change, Formatter, NOT_AVAILABLE, apportion, decimals};
use crate::report::{Figure, Section};
use rust_decimal::Decimal;
use serde::Serialize;

/// A table of members.
#[derive(Debug, Clone, Serialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each says whether a template shows one column"
)]
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
    /// Heads and rows in plain text.
    pub(crate) lines: Vec<String>,
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
    /// Length of the bar in a mail, in pixels.
    pub(crate) bar_pixels: u32,
    /// Share of the total, or empty.
    pub(crate) share: String,
    /// Change of the first value.
    pub(crate) change: Option<Change>,
    /// `member`, `others` or `total`.
    pub(crate) kind: &'static str,
}

/// Members of a breakdown or ranking shown where there is room.
const SHOWN: usize = 10;

/// Figures that a source may leave unknown before they are named in one line instead of a row each.
const UNKNOWN_ROWS: usize = 2;

/// The groups of the summary, in the order in which a reader looks for them.
const GROUPS: [&str; 7] = [
    "Lab",
    "Requests",
    "Cost",
    "Tokens",
    "Users & agents",
    "Cost detail",
    "More",
];

/// The summary in its groups, without the figures that [`untold`] names.
pub(super) fn groups(figures: &[Figure], formatter: &Formatter) -> Vec<Group> {
    let rows = unknown(figures) <= UNKNOWN_ROWS;
    GROUPS
        .into_iter()
        .map(|title| Group {
            title,
            figures: figures
                .iter()
                .filter(|figure| group_of(figure.metric) == title && (rows || is_known(figure)))
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

/// The figures of the summary that are known neither now nor before, in one line: whole groups by their title. Empty where
/// they are few enough for a row each.
pub(super) fn untold(figures: &[Figure], formatter: &Formatter) -> String {
    let hidden = unknown(figures);
    if hidden <= UNKNOWN_ROWS {
        return String::new();
    }
    if hidden == figures.len() {
        return format!("None of the {hidden} figures is available.");
    }
    let (mut whole, mut single) = (Vec::new(), Vec::new());
    for title in GROUPS {
        let group = || figures.iter().filter(|figure| group_of(figure.metric) == title);
        if group().any(is_known) {
            single.extend(
                group()
                    .filter(|figure| !is_known(figure))
                    .map(|figure| name(&formatter.label(figure))),
            );
        } else if group().next().is_some() {
            whole.push(title.to_owned());
        }
    }
    let named = [whole, single].concat().join(", ");
    format!("{hidden} figures are not available from this source: {named}.")
}

/// Whether anything is known of `figure`, now or before.
fn is_known(figure: &Figure) -> bool {
    figure.value.is_some() || figure.comparisons.iter().any(|other| other.base_value.is_some())
}

fn unknown(figures: &[Figure]) -> usize {
    figures.iter().filter(|figure| !is_known(figure)).count()
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
        | M::InvoicedCost
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
    let mut table = match metrics[..] {
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
    };
    table.lines = lines(&table);
    table
}

/// Whether the members of `section` share one total; the periods of a trend do not.
pub(super) fn parts_of_a_whole(section: &Section) -> bool {
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
    table.lines = lines(&table);
    table
}

/// The metrics of `section`, each once, in the order of its columns.
pub(super) fn metrics_of(section: &Section) -> Vec<Metric> {
    let mut metrics = Vec::new();
    for figure in &section.figures {
        if !metrics.contains(&figure.metric) {
            metrics.push(figure.metric);
        }
    }
    metrics
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
        .map(|figure| column(figure, formatter))
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
    let plain = |figure: Option<&Figure>| match figure.map(|figure| formatter.value(figure)) {
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
        .as_ref()
        .filter(|_| totals && same && additive(first.metric))
        .and_then(|values| apportion(values, places));
    let Some(amounts) = adding else {
        let mut cells: Vec<String> = figures[..shown].iter().copied().map(plain).collect();
        cells.extend([String::from("–"), String::from("–")]);
        return cells;
    };
    let shown_amount = |amount: Decimal| formatter.decimal(amount, places);
    let sum = |amounts: &[Decimal]| {
        money::sum(amounts.iter().copied()).map_or_else(|_| NOT_AVAILABLE.to_owned(), shown_amount)
    };
    let totals = [sum(&amounts[shown..]), sum(&amounts)];
    let exact = values.unwrap_or_default();
    let parts = amounts[..shown].iter().zip(exact);
    parts
        .map(|(amount, exact)| formatter.part(*amount, exact, places))
        .chain(totals)
        .collect()
}

/// Whether members' values add to a total that means something.
pub(super) fn additive(metric: Metric) -> bool {
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

/// The heading of a column of figures like `figure`: what they are, and in which unit.
pub(super) fn column(figure: &Figure, formatter: &Formatter) -> String {
    let unit = match (figure.unit, figure.currency) {
        (Unit::Currency, Some(currency)) => currency.code(),
        (Unit::Percent, _) => "%",
        (Unit::Ms, _) => "ms",
        _ => return formatter.metric(figure.metric),
    };
    format!("{}\u{a0}{unit}", formatter.metric(figure.metric))
}

/// What a row of `section` is.
pub(super) fn member_word(section: &Section) -> String {
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

pub(super) fn empty(section: &Section) -> Table {
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
        lines: Vec::new(),
    }
}
