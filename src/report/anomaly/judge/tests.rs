//! Days of invented companies, and the worked examples of the finance definitions.

use super::*;
use proptest::prelude::*;
use rust_decimal::dec;

/// A Monday.
const START: &str = "2026-08-03";

fn day(at: u64) -> NaiveDate {
    START.parse::<NaiveDate>().unwrap() + Days::new(at)
}

fn dated(values: impl IntoIterator<Item = Decimal>) -> Vec<(NaiveDate, Option<Decimal>)> {
    (0..).map(day).zip(values.into_iter().map(Some)).collect()
}

/// Weekdays around 130, weekends around 25, as a company uses its agents: the value of each of `count` days from a Monday.
fn company(count: u64) -> Vec<(NaiveDate, Option<Decimal>)> {
    dated((0..count).map(|at| {
        if at % 7 > 4 {
            Decimal::from(24 + at * 5 % 3)
        } else {
            Decimal::from(126 + at * 7 % 11)
        }
    }))
}

fn found(days: &Dated, first: u64) -> Vec<Finding> {
    walk(days, day(first), &Anomalies::default(), &|_| false).findings
}

/// What a test says of findings: `D70 +372` is a day, `L70 +130` a level that goes on, `L70-72 +130` one that ended.
fn told(findings: &[Finding]) -> Vec<String> {
    let number = |date: NaiveDate| (date - day(0)).num_days();
    findings
        .iter()
        .map(|finding| {
            let first = &finding.days()[0];
            let sign = if first.is_more() { "+" } else { "" };
            let excess = first.excess.normalize();
            match finding {
                Finding::Day(_) => format!("D{} {sign}{excess}", number(first.date)),
                Finding::Level { until: None, .. } => format!("L{} {sign}{excess}", number(first.date)),
                Finding::Level {
                    until: Some(until), ..
                } => {
                    format!("L{}-{} {sign}{excess}", number(first.date), number(*until))
                }
            }
        })
        .collect()
}

fn set(days: &mut [(NaiveDate, Option<Decimal>)], at: usize, value: Decimal) {
    days[at].1 = Some(value);
}

#[test]
fn the_robust_score_finds_the_spike_that_mean_and_deviation_miss() {
    let sample = [100, 102, 98, 101, 99, 103, 97, 100, 180].map(Decimal::from);
    let middle = median(&sample).unwrap();
    let residuals: Vec<Decimal> = sample.iter().map(|value| value - middle).collect();
    let sizes: Vec<Decimal> = residuals.iter().map(Decimal::abs).collect();
    let spread = median(&sizes).unwrap();
    assert_eq!((middle, spread), (dec!(100), dec!(2)));
    let z = score(dec!(80), &residuals).unwrap();
    assert_eq!(z.round_dp(2), dec!(26.98));
    let limit = middle + dec!(3.5) * spread / dec!(0.6745);
    assert_eq!(limit.round_dp(2), dec!(110.38));
    // The plain test: (180 − mean) / σ is 2.66, since the spike makes σ 26.73; compared by their squares.
    let mean: Decimal = sample.iter().sum::<Decimal>() / dec!(9);
    let variance = sample.iter().map(|it| (it - mean) * (it - mean)).sum::<Decimal>() / dec!(8);
    let plain = (dec!(180) - mean) * (dec!(180) - mean) / variance;
    assert!(
        (dec!(26.73) * dec!(26.73) - variance).abs() < dec!(0.3),
        "{variance}"
    );
    assert!((dec!(2.66) * dec!(2.66) - plain).abs() < dec!(0.01), "{plain}");
    assert!(plain < dec!(3.5) * dec!(3.5));
}

#[test]
fn without_a_median_deviation_the_mean_one_decides() {
    let mut residuals = vec![Decimal::ZERO; 8];
    residuals.push(dec!(40));
    // Mean absolute deviation around the median 0: 40 / 9.
    assert_eq!((dec!(40) / dec!(9)).round_dp(4), dec!(4.4444));
    assert_eq!(score(dec!(40), &residuals).unwrap().round_dp(2), dec!(7.18));
    // In use: fifty each day but one that stood a little out, then ninety.
    let mut days = dated([dec!(50); 16]);
    set(&mut days, 3, dec!(51));
    set(&mut days, 15, dec!(90));
    let findings = found(&days, 15);
    assert_eq!(told(&findings), ["D15 +40"]);
    assert!(findings[0].days()[0].score.unwrap() > dec!(3.5));
}

#[test]
fn without_any_spread_the_floor_alone_decides() {
    let mut days = dated([dec!(50); 16]);
    set(&mut days, 15, dec!(75));
    assert_eq!(told(&found(&days, 15)), ["D15 +25"]);
    assert_eq!(found(&days, 15)[0].days()[0].score, None);
    set(&mut days, 15, dec!(74.99));
    assert_eq!(told(&found(&days, 15)), [""; 0]);
    // Not a tenth of what is usual, and unheard of all the same.
    let mut fees = dated([dec!(1000); 16]);
    set(&mut fees, 15, dec!(1025));
    assert_eq!(told(&found(&fees, 15)), ["D15 +25"]);
    set(&mut fees, 15, dec!(1024.99));
    assert_eq!(told(&found(&fees, 15)), [""; 0]);
    // With any spread at all it takes a tenth.
    set(&mut fees, 3, dec!(1001));
    set(&mut fees, 15, dec!(1025));
    assert_eq!(told(&found(&fees, 15)), [""; 0]);
}

#[test]
fn fourteen_days_before_are_enough_and_thirteen_are_not() {
    let spike = |history: usize| {
        let values = [100, 102, 98, 101, 99, 103, 97, 100, 100, 102, 98, 101, 99, 103];
        let before = values.iter().take(history).map(|it| Decimal::from(*it));
        let days = dated(before.chain([dec!(180)]));
        walk(&days, day(history as u64), &Anomalies::default(), &|_| false)
    };
    assert_eq!(told(&spike(14).findings), ["D14 +80"]);
    assert_eq!(spike(14).without_history, 0);
    assert_eq!(
        (told(&spike(13).findings).len(), spike(13).without_history),
        (0, 1)
    );
}

#[test]
fn a_day_is_judged_beside_its_weekday_and_never_beside_itself() {
    let mut days = company(84);
    assert_eq!(told(&found(&days, 56)), [""; 0], "a usual company");
    // A Saturday like a Monday is nothing among all days, and much among Saturdays.
    set(&mut days, 61, dec!(130));
    let findings = found(&days, 56);
    assert_eq!(told(&findings), ["D61 +105"]);
    let saturday = &findings[0].days()[0];
    assert!(saturday.same_weekday);
    assert_eq!(saturday.basis.len(), 8);
    assert!(
        saturday
            .basis
            .iter()
            .all(|date| date.weekday() == saturday.date.weekday())
    );
    assert!(!saturday.basis.contains(&saturday.date));
}

#[test]
fn less_than_usual_stands_out_as_well_and_small_money_never() {
    let mut days = company(84);
    set(&mut days, 64, dec!(0));
    assert_eq!(told(&found(&days, 56)), ["D64 -130.5"]);
    set(&mut days, 64, dec!(110));
    assert_eq!(told(&found(&days, 56)), [""; 0], "below the floor");
    // Far beyond the spread and the floor, and not a tenth of what is usual.
    let mut rich = dated((0..84).map(|at| Decimal::from(10_000 + at % 3)));
    set(&mut rich, 70, dec!(10_900));
    assert_eq!(told(&found(&rich, 56)), [""; 0]);
    set(&mut rich, 70, dec!(11_002));
    assert_eq!(told(&found(&rich, 56)).len(), 1);
}

#[test]
fn a_day_that_stood_out_is_no_part_of_what_is_usual_later() {
    let mut days = company(84);
    for at in [30, 37, 44, 51, 58] {
        set(&mut days, at, dec!(600));
    }
    let findings = found(&days, 56);
    // Four of the eight Wednesdays before stood out, and the fifth does all the same.
    assert_eq!(told(&findings).len(), 1);
    assert_eq!(findings[0].days()[0].basis.len(), 4);
}

#[test]
fn days_without_data_are_neither_usual_nor_unusual() {
    let mut days = company(84);
    for at in [57, 58, 59, 60] {
        days[at].1 = None;
    }
    assert_eq!(told(&found(&days, 56)), [""; 0]);
    assert_eq!(
        walk(&[], day(0), &Anomalies::default(), &|_| false),
        Walk::default()
    );
}

#[test]
fn three_days_in_a_row_are_a_new_level_and_told_once() {
    let mut days = company(98);
    for (_, value) in &mut days[64..] {
        *value = value.map(|value| value * dec!(2));
    }
    // 64 is a Tuesday. The weekends after it double too, and nothing more stands out.
    let findings = found(&days, 56);
    assert_eq!(told(&findings), ["L64 +137.5"]);
    assert_eq!(findings[0].days().len(), 3);
    assert_eq!(told(&found(&days, 66)), ["L64 +137.5"], "it showed in the period");
    assert_eq!(told(&found(&days, 67)), [""; 0], "it was told before");
}

#[test]
fn a_day_of_which_nothing_is_known_ends_a_row() {
    let mut days = company(84);
    for at in 64..68 {
        set(&mut days, at, dec!(500));
    }
    days[66].1 = None;
    // Two days, an unknown one, and a fourth: nobody knows of three in a row.
    assert_eq!(
        told(&found(&days, 56)),
        ["D64 +369.5", "D65 +368.5", "D67 +369.5"]
    );
    for at in [68, 69] {
        set(&mut days, at, dec!(500));
    }
    let told = told(&found(&days, 56));
    assert!(told[2].starts_with("L67-69 +"), "{told:?}");
}

#[test]
fn a_level_does_not_end_over_days_of_which_nothing_is_known() {
    let mut days = company(84);
    for at in 64..84 {
        set(&mut days, at, dec!(500));
    }
    // As before on three days, but not in a row: one is unknown.
    let usual = company(84);
    for at in [71, 72, 74] {
        days[at].1 = usual[at].1;
    }
    days[73].1 = None;
    let told = told(&found(&days, 56));
    assert!(told[0].starts_with("L64 +"), "{told:?}");
}

#[test]
fn a_level_that_is_higher_by_the_same_amount_each_day_is_one_too() {
    let mut days = company(98);
    for (_, value) in &mut days[64..] {
        *value = value.map(|value| value + dec!(200));
    }
    assert_eq!(told(&found(&days, 56)), ["L64 +203.5"]);
}

#[test]
fn a_spike_on_a_new_level_is_found_too() {
    let mut days = company(98);
    for (_, value) in &mut days[64..] {
        *value = value.map(|value| value * dec!(2));
    }
    set(&mut days, 71, dec!(900));
    let findings = found(&days, 56);
    assert_eq!(told(&findings), ["L64 +137.5", "D71 +640.5"]);
}

#[test]
fn what_lasts_three_days_ends_and_leaves_what_was_usual_alone() {
    let mut days = company(84);
    for at in 64..67 {
        set(&mut days, at, dec!(500));
    }
    set(&mut days, 78, dec!(500));
    let told = told(&found(&days, 56));
    assert_eq!(told.len(), 2);
    assert!(told[0].starts_with("L64-66 +"), "{told:?}");
    assert!(told[1].starts_with("D78 +"), "{told:?}");
}

#[test]
fn after_a_long_silence_nothing_is_said_of_a_level_whose_past_is_forgotten() {
    let mut days = company(200);
    for (_, value) in &mut days[64..] {
        *value = value.map(|value| value * dec!(2));
    }
    for (_, value) in &mut days[67..130] {
        *value = None;
    }
    let walk = walk(&days, day(56), &Anomalies::default(), &|_| false);
    // The days after the silence are on the level, which has not ended, and what is usual is learnt anew.
    assert_eq!(told(&walk.findings), ["L64 +137.5"]);
    assert_eq!(walk.without_history, LEAST_HISTORY);
}

#[test]
fn a_second_level_ends_the_first() {
    let mut days = company(98);
    for (at, (_, value)) in days.iter_mut().enumerate().skip(64) {
        let factor = if at < 71 { dec!(2) } else { dec!(6) };
        *value = value.map(|value| value * factor);
    }
    let told = told(&found(&days, 56));
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].starts_with("L64-70 +"), "{told:?}");
    assert!(told[1].starts_with("L71 +"), "{told:?}");
}

#[test]
fn days_that_stand_out_both_ways_are_no_level() {
    let mut days = company(84);
    set(&mut days, 64, dec!(500));
    set(&mut days, 65, dec!(0));
    set(&mut days, 66, dec!(500));
    assert_eq!(told(&found(&days, 56)).len(), 3);
}

#[test]
fn doubtful_days_are_told_each_and_make_no_level() {
    let mut days = company(67);
    for at in 64..67 {
        set(&mut days, at, dec!(0));
    }
    let findings = walk(&days, day(56), &Anomalies::default(), &|day| !day.is_more()).findings;
    assert_eq!(findings.len(), 3);
    assert!(findings.iter().all(|finding| matches!(finding, Finding::Day(_))));
}

#[test]
fn amounts_of_absurd_size_are_passed_over() {
    for absurd in [Decimal::MAX, Decimal::MIN] {
        let mut days = company(84);
        for at in [20, 40, 60, 70] {
            set(&mut days, at, absurd);
        }
        found(&days, 56);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_flat_series_has_nothing_that_stands_out(cents in -1_000_000i64..1_000_000, count in 0usize..120) {
        let days = dated(std::iter::repeat_n(Decimal::new(cents, 2), count));
        prop_assert_eq!(found(&days, 0), Vec::new());
    }

    #[test]
    fn other_units_scale_the_excess_and_keep_the_score(
        values in prop::collection::vec(0i64..50_000, 40..90),
        factor in 1i64..1000,
    ) {
        let amounts: Vec<Decimal> = values.iter().map(|cents| Decimal::new(*cents, 2)).collect();
        let factor = Decimal::from(factor);
        let plain = Anomalies { floor: dec!(1), ..Anomalies::default() };
        let scaled = Anomalies { floor: factor, ..plain.clone() };
        let one = walk(&dated(amounts.clone()), day(20), &plain, &|_| false).findings;
        let other = walk(&dated(amounts.iter().map(|it| it * factor)), day(20), &scaled, &|_| false).findings;
        prop_assert_eq!(one.len(), other.len());
        for (one, other) in one.iter().flat_map(Finding::days).zip(other.iter().flat_map(Finding::days)) {
            prop_assert_eq!(one.date, other.date);
            prop_assert!((one.excess * factor - other.excess).abs() < dec!(0.000001));
            let [one, other] = [one, other].map(|day| day.score.map(|score| score.round_dp(6)));
            prop_assert_eq!(one, other);
        }
    }

    #[test]
    fn every_finding_passes_all_limits_and_lies_in_the_period(values in prop::collection::vec(0i64..50_000, 40..90)) {
        let days = dated(values.iter().map(|cents| Decimal::new(*cents, 2)));
        let limits = Anomalies::default();
        for finding in found(&days, 30) {
            prop_assert!(finding.days().last().unwrap().date >= day(30));
            for it in finding.days() {
                prop_assert_eq!(it.actual - it.expected, it.excess);
                prop_assert!(it.excess.abs() >= limits.floor);
                // Beside days that are all the same the floor alone decides.
                prop_assert!(it.score.is_none_or(|score| score.abs() > limits.z
                    && it.excess.abs() * dec!(100) >= limits.percent * it.expected.abs()));
                prop_assert!(it.basis.iter().all(|before| *before < it.date));
            }
        }
    }
}
