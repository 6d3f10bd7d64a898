use super::*;
use proptest::prelude::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn period(text: &str, first_month: u32) -> Period {
    Period::parse(text, Calendar::fiscal(first_month).unwrap()).unwrap()
}

/// `id (days)` of a neighbour, or `none`.
fn told(period: Option<Period>) -> String {
    period.map_or("none".to_owned(), |period| {
        format!("{} ({})", period.id(), period.days())
    })
}

#[test]
fn every_shape_has_its_period_before() {
    for (text, first_month, expected) in [
        ("2026-11-01", 1, "2026-10-31 (1)"),
        ("2026-W01", 1, "2025-W52 (7)"),
        ("2027-W01", 1, "2026-W53 (7)"),
        ("2026-03", 1, "2026-02 (28)"),
        ("2028-03", 1, "2028-02 (29)"),
        ("2026-01", 4, "2025-12 (31)"),
        ("2026-Q1", 1, "2025-Q4 (92)"),
        ("2026", 1, "2025 (365)"),
        ("2029", 1, "2028 (366)"),
        ("FY2027-Q1", 4, "FY2026-Q4 (90)"),
        ("FY2027", 4, "FY2026 (365)"),
        ("2026-Q4", 2, "2026-Q3 (92)"),
        ("2026", 4, "2025 (365)"),
        ("2026-10-05..2026-10-14", 1, "2026-09-25..2026-10-04 (10)"),
        ("0001", 1, "none"),
        ("0001-01-01", 1, "none"),
        ("0001-01-02..0001-01-09", 1, "none"),
        ("0001-02", 4, "0001-01 (31)"),
    ] {
        assert_eq!(
            told(period(text, first_month).previous()),
            expected,
            "before {text}, year from {first_month}"
        );
    }
}

#[test]
fn every_shape_has_its_period_after() {
    for (text, first_month, expected) in [
        ("2026-10-31", 1, "2026-11-01 (1)"),
        ("2026-W53", 1, "2027-W01 (7)"),
        ("2028-01", 1, "2028-02 (29)"),
        ("2025-Q4", 1, "2026-Q1 (90)"),
        ("2027", 1, "2028 (366)"),
        ("FY2026-Q4", 4, "FY2027-Q1 (91)"),
        ("2026-Q3", 2, "2026-Q4 (92)"),
        ("2026-09-25..2026-10-04", 1, "2026-10-05..2026-10-14 (10)"),
        ("9999", 1, "none"),
        ("9999-12-31", 1, "none"),
    ] {
        assert_eq!(
            told(period(text, first_month).next()),
            expected,
            "after {text}, year from {first_month}"
        );
    }
    let rule: PeriodRule = "month_to_date".parse().unwrap();
    let january = rule.resolve(day("2027-02-01"), Calendar::years());
    assert_eq!(
        january.and_then(|period| period.next()),
        None,
        "nothing of February is complete"
    );
    let january = rule.resolve(day("2027-01-31"), Calendar::years()).unwrap();
    assert_eq!(told(january.next()), "2027-02 (28)");
    assert_eq!(
        told(january.next().and_then(|period| period.next())),
        "2027-03-01..2027-03-30 (30)"
    );
}

#[test]
fn the_same_period_last_year_keeps_its_number_and_29_february_meets_28_february() {
    for (text, first_month, expected) in [
        ("2026-11-22", 1, "2025-11-22 (1)"),
        ("2028-02-29", 1, "2027-02-28 (1)"),
        ("2028-02", 1, "2027-02 (28)"),
        ("2029-02", 1, "2028-02 (29)"),
        ("2026-Q3", 1, "2025-Q3 (92)"),
        ("2026", 1, "2025 (365)"),
        ("FY2027-Q3", 4, "FY2026-Q3 (92)"),
        ("FY2027", 4, "FY2026 (365)"),
        ("2026-W45", 1, "2025-W45 (7)"),
        ("2026-W53", 1, "2025-W52 (7)"),
        ("2028-02-20..2028-02-29", 1, "2027-02-20..2027-02-28 (9)"),
        ("2029-01-01..2029-02-28", 1, "2028-01-01..2028-02-29 (60)"),
        ("2026-01-15..2026-03-14", 1, "2025-01-15..2025-03-14 (59)"),
        ("0001-03", 1, "none"),
    ] {
        let found = period(text, first_month).same_period_last_year();
        assert_eq!(told(found), expected, "a year before {text}");
    }
}

#[test]
fn months_and_leap_years_have_their_lengths() {
    for (text, days) in [
        ("2026-02", 28),
        ("2026-03", 31),
        ("2028-02", 29),
        ("2027-02", 28),
        ("2026", 365),
        ("2028", 366),
    ] {
        let period = period(text, 1);
        assert_eq!(
            (period.days(), period.dates().count()),
            (days, days as usize),
            "{text}"
        );
    }
}

#[test]
fn a_day_is_a_local_date_however_many_hours_it_has() {
    // Madrid's 23 and 25 hour days of 2026.
    for text in ["2026-03-29", "2026-10-25"] {
        assert_eq!(period(text, 1).days(), 1);
    }
    assert!(period("2026-10", 1).contains(day("2026-10-31")));
    assert!(!period("2026-10", 1).contains(day("2026-11-01")));
    assert_eq!(period("2026-10", 1).last_day(), day("2026-10-31"));
}

#[test]
fn empty_and_endless_ranges_are_refused() {
    let range = |start: NaiveDate, end: NaiveDate| Period::from_range(start, end, Calendar::years());
    assert_eq!(
        range(day("2026-10-02"), day("2026-10-02")),
        Err(PeriodError::Empty)
    );
    assert_eq!(
        range(day("2026-10-02"), day("2026-10-01")),
        Err(PeriodError::Empty)
    );
    assert_eq!(
        range(NaiveDate::MIN, day("2026-10-01")),
        Err(PeriodError::OutOfRange)
    );
    assert_eq!(
        range(day("2026-10-01"), NaiveDate::MAX),
        Err(PeriodError::OutOfRange)
    );
    assert_eq!(
        range(NaiveDate::MIN, NaiveDate::MAX),
        Err(PeriodError::OutOfRange)
    );
    let everything = range(EARLIEST, LATEST_END).unwrap();
    assert_eq!(
        (everything.days(), everything.id()),
        (3_652_059, "0001-01-01..9999-12-31")
    );
    assert_eq!(
        (everything.previous(), everything.same_period_last_year()),
        (None, None)
    );
    assert_eq!(
        Period::containing(CalendarUnit::Week, day("9999-12-31"), Calendar::years()),
        None
    );
}

#[test]
fn what_is_stored_comes_back_and_what_was_tampered_with_does_not() {
    let calendar = Calendar::fiscal(4).unwrap();
    let to_date = PeriodRule::QuarterToDate
        .resolve(day("2026-11-01"), calendar)
        .unwrap();
    assert_eq!(
        to_date.id(),
        "2026-10",
        "a whole month, yet still a quarter to date"
    );
    let rolling = PeriodRule::LastDays(31)
        .resolve(day("2026-11-01"), calendar)
        .unwrap();
    for stored in [
        period("FY2027-Q3", 4),
        period("2026", 4),
        period("2026-W45", 1),
        to_date,
        rolling,
    ] {
        let text = serde_json::to_string(&stored).unwrap();
        assert_eq!(serde_json::from_str::<Period>(&text).unwrap(), stored, "{text}");
    }
    let text = serde_json::to_string(&period("2026-10", 1)).unwrap();
    for (from, to) in [
        ("2026-11-01", "2026-10-01"),
        ("2026-11-01", "+12026-11-01"),
        ("null", "13"),
    ] {
        let tampered = text.replace(from, to);
        assert_ne!(tampered, text);
        assert!(serde_json::from_str::<Period>(&tampered).is_err(), "{tampered}");
    }
    let renamed = serde_json::from_str::<Period>(&text.replace("\"2026-10\"", "\"2026-09\"")).unwrap();
    assert_eq!(renamed.id(), "2026-10");
}

fn any_range() -> impl Strategy<Value = Period> {
    let starts = prop_oneof![0..3_652_058_u64, 739_000..740_500_u64];
    let lengths = prop_oneof![
        1..400_u64,
        1..4_000_000_u64,
        Just(1),
        Just(7),
        Just(365),
        28..=31_u64,
        89..=92_u64
    ];
    (starts, lengths, 1..=12_u32).prop_filter_map("within the calendar", |(start, days, first_month)| {
        let start = EARLIEST + Days::new(start);
        let calendar = Calendar::fiscal(first_month).ok()?;
        Period::from_range(start, start.checked_add_days(Days::new(days))?, calendar).ok()
    })
}

fn any_unit() -> impl Strategy<Value = Period> {
    let units = [
        CalendarUnit::Day,
        CalendarUnit::Week,
        CalendarUnit::Month,
        CalendarUnit::Quarter,
        CalendarUnit::Year,
    ];
    (prop::sample::select(units.to_vec()), 0..3_652_058_u64, 1..=12_u32).prop_filter_map(
        "within the calendar",
        |(unit, date, first_month)| {
            Period::containing(
                unit,
                EARLIEST + Days::new(date),
                Calendar::fiscal(first_month).ok()?,
            )
        },
    )
}

proptest! {
    #[test]
    fn an_id_reads_back_as_the_same_dates(period in prop_oneof![any_range(), any_unit()], first_month in 1..=12_u32) {
        let calendar = Calendar::fiscal(first_month).unwrap();
        let period = Period::from_range(period.start(), period.end(), calendar).unwrap();
        prop_assert_eq!(&Period::parse(period.id(), calendar).unwrap(), &period);
        let range = format!("{}..{}", period.start(), period.last_day());
        prop_assert_eq!(&Period::parse(&range, calendar).unwrap(), &period);
    }

    #[test]
    fn the_period_before_ends_where_this_one_starts(period in prop_oneof![any_range(), any_unit()]) {
        if let Some(before) = period.previous() {
            prop_assert_eq!(before.end(), period.start());
            prop_assert_eq!(before.shape(), period.shape());
        }
    }

    #[test]
    fn a_year_before_is_about_a_year_before(period in prop_oneof![any_range(), any_unit()]) {
        if let Some(before) = period.same_period_last_year() {
            let days = (period.start() - before.start()).num_days();
            prop_assert!((364..=371).contains(&days), "{} after {}", period.id(), before.id());
            prop_assert!(before.days().abs_diff(period.days()) <= 1);
        }
    }
}
