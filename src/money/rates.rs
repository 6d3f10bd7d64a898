//! A table of exchange rates by day, and how an amount of one currency becomes one of another.
//!
//! CSV with a header: `date,from,to,rate`, one unit of `from` being `rate` of `to`. A day without a rate has the last one before it,
//! at most seven days old; never a later one, never 1. Source: finance definitions, currency conversion.

use super::{Currency, exact};
use chrono::{Days, NaiveDate};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::Read as _;
use std::path::Path;

/// How old a rate may be, in days.
const OLDEST: u64 = 7;
/// Most bytes of a file that are read.
const LARGEST: u64 = 64 << 20;
/// Most rows of a table.
const MOST_ROWS: usize = 1_000_000;

/// Rates by day.
#[derive(Debug, Clone, Default)]
pub struct Rates {
    pairs: HashMap<(&'static str, &'static str), BTreeMap<NaiveDate, Decimal>>,
}

/// The rate of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How much one unit is.
    pub value: Decimal,
    /// The day it was published for: the day asked for, or one of the seven before.
    pub of: NaiveDate,
}

/// Why the file of a table cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RatesFault {
    /// The disk said no.
    #[error("{0}")]
    Disk(std::io::Error),
    /// What is in it is no table.
    #[error("{0}")]
    Content(RatesError),
}

/// Reads the table of a file, at most 64 MiB of it.
///
/// # Errors
/// [`RatesFault`].
pub fn file(path: &Path) -> Result<Rates, RatesFault> {
    let mut text = Vec::new();
    let file = std::fs::File::open(path).map_err(RatesFault::Disk)?;
    file.take(LARGEST)
        .read_to_end(&mut text)
        .map_err(RatesFault::Disk)?;
    Rates::read(&text).map_err(RatesFault::Content)
}

/// Why a table cannot be read; says the line and the column.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct RatesError {
    /// Counted from 1, the header included.
    pub line: u64,
    /// What is wrong there.
    pub what: String,
}

impl Rates {
    /// Reads a table.
    ///
    /// # Errors
    /// [`RatesError`] at the first row that is none, or says another rate for a day and pair that has one.
    pub fn read(text: &[u8]) -> Result<Self, RatesError> {
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text);
        let heads = reader.headers().map_err(|error| broken(&error))?.clone();
        let column = |name: &str| {
            heads
                .iter()
                .position(|head| head == name)
                .ok_or_else(|| RatesError {
                    line: 1,
                    what: format!("the column `{name}` is missing; the header is `date,from,to,rate`"),
                })
        };
        let columns = [column("date")?, column("from")?, column("to")?, column("rate")?];
        let mut rates = Self::default();
        for (count, record) in reader.records().enumerate() {
            let record = record.map_err(|error| broken(&error))?;
            let line = record.position().map_or(0, csv::Position::line);
            let flaw = |what: String| RatesError { line, what };
            if count >= MOST_ROWS {
                return Err(flaw(format!("more than {MOST_ROWS} rows")));
            }
            let [date, from, to, rate] = columns.map(|at| record.get(at).unwrap_or_default());
            let date: NaiveDate = date
                .parse()
                .map_err(|_| flaw(format!("`{date}` is no date; write YYYY-MM-DD")))?;
            let code = |text: &str| text.parse::<Currency>().map_err(|error| flaw(error.to_string()));
            let (from, to) = (code(from)?, code(to)?);
            let rate = exact(rate).map_err(|error| flaw(error.to_string()))?;
            if rate <= Decimal::ZERO {
                return Err(flaw(format!("the rate {rate} is not above zero")));
            }
            let days = rates.pairs.entry((from.code(), to.code())).or_default();
            if days.insert(date, rate).is_some_and(|other| other != rate) {
                return Err(flaw(format!(
                    "{date} has another rate from {from} to {to} in a line before"
                )));
            }
        }
        Ok(rates)
    }

    /// The rate of `day`: as published, else the inverse, else through one other currency.
    #[must_use]
    pub fn of(&self, from: Currency, to: Currency, day: NaiveDate) -> Option<Rate> {
        let (from, to) = (from.code(), to.code());
        if from == to {
            return Some(Rate {
                value: Decimal::ONE,
                of: day,
            });
        }
        self.direct(from, to, day).or_else(|| {
            let between: BTreeSet<&'static str> = self.pairs.keys().flat_map(|(a, b)| [*a, *b]).collect();
            between.into_iter().find_map(|pivot| {
                let (first, second) = (self.direct(from, pivot, day)?, self.direct(pivot, to, day)?);
                Some(Rate {
                    value: first.value.checked_mul(second.value)?,
                    of: first.of.min(second.of),
                })
            })
        })
    }

    fn direct(&self, from: &'static str, to: &'static str, day: NaiveDate) -> Option<Rate> {
        let published = |pair| {
            let since = day.checked_sub_days(Days::new(OLDEST))?;
            let (of, rate) = self.pairs.get(&pair)?.range(since..=day).next_back()?;
            Some((*of, *rate))
        };
        if let Some((of, value)) = published((from, to)) {
            return Some(Rate { value, of });
        }
        let (of, rate) = published((to, from))?;
        Some(Rate {
            value: Decimal::ONE.checked_div(rate)?,
            of,
        })
    }
}

fn broken(error: &csv::Error) -> RatesError {
    RatesError {
        line: error.position().map_or(1, csv::Position::line),
        what: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::dec;

    fn rates(rows: &str) -> Rates {
        Rates::read(format!("date,from,to,rate\n{rows}").as_bytes()).unwrap()
    }

    fn on(rates: &Rates, pair: (&str, &str), day: &str) -> Option<(Decimal, String)> {
        let rate = rates.of(
            pair.0.parse().unwrap(),
            pair.1.parse().unwrap(),
            day.parse().unwrap(),
        )?;
        Some((rate.value, rate.of.to_string()))
    }

    #[test]
    fn a_day_without_a_rate_has_the_last_one_before_it_and_never_a_later_one() {
        let rates = rates("2026-10-02,USD,EUR,0.9012\n2026-10-12,USD,EUR,0.91\n");
        let known = |rate, day: &str| Some((rate, day.to_owned()));
        assert_eq!(
            on(&rates, ("USD", "EUR"), "2026-10-02"),
            known(dec!(0.9012), "2026-10-02")
        );
        assert_eq!(
            on(&rates, ("USD", "EUR"), "2026-10-09"),
            known(dec!(0.9012), "2026-10-02")
        );
        assert_eq!(on(&rates, ("USD", "EUR"), "2026-10-10"), None, "eight days old");
        assert_eq!(on(&rates, ("USD", "EUR"), "2026-10-01"), None);
        assert_eq!(on(&rates, ("USD", "JPY"), "2026-10-02"), None);
        assert_eq!(
            on(&rates, ("EUR", "EUR"), "2020-01-01"),
            known(dec!(1), "2020-01-01")
        );
    }

    #[test]
    fn inverse_and_cross_rates_keep_all_their_digits() {
        let rates = rates("2026-10-02,USD,EUR,0.8\n2026-10-02,USD,JPY,150\n");
        assert_eq!(on(&rates, ("EUR", "USD"), "2026-10-02").unwrap().0, dec!(1.25));
        assert_eq!(on(&rates, ("EUR", "JPY"), "2026-10-02").unwrap().0, dec!(187.5));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (text, expected) in [
            ("date,from,to\n", "line 1: the column `rate` is missing"),
            (
                "date,from,to,rate\n2026-13-01,USD,EUR,1\n",
                "line 2: `2026-13-01` is no date",
            ),
            (
                "date,from,to,rate\n2026-10-01,USD,EURO,1\n",
                "line 2: `EURO` is not an ISO 4217",
            ),
            (
                "date,from,to,rate\n2026-10-01,USD,EUR,\"0,9\"\n",
                "line 2: `0,9` is not a decimal number",
            ),
            (
                "date,from,to,rate\n2026-10-01,USD,EUR,0\n",
                "line 2: the rate 0 is not above zero",
            ),
            (
                "date,from,to,rate\n2026-10-01,USD,EUR,0.9\n2026-10-01,USD,EUR,0.8\n",
                "line 3: 2026-10-01 has another rate",
            ),
        ] {
            let said = Rates::read(text.as_bytes()).unwrap_err().to_string();
            assert!(said.starts_with(expected), "{said}");
        }
    }
}
