//! Reports: datasets become one format-free document of figures, charts and notices.
//!
//! In: [`Dataset`](crate::source::Dataset)s. Out: a [`Report`], from which every format is rendered, so that they cannot disagree.
//! Never here: I/O, rounding, formats, locales.

use crate::config::plan::ReportKind;
use crate::language::{Arg, Text, say};
use crate::metric::{Metric, Unit};
use crate::money::Currency;
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::Serialize;
use std::collections::HashSet;

mod anomaly;
mod answer;
mod beside;
mod budget;
mod build;
mod charts;
mod combine;
mod compare;
mod comparison;
mod convert;
mod cutoff;
mod derive;
mod effects;
mod forecast;
mod full;
pub mod gate;
mod maker;
mod members;
mod movers;
mod organization;
mod outlier;
pub mod reconcile;
pub mod restatement;
pub mod rules;
#[cfg(test)]
pub(crate) use budget::sample as sample_budgets;
#[cfg(test)]
pub(crate) mod sample;
mod sentence;
mod tell;
mod trend;

#[cfg(test)]
pub(crate) use anomaly::sample as unusual_sample;
pub use anomaly::{Anomaly, AnomalyKind, Contribution};
pub use beside::needs;
pub use budget::{Budget, BudgetForecast, BudgetState, Decided, ForecastMethod};
pub use build::{Brief, build, reference};
pub(crate) use forecast::FOUR_FIFTHS;
pub(crate) use outlier::SIGMA_OF_MAD;
pub use sentence::{Given, Part, Said, Sentence, StepOf};
pub(crate) use sentence::{capitalised, told};

pub use crate::source::Notice;

/// The report document. Serialised, it is the JSON format: decimals are strings, `null` is not available.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Which run computed it.
    pub run_id: String,
    /// The job's name.
    pub job: String,
    /// The job's title.
    pub title: String,
    /// Which report.
    pub kind: ReportKind,
    /// 1, 2, 3 …
    pub revision: u32,
    /// The period it is about.
    pub period: PeriodRef,
    /// The periods that stand beside it, the leading one first.
    pub compared_with: Vec<Compared>,
    /// The true time of the run, UTC, in whole seconds.
    pub generated_at: DateTime<Utc>,
    /// The reporting currency: of amounts, where the sources agree on it.
    pub currency: Option<Currency>,
    /// Where the data came from, in the job's order.
    pub sources: Vec<SourceRef>,
    /// Sources of the job of which nothing is in the report; empty unless the job allows a partial one.
    pub absent: Vec<String>,
    /// Set where a source may still change its figures: the instant up to which all are complete.
    pub provisional_through: Option<DateTime<Utc>>,
    /// The answer in one or two sentences, built from the figures by rule.
    pub answer: Vec<Sentence>,
    /// The five headline figures.
    pub headlines: Vec<Figure>,
    /// The members that moved most, at most three.
    pub movers: Vec<Figure>,
    /// Everything, section by section, in the order of the report; the CSV's rows are exactly these figures.
    pub sections: Vec<Section>,
    /// Pictures of some of it.
    pub charts: Vec<Chart>,
    /// What a reader must know.
    pub notices: Vec<Notice>,
    /// The version before it that was delivered, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restates: Option<restatement::Earlier>,
    /// What may be spent, beside what is and will be; empty unless the job has budgets.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub budgets: Vec<Budget>,
    /// Days that cost much more or much less than is usual, where the job asks for them; their figures are in the sections too.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub anomalies: Vec<Anomaly>,
    /// What the job's owner is told of, each once.
    #[serde(skip)]
    pub alerts: Vec<Alert>,
}

/// Something that the owner of a job is told once, whichever run finds it and however often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// What tells it from others of the job: `budget/platform/2026-10/over`.
    pub key: String,
    /// What, with its figures, in plain words.
    pub text: String,
}

impl Report {
    /// The period that stands beside it before all others, if any.
    #[must_use]
    pub fn base(&self) -> Option<&PeriodRef> {
        self.compared_with.first().map(|other| &other.period)
    }

    /// The period of a comparison, as a message names it; its key where it is not one of a period.
    #[must_use]
    pub fn period_of(&self, comparison: &str) -> Arg {
        let mut others = self.compared_with.iter();
        others
            .find(|other| other.comparison == comparison)
            .map_or_else(|| comparison.into(), |other| (&other.period).into())
    }
}

/// A period as it leaves the program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PeriodRef {
    /// Canonical id.
    pub id: String,
    /// First day.
    pub start: NaiveDate,
    /// Last day **included**.
    pub end: NaiveDate,
    /// IANA zone in which it was chosen.
    pub timezone: String,
    /// Number of days.
    pub days: u32,
}

/// A period that stands beside the one of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Compared {
    /// What it is to it: `previous_period`, `same_period_last_year`, or its id.
    pub comparison: String,
    /// Which one.
    pub period: PeriodRef,
}

/// A source as the report names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourceRef {
    /// Its name in the configuration.
    pub name: String,
    /// What it is, for people.
    pub platform: Text,
    /// Organization and project.
    pub scope: Option<String>,
    /// The zone in which its days are cut.
    pub zone: String,
    /// When its last answer arrived.
    pub fetched_at: DateTime<Utc>,
    /// Figures of the summary that this kind of source never tells, so that nothing is missing where they are not available.
    #[serde(skip)]
    pub untold: Vec<Metric>,
}

/// Figures that belong together.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Section {
    /// `summary`, `daily`, `by_<dimension>`, `top_…`.
    pub key: String,
    /// Heading for people.
    pub title: Text,
    /// The source it is about; `None`: all of them together.
    pub source: Option<String>,
    /// One row of the CSV each (or one per comparison).
    pub figures: Vec<Figure>,
}

impl Section {
    /// The members whose days a section of days tells, each with what is told of it and the label of its figures; what all of them have
    /// together has the day itself as its label. A member may be called as a day is, but not on every day.
    #[must_use]
    pub fn split_members(&self) -> HashSet<(Metric, &str)> {
        let of_member = self
            .figures
            .iter()
            .filter(|figure| figure.member.as_deref() != Some(figure.label.as_str()));
        of_member
            .map(|figure| (figure.metric, figure.label.as_str()))
            .collect()
    }
}

/// One figure, with what it is compared to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figure {
    /// The configured name of its source; `None` for combined figures.
    pub source: Option<String>,
    /// What is measured.
    pub metric: Metric,
    /// What a reader sees: the metric's label, or the member's name in rankings and breakdowns.
    pub label: Text,
    /// `project`, `model`, `day` …; `None` for headline figures.
    pub dimension: Option<String>,
    /// Member of the dimension.
    pub member: Option<String>,
    /// Place in a ranking, from 1.
    pub rank: Option<u32>,
    /// Unit of the value.
    pub unit: Unit,
    /// Currency, where the unit is currency.
    pub currency: Option<Currency>,
    /// The value, unrounded; `None` is not available.
    pub value: Option<Decimal>,
    /// How sure the value is.
    pub status: Status,
    /// What stands beside it; empty where nothing does.
    pub comparisons: Vec<Comparison>,
}

/// How sure a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Final.
    Ok,
    /// The source may still change it.
    Provisional,
    /// Unknown, which is not zero.
    NotAvailable,
}

impl Status {
    /// The word of the CSV column `status`.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Provisional => "provisional",
            Self::NotAvailable => "not_available",
        }
    }
}

/// A figure beside its counterpart in another period. Empty fields are not available.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// `previous_period`, `same_period_last_year` or a period's id.
    pub comparison: String,
    /// The other value.
    pub base_value: Option<Decimal>,
    /// Value − base; percentage points where the unit is per cent.
    pub change: Option<Decimal>,
    /// Change / base × 100, twelve decimals; only where the base is above zero.
    pub change_percent: Option<Decimal>,
    /// The word for it.
    pub direction: Option<Direction>,
}

/// The word for a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// More.
    Up,
    /// Less.
    Down,
    /// Equal, or the percentage rounds to 0.0.
    Flat,
    /// From nothing to something.
    New,
    /// From something to nothing.
    Gone,
}

impl Direction {
    /// The word of the CSV column `direction`.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Flat => "flat",
            Self::New => "new",
            Self::Gone => "gone",
        }
    }
}

/// What to draw. The numbers are in the sections too; a chart never says more than they do.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Chart {
    /// Unique in the report, a file name part: `cost-per-day`.
    pub key: String,
    /// The source it is about.
    pub source: Option<String>,
    /// Heading: `Cost per day`.
    pub title: Text,
    /// Unit of the axis.
    pub unit: Unit,
    /// Currency of the axis.
    pub currency: Option<Currency>,
    /// What it shows in one sentence, for those who cannot see it.
    pub message: Sentence,
    /// Its form and data.
    pub form: ChartForm,
    /// Set where it is one of several views that share a place on the page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub panel: Option<Panel>,
}

impl Chart {
    /// Whether it draws the figures of `section`: the one that its panel names, or the one that its key ends with.
    #[must_use]
    pub fn draws(&self, section: &Section) -> bool {
        if self.source != section.source {
            return false;
        }
        if let Some(panel) = &self.panel {
            return panel.group == section.key;
        }
        let prefix = self.key.strip_suffix(&section.key.replace('_', "-"));
        prefix.is_some_and(|prefix| prefix.is_empty() || prefix.strip_suffix('-') == self.source.as_deref())
    }
}

/// The place of a chart that is one of several views.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Panel {
    /// Unique in the source: the key of the section whose figures are drawn.
    pub group: String,
    /// Heading of all views together.
    pub title: Text,
    /// What this view is called: `Costs`.
    pub view: Text,
    /// Its place among the views, from 0, which is the one shown first.
    pub place: usize,
}

/// The forms of charts.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChartForm {
    /// Bars for each day of the period from zero, the comparison behind them as a dashed line by day of the period.
    Daily {
        /// Every day of the period; `None` is drawn as "n/a", never as zero.
        days: Vec<(NaiveDate, Option<Decimal>)>,
        /// The same day of the comparison period, by position; empty where there is none.
        base: Vec<Option<Decimal>>,
        /// The day to point at and how many times the usual it is.
        outlier: Option<Outlier>,
        /// Further days to mark.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        marked: Vec<NaiveDate>,
    },
    /// A bridge from the total before to the total now.
    Bridge {
        /// The total before, and of which period.
        base: Point,
        /// What moved it, in order; nothing that is zero.
        steps: Vec<Step>,
        /// The total now.
        current: Point,
    },
    /// A bar for each period of a trend from zero, oldest first.
    Periods {
        /// The periods.
        points: Vec<Point>,
    },
    /// Bars for each day of the period from zero, each of several parts.
    Stacked {
        /// Every day of the period.
        days: Vec<NaiveDate>,
        /// The parts, from below.
        series: Vec<Line>,
    },
    /// A line over the days of the period for each of several members.
    Lines {
        /// Every day of the period.
        days: Vec<NaiveDate>,
        /// The members.
        series: Vec<Line>,
    },
    /// A ring of the parts of a total, largest first, the rest as "Others", the total in the middle.
    Ring {
        /// Label and value.
        parts: Vec<(Text, Decimal)>,
        /// The colour of each part.
        tints: Vec<Tint>,
        /// What is summed in the last part, if anything: how many members.
        others: Option<(usize, Decimal)>,
        /// The share of each part in per cent, that of the others last.
        shares: Vec<Decimal>,
    },
    /// A bar for each budget: what is spent, what will be with its band, and where the budget is used up.
    Budgets {
        /// The budgets.
        bars: Vec<BudgetBar>,
    },
    /// Horizontal bars, longest first, the rest as `n others`.
    Bars {
        /// Label and value.
        bars: Vec<(Text, Decimal)>,
        /// What is summed in the last bar, if anything: how many members.
        others: Option<(usize, Decimal)>,
    },
}

/// A budget in a chart, all in per cent of it; `None` is not available, or does not apply.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BudgetBar {
    /// Its name.
    pub label: String,
    /// What is spent.
    pub spent: Option<Decimal>,
    /// What will be.
    pub forecast: Option<Decimal>,
    /// Between this …
    pub low: Option<Decimal>,
    /// … and this it will be in four cases of five.
    pub high: Option<Decimal>,
    /// How it stands.
    pub state: Option<BudgetState>,
}

/// What one member has on each day.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Line {
    /// The member.
    pub label: Text,
    /// Its colour, the same in every chart of the report.
    pub tint: Tint,
    /// Its value on each day; `None` is drawn as "n/a", never as zero.
    pub values: Vec<Option<Decimal>>,
}

/// Colours of members that have none of their own. Readers who see few colours can tell them apart by how light they are; each has 3:1 on
/// white.
pub const PALETTE: [&str; 6] = ["#0b5cad", "#d97706", "#0f766e", "#c2569b", "#2b93c4", "#6d3fc0"];

/// The colour of a member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Tint {
    /// Its own: `#rrggbb`.
    Own(String),
    /// The one at this place of the [`PALETTE`], which begins again at its end.
    Palette(usize),
    /// The one of whatever is summed up.
    Rest,
}

/// A period of a trend.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Point {
    /// Which period.
    pub period: PeriodRef,
    /// Its value; `None` is drawn as "n/a", never as zero.
    pub value: Option<Decimal>,
}

/// A step of a bridge from one total to another.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    /// What it is: `Price`.
    pub label: Text,
    /// By how much it moves the total.
    pub value: Decimal,
}

/// The day that stands out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outlier {
    /// Which day.
    pub date: NaiveDate,
    /// Its value.
    pub value: Decimal,
    /// Value / what is usual, one decimal.
    pub times_usual: Decimal,
    /// Whether usual is the median of the other same weekdays (else of all other days).
    pub same_weekday: bool,
}

/// The title of a split: `By service type`.
fn by(dimension: &str) -> Text {
    say!("by-dimension", "dimension" = Text::keyed("dimension-", dimension))
}

/// The title of a top list: `Top agents by requests`.
fn list(key: &str) -> Text {
    Text::keyed("list-", key)
}
