//! Numbers, money and dates as their reader writes them. Rounding happens here, once, and nowhere before.

mod dates;
mod values;

use super::Look;
use crate::language::{Language, Text, say};
use crate::metric::{Metric, Sense, Unit};
pub(super) use crate::money::apportion::apportion;
use crate::money::apportion::apportion_to;
use crate::money::{Currency, rounded};
use crate::report::{Comparison, Direction, Figure};
use dates::{Patterns, date_locale};
use icu_decimal::DecimalFormatter;
use icu_locale_core::Locale;
use rust_decimal::Decimal;
use serde::Serialize;
use std::borrow::Cow;
use std::str::FromStr;
use std::sync::Arc;

/// Between a number and its unit: the line never breaks there.
pub(super) const NBSP: char = '\u{a0}';
const MINUS: char = '\u{2212}';
/// Percentages beyond it say nothing and are shown as `>999 %`.
const MAX_PERCENT: Decimal = Decimal::from_parts(9999, 0, 0, false, 1);

/// Decimals of a rate and of its change in points: a tenth of a point is too coarse for the error rates that readers watch.
/// Changes and shares in per cent have one.
pub(super) const RATE_DECIMALS: u32 = 2;

/// Decimals of a pace, of which 1.00 is on plan.
const PACE_DECIMALS: u32 = 2;

/// Writes values in one locale, with the words of its language.
#[derive(Debug)]
pub struct Formatter {
    language: Arc<Language>,
    patterns: Patterns,
    decimals: Option<DecimalFormatter>,
    dates: chrono::Locale,
    east_asian: bool,
    /// The word for what is summed up.
    others: String,
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
    pub(super) word: String,
    /// `14.5 %`, `0.4 pp`, `n/m` or nothing.
    pub(super) size: String,
    /// `+515.14` or nothing.
    pub(super) amount: String,
    /// `adverse`, `favourable`, `attention` or `neutral`.
    pub(super) tone: &'static str,
    /// All of it in one line.
    pub(super) text: String,
    /// Arrow and size, for where it is narrow: `▲ 14.5 %`.
    pub(super) short: String,
}

impl Formatter {
    /// A formatter for the BCP 47 tag `locale` with English words; a tag that is unknown reads as English.
    #[must_use]
    pub fn new(locale: &str) -> Self {
        Self::with(locale, Arc::clone(Language::english()))
    }

    /// The formatter of reports that look so: in the words of the locale's language, as far as there are any.
    #[must_use]
    pub fn of(look: &Look) -> Self {
        Self::with(&look.locale, Language::of(&look.locale, &look.templates))
    }

    fn with(locale: &str, language: Arc<Language>) -> Self {
        let tag = Locale::from_str(locale).unwrap_or(icu_locale_core::locale!("en"));
        Self {
            decimals: DecimalFormatter::try_new(
                (&tag).into(),
                icu_decimal::options::DecimalFormatterOptions::default(),
            )
            .ok(),
            dates: date_locale(&tag),
            east_asian: matches!(tag.id.language.as_str(), "ja" | "zh"),
            patterns: Patterns::of(&language, tag.id.language.as_str()),
            others: language.word("others"),
            language,
        }
    }

    /// The words that are spoken.
    pub(super) fn language(&self) -> &Language {
        &self.language
    }

    /// A word of ours.
    pub(super) fn say(&self, id: &str) -> String {
        self.language.word(id)
    }

    /// `text` in the reader's language, and so are the names that we give to members without one.
    pub(super) fn text<'a>(&self, text: &'a Text) -> Cow<'a, str> {
        match values::own_name(text) {
            Some(id) => self.say(id).into(),
            // What is summed up is never called as a member is.
            None if text.is_verbatim() && *text == self.others => {
                let name = text.as_str();
                self.put(say!("so-called", "name" = name)).into()
            }
            None => self.language.text(text, self),
        }
    }

    /// `text`, just made, in the reader's language.
    pub(super) fn put(&self, text: Text) -> String {
        match self.language.text(&text, self) {
            Cow::Borrowed(_) => text.into(),
            Cow::Owned(words) => words,
        }
    }

    /// What a reader sees where nothing is known.
    pub(super) fn not_available(&self) -> String {
        self.say("not-available")
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

    /// A part as it is shown beside its total: `shown` is `exact` after the parts were made to add up; what is not zero never
    /// reads as zero.
    pub(super) fn part(&self, shown: Decimal, exact: Decimal, decimals: u32) -> String {
        if !shown.is_zero() || exact.is_zero() {
            return self.decimal(shown, decimals);
        }
        let mut sliver = Decimal::new(1, decimals + 1);
        sliver.set_sign_negative(exact.is_sign_negative());
        self.visible(sliver, decimals)
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
            (Unit::Percent, _) => format!("{}{NBSP}%", self.visible(value, RATE_DECIMALS)),
            (Unit::Ms, _) => duration(value).unwrap_or_else(|| format!("{}{NBSP}ms", self.visible(value, 0))),
            (Unit::Count | Unit::Tokens, _) => self.visible(value, 0),
        }
    }

    /// A tick of an axis: short where it is large (`12 k`, `3.5 M`), since the exact figures stand beside the chart.
    pub(super) fn tick(&self, value: Decimal) -> String {
        let (scaled, suffix) = magnitude(value);
        self.suffixed(self.decimal(scaled, scaled.scale().min(4)), suffix)
    }

    /// A value where there is no room for all its digits: `8,348.8 tn`.
    pub(super) fn short(&self, value: Decimal) -> String {
        let (scaled, suffix) = magnitude(value);
        self.suffixed(self.visible(scaled, scaled.scale().min(1)), suffix)
    }

    fn suffixed(&self, number: String, suffix: &str) -> String {
        if suffix.is_empty() {
            number
        } else {
            format!("{number}{NBSP}{}", self.say(suffix))
        }
    }

    /// The label of a figure: a member's own, else its metric's as [`Self::metric`] words it.
    pub(super) fn label(&self, figure: &Figure) -> String {
        if figure.metric == Metric::AverageCostPerRequest && figure.dimension.is_none() {
            return self.metric(figure.metric);
        }
        let whole = figure.dimension.is_none() && figure.label == figure.metric.label();
        if whole {
            return self.metric(figure.metric);
        }
        self.text(&figure.label).into_owned()
    }

    /// The label of a figure whose value is not scaled: a member's own, else its metric's.
    pub(super) fn own_label(&self, figure: &Figure) -> String {
        if figure.dimension.is_none() && figure.label == figure.metric.label() {
            return self.metric_word(figure.metric);
        }
        self.text(&figure.label).into_owned()
    }

    /// The label of a metric; the average that would otherwise read 0.01 is `Cost per 1,000 requests`.
    pub(super) fn metric(&self, metric: Metric) -> String {
        match metric {
            Metric::AverageCostPerRequest => {
                let thousand = self.decimal(Decimal::ONE_THOUSAND, 0);
                self.put(say!("per-thousand-requests", "thousand" = thousand))
            }
            _ => self.metric_word(metric),
        }
    }

    /// What `metric` is called where its values are not scaled.
    pub(super) fn metric_word(&self, metric: Metric) -> String {
        if self.language.is_english() {
            return metric.label().to_owned();
        }
        self.put(metric.text())
    }

    /// The value of `figure`, in its unit.
    pub(super) fn value(&self, figure: &Figure) -> Shown {
        self.shown(figure, figure.value)
    }

    /// Another value of the same kind as `figure`'s: the one it is compared to.
    pub(super) fn shown(&self, figure: &Figure, value: Option<Decimal>) -> Shown {
        let Some(value) = value else {
            let words = self.not_available();
            return Shown {
                number: words.clone(),
                unit: String::new(),
                text: words,
                known: false,
            };
        };
        if let Some(words) = duration(value).filter(|_| figure.unit == Unit::Ms) {
            return Shown {
                number: words.clone(),
                unit: String::new(),
                text: words,
                known: true,
            };
        }
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
        Some(self.change_beside(figure, figure.comparisons.first()?))
    }

    /// The change of `figure` in one of its comparisons.
    pub(super) fn change_beside(&self, figure: &Figure, comparison: &Comparison) -> Change {
        let (Some(change), Some(direction)) = (comparison.change, comparison.direction) else {
            return Change::new("", self.not_available(), String::new(), String::new(), "neutral");
        };
        let (arrow, word) = self.direction(direction, change);
        let silent = change.is_zero() || matches!(direction, Direction::New | Direction::Gone);
        let points = figure.unit == Unit::Percent;
        let size = if silent {
            String::new()
        } else {
            self.size(figure, comparison, change)
        };
        let long = figure.unit == Unit::Ms && figure.value.is_some_and(|value| duration(value).is_some());
        let amount = if silent || points {
            String::new()
        } else if let Some(words) = seconds(change).filter(|words| long && *words != 0) {
            let sign = if words > 0 {
                String::from("+")
            } else {
                MINUS.to_string()
            };
            sign + crate::duration::format(words).trim_start_matches('-')
        } else if long {
            self.difference(change, Unit::Ms, None)
        } else {
            self.signed(scaled(figure.metric, change), decimals(figure))
        };
        Change::new(arrow, word, size, amount, tone(figure.metric.sense(), direction))
    }

    /// Arrow and word of a change: colour is never all that says it.
    pub(super) fn direction(&self, direction: Direction, change: Decimal) -> (&'static str, String) {
        match direction {
            Direction::Up => ("▲", self.say("up")),
            Direction::Down => ("▼", self.say("down")),
            Direction::New => ("▲", self.say("new")),
            Direction::Gone => ("▼", self.say("gone")),
            Direction::Flat if change.is_zero() => ("●", self.say("no-change")),
            Direction::Flat => ("●", self.say("flat")),
        }
    }

    fn size(&self, figure: &Figure, comparison: &Comparison, change: Decimal) -> String {
        if figure.unit == Unit::Percent {
            let size = self.visible(change.abs(), RATE_DECIMALS);
            return format!("{size}{NBSP}{}", self.say("points"));
        }
        let below = |value: Option<Decimal>| value.is_some_and(|value| value < Decimal::ZERO);
        match comparison.change_percent {
            // Below zero, and across it, a percentage says nothing.
            _ if below(comparison.base_value) || below(figure.value) => self.say("not-meaningful"),
            Some(percent) => self.percent(percent.abs()),
            None => String::new(),
        }
    }

    /// The change of an amount without its currency: `+515.14`.
    pub(super) fn signed_amount(&self, value: Decimal, currency: Option<Currency>) -> String {
        self.signed(value, currency.map_or(2, Currency::minor_units))
    }

    /// A difference in the unit of what it is of: `+515.14`, `−3`, `+1.2 pp`.
    pub(super) fn difference(&self, value: Decimal, unit: Unit, currency: Option<Currency>) -> String {
        match unit {
            Unit::Currency => self.signed_amount(value, currency),
            Unit::Percent => format!(
                "{}{NBSP}{}",
                self.signed(value, RATE_DECIMALS),
                self.say("points")
            ),
            Unit::Ms => format!("{}{NBSP}ms", self.signed(value, 0)),
            Unit::Count | Unit::Tokens => self.signed(value, 0),
        }
    }

    /// A step as it is shown beside the others: `shown` is `exact` after the steps were made to add up; what is not zero never
    /// reads as zero.
    pub(super) fn step(&self, shown: Decimal, exact: Decimal, currency: Option<Currency>) -> String {
        self.signed_amount(visible_step(shown, exact, currency), currency)
    }

    /// A percentage of one decimal with its sign: `+14.5 %`.
    pub(super) fn signed_percent(&self, value: Decimal) -> String {
        let plus = if rounded(value, 1) > Decimal::ZERO && value <= MAX_PERCENT {
            "+"
        } else {
            ""
        };
        format!("{plus}{}", self.percent(value))
    }

    /// `+515.14`, `−0.40`.
    pub(super) fn signed(&self, value: Decimal, decimals: u32) -> String {
        let text = self.visible(value, decimals);
        if value > Decimal::ZERO && !text.starts_with('<') {
            format!("+{text}")
        } else {
            text
        }
    }
}

impl Change {
    /// The same without the amount, for where both amounts stand beside it.
    pub(super) fn brief(self) -> Self {
        Self::new(self.arrow, self.word, self.size, String::new(), self.tone)
    }

    /// How something stands, where others have changed.
    pub(super) fn state(arrow: &'static str, word: impl Into<String>, tone: &'static str) -> Self {
        Self::new(arrow, word.into(), String::new(), String::new(), tone)
    }

    fn new(arrow: &'static str, word: String, size: String, amount: String, tone: &'static str) -> Self {
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
            text: join(&[arrow, &word, &size, &bracketed]),
            short: join(&[arrow, if size.is_empty() { &word } else { &size }]),
            arrow,
            word,
            size,
            amount,
            tone,
        }
    }
}

/// What to show of a step that rounding has left nothing of: less than the least amount, so that it reads `<0.01`.
pub(super) fn visible_step(shown: Decimal, exact: Decimal, currency: Option<Currency>) -> Decimal {
    if !shown.is_zero() || exact.is_zero() {
        return shown;
    }
    let mut sliver = Decimal::new(1, currency.map_or(2, Currency::minor_units) + 1);
    sliver.set_sign_negative(exact.is_sign_negative());
    sliver
}

/// The steps from `base` to `current`, rounded so that they lead from the one to the other as these are shown.
pub(super) fn bridged(
    base: Decimal,
    steps: &[Decimal],
    current: Decimal,
    currency: Option<Currency>,
) -> Vec<Decimal> {
    let places = currency.map_or(2, Currency::minor_units);
    rounded(current, places)
        .checked_sub(rounded(base, places))
        .and_then(|change| apportion_to(steps, change, places))
        .unwrap_or_else(|| steps.iter().map(|step| rounded(*step, places)).collect())
}

/// From here on milliseconds are shown as hours, minutes and seconds.
const LONG_MS: Decimal = rust_decimal::dec!(60_000);

/// Milliseconds that are more than a minute, in words; `None` for fewer.
fn duration(ms: Decimal) -> Option<String> {
    let long = ms.abs() >= LONG_MS;
    long.then(|| seconds(ms)).flatten().map(crate::duration::format)
}

/// Milliseconds in whole seconds.
fn seconds(ms: Decimal) -> Option<i64> {
    let seconds = rounded(ms.checked_div(Decimal::ONE_THOUSAND)?, 0);
    i64::try_from(seconds).ok()
}

/// `value` in thousands, millions, billions or trillions, and the word for them.
fn magnitude(value: Decimal) -> (Decimal, &'static str) {
    const STEPS: [(Decimal, &str); 4] = [
        (rust_decimal::dec!(1_000_000_000_000), "trillion"),
        (rust_decimal::dec!(1_000_000_000), "billion"),
        (rust_decimal::dec!(1_000_000), "million"),
        (Decimal::ONE_THOUSAND, "thousand"),
    ];
    // Thousands are short enough as they are up to ten of them.
    let least = |factor: Decimal| {
        if factor == Decimal::ONE_THOUSAND {
            Decimal::from(10_000)
        } else {
            factor
        }
    };
    let step = STEPS
        .into_iter()
        .find(|(factor, _)| value.abs() >= least(*factor));
    let (factor, suffix) = step.unwrap_or((Decimal::ONE, ""));
    ((value / factor).normalize(), suffix)
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
        Unit::Percent => RATE_DECIMALS,
        Unit::Ms => 0,
        Unit::Count | Unit::Tokens => match figure.metric {
            Metric::AverageInputTokensPerRequest
            | Metric::AverageOutputTokensPerRequest
            | Metric::AverageTokensPerRequest => 1,
            Metric::BudgetPace => PACE_DECIMALS,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::figure;
    use rust_decimal::dec;

    #[test]
    fn numbers_follow_the_locale() {
        let cases = [
            ("en-US", "1,234,567.89", "−4,070.36"),
            ("en-GB", "1,234,567.89", "−4,070.36"),
            ("de-DE", "1.234.567,89", "−4.070,36"),
            ("es-ES", "1.234.567,89", "−4070,36"),
            ("fr-FR", "1\u{202f}234\u{202f}567,89", "−4\u{202f}070,36"),
            ("pt-BR", "1.234.567,89", "−4.070,36"),
            ("ja-JP", "1,234,567.89", "−4,070.36"),
            ("hi-IN", "12,34,567.89", "−4,070.36"),
            ("no such tag!", "1,234,567.89", "−4,070.36"),
        ];
        for (locale, large, negative) in cases {
            let formatter = Formatter::new(locale);
            assert_eq!(formatter.decimal(dec!(1234567.885), 2), large, "{locale}");
            assert_eq!(formatter.decimal(dec!(-4070.36123), 2), negative, "{locale}");
        }
    }

    #[test]
    fn a_time_of_minutes_and_hours_is_not_shown_in_milliseconds() {
        let formatter = Formatter::new("en-US");
        for (ms, shown) in [
            (dec!(1234.5678), "1,235\u{a0}ms"),
            (dec!(59_999), "59,999\u{a0}ms"),
            (dec!(60_000), "1m"),
            (dec!(9_000_000), "2h 30m"),
            (dec!(-5_400_400), "-1h 30m"),
            (Decimal::MAX, "79,228,162,514,264,337,593,543,950,335\u{a0}ms"),
        ] {
            assert_eq!(formatter.in_unit(ms, Unit::Ms, None), shown);
            let figure = figure(Metric::AverageTaskDuration, Some(ms));
            assert_eq!(formatter.value(&figure).text, shown);
        }
        let longer = |now, before| {
            let mut figure = figure(Metric::AverageTaskDuration, Some(now));
            figure.comparisons = vec![Comparison::of("previous_period", Some(now), Some(before))];
            formatter.change(&figure).unwrap().text
        };
        assert_eq!(
            longer(dec!(9_000_000), dec!(9_900_000)),
            "▼ down 9.1\u{a0}% (\u{2212}15m)"
        );
        assert_eq!(
            longer(dec!(9_000_000), dec!(8_000_000)),
            "▲ up 12.5\u{a0}% (+16m 40s)"
        );
        // Less than a second is told in what is left of it.
        assert_eq!(
            longer(dec!(75_400), dec!(75_000)),
            "▲ up 0.5\u{a0}% (+400\u{a0}ms)"
        );
        assert_eq!(longer(dec!(1000), dec!(800)), "▲ up 25.0\u{a0}% (+200)");
    }

    #[test]
    fn a_part_of_a_total_is_shown_as_it_adds_up_and_never_as_nothing() {
        let formatter = Formatter::new("en-US");
        for (shown, exact, expected) in [
            (dec!(33.34), dec!(33.335), "33.34"),
            (dec!(0), dec!(0.005), "<0.01"),
            (dec!(0), dec!(-0.004), ">\u{2212}0.01"),
            (dec!(0), dec!(0), "0.00"),
        ] {
            assert_eq!(formatter.part(shown, exact, 2), expected);
        }
        assert_eq!(formatter.part(dec!(0), dec!(0.4), 0), "<1");
    }

    #[test]
    fn money_has_its_minor_units_and_never_reads_as_nothing() {
        let formatter = Formatter::new("en-US");
        let cases = [
            (dec!(2.345), "USD", "2.35"),
            (dec!(-2.345), "USD", "−2.35"),
            (dec!(2.3449), "USD", "2.34"),
            (dec!(0.004), "USD", "<0.01"),
            (dec!(-0.004), "USD", ">−0.01"),
            (dec!(0), "USD", "0.00"),
            (dec!(1234.5), "JPY", "1,235"),
            (dec!(0.4), "JPY", "<1"),
            (dec!(1.2345), "KWD", "1.235"),
            (Decimal::MAX, "USD", "79,228,162,514,264,337,593,543,950,335"),
        ];
        for (value, code, expected) in cases {
            assert_eq!(
                formatter.amount(value, code.parse().unwrap()),
                expected,
                "{value} {code}"
            );
        }
        assert_eq!(
            formatter.money(dec!(4070.361), Currency::USD),
            "USD\u{a0}4,070.36"
        );
    }

    #[test]
    fn what_has_no_room_is_short() {
        let formatter = Formatter::new("en-US");
        for (value, tick, short) in [
            (dec!(0.0025), "0.0025", "<0.1"),
            (dec!(9999), "9,999", "9,999"),
            (dec!(12500), "12.5\u{a0}k", "12.5\u{a0}k"),
            (dec!(-3_500_000), "−3.5\u{a0}M", "−3.5\u{a0}M"),
            (dec!(2_000_000_000), "2\u{a0}bn", "2\u{a0}bn"),
            (
                dec!(8_348_792_150_000_000),
                "8,348.7922\u{a0}tn",
                "8,348.8\u{a0}tn",
            ),
        ] {
            assert_eq!(
                (formatter.tick(value), formatter.short(value)),
                (tick.into(), short.into())
            );
        }
    }

    #[test]
    fn percentages_have_one_decimal_and_an_end() {
        let formatter = Formatter::new("en-US");
        for (value, expected) in [
            (dec!(14.489714), "14.5\u{a0}%"),
            (dec!(-0.04), "0.0\u{a0}%"),
            (dec!(999.9), "999.9\u{a0}%"),
            (dec!(999.91), ">999\u{a0}%"),
            (dec!(-1000), "<−999\u{a0}%"),
        ] {
            assert_eq!(formatter.percent(value), expected);
        }
    }

    fn change_of(metric: Metric, value: Decimal, base: Decimal, direction: Direction) -> String {
        let compared = Comparison {
            comparison: "previous_period".into(),
            base_value: Some(base),
            change: Some(value - base),
            change_percent: (base > Decimal::ZERO)
                .then(|| crate::money::percent(value - base, base))
                .flatten(),
            direction: Some(direction),
        };
        let figure = Figure {
            comparisons: vec![compared],
            ..figure(metric, Some(value))
        };
        let change = Formatter::new("en-US").change(&figure).unwrap();
        format!("{} [{}]", change.text.replace('\u{a0}', " "), change.tone)
    }

    #[test]
    fn changes_say_arrow_word_size_and_amount() {
        use Direction::{Down, Flat, Gone, New, Up};
        use Metric as M;
        let cases = [
            (
                M::TotalCost,
                dec!(4070.36),
                dec!(3555.22),
                Up,
                "▲ up 14.5 % (+515.14) [adverse]",
            ),
            (
                M::TotalCost,
                dec!(90),
                dec!(100),
                Down,
                "▼ down 10.0 % (−10.00) [favourable]",
            ),
            (
                M::TotalRequests,
                dec!(112),
                dec!(100),
                Up,
                "▲ up 12.0 % (+12) [neutral]",
            ),
            (
                M::ErrorRate,
                dec!(5.03),
                dec!(5.4),
                Down,
                "▼ down 0.37 pp [favourable]",
            ),
            (M::ActiveUsers, dec!(24), dec!(24), Flat, "● no change [neutral]"),
            (
                M::TotalCost,
                dec!(999.6),
                dec!(1000),
                Flat,
                "● flat 0.0 % (−0.40) [neutral]",
            ),
            (
                M::TotalCost,
                dec!(1.004),
                dec!(1),
                Up,
                "▲ up 0.4 % (<0.01) [adverse]",
            ),
            (M::TotalCost, dec!(5), dec!(0), New, "▲ new [adverse]"),
            (M::TotalCost, dec!(0), dec!(5), Gone, "▼ gone [favourable]"),
            (
                M::TotalCost,
                dec!(-50),
                dec!(100),
                Down,
                "▼ down n/m (−150.00) [favourable]",
            ),
            (
                M::TotalCost,
                dec!(50),
                dec!(-50),
                Up,
                "▲ up n/m (+100.00) [adverse]",
            ),
            (
                M::TotalCost,
                dec!(5000),
                dec!(1),
                Up,
                "▲ up >999 % (+4,999.00) [adverse]",
            ),
            (
                M::AverageCostPerRequest,
                dec!(0.00617),
                dec!(0.00604),
                Up,
                "▲ up 2.2 % (+0.13) [adverse]",
            ),
        ];
        for (metric, value, base, direction, expected) in cases {
            assert_eq!(change_of(metric, value, base, direction), expected);
        }
    }

    #[test]
    fn what_is_unknown_is_not_available_and_never_zero() {
        let formatter = Formatter::new("en-US");
        let unknown = figure(Metric::TotalCost, None);
        assert_eq!(formatter.value(&unknown).text, "n/a");
        assert_eq!(formatter.change(&unknown), None);
        let small = figure(Metric::AverageCostPerRequest, Some(dec!(0.0061672)));
        assert_eq!(formatter.label(&small), "Cost per 1,000 requests");
        assert_eq!(formatter.value(&small).text, "USD\u{a0}6.17");
    }

    #[test]
    fn ticks_are_short() {
        let formatter = Formatter::new("en-US");
        for (value, expected) in [
            (dec!(0), "0"),
            (dec!(400), "400"),
            (dec!(2500), "2,500"),
            (dec!(12500), "12.5\u{a0}k"),
            (dec!(0.25), "0.25"),
            (dec!(-3000000), "−3\u{a0}M"),
        ] {
            assert_eq!(formatter.tick(value), expected);
        }
    }
}
