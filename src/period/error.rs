//! Why a period, a rule or a calendar could not be read.

/// Why a period, a rule or a calendar could not be read. Every message shows what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PeriodError {
    /// The text is none of the literals.
    #[error(
        "`{0}` is not a period; write a day `2026-10-14`, a week `2026-W45`, a month `2026-10`, a quarter `2026-Q3`, \
         a year `2026`, a fiscal year `FY2027` or its quarter `FY2027-Q3`, or a range `2026-10-01..2026-10-31`"
    )]
    UnknownLiteral(String),
    /// The literal has the right form but names nothing that exists.
    #[error("`{text}` does not exist: {why}; for example `{example}`")]
    NotInCalendar {
        /// As written, shortened.
        text: String,
        /// What does not exist.
        why: &'static str,
        /// One that does.
        example: &'static str,
    },
    /// A fiscal literal where no fiscal year is set.
    #[error(
        "`{0}` is fiscal, but the fiscal year is not known; set `fiscal_year_start = \"04\"` (the month in which it \
         starts), or write calendar periods such as `2026-Q3` or `2026`"
    )]
    NotFiscal(String),
    /// The range holds no day.
    #[error(
        "the range ends before it starts; write the earlier day first, for example `2026-10-01..2026-10-31`"
    )]
    Empty,
    /// The period leaves the years that are supported.
    #[error("the period leaves the years 0001 to 9999; for example `2026-10` is within them")]
    OutOfRange,
    /// The month in which a fiscal year starts is no month.
    #[error("`{0}` is not a month in which a fiscal year can start; write 1 to 12, for example 4 for April")]
    FiscalStart(u32),
    /// The text is none of the rules.
    #[error(
        "`{0}` is not a period of a job; write `previous_day`, `previous_week`, `previous_month`, `previous_quarter`, \
         `previous_year`, `month_to_date`, `quarter_to_date`, `year_to_date` or `last_days:30`"
    )]
    UnknownRule(String),
    /// The number of rolling days is out of bounds.
    #[error("`{0}` does not say how many days; write 1 to 3660 after the colon, for example `last_days:30`")]
    LastDays(String),
    /// Two periods are not steps of the same ladder.
    #[error(
        "one does not get from `{from}` to `{to}` in steps of `{from}`; write two periods of the same kind, for example \
         `2026-01` and `2026-06`"
    )]
    DifferentKinds {
        /// Id of the first.
        from: String,
        /// Id of the last.
        to: String,
    },
    /// The last period lies before the first.
    #[error("`{from}` comes after `{to}`; write the earlier period first: from `{to}` to `{from}`")]
    Reversed {
        /// Id of the first.
        from: String,
        /// Id of the last.
        to: String,
    },
    /// More periods than anybody means.
    #[error("from `{from}` to `{to}` are more than {most} periods; ask for fewer at a time")]
    TooMany {
        /// Id of the first.
        from: String,
        /// Id of the last.
        to: String,
        /// How many are allowed.
        most: usize,
    },
}

/// What the user wrote, short enough for a message.
pub(super) fn shown(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut shown: String = text.chars().take(LONGEST).filter(|c| !c.is_control()).collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}
