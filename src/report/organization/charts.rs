//! What of an organization is drawn: its cost day by day and in all, each project's course, and a card for each service type.

use super::{Organized, PROJECT, QUANTITIES, SERVICE_TYPE, service_types, words};
use crate::language::{Text, say};
use crate::metric::{Metric, Unit};
use crate::money;
use crate::report::{
    Chart, ChartForm, Figure, Given, Line, PALETTE, Panel, Part as Words, Sentence, Tint, charts, told,
};
use crate::source::Organization;
use crate::source::organization::{Part, Split};
use chrono::NaiveDate;
use rust_decimal::Decimal;

/// Members of a stack or a ring that are drawn one by one; the rest is "Others".
const MOST_PARTS: usize = 6;
/// Projects that have a line of their own.
const MOST_LINES: usize = 12;

/// Draws the charts of one source.
pub(super) struct Studio<'a> {
    organized: &'a Organized<'a>,
    prefix: &'a str,
    cost: &'a Figure,
    days: Vec<NaiveDate>,
}

impl<'a> Studio<'a> {
    pub(super) fn new(organized: &'a Organized<'a>, prefix: &'a str, cost: &'a Figure) -> Self {
        Self {
            organized,
            prefix,
            cost,
            days: organized.view.current.period.dates().collect(),
        }
    }

    /// All of them, in the order of the page; none without facts by day.
    pub(super) fn charts(&self) -> Vec<Chart> {
        let Some(facts) = self.organized.facts else {
            return Vec::new();
        };
        let stacked = facts
            .split(SERVICE_TYPE, None)
            .and_then(|split| self.stacked(split));
        let rings = [SERVICE_TYPE, PROJECT]
            .into_iter()
            .filter_map(|dimension| self.ring(facts, dimension));
        let mut all: Vec<Chart> = stacked.into_iter().chain(rings).collect();
        all.extend(self.trends(facts));
        for (key, part) in service_types(facts) {
            all.extend(self.card(facts, &key, part));
        }
        all
    }

    /// A chart. Titles begin with words of ours: a workbook takes one that begins with `=` for a formula.
    fn chart(&self, key: &str, title: Text, form: ChartForm) -> Chart {
        Chart {
            key: format!("{}{}", self.prefix, key.replace('_', "-")),
            source: self.cost.source.clone(),
            title,
            unit: self.cost.unit,
            currency: self.cost.currency,
            message: self.message(&form, self.cost.unit),
            form,
            panel: None,
        }
    }

    /// Who has most, and how much.
    fn message(&self, form: &ChartForm, unit: Unit) -> Sentence {
        // Of a day that one member knows and another does not nobody can say who leads.
        if let ChartForm::Stacked { series, .. } | ChartForm::Lines { series, .. } = form
            && !know_the_same_days(series)
        {
            return Sentence::default();
        }
        let mut totals: Vec<(Text, Decimal)> = match form {
            // Those that are summed up as one lead nobody.
            ChartForm::Stacked { series, .. } | ChartForm::Lines { series, .. } => series
                .iter()
                .filter(|line| line.tint != Tint::Rest || series.len() == 1)
                .filter_map(|line| Some((line.label.clone(), total(line)?)))
                .collect(),
            ChartForm::Ring { parts, .. } => parts.clone(),
            _ => Vec::new(),
        };
        let alone = match form {
            ChartForm::Stacked { series, .. } | ChartForm::Lines { series, .. } => series.len() == 1,
            _ => totals.len() == 1,
        };
        if let ([(label, value)], true) = (totals.as_slice(), alone) {
            let currency = self.cost.currency.filter(|_| unit == Unit::Currency);
            let value = Words::Value {
                value: *value,
                unit,
                currency,
            };
            return told!(
                "chart-in-all",
                "name" = Given::Strong(label.clone()),
                "value" = value
            );
        }
        totals.sort_by(|(_, a), (_, b)| b.cmp(a));
        let figure = Figure {
            unit,
            currency: self.cost.currency.filter(|_| unit == Unit::Currency),
            ..self.cost.clone()
        };
        charts::leader(&totals, &figure)
    }

    /// The members of a split with their days, as many as `most` and the others.
    fn lines(&self, split: &Split, most: usize) -> Vec<Line> {
        let line = |(part, tint): (&Part, Tint)| Line {
            label: self.organized.words.of(&split.dimension, part),
            tint,
            values: values(part, Metric::TotalCost),
        };
        fold(split.members.iter().zip(tints(split)).map(line).collect(), most)
    }

    fn stacked(&self, split: &Split) -> Option<Chart> {
        let series = self.lines(split, MOST_PARTS);
        let form = ChartForm::Stacked {
            days: self.days.clone(),
            series,
        };
        drawable(&form).then(|| {
            self.chart(
                "daily_by_service_type",
                say!(
                    "cost-per-day-by",
                    "dimension" = Text::keyed("dimension-", SERVICE_TYPE)
                ),
                form,
            )
        })
    }

    /// The cost by a dimension, six members and the others.
    fn ring(&self, facts: &Organization, dimension: &str) -> Option<Chart> {
        let breakdown = self.organized.view.current.breakdown(dimension)?;
        let split = facts.split(dimension, None)?;
        let tints = tints(split);
        let mut parts = Vec::new();
        let mut colours = Vec::new();
        for member in &breakdown.members {
            let cost = member.figure(Metric::TotalCost)?;
            if cost.is_sign_negative() && !cost.is_zero() {
                return None;
            }
            if !cost.is_zero() {
                let place = split
                    .members
                    .iter()
                    .position(|part| part.others.is_none() && part.name == member.name);
                colours.push(place.map_or(Tint::Rest, |place| tints[place].clone()));
                parts.push((self.organized.words.member(dimension, &member.name), cost));
            }
        }
        let rest = parts.split_off(parts.len().min(MOST_PARTS));
        colours.truncate(parts.len());
        let others = match rest.len() {
            0 => None,
            members => Some((members, money::sum(rest.iter().map(|(_, cost)| *cost)).ok()?)),
        };
        let costs: Vec<Decimal> = parts
            .iter()
            .map(|(_, cost)| *cost)
            .chain(others.map(|(_, cost)| cost))
            .collect();
        let total = money::sum(costs.iter().copied()).ok()?;
        let form = ChartForm::Ring {
            parts,
            tints: colours,
            others,
            shares: costs
                .into_iter()
                .map(|cost| money::percent(cost, total))
                .collect::<Option<_>>()?,
        };
        let title = say!("cost-by", "dimension" = Text::keyed("dimension-", dimension));
        drawable(&form).then(|| self.chart(&format!("by_{dimension}"), title, form))
    }

    /// A line for each project: of all service types, then of each.
    fn trends(&self, facts: &Organization) -> Vec<Chart> {
        let all = facts
            .split(PROJECT, None)
            .map(|split| (say!("all-services"), String::new(), split));
        let each = service_types(facts).into_iter().filter_map(|(_, part)| {
            let split = facts.split(PROJECT, Some(&part.name))?;
            Some((
                self.organized.words.part(part),
                format!("_{}", words::slug(&part.name)),
                split,
            ))
        });
        let views = all.into_iter().chain(each).filter_map(|(view, key, split)| {
            let form = ChartForm::Lines {
                days: self.days.clone(),
                series: self.lines(split, MOST_LINES),
            };
            drawable(&form).then_some((view, key, form))
        });
        let panel = |(place, (view, key, form)): (usize, (Text, String, ChartForm))| {
            let title = match place {
                0 => say!(
                    "cost-per-day-by",
                    "dimension" = Text::keyed("dimension-", PROJECT)
                ),
                _ => say!("cost-per-day-by-project-of", "view" = &view),
            };
            Chart {
                panel: Some(Panel {
                    group: "daily_by_project".to_owned(),
                    title: say!("project-trends"),
                    view,
                    place,
                }),
                ..self.chart(&format!("daily_by_project{key}_{place}"), title, form)
            }
        };
        views.enumerate().map(panel).collect()
    }

    /// The card of a service type: its costs by project, its requests, and what was used of each thing that has a price.
    fn card(&self, facts: &Organization, key: &str, part: &Part) -> Vec<Chart> {
        let name = self.organized.words.part(part);
        let stacked = |series: Vec<Line>| ChartForm::Stacked {
            days: self.days.clone(),
            series,
        };
        let mut views: Vec<(Text, Unit, ChartForm)> = Vec::new();
        if let Some(split) = facts.split(PROJECT, Some(&part.name)) {
            views.push((
                say!("view-costs"),
                self.cost.unit,
                stacked(self.lines(split, MOST_PARTS)),
            ));
        }
        let requests = vec![quantity(part, Metric::TotalRequests, 0)];
        views.push((say!("view-requests"), Unit::Count, stacked(requests)));
        views.extend(
            usage(part)
                .into_iter()
                .map(|(view, unit, series)| (view, unit, stacked(series))),
        );
        // No requests at all are worth a view, if it is known that there were none.
        let views = views
            .into_iter()
            .filter(|(view, _, form)| view == "Requests" && is_known(form) || drawable(form));
        let chart = |(place, (view, unit, form)): (usize, (Text, Unit, ChartForm))| Chart {
            unit,
            currency: self.cost.currency.filter(|_| unit == Unit::Currency),
            message: self.message(&form, unit),
            panel: Some(Panel {
                group: key.to_owned(),
                title: name.clone(),
                view: view.clone(),
                place,
            }),
            ..self.chart(
                &format!("{key}_{place}"),
                say!("view-per-day", "view" = &view, "name" = &name),
                form,
            )
        };
        views.enumerate().map(chart).collect()
    }
}

/// The colour of each member: its own, or the next one of the palette that is nobody's own.
fn tints(split: &Split) -> Vec<Tint> {
    let own = |colour: &str| {
        let mut colours = split.members.iter().filter_map(|part| part.colour.as_deref());
        colours.any(|own| own.eq_ignore_ascii_case(colour))
    };
    let mut places = (0..).filter(|place| PALETTE.get(*place).is_none_or(|colour| !own(colour)));
    let tint = |part: &Part| match (&part.colour, part.others) {
        (_, Some(_)) => Tint::Rest,
        (Some(colour), None) => Tint::Own(colour.clone()),
        (None, None) => Tint::Palette(places.next().unwrap_or_default()),
    };
    split.members.iter().map(tint).collect()
}

/// What was used, stacked where it is counted in the same unit: tokens on each other, seconds and characters by themselves.
fn usage(part: &Part) -> Vec<(Text, Unit, Vec<Line>)> {
    let any = |metric: &Metric| {
        let values = values(part, *metric);
        values.iter().flatten().any(|value| !value.is_zero())
    };
    let mut units = vec![
        (QUANTITIES[..2].to_vec(), say!("in-tokens")),
        (vec![Metric::AudioSeconds], say!("in-seconds")),
        (vec![Metric::Characters], say!("in-characters")),
    ];
    for (metrics, _) in &mut units {
        metrics.retain(any);
    }
    units.retain(|(metrics, _)| !metrics.is_empty());
    let alone = units.len() == 1;
    let view = |(metrics, unit): (Vec<Metric>, Text)| {
        let name = if alone {
            say!("view-usage")
        } else {
            say!("view-usage-in", "unit" = unit)
        };
        let lines = metrics
            .iter()
            .enumerate()
            .map(|(place, metric)| quantity(part, *metric, place));
        (name, metrics[0].unit(), lines.collect())
    };
    units.into_iter().map(view).collect()
}

fn quantity(part: &Part, metric: Metric, place: usize) -> Line {
    Line {
        label: metric.text(),
        tint: Tint::Palette(place),
        values: values(part, metric),
    }
}

fn values(part: &Part, metric: Metric) -> Vec<Option<Decimal>> {
    let found = part.series.iter().find(|series| series.metric == metric);
    found.map_or_else(Vec::new, |series| {
        series.points.iter().map(|(_, value)| *value).collect()
    })
}

fn know_the_same_days(lines: &[Line]) -> bool {
    let known = |line: &Line| line.values.iter().map(Option::is_some).collect::<Vec<_>>();
    let mut told = lines.iter().filter(|line| total(line).is_some());
    let first = told.next().map(known);
    told.all(|line| Some(known(line)) == first)
}

/// The sum of the days that are known; `None` where none is.
fn total(line: &Line) -> Option<Decimal> {
    line.values
        .iter()
        .any(Option::is_some)
        .then(|| money::sum(line.values.iter().flatten().copied()).ok())?
}

/// The lines that have anything, the largest first; those beyond `most`, and what is summed up already, as one.
fn fold(lines: Vec<Line>, most: usize) -> Vec<Line> {
    let (rest, mut lines): (Vec<Line>, Vec<Line>) = lines
        .into_iter()
        .filter(|line| total(line).is_some_and(|total| !total.is_zero()))
        .partition(|line| line.tint == Tint::Rest);
    lines.sort_by_key(|line| std::cmp::Reverse(total(line)));
    let mut others = lines.split_off(lines.len().min(most));
    others.extend(rest);
    let Some(first) = others.first() else {
        return lines;
    };
    let sum = |at: usize| {
        let values: Option<Vec<Decimal>> = others
            .iter()
            .map(|line| line.values.get(at).copied().flatten())
            .collect();
        money::sum(values?).ok()
    };
    lines.push(Line {
        label: say!("others"),
        tint: Tint::Rest,
        values: (0..first.values.len()).map(sum).collect(),
    });
    lines
}

/// Whether any day of it is known.
fn is_known(form: &ChartForm) -> bool {
    matches!(form, ChartForm::Stacked { series, .. } if series.iter().any(|line| total(line).is_some()))
}

/// Whether there is anything to see.
fn drawable(form: &ChartForm) -> bool {
    match form {
        ChartForm::Stacked { series, .. } | ChartForm::Lines { series, .. } => series
            .iter()
            .any(|line| total(line).is_some_and(|total| !total.is_zero())),
        // One part says nothing that the total does not.
        ChartForm::Ring { parts, .. } => parts.len() > 1,
        _ => true,
    }
}

#[cfg(test)]
mod tests;
