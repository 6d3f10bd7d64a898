//! The bars of a chart with the amounts that the table of the same members shows, so that page and picture agree to the cent.

use super::single::Single;
use super::tables::{metrics_of, parts_of_a_whole};
use crate::language::Text;
use crate::metric::{Metric, Unit};
use crate::money;
use crate::render::format::{apportion, decimals, visible_step};
use crate::report::{Chart, ChartForm, Figure, Part, Report, Section, Sentence};
use rust_decimal::Decimal;

/// Decimals of a share in per cent.
const SHARE_DECIMALS: u32 = 1;

/// `chart` as a reader of `report` sees it: bars whose members stand in a table have that table's rounding.
pub(crate) fn as_in_table(chart: &Chart, report: &Report) -> Chart {
    let mut shown = chart.clone();
    let form = &mut shown.form;
    if let ChartForm::Bars { bars, others } = form {
        let sections = report.sections.iter().filter(|section| parts_of_a_whole(section));
        let found = sections
            .flat_map(|section| {
                metrics_of(section)
                    .into_iter()
                    .map(move |metric| (section, metric))
            })
            .find_map(|(section, metric)| {
                amounts(
                    chart,
                    bars,
                    others.map_or(0, |rest| rest.0),
                    section,
                    metric,
                    report,
                )
            });
        if let Some((amounts, rest)) = found {
            reword(&mut shown.message, bars, &amounts);
            for (bar, amount) in bars.iter_mut().zip(amounts) {
                bar.1 = amount;
            }
            *others = others.map(|(members, _)| (members, rest));
        }
    }
    if let ChartForm::Ring {
        parts,
        others,
        shares,
        ..
    } = form
    {
        let mut sections = report.sections.iter();
        let found = sections.find(|section| chart.draws(section));
        if let Some(section) = found.filter(|section| parts_of_a_whole(section)) {
            let exact = parts.clone();
            in_ring(parts, others, shares, section);
            let amounts: Vec<Decimal> = parts.iter().map(|(_, amount)| *amount).collect();
            reword(&mut shown.message, &exact, &amounts);
        }
    }
    shown
}

/// Gives the amount of the first member in the sentence about a chart the rounding that it has in table and picture.
fn reword(message: &mut Sentence, members: &[(Text, Decimal)], amounts: &[Decimal]) {
    let (Some((_, exact)), Some(amount)) = (members.first(), amounts.first()) else {
        return;
    };
    *message = message.mapped(&|part| match part {
        Part::Value {
            value,
            unit,
            currency,
        } if value == exact && *unit != Unit::Percent => Part::Value {
            value: *amount,
            unit: *unit,
            currency: *currency,
        },
        other => other.clone(),
    });
}

/// The amount of a member as its table shows it, where that is made to add up; what it is itself where it stands in none.
pub(super) fn member_in_table(member: &Figure, report: &Report) -> Option<Decimal> {
    let exact = member.value?;
    let shown = made_to_add_up(member, report).unwrap_or(exact);
    Some(visible_step(shown, exact, member.currency))
}

fn made_to_add_up(member: &Figure, report: &Report) -> Option<Decimal> {
    let key = format!("by_{}", member.dimension.as_deref()?);
    let mut sections = report.sections.iter();
    let section = sections.find(|section| section.key == key && section.source == member.source)?;
    let figures: Vec<&Figure> = section
        .figures
        .iter()
        .filter(|figure| figure.metric == member.metric && figure.currency == member.currency)
        .collect();
    let at = figures
        .iter()
        .position(|figure| figure.member == member.member && figure.value == member.value)?;
    column(section, member.metric, &figures, report)?.get(at).copied()
}

/// Gives the parts of a ring the amounts and shares that the table of `section` shows, if these are its members.
fn in_ring(
    parts: &mut [(Text, Decimal)],
    others: &mut Option<(usize, Decimal)>,
    shares: &mut [Decimal],
    section: &Section,
) {
    let of = |metric: Metric| {
        section
            .figures
            .iter()
            .filter(move |figure| figure.metric == metric)
    };
    let rounded = |metric: Metric| {
        let places = if metric == Metric::TotalCost {
            decimals(of(metric).next()?)
        } else {
            SHARE_DECIMALS
        };
        let values: Option<Vec<Decimal>> = of(metric).map(|figure| figure.value).collect();
        apportion(&values?, places)
    };
    let (Some(costs), Some(percents)) = (rounded(Metric::TotalCost), rounded(Metric::CostShare)) else {
        return;
    };
    let same = of(Metric::TotalCost)
        .zip(parts.iter())
        .all(|(figure, (label, value))| figure.label == *label && figure.value == Some(*value));
    if !same || costs.len() < parts.len() || percents.len() != costs.len() {
        return;
    }
    let shown = parts.len();
    for ((part, share), (cost, percent)) in parts
        .iter_mut()
        .zip(shares.iter_mut())
        .zip(costs.iter().zip(&percents))
    {
        part.1 = *cost;
        *share = *percent;
    }
    if let Some((_, rest)) = others {
        *rest = costs[shown..].iter().sum();
        if let Some(share) = shares.get_mut(shown) {
            *share = percents[shown..].iter().sum();
        }
    }
}

/// The amounts of `bars` and of the `hidden` members beside them as the column of `metric` in `section` shows them; `None` if
/// these are not its members.
fn amounts(
    chart: &Chart,
    bars: &[(Text, Decimal)],
    hidden: usize,
    section: &Section,
    metric: Metric,
    report: &Report,
) -> Option<(Vec<Decimal>, Decimal)> {
    let figures: Vec<&Figure> = section
        .figures
        .iter()
        .filter(|figure| figure.metric == metric)
        .collect();
    let alike = |figure: &&Figure| figure.unit == chart.unit && figure.currency == chart.currency;
    if figures.len() < bars.len() + hidden || !figures.iter().all(alike) {
        return None;
    }
    let mut left = column(section, metric, &figures, report)?;
    let mut members = figures;
    let mut found = Vec::with_capacity(bars.len());
    for (label, value) in bars {
        let at = members
            .iter()
            .position(|figure| figure.label == *label && figure.value == Some(*value))?;
        members.remove(at);
        found.push(left.remove(at));
    }
    // A table has those as well that have nothing now and had something before.
    let others = members
        .iter()
        .filter(|figure| figure.value.is_none_or(|value| !value.is_zero()));
    if others.count() > hidden {
        return None;
    }
    Some((found, money::sum(left).ok()?))
}

fn column(section: &Section, metric: Metric, figures: &[&Figure], report: &Report) -> Option<Vec<Decimal>> {
    let places = decimals(figures.first()?);
    if figures.len() == section.figures.len() {
        let mut all = report.sections.iter();
        let summary = all.find(|other| other.key == "summary" && other.source == section.source);
        let summary = summary.map_or(&[][..], |summary| &summary.figures[..]);
        let (amounts, _) = Single::new(section, metric, summary).shown(places);
        return amounts.into_iter().collect();
    }
    let values = figures
        .iter()
        .map(|figure| figure.value)
        .collect::<Option<Vec<_>>>()?;
    apportion(&values, places).filter(|_| metric.adds_up())
}
