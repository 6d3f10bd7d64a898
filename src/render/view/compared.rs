//! Tables of a comparison and of a trend: members beside themselves in other periods, why the cost changed, period by period.

use super::cells::{column_cells, with_total};
use super::steps::TableStep;
use super::tables::{Row, Table, column, empty, others, plain_row, shown_of};
use super::words::named;
use crate::language::say;
use crate::metric::Metric;
use crate::render::chart::sparkline;
use crate::render::format::{Change, Formatter, apportion, bridged};
use crate::report::{Comparison, Figure, Report, Section, capitalised};
use rust_decimal::Decimal;

/// Decimals of a share in per cent.
const SHARE_DECIMALS: u32 = 1;

/// How much room a table of members has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    /// Members before the others are summed up.
    pub(super) rows: usize,
    /// Comparisons besides the leading one.
    pub(super) further: usize,
    /// Whether shares say by how many points they moved.
    pub(super) points: bool,
}

/// One member with its cost and its share, where the section tells one.
pub(super) struct Entry<'a> {
    pub(super) cost: &'a Figure,
    share: Option<&'a Figure>,
}

/// The members of `section` beside themselves in other periods, by cost; `None` where nothing stands beside them.
pub(super) fn members(
    section: &Section,
    summary: &[Figure],
    report: &Report,
    formatter: &Formatter,
    room: Room,
) -> Option<Table> {
    let rows = room.rows;
    let entries = entries(section);
    let first = entries
        .first()
        .filter(|entry| !entry.cost.comparisons.is_empty())?;
    let shown = rows.min(entries.len());
    let costs: Vec<Option<&Figure>> = entries.iter().map(|entry| Some(entry.cost)).collect();
    let total = summary
        .iter()
        .find(|figure| figure.metric == Metric::TotalCost && figure.currency == first.cost.currency);
    let own = column_cells(&costs, shown, formatter, true);
    let mut cells = vec![with_total(own, total, formatter)];
    let mut columns = vec![capitalised(&formatter.period(&report.period))];
    if let Some(leading) = first.cost.comparisons.first() {
        let before: Vec<Figure> = entries.iter().map(|entry| at_base(entry.cost, leading)).collect();
        let before: Vec<Option<&Figure>> = before.iter().map(Some).collect();
        let base = total.map(|total| at_base(total, leading));
        let base_cells = column_cells(&before, shown, formatter, true);
        cells.push(with_total(base_cells, base.as_ref(), formatter));
        columns.push(capitalised(&period_of(report, leading, formatter)));
    }
    let further = first.cost.comparisons.iter().enumerate().skip(1);
    for (place, other) in further.take(room.further) {
        let change = |figure: Option<&Figure>| {
            let change = figure
                .and_then(|figure| Some(formatter.change_beside(figure, figure.comparisons.get(place)?)));
            change.map_or_else(|| "–".to_owned(), |change| change.short)
        };
        let mut column: Vec<String> = entries[..shown]
            .iter()
            .map(|entry| change(Some(entry.cost)))
            .collect();
        column.extend(["–".to_owned(), change(total)]);
        cells.push(column);
        let period = report.period_of(&other.comparison);
        columns.push(formatter.put(say!("versus", "period" = period)));
    }
    let shares = shares(&entries, shown, formatter, room.points);
    let row = |at: usize, label: String, kind, figure: Option<&Figure>| Row {
        share: shares.get(at).cloned().unwrap_or_default(),
        change: figure
            .and_then(|figure| formatter.change(figure))
            .map(Change::brief),
        ..plain_row(
            label,
            cells.iter().map(|column| column[at].clone()).collect(),
            kind,
        )
    };
    let mut table_rows: Vec<Row> = entries[..shown]
        .iter()
        .enumerate()
        .map(|(at, entry)| {
            row(
                at,
                named(&entry.cost.label, formatter),
                "member",
                Some(entry.cost),
            )
        })
        .collect();
    if shown < entries.len() {
        table_rows.push(row(
            shown,
            others(entries.len() - shown, formatter),
            "others",
            None,
        ));
    }
    table_rows.push(row(shown + 1, formatter.say("total"), "total", total));
    let currency = first
        .cost
        .currency
        .map_or_else(String::new, |currency| currency.code().to_owned());
    let note = [
        Some(currency).filter(|code| !code.is_empty()),
        (shown < entries.len()).then(|| shown_of(shown, entries.len(), formatter)),
    ];
    Some(Table {
        columns,
        shares: !shares.is_empty(),
        changes: true,
        rows: table_rows,
        note: note.into_iter().flatten().collect::<Vec<_>>().join(" · "),
        ..empty(section, formatter)
    })
}

/// The members of `section`, in order.
pub(super) fn entries(section: &Section) -> Vec<Entry<'_>> {
    let mut entries: Vec<Entry<'_>> = Vec::new();
    for figure in &section.figures {
        match (figure.metric, entries.last_mut()) {
            (Metric::TotalCost, _) => entries.push(Entry {
                cost: figure,
                share: None,
            }),
            (Metric::CostShare, Some(entry)) if entry.cost.member == figure.member => {
                entry.share = Some(figure);
            }
            _ => {}
        }
    }
    entries
}

/// `figure` as it was in the period of `comparison`.
fn at_base(figure: &Figure, comparison: &Comparison) -> Figure {
    let mut others = figure.comparisons.iter();
    let base = others.find(|other| other.comparison == comparison.comparison);
    Figure {
        value: base.and_then(|base| base.base_value),
        ..figure.clone()
    }
}

/// The share of each member shown, of the others and of the total, which add up, with the change in points; none where a share
/// is unknown.
pub(super) fn shares(
    entries: &[Entry<'_>],
    shown: usize,
    formatter: &Formatter,
    points: bool,
) -> Vec<String> {
    let values: Option<Vec<Decimal>> = entries.iter().map(|entry| entry.share?.value).collect();
    let Some(amounts) = values.and_then(|values| apportion(&values, SHARE_DECIMALS)) else {
        return Vec::new();
    };
    let text = |amount: Decimal| format!("{}\u{a0}%", formatter.decimal(amount, SHARE_DECIMALS));
    let with_points = |(entry, amount): (&Entry<'_>, &Decimal)| {
        let points = entry
            .share
            .filter(|_| points)
            .and_then(|share| share.comparisons.first()?.change)
            .map(|points| formatter.signed(points, SHARE_DECIMALS));
        match points {
            Some(points) => format!("{} ({points}\u{a0}{})", text(*amount), formatter.say("points")),
            None => text(*amount),
        }
    };
    let sum = |amounts: &[Decimal]| text(amounts.iter().sum());
    let mut shares: Vec<String> = entries
        .iter()
        .zip(&amounts)
        .take(shown)
        .map(with_points)
        .collect();
    shares.extend([sum(&amounts[shown..]), sum(&amounts)]);
    shares
}

/// The name of the period of a comparison.
fn period_of(report: &Report, comparison: &Comparison, formatter: &Formatter) -> String {
    report
        .compared_with
        .iter()
        .find(|other| other.comparison == comparison.comparison)
        .map_or_else(
            || comparison.comparison.clone(),
            |other| formatter.period(&other.period),
        )
}

/// Why the cost changed: a column for each comparison, from the total before to the total now.
pub(super) fn effects(
    section: &Section,
    summary: &[Figure],
    report: &Report,
    formatter: &Formatter,
) -> Option<Table> {
    let cost = summary
        .iter()
        .find(|figure| figure.metric == Metric::TotalCost && figure.source == section.source)?;
    let metrics = effects_of(section);
    let now = cost.value?;
    let mut columns = Vec::new();
    let mut cells: Vec<Vec<String>> = Vec::new();
    for comparison in &cost.comparisons {
        let steps: Vec<Option<Decimal>> = metrics
            .iter()
            .map(|metric| effect(section, *metric, comparison))
            .collect();
        let Some(base) = comparison
            .base_value
            .filter(|_| steps.iter().any(Option::is_some))
        else {
            continue;
        };
        let shown = steps_between(base, &metrics, &steps, now, cost);
        let mut column = vec![formatter.shown(cost, Some(base)).number];
        column.extend(metrics.iter().zip(&steps).map(|(metric, step)| {
            let told = shown.iter().find(|shown| shown.metric == *metric);
            match (told, step) {
                (Some(told), _) => formatter.step(told.shown, told.exact, cost.currency),
                (None, Some(zero)) => formatter.signed_amount(*zero, cost.currency),
                (None, None) => "–".to_owned(),
            }
        }));
        column.push(formatter.shown(cost, Some(now)).number);
        cells.push(column);
        let period = report.period_of(&comparison.comparison);
        columns.push(formatter.put(say!("from-period", "period" = period)));
    }
    let row = |at: usize, name: String, kind| {
        let cells = cells.iter().map(|column| column[at].clone());
        plain_row(name, cells.collect(), kind)
    };
    let mut rows = vec![row(0, formatter.say("before"), "member")];
    rows.extend(
        metrics
            .iter()
            .enumerate()
            .map(|(at, metric)| row(at + 1, formatter.metric_word(*metric), "member")),
    );
    rows.push(row(metrics.len() + 1, formatter.period(&report.period), "total"));
    (!columns.is_empty()).then(|| Table {
        member: formatter.say("step"),
        columns,
        rows,
        note: cost
            .currency
            .map_or_else(String::new, |currency| currency.code().to_owned()),
        ..empty(section, formatter)
    })
}

/// The effects that are not zero in every comparison, in the order of the bridge.
fn effects_of(section: &Section) -> Vec<Metric> {
    let mut metrics: Vec<Metric> = Vec::new();
    for figure in &section.figures {
        if figure.value.is_some_and(|value| !value.is_zero()) && !metrics.contains(&figure.metric) {
            metrics.push(figure.metric);
        }
    }
    metrics.sort_unstable();
    metrics
}

/// The steps from `base` to `now` that are not zero: what is zero takes no part in the rounding, here as in the chart.
fn steps_between(
    base: Decimal,
    metrics: &[Metric],
    steps: &[Option<Decimal>],
    now: Decimal,
    cost: &Figure,
) -> Vec<TableStep> {
    let told = metrics.iter().zip(steps);
    let (metrics, exact): (Vec<Metric>, Vec<Decimal>) = told
        .filter_map(|(metric, step)| Some((*metric, step.filter(|step| !step.is_zero())?)))
        .unzip();
    let shown = bridged(base, &exact, now, cost.currency);
    let steps = metrics.into_iter().zip(exact).zip(shown);
    steps
        .map(|((metric, exact), shown)| TableStep { metric, exact, shown })
        .collect()
}

/// The steps of the leading comparison of `section`, as its table and the chart show them.
pub(super) fn leading_steps(section: &Section, report: &Report) -> Option<Vec<TableStep>> {
    let mut sections = report.sections.iter();
    let summary = sections.find(|other| other.key == "summary" && other.source == section.source)?;
    let mut figures = summary.figures.iter();
    let cost = figures.find(|figure| figure.metric == Metric::TotalCost)?;
    let leading = cost.comparisons.first()?;
    let metrics = effects_of(section);
    let steps: Vec<Option<Decimal>> = metrics
        .iter()
        .map(|metric| effect(section, *metric, leading))
        .collect();
    Some(steps_between(
        leading.base_value?,
        &metrics,
        &steps,
        cost.value?,
        cost,
    ))
}

fn effect(section: &Section, metric: Metric, comparison: &Comparison) -> Option<Decimal> {
    let mut figures = section.figures.iter();
    let found = figures.find(|figure| {
        let beside = figure.comparisons.first();
        figure.metric == metric && beside.is_some_and(|it| it.comparison == comparison.comparison)
    });
    found?.value
}

/// A trend: a row for each figure, a column for each of the last `periods`, a line that shows all of them.
pub(super) fn trend(section: &Section, formatter: &Formatter, periods: usize, drawn: bool) -> Table {
    let mut metrics: Vec<Metric> = Vec::new();
    let mut members: Vec<&str> = Vec::new();
    for figure in &section.figures {
        if !metrics.contains(&figure.metric) {
            metrics.push(figure.metric);
        }
        if let Some(member) = figure
            .member
            .as_deref()
            .filter(|member| !members.contains(member))
        {
            members.push(member);
        }
    }
    let hidden = members.len().saturating_sub(periods);
    let rows = metrics.iter().filter_map(|metric| {
        let series: Vec<&Figure> = section
            .figures
            .iter()
            .filter(|figure| figure.metric == *metric)
            .collect();
        let last = *series.last()?;
        let known = series
            .iter()
            .any(|figure| figure.value.is_some_and(|value| !value.is_zero()));
        let values: Vec<Option<Decimal>> = series.iter().map(|figure| figure.value).collect();
        known.then(|| Row {
            place: String::new(),
            name: column(last, formatter),
            belongs: String::new(),
            cells: series[hidden.min(series.len())..]
                .iter()
                .map(|figure| formatter.value(figure).number)
                .collect(),
            bar: 0,
            bar_pixels: 0,
            share: String::new(),
            change: formatter.change(last).map(Change::brief),
            kind: "member",
            svg: if drawn { sparkline(&values) } else { String::new() },
        })
    });
    let rows: Vec<Row> = rows.collect();
    Table {
        member: formatter.say("figure"),
        columns: members[hidden..]
            .iter()
            .map(|member| formatter.tiny_period_of(member))
            .collect(),
        changes: true,
        sparks: drawn,
        rows,
        note: if hidden > 0 {
            formatter.put(say!("last-periods", "periods" = periods, "all" = members.len()))
        } else {
            String::new()
        },
        ..empty(section, formatter)
    }
}
