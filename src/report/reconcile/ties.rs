//! The sum of each complete split and of the days beside the source's own total.

use super::{HEADLINE, TIES, Tie, tie};
use crate::language::{Text, say};
use crate::metric::Metric;
use crate::money;
use crate::report::beside::View;
use crate::report::{Comparison, Figure, Notice, Section};
use crate::source::{Breakdown, Series, UNATTRIBUTED, Window};
use rust_decimal::Decimal;

/// What is tied: the total, the sum of its parts, what a split gives to nobody, and the word for it.
const TIED: [(Metric, Metric, Metric, Metric); 3] = [
    (
        Metric::TotalCost,
        Metric::PartsCost,
        Metric::UnattributedCost,
        Metric::Cost,
    ),
    (
        Metric::TotalRequests,
        Metric::PartsRequests,
        Metric::UnattributedRequests,
        Metric::Requests,
    ),
    (
        Metric::TotalTokens,
        Metric::PartsTokens,
        Metric::UnattributedTokens,
        Metric::Tokens,
    ),
];
/// The dimension of its figures: by what the total is split.
const DIMENSION: &str = "breakdown";

/// The tie-out of one source, with a notice for each split that does not tie; days that do not have theirs already. `None` where
/// the source tells nothing that could be tied.
pub(super) fn tied(view: &View<'_>) -> (Option<Section>, Vec<Notice>) {
    let window = view.current;
    let mut figures = Vec::new();
    let mut notices = Vec::new();
    for tied in TIED {
        for breakdown in &window.breakdowns {
            let of_split = split(view, tied, breakdown);
            notices.extend(of_split.first().and_then(|sum| apart(view, tied.0, sum)));
            figures.extend(of_split);
        }
        figures.extend(days(view, tied));
    }
    figures.extend(tokens(view));
    let section = (!figures.is_empty()).then(|| view.maker.section(TIES, say!("section-ties"), figures));
    (section, notices)
}

/// The sum of a split and what it gives to nobody; nothing where it does not tell the figure.
fn split(
    view: &View<'_>,
    (total, parts, nobody, word): (Metric, Metric, Metric, Metric),
    breakdown: &Breakdown,
) -> Vec<Figure> {
    let told = |metric: Metric| {
        let mut measures = breakdown.members.iter().flat_map(|member| &member.measures);
        measures.any(|measure| measure.metric == metric)
    };
    if !told(total) {
        return Vec::new();
    }
    let values: Option<Vec<Decimal>> = breakdown
        .members
        .iter()
        .map(|member| member.figure(total))
        .collect();
    let sum = values.and_then(|values| money::sum(values).ok());
    let mut members = breakdown.members.iter();
    let unattributed = match members.find(|member| member.name == UNATTRIBUTED) {
        Some(member) => member.figure(total),
        None => Some(Decimal::ZERO),
    };
    let label = by(word, &breakdown.dimension);
    let of_nobody = Figure {
        label: say!("tie-nobody", "label" = &label),
        ..view
            .maker
            .member(nobody, unattributed, DIMENSION, &breakdown.dimension)
    };
    vec![
        beside_total(view, parts, sum, (&breakdown.dimension, label), total),
        of_nobody,
    ]
}

/// `Cost by model`.
fn by(word: Metric, dimension: &str) -> Text {
    let dimension = Text::keyed("dimension-", dimension);
    say!("tie-by", "figure" = word.text(), "dimension" = dimension)
}

/// The sum of the days with data; `None` where the source tells no days of the whole.
fn days(view: &View<'_>, (total, parts, _, word): (Metric, Metric, Metric, Metric)) -> Option<Figure> {
    let mut daily = view.current.daily.iter();
    let series: &Series = daily.find(|series| series.metric == total && series.whole)?;
    let known: Vec<Decimal> = series.points.iter().filter_map(|(_, value)| *value).collect();
    let unknown = series.points.len() - known.len();
    let sum = Some(known)
        .filter(|known| !known.is_empty())
        .and_then(|known| money::sum(known).ok());
    let mut figure = beside_total(view, parts, sum, ("day", by(word, "day")), total);
    // Days without data that add up to the total all the same were days without anything.
    if unknown > 0 && tie(&figure) == Some(Tie::Apart) {
        figure.label = say!("tie-by-days", "figure" = word.text(), "count" = unknown);
    }
    Some(figure)
}

/// Input and output tokens beside the total, where the source sends all three.
fn tokens(view: &View<'_>) -> Option<Figure> {
    let window: &Window = view.current;
    let told = |metric: Metric| window.figures.iter().any(|measure| measure.metric == metric);
    let both = [Metric::InputTokens, Metric::OutputTokens];
    if !both.into_iter().all(told) || !told(Metric::TotalTokens) {
        return None;
    }
    let values: Option<Vec<Decimal>> = both.into_iter().map(|metric| window.figure(metric)).collect();
    let sum = values.and_then(|values| money::sum(values).ok());
    let label = say!("tie-tokens");
    Some(beside_total(
        view,
        Metric::PartsTokens,
        sum,
        ("input_and_output", label),
        Metric::TotalTokens,
    ))
}

fn beside_total(
    view: &View<'_>,
    parts: Metric,
    sum: Option<Decimal>,
    (member, label): (&str, Text),
    total: Metric,
) -> Figure {
    Figure {
        label,
        comparisons: vec![Comparison::of(HEADLINE, sum, view.current.figure(total))],
        ..view.maker.member(parts, sum, DIMENSION, member)
    }
}

/// What is said where the parts are not the total.
fn apart(view: &View<'_>, total: Metric, sum: &Figure) -> Option<Notice> {
    let beside = sum.comparisons.first()?;
    (tie(sum)? == Tie::Apart).then_some(())?;
    let text = say!(
        "parts-apart",
        "label" = &sum.label,
        "parts" = sum.value?.normalize(),
        "total" = view.current.figure(total)?.normalize(),
        "difference" = beside.change?.normalize(),
        "period" = &view.current.period,
    );
    Some(Notice {
        source: Some(view.dataset.source.clone()).filter(|name| !name.is_empty()),
        text,
        missing: false,
    })
}
