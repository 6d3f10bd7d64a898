//! FOCUS billing exports, versions 1.0 to 1.4, as CSV.
//!
//! A row belongs to the UTC date of its `ChargePeriodStart`. The total is billed cost with credits and corrections;
//! every row is checked, and those of the periods are summed.

use super::files::book::{Book, ByDay, Key, Ledger, Witness};
use super::files::conversion::{Conversion, Converter};
use super::files::fetch::{self, Role};
use super::files::presence::{Presence, unknown_figures};
use super::files::read::{Column, Layout, Row, each_row, kept};
use super::files::{Flaw, OneCurrency, cell, described, duplicates, notice, unsummable};
use super::{Dataset, Depth, Measure, Need, Notice, Progress, Snapshot, SnapshotWriter, SourceError, Window};
use crate::config::plan::FocusFilePlan;
use crate::language::say;
use crate::metric::Metric;
use crate::money::MoneyError;
use crate::schedule::clock::Clock;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

const BILLED: usize = 0;
const EFFECTIVE: usize = 1;
const LIST: usize = 2;
const CONTRACTED: usize = 3;
const CURRENCY: usize = 4;
const CHARGED_FROM: usize = 5;
const CATEGORY: usize = 6;
const CLASS: usize = 7;
const PROVIDER: usize = 8;
const SERVICE_PROVIDER: usize = 9;
const SERVICE: usize = 10;
const SUB_ACCOUNT: usize = 11;
const SUB_ACCOUNT_NAME: usize = 12;
const MODEL: usize = 13;
const ACCOUNT_NAME: usize = 14;
const CHARGED_UNTIL: usize = 15;
/// Most days of one charge that tell how far the bill reaches; a commitment of a year says nothing about its usage.
const MAX_CHARGE: TimeDelta = TimeDelta::days(31);

static LAYOUT: Layout<16> = Layout {
    title: "a FOCUS bill",
    columns: [
        Column::required("BilledCost"),
        Column::optional("EffectiveCost"),
        Column::optional("ListCost"),
        Column::optional("ContractedCost"),
        Column::required("BillingCurrency"),
        Column::required("ChargePeriodStart"),
        Column::optional("ChargeCategory"),
        Column::optional("ChargeClass"),
        Column::optional("ProviderName"),
        Column::optional("ServiceProviderName"),
        Column::optional("ServiceName"),
        Column::optional("SubAccountId"),
        Column::optional("SubAccountName"),
        Column::optional("x_Model"),
        Column::optional("BillingAccountName"),
        Column::optional("ChargePeriodEnd"),
    ],
    json_lines: false,
};

/// What is summed for everything, every day and every member, with its column.
const AMOUNTS: [(Metric, usize); 2] = [(Metric::TotalCost, BILLED), (Metric::EffectiveCost, EFFECTIVE)];
/// What is summed for everything only: two costs, and the billed cost of some rows, with the column that tells which.
const EXTRAS: [(Metric, usize); 7] = [
    (Metric::ListCost, LIST),
    (Metric::ContractedCost, CONTRACTED),
    (Metric::Credits, CATEGORY),
    (Metric::Taxes, CATEGORY),
    (Metric::Adjustments, CATEGORY),
    (Metric::Corrections, CLASS),
    (Metric::UsageCorrections, CLASS),
];
/// The places of the categories and of the class in [`EXTRAS`].
const CREDITS: usize = 2;
const TAXES: usize = 3;
const ADJUSTMENTS: usize = 4;
const CORRECTIONS: usize = 5;
const USAGE_CORRECTIONS: usize = 6;
/// The breakdowns, and last the billing account, which becomes the scope.
const DIMENSIONS: [&str; 5] = ["provider", "service", "sub_account", "model", "billing account"];
/// How many dimensions are breakdowns.
const SHOWN: usize = 4;
/// The billing account's place in [`DIMENSIONS`].
const BY_ACCOUNT: usize = 4;
/// For how many days providers still add to what they have billed of a day.
const SETTLING_DAYS: u64 = 2;
/// Most unknown words that notices name.
const MAX_UNKNOWN: usize = 5;

type BillLedger = Ledger<2, 7, 5>;

/// Copies the files into the snapshot.
pub(super) async fn fetch(
    name: &str,
    plan: &FocusFilePlan,
    into: &SnapshotWriter,
    clock: &dyn Clock,
    progress: &dyn Progress,
) -> Result<(), SourceError> {
    let files = (plan.path.as_str(), None);
    fetch::fetch(name, files, plan.snapshot_files, into, clock, progress).await
}

/// Whether the files are there and can be opened.
pub(super) async fn probe(name: &str, plan: &FocusFilePlan) -> Result<(), SourceError> {
    fetch::probe(name, &plan.path, None).await
}

/// Sums the rows of the needed periods.
pub(super) fn decode(name: &str, needs: &[Need], snapshot: &Snapshot) -> Result<Dataset, SourceError> {
    let (described, today) = described(name, needs, snapshot, Tz::UTC)?;
    let bill = Bill::read(name, needs, snapshot, None)?;
    let windows = windows(name, &bill, needs, snapshot)?;
    let mut notices = duplicates(name, snapshot);
    notices.extend(bill.book.shortfalls(name, today));
    notices.extend(unknown_figures(name, needs, &windows, &say!("lacking-in-bill")));
    notices.extend(bill.unknown_words(name));
    Ok(Dataset {
        platform: say!("platform-focus"),
        zone: Some("UTC".to_owned()),
        scope: bill.book.only(BY_ACCOUNT).map(str::to_owned),
        currency: bill.currency.known(),
        reach: super::dataset::Reach::To {
            last: bill.book.reached(),
            settling_days: SETTLING_DAYS,
        },
        windows,
        notices,
        provisional_through: complete_through(needs, today, described.fetched_at),
        ..described
    })
}

/// Up to when a bill is complete that was fetched on the UTC date `today`, if it may still change what is told of a needed period.
fn complete_through(needs: &[Need], today: NaiveDate, fetched_at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let settled = today.checked_sub_days(Days::new(SETTLING_DAYS))?;
    let mut told = needs.iter().filter(|need| need.depth.is_whole());
    let open = told.any(|need| need.period.end() > settled);
    open.then(|| settled.and_time(NaiveTime::MIN).and_utc().min(fetched_at))
}

/// The same windows with the amounts of each row converted; without those of which the table of rates lacks a day.
pub(super) fn converted(
    name: &str,
    needs: &[Need],
    snapshot: &Snapshot,
    conversion: Conversion<'_>,
) -> Result<Vec<Window>, SourceError> {
    let bill = Bill::read(name, needs, snapshot, Some(conversion))?;
    Ok(bill.converter.complete(windows(name, &bill, needs, snapshot)?))
}

/// What each needed period shows.
fn windows(
    name: &str,
    bill: &Bill<'_>,
    needs: &[Need],
    snapshot: &Snapshot,
) -> Result<Vec<Window>, SourceError> {
    let mut windows = bill.windows().map_err(|cause| unsummable(name, &cause))?;
    for (period, window) in windows.iter_mut().enumerate() {
        if needs[period].depth == Depth::Days {
            add_days(name, bill, (period, window), snapshot)?;
        }
    }
    Ok(windows)
}

/// The sums, while the files are read.
struct Bill<'a> {
    converter: Converter<'a>,
    book: Book<2, 7, 5>,
    presence: Presence<16>,
    currency: OneCurrency,
    /// Column and word that no version of FOCUS has, and its rows.
    unknown: BTreeMap<(usize, String), u64>,
}

impl<'a> Bill<'a> {
    /// Adds up the rows of the needed periods.
    fn read(
        name: &str,
        needs: &[Need],
        snapshot: &Snapshot,
        conversion: Option<Conversion<'a>>,
    ) -> Result<Self, SourceError> {
        let mut bill = Bill {
            converter: Converter::new(conversion),
            book: Book::new(needs, DIMENSIONS),
            presence: Presence::new(needs),
            currency: OneCurrency::default(),
            unknown: BTreeMap::new(),
        };
        for (path, answer) in kept(snapshot, Role::Rows) {
            let before = bill.book.counts();
            let mut visit = |row: &Row<'_, 16>| bill.row(row, path);
            let columns = each_row(name, snapshot, (path, answer), &LAYOUT, &mut visit)?;
            bill.presence.file(&before, &bill.book.counts(), &columns);
        }
        Ok(bill)
    }
}

impl Bill<'_> {
    /// Checks one row and, if a needed period holds it, adds it.
    fn row(&mut self, row: &Row<'_, 16>, path: &str) -> Result<(), Flaw> {
        let cells = filled(&row.cells);
        let day = cell::utc_date(cells[CHARGED_FROM]).map_err(Flaw::of(CHARGED_FROM))?;
        let mut billed = cell::decimal(cells[BILLED]).map_err(Flaw::of(BILLED))?;
        let mut effective = optional(cells[EFFECTIVE]).map_err(Flaw::of(EFFECTIVE))?;
        let mut list = optional(cells[LIST]).map_err(Flaw::of(LIST))?;
        let mut contracted = optional(cells[CONTRACTED]).map_err(Flaw::of(CONTRACTED))?;
        let currency = self.currency.read(cells[CURRENCY]).map_err(Flaw::of(CURRENCY))?;
        let (witness, until) = reach(row.has(CATEGORY), &cells, day);
        if !self.book.wants(witness, day, until) {
            return Ok(());
        }
        self.currency
            .meet(currency, || format!("{path}:{}", row.line()))
            .map_err(Flaw::of(CURRENCY))?;
        for (column, amount) in [(EFFECTIVE, effective), (LIST, list), (CONTRACTED, contracted)] {
            if amount.is_none() {
                self.lack(day, column);
            }
        }
        let optional = [&mut effective, &mut list, &mut contracted];
        let mut amounts = vec![&mut billed];
        amounts.extend(optional.into_iter().filter_map(Option::as_mut));
        self.converter.convert(&mut amounts, currency, day);
        let mut extras = [
            list.unwrap_or_default(),
            contracted.unwrap_or_default(),
            Decimal::ZERO,
            Decimal::ZERO,
            Decimal::ZERO,
            Decimal::ZERO,
            Decimal::ZERO,
        ];
        match cells[CATEGORY] {
            b"Usage" | b"Purchase" => {}
            b"Credit" => extras[CREDITS] = billed,
            b"Tax" => extras[TAXES] = billed,
            b"Adjustment" => extras[ADJUSTMENTS] = billed,
            _ if !row.has(CATEGORY) => {}
            word => self.meet_unknown(day, CATEGORY, word),
        }
        match cells[CLASS] {
            b"" => {}
            b"Correction" => {
                extras[CORRECTIONS] = billed;
                // A correction may be a credit too, and is counted once where all are added up.
                if extras[CREDITS..=ADJUSTMENTS].iter().all(Decimal::is_zero) {
                    extras[USAGE_CORRECTIONS] = billed;
                }
            }
            word => self.meet_unknown(day, CLASS, word),
        }
        let keys = keys(&cells);
        self.book
            .add(day, &keys, &[billed, effective.unwrap_or_default()], &extras)
    }

    /// A row without one of the costs makes the sum of its period unknown.
    fn lack(&mut self, day: NaiveDate, column: usize) {
        for period in self.book.holding(day) {
            self.presence.blank(period, column);
        }
    }

    /// A row of an unknown kind could be any of them, so that none of their sums is known.
    fn meet_unknown(&mut self, day: NaiveDate, column: usize, word: &[u8]) {
        self.lack(day, column);
        let word = cell::shown(word);
        if self.unknown.len() < MAX_UNKNOWN || self.unknown.contains_key(&(column, word.clone())) {
            *self.unknown.entry((column, word)).or_default() += 1;
        }
    }

    fn unknown_words(&self, source: &str) -> Vec<Notice> {
        let text = |((column, word), rows): (&(usize, String), &u64)| {
            say!(
                "unknown-word",
                "rows" = *rows,
                "column" = LAYOUT.columns[*column].name,
                "word" = word,
            )
        };
        self.unknown
            .iter()
            .map(|entry| notice(source, text(entry), false))
            .collect()
    }

    fn windows(&self) -> Result<Vec<Window>, MoneyError> {
        let measures = |period: usize, amounts: &[Decimal; 2]| self.measures(period, &AMOUNTS, amounts);
        let mut windows = self.book.windows(SHOWN, &measures)?;
        for (period, (window, ledger)) in windows.iter_mut().zip(self.book.ledgers()).enumerate() {
            window.figures.extend(self.figures(period, ledger)?);
        }
        Ok(windows)
    }

    /// The figures that only everything has.
    fn figures(&self, period: usize, ledger: &BillLedger) -> Result<Vec<Measure>, MoneyError> {
        let (_, extras) = ledger.totals()?;
        let mut figures = self.measures(period, &EXTRAS, &extras);
        if ledger.is_empty() {
            for figure in &mut figures {
                figure.value = None;
            }
        }
        Ok(figures)
    }

    /// The amounts under their metrics, unknown where a file lacks the column.
    fn measures(&self, period: usize, metrics: &[(Metric, usize)], amounts: &[Decimal]) -> Vec<Measure> {
        metrics
            .iter()
            .zip(amounts)
            .map(|((metric, column), amount)| Measure {
                metric: *metric,
                value: self.presence.has(period, *column).then_some(*amount),
            })
            .collect()
    }
}

/// Whether a row of a file that has the column is about what was used, and not about what is due besides or was wrong.
fn is_usage(cells: &[&[u8]; 16]) -> bool {
    cells[CATEGORY] == b"Usage" && cells[CLASS] != b"Correction"
}

/// Up to which day a charge that begins on `day` tells how far the bill reaches, and how well it does.
fn reach(has_category: bool, cells: &[&[u8]; 16], day: NaiveDate) -> (Witness, NaiveDate) {
    let last = last_day(day, cells[CHARGED_UNTIL]);
    let witness = if has_category && !is_usage(cells) {
        Witness::Aside
    } else if day < last {
        Witness::Spanning
    } else {
        Witness::Daily
    };
    let tells = last - day < MAX_CHARGE;
    (witness, if tells { last } else { day })
}

/// The last day of a charge that begins on `day` and ends before `until`; the same day, where that cannot be told.
fn last_day(day: NaiveDate, until: &[u8]) -> NaiveDate {
    let at_midnight = until.get(11..16).is_none_or(|time| time == b"00:00");
    let until = cell::utc_date(until).ok();
    let last = until.and_then(|until| {
        if at_midnight {
            until.pred_opt()
        } else {
            Some(until)
        }
    });
    last.map_or(day, |last| last.max(day))
}

/// To which member of each dimension a row belongs.
fn keys<'a>(cells: &[&'a [u8]; 16]) -> [Key<'a>; 5] {
    let plain = |column: usize| Key {
        column,
        id: cells[column],
        name: &[],
    };
    // FOCUS 1.3 has put `ServiceProviderName` in the place of `ProviderName`; a bill of the transition has both.
    let provider = match cells[SERVICE_PROVIDER] {
        b"" => PROVIDER,
        _ => SERVICE_PROVIDER,
    };
    [
        plain(provider),
        plain(SERVICE),
        Key {
            name: cells[SUB_ACCOUNT_NAME],
            ..plain(SUB_ACCOUNT)
        },
        plain(MODEL),
        plain(ACCOUNT_NAME),
    ]
}

/// What stands in the cells of a row; exports of some programs write `NULL` where nothing does.
fn filled<'a>(cells: &[&'a [u8]; 16]) -> [&'a [u8]; 16] {
    cells.map(|cell| if cell == b"NULL" { &[][..] } else { cell })
}

/// Adds the daily billed cost of members, for which the rows are read once more, and what of each day is no usage.
fn add_days(
    source: &str,
    bill: &Bill<'_>,
    (period, window): (usize, &mut Window),
    snapshot: &Snapshot,
) -> Result<(), SourceError> {
    let exact = |cause| unsummable(source, &cause);
    let metrics: &[Metric] = if bill.presence.has(period, CATEGORY) {
        &[Metric::TotalCost, Metric::NonUsageCost]
    } else {
        &[Metric::TotalCost]
    };
    let mut days = ByDay::new(&bill.book, period, SHOWN, metrics).map_err(exact)?;
    for (path, answer) in kept(snapshot, Role::Rows) {
        each_row(source, snapshot, (path, answer), &LAYOUT, &mut |row| {
            let cells = filled(&row.cells);
            let day = cell::utc_date(cells[CHARGED_FROM]).map_err(Flaw::of(CHARGED_FROM))?;
            let billed = cell::decimal(cells[BILLED]).map_err(Flaw::of(BILLED))?;
            let converted = |from| bill.converter.of(billed, from, day);
            let billed = bill.currency.known().and_then(converted).unwrap_or(billed);
            let apart = if is_usage(&cells) { Decimal::ZERO } else { billed };
            days.add(day, &keys(&cells), &[billed, apart])
        })?;
    }
    window.daily_by = days.splits().map_err(exact)?;
    window.daily.extend(days.more().map_err(exact)?);
    Ok(())
}

/// An amount that a row may lack.
fn optional(text: &[u8]) -> Result<Option<Decimal>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    cell::decimal(text).map(Some)
}
