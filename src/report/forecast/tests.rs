//! The worked numbers of the finance definitions, 5 and 6, and what must not be forecast.

use super::*;
use crate::money::rounded;
use chrono::Datelike;
use rust_decimal::dec;

/// What each weekday costs in the worked example, Monday first.
const WEEK: [Decimal; 7] = [
    dec!(100),
    dec!(110),
    dec!(105),
    dec!(108),
    dec!(120),
    dec!(30),
    dec!(25),
];

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn usual(day: NaiveDate) -> Decimal {
    WEEK[day.weekday().num_days_from_monday() as usize]
}

/// Nine weeks and some days of what is usual, then the elapsed days of November 2026 at `level` times that.
fn days(until: &str, level: Decimal) -> Vec<Point> {
    let start = day("2026-11-01");
    let all = day("2026-08-31")
        .iter_days()
        .take_while(|date| *date < day(until));
    all.map(|date| {
        let level = if date < start { Decimal::ONE } else { level };
        (date, Some(usual(date) * level))
    })
    .collect()
}

fn november<'a>(days: &'a [Point], until: &str) -> Basis<'a> {
    let (start, until) = (day("2026-11-01"), day(until));
    Basis {
        whole: days,
        days,
        usage: days,
        start,
        until,
        end: day("2026-12-01"),
        actual: between(days, start, until).filter_map(|(_, cost)| cost).sum(),
    }
}

fn made(basis: &Basis<'_>) -> Forecast {
    match outlook(basis) {
        Ok(forecast) => forecast,
        Err(none) => panic!("{none:?}"),
    }
}

#[test]
fn a_november_that_runs_a_tenth_high_ends_a_tenth_high() {
    let days = days("2026-11-19", dec!(1.10));
    let basis = november(&days, "2026-11-19");
    assert_eq!(basis.actual, dec!(1689.60));
    let forecast = made(&basis);
    assert_eq!(forecast.method, Method::Weekdays);
    assert_eq!(forecast.total, dec!(2768.70));
    assert_eq!(forecast.total - basis.actual, dec!(1079.10));
    // Every past day was as usual, so that nothing varies and the band has no width.
    assert_eq!(forecast.band, Some((dec!(2768.70), dec!(2768.70))));
}

#[test]
fn without_weeks_before_it_the_run_rate_counts() {
    let days: Vec<Point> = days("2026-11-19", dec!(1.10)).split_off(62);
    let forecast = made(&november(&days, "2026-11-19"));
    assert_eq!(
        (forecast.method, forecast.total),
        (Method::RunRate, dec!(2816.00))
    );
    assert_eq!(forecast.quality, None);
    // A weekday that is known three times only has no factor, and neither have the others then.
    let mut days = self::days("2026-11-19", dec!(1.10));
    for week in 0..5 {
        days[week * 7 + 3].1 = None;
    }
    assert_eq!(made(&november(&days, "2026-11-19")).method, Method::RunRate);
    // Of what is told in total only there is a run rate, but nobody knows how much its days vary.
    let days = self::days("2026-11-19", dec!(1.10));
    let total = Basis {
        days: &[],
        usage: &[],
        ..november(&days, "2026-11-19")
    };
    let forecast = made(&total);
    assert_eq!(
        (forecast.method, forecast.total, forecast.band),
        (Method::RunRate, dec!(2816.00), None)
    );
}

#[test]
fn a_budget_is_used_up_on_the_first_day_whose_cumulated_forecast_reaches_it() {
    let level = dec!(13752.75) / dec!(1536);
    let days = days("2026-11-19", level);
    let basis = Basis {
        actual: dec!(13752.75),
        ..november(&days, "2026-11-19")
    };
    let forecast = made(&basis);
    assert_eq!(rounded(forecast.total, 2), dec!(22536.24));
    assert_eq!(forecast.reaches(dec!(20_000.00)), Some(day("2026-11-26")));
    let (_, on_that_day) = forecast.ahead[7];
    assert_eq!(rounded(on_that_day, 2), dec!(20074.00));
    // To the cent on the day before it would have been that day; beyond the end it lasts.
    assert_eq!(forecast.reaches(forecast.ahead[6].1), Some(day("2026-11-25")));
    assert_eq!(forecast.reaches(dec!(22_536.25)), None);
    // What is spent already was reached on a day that is known.
    assert_eq!(reached(&days, basis.start, dec!(13_000)), Some(day("2026-11-18")));
    assert_eq!(reached(&days, basis.start, dec!(13_752.76)), None);
}

#[test]
fn nothing_is_forecast_too_early_or_over_gaps() {
    let mut days = days("2026-11-19", dec!(1));
    assert_eq!(outlook(&november(&days, "2026-11-03")), Err(NoForecast::TooEarly));
    assert!(outlook(&november(&days, "2026-11-04")).is_ok());
    days[65].1 = None;
    days[66].1 = None;
    assert_eq!(outlook(&november(&days, "2026-11-19")), Err(NoForecast::Gaps(2)));
    // Before the period a gap is a value less.
    let mut days = self::days("2026-11-19", dec!(1));
    days[20].1 = None;
    assert_eq!(made(&november(&days, "2026-11-19")).method, Method::Weekdays);
}

#[test]
fn nothing_spent_is_forecast_as_nothing() {
    let nothing: Vec<Point> = days("2026-11-19", dec!(0))
        .into_iter()
        .map(|(day, _)| (day, Some(dec!(0))))
        .collect();
    let forecast = made(&november(&nothing, "2026-11-19"));
    assert_eq!((forecast.method, forecast.total), (Method::RunRate, dec!(0)));
    assert_eq!(
        (forecast.band, forecast.quality),
        (Some((dec!(0), dec!(0))), None)
    );
    let huge = Basis {
        actual: Decimal::MAX,
        ..november(&nothing, "2026-11-19")
    };
    assert_eq!(outlook(&huge), Err(NoForecast::Overflow));
}

#[test]
fn the_band_is_as_wide_as_days_vary() {
    // Every other week all days cost 10 more or less than usual.
    let mut days = days("2026-11-19", dec!(1));
    for (at, (_, cost)) in days.iter_mut().enumerate().take(56) {
        let shift = if at / 7 % 2 == 0 { dec!(10) } else { dec!(-10) };
        *cost = cost.map(|cost| cost + shift);
    }
    let basis = november(&days, "2026-11-19");
    let forecast = made(&basis);
    assert_eq!(forecast.total, dec!(2517));
    // 56 residuals of ±10 deviate by √(5,600/55); with 12 days to come that is 1.28 · 10.0905 · 3.4641.
    let (low, high) = forecast.band.unwrap();
    assert_eq!(
        (rounded(low, 2), rounded(high, 2)),
        (dec!(2472.26), dec!(2561.74))
    );
    assert_eq!(made(&basis), forecast, "the same days give the same band");
    // It never reaches below what is spent.
    assert_eq!(
        band::around(dec!(100), dec!(99), dec!(50), 4),
        Some((dec!(99), dec!(228)))
    );
    assert_eq!(
        band::root(dec!(2)).map(|root| rounded(root, 10)),
        Some(dec!(1.4142135624))
    );
    assert_eq!(band::root(dec!(-1)), None);
    assert_eq!(
        band::root(dec!(0.0000000004)).map(|root| rounded(root, 10)),
        Some(dec!(0.0000200000))
    );
}

#[test]
fn errors_of_forecasts_are_weighed_by_what_came() {
    let pairs = [
        (dec!(110), dec!(100)),
        (dec!(90), dec!(100)),
        (dec!(100), dec!(80)),
    ];
    let quality = Quality::of(&pairs).unwrap();
    assert_eq!(
        (rounded(quality.error, 1), rounded(quality.bias, 1)),
        (dec!(14.3), dec!(7.1))
    );
    assert_eq!(Quality::of(&[(dec!(5), dec!(0))]), None);
    assert_eq!(Quality::of(&[]), None);
}

#[test]
fn a_stretch_is_forecast_on_the_same_day_as_all_others() {
    for (days, day) in [
        (28, 10),
        (29, 10),
        (30, 10),
        (31, 10),
        (7, 3),
        (90, 30),
        (92, 30),
        (365, 121),
    ] {
        assert_eq!(horizon(days), day, "{days}");
    }
}

#[test]
fn forecasts_are_tried_on_every_stretch_as_long_as_the_period() {
    // 80 days: a stretch of thirty has four weeks before it, and begins on one of 23 days.
    let steady = days("2026-11-19", dec!(1));
    assert_eq!(
        made(&november(&steady, "2026-11-19")).quality,
        Some(Quality {
            error: dec!(0),
            bias: dec!(0),
            forecasts: 23
        })
    );
    // Seven are enough, six are not.
    let judged = |until: &str| backtest::quality(&november(&steady, until), Method::Weekdays);
    assert_eq!(judged("2026-11-03").map(|quality| quality.forecasts), Some(7));
    assert_eq!(judged("2026-11-02"), None);
    // Means of days are another way to forecast, whose errors are not known.
    assert_eq!(
        backtest::quality(&november(&steady, "2026-11-19"), Method::RunRate),
        None
    );
    // Stretches of a quarter or a year are longer than what is known.
    let quarter = Basis {
        end: day("2027-01-30"),
        ..november(&steady, "2026-11-19")
    };
    assert_eq!(made(&quarter).quality, None);
}

#[test]
fn a_forecast_of_the_tenth_day_is_held_against_what_came_to_the_last() {
    // From the 18th of October on all costs double: whoever forecast on the tenth day of a stretch did not know it before the 18th.
    let mut risen = days("2026-11-19", dec!(2));
    for (date, cost) in &mut risen {
        if (day("2026-10-18")..day("2026-11-01")).contains(date) {
            *cost = cost.map(|cost| cost * dec!(2));
        }
    }
    let pairs: Vec<(Decimal, Decimal)> = day("2026-09-28")
        .iter_days()
        .take_while(|start| *start + Days::new(30) <= day("2026-11-19"))
        .map(|start| {
            let of = |from: NaiveDate, until: NaiveDate| -> Decimal {
                between(&risen, from, until).filter_map(|(_, cost)| cost).sum()
            };
            let (tenth, end) = (start + Days::new(10), start + Days::new(30));
            // What is usual before each of them is the plain week: less than half of any history is doubled.
            let usual = |from: NaiveDate, until: NaiveDate| -> Decimal {
                from.iter_days().take_while(|date| *date < until).map(usual).sum()
            };
            let forecast = money::quotient(of(start, tenth) * usual(start, end), usual(start, tenth));
            (forecast.unwrap(), of(start, end))
        })
        .collect();
    let quality = made(&november(&risen, "2026-11-19")).quality;
    assert_eq!(quality, Quality::of(&pairs));
    assert!(quality.is_some_and(|quality| quality.forecasts == 23 && quality.bias < dec!(-20)));
}

#[test]
fn a_stretch_with_an_unknown_day_is_not_judged() {
    let mut days = days("2026-11-19", dec!(1));
    // The 8th of October is in the stretches that begin from the 28th of September to the 8th of October: eleven of 23.
    days[38].1 = None;
    assert_eq!(days[38].0, day("2026-10-08"));
    let quality = made(&november(&days, "2026-11-19")).quality;
    assert_eq!(quality.map(|quality| quality.forecasts), Some(12));
}

#[test]
fn a_day_that_may_still_change_costs_no_less_than_it_has() {
    let mut days = days("2026-11-20", dec!(1.10));
    let last = days.len() - 1;
    let until_18 = |days: &[Point]| {
        let basis = november(days, "2026-11-19");
        (made(&basis).total, made(&basis).band)
    };
    // Of the 19th, a Thursday, 118.80 are forecast, and it has cost less so far, or nothing is known of it.
    for so_far in [Some(dec!(100)), Some(dec!(0)), None] {
        days[last].1 = so_far;
        assert_eq!(until_18(&days).0, dec!(2768.70), "{so_far:?}");
    }
    days[last].1 = Some(dec!(5118.80));
    let (total, band) = until_18(&days);
    assert_eq!(total, dec!(7768.70));
    assert_eq!(band.map(|(low, _)| low), Some(dec!(7768.70)));
    let basis = november(&days, "2026-11-19");
    assert_eq!(made(&basis).reaches(dec!(6000)), Some(day("2026-11-19")));
    // The range never reaches below it either.
    days[0].1 = Some(dec!(100_000));
    let (low, _) = until_18(&days).1.unwrap();
    assert_eq!(low, dec!(1689.60) + dec!(5118.80));
}

#[test]
fn what_is_no_usage_is_taken_once() {
    // Seats of 500 are billed on the first, a credit of 200 on the tenth, and so it was in October.
    let until = "2026-11-19";
    let usage_alone = days(until, dec!(1.10));
    let mut billed = usage_alone.clone();
    let mut apart: Vec<Point> = billed.iter().map(|(day, _)| (*day, Some(dec!(0)))).collect();
    for (date, amount) in [
        ("2026-10-01", dec!(500)),
        ("2026-11-01", dec!(500)),
        ("2026-11-10", dec!(-200)),
    ] {
        let at = billed.iter().position(|(other, _)| *other == day(date)).unwrap();
        billed[at].1 = billed[at].1.map(|cost| cost + amount);
        apart[at].1 = Some(amount);
    }
    let usage = usage(&billed, &apart);
    assert_eq!(usage, usage_alone);
    let basis = Basis {
        usage: &usage,
        ..november(&billed, until)
    };
    let forecast = made(&basis);
    assert_eq!(basis.actual, dec!(1989.60));
    assert_eq!((forecast.once, forecast.total), (dec!(300), dec!(3068.70)));
    // The days to come vary as usage does, which here it does not.
    assert_eq!(forecast.band, Some((dec!(3068.70), dec!(3068.70))));
    // Carried on like usage, the seats would have been bought anew each day.
    let carried = Basis {
        usage: &billed,
        ..november(&billed, until)
    };
    assert!(made(&carried).total > dec!(3200));
}

#[test]
fn what_a_later_day_was_billed_besides_usage_comes_on_top() {
    let mut billed = days("2026-11-20", dec!(1.10));
    let last = billed.len() - 1;
    let mut apart: Vec<Point> = billed.iter().map(|(day, _)| (*day, Some(dec!(0)))).collect();
    // Of the 19th, which may still change, 50 of usage are billed so far, and seats of 500.
    (billed[last].1, apart[last].1) = (Some(dec!(550)), Some(dec!(500)));
    let usage = usage(&billed, &apart);
    let basis = Basis {
        usage: &usage,
        ..november(&billed, "2026-11-19")
    };
    assert_eq!(made(&basis).total, dec!(3268.70));
}

#[test]
fn a_day_below_zero_holds_a_credit_that_nobody_told_apart() {
    let mut billed = days("2026-11-19", dec!(1.10));
    // The 10th, a Tuesday, would have cost 121, and was credited 1,121.
    let tenth = billed
        .iter()
        .position(|(date, _)| *date == day("2026-11-10"))
        .unwrap();
    billed[tenth].1 = Some(dec!(-1000));
    let usage = usage(&billed, &[]);
    assert_eq!(usage[tenth].1, None);
    let basis = Basis {
        usage: &usage,
        ..november(&billed, "2026-11-19")
    };
    let forecast = made(&basis);
    // 1,568.60 of 17 days whose weekdays usually cost 1,426: still a tenth above.
    assert_eq!(forecast.once, dec!(-1000));
    assert_eq!(forecast.total, dec!(568.60) + dec!(1079.10));
    // Of a total that is below zero nothing is carried on either.
    let total = Basis {
        days: &[],
        usage: &[],
        actual: dec!(-90),
        ..november(&billed, "2026-11-19")
    };
    assert_eq!((made(&total).once, made(&total).total), (dec!(-90), dec!(-90)));
    // Days that are credits all of them say nothing about usage.
    let credits: Vec<Point> = billed.iter().map(|(day, _)| (*day, Some(dec!(-1)))).collect();
    let usage = self::usage(&credits, &[]);
    let basis = Basis {
        usage: &usage,
        ..november(&credits, "2026-11-19")
    };
    assert_eq!(outlook(&basis), Err(NoForecast::Quiet));
}

#[test]
fn days_on_which_nearly_nothing_is_used_show_no_level() {
    // A batch each Wednesday costs 700, and the other days a cent.
    let batch = |day: NaiveDate| match day.weekday() {
        chrono::Weekday::Wed => dec!(700),
        _ => dec!(0.01),
    };
    let mut days = days("2026-11-05", dec!(1));
    for (date, cost) in &mut days {
        *cost = Some(batch(*date));
    }
    // Sunday to Tuesday cost a dollar instead of three cents: thirty times a batch is no forecast.
    let dear: Vec<Point> = days
        .iter()
        .map(|(date, cost)| {
            let in_november = *date >= day("2026-11-01");
            (*date, if in_november { Some(dec!(0.34)) } else { *cost })
        })
        .collect();
    assert_eq!(outlook(&november(&dear, "2026-11-04")), Err(NoForecast::Quiet));
    // Nor is nothing, where they cost nothing.
    for (_, cost) in days.iter_mut().filter(|(date, _)| *date >= day("2026-11-01")) {
        *cost = Some(dec!(0));
    }
    assert_eq!(outlook(&november(&days, "2026-11-04")), Err(NoForecast::Quiet));
    // The first batch does show it.
    for (date, cost) in &mut days {
        *cost = Some(batch(*date));
    }
    let forecast = made(&november(&days, "2026-11-05"));
    assert_eq!(
        (forecast.method, forecast.total),
        (Method::Weekdays, dec!(2800.26))
    );
}
