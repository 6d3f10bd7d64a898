//! Usage files in our interchange format: one row is one day, project, agent, user, model and service type.
//!
//! CSV with a header or JSON Lines with the same keys; every row is checked, and those of the periods are summed.

mod organization;
mod projects;

use super::files::book::{Book, ByDay, Key, Ledger, Witness};
use super::files::conversion::{Conversion, Converter};
use super::files::fetch::{self, Role};
use super::files::presence::{Presence, unknown_figures};
use super::files::read::{Column, Layout, Row, each_row, kept};
use super::files::{Flaw, OneCurrency, cell, described, duplicates, unsummable};
use super::organization::Split;
use super::{
    Breakdown, Dataset, Depth, Measure, Need, Progress, Ranking, Snapshot, SnapshotWriter, SourceError,
    TopList, Window,
};
use crate::config::plan::UsageFilePlan;
use crate::language::say;
use crate::metric::Metric;
use crate::schedule::clock::Clock;
use chrono::NaiveDate;
use chrono_tz::Tz;
use projects::ProjectList;
use rust_decimal::Decimal;

const DATE: usize = 0;
const PROJECT: usize = 1;
const PROJECT_NAME: usize = 2;
const AGENT: usize = 3;
const AGENT_NAME: usize = 4;
const USER: usize = 5;
const USER_NAME: usize = 6;
const MODEL: usize = 7;
const SERVICE_TYPE: usize = 8;
const REQUESTS: usize = 9;
const ERRORS: usize = 10;
const CONVERSATIONS: usize = 11;
const INPUT_TOKENS: usize = 12;
const OUTPUT_TOKENS: usize = 13;
const AUDIO_SECONDS: usize = 14;
const CHARACTERS: usize = 15;
const COST: usize = 16;
const CURRENCY: usize = 17;

static LAYOUT: Layout<18> = Layout {
    title: "a usage file",
    columns: [
        Column::required("date"),
        Column::required("project_id"),
        Column::optional("project_name"),
        Column::optional("agent_id"),
        Column::optional("agent_name"),
        Column::optional("user_id"),
        Column::optional("user_name"),
        Column::optional("model"),
        Column::required("service_type"),
        Column::optional("requests"),
        Column::optional("errors"),
        Column::optional("conversations"),
        Column::optional("input_tokens"),
        Column::optional("output_tokens"),
        Column::optional("audio_seconds"),
        Column::optional("characters"),
        Column::required("cost"),
        Column::required("currency"),
    ],
    json_lines: true,
};

/// What is summed for everything, every day and every member, with its column.
const AMOUNTS: [(Metric, usize); 7] = [
    (Metric::TotalCost, COST),
    (Metric::TotalRequests, REQUESTS),
    (Metric::RequestsWithErrors, ERRORS),
    (Metric::InputTokens, INPUT_TOKENS),
    (Metric::OutputTokens, OUTPUT_TOKENS),
    (Metric::AudioSeconds, AUDIO_SECONDS),
    (Metric::Characters, CHARACTERS),
];
/// How many of them days and members show; the others are shown for everything, and are what items are counted in.
const OF_MEMBERS: usize = 5;
/// What is summed for everything only.
const EXTRAS: [(Metric, usize); 1] = [(Metric::Conversations, CONVERSATIONS)];
/// The breakdowns; then the models without the platform's fee, which are counted but not shown; then what has a price.
const DIMENSIONS: [&str; 7] = [
    "project",
    "model",
    "agent",
    "user",
    "service_type",
    "active model",
    "model and service type",
];
/// How many dimensions are breakdowns.
const SHOWN: usize = 5;
const BY_PROJECT: usize = 0;
const BY_AGENT: usize = 2;
const BY_USER: usize = 3;
const BY_SERVICE_TYPE: usize = 4;
const BY_ACTIVE_MODEL: usize = 5;
const BY_ITEM: usize = 6;
/// Stands between model and service type of an item; no text of a file has it.
const BETWEEN: u8 = 0x1f;
/// The service type of the platform's own fee, which uses no model.
const FEE: &[u8] = b"agent";
/// Rows of a top list.
const TOP: usize = 10;

type UsageBook = Book<7, 1, 7>;
type UsageLedger = Ledger<7, 1, 7>;

/// Copies the files and the project list into the snapshot.
pub(super) async fn fetch(
    name: &str,
    plan: &UsageFilePlan,
    into: &SnapshotWriter,
    clock: &dyn Clock,
    progress: &dyn Progress,
) -> Result<(), SourceError> {
    let files = (plan.path.as_str(), plan.projects.as_deref());
    fetch::fetch(name, files, plan.snapshot_files, into, clock, progress).await
}

/// Whether the files are there and can be opened.
pub(super) async fn probe(name: &str, plan: &UsageFilePlan) -> Result<(), SourceError> {
    fetch::probe(name, &plan.path, plan.projects.as_deref()).await
}

/// Sums the rows of the needed periods.
pub(super) fn decode(
    name: &str,
    needs: &[Need],
    snapshot: &Snapshot,
    zone: Tz,
) -> Result<Dataset, SourceError> {
    let (described, today) = described(name, needs, snapshot, zone)?;
    let usage = Usage::read(name, needs, snapshot, None)?;
    let windows = windows(name, &usage, needs, snapshot)?;
    let mut notices = duplicates(name, snapshot);
    let organized = needs.iter().filter(|need| need.depth == Depth::Organization);
    notices.extend(organized.flat_map(|_| usage.projects.notices(name)));
    notices.extend(usage.book.shortfalls(name, today));
    notices.extend(unknown_figures(name, needs, &windows, &say!("lacking-in-usage")));
    Ok(Dataset {
        platform: say!("platform-usage"),
        currency: usage.currency.known(),
        reach: super::dataset::Reach::To {
            last: usage.book.reached(),
            settling_days: 0,
        },
        windows,
        notices,
        ..described
    })
}

/// The same windows with the amounts of each row converted; without those of which the table of rates lacks a day.
pub(super) fn converted(
    name: &str,
    needs: &[Need],
    snapshot: &Snapshot,
    conversion: Conversion<'_>,
) -> Result<Vec<Window>, SourceError> {
    let usage = Usage::read(name, needs, snapshot, Some(conversion))?;
    Ok(usage.converter.complete(windows(name, &usage, needs, snapshot)?))
}

impl<'a> Usage<'a> {
    /// Adds up the rows of the needed periods.
    fn read(
        name: &str,
        needs: &[Need],
        snapshot: &Snapshot,
        conversion: Option<Conversion<'a>>,
    ) -> Result<Self, SourceError> {
        let mut usage = Usage {
            converter: Converter::new(conversion),
            projects: ProjectList::read(name, snapshot)?,
            book: Book::new(needs, DIMENSIONS),
            presence: Presence::new(needs),
            currency: OneCurrency::default(),
            item: Vec::new(),
        };
        for (path, answer) in kept(snapshot, Role::Rows) {
            let before = usage.book.counts();
            let mut visit = |row: &Row<'_, 18>| usage.row(row, path);
            let columns = each_row(name, snapshot, (path, answer), &LAYOUT, &mut visit)?;
            usage.presence.file(&before, &usage.book.counts(), &columns);
        }
        for (id, project) in &usage.projects.projects {
            usage.book.call(BY_PROJECT, id, &project.name);
        }
        Ok(usage)
    }
}

/// What each needed period shows.
fn windows(
    name: &str,
    usage: &Usage<'_>,
    needs: &[Need],
    snapshot: &Snapshot,
) -> Result<Vec<Window>, SourceError> {
    let mut windows = usage.windows().map_err(|cause| unsummable(name, &cause))?;
    for (period, window) in windows.iter_mut().enumerate() {
        if needs[period].depth == Depth::Organization {
            let organization = organization::read(name, usage, period, &usage.projects, snapshot)?;
            window.organization = organization.map(Box::new);
        }
        if needs[period].depth == Depth::Days {
            window.daily_by = by_day(name, usage, period, snapshot)?;
        }
    }
    Ok(windows)
}

/// The sums, while the files are read.
struct Usage<'a> {
    converter: Converter<'a>,
    /// The list of projects, which gives them their names.
    projects: ProjectList,
    book: UsageBook,
    presence: Presence<18>,
    currency: OneCurrency,
    /// Model and service type of the row at hand.
    item: Vec<u8>,
}

impl Usage<'_> {
    /// Checks one row and, if a needed period holds it, adds it.
    fn row(&mut self, row: &Row<'_, 18>, path: &str) -> Result<(), Flaw> {
        let cells = &row.cells;
        let day = cell::date(cells[DATE]).map_err(Flaw::of(DATE))?;
        for required in [PROJECT, SERVICE_TYPE] {
            if cells[required].is_empty() {
                return Err(Flaw::of(required)("is empty, but every row needs it".to_owned()));
            }
        }
        let (mut amounts, extras) = amounts(cells)?;
        let currency = self.currency.read(cells[CURRENCY]).map_err(Flaw::of(CURRENCY))?;
        if !self.book.wants(Witness::Daily, day, day) {
            return Ok(());
        }
        self.currency
            .meet(currency, || format!("{path}:{}", row.line()))
            .map_err(Flaw::of(CURRENCY))?;
        self.converter.convert(&mut [&mut amounts[0]], currency, day);
        self.lack(day, row);
        self.item.clear();
        self.item.extend_from_slice(cells[MODEL]);
        self.item.push(BETWEEN);
        self.item.extend_from_slice(cells[SERVICE_TYPE]);
        let keys = keys(cells, &self.item);
        self.book.add(day, &keys, &amounts, &extras)
    }

    /// A cost as it was added up, for whoever reads the rows once more.
    fn converted(&self, cost: Decimal, day: NaiveDate) -> Decimal {
        let converted = |from| self.converter.of(cost, from, day);
        self.currency.known().and_then(converted).unwrap_or(cost)
    }

    /// A row of JSON Lines without one of the amounts makes the sum of its period unknown.
    fn lack(&mut self, day: NaiveDate, row: &Row<'_, 18>) {
        let lacking = AMOUNTS
            .iter()
            .chain(&EXTRAS)
            .filter(|(_, column)| !row.has(*column));
        for (_, column) in lacking {
            for period in self.book.holding(day) {
                self.presence.blank(period, *column);
            }
        }
    }

    fn windows(&self) -> Result<Vec<Window>, crate::money::MoneyError> {
        let measures = |period: usize, amounts: &[Decimal; 7]| self.measures(period, amounts);
        let mut windows = self.book.windows(SHOWN, &measures)?;
        for (period, (window, ledger)) in windows.iter_mut().zip(self.book.ledgers()).enumerate() {
            window.figures.extend(self.figures(period, ledger)?);
            window.rankings = rankings(window);
            if ledger.depth() == Depth::Organization {
                self.count_what_was_used(period, window)?;
            }
            window.items = self
                .book
                .split(period, BY_ITEM, &|amounts| self.quantities(period, amounts))?;
        }
        Ok(windows)
    }

    /// Gives projects and service types also the quantities that members of other reports do not show.
    fn count_what_was_used(
        &self,
        period: usize,
        window: &mut Window,
    ) -> Result<(), crate::money::MoneyError> {
        for dimension in [BY_PROJECT, BY_SERVICE_TYPE] {
            let counted = self
                .book
                .split(period, dimension, &|amounts| self.quantities(period, amounts))?;
            let mut shown = window.breakdowns.iter_mut();
            let of_same = |breakdown: &&mut Breakdown| breakdown.dimension == DIMENSIONS[dimension];
            if let Some((shown, counted)) = shown.find(of_same).zip(counted) {
                *shown = counted;
            }
        }
        Ok(())
    }

    /// The figures that everything, every day and every member has.
    fn measures(&self, period: usize, amounts: &[Decimal; 7]) -> Vec<Measure> {
        let mut measures = self.known(period, &AMOUNTS[..OF_MEMBERS], amounts);
        let [.., input, output] = measures.as_slice() else {
            return measures;
        };
        let value = input
            .value
            .zip(output.value)
            .and_then(|(input, output)| input.checked_add(output));
        measures.push(Measure {
            metric: Metric::TotalTokens,
            value,
        });
        measures
    }

    /// What an item has: also the quantities that members do not show.
    fn quantities(&self, period: usize, amounts: &[Decimal; 7]) -> Vec<Measure> {
        let mut measures = self.measures(period, amounts);
        measures.extend(self.known(period, &AMOUNTS[OF_MEMBERS..], &amounts[OF_MEMBERS..]));
        measures
    }

    /// Amounts under their metrics, unknown where the files do not tell them.
    fn known(&self, period: usize, metrics: &[(Metric, usize)], amounts: &[Decimal]) -> Vec<Measure> {
        let known = |((metric, column), amount): (&(Metric, usize), &Decimal)| Measure {
            metric: *metric,
            value: self.presence.has(period, *column).then_some(*amount),
        };
        metrics.iter().zip(amounts).map(known).collect()
    }

    /// The figures that only everything has.
    fn figures(&self, period: usize, ledger: &UsageLedger) -> Result<Vec<Measure>, crate::money::MoneyError> {
        let (amounts, extras) = ledger.totals()?;
        let active = [
            (Metric::ActiveUsers, BY_USER, [USER, USER_NAME]),
            (Metric::ActiveAgents, BY_AGENT, [AGENT, AGENT_NAME]),
            (Metric::ActiveProjects, BY_PROJECT, [PROJECT, PROJECT_NAME]),
            (Metric::ActiveModels, BY_ACTIVE_MODEL, [MODEL, MODEL]),
        ];
        let active = active.into_iter().map(|(metric, dimension, columns)| Measure {
            metric,
            value: columns
                .iter()
                .any(|column| self.presence.has(period, *column))
                .then(|| ledger.distinct(dimension))
                .flatten(),
        });
        let mut summed = self.known(period, &EXTRAS, &extras);
        summed.extend(self.known(period, &AMOUNTS[OF_MEMBERS..], &amounts[OF_MEMBERS..]));
        if ledger.is_empty() {
            for figure in &mut summed {
                figure.value = None;
            }
        }
        Ok(active.chain(summed).collect())
    }
}

/// What a row adds to everything, every day and every member, and what to everything only.
fn amounts(cells: &[&[u8]; 18]) -> Result<([Decimal; 7], [Decimal; 1]), Flaw> {
    let mut amounts = [Decimal::ZERO; 7];
    for (amount, (_, column)) in amounts.iter_mut().zip(AMOUNTS) {
        let read = if column == COST { cost } else { cell::count };
        *amount = read(cells[column]).map_err(Flaw::of(column))?;
    }
    let mut extras = [Decimal::ZERO; 1];
    for (extra, (_, column)) in extras.iter_mut().zip(EXTRAS) {
        *extra = cell::count(cells[column]).map_err(Flaw::of(column))?;
    }
    Ok((amounts, extras))
}

/// An amount of zero or more.
fn cost(text: &[u8]) -> Result<Decimal, String> {
    let cost = cell::decimal(text)?;
    if cost.is_sign_negative() && !cost.is_zero() {
        return Err(format!(
            "`{}` is negative; usage costs zero or more, and credits belong into a bill",
            cell::shown(text)
        ));
    }
    Ok(cost)
}

/// To which member of each dimension a row belongs; `item` is its model and service type.
fn keys<'a>(cells: &[&'a [u8]; 18], item: &'a [u8]) -> [Key<'a>; 7] {
    let named = |column: usize, name: usize| Key {
        column,
        id: cells[column],
        name: cells[name],
    };
    let plain = |column: usize| Key {
        column,
        id: cells[column],
        name: &[],
    };
    let active_model = if cells[SERVICE_TYPE] == FEE {
        &[]
    } else {
        cells[MODEL]
    };
    [
        named(PROJECT, PROJECT_NAME),
        plain(MODEL),
        named(AGENT, AGENT_NAME),
        named(USER, USER_NAME),
        plain(SERVICE_TYPE),
        Key {
            id: active_model,
            ..plain(MODEL)
        },
        Key {
            id: item,
            ..plain(MODEL)
        },
    ]
}

/// The daily cost of members, for which the rows are read once more; nothing where the cost is not known.
fn by_day(
    source: &str,
    usage: &Usage<'_>,
    period: usize,
    snapshot: &Snapshot,
) -> Result<Vec<Split>, SourceError> {
    let exact = |cause| unsummable(source, &cause);
    if !usage.presence.has(period, COST) {
        return Ok(Vec::new());
    }
    let mut days = ByDay::new(&usage.book, period, SHOWN, &[Metric::TotalCost]).map_err(exact)?;
    for (path, answer) in kept(snapshot, Role::Rows) {
        each_row(source, snapshot, (path, answer), &LAYOUT, &mut |row| {
            let day = cell::date(row.cells[DATE]).map_err(Flaw::of(DATE))?;
            let cost = cost(row.cells[COST]).map_err(Flaw::of(COST))?;
            days.add(day, &keys(&row.cells, &[]), &[usage.converted(cost, day)])
        })?;
    }
    days.splits().map_err(exact)
}

/// The top lists, from the complete breakdowns.
fn rankings(window: &Window) -> Vec<Ranking> {
    TopList::ALL
        .into_iter()
        .filter_map(|list| {
            let metric = match list {
                TopList::TopAgentsByRequests | TopList::TopUsersByRequests => Metric::TotalRequests,
                TopList::TopAgentsByTokens => Metric::TotalTokens,
                TopList::TopUsersByCost => Metric::TotalCost,
            };
            let breakdown = window
                .breakdowns
                .iter()
                .find(|breakdown| breakdown.dimension == list.dimension())?;
            let mut rows: Vec<(String, Option<Decimal>)> = breakdown
                .members
                .iter()
                .filter(|member| member.name != super::files::book::UNATTRIBUTED)
                .filter_map(|member| {
                    let measure = member.measures.iter().find(|measure| measure.metric == metric)?;
                    Some((member.name.clone(), Some(measure.value?)))
                })
                .collect();
            rows.sort_by(|(a_name, a), (b_name, b)| b.cmp(a).then_with(|| a_name.cmp(b_name)));
            rows.truncate(TOP);
            (!rows.is_empty()).then_some(Ranking {
                list,
                known: true,
                rows,
            })
        })
        .collect()
}
