//! Figures that follow from others: ratios recomputed from their parts, and the platform's own value tied out to them.

use super::Notice;
use crate::language::{Text, say};
use crate::metric::{Metric, Unit};
use crate::money;
use crate::source::Window;
use rust_decimal::{Decimal, dec};

/// A ratio of the full report: which metric, from which numerator and denominator, times what.
const RATIOS: [(Metric, Metric, Metric); 7] = [
    (
        Metric::ErrorRate,
        Metric::RequestsWithErrors,
        Metric::TotalRequests,
    ),
    (
        Metric::AverageCostPerRequest,
        Metric::TotalCost,
        Metric::TotalRequests,
    ),
    (
        Metric::AverageInputTokensPerRequest,
        Metric::InputTokens,
        Metric::TotalRequests,
    ),
    (
        Metric::AverageOutputTokensPerRequest,
        Metric::OutputTokens,
        Metric::TotalRequests,
    ),
    (
        Metric::AverageTokensPerRequest,
        Metric::TotalTokens,
        Metric::TotalRequests,
    ),
    (
        Metric::TaskSuccessRate,
        Metric::CompletedTasks,
        Metric::TotalTasks,
    ),
    (Metric::AverageCostPerTask, Metric::TotalCost, Metric::TotalTasks),
];

/// Differences of amounts up to this are the noise of a platform that adds in binary.
pub(super) const AMOUNT_NOISE: Decimal = dec!(0.000001);

/// The value of a headline figure: recomputed from its parts where both are known and belong together, else as the source sent it.
///
/// A denominator of zero gives `None`, whatever the source sent.
#[must_use]
pub(super) fn value(window: &Window, metric: Metric) -> Option<Decimal> {
    let own = window.figure(metric);
    let ratio_of = RATIOS.iter().find(|(ratio, ..)| *ratio == metric);
    let Some((_, numerator, denominator)) = ratio_of.filter(|_| !window.unrelated.contains(&metric)) else {
        return own;
    };
    match (window.figure(*numerator), window.figure(*denominator)) {
        (_, Some(denominator)) if denominator.is_zero() => None,
        (Some(numerator), Some(denominator)) => ratio(metric, numerator, denominator),
        _ => own,
    }
}

/// The metrics whose quotient this one is.
#[must_use]
pub(super) fn parts(metric: Metric) -> Option<(Metric, Metric)> {
    let found = RATIOS.iter().find(|(ratio, ..)| *ratio == metric);
    found.map(|(_, numerator, denominator)| (*numerator, *denominator))
}

fn ratio(metric: Metric, numerator: Decimal, denominator: Decimal) -> Option<Decimal> {
    match metric.unit() {
        Unit::Percent => money::percent(numerator, denominator),
        _ => money::quotient(numerator, denominator),
    }
}

/// What does not tie out within one window of a source: its own ratios, token parts, and days against totals.
#[must_use]
pub(super) fn tie_out(source: &str, window: &Window) -> Vec<Notice> {
    // What was converted is held against itself as the platform sent it.
    let sent = window
        .converted
        .as_ref()
        .map_or(window, |converted| &converted.own);
    let mut findings = own_ratios(sent);
    findings.extend(token_parts(window));
    findings.extend(
        window
            .daily
            .iter()
            .filter_map(|series| days_against_total(window, series)),
    );
    findings
        .into_iter()
        .map(|text| Notice {
            source: Some(source.to_owned()),
            text,
            missing: false,
        })
        .collect()
}

/// The error rate is settled where it is decoded, since platforms disagree about its unit.
fn own_ratios(window: &Window) -> Vec<Text> {
    let period = &window.period;
    RATIOS
        .iter()
        .filter(|(metric, ..)| *metric != Metric::ErrorRate)
        .filter_map(|(metric, ..)| {
            let (own, ours) = (window.figure(*metric)?, value(window, *metric)?);
            if !recomputed(window, *metric) {
                return Some(say!("as-sent", "figure" = metric.text(), "period" = period));
            }
            (!agrees(own, ours)).then(|| {
                say!(
                    "parts-differ",
                    "figure" = metric.text(),
                    "own" = own,
                    "parts" = ours,
                    "period" = period,
                )
            })
        })
        .collect()
}

/// Whether both parts of a ratio are known.
fn recomputed(window: &Window, metric: Metric) -> bool {
    let parts = RATIOS.iter().find(|(ratio, ..)| *ratio == metric);
    parts.is_some_and(|(_, numerator, denominator)| {
        window.figure(*numerator).is_some() && window.figure(*denominator).is_some()
    })
}

/// Whether a value as sent is the exact one, rounded to the digits that were sent.
fn agrees(own: Decimal, exact: Decimal) -> bool {
    let own = own.normalize();
    let half_a_unit = Decimal::new(5, (own.scale() + 1).min(28));
    let noise = exact.abs() * dec!(0.000000001);
    let tolerance = half_a_unit.max(noise).max(dec!(0.0000000000005));
    own.checked_sub(exact)
        .is_some_and(|difference| difference.abs() <= tolerance)
}

fn token_parts(window: &Window) -> Option<Text> {
    let (input, output) = (
        window.figure(Metric::InputTokens)?,
        window.figure(Metric::OutputTokens)?,
    );
    let total = window.figure(Metric::TotalTokens)?;
    let sum = input.checked_add(output)?;
    (sum != total).then(|| {
        say!(
            "tokens-differ",
            "total" = total,
            "sum" = sum,
            "period" = &window.period,
        )
    })
}

/// The days that there are against the total. Days without data have a notice of their own.
fn days_against_total(window: &Window, series: &crate::source::Series) -> Option<Text> {
    let total = window.figure(series.metric)?;
    let known: Vec<Decimal> = series.points.iter().filter_map(|(_, value)| *value).collect();
    let all = known.len() == series.points.len();
    if known.is_empty() || !series.whole {
        return None;
    }
    let sum = money::sum(known).ok()?;
    let noise = match series.metric.unit() {
        Unit::Currency => AMOUNT_NOISE.max(total.abs() * dec!(0.000000001)),
        _ => Decimal::ZERO,
    };
    (sum.checked_sub(total)?.abs() > noise).then(|| {
        let (figure, period) = (series.metric.text(), &window.period);
        let total = total.normalize();
        if all {
            say!(
                "days-differ",
                "figure" = figure,
                "sum" = sum,
                "total" = total,
                "period" = period
            )
        } else {
            say!(
                "known-days-differ",
                "figure" = figure,
                "sum" = sum,
                "total" = total,
                "period" = period
            )
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::period::{Calendar, Period};
    use crate::source::{Measure, Series};

    fn window(figures: &[(Metric, Decimal)]) -> Window {
        Window {
            period: Period::parse("2026-10", Calendar::default()).unwrap(),
            rows: 0,
            figures: figures
                .iter()
                .map(|(metric, value)| Measure {
                    metric: *metric,
                    value: Some(*value),
                })
                .collect(),
            daily: Vec::new(),
            rankings: Vec::new(),
            breakdowns: Vec::new(),
            items: None,
            organization: None,
            daily_by: Vec::new(),
            converted: None,
            unrelated: &[],
        }
    }

    #[test]
    fn ratios_come_from_their_parts_and_a_zero_denominator_gives_nothing() {
        let busy = window(&[
            (Metric::TotalRequests, dec!(659997)),
            (Metric::RequestsWithErrors, dec!(33198)),
            (Metric::ErrorRate, dec!(0.0503)),
            (Metric::TotalCost, dec!(4070.36)),
        ]);
        assert_eq!(value(&busy, Metric::ErrorRate), Some(dec!(5.030022863740)));
        assert_eq!(
            value(&busy, Metric::AverageCostPerRequest),
            Some(dec!(0.006167240154))
        );
        assert_eq!(value(&busy, Metric::AverageTokensPerRequest), None);
        let idle = window(&[
            (Metric::TotalRequests, dec!(0)),
            (Metric::TotalCost, dec!(0)),
            (Metric::ErrorRate, dec!(0)),
        ]);
        assert_eq!(value(&idle, Metric::ErrorRate), None);
        assert_eq!(value(&idle, Metric::AverageCostPerRequest), None);
        let apart = Window {
            unrelated: &[Metric::AverageCostPerRequest],
            ..busy
        };
        assert_eq!(value(&apart, Metric::AverageCostPerRequest), None);
        assert_eq!(value(&apart, Metric::ErrorRate), Some(dec!(5.030022863740)));
        let alone = window(&[(Metric::ErrorRate, dec!(5.03))]);
        assert_eq!(value(&alone, Metric::ErrorRate), Some(dec!(5.03)));
    }

    #[test]
    fn a_platforms_rounding_agrees_and_its_mistakes_are_told() {
        let own = |own: Decimal| {
            let window = window(&[
                (Metric::TotalRequests, dec!(3)),
                (Metric::TotalCost, dec!(2)),
                (Metric::AverageCostPerRequest, own),
            ]);
            tie_out("globant", &window).len()
        };
        for rounded in [
            dec!(0.6667),
            dec!(0.67),
            dec!(0.666666666666666667),
            dec!(0.6666666666666666),
        ] {
            assert_eq!(own(rounded), 0, "{rounded}");
        }
        for wrong in [dec!(0.6676), dec!(0.6), dec!(66.67), dec!(0)] {
            assert_eq!(own(wrong), 1, "{wrong}");
        }
    }

    #[test]
    fn days_and_token_parts_are_tied_out_to_the_totals() {
        let mut window = window(&[
            (Metric::TotalCost, dec!(3)),
            (Metric::InputTokens, dec!(4)),
            (Metric::OutputTokens, dec!(5)),
            (Metric::TotalTokens, dec!(10)),
        ]);
        let day = window.period.start();
        window.daily = vec![Series {
            whole: true,
            metric: Metric::TotalCost,
            points: vec![(day, Some(dec!(1))), (day, Some(dec!(1.99)))],
        }];
        let texts: Vec<_> = tie_out("globant", &window)
            .into_iter()
            .map(|notice| notice.text)
            .collect();
        assert_eq!(
            texts,
            [
                "Total tokens: the source says 10, input and output give 9; the report shows both as sent (2026-10)",
                "Total cost: the days add up to 2.99, the source's total is 3; the report shows both as sent (2026-10)",
            ]
        );
        window.daily[0].points[0].1 = None;
        assert!(
            tie_out("globant", &window)[1]
                .text
                .contains("the days with data add up to 1.99")
        );
        window.daily[0].whole = false;
        assert_eq!(tie_out("globant", &window).len(), 1);
        window.daily[0].whole = true;
        window.daily[0].points = vec![(day, None), (day, Some(dec!(2.9999999999)))];
        assert_eq!(tie_out("globant", &window).len(), 1);
    }

    #[test]
    fn a_platforms_rounding_agrees_whatever_its_amounts_are_converted_to() {
        let told = |cost, average| {
            window(&[
                (Metric::TotalRequests, dec!(300)),
                (Metric::TotalCost, cost),
                (Metric::AverageCostPerRequest, average),
            ])
        };
        // Eight digits of 26.37034 / 300, and what they are in euros at 0.9137.
        let own = told(dec!(26.37034), dec!(0.08790113));
        assert!(tie_out("globant", &own).is_empty());
        let euros = told(dec!(24.094579658), dec!(0.080315262481));
        assert_eq!(tie_out("globant", &euros).len(), 1);
        let euros = Window {
            converted: Some(crate::source::dataset::Converted {
                from: crate::money::Currency::USD,
                rate: dec!(0.9137),
                own: Box::new(own),
            }),
            ..euros
        };
        assert!(tie_out("globant", &euros).is_empty());
    }
}
