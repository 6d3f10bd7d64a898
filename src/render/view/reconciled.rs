//! Tables of a reconciliation: parts beside their total to the last digit, and the way from usage to the bill.

use super::columns::{WIDTH, lines, width};
use super::steps::TableStep;
use super::tables::{Row, Table, empty, plain_row};
use super::words::named;
use crate::language::say;
use crate::metric::Metric;
use crate::money;
use crate::render::format::{Formatter, apportion, bridged, decimals};
use crate::report::reconcile::{BILL, TIES, Tie, tie, within_tolerance};
use crate::report::{Figure, Section};
use rust_decimal::Decimal;

/// The table of `section` where it is one of a reconciliation; at most `rows` members of usage and bill.
pub(super) fn table(section: &Section, formatter: &Formatter, rows: usize, drawn: bool) -> Option<Table> {
    match section.key.as_str() {
        TIES => Some(ties(section, formatter, drawn)),
        BILL => Some(bill(section, formatter)),
        key if key.starts_with(BILL) => split(section, formatter, rows),
        _ => None,
    }
}

/// A word for how parts stand to their total.
pub(crate) fn tie_word(figure: &Figure, formatter: &Formatter) -> String {
    match tie(figure) {
        Some(Tie::Exact) => formatter.say("tie-exact"),
        Some(Tie::Noise) => formatter.say("tie-noise"),
        Some(Tie::Apart) => formatter.say("tie-apart"),
        None => formatter.not_available(),
    }
}

/// What is unexplained of a bill, and whether it is within the tolerance; empty where that is unknown.
pub(crate) fn tolerance_words(section: &Section, formatter: &Formatter) -> String {
    let Some(within) = within_tolerance(section) else {
        return String::new();
    };
    let percent = |metric: Metric| {
        let figure = figure(section, metric)?;
        let value = figure.value?.abs();
        Some(formatter.in_unit(value, figure.unit, None))
    };
    match (
        percent(Metric::UnexplainedShare),
        percent(Metric::UnexplainedTolerance),
    ) {
        (Some(share), Some(tolerance)) if within => {
            formatter.put(say!("bill-within-by", "share" = share, "tolerance" = tolerance))
        }
        (Some(share), Some(tolerance)) => {
            formatter.put(say!("bill-outside-by", "share" = share, "tolerance" = tolerance))
        }
        _ if within => formatter.say("bill-within"),
        _ => formatter.say("bill-not-within"),
    }
}

/// The sums of parts, each beside what a split gives to nobody; on a terminal without the latter where there is no room, or where
/// it says nothing and names would be cut for it.
fn ties(section: &Section, formatter: &Formatter, drawn: bool) -> Table {
    let whole = tie_table(section, formatter, true);
    let printed = lines(&whole, formatter);
    let fits = printed.iter().all(|line| width(line) <= WIDTH);
    let cut = printed.iter().any(|line| line.contains('…'));
    let is_nothing = |figure: &Figure| figure.value.is_some_and(|value| value.is_zero());
    let mut nobody = section
        .figures
        .iter()
        .filter(|figure| figure.comparisons.is_empty());
    if drawn || (fits && !(cut && nobody.all(is_nothing))) {
        return whole;
    }
    tie_table(section, formatter, false)
}

fn tie_table(section: &Section, formatter: &Formatter, nobody: bool) -> Table {
    let mut columns = vec!["tie-parts", "total", "tie-difference"];
    columns.extend(nobody.then_some("tie-unattributed"));
    columns.push("tie-state");
    let sums = section
        .figures
        .iter()
        .filter(|figure| !figure.comparisons.is_empty());
    let row = |sum: &Figure| {
        let beside = sum.comparisons.first();
        let change = beside.and_then(|beside| beside.change);
        let mut cells = vec![
            formatter.value(sum).number,
            formatter
                .shown(sum, beside.and_then(|beside| beside.base_value))
                .number,
            change.map_or_else(|| formatter.not_available(), |change| exact(change, formatter)),
        ];
        cells.extend(nobody.then(|| match unattributed(section, sum) {
            Some(figure) => formatter.value(figure).number,
            None => "–".to_owned(),
        }));
        cells.push(tie_word(sum, formatter));
        plain_row(named(&sum.label, formatter), cells, "member")
    };
    Table {
        member: formatter.say("tie-total-of"),
        columns: columns.into_iter().map(|id| formatter.say(id)).collect(),
        rows: sums.map(row).collect(),
        note: currency_of(section),
        ..empty(section, formatter)
    }
}

/// What the split of `sum` gives to nobody; `None` where it is no split.
pub(crate) fn unattributed<'a>(section: &'a Section, sum: &Figure) -> Option<&'a Figure> {
    let mut figures = section.figures.iter();
    figures.find(|figure| {
        figure.comparisons.is_empty() && figure.member == sum.member && figure.unit == sum.unit
    })
}

/// All digits of a difference.
fn exact(difference: Decimal, formatter: &Formatter) -> String {
    let difference = difference.normalize();
    formatter.signed(difference, difference.scale())
}

/// From usage to the bill.
fn bill(section: &Section, formatter: &Formatter) -> Table {
    let told = steps(section);
    let of_step = |figure: &Figure, at: usize| match told.as_ref().and_then(|steps| steps.get(at)) {
        Some(step) if figure.metric != Metric::UsageCost => {
            formatter.step(step.shown, step.exact, figure.currency)
        }
        Some(_) => formatter.value(figure).number,
        None => formatter.value(figure).text,
    };
    let mut at = 0;
    let mut rows = Vec::new();
    for figure in rows_of(section) {
        let cell = match figure.value {
            None => formatter.not_available(),
            Some(_) if figure.metric == Metric::BillCost && told.is_none() => formatter.value(figure).text,
            Some(_) if figure.metric == Metric::BillCost => formatter.value(figure).number,
            Some(_) => {
                at += 1;
                of_step(figure, at - 1)
            }
        };
        let label = match figure.metric {
            Metric::KnownGap => say!("bill-known", "reason" = &figure.label),
            _ => formatter.own_label(figure).into(),
        };
        let kind = if figure.metric == Metric::BillCost {
            "total"
        } else {
            "member"
        };
        rows.push(plain_row(named(&label, formatter), vec![cell], kind));
    }
    let words = tolerance_words(section, formatter);
    let note = [currency_of(section), words];
    let note: Vec<String> = note.into_iter().filter(|part| !part.is_empty()).collect();
    Table {
        member: formatter.say("step"),
        columns: vec![formatter.say("bill-amount")],
        rows,
        note: note.join(" · "),
        ..empty(section, formatter)
    }
}

/// The amounts of the way from usage to the bill, in the order of the table.
pub(crate) fn rows_of(section: &Section) -> impl Iterator<Item = &Figure> {
    section.figures.iter().filter(|figure| {
        !matches!(
            figure.metric,
            Metric::UnexplainedShare | Metric::UnexplainedTolerance
        )
    })
}

/// Usage and the known steps to the bill, which lead from the one as shown to the other; `None` where they cannot be compared.
pub(super) fn steps(section: &Section) -> Option<Vec<TableStep>> {
    figure(section, Metric::UnexplainedCost)?.value?;
    let known: Vec<(&Figure, Decimal)> = rows_of(section)
        .filter(|figure| figure.metric != Metric::BillCost)
        .filter_map(|figure| Some((figure, figure.value?)))
        .collect();
    let (bill, usage) = (figure(section, Metric::BillCost)?, known.first()?.1);
    let exact: Vec<Decimal> = known[1..].iter().map(|(_, value)| *value).collect();
    let shown = bridged(usage, &exact, bill.value?, bill.currency);
    let of_usage = std::iter::once(usage);
    let steps = known.iter().zip(of_usage.chain(shown));
    Some(
        steps
            .map(|((figure, exact), shown)| TableStep {
                metric: figure.metric,
                exact: *exact,
                shown,
            })
            .collect(),
    )
}

/// Members of usage and bill beside each other; of what is shown of both the difference is shown, so that rows and columns add up.
fn split(section: &Section, formatter: &Formatter, rows: usize) -> Option<Table> {
    let figures = &section.figures;
    let (first, shown) = (figures.first()?, rows.min(figures.len()));
    let beside = |figure: &Figure| figure.comparisons.first().and_then(|beside| beside.base_value);
    let usage: Vec<Option<Decimal>> = figures.iter().map(beside).collect();
    let bill: Vec<Option<Decimal>> = figures.iter().map(|figure| figure.value).collect();
    let places = decimals(first);
    let (used, billed) = (Column::new(usage, places), Column::new(bill, places));
    let apart: Vec<String> = used
        .folded(shown)
        .into_iter()
        .zip(billed.folded(shown))
        .map(|(used, billed)| {
            let apart = used
                .zip(billed)
                .and_then(|(used, billed)| money::sum([billed, -used]).ok());
            apart.map_or_else(
                || formatter.not_available(),
                |apart| formatter.signed_amount(apart, first.currency),
            )
        })
        .collect();
    let columns = [
        used.cells(shown, formatter),
        billed.cells(shown, formatter),
        apart,
        of_usage(figures, &used, &billed, shown, formatter),
    ];
    let row = |at: usize, label: String, kind| {
        let cells = columns.iter().map(|column| column[at].clone());
        plain_row(label, cells.collect(), kind)
    };
    let mut table_rows: Vec<Row> = (0..shown)
        .map(|at| row(at, named(&figures[at].label, formatter), "member"))
        .collect();
    if shown < figures.len() {
        let others = formatter.put(say!("count-others", "count" = figures.len() - shown));
        table_rows.push(row(shown, others, "others"));
    }
    table_rows.push(row(shown + 1, formatter.say("total"), "total"));
    let few = (shown < figures.len())
        .then(|| formatter.put(say!("shown-of", "shown" = shown, "all" = figures.len())));
    let note: Vec<String> = std::iter::once(currency_of(section)).chain(few).collect();
    Some(Table {
        columns: [
            "metric-usage_cost",
            "metric-bill_cost",
            "bill-less-usage",
            "bill-of-usage",
        ]
        .map(|id| formatter.say(id))
        .to_vec(),
        rows: table_rows,
        note: note.join(" · "),
        ..empty(section, formatter)
    })
}

/// The difference of each member shown and of all in per cent of its usage; of the others it says nothing.
fn of_usage(
    figures: &[Figure],
    used: &Column,
    billed: &Column,
    shown: usize,
    formatter: &Formatter,
) -> Vec<String> {
    let word = |percent: Option<Decimal>| {
        percent.map_or_else(|| "–".to_owned(), |percent| formatter.signed_percent(percent))
    };
    let of_all = used
        .total()
        .filter(|used| *used > Decimal::ZERO)
        .and_then(|used| money::percent(money::sum([billed.total()?, -used]).ok()?, used));
    let of_member = |figure: &Figure| {
        figure
            .comparisons
            .first()
            .and_then(|beside| beside.change_percent)
    };
    let mut cells: Vec<String> = figures[..shown]
        .iter()
        .map(|figure| word(of_member(figure)))
        .collect();
    cells.extend(["–".to_owned(), word(of_all)]);
    cells
}

/// Amounts of members, exact and as they are shown.
struct Column {
    exact: Vec<Option<Decimal>>,
    shown: Vec<Option<Decimal>>,
    places: u32,
}

impl Column {
    /// Rounds the amounts so that they add up, where all are known.
    fn new(exact: Vec<Option<Decimal>>, places: u32) -> Self {
        let known: Option<Vec<Decimal>> = exact.iter().copied().collect();
        let adding = known.and_then(|known| apportion(&known, places));
        let alone = || {
            exact
                .iter()
                .map(|value| value.map(|value| money::rounded(value, places)))
        };
        let shown = match adding {
            Some(adding) => adding.into_iter().map(Some).collect(),
            None => alone().collect(),
        };
        Self { exact, shown, places }
    }

    /// The sum of all, unrounded.
    fn total(&self) -> Option<Decimal> {
        let known: Option<Vec<Decimal>> = self.exact.iter().copied().collect();
        money::sum(known?).ok()
    }

    /// The first `shown` amounts as they are shown, those of the others together, and of all.
    fn folded(&self, shown: usize) -> Vec<Option<Decimal>> {
        let sum = |amounts: &[Option<Decimal>]| {
            let known: Option<Vec<Decimal>> = amounts.iter().copied().collect();
            money::sum(known?).ok()
        };
        let mut folded = self.shown[..shown].to_vec();
        folded.extend([sum(&self.shown[shown..]), sum(&self.shown)]);
        folded
    }

    fn cells(&self, shown: usize, formatter: &Formatter) -> Vec<String> {
        let mut cells: Vec<String> = self.shown[..shown]
            .iter()
            .zip(&self.exact)
            .map(|(shown, exact)| match shown.zip(*exact) {
                Some((shown, exact)) => formatter.part(shown, exact, self.places),
                None => formatter.not_available(),
            })
            .collect();
        let sums = self.folded(shown).split_off(shown);
        cells.extend(sums.into_iter().map(|sum| {
            sum.map_or_else(
                || formatter.not_available(),
                |sum| formatter.decimal(sum, self.places),
            )
        }));
        cells
    }
}

fn figure(section: &Section, metric: Metric) -> Option<&Figure> {
    let mut figures = section.figures.iter();
    figures.find(|figure| figure.metric == metric)
}

/// The one currency of the amounts; empty where there are none, or several.
fn currency_of(section: &Section) -> String {
    let mut currencies: Vec<&str> = section
        .figures
        .iter()
        .filter_map(|figure| figure.currency)
        .map(crate::money::Currency::code)
        .collect();
    currencies.dedup();
    match currencies[..] {
        [one] => one.to_owned(),
        _ => String::new(),
    }
}
