//! Numbers, money and dates as their reader writes them. Rounding happens here, once, and nowhere before.

use crate::metric::{Metric, Sense, Unit};
use crate::money::{Currency, rounded};
use crate::report::{Comparison, Direction, Figure, PeriodRef};
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use icu_decimal::DecimalFormatter;
use icu_locale_core::Locale;
use rust_decimal::Decimal;
use serde::Serialize;
use std::str::FromStr;

/// Between a number and its unit: the line never breaks there.
const NBSP: char = '\u{a0}';
const MINUS: char = '\u{2212}';
/// What a reader sees where nothing is known.
pub(super) const NOT_AVAILABLE: &str = "n/a";
/// Percentages beyond it say nothing and are shown as `>999 %`.
const MAX_PERCENT: Decimal = Decimal::from_parts(9999, 0, 0, false, 1);

/// Writes values in one locale.
#[derive(Debug)]
pub struct Formatter {
    decimals: Option<DecimalFormatter>,
    dates: chrono::Locale,
    east_asian: bool,
}

/// A value as shown: the number, and its unit apart, since a table says it once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Shown {
    /// `4,070.36`, `5.0`, `n/a`.
    pub(super) number: String,
    /// `USD`, `%`, `ms`, or nothing.
    pub(super) unit: String,
    /// Number and unit together: `USD 4,070.36`, `5.0 %`.
    pub(super) text: String,
    /// Whether there is a value at all.
    pub(super) known: bool,
}

/// A change as shown: `▲ up 14.5 % (+515.14)`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Change {
    /// `▲`, `▼`, `●` or, where a side is unknown, nothing.
    pub(super) arrow: &'static str,
    /// `up`, `down`, `no change`, `new`, `gone`, `n/a`.
    pub(super) word: &'static str,
    /// `14.5 %`, `0.4 pp`, `n/m` or nothing.
    pub(super) size: String,
    /// `+515.14` or nothing.
    pub(super) amount: String,
    /// `adverse`, `favourable` or `neutral`.
    pub(super) tone: &'static str,
    /// All of it in one line.
    pub(super) text: String,
    /// Arrow and size, for where it is narrow: `▲ 14.5 %`.
    pub(super) short: String,
}

impl Formatter {
    /// A formatter for the BCP 47 tag `locale`; a tag that is unknown reads as English.
    #[must_use]
    pub fn new(locale: &str) -> Self {
        let tag = Locale::from_str(locale).unwrap_or_else(|_| icu_locale_core::locale!("en"));
        let language = tag.id.language.as_str().to_owned();
        Self {
            decimals: DecimalFormatter::try_new(
                (&tag).into(),
                icu_decimal::options::DecimalFormatterOptions::default(),
            )
            .ok(),
            dates: date_locale(&tag),
            east_asian: matches!(language.as_str(), "ja" | "zh"),
        }
    }

    /// `value` with `decimals` decimals, grouped, the minus U+2212.
    #[must_use]
    pub fn decimal(&self, value: Decimal, decimals: u32) -> String {
        let shown = rounded(value, decimals);
        let digits = shown.abs().to_string();
        let body = match (&self.decimals, fixed_decimal::Decimal::try_from_str(&digits)) {
            (Some(formatter), Ok(fixed)) => formatter.format(&fixed).to_string(),
            _ => digits,
        };
        if shown.is_sign_negative() {
            format!("{MINUS}{body}")
        } else {
            body
        }
    }

    /// As [`Self::decimal`], but what is not zero never reads as zero: `<0.01`.
    fn visible(&self, value: Decimal, decimals: u32) -> String {
        if value.is_zero() || !rounded(value, decimals).is_zero() {
            return self.decimal(value, decimals);
        }
        let least = self.decimal(Decimal::new(1, decimals), decimals);
        if value.is_sign_negative() {
            format!(">{MINUS}{least}")
        } else {
            format!("<{least}")
        }
    }

    /// An amount without its currency: `4,070.36`, `<0.01`; decimals are the currency's minor units.
    #[must_use]
    pub fn amount(&self, value: Decimal, currency: Currency) -> String {
        self.visible(value, currency.minor_units())
    }

    /// An amount with its currency: `USD 4,070.36`.
    #[must_use]
    pub fn money(&self, value: Decimal, currency: Currency) -> String {
        format!("{currency}{NBSP}{}", self.amount(value, currency))
    }

    /// `14.5 %`; beyond 999.9 it reads `>999 %`.
    #[must_use]
    pub fn percent(&self, value: Decimal) -> String {
        if value.abs() > MAX_PERCENT {
            let sign = if value.is_sign_negative() {
                "<\u{2212}"
            } else {
                ">"
            };
            return format!("{sign}{}{NBSP}%", self.decimal(Decimal::from(999), 0));
        }
        format!("{}{NBSP}%", self.decimal(value, 1))
    }

    /// `value` in `unit`, for a sentence.
    #[must_use]
    pub fn in_unit(&self, value: Decimal, unit: Unit, currency: Option<Currency>) -> String {
        match (unit, currency) {
            (Unit::Currency, Some(currency)) => self.money(value, currency),
            (Unit::Currency, None) => self.visible(value, 2),
            (Unit::Percent, _) => self.percent(value),
            (Unit::Ms, _) => format!("{}{NBSP}ms", self.visible(value, 0)),
            (Unit::Count | Unit::Tokens, _) => self.visible(value, 0),
        }
    }

    /// A tick of an axis: short where it is large (`12 k`, `3.5 M`), since the exact figures stand beside the chart.
    pub(super) fn tick(&self, value: Decimal) -> String {
        let (factor, suffix) = match value.abs() {
            v if v >= Decimal::from(1_000_000_000) => (Decimal::from(1_000_000_000), "G"),
            v if v >= Decimal::from(1_000_000) => (Decimal::from(1_000_000), "M"),
            v if v >= Decimal::from(10_000) => (Decimal::from(1_000), "k"),
            _ => (Decimal::ONE, ""),
        };
        let scaled = (value / factor).normalize();
        let number = self.decimal(scaled, scaled.scale().min(4));
        if suffix.is_empty() {
            number
        } else {
            format!("{number}{NBSP}{suffix}")
        }
    }

    /// The label of a figure: its own, or `Cost per 1,000 requests` for the average that would otherwise read 0.01.
    pub(super) fn label(&self, figure: &Figure) -> String {
        if figure.metric == Metric::AverageCostPerRequest && figure.dimension.is_none() {
            return format!("Cost per {} requests", self.decimal(Decimal::ONE_THOUSAND, 0));
        }
        figure.label.clone()
    }

    /// The value of `figure`, in its unit.
    pub(super) fn value(&self, figure: &Figure) -> Shown {
        self.shown(figure, figure.value)
    }

    /// Another value of the same kind as `figure`'s: the one it is compared to.
    pub(super) fn shown(&self, figure: &Figure, value: Option<Decimal>) -> Shown {
        let Some(value) = value else {
            return Shown {
                number: NOT_AVAILABLE.into(),
                unit: String::new(),
                text: NOT_AVAILABLE.into(),
                known: false,
            };
        };
        let number = self.visible(scaled(figure.metric, value), decimals(figure));
        let (unit, text) = match (figure.unit, figure.currency) {
            (Unit::Currency, Some(currency)) => (currency.code(), format!("{currency}{NBSP}{number}")),
            (Unit::Percent, _) => ("%", format!("{number}{NBSP}%")),
            (Unit::Ms, _) => ("ms", format!("{number}{NBSP}ms")),
            _ => ("", number.clone()),
        };
        Shown {
            number,
            unit: unit.into(),
            text,
            known: true,
        }
    }

    /// The change of `figure` in its first comparison; `None` where nothing stands beside it.
    pub(super) fn change(&self, figure: &Figure) -> Option<Change> {
        let comparison = figure.comparisons.first()?;
        let (Some(change), Some(direction)) = (comparison.change, comparison.direction) else {
            return Some(Change::new(
                "",
                NOT_AVAILABLE,
                String::new(),
                String::new(),
                "neutral",
            ));
        };
        let (arrow, word) = match direction {
            Direction::Up => ("▲", "up"),
            Direction::Down => ("▼", "down"),
            Direction::New => ("▲", "new"),
            Direction::Gone => ("▼", "gone"),
            Direction::Flat if change.is_zero() => ("●", "no change"),
            Direction::Flat => ("●", "flat"),
        };
        let silent = change.is_zero() || matches!(direction, Direction::New | Direction::Gone);
        let points = figure.unit == Unit::Percent;
        let size = if silent {
            String::new()
        } else {
            self.size(figure, comparison, change)
        };
        let amount = if silent || points {
            String::new()
        } else {
            self.signed(scaled(figure.metric, change), decimals(figure))
        };
        Some(Change::new(
            arrow,
            word,
            size,
            amount,
            tone(figure.metric.sense(), direction),
        ))
    }

    fn size(&self, figure: &Figure, comparison: &Comparison, change: Decimal) -> String {
        if figure.unit == Unit::Percent {
            return format!("{}{NBSP}pp", self.visible(change.abs(), 1));
        }
        match comparison.change_percent {
            Some(percent) => self.percent(percent.abs()),
            None if comparison.base_value.is_some_and(|base| base.is_sign_negative()) => "n/m".into(),
            None => String::new(),
        }
    }

    /// `+515.14`, `−0.40`.
    pub(super) fn signed(&self, value: Decimal, decimals: u32) -> String {
        let text = self.visible(value, decimals);
        if value > Decimal::ZERO {
            format!("+{text}")
        } else {
            text
        }
    }

    fn date(&self, date: NaiveDate, western: &str, east_asian: &str) -> String {
        let pattern = if self.east_asian { east_asian } else { western };
        date.format_localized(pattern, self.dates).to_string()
    }

    /// `14 October`.
    #[must_use]
    pub fn day(&self, date: NaiveDate) -> String {
        self.date(date, "%-d %B", "%-m月%-d日")
    }

    /// `14 Oct`.
    #[must_use]
    pub fn short_day(&self, date: NaiveDate) -> String {
        self.date(date, "%-d %b", "%-m月%-d日")
    }

    /// `14 October 2026`.
    #[must_use]
    pub fn full_day(&self, date: NaiveDate) -> String {
        self.date(date, "%-d %B %Y", "%Y年%-m月%-d日")
    }

    /// `Wednesday`.
    #[must_use]
    pub fn weekday(&self, date: NaiveDate) -> String {
        date.format_localized("%A", self.dates).to_string()
    }

    /// `2 Nov 2026 07:00:04 UTC`.
    #[must_use]
    pub fn instant(&self, at: DateTime<Utc>) -> String {
        format!(
            "{} {} UTC",
            self.date(at.date_naive(), "%-d %b %Y", "%Y年%-m月%-d日"),
            at.format("%H:%M:%S")
        )
    }

    /// A period by its name: `October 2026`, `Q3 2026`, `Week 45, 2026`, `FY2027 Q3`, `1–14 October 2026`.
    #[must_use]
    pub fn period(&self, period: &PeriodRef) -> String {
        let id = period.id.as_str();
        if id.starts_with("FY") {
            return id.replace('-', " ");
        }
        if id.contains("..") {
            return self.range(period, true);
        }
        match id.split_once('-') {
            None if id.len() == 4 => id.to_owned(),
            Some((year, part)) if part.starts_with('Q') => format!("{part} {year}"),
            Some((year, part)) if part.starts_with('W') => {
                format!(
                    "Week {}, {year}",
                    part.trim_start_matches('W').trim_start_matches('0')
                )
            }
            Some((_, part)) if part.len() == 2 => self.date(period.start, "%B %Y", "%Y年%-m月"),
            _ if period.start == period.end => self.full_day(period.start),
            _ => self.range(period, true),
        }
    }

    /// The short name of a period beside another: `October`, else [`Self::period`].
    pub(super) fn short_period(&self, period: &PeriodRef) -> String {
        let month = period.id.len() == 7 && !period.id.contains(['Q', 'W', 'F']);
        if month {
            self.date(period.start, "%B", "%-m月")
        } else {
            self.period(period)
        }
    }

    /// The dates of a period: `1–31 Oct`, `28 Sep – 4 Oct`; with years where they differ or `years`.
    #[must_use]
    pub fn range(&self, period: &PeriodRef, years: bool) -> String {
        let (start, end) = (period.start, period.end);
        let years = years || start.year() != end.year();
        let full = |date| {
            if years {
                self.full_day(date)
            } else {
                self.short_day(date)
            }
        };
        if start == end {
            return full(end);
        }
        if self.east_asian || start.year() != end.year() {
            return format!("{} – {}", full(start), full(end));
        }
        if start.month() == end.month() {
            return format!("{}–{}", start.day(), full(end));
        }
        let first = if years {
            self.day(start)
        } else {
            self.short_day(start)
        };
        format!("{first} – {}", full(end))
    }
}

impl Change {
    fn new(
        arrow: &'static str,
        word: &'static str,
        size: String,
        amount: String,
        tone: &'static str,
    ) -> Self {
        let bracketed = if amount.is_empty() {
            String::new()
        } else {
            format!("({amount})")
        };
        let join = |parts: &[&str]| {
            let parts: Vec<&str> = parts.iter().copied().filter(|part| !part.is_empty()).collect();
            parts.join(" ")
        };
        Self {
            text: join(&[arrow, word, &size, &bracketed]),
            short: join(&[arrow, if size.is_empty() { word } else { &size }]),
            arrow,
            word,
            size,
            amount,
            tone,
        }
    }
}

/// What is shown of a value of `metric`: averages of cost are too small to read unless taken per 1,000.
fn scaled(metric: Metric, value: Decimal) -> Decimal {
    if metric == Metric::AverageCostPerRequest {
        value.checked_mul(Decimal::ONE_THOUSAND).unwrap_or(value)
    } else {
        value
    }
}

/// How many decimals a figure is shown with.
pub(super) fn decimals(figure: &Figure) -> u32 {
    match figure.unit {
        Unit::Currency => figure.currency.map_or(2, Currency::minor_units),
        Unit::Percent => 1,
        Unit::Ms => 0,
        Unit::Count | Unit::Tokens => match figure.metric {
            Metric::AverageInputTokensPerRequest
            | Metric::AverageOutputTokensPerRequest
            | Metric::AverageTokensPerRequest => 1,
            _ => 0,
        },
    }
}

fn tone(sense: Sense, direction: Direction) -> &'static str {
    let up = match direction {
        Direction::Up | Direction::New => true,
        Direction::Down | Direction::Gone => false,
        Direction::Flat => return "neutral",
    };
    match (sense, up) {
        (Sense::Neutral, _) => "neutral",
        (Sense::Adverse, true) | (Sense::Favourable, false) => "adverse",
        (Sense::Adverse, false) | (Sense::Favourable, true) => "favourable",
    }
}

fn date_locale(tag: &Locale) -> chrono::Locale {
    let language = tag.id.language.as_str().to_owned();
    let region = tag.id.region.map(|region| region.as_str().to_owned());
    let by = |region: &str| chrono::Locale::try_from(format!("{language}_{region}").as_str()).ok();
    region
        .as_deref()
        .and_then(by)
        .or_else(|| by(&language.to_uppercase()))
        .or_else(|| by(home_region(&language)))
        .unwrap_or(chrono::Locale::en_GB)
}

/// Where a language is at home, if its country's code is not its own in capitals.
fn home_region(language: &str) -> &'static str {
    match language {
        "ja" => "JP",
        "zh" => "CN",
        "ko" => "KR",
        "hi" => "IN",
        "sv" => "SE",
        "da" => "DK",
        "cs" => "CZ",
        "el" => "GR",
        "uk" => "UA",
        "nb" => "NO",
        _ => "GB",
    }
}

/// `parts` rounded so that they add to their rounded sum: the largest remainder method, ties to the larger amount, then to
/// the earlier part. `None` if a sum cannot be kept exactly.
pub(super) fn apportion(parts: &[Decimal], decimals: u32) -> Option<Vec<Decimal>> {
    let total = rounded(crate::money::sum(parts.iter().copied()).ok()?, decimals);
    let step = Decimal::new(1, decimals);
    let mut shown: Vec<Decimal> = parts
        .iter()
        .map(|part| part.round_dp_with_strategy(decimals, rust_decimal::RoundingStrategy::ToNegativeInfinity))
        .collect();
    let mut missing = total.checked_sub(crate::money::sum(shown.iter().copied()).ok()?)?;
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by_key(|&at| {
        std::cmp::Reverse((parts[at] - shown[at], parts[at].abs(), std::cmp::Reverse(at)))
    });
    for at in order {
        if missing <= Decimal::ZERO {
            break;
        }
        shown[at] = shown[at].checked_add(step)?;
        missing -= step;
    }
    Some(shown)
}
