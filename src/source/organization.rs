//! Who used what of a platform, day by day and in all: what the report of an organization draws and lists.

use super::{Measure, Series};

/// Members of a split that are told one by one; the smallest beyond them are summed as one, exactly.
pub(super) const MOST_PROJECTS: usize = 24;
/// The same of service types, each of which has a split of its own.
pub(super) const MOST_SERVICES: usize = 12;
/// Agents that are told.
pub(super) const MOST_AGENTS: usize = 10;
/// What stands for the members that are summed as one, beside names from the data.
pub const OTHERS: &str = "(others)";

/// Who used what in a period. Sums are exact; a day without any row is unknown, a day on which others have rows is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Organization {
    /// By service type, by project, and by project within each service type.
    pub splits: Vec<Split>,
    /// What each project used of each service type, by descending cost, then by name.
    pub usage: Vec<Usage>,
    /// The agents that cost most, with the platform's fee; at most ten.
    pub agents: Vec<Agent>,
    /// How many projects the organization has, used or not; `None` without a list of them.
    pub known_projects: Option<u64>,
}

/// The days of a period by the members of a dimension.
#[derive(Debug, Clone, PartialEq)]
pub struct Split {
    /// `service_type` or `project`.
    pub dimension: String,
    /// The service type of whose rows alone it is; `None`: of all.
    pub within: Option<String>,
    /// By descending cost of all rows of the period, then by name; the others last.
    pub members: Vec<Part>,
}

/// A member of a split.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// Its name as a reader knows it.
    pub name: String,
    /// How many members it stands for, if it is those beyond the bound.
    pub others: Option<usize>,
    /// `#rrggbb`, where a list of projects gives one.
    pub colour: Option<String>,
    /// Its cost; of a service type also what was used, as far as the source tells it.
    pub series: Vec<Series>,
}

/// What one project used of one service type.
#[derive(Debug, Clone, PartialEq)]
pub struct Usage {
    /// The project.
    pub project: String,
    /// The service type.
    pub service_type: String,
    /// Its figures, under the headline keys.
    pub measures: Vec<Measure>,
}

/// An agent with everything that was used on its behalf.
#[derive(Debug, Clone, PartialEq)]
pub struct Agent {
    /// Its name as a reader knows it.
    pub name: String,
    /// The project in which it cost most.
    pub project: String,
    /// How many projects it worked for besides.
    pub more_projects: usize,
    /// Cost, conversations and requests, under the headline keys.
    pub measures: Vec<Measure>,
}

impl Organization {
    /// The split by a dimension, of one service type or of all.
    #[must_use]
    pub fn split(&self, dimension: &str, within: Option<&str>) -> Option<&Split> {
        self.splits
            .iter()
            .find(|split| split.dimension == dimension && split.within.as_deref() == within)
    }
}
