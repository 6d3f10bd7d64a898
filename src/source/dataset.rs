//! What a snapshot says, decoded: figures, daily series, rankings and breakdowns, each with what is known of it.

use super::organization::{Organization, Split};
use crate::language::Text;
use crate::metric::Metric;
use crate::money::Currency;
use crate::period::Period;
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// Everything that one source told for one run.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    /// The configured name of the source.
    pub source: String,
    /// What kind of platform it is, for people: `Globant Enterprise AI`.
    pub platform: Text,
    /// Whose figures these are: organization and project, where the source says so.
    pub scope: Option<String>,
    /// Currency of every amount; `None` where the source sent no amount at all.
    pub currency: Option<Currency>,
    /// The IANA zone in which the source cut its days (`UTC` for the platforms); `None` where it does not say, and its dates
    /// are taken for those of the job's zone.
    pub zone: Option<String>,
    /// When the last answer arrived.
    pub fetched_at: DateTime<Utc>,
    /// Set where the source may still change the figures: the instant up to which it is complete.
    pub provisional_through: Option<DateTime<Utc>>,
    /// How far its data reach, where that can be told.
    pub reach: Reach,
    /// One window for each period that was asked for, in the order asked.
    pub windows: Vec<Window>,
    /// The same windows with the amounts of each row at the rate of its day, where they are to be converted and the source has rows.
    pub at_own_rates: Vec<Window>,
    /// What the platform itself says of how figures went, in a window of its own; empty where it says nothing.
    pub own_trend: Option<OwnTrend>,
    /// What a reader must know about these data: missing fields, differences, unknown rows.
    pub notices: Vec<Notice>,
}

/// A trend as the platform tells it. Its window need not be any period of the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnTrend {
    /// The platform's word for its window.
    pub window: String,
    /// What is measured, in its window and in the one before.
    pub measures: Vec<(Metric, Option<Decimal>, Option<Decimal>)>,
}

/// How far the data of a source reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reach {
    /// It answers for any day, whether there was usage or not.
    #[default]
    Always,
    /// Its files go to a day.
    To {
        /// The last day that any row is about; `None`: it has no data at all.
        last: Option<NaiveDate>,
        /// How many of its last days may still change, as those of bills do.
        settling_days: u64,
    },
}

impl Dataset {
    /// The figures of one period.
    #[must_use]
    pub fn window(&self, period: &Period) -> Option<&Window> {
        self.windows
            .iter()
            .find(|window| window.period.id() == period.id())
    }
}

/// The figures of one period of one source.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    /// The period.
    pub period: Period,
    /// Rows of data that the source has for the period: of files their lines in it, of a platform the days for which it sent a
    /// value and the places in its top lists. Zero means that there was nothing to report on.
    pub rows: u64,
    /// Headline figures; a metric that is absent here cannot be told by this kind of source.
    pub figures: Vec<Measure>,
    /// Daily series; each holds every date of the period once, in order.
    pub daily: Vec<Series>,
    /// Top lists as the platform ranks them; incomplete by nature.
    pub rankings: Vec<Ranking>,
    /// Complete breakdowns: their members add up to the headline figures.
    pub breakdowns: Vec<Breakdown>,
    /// What was used and what it cost, at the finest grain at which the source tells both; `None`: it tells no such thing.
    pub items: Option<Breakdown>,
    /// Who used what day by day; `None`: no report asks for it, or the source does not tell it.
    pub organization: Option<Box<Organization>>,
    /// The daily cost by the members of each dimension, where a look back asks for it and the source tells it: by descending cost,
    /// the smallest summed as one.
    pub daily_by: Vec<Split>,
    /// What the amounts were before they were converted.
    pub converted: Option<Converted>,
    /// Ratios that do not apply, although both of their parts are known: the parts are not about the same things.
    pub unrelated: &'static [Metric],
}

/// What amounts were before they were converted.
#[derive(Debug, Clone, PartialEq)]
pub struct Converted {
    /// The source's own currency.
    pub from: Currency,
    /// The rate of the whole period.
    pub rate: Decimal,
    /// The figures and splits in the source's own currency.
    pub own: Box<Window>,
}

impl Window {
    /// Whether it is known that nothing was used: it cost nothing, and no use and no member's cost is told that is not zero.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        let is_zero = |value: Option<Decimal>| value.is_none_or(|value| value.is_zero());
        let members = self.breakdowns.iter().chain(&self.items);
        self.figure(Metric::TotalCost) == Some(Decimal::ZERO)
            && Metric::QUANTITIES
                .into_iter()
                .all(|unit| is_zero(self.figure(unit)))
            && members
                .flat_map(|breakdown| &breakdown.members)
                .all(|member| is_zero(member.figure(Metric::TotalCost)))
    }

    /// The figures and splits alone, without days, lists and what else is told of the period.
    #[must_use]
    pub fn without_days(&self) -> Self {
        Self {
            period: self.period.clone(),
            rows: self.rows,
            figures: self.figures.clone(),
            daily: Vec::new(),
            rankings: Vec::new(),
            breakdowns: self.breakdowns.clone(),
            items: self.items.clone(),
            organization: None,
            daily_by: Vec::new(),
            converted: None,
            unrelated: self.unrelated,
        }
    }

    /// The complete split by a dimension.
    #[must_use]
    pub fn breakdown(&self, dimension: &str) -> Option<&Breakdown> {
        self.breakdowns
            .iter()
            .find(|breakdown| breakdown.dimension == dimension)
    }

    /// A headline figure day by day; `None` if the source does not tell it so.
    #[must_use]
    pub fn by_day(&self, metric: Metric) -> Option<&[(NaiveDate, Option<Decimal>)]> {
        let mut daily = self.daily.iter();
        let series = daily.find(|series| series.metric == metric && series.whole)?;
        Some(&series.points)
    }

    /// The value of a headline figure; `None` if it is unknown.
    #[must_use]
    pub fn figure(&self, metric: Metric) -> Option<Decimal> {
        self.figures
            .iter()
            .find(|measure| measure.metric == metric)?
            .value
    }
}

/// One value, or the knowledge that it is not available (`None`, which is never zero).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measure {
    /// What is measured.
    pub metric: Metric,
    /// Its value, unrounded.
    pub value: Option<Decimal>,
}

/// One metric, day by day.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// What is measured.
    pub metric: Metric,
    /// Whether it is about the same as the headline figure; if not, it is about one agent alone and adds up to nothing.
    pub whole: bool,
    /// Every date of the period with its value, `None` for a day without data.
    pub points: Vec<(NaiveDate, Option<Decimal>)>,
}

/// One of the four top lists.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranking {
    /// Which list.
    pub list: TopList,
    /// Whether the source sent the list at all: an unknown list is not an empty one.
    pub known: bool,
    /// Members from first to last, at most ten.
    pub rows: Vec<(String, Option<Decimal>)>,
}

/// The four top lists of the full report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TopList {
    /// Agents by requests.
    TopAgentsByRequests,
    /// Agents by tokens.
    TopAgentsByTokens,
    /// Users by requests.
    TopUsersByRequests,
    /// Users by cost.
    TopUsersByCost,
}

impl TopList {
    /// All four, in the order of the report.
    pub const ALL: [Self; 4] = [
        Self::TopAgentsByRequests,
        Self::TopAgentsByTokens,
        Self::TopUsersByRequests,
        Self::TopUsersByCost,
    ];

    /// The section's key in the CSV.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::TopAgentsByRequests => "top_agents_by_requests",
            Self::TopAgentsByTokens => "top_agents_by_tokens",
            Self::TopUsersByRequests => "top_users_by_requests",
            Self::TopUsersByCost => "top_users_by_cost",
        }
    }

    /// What is ranked: `agent` or `user`.
    #[must_use]
    pub fn dimension(self) -> &'static str {
        match self {
            Self::TopAgentsByRequests | Self::TopAgentsByTokens => "agent",
            Self::TopUsersByRequests | Self::TopUsersByCost => "user",
        }
    }

    /// By what it is ranked, one of the short keys.
    #[must_use]
    pub fn metric(self) -> Metric {
        match self {
            Self::TopAgentsByRequests | Self::TopUsersByRequests => Metric::Requests,
            Self::TopAgentsByTokens => Metric::Tokens,
            Self::TopUsersByCost => Metric::Cost,
        }
    }
}

/// A complete split of the headline figures by one dimension.
#[derive(Debug, Clone, PartialEq)]
pub struct Breakdown {
    /// `project`, `model`, `agent`, `user`, `service_type`, `service`, `provider` …
    pub dimension: String,
    /// Members by descending cost, then by name; rows without a value of the dimension are the member `(unattributed)`.
    pub members: Vec<Member>,
}

/// One member of a breakdown.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// Its name as a reader knows it.
    pub name: String,
    /// Its figures, under the headline keys.
    pub measures: Vec<Measure>,
}

impl Member {
    /// The value of one of its figures; `None` if it is unknown.
    #[must_use]
    pub fn figure(&self, metric: Metric) -> Option<Decimal> {
        self.measures
            .iter()
            .find(|measure| measure.metric == metric)?
            .value
    }
}

/// A sentence that a reader of the report must see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// The source it is about; `None` if it is about the report as a whole.
    pub source: Option<String>,
    /// What, why, and what it means for the totals, in plain words.
    pub text: Text,
    /// Whether figures are missing because of it.
    pub missing: bool,
}
