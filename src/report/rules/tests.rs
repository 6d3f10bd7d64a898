//! When a report goes out: rules over the sample month, and what is known of them from the runs before.

use super::*;
use crate::metric::Metric;
use crate::report::restatement::Earlier;
use crate::report::sample;
use rust_decimal::dec;

fn rule(condition: Condition, limit: Decimal) -> When {
    When {
        metric: "total_cost".into(),
        condition,
        limit,
        rearm: Rearm::WhenFalse,
    }
}

/// The sample with this cost in October and in September.
fn report(cost: Option<Decimal>, base: Option<Decimal>) -> Report {
    let mut report = sample::report();
    for section in &mut report.sections {
        for figure in &mut section.figures {
            if section.key == "summary" && figure.metric == Metric::TotalCost {
                figure.value = cost;
                figure.comparisons = vec![Comparison::of("previous_period", cost, base)];
            }
        }
    }
    report
}

fn one(report: &Report, rule: &When, before: Option<RuleState>) -> Judged {
    let known = Known {
        alone: false,
        states: before.into_iter().collect(),
    };
    judge(report, std::slice::from_ref(rule), &known).remove(0)
}

/// The version before of `report`.
fn delivered(report: &Report) -> Earlier {
    Earlier {
        run_id: "r".into(),
        revision: 1,
        generated_at: report.generated_at,
    }
}

fn after(judged: &Judged, went_out: bool) -> RuleState {
    let end = "2026-10-31".parse().unwrap();
    judged.after(("run-1", "2026-10", end), went_out)
}

#[test]
fn each_condition_holds_strictly_beyond_its_limit() {
    let now = report(Some(dec!(120)), Some(dec!(100)));
    for (condition, limit, holds) in [
        (Condition::Above, dec!(119.99), true),
        (Condition::Above, dec!(120), false),
        (Condition::Below, dec!(120), false),
        (Condition::Below, dec!(120.01), true),
        (Condition::ChangeAbove, dec!(19.9), true),
        (Condition::ChangeAbove, dec!(20), false),
        (Condition::ChangeBelow, dec!(-20), false),
    ] {
        let judged = one(&now, &rule(condition, limit), None);
        assert_eq!(judged.holds, Some(holds), "{condition:?} {limit}");
        assert_eq!(judged.fires, holds);
    }
    let fallen = report(Some(dec!(70)), Some(dec!(100)));
    let judged = one(&fallen, &rule(Condition::ChangeBelow, dec!(-20)), None);
    assert!(judged.fires);
    assert_eq!(
        judged.text,
        "total cost has changed by -30 % against 2026-09, below -20 %"
    );
}

#[test]
fn it_fires_once_and_again_only_when_it_has_been_false_in_between() {
    let rule = rule(Condition::Above, dec!(5000));
    let (high, low) = (report(Some(dec!(5200.11)), None), report(Some(dec!(10)), None));
    let first = one(&high, &rule, None);
    assert!(first.fires);
    assert_eq!(
        notices(std::slice::from_ref(&first))[0].text,
        "A rule of this report newly holds: total cost is USD 5200.11, above 5000."
    );
    let second = one(&high, &rule, Some(after(&first, true)));
    assert!(!second.fires && notices(std::slice::from_ref(&second)).is_empty());
    let third = one(&low, &rule, Some(after(&second, false)));
    assert!(!third.fires);
    let fourth = one(&high, &rule, Some(after(&third, false)));
    assert!(fourth.fires, "armed again");
}

#[test]
fn a_rule_for_each_period_fires_once_in_each() {
    let rule = When {
        rearm: Rearm::EachPeriod,
        ..rule(Condition::Above, dec!(5000))
    };
    let october = report(Some(dec!(6000)), None);
    let first = one(&october, &rule, None);
    assert!(first.fires);
    let state = after(&first, true);
    assert!(!one(&october, &rule, Some(state.clone())).fires, "a revision");
    let mut november = october;
    november.period.id = "2026-11".into();
    november.period.end = "2026-11-30".parse().unwrap();
    assert!(
        one(&november, &rule, Some(state)).fires,
        "though it held all the time"
    );
}

#[test]
fn what_nobody_heard_of_is_still_to_be_told() {
    let rule = rule(Condition::Above, dec!(5000));
    let high = report(Some(dec!(6000)), None);
    let withheld = after(&one(&high, &rule, None), false);
    assert!(!withheld.holds);
    assert!(one(&high, &rule, Some(withheld)).fires);
}

#[test]
fn an_earlier_period_is_judged_by_itself() {
    let rule = rule(Condition::Above, dec!(5000));
    let state = RuleState {
        rule: rule.key(),
        run_id: Some("later".into()),
        period_end: Some("2026-12-31".parse().unwrap()),
        holds: true,
        ..RuleState::default()
    };
    let mut august = report(Some(dec!(6000)), None);
    let judged = one(&august, &rule, Some(state.clone()));
    assert!(judged.fires && judged.alone);
    august.restates = Some(delivered(&august));
    let again = one(&august, &rule, Some(state));
    assert!(!again.fires, "its readers have it");
}

#[test]
fn what_the_schedule_would_not_report_is_judged_by_itself() {
    let rule = rule(Condition::Above, dec!(5000));
    let quarter = report(Some(dec!(6000)), None);
    let fired = after(&one(&quarter, &rule, None), true);
    let known = Known {
        alone: true,
        states: vec![fired],
    };
    let judged = judge(&quarter, std::slice::from_ref(&rule), &known).remove(0);
    assert!(judged.fires && judged.alone);
}

#[test]
fn the_final_report_goes_to_whoever_has_the_provisional_one() {
    let rule = rule(Condition::Above, dec!(5000));
    let mut last = report(Some(dec!(6000)), None);
    last.restates = Some(delivered(&last));
    let fired = after(&one(&last, &rule, None), true);
    let held = [one(&last, &rule, Some(fired))];
    assert!(!held[0].fires);
    let why = |report: &Report, follows| unsent(report, Send::Always, None, 1, &held, follows);
    assert_eq!(why(&last, Some("r")), None);
    assert!(why(&last, None).is_some() && why(&last, Some("another")).is_some());
    last.restates = None;
    assert!(why(&last, Some("r")).is_some(), "nobody has the provisional one");
}

#[test]
fn a_change_is_told_with_the_digits_that_tell_it_from_its_limit() {
    let judged = one(
        &report(Some(dec!(120.004)), Some(dec!(100))),
        &rule(Condition::ChangeAbove, dec!(20)),
        None,
    );
    assert_eq!(
        judged.text,
        "total cost has changed by +20.004 % against 2026-09, above 20 %"
    );
}

#[test]
fn an_unknown_value_fires_nothing_and_forgets_nothing() {
    let unknown = report(None, Some(dec!(1)));
    let high = report(Some(dec!(6000)), None);
    let above = rule(Condition::Above, dec!(5000));
    let fired = after(&one(&high, &above, None), true);
    let judged = one(&unknown, &above, Some(fired));
    assert_eq!((judged.holds, judged.fires), (None, false));
    assert_eq!(
        notices(std::slice::from_ref(&judged))[0].text,
        "A rule of this report cannot be judged: total cost is not known, so that nobody can say whether it is above 5000."
    );
    let state = after(&judged, false);
    assert!(state.unknown && state.holds);
    assert!(
        !one(&high, &above, Some(state)).fires,
        "it held before, and holds"
    );
    // From nothing, or from less than nothing, there is no per cent.
    for base in [None, Some(dec!(0)), Some(dec!(-5))] {
        let judged = one(
            &report(Some(dec!(6000)), base),
            &rule(Condition::ChangeAbove, dec!(20)),
            None,
        );
        assert_eq!(judged.holds, None, "{base:?}");
    }
    let still = report(Some(dec!(0)), Some(dec!(0)));
    let judged = one(&still, &rule(Condition::ChangeAbove, dec!(20)), None);
    assert_eq!(judged.holds, Some(false));
}

#[test]
fn what_send_wants_and_what_rules_say_must_both_be_so() {
    let high = report(Some(dec!(6000)), None);
    let above = rule(Condition::Above, dec!(5000));
    let fires = [one(&high, &above, None)];
    let quiet = [one(&high, &rule(Condition::Above, dec!(7000)), None)];
    let mut second = high.clone();
    second.restates = Some(delivered(&high));
    let why = |report: &Report, send, restated, rows, judged: &[Judged]| {
        unsent(report, send, restated, rows, judged, None)
    };
    let (same, changed) = (Some(Restated::Same), Some(Restated::Changed));
    for (report, send, restated, rows, judged) in [
        (&high, Send::Always, None, 0, &[][..]),
        (&high, Send::IfChanged, None, 1, &fires[..]),
        (&second, Send::IfChanged, changed, 1, &fires[..]),
        (&second, Send::IfChanged, Some(Restated::Beside), 1, &[][..]),
        (&second, Send::IfChanged, Some(Restated::Unknown), 1, &[][..]),
        (&second, Send::Always, same, 1, &[][..]),
        (&high, Send::IfData, None, 1, &[][..]),
    ] {
        assert_eq!(
            why(report, send, restated, rows, judged),
            None,
            "{send:?} {restated:?}"
        );
    }
    for (report, send, restated, rows, judged, words) in [
        (
            &second,
            Send::IfChanged,
            same,
            1,
            &fires[..],
            "no figure differs from revision 1",
        ),
        (
            &high,
            Send::IfData,
            None,
            0,
            &fires[..],
            "there is no row of data in 2026-10",
        ),
        (
            &high,
            Send::Always,
            None,
            1,
            &quiet[..],
            "total cost is USD 6000, not above 7000",
        ),
        (
            &second,
            Send::IfChanged,
            changed,
            1,
            &quiet[..],
            "no rule (`when`) newly holds",
        ),
    ] {
        let why = why(report, send, restated, rows, judged).unwrap();
        assert!(why.contains(words), "{why}");
    }
}
