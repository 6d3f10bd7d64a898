//! Tables of an organization: members with what they used, agents with their projects, and days by the members of a split.

use super::cells::{column_cells, sum, with_total};
use super::compared::{entries, shares};
use super::tables::{Row, Table, column, empty, metrics_of, others, plain_row, shown_of};
use super::words::{name, named, phrase};
use crate::language::Text;
use crate::metric::Metric;
use crate::money;
use crate::render::format::{Change, Formatter, apportion, decimals};
use crate::report::{Figure, Section};
use crate::source::organization;
use rust_decimal::Decimal;

/// Letters of a head, so that a long name makes no column wider than its figures.
const HEAD: usize = 24;
/// What is summed up, in English.
const OTHERS: &str = "Others";

/// The members of `section` by cost with their requests, shares and changes; the first `rows` of them, then the others.
pub(super) fn members(
    section: &Section,
    summary: &[Figure],
    formatter: &Formatter,
    rows: usize,
) -> Option<Table> {
    let entries = entries(section);
    let first = entries.first()?.cost;
    let shown = rows.min(entries.len());
    let costs: Vec<Option<&Figure>> = entries.iter().map(|entry| Some(entry.cost)).collect();
    let mut columns = vec![column(first, formatter)];
    let total_of = |metric: Metric| {
        let mut figures = summary.iter();
        figures.find(|it| it.metric == metric && (it.currency.is_none() || it.currency == first.currency))
    };
    let of_column = |metric: Metric, figures: &[Option<&Figure>]| {
        with_total(
            column_cells(figures, shown, formatter, true),
            total_of(metric),
            formatter,
        )
    };
    let mut cells = vec![of_column(Metric::TotalCost, &costs)];
    let of_member = |cost: &Figure, metric: Metric| {
        let mut figures = section.figures.iter();
        figures.find(|figure| figure.metric == metric && figure.member == cost.member)
    };
    let requests: Vec<Option<&Figure>> = entries
        .iter()
        .map(|entry| of_member(entry.cost, Metric::TotalRequests))
        .collect();
    if let Some(figure) = requests.iter().flatten().next() {
        columns.push(column(figure, formatter));
        cells.push(of_column(Metric::TotalRequests, &requests));
    }
    let shares = shares(&entries, shown, formatter, true);
    let total = total_of(Metric::TotalCost);
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
        let label = others(entries.len() - shown, formatter);
        table_rows.push(row(shown, label, "others", None));
    }
    table_rows.push(row(shown + 1, formatter.say("total"), "total", total));
    Some(Table {
        note: note(shown, entries.len(), formatter),
        columns,
        shares: !shares.is_empty(),
        changes: !first.comparisons.is_empty(),
        rows: table_rows,
        ..empty(section, formatter)
    })
}

/// Rows that are about two things, the second below the first: what each project used of a service type, or the project of an
/// agent. With `limit` at most so many, then the others and the total, of the first `most` metrics.
pub(super) fn pairs(section: &Section, formatter: &Formatter, limit: Option<usize>, most: usize) -> Table {
    let mut metrics = metrics_of(section);
    metrics.truncate(most);
    let mut rows: Vec<(&Figure, Vec<Option<&Figure>>)> = Vec::new();
    for figure in &section.figures {
        let same = |(first, _): &&mut (&Figure, Vec<Option<&Figure>>)| {
            first.member == figure.member && first.label == figure.label && first.rank == figure.rank
        };
        if !rows.last_mut().as_ref().is_some_and(same) {
            rows.push((figure, vec![None; metrics.len()]));
        }
        if let Some(column) = metrics.iter().position(|metric| *metric == figure.metric)
            && let Some((_, figures)) = rows.last_mut()
        {
            figures[column] = Some(figure);
        }
    }
    // What is summed up already stays with what is summed up here.
    let summed = |(figure, _): &(&Figure, Vec<Option<&Figure>>)| {
        figure.member.as_deref() == Some(organization::OTHERS)
    };
    rows.sort_by_key(summed);
    let told = rows.iter().filter(|row| !summed(row)).count();
    let shown = limit.map_or(rows.len(), |limit| limit.min(told));
    let of_metric = |metric: &Metric| section.figures.iter().find(|figure| figure.metric == *metric);
    let cells: Vec<Vec<String>> = (0..metrics.len())
        .map(|column| {
            let figures: Vec<Option<&Figure>> = rows.iter().map(|(_, figures)| figures[column]).collect();
            column_cells(&figures, shown, formatter, limit.is_some())
        })
        .collect();
    let row = |at: usize, label: String, kind| {
        plain_row(
            label,
            cells.iter().map(|column| column[at].clone()).collect(),
            kind,
        )
    };
    let mut table_rows: Vec<Row> = rows[..shown]
        .iter()
        .enumerate()
        .map(|(at, (figure, _))| Row {
            place: figure.rank.map(|rank| rank.to_string()).unwrap_or_default(),
            belongs: phrase(&figure.label, formatter),
            ..row(
                at,
                named(&figure.member.as_deref().unwrap_or_default().into(), formatter),
                "member",
            )
        })
        .collect();
    if limit.is_some() {
        if shown < rows.len() {
            let label = if told < rows.len() {
                formatter.say("others")
            } else {
                others(told - shown, formatter)
            };
            table_rows.push(row(shown, label, "others"));
        }
        table_rows.push(row(shown + 1, formatter.say("total"), "total"));
    }
    Table {
        // Nobody knows how many rows those are that are summed up already.
        note: if told < rows.len() {
            String::new()
        } else {
            note(shown, told, formatter)
        },
        columns: metrics
            .iter()
            .filter_map(of_metric)
            .map(|figure| column(figure, formatter))
            .collect(),
        ranked: rows.iter().any(|(figure, _)| figure.rank.is_some()),
        rows: table_rows,
        ..empty(section, formatter)
    }
}

/// The figures of one column by day.
struct Column<'a> {
    label: &'a Text,
    figures: Vec<&'a Figure>,
}

/// The days of a split: the `most` members with the largest sums, the others, and the total of the day, to which they add up; then
/// what is counted of all members together.
pub(super) fn days(section: &Section, formatter: &Formatter, most: usize) -> Table {
    let (split, together) = columns(section);
    let (mut heads, mut cells) = stacked(split, formatter, most);
    for column_of in together {
        let Some(first) = column_of.figures.first() else {
            continue;
        };
        heads.push(column(first, formatter));
        cells.push(
            column_of
                .figures
                .iter()
                .map(|figure| formatter.value(figure).number)
                .collect(),
        );
    }
    let mut days: Vec<&str> = section
        .figures
        .iter()
        .filter_map(|figure| figure.member.as_deref())
        .collect();
    days.dedup();
    let row = |(at, day): (usize, &&str)| {
        let label = day
            .parse()
            .map_or_else(|_| name(day, formatter), |date| formatter.short_day(date));
        let of_day = |column: &Vec<String>| {
            column
                .get(at)
                .cloned()
                .unwrap_or_else(|| formatter.not_available())
        };
        plain_row(label, cells.iter().map(of_day).collect(), "member")
    };
    let currency = section.figures.iter().find_map(|figure| figure.currency);
    Table {
        note: currency.map_or_else(String::new, |currency| currency.code().to_owned()),
        columns: heads,
        rows: days.iter().enumerate().map(row).collect(),
        ..empty(section, formatter)
    }
}

/// The members of the split, and what all of them have together.
fn columns(section: &Section) -> (Vec<Column<'_>>, Vec<Column<'_>>) {
    let (mut split, mut together): (Vec<Column<'_>>, Vec<Column<'_>>) = (Vec::new(), Vec::new());
    let members = section.split_members();
    for figure in &section.figures {
        let own = members.contains(&(figure.metric, figure.label.as_str()));
        let columns = if own { &mut split } else { &mut together };
        let same = |column: &&mut Column<'_>| {
            let first = column.figures[0];
            first.metric == figure.metric && (!own || *column.label == figure.label)
        };
        match columns.iter_mut().find(same) {
            Some(column) => column.figures.push(figure),
            None => columns.push(Column {
                label: &figure.label,
                figures: vec![figure],
            }),
        }
    }
    (split, together)
}

fn stacked(
    mut split: Vec<Column<'_>>,
    formatter: &Formatter,
    most: usize,
) -> (Vec<String>, Vec<Vec<String>>) {
    let total =
        |column: &Column<'_>| money::sum(column.figures.iter().filter_map(|figure| figure.value)).ok();
    // What is summed up already stays with what is summed up here.
    split.sort_by_key(|column| (*column.label == OTHERS, std::cmp::Reverse(total(column))));
    let Some(first) = split.first().and_then(|column| column.figures.first()) else {
        return (Vec::new(), Vec::new());
    };
    let (places, days) = (decimals(first), split[0].figures.len());
    let shown = most.min(split.len());
    let folded = split.len() > shown;
    let mut heads: Vec<String> = split[..shown]
        .iter()
        .map(|column| short(column.label, formatter))
        .collect();
    if folded {
        heads.push(formatter.say("others"));
    }
    heads.push(formatter.say("total"));
    let mut cells = vec![Vec::with_capacity(days); heads.len()];
    for at in 0..days {
        let exact: Option<Vec<Decimal>> = split.iter().map(|column| column.figures.get(at)?.value).collect();
        let amounts = exact.as_ref().and_then(|values| apportion(values, places));
        let row: Vec<String> = match exact.zip(amounts) {
            Some((exact, amounts)) => {
                let own = amounts[..shown].iter().zip(&exact);
                let mut row: Vec<String> = own
                    .map(|(amount, exact)| formatter.part(*amount, *exact, places))
                    .collect();
                if folded {
                    row.push(sum(&amounts[shown..], &exact[shown..], places, formatter));
                }
                row.push(sum(&amounts, &exact, places, formatter));
                row
            }
            None => vec![formatter.not_available(); heads.len()],
        };
        for (column, cell) in cells.iter_mut().zip(row) {
            column.push(cell);
        }
    }
    (heads, cells)
}

fn short(label: &Text, formatter: &Formatter) -> String {
    super::shortened(&named(label, formatter), HEAD)
}

fn note(shown: usize, of: usize, formatter: &Formatter) -> String {
    if shown < of {
        shown_of(shown, of, formatter)
    } else {
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::figure;
    use rust_decimal::dec;

    fn usage(costs: &[(&str, Decimal)]) -> Section {
        let used = |(project, cost): &(&str, Decimal)| Figure {
            label: "Embedding".into(),
            dimension: Some("project".into()),
            member: Some((*project).to_owned()),
            ..figure(Metric::TotalCost, Some(*cost))
        };
        Section {
            key: "usage".into(),
            title: "Usage".into(),
            source: None,
            figures: costs.iter().map(used).collect(),
        }
    }

    #[test]
    fn what_is_summed_up_is_one_row_after_all_others() {
        let formatter = Formatter::new("en-US");
        let rest = (organization::OTHERS, dec!(900));
        let told = [("a", dec!(5)), ("b", dec!(3)), ("c", dec!(1))];
        let with_rest: Vec<_> = std::iter::once(rest).chain(told).collect();
        let rows = |costs: &[(&str, Decimal)], limit| {
            let table = pairs(&usage(costs), &formatter, Some(limit), usize::MAX);
            let rows = table.rows.into_iter();
            let rows = rows
                .map(|row| format!("{} {}", row.name, row.cells[0]))
                .collect::<Vec<_>>();
            (rows, table.note)
        };
        assert_eq!(
            rows(&with_rest, 2),
            (
                ["a 5.00", "b 3.00", "Others 901.00", "Total 909.00"]
                    .map(String::from)
                    .into(),
                String::new()
            )
        );
        assert_eq!(
            rows(&with_rest, 9).0,
            ["a 5.00", "b 3.00", "c 1.00", "Others 900.00", "Total 909.00"]
        );
        assert_eq!(
            rows(&told, 2),
            (
                ["a 5.00", "b 3.00", "1 other 1.00", "Total 9.00"]
                    .map(String::from)
                    .into(),
                "2 of 3 shown".to_owned()
            )
        );
    }
}
