//! Budgets of the November of the finance definitions.

use super::sample::{brief, budget, built, dataset, day, level, november, of_project};
use super::*;
use crate::config::plan::{BudgetUnit, Phasing};
use crate::money::rounded;
use crate::period::{Calendar, Period, PeriodRule};
use crate::report::{Part, build};
use crate::source::Dataset;
use crate::source::dataset::{Converted, Reach};
use rust_decimal::dec;

fn only(report: &Report) -> &Budget {
    let [budget] = &report.budgets[..] else {
        panic!("{:?}", report.budgets)
    };
    budget
}

fn value(report: &Report, metric: Metric) -> Option<Decimal> {
    let section = report
        .sections
        .iter()
        .find(|section| section.key == "budgets")
        .unwrap();
    let mut figures = section.figures.iter();
    figures.find(|figure| figure.metric == metric)?.value
}

/// What the answer says, as far as it is about budgets.
fn said(report: &Report) -> String {
    let words = |part: &Part| match part {
        Part::Text(text) | Part::Strong(text) => text.clone(),
        Part::Value { value, .. } => format!("USD {}", rounded(*value, 2)),
        Part::Change { .. } | Part::Step { .. } => unreachable!(),
        Part::Percent(percent) => format!("{} %", rounded(*percent, 1)),
        Part::Date(date) => date.to_string(),
        Part::Period(period) => period.id.clone(),
    };
    let sentences = report
        .answer
        .iter()
        .map(|sentence| sentence.parts.iter().map(words).collect::<String>());
    sentences
        .filter(|text| text.contains("budget"))
        .collect::<Vec<_>>()
        .join(" ")
}

fn told(report: &Report) -> Vec<&str> {
    report.notices.iter().map(|notice| notice.text.as_str()).collect()
}

#[test]
fn the_worked_november_is_over_at_its_pace() {
    let report = built(vec![budget("all", dec!(20_000.00))]);
    let shown = |metric, places| value(&report, metric).map(|value| rounded(value, places));
    assert_eq!(shown(Metric::Budget, 2), Some(dec!(20000.00)));
    assert_eq!(shown(Metric::TotalCost, 2), Some(dec!(13752.75)));
    assert_eq!(shown(Metric::BudgetUtilisation, 1), Some(dec!(68.8)));
    assert_eq!(shown(Metric::BudgetRemaining, 2), Some(dec!(6247.25)));
    assert_eq!(shown(Metric::BudgetVariance, 2), Some(dec!(-6247.25)));
    assert_eq!(shown(Metric::ForecastCost, 2), Some(dec!(22536.24)));
    assert_eq!(shown(Metric::BudgetPace, 3), Some(dec!(1.127)));
    assert_eq!(shown(Metric::BudgetRunOut, 0), Some(dec!(26)));
    let all = only(&report);
    assert_eq!(
        all.forecast
            .as_ref()
            .and_then(|it| it.utilisation)
            .map(|it| rounded(it, 1)),
        Some(dec!(112.7))
    );
    assert_eq!(
        (all.state, all.used_up),
        (Some(BudgetState::Over), Some(day("2026-11-26")))
    );
    assert_eq!(
        (all.period.id.as_str(), all.elapsed_days, all.period.days),
        ("2026-11", 18, 30)
    );
    assert_eq!(
        said(&report),
        "At this pace 2026-11 ends at USD 22536.24, 12.7 % over the budget of USD 20000.00; it is used up on 2026-11-26."
    );
    assert_eq!(report.alerts[0].key, "budget/all/2026-11/over");
    assert_eq!(
        report.alerts[0].text,
        "Budget `all`, 2026-11, is over at this pace: USD 13752.75 were spent through 2026-11-18, 68.8 % of USD 20000.00; \
         at this pace it ends at USD 22536.24, 112.7 % of the budget; it is used up on 2026-11-26."
    );
}

#[test]
fn without_weekdays_the_pace_is_that_of_the_calendar() {
    let period = november();
    let mut dataset = dataset(&period, level());
    dataset.windows.truncate(1);
    let report = build(
        &brief(&period, vec![budget("all", dec!(20_000))]),
        &[dataset],
        &[],
        None,
    );
    assert_eq!(
        value(&report, Metric::BudgetPace).map(|pace| rounded(pace, 3)),
        Some(dec!(1.146))
    );
    let forecast = only(&report).forecast.as_ref().unwrap();
    assert_eq!((forecast.method, forecast.trials), (ForecastMethod::RunRate, 0));
}

#[test]
fn each_state_follows_from_what_is_and_will_be_spent() {
    // 13,752.75 are spent, 22,536.24 will be.
    for (amount, state) in [
        (dec!(28_170.40), BudgetState::Ok),
        (dec!(28_170.30), BudgetState::Watch),
        (dec!(22_536.25), BudgetState::Watch),
        (dec!(22_536.24), BudgetState::Over),
        (dec!(13_752.75), BudgetState::Over),
        (dec!(13_752.74), BudgetState::Exceeded),
        (dec!(0), BudgetState::Unbudgeted),
    ] {
        let report = built(vec![budget("all", amount)]);
        assert_eq!(only(&report).state, Some(state), "{amount}");
        let keys: Vec<&str> = report.alerts.iter().map(|alert| alert.key.as_str()).collect();
        let expected = format!("budget/all/2026-11/{}", state.key());
        let expected: &[&str] = if state == BudgetState::Ok {
            &[]
        } else {
            &[&expected]
        };
        assert_eq!(keys, expected);
    }
    let limited = BudgetPlan {
        watch_at: dec!(50),
        over_at: dec!(60),
        ..budget("all", dec!(30_000))
    };
    let report = built(vec![limited]);
    assert_eq!(only(&report).state, Some(BudgetState::Over));
    assert_eq!(
        said(&report),
        "At this pace 2026-11 ends at USD 22536.24, 75.1 % of the budget of USD 30000.00."
    );
}

#[test]
fn what_is_over_by_a_cent_is_over_by_a_cent() {
    let report = built(vec![budget("all", dec!(13_752.74))]);
    assert_eq!(
        said(&report),
        "2026-11 stands at USD 13752.75, USD 0.01 over the budget of USD 13752.74; it was used up on 2026-11-18; \
         at this pace it ends at USD 22536.24."
    );
}

#[test]
fn what_is_exceeded_says_since_when() {
    let report = built(vec![budget("all", dec!(13_000))]);
    assert_eq!(
        said(&report),
        "2026-11 stands at USD 13752.75, 5.8 % over the budget of USD 13000.00; it was used up on 2026-11-18; \
         at this pace it ends at USD 22536.24."
    );
    assert_eq!(only(&report).used_up, Some(day("2026-11-18")));
}

#[test]
fn a_budget_beyond_a_lower_limit_is_not_used_up_yet() {
    let period = november();
    let plan = BudgetPlan {
        over_at: dec!(60),
        watch_at: dec!(50),
        ..budget("all", dec!(20_000))
    };
    let report = build(
        &brief(&period, vec![plan]),
        &[dataset(&period, level())],
        &[],
        None,
    );
    assert_eq!(only(&report).state, Some(BudgetState::Exceeded));
    let said = said(&report);
    assert!(said.contains("68.8 % of"), "{said}");
    assert!(said.contains("it is used up on 2026-11-26"), "{said}");
}

#[test]
fn a_budget_of_nothing_is_not_no_budget() {
    let report = built(vec![budget("none", dec!(0))]);
    assert_eq!((only(&report).utilisation, only(&report).used_up), (None, None));
    assert_eq!(value(&report, Metric::BudgetUtilisation), None);
    assert_eq!(
        said(&report),
        "2026-11 has cost USD 13752.75, though its budget is 0."
    );
    assert_eq!(report.alerts[0].key, "budget/none/2026-11/unbudgeted");
    let without = built(Vec::new());
    assert!(without.budgets.is_empty() && without.alerts.is_empty());
    assert!(without.sections.iter().all(|section| section.key != "budgets"));
}

#[test]
fn a_project_has_its_own_weekdays_and_a_name_that_nobody_knows_is_asked_about() {
    let report = built(vec![
        of_project("Apollo", budget("apollo", dec!(12_000))),
        of_project("Apolo", budget("misspelt", dec!(12_000))),
        BudgetPlan {
            scope: Some(BudgetScope {
                dimension: "model".into(),
                member: "x".into(),
            }),
            ..budget("untold", dec!(1))
        },
    ]);
    let [apollo, misspelt, untold] = &report.budgets[..] else {
        panic!("{:?}", report.budgets)
    };
    let forecast = apollo.forecast.as_ref().unwrap();
    assert_eq!(
        (forecast.method, rounded(forecast.cost, 2)),
        (ForecastMethod::Weekdays, dec!(13521.75))
    );
    assert_eq!(
        (misspelt.spent, misspelt.state),
        (Some(dec!(0)), Some(BudgetState::Ok))
    );
    assert_eq!(
        (untold.spent, untold.state, untold.forecast.is_none()),
        (None, None, true)
    );
    assert_eq!(
        told(&report),
        [
            "Budget misspelt: nothing is told of the project Apolo; should it have costs, compare the name with the tables of the report.",
            "Budget untold: the cost by model is not known.",
        ]
    );
    assert_eq!(
        said(&report),
        "At this pace Apollo in 2026-11 ends at USD 13521.75, 12.7 % over the budget of USD 12000.00; it is used up on 2026-11-26."
    );
}

#[test]
fn a_period_that_is_over_has_a_variance_and_no_forecast() {
    let period = Period::parse("2026-10", Calendar::default()).unwrap();
    let dataset = dataset(&period, dec!(1));
    let spent = dataset.windows[0].figure(Metric::TotalCost).unwrap();
    let closed = |amount| {
        build(
            &brief(&period, vec![budget("all", amount)]),
            std::slice::from_ref(&dataset),
            &[],
            None,
        )
    };
    let report = closed(spent - dec!(100));
    assert_eq!(
        (only(&report).state, only(&report).forecast.clone()),
        (Some(BudgetState::Exceeded), None)
    );
    assert_eq!(value(&report, Metric::BudgetVariance), Some(dec!(100)));
    assert_eq!(only(&report).used_up, Some(day("2026-10-30")));
    assert!(
        said(&report).starts_with("2026-10 ended at USD"),
        "{}",
        said(&report)
    );
    // All but nothing left is well: there is nothing to watch any more.
    assert_eq!(only(&closed(spent)).state, Some(BudgetState::Ok));
    assert!(closed(spent).alerts.is_empty());
}

#[test]
fn what_is_not_known_is_not_forecast() {
    let period = november();
    let plans = vec![budget("all", dec!(20_000))];
    let mut gaps = dataset(&period, level());
    for window in &mut gaps.windows {
        let last = window.daily[0].points.len() - 1;
        window.daily[0].points[last].1 = None;
    }
    let report = build(&brief(&period, plans.clone()), &[gaps], &[], None);
    let gap = "No forecast: of one of the 18 elapsed days no cost is known, and none is guessed.";
    assert!(told(&report).contains(&gap), "{:?}", told(&report));
    assert_eq!(
        (only(&report).forecast.clone(), only(&report).state),
        (None, None),
        "unknown is not well"
    );

    // Of three days one may still change.
    let third = PeriodRule::MonthToDate
        .resolve(day("2026-11-04"), Calendar::default())
        .unwrap();
    let mut running = dataset(&third, level());
    running.provisional_through = Some("2026-11-03T12:00:00Z".parse().unwrap());
    let report = build(&brief(&third, plans.clone()), &[running], &[], None);
    assert!(
        told(&report).contains(&"No forecast yet: it needs 3 complete days."),
        "{:?}",
        told(&report)
    );

    // The day that may still change is no part of what is forecast from.
    let mut running = dataset(&period, dec!(1.10));
    running.provisional_through = Some("2026-11-18T22:00:00Z".parse().unwrap());
    for window in &mut running.windows {
        let last = window.daily[0].points.len() - 1;
        window.daily[0].points[last].1 = Some(dec!(0));
    }
    let report = build(&brief(&period, plans), &[running], &[], None);
    let forecast = only(&report).forecast.as_ref().map(|forecast| forecast.cost);
    assert_eq!(forecast, Some(dec!(2768.70)));
}

/// November up to the 18th, of which the last day, a Wednesday, has cost so much at 22:00.
fn running(so_far: Decimal) -> Report {
    let period = november();
    let mut running = dataset(&period, dec!(1));
    running.provisional_through = Some("2026-11-18T22:00:00Z".parse().unwrap());
    for window in &mut running.windows {
        let last = window.daily[0].points.len() - 1;
        window.daily[0].points[last].1 = Some(so_far);
    }
    running.windows[0].figures[0].value = Some(dec!(1431) + so_far);
    let brief = brief(&period, vec![budget("all", dec!(6_000))]);
    build(&brief, &[running], &[], None)
}

#[test]
fn nothing_ends_below_what_is_spent() {
    let of = |report: &Report| only(report).forecast.clone().unwrap();
    assert_eq!(of(&running(dec!(0))).cost, dec!(2517));
    // 5,105 are spent. The 18th alone cost 3,674, and every other day what it usually does.
    let spiked = running(dec!(3674));
    assert_eq!(only(&spiked).spent, Some(dec!(5105)));
    assert_eq!(of(&spiked).cost, dec!(2517) - dec!(105) + dec!(3674));
    assert!(of(&spiked).low >= only(&spiked).spent);
    assert_eq!(only(&spiked).used_up, Some(day("2026-11-30")));
}

#[test]
fn a_whole_month_that_still_runs_is_not_over() {
    let whole = Period::parse("2026-11", Calendar::default()).unwrap();
    let mut running = dataset(&whole, level());
    running.provisional_through = Some("2026-11-19T07:00:00Z".parse().unwrap());
    for (date, cost) in running
        .windows
        .iter_mut()
        .flat_map(|window| &mut window.daily[0].points)
    {
        if *date > day("2026-11-18") {
            *cost = None;
        }
    }
    running.windows[0].figures[0].value = Some(dec!(13752.75));
    let report = build(
        &brief(&whole, vec![budget("all", dec!(20_000))]),
        &[running],
        &[],
        None,
    );
    let all = only(&report);
    assert_eq!(
        (all.state, all.closed, all.through, all.elapsed_days),
        (Some(BudgetState::Over), false, day("2026-11-19"), 19)
    );
    assert_eq!(
        all.forecast.as_ref().map(|it| rounded(it.cost, 2)),
        Some(dec!(22536.24))
    );
    assert!(
        said(&report).starts_with("At this pace 2026-11 ends at USD 22536.24"),
        "{}",
        said(&report)
    );
    assert!(report.alerts[0].text.contains("spent through 2026-11-19"));
}

#[test]
fn a_budget_in_the_currency_of_unconverted_costs_needs_no_rate() {
    let period = november();
    let euro: Currency = "EUR".parse().unwrap();
    let plan = BudgetPlan {
        currency: euro,
        rate: Some(dec!(1.085)),
        ..budget("euros", dec!(20_000))
    };
    let costs = Dataset {
        currency: Some(euro),
        ..dataset(&period, level())
    };
    let report = build(&brief(&period, vec![plan]), &[costs], &[], None);
    let euros = only(&report);
    assert_eq!((euros.amount, euros.currency), (Some(dec!(20_000)), Some(euro)));
    assert_eq!((&euros.decided, euros.state), (&None, Some(BudgetState::Over)));
    assert!(
        !told(&report).iter().any(|text| text.contains("not compared")),
        "{:?}",
        told(&report)
    );
}

#[test]
fn costs_that_are_not_one_are_not_compared() {
    let period = november();
    let plans = vec![budget("all", dec!(20_000))];
    let two = [
        dataset(&period, dec!(1)),
        Dataset {
            source: "other".into(),
            ..dataset(&period, dec!(1))
        },
    ];
    let report = build(&brief(&period, plans.clone()), &two, &[], None);
    assert!(report.budgets.is_empty());
    assert!(
        told(&report)
            .contains(&"The budgets are not compared, since the costs of the sources are not added up.")
    );
    let together = build(
        &Brief {
            combine: true,
            ..brief(&period, plans.clone())
        },
        &two,
        &[],
        None,
    );
    assert_eq!(
        (only(&together).source.clone(), only(&together).spent),
        (None, Some(dec!(3072)))
    );
    assert_eq!(
        only(&together).forecast.as_ref().map(|it| it.cost),
        Some(dec!(5034))
    );
    // A week lies in no month for sure, and is none.
    let week = Period::parse("2026-W46", Calendar::default()).unwrap();
    let report = build(&brief(&week, plans), &[dataset(&week, dec!(1))], &[], None);
    assert!(report.budgets.is_empty());
    assert!(
        told(&report)
            .iter()
            .any(|text| text.contains("2026-W46 is none that they are about"))
    );
    // Euros without a rate are not dollars.
    let euros = BudgetPlan {
        currency: "EUR".parse().unwrap(),
        ..budget("euros", dec!(10))
    };
    let report = built(vec![euros]);
    assert_eq!((only(&report).amount, only(&report).state), (None, None));
    assert_eq!(
        told(&report),
        ["Budget euros is in EUR, the costs are in USD and not converted: they are not compared."]
    );
}

#[test]
fn the_rates_part_of_a_variance_stands_apart() {
    // Local cost 1,100 at 0.95 beside a budget of 1,000 at 0.90: 145 more, 55 of it by the rate.
    let period = Period::parse("2026-10", Calendar::default()).unwrap();
    let plan = BudgetPlan {
        currency: "EUR".parse().unwrap(),
        rate: Some(dec!(0.90)),
        ..budget("euros", dec!(1000))
    };
    let mut dataset = dataset(&period, dec!(1));
    let share = dataset.windows[0].breakdowns[0].members[0].measures[0]
        .value
        .unwrap()
        / dataset.windows[0].figures[0].value.unwrap();
    let set = |window: &mut Window, cost: Decimal| {
        window.figures[0].value = Some(cost);
        window.breakdowns[0].members[0].measures[0].value = Some(cost * share);
    };
    let mut own = dataset.windows[0].without_days();
    set(&mut own, dec!(1100));
    set(&mut dataset.windows[0], dec!(1045));
    dataset.windows[0].converted = Some(Converted {
        from: "EUR".parse().unwrap(),
        rate: dec!(0.95),
        own: Box::new(own),
    });
    // Of a project's euros as well.
    let apollo = of_project("Apollo", plan.clone());
    let report = build(
        &brief(&period, vec![apollo]),
        std::slice::from_ref(&dataset),
        &[],
        None,
    );
    assert_eq!(
        value(&report, Metric::BudgetExchange),
        Some((dec!(55) * share).normalize())
    );
    let report = build(
        &brief(&period, vec![plan.clone()]),
        std::slice::from_ref(&dataset),
        &[],
        None,
    );
    assert_eq!(value(&report, Metric::Budget), Some(dec!(900)));
    assert_eq!(value(&report, Metric::BudgetVariance), Some(dec!(145)));
    assert_eq!(value(&report, Metric::BudgetExchange), Some(dec!(55)));
    // Costs that never were in euros have no such part.
    dataset.windows[0].converted = None;
    let report = build(&brief(&period, vec![plan]), &[dataset], &[], None);
    assert_eq!(
        only(&report).decided.as_ref().map(|decided| decided.exchange),
        Some(None)
    );
}

fn share(phasing: Phasing, calendar: Calendar, id: &str) -> Option<Decimal> {
    let plan = BudgetPlan {
        per: BudgetUnit::Year,
        phasing,
        calendar,
        ..budget("year", dec!(100_000.00))
    };
    let whole = Period::parse(id, calendar).unwrap();
    share::of(&plan, &whole)
}

#[test]
fn months_of_a_yearly_budget_add_to_the_year() {
    let plain = Calendar::default();
    let weights = (1..=12).map(Decimal::from).collect();
    for phasing in [Phasing::Days, Phasing::Twelfths, Phasing::Weights(weights)] {
        let months = (1..=12).filter_map(|month| share(phasing.clone(), plain, &format!("2028-{month:02}")));
        assert_eq!(months.sum::<Decimal>(), dec!(100_000.00), "{phasing:?}");
    }
    let january = |phasing| share(phasing, plain, "2026-01");
    assert_eq!(january(Phasing::Days), Some(dec!(8493.15)), "31/365");
    assert_eq!(january(Phasing::Twelfths), Some(dec!(8333.34)));
    assert_eq!(share(Phasing::Twelfths, plain, "2026-12"), Some(dec!(8333.33)));
    assert_eq!(
        share(Phasing::Days, plain, "2028-02"),
        Some(dec!(7923.50)),
        "29/366"
    );
    let only_first = Phasing::Weights((0..12).map(|at| Decimal::from(u32::from(at == 0))).collect());
    assert_eq!(
        share(only_first.clone(), plain, "2026-Q1"),
        Some(dec!(100_000.00))
    );
    // The first month of a fiscal year is its own.
    let fiscal = Calendar::fiscal(4).unwrap();
    assert_eq!(
        share(only_first.clone(), fiscal, "2026-04"),
        Some(dec!(100_000.00))
    );
    assert_eq!(share(only_first, fiscal, "2026-01"), Some(dec!(0.00)));
    assert_eq!(share(Phasing::Twelfths, fiscal, "FY2027"), Some(dec!(100_000.00)));
}

#[test]
fn a_month_is_no_share_of_a_quarter_and_a_range_begins_where_its_budget_does() {
    let plan = BudgetPlan {
        per: BudgetUnit::Quarter,
        reported: BudgetUnit::Quarter,
        ..budget("quarter", dec!(300))
    };
    let of = |id: &str| {
        let period = Period::parse(id, Calendar::default()).unwrap();
        let whole = share::whole(&period, &plan)?;
        Some((whole.id().to_owned(), share::of(&plan, &whole)))
    };
    assert_eq!(of("2026-10"), Some(("2026-10".to_owned(), None)));
    assert_eq!(of("2026-Q4"), Some(("2026-Q4".to_owned(), Some(dec!(300)))));
    assert_eq!(
        of("2026-10-01..2026-11-18"),
        Some(("2026-Q4".to_owned(), Some(dec!(300))))
    );
    assert_eq!(of("2026-10-02..2026-11-18"), None);
    assert_eq!(
        of("2026-10-01").map(|(whole, _)| whole),
        Some("2026-Q4".to_owned())
    );
    assert_eq!(of("2026-10-14"), None);
    assert_eq!(of("2026-10-01..2027-01-02"), None);
}

#[test]
fn a_run_named_by_its_days_is_about_the_budget_that_it_was_about() {
    let plan = BudgetPlan {
        per: BudgetUnit::Year,
        reported: BudgetUnit::Month,
        ..budget("year", dec!(36_500))
    };
    let to_date = PeriodRule::MonthToDate
        .resolve(day("2026-01-21"), Calendar::default())
        .unwrap();
    let named = Period::parse(to_date.id(), Calendar::default()).unwrap();
    for period in [to_date, named] {
        let whole = share::whole(&period, &plan).unwrap();
        let share = share::of(&plan, &whole);
        assert_eq!((whole.id(), share), ("2026-01", Some(dec!(3100.00))));
    }
}

#[test]
fn a_bill_is_forecast_from_the_days_that_are_settled() {
    let period = november();
    let mut bill = dataset(&period, dec!(1.10));
    bill.zone = Some("UTC".into());
    bill.reach = Reach::To {
        last: Some(day("2026-11-17")),
        settling_days: 2,
    };
    // The bill was written on the 18th: of the 16th and 17th not everything is billed, and of the 18th nothing.
    for window in &mut bill.windows {
        for (date, cost) in &mut window.daily[0].points {
            *cost = match date.to_string().as_str() {
                "2026-11-16" | "2026-11-17" => Some(dec!(10)),
                "2026-11-18" => None,
                _ => *cost,
            };
        }
    }
    // Up to midnight of the 16th it is complete: what is spent includes what the 16th and 17th have cost so far.
    bill.provisional_through = Some("2026-11-16T00:00:00Z".parse().unwrap());
    let report = build(
        &brief(&period, vec![budget("all", dec!(6_000))]),
        &[bill],
        &[],
        None,
    );
    let all = only(&report);
    assert_eq!((all.through, all.elapsed_days), (day("2026-11-17"), 17));
    assert_eq!(all.forecast.as_ref().map(|made| made.cost), Some(dec!(2768.70)));
    assert!(!told(&report).iter().any(|text| text.contains("forecast")));
}

#[test]
fn sources_added_up_are_forecast_from_the_days_that_are_over_in_all() {
    let period = november();
    let at = Some("2026-11-19T02:00:00Z".parse().unwrap());
    let (mut first, mut second) = (dataset(&period, dec!(1.10)), dataset(&period, dec!(1.10)));
    (first.zone, first.provisional_through) = (Some("UTC".into()), at);
    // There it is still the 18th.
    (second.zone, second.provisional_through) = (Some("America/Los_Angeles".into()), at);
    second.source = "western".into();
    for window in &mut second.windows {
        let last = window.daily[0].points.len() - 1;
        window.daily[0].points[last].1 = Some(dec!(1));
    }
    let brief = Brief {
        combine: true,
        ..brief(
            &period,
            vec![
                budget("all", dec!(6_000)),
                of_project("Apollo", budget("apollo", dec!(4_000))),
            ],
        )
    };
    let report = build(&brief, &[first, second], &[], None);
    let [all, apollo] = &report.budgets[..] else {
        panic!("{:?}", report.budgets)
    };
    let made = |budget: &Budget| budget.forecast.as_ref().map(|made| (made.method, made.cost));
    assert_eq!(all.through, day("2026-11-18"));
    assert_eq!(made(all), Some((ForecastMethod::Weekdays, dec!(5537.40))));
    // A member is told by day as far as all sources tell it.
    assert_eq!(made(apollo), Some((ForecastMethod::Weekdays, dec!(3322.44))));
}
