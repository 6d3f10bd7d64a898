//! Several sources added up: one dataset of what all of them tell in the same meaning and the same currency.
//!
//! Whoever is active in two sources may be one user, and an average is no sum: such figures stay with each source.

mod days;
mod organization;

use crate::language::{Text, say};
use crate::metric::{Metric, Unit};
use crate::money::{self, Currency};
use crate::period::Period;
use crate::source::dataset::Reach;
use crate::source::{Breakdown, Dataset, Measure, Member, Notice, Series, Window};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// The datasets added up; `None` for fewer than two. Its source has no name. The days of a `look_back` are split by source and by what all
/// sources tell by day.
#[must_use]
pub(super) fn combine(datasets: &[Dataset], look_back: Option<&Period>) -> Option<Dataset> {
    let (first, _) = datasets.split_first().filter(|(_, others)| !others.is_empty())?;
    let currency = one_currency(datasets);
    let windows = first.windows.iter().filter_map(|window| {
        let all: Vec<(&str, &Window)> = datasets
            .iter()
            .map(|dataset| Some((dataset.source.as_str(), dataset.window(&window.period)?)))
            .collect::<Option<_>>()?;
        let mut window = added(&all, currency.is_ok());
        if currency.is_ok() && look_back.is_some_and(|back| window.period.id() == back.id()) {
            window.daily_by = days::splits(&all);
            window.daily.extend(days::non_usage(&all));
        }
        Some(window)
    });
    Some(Dataset {
        source: String::new(),
        platform: say!("all-sources"),
        scope: None,
        currency: currency.clone().unwrap_or_default(),
        zone: None,
        fetched_at: datasets.iter().map(|dataset| dataset.fetched_at).max()?,
        provisional_through: datasets
            .iter()
            .filter_map(|dataset| dataset.provisional_through)
            .min(),
        at_own_rates: Vec::new(),
        own_trend: None,
        reach: Reach::default(),
        windows: windows.collect(),
        notices: notices(&currency),
    })
}

/// The currency of all that have amounts; the codes of all where they disagree.
fn one_currency(datasets: &[Dataset]) -> Result<Option<Currency>, Vec<&'static str>> {
    let mut codes: Vec<&'static str> = Vec::new();
    let mut found = None;
    for currency in datasets.iter().filter_map(|dataset| dataset.currency) {
        if !codes.contains(&currency.code()) {
            codes.push(currency.code());
        }
        found = Some(currency);
    }
    if codes.len() > 1 { Err(codes) } else { Ok(found) }
}

fn notices(currency: &Result<Option<Currency>, Vec<&'static str>>) -> Vec<Notice> {
    let about = |text: Text| Notice {
        source: None,
        text,
        missing: false,
    };
    let mut notices = vec![about(say!("sums-of-sources"))];
    if let Err(codes) = currency {
        let (first, others) = codes
            .split_first()
            .map_or(("", &[][..]), |(first, rest)| (*first, rest));
        let all = others.iter().fold(Text::verbatim(first), |all, code| {
            say!("and", "one" = all, "next" = *code)
        });
        notices.push(about(say!("amounts-not-added", "currencies" = all)));
    }
    notices
}

/// The windows of one period added up; amounts only where they are of one currency.
pub(super) fn added(windows: &[(&str, &Window)], amounts: bool) -> Window {
    let adds = |metric: Metric| metric.adds_up() && (amounts || metric.unit() != Unit::Currency);
    let period = windows[0].1.period.clone();
    let figures: Vec<Measure> = windows[0]
        .1
        .figures
        .iter()
        .filter(|measure| adds(measure.metric))
        .filter_map(|measure| {
            let values = windows
                .iter()
                .map(|(_, window)| told(window, measure.metric))
                .collect::<Option<Vec<_>>>()?;
            Some(Measure {
                metric: measure.metric,
                value: total(&values),
            })
        })
        .collect();
    let metrics: Vec<Metric> = figures.iter().map(|measure| measure.metric).collect();
    Window {
        rows: windows.iter().map(|(_, window)| window.rows).sum(),
        daily: daily(windows, &metrics),
        rankings: Vec::new(),
        breakdowns: breakdowns(windows, &metrics),
        items: items(windows).filter(|_| amounts),
        organization: organization::added(windows).filter(|_| amounts).map(Box::new),
        daily_by: Vec::new(),
        // Each source has a rate of its own.
        converted: None,
        unrelated: unrelated(windows),
        figures,
        period,
    }
}

/// What does not apply to one of them does not apply to their sum.
fn unrelated(windows: &[(&str, &Window)]) -> &'static [Metric] {
    let mut named = windows.iter().map(|(_, window)| window.unrelated);
    named.find(|ratios| !ratios.is_empty()).unwrap_or_default()
}

/// What a source tells of a figure: `None` if it does not tell it at all, which is something else than not knowing it.
#[expect(clippy::option_option, reason = "not told and not known are different things")]
fn told(window: &Window, metric: Metric) -> Option<Option<Decimal>> {
    let mut figures = window.figures.iter();
    Some(figures.find(|measure| measure.metric == metric)?.value)
}

/// The sum; unknown where one part is.
fn total(values: &[Option<Decimal>]) -> Option<Decimal> {
    let known = values.iter().copied().collect::<Option<Vec<Decimal>>>()?;
    money::sum(known).ok()
}

fn daily(windows: &[(&str, &Window)], metrics: &[Metric]) -> Vec<Series> {
    let series = metrics.iter().filter_map(|metric| {
        let all = windows.iter().map(|(_, window)| window.by_day(*metric));
        Some(Series {
            metric: *metric,
            whole: true,
            points: days::sums(&all.collect::<Option<Vec<_>>>()?),
        })
    });
    series.collect()
}

/// The split by source, then every split that all sources have.
fn breakdowns(windows: &[(&str, &Window)], metrics: &[Metric]) -> Vec<Breakdown> {
    let by_source = Breakdown {
        dimension: "source".to_owned(),
        members: windows
            .iter()
            .map(|(source, window)| Member {
                name: (*source).to_owned(),
                measures: metrics
                    .iter()
                    .map(|metric| Measure {
                        metric: *metric,
                        value: window.figure(*metric),
                    })
                    .collect(),
            })
            .collect(),
    };
    let shared = windows[0].1.breakdowns.iter().filter_map(|first| {
        let all = windows
            .iter()
            .map(|(_, window)| window.breakdown(&first.dimension))
            .collect::<Option<Vec<_>>>()?;
        Some(Breakdown {
            dimension: first.dimension.clone(),
            members: united(&all, metrics),
        })
    });
    std::iter::once(by_source)
        .chain(shared)
        .map(sorted)
        .filter(|breakdown| !breakdown.members.is_empty())
        .collect()
}

/// The members of all, those of one name added up, with the figures of `metrics` that all members have.
fn united(all: &[&Breakdown], metrics: &[Metric]) -> Vec<Member> {
    let mut members: BTreeMap<&str, Vec<&Member>> = BTreeMap::new();
    for member in all.iter().flat_map(|breakdown| &breakdown.members) {
        members.entry(&member.name).or_default().push(member);
    }
    let told = |metric: &Metric| {
        let mut firsts = all.iter().filter_map(|breakdown| breakdown.members.first());
        firsts.all(|member| member.measures.iter().any(|measure| measure.metric == *metric))
    };
    let metrics: Vec<Metric> = metrics.iter().copied().filter(told).collect();
    members
        .into_iter()
        .map(|(name, parts)| Member {
            name: name.to_owned(),
            measures: metrics
                .iter()
                .map(|metric| {
                    let values: Vec<Option<Decimal>> =
                        parts.iter().map(|part| part.figure(*metric)).collect();
                    Measure {
                        metric: *metric,
                        value: total(&values),
                    }
                })
                .collect(),
        })
        .collect()
}

fn sorted(mut breakdown: Breakdown) -> Breakdown {
    breakdown.members.sort_by(|a, b| {
        let cost = |member: &Member| member.figure(Metric::TotalCost);
        cost(b).cmp(&cost(a)).then_with(|| a.name.cmp(&b.name))
    });
    breakdown
}

/// The items of all sources, if all have some of one kind; each source's keep their own prices.
fn items(windows: &[(&str, &Window)]) -> Option<Breakdown> {
    let all = windows
        .iter()
        .map(|(source, window)| Some((*source, window.items.as_ref()?)))
        .collect::<Option<Vec<_>>>()?;
    let dimension = all.first()?.1.dimension.clone();
    let alike = all.iter().all(|(_, items)| items.dimension == dimension);
    let members = all.iter().flat_map(|(source, items)| {
        items.members.iter().map(move |member| Member {
            name: format!("{source}\u{1f}{}", member.name),
            measures: member.measures.clone(),
        })
    });
    alike.then(|| Breakdown {
        dimension,
        members: members.collect(),
    })
}
