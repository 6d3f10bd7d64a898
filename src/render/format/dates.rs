//! Dates and periods in words.

use super::Formatter;
use crate::language::{Language, days_named, say};
use crate::report::PeriodRef;
use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use icu_locale_core::Locale;
use std::fmt::Write as _;

/// How dates are written in a language, as patterns of strftime.
#[derive(Debug)]
pub(super) struct Patterns {
    day: String,
    short: String,
    full: String,
    short_year: String,
    month: String,
}

/// How dates are written in languages of which we have no words: day, short, full, short with its year, month.
fn of_tongue(tongue: &str) -> Option<[&'static str; 5]> {
    match tongue {
        "de" | "da" | "nb" | "no" => Some(["%-d. %B", "%-d. %b", "%-d. %B %Y", "%-d. %b %Y", "%B %Y"]),
        "pt" | "es" => Some(["%-d de %B", "%-d %b", "%-d de %B de %Y", "%-d %b %Y", "%B de %Y"]),
        _ => None,
    }
}

impl Patterns {
    /// Those of `language`, English ones in the place of those that cannot be used; those of a locale's `tongue` that it is not.
    pub(super) fn of(language: &Language, tongue: &str) -> Self {
        if let Some(patterns) = of_tongue(tongue).filter(|_| language.tag() != tongue) {
            let [day, short, full, short_year, month] = patterns.map(str::to_owned);
            return Self {
                day,
                short,
                full,
                short_year,
                month,
            };
        }
        let pattern = |id: &str| {
            let own = language.word(id);
            let tried = write!(String::new(), "{}", NaiveDate::default().format(&own));
            if tried.is_err() {
                Language::english().word(id)
            } else {
                own
            }
        };
        Self {
            day: pattern("date-day"),
            short: pattern("date-short"),
            full: pattern("date-full"),
            short_year: pattern("date-short-year"),
            month: pattern("date-month"),
        }
    }
}

impl Formatter {
    fn date(&self, date: NaiveDate, western: &str, east_asian: &str) -> String {
        let pattern = if self.east_asian { east_asian } else { western };
        date.format_localized(pattern, self.dates).to_string()
    }

    /// A day of a month that is said with another day: `14`, in German `14.`.
    fn day_alone(&self, date: NaiveDate) -> String {
        let pattern = self.patterns.short.split(' ').next();
        let pattern = pattern.filter(|pattern| pattern.trim_end_matches('.') == "%-d");
        date.format(pattern.unwrap_or("%-d")).to_string()
    }

    /// `14 October`.
    #[must_use]
    pub fn day(&self, date: NaiveDate) -> String {
        self.date(date, &self.patterns.day, "%-m月%-d日")
    }

    /// `14 Oct`.
    #[must_use]
    pub fn short_day(&self, date: NaiveDate) -> String {
        self.date(date, &self.patterns.short, "%-m月%-d日")
    }

    /// `14 October 2026`.
    #[must_use]
    pub fn full_day(&self, date: NaiveDate) -> String {
        self.date(date, &self.patterns.full, "%Y年%-m月%-d日")
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
            self.date(at.date_naive(), &self.patterns.short_year, "%Y年%-m月%-d日"),
            at.format("%H:%M:%S")
        )
    }

    /// A period by its name: `October 2026`, `Q3 2026`, `Week 45, 2026`, `FY2027 Q3`, `1–14 October 2026`.
    #[must_use]
    pub fn period(&self, period: &PeriodRef) -> String {
        self.period_named(&period.id, period.start, period.end)
    }

    /// The period of this id and these days by its name.
    pub(super) fn period_named(&self, id: &str, start: NaiveDate, end: NaiveDate) -> String {
        let (year, part) = id.split_once('-').unwrap_or((id, ""));
        let fiscal = year.trim_start_matches("FY");
        match kind(id, start, end) {
            Kind::Year => id.to_owned(),
            Kind::FiscalYear => self.put(say!("period-fiscal-year", "year" = fiscal)),
            Kind::Quarter => {
                let quarter = part.trim_start_matches('Q');
                self.put(say!("period-quarter", "quarter" = quarter, "year" = year))
            }
            Kind::FiscalQuarter => {
                let quarter = part.trim_start_matches('Q');
                self.put(say!(
                    "period-fiscal-quarter",
                    "quarter" = quarter,
                    "year" = fiscal
                ))
            }
            Kind::Week => {
                let week = part.trim_start_matches('W').trim_start_matches('0');
                self.put(say!("period-week", "week" = week, "year" = year))
            }
            Kind::Month => self.date(start, &self.patterns.month, "%Y年%-m月"),
            Kind::Day => self.full_day(start),
            Kind::Range => self.days_of(start, end, true),
        }
    }

    /// The period of this id by its name.
    pub(in crate::render) fn period_of(&self, id: &str) -> String {
        self.period(&by_id(id))
    }

    /// The period of this id by the name for where there is little room.
    pub(in crate::render) fn tiny_period_of(&self, id: &str) -> String {
        self.tiny_period(&by_id(id))
    }

    /// A date in a cell, in Excel's own language: words for months are those of the reader's Excel.
    pub(in crate::render) fn date_code(&self) -> &'static str {
        if self.east_asian {
            "yyyy\"年\"m\"月\"d\"日\""
        } else {
            "d mmm yyyy"
        }
    }

    /// What a sentence may need to know of a period beside its name: its kind, and of a range its first and last day.
    pub(super) fn period_forms(
        &self,
        id: &str,
        start: NaiveDate,
        end: NaiveDate,
    ) -> Vec<(&'static str, String)> {
        let kind = kind(id, start, end);
        let mut forms = vec![("-kind", kind.key().to_owned())];
        if kind == Kind::Range {
            let (first, last) = self.ends(start, end);
            forms.extend([("-first", first), ("-last", last)]);
        }
        forms
    }

    /// The first and the last day of a range, without what the last one says for both: `1`, `28 September`, `28 December 2026`.
    fn ends(&self, start: NaiveDate, end: NaiveDate) -> (String, String) {
        let first = match (start.year() == end.year(), start.month() == end.month()) {
            _ if self.east_asian => self.full_day(start),
            (true, true) => self.day_alone(start),
            (true, false) => self.day(start),
            (false, _) => self.full_day(start),
        };
        (first, self.full_day(end))
    }

    /// The short name of a period beside another: `October`, else [`Self::period`].
    pub(in crate::render) fn short_period(&self, period: &PeriodRef) -> String {
        let month = period.id.len() == 7 && !period.id.contains(['Q', 'W', 'F']);
        if month {
            self.date(period.start, "%B", "%-m月")
        } else {
            self.period(period)
        }
    }

    /// The name of a period where there is room for a few letters: `Oct`, `Q3 26`, `W45`, `2026`, `14 Oct`.
    pub(in crate::render) fn tiny_period(&self, period: &PeriodRef) -> String {
        let id = period.id.as_str();
        match id.rsplit_once('-') {
            None if id.starts_with("FY") => self.period(period),
            _ if id.contains("..") => self.date(period.end, "%-d %b %y", "%y年%-m月%-d日"),
            _ if id.len() == 10 => self.short_day(period.start),
            None => id.to_owned(),
            Some((_, week)) if week.starts_with('W') => {
                self.put(say!("tiny-week", "week" = week.trim_start_matches('W')))
            }
            Some((year, quarter)) if quarter.starts_with('Q') => {
                let (year, quarter) = (&year[year.len().saturating_sub(2)..], &quarter[1..]);
                self.put(say!("tiny-quarter", "quarter" = quarter, "year" = year))
            }
            Some(_) if period.start.month() == 1 => self.date(period.start, "%b %y", "%y年%-m月"),
            Some(_) => self.date(period.start, "%b", "%-m月"),
        }
    }

    /// Days one after the other, where there may be many such runs: `25 Oct 2026`, `3–5 Oct 2026`, `28 Sep – 4 Oct 2026`.
    pub(super) fn span(&self, first: NaiveDate, last: NaiveDate) -> String {
        let full = |day| self.date(day, &self.patterns.short_year, "%Y年%-m月%-d日");
        if first == last {
            return full(last);
        }
        if self.east_asian || first.year() != last.year() {
            return format!("{} – {}", full(first), full(last));
        }
        if first.month() == last.month() {
            return format!("{}–{}", self.day_alone(first), full(last));
        }
        format!("{} – {}", self.short_day(first), full(last))
    }

    /// The dates of a period: `1–31 Oct`, `28 Sep – 4 Oct`; with years where they differ or `years`.
    #[must_use]
    pub fn range(&self, period: &PeriodRef, years: bool) -> String {
        self.days_of(period.start, period.end, years)
    }

    fn days_of(&self, start: NaiveDate, end: NaiveDate, years: bool) -> String {
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
            return format!("{}–{}", self.day_alone(start), full(end));
        }
        let first = if years {
            self.day(start)
        } else {
            self.short_day(start)
        };
        format!("{first} – {}", full(end))
    }
}

/// Kinds of periods, which languages put into sentences in different ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Month,
    Quarter,
    Year,
    FiscalQuarter,
    FiscalYear,
    Week,
    Day,
    Range,
}

impl Kind {
    /// Its key in messages.
    fn key(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
            Self::FiscalQuarter => "fiscal-quarter",
            Self::FiscalYear => "fiscal-year",
            Self::Week => "week",
            Self::Day => "day",
            Self::Range => "range",
        }
    }
}

/// The period of a canonical id, with the days that its name says.
fn by_id(id: &str) -> PeriodRef {
    let (start, end) = days_named(id);
    PeriodRef {
        id: id.to_owned(),
        start,
        end,
        timezone: String::new(),
        days: 0,
    }
}

/// The kind of the period of this id and these days.
fn kind(id: &str, start: NaiveDate, end: NaiveDate) -> Kind {
    let fiscal = id.starts_with("FY");
    match id.split_once('-') {
        _ if start != end && id.contains("..") => Kind::Range,
        None if fiscal => Kind::FiscalYear,
        None if id.len() == 4 => Kind::Year,
        Some(_) if fiscal => Kind::FiscalQuarter,
        Some((_, part)) if part.starts_with('Q') => Kind::Quarter,
        Some((_, part)) if part.starts_with('W') => Kind::Week,
        Some((_, part)) if part.len() == 2 => Kind::Month,
        _ if start == end => Kind::Day,
        _ => Kind::Range,
    }
}

/// The locale of dates that is nearest to `tag`; English where there is none.
pub(super) fn date_locale(tag: &Locale) -> chrono::Locale {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn period(id: &str, start: &str, end: &str) -> PeriodRef {
        PeriodRef {
            id: id.into(),
            start: start.parse().unwrap(),
            end: end.parse().unwrap(),
            timezone: "UTC".into(),
            days: 1,
        }
    }

    #[test]
    fn periods_have_names_and_dates() {
        let cases = [
            ("2026-10", "2026-10-01", "2026-10-31", "October 2026", "1–31 Oct"),
            ("2026-Q3", "2026-07-01", "2026-09-30", "Q3 2026", "1 Jul – 30 Sep"),
            (
                "2026-W05",
                "2026-01-26",
                "2026-02-01",
                "Week 5, 2026",
                "26 Jan – 1 Feb",
            ),
            ("2026", "2026-01-01", "2026-12-31", "2026", "1 Jan – 31 Dec"),
            (
                "FY2027-Q3",
                "2026-10-01",
                "2026-12-31",
                "FY2027 Q3",
                "1 Oct – 31 Dec",
            ),
            (
                "FY2027",
                "2026-04-01",
                "2027-03-31",
                "FY2027",
                "1 April 2026 – 31 March 2027",
            ),
            (
                "2026-10-14",
                "2026-10-14",
                "2026-10-14",
                "14 October 2026",
                "14 Oct",
            ),
            (
                "2026-10-01..2026-10-14",
                "2026-10-01",
                "2026-10-14",
                "1–14 October 2026",
                "1–14 Oct",
            ),
            (
                "2026-09-15..2026-10-14",
                "2026-09-15",
                "2026-10-14",
                "15 September – 14 October 2026",
                "15 Sep – 14 Oct",
            ),
        ];
        let formatter = Formatter::new("en-US");
        for (id, start, end, name, dates) in cases {
            let period = period(id, start, end);
            assert_eq!(formatter.period(&period), name);
            assert_eq!(formatter.range(&period, false), dates);
        }
    }

    #[test]
    fn months_follow_the_locale() {
        let october = period("2026-10", "2026-10-01", "2026-10-31");
        for (locale, name, dates) in [
            ("de-DE", "Oktober 2026", "1.–31. Okt"),
            ("de", "Oktober 2026", "1.–31. Okt"),
            ("es-ES", "octubre de 2026", "1–31 oct"),
            ("fr-FR", "octobre 2026", "1–31 oct."),
            ("pt-BR", "outubro de 2026", "1–31 out"),
            ("ja-JP", "2026年10月", "10月1日 – 10月31日"),
        ] {
            let formatter = Formatter::new(locale);
            assert_eq!(formatter.period(&october), name, "{locale}");
            assert_eq!(formatter.range(&october, false), dates, "{locale}");
        }
    }
}
