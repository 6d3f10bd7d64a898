//! The answer in one or two sentences, built from the figures by rule; nothing is said that the figures do not say.

mod why;

use super::effects::Effects;
use super::{
    Compared, Comparison, Direction, Figure, Given, Outlier, Part, PeriodRef, Point, Sentence, told,
};
use crate::language::{Text, say};
use crate::metric::{Metric, Unit};
use crate::money;
use rust_decimal::Decimal;

/// A number whose plural is that of many members.
const MANY: usize = 10;

/// What the answer is built from.
#[derive(Debug)]
pub(super) struct Facts<'a> {
    /// The total cost with its comparison.
    pub(super) cost: &'a Figure,
    /// The period.
    pub(super) period: &'a PeriodRef,
    /// The periods beside it, the leading one first.
    pub(super) beside: &'a [Compared],
    /// Who moved most.
    pub(super) mover: Option<&'a Figure>,
    /// The day that stands out.
    pub(super) outlier: Option<&'a Outlier>,
    /// Why the cost changed, where the report asks.
    pub(super) effects: Option<&'a Effects>,
    /// The cost of each period of a trend, oldest first.
    pub(super) trend: &'a [Point],
}

impl Facts<'_> {
    /// The period beside all others, if any.
    fn base(&self) -> Option<&PeriodRef> {
        self.beside.first().map(|other| &other.period)
    }
}

/// The sentences of the answer: what was spent and how that changed; then why, as far as the figures tell.
#[must_use]
pub(super) fn sentences(facts: &Facts<'_>) -> Vec<Sentence> {
    let mut sentences = vec![spend(facts)];
    sentences.extend(per_day(facts));
    sentences.extend(facts.effects.and_then(|effects| why::why(facts.cost, effects)));
    sentences.extend(facts.mover.and_then(mover));
    sentences.extend(facts.outlier.map(|outlier| day(facts.cost, outlier)));
    sentences.extend(rank(facts.trend));
    let comparisons = facts.cost.comparisons.iter().skip(1);
    sentences.extend(
        comparisons
            .zip(facts.beside.iter().skip(1))
            .filter_map(|(comparison, other)| beside(facts.cost, comparison, &other.period)),
    );
    sentences
}

/// What a chart of the cost shows, for those who cannot see it.
#[must_use]
pub(super) fn message(facts: &Facts<'_>) -> Sentence {
    let spend = spend(facts);
    match facts.outlier {
        Some(outlier) => spend.then(" ", day(facts.cost, outlier)),
        None => spend,
    }
}

fn amount(figure: &Figure, value: Decimal) -> Part {
    Part::Value {
        value,
        unit: figure.unit,
        currency: figure.currency,
    }
}

fn spend(facts: &Facts<'_>) -> Sentence {
    let period = facts.period;
    let Some(number) = facts.cost.value else {
        return told!("answer-unavailable", "period" = period);
    };
    let value = amount(facts.cost, number);
    let comparison = facts.cost.comparisons.first();
    let (Some(base), Some(comparison)) = (facts.base(), comparison) else {
        return told!("answer-was", "period" = period, "value" = value);
    };
    // Across zero a percentage says nothing.
    let percent = comparison.change_percent.filter(|_| number >= Decimal::ZERO);
    match (comparison.direction, percent) {
        (Some(Direction::Up), Some(percent)) => {
            told!("answer-rose", "change" = Part::Percent(percent), "value" = value)
        }
        (Some(Direction::Down), Some(percent)) => {
            told!(
                "answer-fell",
                "change" = Part::Percent(percent.abs()),
                "value" = value
            )
        }
        (Some(Direction::Flat), _) => told!("answer-level", "value" = value),
        (Some(Direction::New), _) => told!("answer-new", "value" = value, "base" = base),
        (Some(Direction::Gone), _) => told!("answer-gone", "period" = period),
        // Without a percentage the amounts speak.
        (Some(_), None) => {
            let base = amount(facts.cost, comparison.base_value.unwrap_or_default());
            told!("answer-went", "base" = base, "value" = value)
        }
        (None, _) => told!("answer-without-base", "value" = value, "base" = base),
    }
}

/// Only where the periods differ in length and something was spent, since else it says the same again.
fn per_day(facts: &Facts<'_>) -> Option<Sentence> {
    let base = facts
        .base()
        .filter(|base| base.days != facts.period.days && base.days > 0)?;
    let comparison = facts.cost.comparisons.first()?;
    let (value, before) = (
        facts.cost.value.filter(|value| *value > Decimal::ZERO)?,
        comparison.base_value.filter(|before| *before > Decimal::ZERO)?,
    );
    let now = value.checked_mul(Decimal::from(base.days))?;
    let before = before.checked_mul(Decimal::from(facts.period.days))?;
    let percent = money::percent(now.checked_sub(before)?, before)?;
    let shown = money::rounded(percent, 1);
    let (period, change) = (facts.period, Part::Percent(percent.abs()));
    let days = days_more(period.days, base.days);
    Some(if shown.is_zero() {
        told!(
            "answer-per-day-level",
            "period" = period,
            "days" = days,
            "base" = base
        )
    } else if shown > Decimal::ZERO {
        told!(
            "answer-per-day-up",
            "change" = change,
            "period" = period,
            "days" = days,
            "base" = base
        )
    } else {
        told!(
            "answer-per-day-down",
            "change" = change,
            "period" = period,
            "days" = days,
            "base" = base
        )
    })
}

fn days_more(days: u32, base: u32) -> Text {
    if days > base {
        say!("days-more", "count" = days - base)
    } else {
        say!("days-fewer", "count" = base - days)
    }
}

/// Where the last period of a trend stands among all; only where all are known and no other is the same.
fn rank(trend: &[Point]) -> Option<Sentence> {
    let values = trend
        .iter()
        .map(|point| point.value)
        .collect::<Option<Vec<Decimal>>>()?;
    let (newest, others) = values.split_last()?;
    match (others.iter().max()?, others.iter().min()?) {
        (most, _) if newest > most => Some(told!("answer-highest", "periods" = values.len())),
        (_, least) if newest < least => Some(told!("answer-lowest", "periods" = values.len())),
        _ => None,
    }
}

/// How the cost stands to that of another period.
fn beside(cost: &Figure, comparison: &Comparison, other: &PeriodRef) -> Option<Sentence> {
    Some(match (comparison.direction?, comparison.change_percent) {
        (Direction::Up | Direction::New, Some(percent)) => {
            told!("beside-rose", "period" = other, "change" = Part::Percent(percent))
        }
        (Direction::Down | Direction::Gone, Some(percent)) => {
            told!(
                "beside-fell",
                "period" = other,
                "change" = Part::Percent(percent.abs())
            )
        }
        (Direction::Flat, _) => told!("beside-level", "period" = other),
        (_, None) => {
            let (base, value) = (amount(cost, comparison.base_value?), amount(cost, cost.value?));
            told!("beside-went", "period" = other, "base" = base, "value" = value)
        }
    })
}

fn mover(mover: &Figure) -> Option<Sentence> {
    let change = mover.comparisons.first()?.change?;
    let (name, value) = (Part::Strong(mover.member.clone()?), amount(mover, change.abs()));
    // In a top list who is missing is unknown; only of those in both lists is it known who moved most.
    let members = Text::members(mover.dimension.as_deref().unwrap_or("member"), MANY);
    Some(match (mover.metric, mover.unit, change.is_sign_negative()) {
        (Metric::TotalCost, _, false) => told!("mover-cost-more", "name" = name, "value" = value),
        (Metric::TotalCost, _, true) => told!("mover-cost-less", "name" = name, "value" = value),
        (_, Unit::Currency, false) => {
            told!(
                "mover-among-cost-more",
                "name" = name,
                "value" = value,
                "members" = members
            )
        }
        (_, Unit::Currency, true) => {
            told!(
                "mover-among-cost-less",
                "name" = name,
                "value" = value,
                "members" = members
            )
        }
        (_, _, false) => {
            told!(
                "mover-among-requests-more",
                "name" = name,
                "value" = value,
                "members" = members
            )
        }
        (_, _, true) => {
            told!(
                "mover-among-requests-fewer",
                "name" = name,
                "value" = value,
                "members" = members
            )
        }
    })
}

fn day(cost: &Figure, outlier: &Outlier) -> Sentence {
    let times = Given::Times(money::rounded(outlier.times_usual, 1));
    let (day, value) = (Part::Date(outlier.date), amount(cost, outlier.value));
    if outlier.same_weekday {
        let weekday = Given::Weekday(outlier.date);
        told!(
            "answer-weekday",
            "day" = day,
            "value" = value,
            "times" = times,
            "weekday" = weekday
        )
    } else {
        told!("answer-day", "day" = day, "value" = value, "times" = times)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;
    use crate::report::Status;
    use rust_decimal::dec;

    fn period(id: &str, days: u32) -> PeriodRef {
        let start = "2026-10-01".parse().unwrap();
        PeriodRef {
            id: id.into(),
            start,
            end: start,
            timezone: "UTC".into(),
            days,
        }
    }

    fn beside(period: PeriodRef) -> [Compared; 1] {
        [Compared {
            comparison: "previous_period".into(),
            period,
        }]
    }

    fn cost(metric: Metric, value: Option<Decimal>, base: Option<Decimal>) -> Figure {
        Figure {
            source: None,
            metric,
            label: metric.label().into(),
            dimension: Some("agent".into()),
            member: Some("Sales".into()),
            rank: None,
            unit: metric.unit(),
            currency: Some(Currency::USD),
            value,
            status: Status::Ok,
            comparisons: vec![Comparison::of("previous_period", value, base)],
        }
    }

    fn plain(sentences: &[Sentence]) -> String {
        let words = |part: &Part| match part {
            Part::Text(text) | Part::Strong(text) => text.clone(),
            Part::Value { value, .. } | Part::Step { value, .. } | Part::Change { value, .. } => {
                value.to_string()
            }
            Part::Percent(percent) => format!("{} %", money::rounded(*percent, 1)),
            Part::Date(date) => date.to_string(),
            Part::Period(period) => period.id.clone(),
        };
        sentences
            .iter()
            .map(|s| s.parts.iter().map(words).collect::<String>())
            .collect::<Vec<_>>()
            .join(" ")
    }

    fn check(value: Option<Decimal>, base: Option<Decimal>, days: (u32, u32), expected: &str) {
        let (now, before) = (period("2026-10", days.0), period("2026-09", days.1));
        let cost = cost(Metric::TotalCost, value, base);
        let facts = Facts {
            cost: &cost,
            period: &now,
            beside: &beside(before),
            mover: None,
            outlier: None,
            effects: None,
            trend: &[],
        };
        assert_eq!(plain(&sentences(&facts)), expected);
    }

    #[test]
    fn it_says_what_the_figures_say() {
        let day = (30, 30);
        check(
            Some(dec!(1370)),
            Some(dec!(1200)),
            day,
            "Spend rose 14.2 % to 1370.",
        );
        check(
            Some(dec!(600)),
            Some(dec!(1200)),
            day,
            "Spend fell 50.0 % to 600.",
        );
        check(
            Some(dec!(1200)),
            Some(dec!(1200)),
            day,
            "Spend stayed level at 1200.",
        );
        check(
            Some(dec!(5)),
            Some(dec!(0)),
            day,
            "Spend was 5, after none in 2026-09.",
        );
        check(
            Some(dec!(0)),
            Some(dec!(5)),
            day,
            "There was no spend in 2026-10.",
        );
        check(
            Some(dec!(5)),
            None,
            day,
            "Spend was 5; 2026-09 is not available to compare it with.",
        );
        check(
            None,
            Some(dec!(5)),
            day,
            "The total cost of 2026-10 is not available.",
        );
        check(Some(dec!(50)), Some(dec!(-50)), day, "Spend went from -50 to 50.");
        check(
            Some(dec!(3000)),
            Some(dec!(2800)),
            (31, 28),
            "Spend rose 7.1 % to 3000. Per day it is down 3.2 %, as 2026-10 has 3 days more than 2026-09.",
        );
        check(
            Some(dec!(0)),
            Some(dec!(5)),
            (31, 30),
            "There was no spend in 2026-10.",
        );
        check(
            Some(dec!(2900)),
            Some(dec!(3000)),
            (29, 30),
            "Spend fell 3.3 % to 2900. Per day it is level, as 2026-10 has a day less than 2026-09.",
        );
    }

    #[test]
    fn it_names_the_mover_and_the_day() {
        let (now, before) = (period("2026-10", 30), period("2026-09", 30));
        let total = cost(Metric::TotalCost, Some(dec!(10)), Some(dec!(8)));
        let agent = cost(Metric::Requests, Some(dec!(10)), Some(dec!(60)));
        let outlier = Outlier {
            date: "2026-10-14".parse().unwrap(),
            value: dec!(4),
            times_usual: dec!(2.9),
            same_weekday: true,
        };
        let facts = Facts {
            cost: &total,
            period: &now,
            beside: &beside(before),
            mover: Some(&agent),
            outlier: Some(&outlier),
            effects: None,
            trend: &[],
        };
        assert_eq!(
            plain(&sentences(&facts)),
            "Spend rose 25.0 % to 10. Sales made 50 requests fewer, the largest change among the agents in both top lists. \
             2026-10-14 alone cost 4, 2.9 × a usual Wednesday."
        );
    }
}
